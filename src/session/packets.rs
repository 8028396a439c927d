//! What a capture has seen: who talks, and what share of the counted bytes that explains. Nothing here
//! is a throughput: that is the counters' to say.

use std::collections::VecDeque;
use std::time::Duration;

use super::interfaces::Interfaces;
use crate::model::{Captured, GapReason, InterfaceId, Pair, Seen, Talk};

/// Talks that are kept in all; those with least are added up beyond.
const MOST: usize = 512;
/// So many are kept then.
const KEPT: usize = 256;
/// Seconds whose counters are waited for.
const WAITING: usize = 8;
/// A capture that has told nothing for so long has ended.
const SILENT: Duration = Duration::from_secs(3);

/// A capture on one interface, as far as it has told.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// Where.
    pub interface: InterfaceId,
    /// When it began.
    pub from: Duration,
    /// The end of its latest second.
    pub at: Duration,
    /// What it saw in that second.
    pub latest: Seen,
    /// What it saw in all.
    pub whole: Seen,
    /// Talks of the latest second that are not told apart, at least.
    pub more: u64,
    /// Packets that found no room in the latest second.
    pub lost_latest: u64,
    /// The same in all.
    pub lost_packets: u64,
    talks: Vec<TalkState>,
    /// Seconds whose counters are not known yet.
    waiting: VecDeque<Second>,
    second: Option<Coverage>,
    all: Coverage,
    /// Up to here the counters' bytes are not known.
    broken: Option<Duration>,
    failed: bool,
}

/// One talk of a capture.
#[derive(Debug, Clone, PartialEq)]
pub struct TalkState {
    /// Who, and how much since the capture began: no less than this, for a talk that is not among the
    /// busiest of a second is not told then.
    pub facts: Talk,
    /// bit/s in the latest second.
    pub rates: Pair<f64>,
}

/// How much of what the counters counted was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coverage {
    /// Octets seen.
    pub seen: Pair<u64>,
    /// Octets counted over the same time, between ticks by their share of the time.
    pub counted: Pair<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Second {
    from: Duration,
    at: Duration,
    bytes: Pair<u64>,
}

impl Coverage {
    /// 1.0 is all; `None` where nothing was counted.
    pub fn shares(&self) -> Pair<Option<f64>> {
        let share = |seen: u64, counted: f64| (counted >= 1.0).then(|| seen as f64 / counted);
        Pair { rx: share(self.seen.rx, self.counted.rx), tx: share(self.seen.tx, self.counted.tx) }
    }

    /// That of the direction with more bytes.
    pub fn share(&self) -> Option<f64> {
        self.shares()[self.counted.busier()]
    }
}

impl Capture {
    fn begin(captured: &Captured) -> Self {
        Self {
            interface: captured.interface,
            from: captured.from,
            at: captured.from,
            latest: Seen::default(),
            whole: Seen::default(),
            more: 0,
            lost_latest: 0,
            lost_packets: 0,
            talks: Vec::new(),
            waiting: VecDeque::new(),
            second: None,
            all: Coverage::default(),
            broken: None,
            failed: false,
        }
    }

    /// The busiest of the latest second first, then all others by what they had in all.
    pub fn talks(&self) -> &[TalkState] {
        &self.talks
    }

    /// The coverage of the latest second; `None` while the counters of its end are not known, right
    /// behind a gap, and where they refresh about as seldom.
    pub fn coverage_of_second(&self) -> Option<Coverage> {
        self.second
    }

    /// The coverage of all seconds whose counters are known.
    pub fn coverage(&self) -> Coverage {
        self.all
    }

    /// Whether it still ran at `at`.
    pub fn runs(&self, at: Duration) -> bool {
        !self.failed && at.saturating_sub(self.at) < SILENT
    }

    /// Takes a second into the capture that it continues, else into a new one.
    pub(super) fn take(capture: &mut Option<Box<Self>>, captured: Captured) {
        let continued = capture.as_ref().is_some_and(|known| {
            known.interface == captured.interface && known.at == captured.from && !known.failed
        });
        if !continued {
            *capture = Some(Box::new(Self::begin(&captured)));
        }
        if let Some(capture) = capture {
            capture.add(captured);
        }
    }

    fn add(&mut self, captured: Captured) {
        let Captured { at, from, seen, lost_packets, talks, more, .. } = captured;
        self.at = at;
        self.latest = seen;
        self.whole = sum(self.whole, seen);
        self.more = more;
        self.lost_latest = lost_packets;
        self.lost_packets += lost_packets;
        self.second = None;
        self.waiting.push_back(Second { from, at, bytes: seen.bytes });
        if self.waiting.len() > WAITING {
            self.waiting.pop_front();
        }
        let seconds = at.saturating_sub(from).as_secs_f64();
        let mut now = Vec::with_capacity(talks.len() + self.talks.len());
        for talk in talks {
            let rates = talk.seen.bytes.map(|bytes| bytes as f64 * 8.0 / seconds.max(1e-9));
            let known = self.talks.iter().position(|known| is_same(&known.facts, &talk));
            let before = known.map(|at| self.talks.swap_remove(at).facts.seen);
            let seen = sum(talk.seen, before.unwrap_or_default());
            now.push(TalkState { facts: Talk { seen, ..talk }, rates });
        }
        let most = |talk: &TalkState| std::cmp::Reverse(octets(talk));
        self.talks.sort_by_key(most);
        for quiet in &mut self.talks {
            quiet.rates = Pair::default();
        }
        now.append(&mut self.talks);
        if now.len() > MOST {
            now.truncate(KEPT);
        }
        self.talks = now;
    }

    /// Counters restarted or are missing up to `at`.
    pub(super) fn take_gap(&mut self, at: Duration, whose: Option<&[InterfaceId]>, why: GapReason) {
        let tells_all = matches!(why, GapReason::Stalled | GapReason::Source);
        if !tells_all && whose.is_none_or(|ids| ids.contains(&self.interface)) {
            self.broken = Some(at);
        }
    }

    /// The source has failed: it has ended.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// Holds the seconds whose counters are known by now against them.
    pub(super) fn settle(&mut self, interfaces: &Interfaces) {
        while let Some(second) = self.waiting.front() {
            if interfaces.ticks.times.back().is_none_or(|last| *last < second.at) {
                return;
            }
            let counted = self.counted(interfaces, second);
            let Some(second) = self.waiting.pop_front() else { return };
            let coverage = counted.map(|counted| Coverage { seen: second.bytes, counted });
            if let Some(coverage) = coverage {
                self.all.seen = self.all.seen + coverage.seen;
                self.all.counted = self.all.counted + coverage.counted;
            }
            if second.at == self.at {
                let steady = interfaces
                    .refresh(self.interface)
                    .is_none_or(|cadence| cadence * 2 <= second.at.saturating_sub(second.from));
                self.second = coverage.filter(|_| steady);
            }
        }
    }

    fn counted(&self, interfaces: &Interfaces, second: &Second) -> Option<Pair<f64>> {
        if self.broken.is_some_and(|broken| broken > second.from) {
            return None;
        }
        let older = interfaces.carried_by(self.interface, second.from)?;
        let newer = interfaces.carried_by(self.interface, second.at)?;
        Some(Pair { rx: newer.rx - older.rx, tx: newer.tx - older.tx })
    }
}

fn octets(talk: &TalkState) -> u64 {
    talk.facts.seen.bytes.rx + talk.facts.seen.bytes.tx
}

fn sum(a: Seen, b: Seen) -> Seen {
    Seen { bytes: a.bytes + b.bytes, packets: a.packets + b.packets }
}

fn is_same(a: &Talk, b: &Talk) -> bool {
    (a.local_port, a.remote_port) == (b.local_port, b.remote_port)
        && (a.local, a.remote) == (b.local, b.remote)
        && a.protocol == b.protocol
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Rig, TICK, bond};
    use super::*;
    use crate::model::{Event, InterfaceId};

    const TICK_BYTES: u64 = 1_000_000;

    fn talk(remote: u8, bytes: u64) -> Talk {
        Talk {
            protocol: "tcp".into(),
            local: Some([10, 0, 0, 1].into()),
            local_port: Some(49_152),
            remote: Some([10, 0, 0, remote].into()),
            remote_port: Some(5201),
            seen: Seen {
                bytes: Pair { rx: 0, tx: bytes },
                packets: Pair { rx: 0, tx: bytes / 1000 },
            },
        }
    }

    /// A second that ended `late` before the tick of this number.
    fn second(interface: InterfaceId, tick: u32, late: Duration, talks: Vec<Talk>) -> Event {
        let at = (TICK * tick).saturating_sub(late);
        let seen = talks.iter().fold(Seen::default(), |all, talk| sum(all, talk.seen));
        let from = at.saturating_sub(Duration::from_secs(1));
        Event::Packets(Captured { at, from, interface, seen, lost_packets: 7, talks, more: 2 })
    }

    #[test]
    fn the_coverage_is_known_when_the_counters_of_the_seconds_end_are() {
        let mut rig = Rig::new(bond());
        rig.run(19, &[(1, TICK_BYTES)]);
        // It ended in the middle between tick 19 and tick 20.
        rig.session.apply(second(1, 20, TICK / 2, vec![talk(2, 10 * TICK_BYTES)]));
        let capture = rig.session.capture().expect("one runs");
        assert_eq!(capture.coverage_of_second(), None, "tick 20 is to come");
        assert_eq!(capture.coverage().share(), None);
        // Half of this tick is that second's: 9.5 + 0.5 * 3.
        rig.tick(&[(1, 3 * TICK_BYTES)]);
        let capture = rig.session.capture().expect("one runs");
        let coverage = capture.coverage_of_second().expect("known now");
        assert!((coverage.counted.tx - 11.0e6).abs() < 1.0, "{coverage:?}");
        assert!((coverage.share().expect("counted") - 10.0 / 11.0).abs() < 1e-6);
        assert_eq!(coverage.shares().rx, None, "nothing was received");
        assert_eq!(capture.lost_packets, 7);
    }

    #[test]
    fn talks_have_the_rates_of_the_latest_second_and_the_bytes_of_all() {
        let mut rig = Rig::new(bond());
        rig.run(20, &[(1, TICK_BYTES)]);
        rig.session.apply(second(1, 20, Duration::ZERO, vec![talk(2, 6_000), talk(3, 4_000)]));
        rig.run(10, &[(1, TICK_BYTES)]);
        rig.session.apply(second(1, 30, Duration::ZERO, vec![talk(3, 5_000)]));
        let capture = rig.session.capture().expect("one runs");
        let of =
            |at: usize| (capture.talks()[at].facts.seen.bytes.tx, capture.talks()[at].rates.tx);
        assert_eq!(capture.talks().len(), 2);
        assert_eq!(of(0), (9_000, 40_000.0));
        assert_eq!(of(1), (6_000, 0.0));
        assert_eq!((capture.whole.bytes.tx, capture.more), (15_000, 2));
        assert!(capture.runs(rig.session.at()) && !capture.runs(TICK * 70));
    }

    #[test]
    fn a_pause_or_another_interface_begins_a_new_capture_and_a_failure_ends_it() {
        let mut rig = Rig::new(bond());
        rig.run(40, &[(1, TICK_BYTES)]);
        rig.session.apply(second(1, 20, Duration::ZERO, vec![talk(2, 1_000)]));
        rig.session.apply(second(1, 40, Duration::ZERO, vec![talk(2, 1_000)]));
        assert_eq!(rig.session.capture().expect("one").whole.bytes.tx, 1_000, "a pause");
        rig.session.apply(second(2, 50, Duration::ZERO, vec![talk(2, 1_000)]));
        assert_eq!(rig.session.capture().expect("one").interface, 2);
        let (at, source, why) = (TICK * 50, "packets".into(), "gone".into());
        rig.session.apply(Event::SourceFailed { at, source, why });
        assert!(!rig.session.capture().expect("still shown").runs(rig.session.at()));
        rig.tick(&[(1, TICK_BYTES)]);
        assert!(rig.session.interface(1).is_some_and(|i| i.busy_at().is_some()), "rates go on");
    }

    #[test]
    fn the_talks_of_a_long_capture_are_bounded() {
        let mut rig = Rig::new(bond());
        for n in 1..=60_u32 {
            let talks = (0..50).map(|port| {
                let remote_port = Some((n * 50 + port) as u16);
                Talk { remote_port, ..talk(2, 1_000) }
            });
            rig.session.apply(second(1, 10 * n, Duration::ZERO, talks.collect()));
        }
        let capture = rig.session.capture().expect("one runs");
        assert!(capture.talks().len() <= MOST, "{}", capture.talks().len());
        assert_eq!(capture.whole.bytes.tx, 3_000_000, "the sum has all");
    }

    #[test]
    fn a_second_whose_counters_restarted_has_no_coverage() {
        let mut rig = Rig::new(bond());
        rig.run(25, &[(1, TICK_BYTES)]);
        rig.session.apply(second(1, 25, Duration::ZERO, vec![talk(2, 10 * TICK_BYTES)]));
        let known = rig.session.capture().expect("one").coverage();
        assert!(known.share().is_some());
        rig.run(30, &[(1, TICK_BYTES)]);
        let of = |capture: &Capture| (capture.coverage_of_second(), capture.coverage());
        rig.session.apply(second(1, 35, Duration::ZERO, vec![talk(2, 10 * TICK_BYTES)]));
        let (second_of, before) = of(rig.session.capture().expect("one"));
        assert!(second_of.is_some());
        let (at, from) = (TICK * 40, TICK * 39);
        let interfaces = Some(vec![1]);
        rig.session.apply(Event::Gap { at, from, interfaces, why: GapReason::Reset });
        rig.session.apply(second(1, 45, Duration::ZERO, vec![talk(2, 10 * TICK_BYTES)]));
        assert_eq!(of(rig.session.capture().expect("one")), (None, before));
        rig.session.apply(second(1, 55, Duration::ZERO, vec![talk(2, 10 * TICK_BYTES)]));
        assert!(of(rig.session.capture().expect("one")).0.is_some());
    }
}
