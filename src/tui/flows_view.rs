//! What the Flows view shows, and what is selected in it.

use crate::model::FlowId;
use crate::session::{FlowListing, FlowOrder, Session};

/// The view's own state.
#[derive(Debug)]
pub struct FlowsView {
    /// What the list shows.
    pub listing: FlowListing,
    /// The connections listed.
    pub rows: Vec<FlowId>,
    /// The selected one.
    pub selected: Option<FlowId>,
    /// The user moved the selection: it stays with its connection.
    steered: bool,
}

impl Default for FlowsView {
    fn default() -> Self {
        let listing = FlowListing { by_interface: true, ..FlowListing::default() };
        Self { listing, rows: Vec::new(), selected: None, steered: false }
    }
}

impl FlowsView {
    /// Brings the rows into order; a selection whose connection is gone starts anew at the first.
    pub fn follow(&mut self, session: &Session) {
        session.list_flows(&self.listing, &mut self.rows);
        self.steered &= self.place().is_some();
        if !self.steered {
            self.selected = self.rows.first().copied();
        }
    }

    /// The next order of rows.
    pub fn sort(&mut self) {
        let orders = FlowOrder::ALL;
        let at = orders.iter().position(|order| *order == self.listing.order).unwrap_or(0);
        self.listing.order = orders[(at + 1) % orders.len()];
    }

    /// The row of the selected connection.
    pub fn place(&self) -> Option<usize> {
        self.rows.iter().position(|row| Some(*row) == self.selected)
    }

    /// Moves the selection by `steps` rows and stops at the ends.
    pub fn go(&mut self, steps: isize) {
        let last = self.rows.len().saturating_sub(1);
        let to = self.place().map_or(0, |at| at.saturating_add_signed(steps).min(last));
        self.select(to);
    }

    /// Selects row `to`, if there is one.
    pub fn select(&mut self, to: usize) {
        if let Some(row) = self.rows.get(to) {
            (self.selected, self.steered) = (Some(*row), true);
        }
    }
}
