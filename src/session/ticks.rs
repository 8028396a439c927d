//! When the latest ticks were, and what each moving link had carried by then: a ring while no trial
//! runs, growing while one does. [`super::profile`] makes a trial's profile of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{InterfaceId, Pair};

/// Ticks kept before a trial, and after it.
pub(super) const RING: usize = 512;
/// How many of a trail's points may be older before they are forgotten, all at once.
const BATCH: usize = 64;
/// Beyond this many ticks every other one is dropped.
const MOST_TICKS: usize = 65_536;
/// The same for all links together, of which a host with many guests has many.
const MOST_POINTS: usize = 1 << 21;

/// What a link had carried at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    at: Duration,
    total: Pair<u64>,
}

/// One link's totals at the ticks since it first moved: a point where its total is another than at
/// the point before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trail {
    /// The total before the first point.
    base: Pair<u64>,
    /// The total at the last point.
    latest: Pair<u64>,
    points: VecDeque<Point>,
}

impl Trail {
    pub fn new(base: Pair<u64>) -> Self {
        Self { base, latest: base, points: VecDeque::with_capacity(RING + BATCH) }
    }

    /// Adds a tick; what is older than `oldest` is forgotten, but not at once: to look at the oldest
    /// point of every link at every tick is to fetch each of them from far memory.
    pub fn push(&mut self, at: Duration, total: Pair<u64>, oldest: Duration) {
        if total == self.latest {
            return;
        }
        if self.points.len() >= RING + BATCH && self.points.len().is_multiple_of(BATCH) {
            self.forget(oldest);
        }
        self.latest = total;
        self.points.push_back(Point { at, total });
    }

    /// Sets the total at `at`, the latest tick.
    pub fn correct(&mut self, at: Duration, total: Pair<u64>) {
        self.points.pop_back_if(|point| point.at == at);
        self.latest = total;
        self.points.push_back(Point { at, total });
    }

    fn forget(&mut self, oldest: Duration) {
        while let Some(point) = self.points.pop_front_if(|point| point.at < oldest) {
            self.base = point.total;
        }
    }

    /// Its total at a tick.
    pub fn total_at(&self, tick: Duration) -> Pair<u64> {
        let behind = self.points.partition_point(|point| point.at <= tick);
        behind.checked_sub(1).and_then(|at| self.points.get(at)).map_or(self.base, |p| p.total)
    }

    /// Its totals at `times`, which rise.
    pub fn at(&self, times: impl Iterator<Item = Duration>) -> Vec<Pair<u64>> {
        let mut points = self.points.iter().peekable();
        let mut total = self.base;
        let totals = times.map(|time| {
            while let Some(point) = points.next_if(|point| point.at <= time) {
                total = point.total;
            }
            total
        });
        totals.collect()
    }
}

/// A link that went while ticks were kept for a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    pub id: InterfaceId,
    pub trail: Trail,
    pub cadence: Option<Duration>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Keeping {
    /// The latest only: no trial runs.
    #[default]
    Latest,
    /// All since shortly before the running trial.
    All,
    /// So many more, of the time after a trial.
    More(usize),
}

/// The ticks that trails have points at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    pub times: VecDeque<Duration>,
    /// Where gaps end, and whose they are; `None` is everyone's.
    pub gaps: VecDeque<(Duration, Option<InterfaceId>)>,
    pub gone: Vec<Gone>,
    /// Instants of marks, in order: they are never thinned away.
    pub marks: Vec<Duration>,
    keeping: Keeping,
    /// How often every other one was dropped: of two to the power of this, one tick is kept.
    thinned: u32,
    passed: u64,
}

impl Ticks {
    /// Takes a tick; gives the oldest that is still kept, `None` when this one is not.
    pub fn take(&mut self, at: Duration) -> Option<Duration> {
        if let Keeping::More(left) = &mut self.keeping {
            *left = left.saturating_sub(1);
        }
        self.passed += 1;
        self.passed.is_multiple_of(1 << self.thinned).then(|| self.keep(at)).flatten()
    }

    /// Keeps this instant; gives the oldest kept, `None` when it is kept already.
    pub fn keep(&mut self, at: Duration) -> Option<Duration> {
        if self.times.back().is_some_and(|last| *last >= at) {
            return None;
        }
        if self.keeping == Keeping::Latest && self.times.len() >= RING {
            self.times.pop_front();
        }
        self.times.push_back(at);
        let oldest = *self.times.front()?;
        while self.gaps.front().is_some_and(|(at, _)| *at <= oldest) {
            self.gaps.pop_front();
        }
        Some(oldest)
    }

    /// The trail of a link that moves, empty unless it has only been away; `base` is its total.
    pub fn trail_of(&mut self, id: InterfaceId, base: Pair<u64>) -> Trail {
        let away = self.gone.iter().position(|gone| gone.id == id);
        away.map_or_else(|| Trail::new(base), |at| self.gone.swap_remove(at).trail)
    }

    /// A gap that ends at `at`.
    pub fn take_gap(&mut self, at: Duration, interfaces: Option<&[InterfaceId]>) {
        match interfaces {
            Some(ids) => self.gaps.extend(ids.iter().map(|id| (at, Some(*id)))),
            None => self.gaps.push_back((at, None)),
        }
    }

    /// A trial runs, or runs on: everything from now on is kept.
    pub fn keep_all(&mut self) {
        self.keeping = Keeping::All;
    }

    /// The trial has ended: what comes shortly after is kept with it.
    pub fn keep_more(&mut self) {
        self.keeping = Keeping::More(RING);
    }

    /// No trial is of interest: only the latest are kept. Gives the oldest of them.
    pub fn keep_latest(&mut self) -> Option<Duration> {
        self.keeping = Keeping::Latest;
        self.thinned = 0;
        self.gone.clear();
        self.times.drain(..self.times.len().saturating_sub(RING));
        self.times.shrink_to(RING);
        let oldest = self.times.front().copied();
        self.marks.retain(|at| Some(*at) >= oldest);
        oldest
    }

    /// More than the latest is kept.
    pub fn are_for_a_trial(&self) -> bool {
        self.keeping != Keeping::Latest
    }

    /// The time after a trial has passed.
    pub fn have_passed(&self) -> bool {
        self.keeping == Keeping::More(0)
    }

    /// They are too many for that many trails.
    pub fn are_too_many(&self, trails: usize) -> bool {
        let most = MOST_TICKS.min(MOST_POINTS / trails.max(1)).max(2 * RING);
        self.times.len() > most && self.are_for_a_trial()
    }

    /// Drops every other tick that no mark was set at; the trails have to follow.
    pub fn thin(&mut self) {
        self.thinned += 1;
        let marks = std::mem::take(&mut self.marks);
        let mut even = false;
        self.times.retain(|at| {
            even = !even;
            even || marks.binary_search(at).is_ok()
        });
        self.marks = marks;
    }
}

impl Trail {
    /// Drops what is told of none of `times`.
    pub fn thin(&mut self, times: &VecDeque<Duration>) {
        let next = |point: &Point| times.partition_point(|at| *at < point.at);
        let points = std::mem::take(&mut self.points);
        for point in points {
            self.points.pop_back_if(|before| next(before) == next(&point));
            self.points.push_back(point);
        }
    }

    /// Keeps what is not older than `oldest`, in no more memory than that needs.
    pub fn cut(&mut self, oldest: Duration) {
        self.forget(oldest);
        self.points.shrink_to(RING + BATCH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_tells_the_same_totals_however_often_it_is_thinned_or_cut() {
        let tick = |n: u32| Duration::from_millis(100) * n;
        let total = |n: u32| Pair { rx: u64::from(n / 7), tx: u64::from(n / 10 * 10) };
        let mut trail = Trail::new(Pair::default());
        let mut times: VecDeque<Duration> = (1..=2_000).map(tick).collect();
        for n in 1..=2_000 {
            trail.push(tick(n), total(n), Duration::ZERO);
        }
        assert_eq!(trail.points.len(), 2_000 / 7 + 2_000 / 10 - 2_000 / 70, "only what changes");
        for _ in 0..4 {
            let known = trail.at(times.iter().copied());
            let truth = times.iter().map(|at| total((at.as_millis() / 100) as u32));
            assert!(truth.eq(known.iter().copied()), "{} ticks", times.len());
            let mut odd = false;
            times.retain(|_| {
                odd = !odd;
                odd
            });
            trail.thin(&times);
            assert!(trail.points.len() <= times.len() + 1);
        }
        times.drain(..times.len() / 2);
        trail.cut(times[0]);
        let truth = times.iter().map(|at| total((at.as_millis() / 100) as u32));
        assert!(truth.eq(trail.at(times.iter().copied())));
    }
}
