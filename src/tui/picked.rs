//! Rows of a list, and the one that is selected.

/// Rows by what they stand for: the selection stays with that, wherever its row goes.
#[derive(Debug)]
pub struct Picked<T> {
    /// In order.
    pub rows: Vec<T>,
    /// The selected one.
    pub selected: Option<T>,
    /// The user moved the selection.
    steered: bool,
}

impl<T> Default for Picked<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), selected: None, steered: false }
    }
}

impl<T: Copy + PartialEq> Picked<T> {
    /// The rows are in a new order: what was not selected by the user, or is gone, gives way to the
    /// first one.
    pub fn settle(&mut self) {
        self.steered &= self.place().is_some();
        if !self.steered {
            self.selected = self.rows.first().copied();
        }
    }

    /// The row of the selected one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_stays_with_what_was_selected_and_starts_anew_when_that_is_gone() {
        let mut picked = Picked { rows: vec![1, 2, 3], ..Picked::default() };
        picked.settle();
        assert_eq!(picked.selected, Some(1));
        picked.go(9);
        picked.rows = vec![3, 1];
        picked.settle();
        assert_eq!((picked.selected, picked.place()), (Some(3), Some(0)));
        picked.rows = vec![2, 1];
        picked.settle();
        assert_eq!(picked.selected, Some(2));
        picked.rows.clear();
        picked.settle();
        picked.go(-1);
        assert_eq!(picked.selected, None);
    }
}
