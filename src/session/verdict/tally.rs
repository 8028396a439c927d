//! Verdicts of one second each, kept for trials: how much of a trial's active time was limited by
//! what.

use std::collections::VecDeque;
use std::time::Duration;

use super::Verdict;
use super::judge::MOST;
use super::limit::{LIMITS, Limit};

/// Kept while no trial runs: the time that a late key, or an edge that is moved, may reach back to.
const RING: usize = 64;
/// More than these are joined by twos; a trial of two hours has so many.
const MOST_KEPT: usize = 8_192;
/// The same of a trial that has ended.
const MOST_LATER: usize = 1_024;

/// How much of some time was limited by what.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Windows of a second in which traffic passed.
    pub windows: u32,
    counts: [u32; LIMITS],
    busy: Sum,
    window_limited: Sum,
    core: Sum,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sum {
    sum: f32,
    of: u32,
}

impl Sum {
    fn of(value: Option<f64>) -> Self {
        value.map_or_else(Self::default, |value| Self { sum: value as f32, of: 1 })
    }

    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.of += other.of;
    }

    fn mean(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.sum) / f64::from(self.of))
    }
}

impl Limits {
    /// One window; `None` when next to nothing passed in it.
    pub(super) fn one(verdict: &Verdict) -> Option<Self> {
        let mut one = Self { windows: 1, ..Self::default() };
        match verdict {
            Verdict::NotKnown | Verdict::AtRest | Verdict::Impossible(_) => return None,
            Verdict::RoomLeft(..) | Verdict::NoCapacity(_) => {}
            Verdict::Limited(limited) => {
                one.counts[limited.limit as usize] = 1;
                let flows = limited.evidence.flows;
                one.busy = Sum::of(flows.map(|flows| flows.busy));
                one.window_limited = Sum::of(flows.map(|flows| flows.window_limited));
                one.core = Sum::of(limited.evidence.core.map(|core| core.busy));
            }
        }
        Some(one)
    }

    /// So many windows were limited so.
    #[cfg(test)]
    pub(crate) fn set(&mut self, limit: Limit, count: u32) {
        self.counts[limit as usize] = count;
    }

    /// Mean shares of the time with something to send, and with the receiver's window closed, and
    /// the busiest core.
    #[cfg(test)]
    pub(crate) fn set_means(&mut self, [busy, window_limited, core]: [f64; 3]) {
        self.busy = Sum::of(Some(busy));
        self.window_limited = Sum::of(Some(window_limited));
        self.core = Sum::of(Some(core));
    }

    fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
        self.busy.add(other.busy);
        self.window_limited.add(other.window_limited);
        self.core.add(other.core);
    }

    /// Share of the time that was limited so, 0..=1; 0 without any time.
    pub fn share(&self, limit: Limit) -> f64 {
        f64::from(self.counts[limit as usize]) / f64::from(self.windows.max(1))
    }

    /// Every limit that there was, by its code, with its share.
    pub fn shares(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let shares = Limit::ALL.map(|limit| (limit.code(), self.share(limit)));
        shares.into_iter().filter(|(_, share)| *share > 0.0)
    }

    /// What limited most of the time (60 %): the more telling of two names for one thing, a cap or a
    /// full core for a sender, else `Mixed`; `None` when for most of it nothing said what limits.
    pub fn verdict(&self) -> Option<Limit> {
        let share = |limit| self.share(limit);
        let most = Limit::ALL.into_iter().filter(|limit| *limit != Limit::Mixed);
        let (mut limit, mut most) =
            most.map(|limit| (limit, share(limit))).max_by(|a, b| a.1.total_cmp(&b.1))?;
        if matches!(limit, Limit::Sender | Limit::Cap | Limit::Core) {
            most = share(Limit::Sender) + share(Limit::Cap) + share(Limit::Core);
            let told =
                if share(Limit::Cap) >= share(Limit::Core) { Limit::Cap } else { Limit::Core };
            limit = if share(told) >= most / 2.0 { told } else { Limit::Sender };
        }
        let known: f64 = Limit::ALL.into_iter().map(share).sum();
        match () {
            () if most >= MOST => Some(limit),
            () if known >= MOST => Some(Limit::Mixed),
            () => None,
        }
    }

    /// Mean share of the time in which connections had something to send; `None` when not known.
    pub fn busy(&self) -> Option<f64> {
        self.busy.mean()
    }

    /// Mean share of the time in which the receiver's window was closed.
    pub fn window_limited(&self) -> Option<f64> {
        self.window_limited.mean()
    }

    /// Mean of the busiest core.
    pub fn core(&self) -> Option<f64> {
        self.core.mean()
    }
}

/// One or more windows that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: Duration,
    to: Duration,
    limits: Limits,
}

/// The verdicts of late, and since the running trial began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::session) struct Windows {
    kept: VecDeque<Stretch>,
    /// Where the latest window ended.
    latest: Duration,
}

impl Windows {
    /// A window that ends now is due, `length` after the one before.
    pub fn is_due(&self, at: Duration, length: Duration) -> bool {
        at.saturating_sub(self.latest) >= length
    }

    /// Takes the verdict of the window that ends at `at`; `growing`: a trial runs.
    pub fn take(&mut self, at: Duration, verdict: &Verdict, growing: bool) {
        let from = self.latest.max(at.saturating_sub(Duration::from_secs(1)));
        self.latest = at;
        if let Some(limits) = Limits::one(verdict) {
            self.kept.push_back(Stretch { from, to: at, limits });
        }
        if !growing {
            while self.kept.len() > RING {
                self.kept.pop_front();
            }
        } else if self.kept.len() > MOST_KEPT {
            self.thin();
        }
    }

    fn thin(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        let mut odd = false;
        for stretch in kept {
            odd = !odd;
            match self.kept.back_mut().filter(|_| !odd) {
                Some(last) => {
                    last.to = stretch.to;
                    last.limits.add(&stretch.limits);
                }
                None => self.kept.push_back(stretch),
            }
        }
    }

    /// What lies between two instants, and is kept with a trial; a little beside it, too.
    pub fn around(&self, from: Duration, to: Duration) -> Self {
        const BESIDE: Duration = Duration::from_secs(RING as u64);
        let (from, to) = (from.saturating_sub(BESIDE), to + BESIDE);
        let inside = |stretch: &&Stretch| stretch.to > from && stretch.from < to;
        let kept = self.kept.iter().filter(inside).copied().collect();
        let mut windows = Self { kept, latest: self.latest };
        while windows.kept.len() > MOST_LATER {
            windows.thin();
        }
        windows
    }

    /// Goes on where `earlier` ended: a stop was undone, and the trial ran on.
    pub fn resume(&mut self, earlier: Self) {
        let mut kept = earlier.kept;
        let end = kept.back().map_or(Duration::ZERO, |last| last.to);
        kept.extend(self.kept.iter().filter(|stretch| stretch.from >= end).copied());
        self.kept = kept;
    }

    /// The windows of which most lies between two instants.
    pub fn between(&self, from: Duration, to: Duration) -> Limits {
        let mut sum = Limits::default();
        for Stretch { from: begin, to: end, limits } in &self.kept {
            let middle = *begin + end.saturating_sub(*begin) / 2;
            if middle >= from && middle <= to {
                sum.add(limits);
            }
        }
        sum
    }
}
