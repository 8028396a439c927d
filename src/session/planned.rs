//! Trials that a scenario has planned: looks at the session after every batch and says which mark is
//! due. Like [`super::Auto`] it sets none: the live loop does.

use std::collections::VecDeque;

use super::Session;
use crate::model::{Mark, MarkBy, MarkKind, PlannedTrial};

/// Follows a plan; a trial that somebody else runs is left alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planned {
    /// The trial that runs or comes next, and those behind it.
    trials: VecDeque<PlannedTrial>,
    /// The number of the one that runs.
    own: Option<u32>,
}

impl Planned {
    /// Of these, in order of time.
    pub fn new(trials: Vec<PlannedTrial>) -> Self {
        Self { trials: trials.into(), own: None }
    }

    /// The mark that is due; to be set now, or never.
    pub fn observe(&mut self, session: &Session) -> Option<Mark> {
        let next = self.trials.front()?;
        let open = session.open_trial().map(|trial| trial.number);
        match self.own {
            None if session.at() >= next.during.start => {
                if open.is_some() {
                    self.trials.pop_front();
                    return None;
                }
                self.own = Some(session.next_trial());
                let set = Some(next.set.clone());
                Some(Mark { set, ..Mark::new(MarkKind::Start, MarkBy::Run) })
            }
            Some(own) if session.at() >= next.during.end => {
                self.trials.pop_front();
                self.own = None;
                (open == Some(own)).then(|| Mark::new(MarkKind::Stop, MarkBy::Run))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::{Rig, bond};
    use super::*;
    use crate::model::{Event, Factors};

    fn planned(from: u64, to: u64, vms: &str) -> PlannedTrial {
        let set = Factors::from([("vms".into(), vms.into())]);
        PlannedTrial { during: Duration::from_secs(from)..Duration::from_secs(to), set }
    }

    /// Ticks, and does what the plan asks for.
    fn follow(rig: &mut Rig, plan: &mut Planned, ticks: u32) {
        for _ in 0..ticks {
            rig.tick(&[]);
            if let Some(mark) = plan.observe(&rig.session) {
                rig.counters();
                let trial = rig.session.open_trial().map(|trial| trial.number);
                let trial = trial.or(Some(rig.session.next_trial()));
                rig.session.apply(Event::Mark(Mark { at: rig.at(), trial, ..mark }));
            }
        }
    }

    #[test]
    fn a_plan_is_followed() {
        let mut rig = Rig::new(bond());
        let mut plan = Planned::new(vec![planned(1, 2, "1"), planned(3, 4, "10")]);
        follow(&mut rig, &mut plan, 50);
        let edges = |trial: &super::super::Trial| {
            (trial.start.as_secs(), trial.end.unwrap_or_default().as_secs())
        };
        let trials = rig.session.trials();
        assert_eq!(trials.iter().map(edges).collect::<Vec<_>>(), [(1, 2), (3, 4)]);
        assert_eq!(trials[1].factors["vms"], "10");
    }

    #[test]
    fn a_trial_of_somebody_else_is_neither_stopped_nor_broken_into() {
        let mut rig = Rig::new(bond());
        let mut plan = Planned::new(vec![planned(1, 2, "1"), planned(3, 4, "10")]);
        rig.mark(MarkKind::Start, &[]);
        follow(&mut rig, &mut plan, 25);
        rig.mark(MarkKind::Stop, &[]);
        follow(&mut rig, &mut plan, 10);
        rig.mark(MarkKind::Stop, &[]);
        rig.mark(MarkKind::Start, &[]);
        follow(&mut rig, &mut plan, 20);
        assert_eq!(rig.session.trials().len(), 3, "its own, and one before and behind it");
        assert!(rig.session.open_trial().is_some());
    }
}
