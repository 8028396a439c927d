//! What counters could show at most, over time: a rate is held against what could be carried while
//! it was measured, not against what is left since.

use std::time::Duration;

use super::{InterfaceState, Session, Subject, TeamState, TrialFigures};
use crate::model::{Interface, InterfaceId};

/// Of many changes so many are remembered.
const KEPT: usize = 64;

/// What could be carried at a time, in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Capacity {
    /// So much, bit/s.
    Of(f64),
    /// A link is up whose speed is not known.
    Unknown,
    /// No link is up.
    None,
}

impl Capacity {
    /// Of one interface; the speed that a link had is known while it is down, too, by some drivers.
    pub fn of(facts: &Interface) -> Self {
        match facts.attainable() {
            Some(rate) => Self::Of(rate),
            None if facts.up => Self::Unknown,
            None => Self::None,
        }
    }

    /// The more of both.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Of(one), Self::Of(other)) => Self::Of(one.max(other)),
            (Self::None, known) | (known, Self::None) => known,
        }
    }

    /// In bit/s, where it is known.
    pub fn rate(self) -> Option<f64> {
        match self {
            Self::Of(rate) => Some(rate),
            Self::Unknown | Self::None => None,
        }
    }
}

/// What could be carried before, each up to a moment; oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Before(Vec<(Duration, Capacity)>);

impl Before {
    /// Takes a change at `at`; a time in which no link was up counts as what was before and after.
    pub fn take(&mut self, at: Duration, old: Capacity, new: Capacity) {
        if old == new || old == Capacity::None {
            return;
        }
        if self.0.len() == KEPT {
            let (_, forgotten) = self.0.remove(0);
            self.0[0].1 = self.0[0].1.or(forgotten);
        }
        self.0.push((at, old));
    }

    /// The most at any time between two moments, with what it is `now`.
    pub fn most(&self, from: Duration, to: Duration, now: Capacity) -> Capacity {
        let mut since = Duration::ZERO;
        let mut most = Capacity::None;
        for (until, capacity) in self.0.iter().copied().chain([(Duration::MAX, now)]) {
            if until > from && (since < to || since.is_zero()) {
                most = most.or(capacity);
            }
            since = until;
        }
        most
    }
}

impl InterfaceState {
    fn capacity_between(&self, from: Duration, to: Duration) -> Capacity {
        self.capacity_before.most(from, to, Capacity::of(&self.facts))
    }

    /// The most that was attainable between two moments, bit/s.
    pub(super) fn attainable_between(&self, from: Duration, to: Duration) -> Option<f64> {
        self.capacity_between(from, to).rate()
    }
}

impl Session {
    /// The most that counters could show of a subject at any time between two moments, in bit/s and
    /// one direction; `None` where a speed that counts is unknown, and where no link was up.
    pub fn attainable_between(
        &self,
        subject: &Subject,
        from: Duration,
        to: Duration,
    ) -> Option<f64> {
        match subject {
            Subject::Interface(id) => self.interface(*id)?.attainable_between(from, to),
            Subject::Team(name) => self.attainable_of_team(self.team(name)?, from, to),
        }
    }

    pub(super) fn attainable_of_team(
        &self,
        team: &TeamState,
        from: Duration,
        to: Duration,
    ) -> Option<f64> {
        let now = self.capacity(team);
        let before = self.capacities_before.get(&team.facts.name);
        before.map_or(now, |before| before.most(from, to, now)).rate()
    }

    /// The same of what a trial over these links is about; of an interface that was made anew, of all
    /// that had its name. As the trial has it where that is a team which is no more.
    pub(super) fn attainable_of_trial(
        &self,
        figures: &TrialFigures,
        links: &[InterfaceId],
        from: Duration,
        to: Duration,
    ) -> Option<f64> {
        if let Some(team) = self.team(&figures.subject) {
            return self.attainable_of_team(team, from, to);
        }
        let its = links.iter().filter_map(|id| self.interface(*id));
        let its = its.filter(|link| link.facts.name == figures.subject);
        let most = its.map(|link| link.capacity_between(from, to)).reduce(Capacity::or);
        most.map_or(figures.attainable, Capacity::rate)
    }
}

#[cfg(test)]
mod tests {
    use super::Capacity::{None, Of, Unknown};
    use super::*;

    const fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_mean_is_held_against_the_most_of_its_time() {
        let mut before = Before::default();
        assert_eq!(before.most(second(0), second(9), Of(2.0)), Of(2.0));
        before.take(second(10), Of(2.0), Of(1.0));
        before.take(second(10), Of(1.0), Of(1.0));
        let most = |from, to| before.most(second(from), second(to), Of(1.0));
        assert_eq!(most(0, 5), Of(2.0));
        assert_eq!(most(9, 11), Of(2.0));
        assert_eq!(most(10, 11), Of(1.0));
        // All members lost, and one back.
        before.take(second(20), Of(1.0), None);
        before.take(second(30), None, Of(2.0));
        let most = |from, to| before.most(second(from), second(to), Of(2.0));
        assert_eq!(most(10, 20), Of(1.0));
        assert_eq!(most(19, 21), Of(2.0));
        assert_eq!(before.most(second(21), second(22), None), None);
        assert_eq!(before.most(second(19), second(22), None), Of(1.0));
    }

    #[test]
    fn what_was_not_known_is_no_limit() {
        let mut before = Before::default();
        before.take(second(10), Unknown, Of(1.0));
        assert_eq!(before.most(second(9), second(11), Of(1.0)), Unknown);
        assert_eq!(before.most(second(10), second(11), Of(1.0)), Of(1.0));
        assert_eq!(before.most(second(10), second(11), Unknown), Unknown);
    }

    #[test]
    fn of_many_changes_the_most_is_remembered() {
        let mut before = Before::default();
        before.take(second(1), Of(9.0), Of(1.0));
        for at in 0..2 * KEPT as u64 {
            before.take(second(2 + at), Of(1.0 + (at % 2) as f64), None);
        }
        assert_eq!(before.0.len(), KEPT);
        assert_eq!(before.most(second(0), second(1), Of(1.0)), Of(9.0));
        let last = second(2 * KEPT as u64);
        assert_eq!(before.most(last, last + second(9), Of(1.0)), Of(2.0));
    }
}
