//! What the Host view shows, and what is selected in it.

use crate::session::Session;

/// The view's own state.
#[derive(Debug, Default)]
pub struct HostView {
    /// Only names that contain this.
    pub filter: String,
}

impl HostView {
    /// Brings the rows into order.
    pub fn follow(&mut self, _session: &Session) {}
    pub fn sort(&mut self) {}
    pub fn go(&mut self, _steps: isize) {}
    pub fn select(&mut self, _to: usize) {}
}
