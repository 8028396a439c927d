//! Which columns of the history the chart's cells are.

use std::time::Duration;

use crate::session::{Session, Subject};
use crate::tui::view_state::ViewState;

/// A stretch of the session in cells of equal time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Time that a cell stands for.
    pub width: Duration,
    /// Number of the column in the last cell.
    pub newest: u64,
    /// How many cells there are.
    pub cells: u16,
}

impl Window {
    /// What is shown in a chart of so many cells; `None` until there is a column.
    pub fn of(session: &Session, view: &ViewState, cells: u16) -> Option<Self> {
        let now = view.moment(session);
        let width = view.chart.column(now, cells);
        let until = view.chart.until(now).unwrap_or(now);
        let newest = ((until.as_nanos() / width.as_nanos()) as u64).checked_sub(1)?;
        Some(Self { width, newest, cells })
    }

    /// Number of the column in the first cell, negative before the session.
    fn first(&self) -> i64 {
        self.newest as i64 + 1 - i64::from(self.cells)
    }

    /// The cell that `at` lies in, whether there is one or not.
    pub fn place_of(&self, at: Duration) -> i64 {
        (at.as_nanos() / self.width.as_nanos()) as i64 - self.first()
    }

    /// The cell that `at` lies in.
    pub fn cell_of(&self, at: Duration) -> Option<u16> {
        u16::try_from(self.place_of(at)).ok().filter(|cell| *cell < self.cells)
    }

    /// Number of the column in the cell so many before the last one.
    pub fn column_back(&self, back: u16) -> Option<u64> {
        self.newest.checked_sub(u64::from(back)).filter(|_| back < self.cells)
    }

    /// The middle of column `number`.
    pub fn middle_of(&self, number: u64) -> Duration {
        self.begin_of(number) + self.width / 2
    }

    /// When column `number` begins.
    pub fn begin_of(&self, number: u64) -> Duration {
        self.width.saturating_mul(number as u32)
    }

    /// What was attainable in column `number`, bit/s.
    pub fn ceiling(&self, session: &Session, subject: &Subject, number: u64) -> Option<f64> {
        session.attainable_between(subject, self.begin_of(number), self.begin_of(number + 1))
    }

    /// When the first cell begins, in nanoseconds of the session; negative before it.
    pub fn begin(&self) -> i128 {
        i128::from(self.first()) * self.width.as_nanos() as i128
    }

    /// The time that all cells stand for.
    pub fn span(&self) -> Duration {
        self.width * u32::from(self.cells)
    }

    /// How many of the last cells stand for time that is kept: before the session there is nothing
    /// to miss, and what is forgotten is no gap.
    pub fn known(&self, session: &Session) -> usize {
        let forgotten = session.kept_since().as_nanos().div_ceil(self.width.as_nanos()) as u64;
        let known = (self.newest + 1).saturating_sub(forgotten);
        known.min(u64::from(self.cells)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Event;

    const SECOND: Duration = Duration::from_secs(1);

    fn session(seconds: u32) -> Session {
        let (at, read) = (SECOND * seconds, Duration::ZERO);
        let mut session = Session::default();
        session.apply(Event::Sample { at, read, delta: Vec::new(), faults: Vec::new() });
        session
    }

    #[test]
    fn cells_are_counted_from_the_last_whole_column() {
        let mut view = ViewState::default();
        assert_eq!(Window::of(&session(0), &view, 60), None);
        let session = session(100);
        let window = Window::of(&session, &view, 60);
        let window = window.expect("a column is there");
        assert_eq!(window, Window { width: SECOND, newest: 99, cells: 60 });
        let cells = [39, 40, 99, 100].map(|second| window.cell_of(SECOND * second));
        assert_eq!(cells, [None, Some(0), Some(59), None]);
        assert_eq!((window.column_back(59), window.column_back(60)), (Some(40), None));
        view.chart.cells = 60;
        view.chart.pan(session.at(), false);
        let newest = |window: Option<Window>| window.map(|window| window.newest);
        assert_eq!(newest(Window::of(&session, &view, 60)), Some(84));
    }

    #[test]
    fn what_was_before_the_session_and_what_is_forgotten_are_blank() {
        let window = |width, newest| Window { width: SECOND * width, newest, cells: 60 };
        assert_eq!(window(1, 9).known(&session(10)), 10);
        assert_eq!(window(1, 99).known(&session(100)), 60);
        // Of 25 hours the first one is no longer kept.
        assert_eq!(window(1_800, 49).known(&session(90_000)), 47);
        assert_eq!(window(1, 99).known(&session(90_000)), 0);
    }
}
