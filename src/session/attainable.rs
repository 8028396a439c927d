//! What counters could show at most, over time: a rate is held against what could be carried while
//! it was measured, not against what is left since.

use std::time::Duration;

use super::{InterfaceState, Session, Subject, TeamState};

/// Of many changes so many are remembered.
const KEPT: usize = 64;

/// What was attainable before, in bit/s, each up to a moment; oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Before(Vec<(Duration, f64)>);

impl Before {
    /// Takes a change at `at`; a time in which nothing was known counts as its neighbours.
    pub fn take(&mut self, at: Duration, old: Option<f64>, new: Option<f64>) {
        let Some(old) = old.filter(|_| old != new) else { return };
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((at, old));
    }

    /// The most at any time between two moments, with what it is `now`.
    fn most(&self, from: Duration, to: Duration, now: Option<f64>) -> Option<f64> {
        let since = |n: usize| n.checked_sub(1).map_or(Duration::ZERO, |n| self.0[n].0);
        let all = self.0.iter().map(|(until, rate)| (*until, Some(*rate)));
        let all = all.chain([(Duration::MAX, now)]).enumerate();
        let there = all.filter(|(n, (until, _))| *until > from && (*n == 0 || since(*n) < to));
        there.filter_map(|(_, (_, rate))| rate).reduce(f64::max)
    }
}

impl InterfaceState {
    /// The most that was attainable between two moments, bit/s.
    pub(super) fn attainable_between(&self, from: Duration, to: Duration) -> Option<f64> {
        self.attainable_before.most(from, to, self.facts.attainable())
    }
}

impl Session {
    /// The most that counters could show of a subject at any time between two moments, in bit/s and
    /// one direction; `None` where a speed that counts is unknown.
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
        team.attainable_before.most(from, to, self.capacity(team))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_held_against_the_most_of_its_time() {
        let second = Duration::from_secs;
        let mut before = Before::default();
        assert_eq!(before.most(second(0), second(9), Some(2.0)), Some(2.0));
        before.take(second(10), Some(2.0), Some(1.0));
        before.take(second(10), Some(1.0), Some(1.0));
        let most = |from, to| before.most(second(from), second(to), Some(1.0));
        assert_eq!(most(0, 5), Some(2.0));
        assert_eq!(most(9, 11), Some(2.0));
        assert_eq!(most(10, 11), Some(1.0));
        // All members lost, and one back: what was not known is its neighbours'.
        before.take(second(20), Some(1.0), None);
        before.take(second(30), None, Some(2.0));
        let most = |from, to| before.most(second(from), second(to), Some(2.0));
        assert_eq!(most(10, 20), Some(1.0));
        assert_eq!(most(19, 21), Some(2.0));
        assert_eq!(before.most(second(21), second(22), None), None);
        assert_eq!(before.most(second(19), second(22), None), Some(1.0));
        (0..2 * KEPT as u64).for_each(|at| before.take(second(40 + at), Some(at as f64), None));
        assert_eq!(before.0.len(), KEPT);
    }
}
