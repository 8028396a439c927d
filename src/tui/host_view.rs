//! What the Host view shows, and what is selected in it.

use std::cmp::Reverse;

use super::picked::Picked;
use crate::model::GuestId;
use crate::session::{GuestState, Session};

/// Order of the guests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GuestOrder {
    /// Those that are here, in the order in which they came; then those that left, the last one first.
    #[default]
    State,
    /// Alphabetical.
    Name,
    /// Most memory first.
    Memory,
}

impl GuestOrder {
    const ALL: [Self; 3] = [Self::State, Self::Name, Self::Memory];

    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::State => "by state",
            Self::Name => "by name",
            Self::Memory => "by memory",
        }
    }
}

/// The view's own state.
#[derive(Debug, Default)]
pub struct HostView {
    /// Order of the guests.
    pub order: GuestOrder,
    /// Only names that contain this.
    pub filter: String,
    /// The guests listed.
    pub list: Picked<GuestId>,
}

impl HostView {
    /// Brings the rows into order.
    pub fn follow(&mut self, session: &Session) {
        let mut guests: Vec<&GuestState> =
            session.guests().filter(|guest| guest.facts.name.contains(&self.filter)).collect();
        match self.order {
            GuestOrder::State => guests.sort_by_key(|guest| guest.left.map(Reverse)),
            GuestOrder::Name => guests.sort_by(|a, b| a.facts.name.cmp(&b.facts.name)),
            GuestOrder::Memory => guests.sort_by_key(|guest| Reverse(guest.memory())),
        }
        self.list.rows.clear();
        self.list.rows.extend(guests.iter().map(|guest| guest.facts.id));
        self.list.settle();
    }

    /// The next order of rows.
    pub fn sort(&mut self) {
        let at = GuestOrder::ALL.iter().position(|order| *order == self.order).unwrap_or(0);
        self.order = GuestOrder::ALL[(at + 1) % GuestOrder::ALL.len()];
    }
}
