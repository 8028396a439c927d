//! The host's load over the session: the latest look, and how busy the busiest core was.
//!
//! One core is enough to limit a migration: a stream's sender, or the softirq work of one NIC queue,
//! runs on one at a time, while the mean of all cores looks idle.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::HostLoad;

/// A core this busy has no room: a look is known to one in a hundred.
pub const CORE_FULL: f64 = 0.95;
/// So many looks are kept one by one; of more, neighbours are joined.
const KEPT: usize = 4_096;
/// A share is told where at least this part of its time was looked at.
const LEAST_KNOWN: f64 = 0.5;

/// The core that had most to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BusyCore {
    /// Its place in [`HostLoad::busy_permille`].
    pub core: usize,
    /// How busy it was, 0 to 1.
    pub busy: f64,
    /// The part of its time in soft interrupts, where that can be told.
    pub softirq: Option<f64>,
}

/// The busiest core between two looks; of very old looks, of several of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoreSpan {
    /// Where it begins.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
    /// How busy the busiest core was, 0 to 1; the mean of joined looks.
    pub busy: f64,
    /// The part of its time in soft interrupts; `None` where that cannot be told.
    pub softirq: Option<f64>,
    /// For how long of it that core was [`CORE_FULL`].
    pub full: Duration,
}

/// What was seen of the host.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct HostWatch {
    latest: Option<HostLoad>,
    spans: VecDeque<CoreSpan>,
    /// So many looks are joined to one span.
    joined: u32,
    /// Looks in the newest span.
    looks: u32,
}

impl HostWatch {
    pub fn take(&mut self, load: HostLoad) {
        if let Some(core) = busiest(&load)
            && !load.over.is_zero()
        {
            let full = if core.busy >= CORE_FULL { load.over } else { Duration::ZERO };
            self.push(CoreSpan {
                from: load.at.saturating_sub(load.over),
                to: load.at,
                busy: core.busy,
                softirq: core.softirq,
                full,
            });
        }
        self.latest = Some(load);
    }

    fn push(&mut self, span: CoreSpan) {
        match self.spans.back_mut() {
            Some(last) if self.looks < self.joined => {
                *last = last.with(&span);
                self.looks += 1;
            }
            _ => {
                self.spans.push_back(span);
                self.looks = 1;
            }
        }
        if self.spans.len() == KEPT {
            let spans = std::mem::take(&mut self.spans);
            let mut spans = spans.into_iter();
            while let Some(span) = spans.next() {
                self.spans.push_back(spans.next().map_or(span, |next| span.with(&next)));
            }
            self.joined = self.joined.max(1) * 2;
            self.looks = self.joined;
        }
    }
}

impl CoreSpan {
    fn length(&self) -> f64 {
        self.to.saturating_sub(self.from).as_secs_f64()
    }

    /// Both as one.
    fn with(&self, next: &Self) -> Self {
        let (own, its) = (self.length(), next.length());
        let mean = |a: f64, b: f64| (a * own + b * its) / (own + its);
        Self {
            from: self.from,
            to: next.to,
            busy: mean(self.busy, next.busy),
            softirq: self.softirq.zip(next.softirq).map(|(a, b)| mean(a, b)),
            full: self.full + next.full,
        }
    }

    /// The part of it between `from` and `to`, 0 to 1.
    fn part(&self, from: Duration, to: Duration) -> f64 {
        let common = self.to.min(to).saturating_sub(self.from.max(from));
        if self.length() > 0.0 { common.as_secs_f64() / self.length() } else { 0.0 }
    }
}

/// The busiest core of a look.
fn busiest(load: &HostLoad) -> Option<BusyCore> {
    let share = |permille: u16| f64::from(permille) / 1_000.0;
    let most = load.busy_permille.iter().max()?;
    let core = load.busy_permille.iter().position(|busy| busy == most)?;
    let softirq = load.softirq_permille.get(core).map(|permille| share(*permille));
    Some(BusyCore { core, busy: share(*most), softirq })
}

impl super::Session {
    /// The latest look at the host's cores and memory; `None` before the first, and where there is
    /// none.
    pub fn host(&self) -> Option<&HostLoad> {
        self.host.latest.as_ref()
    }

    /// The core that had most to do at the latest look.
    pub fn busiest_core(&self) -> Option<BusyCore> {
        busiest(self.host()?)
    }

    /// The busiest core's load over the session, oldest first: about one a second, at most 4096;
    /// in longer sessions several seconds are one. It may be another core each time.
    pub fn core_history(&self) -> impl DoubleEndedIterator<Item = &CoreSpan> + ExactSizeIterator {
        self.host.spans.iter()
    }

    /// The share of the time from `from` to `to` in which the busiest core was at least 95 % busy;
    /// `None` where less than half of it was looked at.
    pub fn core_full_share(&self, from: Duration, to: Duration) -> Option<f64> {
        let whole = to.checked_sub(from).filter(|whole| !whole.is_zero())?.as_secs_f64();
        let first = self.host.spans.partition_point(|span| span.to <= from);
        let (mut known, mut full) = (0.0, 0.0);
        for span in self.host.spans.range(first..).take_while(|span| span.from < to) {
            let part = span.part(from, to);
            known += part * span.length();
            full += part * span.full.as_secs_f64();
        }
        (known >= whole * LEAST_KNOWN).then(|| full / known)
    }

    /// Mean load of the busiest core from `from` to `to`, 0 to 1, and its part in soft interrupts;
    /// `None` where nothing of it was looked at.
    pub fn core_mean(&self, from: Duration, to: Duration) -> Option<(f64, Option<f64>)> {
        let first = self.host.spans.partition_point(|span| span.to <= from);
        let (mut known, mut busy, mut softirq) = (0.0, 0.0, Some(0.0));
        for span in self.host.spans.range(first..).take_while(|span| span.from < to) {
            let length = span.part(from, to) * span.length();
            known += length;
            busy += length * span.busy;
            softirq = softirq.zip(span.softirq).map(|(sum, share)| sum + length * share);
        }
        (known > 0.0).then(|| (busy / known, softirq.map(|sum| sum / known)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Session;
    use super::*;
    use crate::model::Event;

    fn look(second: u32, busy: &[u16]) -> Event {
        Event::Host(HostLoad {
            at: Duration::from_secs(second.into()),
            over: Duration::from_secs(1),
            busy_permille: busy.to_vec(),
            softirq_permille: busy.iter().map(|busy| busy / 2).collect(),
            ..HostLoad::default()
        })
    }

    fn seconds(n: u32) -> Duration {
        Duration::from_secs(n.into())
    }

    #[test]
    fn the_busiest_core_counts_whichever_it_is() {
        let mut session = Session::default();
        assert_eq!((session.host(), session.busiest_core()), (None, None));
        for (second, busy) in [(1, [1_000, 0]), (2, [0, 960]), (3, [500, 400]), (4, [949, 0])] {
            session.apply(look(second, &busy));
        }
        let core = BusyCore { core: 0, busy: 0.949, softirq: Some(0.474) };
        assert_eq!(session.busiest_core(), Some(core));
        assert_eq!(session.core_full_share(seconds(0), seconds(4)), Some(0.5));
        assert_eq!(session.core_full_share(seconds(0), seconds(2)), Some(1.0));
        assert_eq!(session.core_full_share(seconds(2), seconds(4)), Some(0.0));
        let half =
            session.core_full_share(Duration::from_millis(1_500), Duration::from_millis(2_500));
        assert_eq!(half, Some(0.5), "of looks that it cuts, the part");
        let (busy, softirq) = session.core_mean(seconds(0), seconds(2)).expect("looked at");
        assert!((busy - 0.98).abs() < 1e-9 && (softirq.expect("known") - 0.49).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_looked_at_has_no_share() {
        let mut session = Session::default();
        session.apply(look(1, &[1_000]));
        assert_eq!(session.core_full_share(seconds(0), seconds(3)), None, "a third of it");
        assert_eq!(session.core_full_share(seconds(0), seconds(2)), Some(1.0));
        assert_eq!(session.core_full_share(seconds(2), seconds(1)), None);
        assert_eq!(session.core_mean(seconds(5), seconds(9)), None);
        session.apply(look(2, &[]));
        assert_eq!(session.busiest_core(), None, "a host that tells of no core");
    }

    #[test]
    fn long_sessions_keep_every_share_in_bounded_room() {
        let mut session = Session::default();
        for second in 1..=20_000 {
            // Full in the second half of every hundred seconds.
            let busy = if second % 100 < 50 { 0 } else { 1_000 };
            session.apply(look(second, &[busy]));
        }
        assert!(session.core_history().len() <= KEPT);
        for (from, to) in [(0, 20_000), (0, 1_000), (12_000, 13_000)] {
            let share = session.core_full_share(seconds(from), seconds(to)).expect("looked at");
            assert!((share - 0.5).abs() < 0.01, "{share}");
        }
    }
}
