//! What the Flows view shows, and what is selected in it.

use super::picked::Picked;
use crate::model::FlowId;
use crate::session::{FlowListing, FlowOrder, Session};

/// The view's own state.
#[derive(Debug)]
pub struct FlowsView {
    /// What the list shows.
    pub listing: FlowListing,
    /// The connections listed.
    pub list: Picked<FlowId>,
}

impl Default for FlowsView {
    fn default() -> Self {
        let listing = FlowListing { by_interface: true, ..FlowListing::default() };
        Self { listing, list: Picked::default() }
    }
}

impl FlowsView {
    /// Brings the rows into order.
    pub fn follow(&mut self, session: &Session) {
        session.list_flows(&self.listing, &mut self.list.rows);
        self.list.settle();
    }

    /// The next order of rows.
    pub fn sort(&mut self) {
        let orders = FlowOrder::ALL;
        let at = orders.iter().position(|order| *order == self.listing.order).unwrap_or(0);
        self.listing.order = orders[(at + 1) % orders.len()];
    }
}
