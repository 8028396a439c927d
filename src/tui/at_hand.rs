//! Which trial a key is about.

use std::time::Duration;

use super::view_state::{View, ViewState};
use crate::model::{Mark, MarkBy, MarkKind};
use crate::session::{Session, Trial};

/// A correction of a trial.
pub(super) fn edit(trial: &Trial) -> Mark {
    Mark { trial: Some(trial.number), ..Mark::new(MarkKind::Edit, MarkBy::Key) }
}

/// The trial that remarks and factors belong to: the selected one where trials are compared, else
/// the running one; in a recording the one nearest.
pub(super) fn trial_at_hand<'a>(view: &ViewState, session: &'a Session) -> Option<&'a Trial> {
    match (view.shown, view.replay) {
        (View::Trials, _) => trial(session, view.trials.trial_at_hand()?),
        (_, None) => session.open_trial(),
        (_, Some(_)) => Some(nearest_edge(session)?.0),
    }
}

/// The trial of this number.
pub(super) fn trial(session: &Session, number: u32) -> Option<&Trial> {
    session.trials().iter().find(|trial| trial.number == number)
}

/// Every edge of a trial: whose it is, whether it is the end, and when.
pub(super) fn edges(
    session: &Session,
) -> impl DoubleEndedIterator<Item = (&Trial, bool, Duration)> {
    session.trials().iter().flat_map(|trial| {
        let end = trial.end.map(|end| (trial, true, end));
        std::iter::once((trial, false, trial.start)).chain(end)
    })
}

/// The edge of a trial that is nearest to the present moment, and whether it is its end.
pub(super) fn nearest_edge(session: &Session) -> Option<(&Trial, bool, Duration)> {
    // Of two as near the later one: it is what was just done.
    edges(session).rev().min_by_key(|(.., edge)| edge.abs_diff(session.at()))
}
