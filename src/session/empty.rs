//! `--stop-when-empty`: looks at the session after every batch and says when the running trial's last
//! guest has left. Like [`super::Auto`] it sets no mark: the live loop does.

use std::time::Duration;

use super::{AutoMark, Session};

/// A stop that was asked for and is not there after this was not set.
const ANSWERED: Duration = Duration::from_secs(5);

/// Watches the guests of the running trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StopWhenEmpty {
    /// The trial that runs, how many times it was asked to stop, and when last.
    asked: Option<(u32, Duration)>,
    /// The trial whose stop was asked for and set; one that was undone is in other hands.
    done: Option<u32>,
}

impl StopWhenEmpty {
    /// The stop of the running trial, at the departure of the last of its guests: of those that were
    /// there when it started, and that have come during it. `None` while any of them is here, and for a
    /// trial that never had a guest.
    pub fn observe(&mut self, session: &Session) -> Option<AutoMark> {
        let Some(trial) = session.open_trial() else {
            self.done = self.done.max(self.asked.take().map(|(number, _)| number));
            return None;
        };
        let late = |asked: Duration| session.at().saturating_sub(asked) > ANSWERED;
        let waits = self.asked.is_some_and(|(n, asked)| n == trial.number && !late(asked));
        if waits || self.done == Some(trial.number) {
            return None;
        }
        let (_, ended) = session.left_since(trial.start);
        let ended = ended.filter(|_| session.guests_here().next().is_none())?;
        self.asked = Some((trial.number, session.at()));
        Some(AutoMark::Stop { ended })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Rig, TICK, bond};
    use super::*;
    use crate::model::{Event, Mark, MarkBy, MarkKind};

    /// Ticks until it asks for a stop; at most `most`.
    fn asks(rig: &mut Rig, watch: &mut StopWhenEmpty, most: u32) -> Option<(u32, AutoMark)> {
        (0..most).find_map(|_| {
            rig.tick(&[]);
            Some((rig.ticks, watch.observe(&rig.session)?))
        })
    }

    fn stop(rig: &mut Rig, kind: MarkKind) {
        rig.counters();
        let mark = Mark { at: rig.at(), trial: Some(1), ..Mark::new(kind, MarkBy::Auto) };
        rig.session.apply(Event::Mark(mark));
    }

    #[test]
    fn a_trial_stops_where_its_last_guest_left() {
        let (mut rig, mut watch) = (Rig::new(bond()), StopWhenEmpty::default());
        rig.guests(&["a", "b"]);
        rig.mark(MarkKind::Start, &[]);
        assert_eq!(asks(&mut rig, &mut watch, 20), None, "both are here");
        // One comes during it: the trial waits for it, too.
        rig.guests(&["a", "b", "c"]);
        rig.guests(&["c"]);
        assert_eq!(asks(&mut rig, &mut watch, 20), None);
        rig.guests(&[]);
        let ended = rig.at();
        assert_eq!(asks(&mut rig, &mut watch, 9), Some((41, AutoMark::Stop { ended })));
        assert_eq!(asks(&mut rig, &mut watch, 9), None, "asked once");
        stop(&mut rig, MarkKind::Stop);
        assert_eq!(asks(&mut rig, &mut watch, 9), None);
        // Who takes the stop back wants the trial to run on.
        rig.session
            .apply(Event::Mark(Mark { at: rig.at(), ..Mark::new(MarkKind::Undo, MarkBy::Key) }));
        assert!(rig.session.open_trial().is_some());
        assert_eq!(asks(&mut rig, &mut watch, 99), None);
    }

    #[test]
    fn a_stop_that_was_not_set_is_asked_for_again() {
        let (mut rig, mut watch) = (Rig::new(bond()), StopWhenEmpty::default());
        rig.guests(&["a"]);
        rig.mark(MarkKind::Start, &[]);
        rig.tick(&[]);
        rig.guests(&[]);
        let ended = rig.at();
        assert_eq!(asks(&mut rig, &mut watch, 9), Some((2, AutoMark::Stop { ended })));
        assert_eq!(asks(&mut rig, &mut watch, 99), Some((53, AutoMark::Stop { ended })));
    }

    #[test]
    fn a_trial_that_never_had_a_guest_is_left_alone() {
        let (mut rig, mut watch) = (Rig::new(bond()), StopWhenEmpty::default());
        rig.mark(MarkKind::Start, &[]);
        assert_eq!(asks(&mut rig, &mut watch, 9), None, "nobody has looked");
        rig.guests(&[]);
        assert_eq!(asks(&mut rig, &mut watch, 9), None, "there are none");
        rig.mark(MarkKind::Stop, &[]);
        // Those that left before it are none of its.
        rig.guests(&["a"]);
        rig.tick(&[]);
        rig.guests(&[]);
        rig.run(2, &[]);
        rig.mark(MarkKind::Start, &[]);
        assert_eq!(asks(&mut rig, &mut watch, 20), None);
        assert_eq!(TICK * rig.ticks, rig.at());
    }
}
