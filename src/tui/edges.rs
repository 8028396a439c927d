//! Moves a trial's edges: step by step, or to its traffic's own.

use std::time::Duration;

use super::at_hand::{edit, nearest_edge, trial, trial_at_hand};
use super::effect::Effect;
use super::keymap::Play;
use super::view_state::{View, ViewState};
use crate::model::Mark;
use crate::session::{Session, Severity};

/// Traffic has ended when it has been away for so long.
const PAUSE: Duration = Duration::from_millis(500);
/// Moves the nearest edge by one sample.
pub(super) fn nudge(view: &mut ViewState, session: &Session, later: bool) -> Option<Effect> {
    let Some((trial, ends, edge)) = nearest_edge(session) else {
        view.say(session.at(), Severity::Info, "there is no trial whose edge could be moved");
        return None;
    };
    let step = session.header().map_or(Duration::from_millis(100), |header| header.interval);
    let to = if later { edge + step } else { edge.saturating_sub(step) };
    let (start, stop) = if ends { (None, Some(to)) } else { (Some(to), None) };
    Some(Effect::Mark(Mark { start, stop, ..edit(trial) }))
}

/// Moves both edges of the nearest trial to its traffic's own.
pub(super) fn snap(view: &mut ViewState, session: &Session) -> Option<Effect> {
    let trial = match view.shown {
        View::Trials => trial_at_hand(view, session),
        View::Live | View::Flows | View::Host => nearest_edge(session).map(|(trial, ..)| trial),
    };
    if let (Some(trial), Some(_)) = (trial, view.replay) {
        return Some(Effect::Play(Play::Snap(trial.number)));
    }
    let snapped = trial.and_then(|trial| snapped(session, trial.number));
    if snapped.is_none() {
        view.say(session.at(), Severity::Info, NO_TRAFFIC);
    }
    snapped.map(Effect::Mark)
}

/// What is said of a trial that cannot be snapped.
pub const NO_TRAFFIC: &str = "there is no trial with traffic to snap to";

/// The correction that moves a trial's edges to its traffic's, where it has any.
pub fn snapped(session: &Session, number: u32) -> Option<Mark> {
    let trial = trial(session, number)?;
    let (start, stop) = session.traffic_edges(number)?;
    // Traffic that still flows has no end to move to.
    let ended = stop + PAUSE <= session.at();
    let stop = trial.end.filter(|_| ended).map(|_| stop);
    Some(Mark { start: Some(start), stop, ..edit(trial) })
}
