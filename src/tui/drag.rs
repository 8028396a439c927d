//! The mouse takes a trial's edge in the chart and lays it down elsewhere.

use std::time::Duration;

use super::at_hand::{edges, edit, trial};
use super::effect::Effect;
use super::panel::chart::Window;
use super::view_state::ViewState;
use crate::model::Mark;
use crate::session::{Session, Severity};

/// So many cells beside an edge are the edge's, too.
const NEAR: u64 = 1;

/// An edge in the mouse's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drag {
    trial: u32,
    /// It is the trial's end.
    ends: bool,
    /// The cell that it was taken in, counted from the last one.
    back: u16,
}

/// Takes the edge at or beside a cell of the chart, counted from the last one; whether there is one.
pub fn take(view: &mut ViewState, session: &Session, back: u16) -> bool {
    let Some(window) = Window::of(session, view, view.chart.cells) else { return false };
    let Some(column) = window.column_back(back) else { return false };
    let cell = window.place_of(window.begin_of(column));
    let distance = |at: Duration| window.place_of(at).abs_diff(cell);
    let near = edges(session).filter(|(.., at)| distance(*at) <= NEAR);
    // Of two as near the later one: it stands on the other.
    let nearest = near.rev().min_by_key(|(.., at)| distance(*at));
    let Some((trial, ends, _)) = nearest else { return false };
    let what = if ends { "end" } else { "start" };
    let said =
        format!("the {what} of trial {} is in hand: let it go where it belongs", trial.number);
    view.drag = Some(Drag { trial: trial.number, ends, back });
    view.say(session.at(), Severity::Info, said);
    true
}

/// Lays the edge down at a cell of the chart; where it was, or outside, nothing changes.
pub fn lay(view: &mut ViewState, session: &Session, back: Option<u16>) -> Option<Effect> {
    let drag = view.drag.take()?;
    let back = back.filter(|back| *back != drag.back);
    let window = Window::of(session, view, view.chart.cells)?;
    let at = back.and_then(|back| Some(window.begin_of(window.column_back(back)?)));
    let (Some(at), Some(trial)) = (at, trial(session, drag.trial)) else {
        view.say(session.at(), Severity::Info, "nothing was moved");
        return None;
    };
    let (start, stop) = if drag.ends { (None, Some(at)) } else { (Some(at), None) };
    Some(Effect::Mark(Mark { start, stop, ..edit(trial) }))
}
