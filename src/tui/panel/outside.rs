//! The trials that are in no cell, and why.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{section, shown};
use crate::compare::Outcome;
use crate::model::printable;
use crate::session::TrialState;
use crate::tui::pen::Pen;
use crate::tui::trials_view::{Compared, Place};
use crate::tui::view_state::ViewState;

/// More than these are seen by moving through them.
const MOST: usize = 4;

/// Title and rows; nothing where all are in cells.
pub fn height(compared: &Compared) -> u16 {
    let trials = compared.outside.len().min(MOST) as u16;
    if trials == 0 { 0 } else { trials + 1 }
}

/// Why a trial is in no cell.
pub struct Why<'a>(pub &'a Outcome);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.state, self.0.exit_status, &self.0.because) {
            (TrialState::Open, ..) => f.write_str("running"),
            (TrialState::Cancelled, ..) => f.write_str("given up"),
            (TrialState::Failed, Some(status), _) => write!(f, "failed, exit status {status}"),
            (TrialState::Failed, ..) => f.write_str("failed"),
            (TrialState::Finished, _, Some(why)) if self.0.excluded => {
                write!(f, "excluded: {}", printable(why))
            }
            (TrialState::Finished, ..) if self.0.excluded => f.write_str("excluded"),
            (TrialState::Finished, ..) => f.write_str("took no time"),
        }
    }
}

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(compared) = view.trials.compared() else { return };
    let all = compared.outside.len();
    if all == 0 || area.height == 0 {
        return;
    }
    let rows = usize::from(area.height - 1).min(all);
    let selected = match view.trials.place() {
        Some(Place::Outside(at)) => Some(at),
        _ => None,
    };
    let first = selected.map_or(0, |at| (at + 1).saturating_sub(rows));
    section(buf, area, view, format_args!("in no cell"), &shown(first, rows, all));
    for (row, at) in (1..).zip(first..first + rows) {
        let trial = compared.outside[at];
        let (outcome, number) = (&compared.study.trials[trial], compared.numbers[trial]);
        let (cursor, style) = if selected == Some(at) {
            (view.symbols.cursor, view.theme.bar())
        } else {
            (' ', view.theme.faint())
        };
        let mut pen = Pen::at(buf, area, row);
        pen.put(style, format_args!("{cursor} trial {number:<3} {}", Why(outcome)));
        for (key, value) in &outcome.factors {
            pen.put(view.theme.faint(), format_args!("  {}={}", printable(key), printable(value)));
        }
    }
}
