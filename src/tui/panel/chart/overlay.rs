//! Earlier trials, laid over the latest one from its start on.

use std::fmt;

use super::window::Window;
use crate::session::{Session, Trial};
use crate::tui::theme::Symbols;
use crate::tui::view_state::ViewState;

/// So many are told apart.
pub const MOST: usize = 4;

/// The trial that others are laid over, and those, in order.
pub struct Laid<'a> {
    over: &'a Trial,
    /// The latest of those before it.
    pub trials: &'a [Trial],
}

impl<'a> Laid<'a> {
    /// What there is by the moment that is shown; `None` when that is not asked for, or there are
    /// not two trials.
    pub fn of(session: &'a Session, view: &ViewState) -> Option<Self> {
        let now = view.moment(session);
        let begun = session.trials().partition_point(|trial| trial.start <= now);
        let (over, before) =
            session.trials()[..begun].split_last().filter(|_| view.chart.overlay)?;
        let trials = &before[before.len().saturating_sub(MOST)..];
        (!trials.is_empty()).then_some(Self { over, trials })
    }

    /// The cells that a trial of these is drawn in, as the first one, the number of the column that
    /// is drawn in the last one, and their count; none when that is all beside the chart.
    pub fn place(&self, trial: &Trial, window: &Window) -> (u16, u64, usize) {
        let end = trial.end.unwrap_or(trial.start);
        let columns = |at: std::time::Duration| (at.as_nanos() / window.width.as_nanos()) as i64;
        let length = columns(end) - columns(trial.start) + 1;
        let from = window.place_of(self.over.start);
        let (first, past) = (from.max(0), (from + length).min(i64::from(window.cells)));
        let count = (past - first).max(0);
        let newest = columns(trial.start) + (past - 1 - from).max(0);
        (first.min(i64::from(u16::MAX)) as u16, newest as u64, count as usize)
    }
}

/// Which symbol is which trial's: `over 4: ○ 2  + 3`.
pub struct Legend<'a>(pub &'a Laid<'a>, pub &'a Symbols);

impl fmt::Display for Legend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(laid, symbols) = self;
        write!(f, "over trial {}:", laid.over.number)?;
        for (trial, symbol) in laid.trials.iter().zip(symbols.lines) {
            write!(f, " {symbol} {} ", trial.number)?;
        }
        Ok(())
    }
}
