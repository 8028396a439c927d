//! What the Host view shows, and what is selected in it.

use std::cmp::Reverse;

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
    pub rows: Vec<GuestId>,
    /// The selected one.
    pub selected: Option<GuestId>,
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
        self.rows.clear();
        self.rows.extend(guests.iter().map(|guest| guest.facts.id));
        if self.place().is_none() {
            self.selected = self.rows.first().copied();
        }
    }

    /// The next order of rows.
    pub fn sort(&mut self) {
        let at = GuestOrder::ALL.iter().position(|order| *order == self.order).unwrap_or(0);
        self.order = GuestOrder::ALL[(at + 1) % GuestOrder::ALL.len()];
    }

    /// The row of the selected guest.
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
            self.selected = Some(*row);
        }
    }
}
