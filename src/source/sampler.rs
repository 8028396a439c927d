//! From readings to events: differences per interface, gaps where there is none, absolute values
//! that prove them.
//!
//! Pure: the clock and the kernel stand in [`super::schedule`] and in the sources.

use std::time::Duration;

use super::Counters;
use crate::measure::counter::{Reading, Step, step};
use crate::model::{
    Counts, Direction, Event, Faults, GapReason, Interface, InterfaceId, Mark, Pair,
};

/// Absolute values are repeated at least this often.
const PROOF_EVERY: Duration = Duration::from_secs(10);
/// A distance of two readings beyond this, and beyond three intervals, is a gap of its own.
const STALL: Duration = Duration::from_secs(1);

/// When a reading was taken and how long it took.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// End of the read, since session start.
    pub at: Duration,
    /// Its length: the uncertainty of `at`.
    pub read: Duration,
    /// How long the machine has slept since the reading before.
    pub slept: Duration,
}

/// What was last read of one interface.
#[derive(Debug)]
struct Tracked {
    index: u32,
    id: InterfaceId,
    attainable: Option<f64>,
    last: Option<(Duration, Counters)>,
}

/// Turns readings into `sample`, `counters`, `gap` and `mark` events.
#[derive(Debug)]
pub struct Sampler {
    interval: Duration,
    /// In order of index, as the kernel's dump comes.
    tracked: Vec<Tracked>,
    last_at: Option<Duration>,
    proved_at: Duration,
    /// The source could not be read since `last_at`.
    failed: bool,
    /// Absolute values are wanted with the next reading.
    asked: bool,
}

impl Sampler {
    /// A sampler for readings `interval` apart.
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            tracked: Vec::new(),
            last_at: None,
            proved_at: Duration::ZERO,
            failed: false,
            asked: false,
        }
    }

    /// Takes the interfaces to watch; what was read of those that stay is kept.
    pub fn watch(&mut self, interfaces: &[Interface]) {
        let mut old = std::mem::take(&mut self.tracked);
        self.tracked = interfaces
            .iter()
            .map(|interface| Tracked {
                index: interface.index,
                id: interface.id,
                attainable: interface.attainable(),
                last: old.iter_mut().find(|t| t.id == interface.id).and_then(|t| t.last.take()),
            })
            .collect();
        self.tracked.sort_by_key(|t| t.index);
    }

    /// A reading failed: the time up to the next one is a gap.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// The next reading is told with absolute values.
    pub fn prove(&mut self) {
        self.asked = true;
    }

    /// Takes one reading, with the mark it was taken for; appends its events in stream order: gaps,
    /// `sample`, `counters` where due, the mark, all at one instant.
    pub fn take(
        &mut self,
        stamp: Stamp,
        reading: &[Counters],
        mark: Option<Mark>,
        out: &mut Vec<Event>,
    ) {
        let Stamp { at, read, .. } = stamp;
        let mut prove = std::mem::take(&mut self.asked);
        prove |= self.last_at.is_none() || mark.is_some();
        prove |= at.saturating_sub(self.proved_at) >= PROOF_EVERY;
        if let Some(gap) = self.whole_gap(stamp) {
            out.push(gap);
            prove = true;
        }
        let mut delta = Vec::new();
        let mut faults = Vec::new();
        let (mut reset, mut appeared, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        let mut expected = 0;
        for counters in reading {
            let Some(place) = place(&self.tracked, counters.index, expected) else { continue };
            expected = place + 1;
            let tracked = &mut self.tracked[place];
            // An interrupted dump can have an interface twice.
            if tracked.last.is_some_and(|(then, _)| then == at) {
                continue;
            }
            match tracked.last.replace((at, *counters)) {
                None => appeared.push(tracked.id),
                Some((then, older)) => {
                    // Bytes of more than this tick: counted, and no rate.
                    if Some(then) != self.last_at {
                        unread.push(tracked.id);
                    }
                    match difference(&older, counters, at.saturating_sub(then), tracked.attainable)
                    {
                        None => reset.push(tracked.id),
                        Some((bytes, packets)) if older.bytes != counters.bytes => {
                            // A wrap is proven by the absolute values beside it.
                            prove |= went_back(&older, counters);
                            delta.push(Counts { id: tracked.id, bytes, packets });
                        }
                        Some(_) => {}
                    }
                    if (older.errors, older.dropped) != (counters.errors, counters.dropped) {
                        faults.push(faults_of(tracked.id, counters));
                    }
                }
            }
        }
        if let Some(from) = self.last_at {
            for (interfaces, why) in [
                (reset, GapReason::Reset),
                (unread, GapReason::Source),
                (appeared, GapReason::Appeared),
            ] {
                if !interfaces.is_empty() {
                    prove = true;
                    out.push(Event::Gap { at, from, interfaces: Some(interfaces), why });
                }
            }
            out.push(Event::Sample { at, read, delta, faults });
        }
        if prove {
            out.push(self.proof(at, read));
        }
        if let Some(mark) = mark {
            out.push(Event::Mark(Mark { at, ..mark }));
        }
        self.last_at = Some(at);
    }

    /// The gap of everyone since the last reading, if that is what it is.
    fn whole_gap(&mut self, stamp: Stamp) -> Option<Event> {
        let failed = std::mem::take(&mut self.failed);
        let from = self.last_at?;
        let why = if failed {
            GapReason::Source
        } else if stamp.slept >= STALL {
            GapReason::Suspended
        } else if stamp.at.saturating_sub(from) > STALL.max(self.interval * 3) {
            GapReason::Stalled
        } else {
            return None;
        };
        Some(Event::Gap { at: stamp.at, from, interfaces: None, why })
    }

    /// The absolute values as they were just read.
    fn proof(&mut self, at: Duration, read: Duration) -> Event {
        self.proved_at = at;
        let current = || {
            self.tracked.iter().filter_map(|t| match t.last {
                Some((read_at, counters)) if read_at == at => Some((t.id, counters)),
                _ => None,
            })
        };
        let absolute = current().map(|(id, c)| Counts { id, bytes: c.bytes, packets: c.packets });
        let faults = current()
            .map(|(id, c)| faults_of(id, &c))
            .filter(|f| (f.errors, f.dropped) != Default::default());
        Event::Counters { at, read, absolute: absolute.collect(), faults: faults.collect() }
    }
}

/// Where `index` stands: at `expected`, for readings come in order, or wherever it is.
fn place(tracked: &[Tracked], index: u32, expected: usize) -> Option<usize> {
    match tracked.get(expected) {
        Some(t) if t.index == index => Some(expected),
        _ => tracked.binary_search_by_key(&index, |t| t.index).ok(),
    }
}

/// Bytes and packets added, both directions; `None` when either counter restarted.
fn difference(
    older: &Counters,
    newer: &Counters,
    elapsed: Duration,
    attainable: Option<f64>,
) -> Option<(Pair<u64>, Pair<u64>)> {
    let of = |counters: &Counters, direction| Reading {
        bytes: counters.bytes[direction],
        packets: counters.packets[direction],
    };
    let advance =
        |direction| match step(of(older, direction), of(newer, direction), elapsed, attainable) {
            Step::Advanced(added) => Some(added),
            Step::Reset => None,
        };
    let (rx, tx) = (advance(Direction::Rx)?, advance(Direction::Tx)?);
    Some((Pair { rx: rx.bytes, tx: tx.bytes }, Pair { rx: rx.packets, tx: tx.packets }))
}

/// Whether a counter has a smaller value than before.
fn went_back(older: &Counters, newer: &Counters) -> bool {
    let back = |older: Pair<u64>, newer: Pair<u64>| newer.rx < older.rx || newer.tx < older.tx;
    back(older.bytes, newer.bytes) || back(older.packets, newer.packets)
}

fn faults_of(id: InterfaceId, counters: &Counters) -> Faults {
    Faults { id, errors: counters.errors, dropped: counters.dropped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, MarkBy, MarkKind};

    const TICK: Duration = Duration::from_millis(100);

    fn interface(id: u32) -> Interface {
        Interface {
            index: id + 1,
            mtu: Some(1500),
            speed_bits_per_s: Some(10_000_000_000),
            ..Interface::new(id, "eth", Kind::Ethernet)
        }
    }

    fn counters(id: u32, tx: u64) -> Counters {
        Counters {
            index: id + 1,
            bytes: Pair { rx: 0, tx },
            packets: Pair { rx: 0, tx: tx / 1000 },
            ..Counters::default()
        }
    }

    fn stamp(ticks: u32) -> Stamp {
        Stamp { at: TICK * ticks, read: Duration::from_micros(40), slept: Duration::ZERO }
    }

    fn take(sampler: &mut Sampler, ticks: u32, reading: &[Counters]) -> Vec<Event> {
        let mut out = Vec::new();
        sampler.take(stamp(ticks), reading, None, &mut out);
        out
    }

    fn watching(ids: &[u32]) -> Sampler {
        let mut sampler = Sampler::new(TICK);
        sampler.watch(&ids.iter().map(|id| interface(*id)).collect::<Vec<_>>());
        sampler
    }

    #[test]
    fn the_first_reading_is_absolute_and_gives_no_difference() {
        let mut sampler = watching(&[1]);
        let events = take(&mut sampler, 0, &[counters(1, 7_000)]);
        assert!(
            matches!(&events[..], [Event::Counters { absolute, .. }] if absolute[0].bytes.tx == 7_000)
        );
    }

    #[test]
    fn a_sample_has_only_what_changed_and_is_written_even_when_empty() {
        let mut sampler = watching(&[1, 2]);
        take(&mut sampler, 0, &[counters(1, 7_000), counters(2, 5)]);
        let events = take(&mut sampler, 1, &[counters(1, 9_000), counters(2, 5)]);
        let [Event::Sample { delta, .. }] = &events[..] else { panic!("{events:?}") };
        assert_eq!(delta.iter().map(|d| (d.id, d.bytes.tx)).collect::<Vec<_>>(), [(1, 2_000)]);
        let events = take(&mut sampler, 2, &[counters(1, 9_000), counters(2, 5)]);
        assert!(matches!(&events[..], [Event::Sample { delta, .. }] if delta.is_empty()));
    }

    #[test]
    fn a_reset_is_a_gap_and_is_followed_by_absolute_values() {
        let mut sampler = watching(&[1, 2]);
        take(&mut sampler, 0, &[counters(1, 7_000_000), counters(2, 5)]);
        let events = take(&mut sampler, 1, &[counters(1, 100), counters(2, 1_005)]);
        let [
            Event::Gap { interfaces, why, from, .. },
            Event::Sample { delta, .. },
            Event::Counters { .. },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!(
            (interfaces.as_deref(), *why, *from),
            (Some(&[1][..]), GapReason::Reset, Duration::ZERO)
        );
        assert_eq!(delta.iter().map(|d| d.id).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_new_interface_is_a_gap_and_never_its_whole_history() {
        let mut sampler = watching(&[1]);
        take(&mut sampler, 0, &[counters(1, 0)]);
        sampler.watch(&[interface(1), interface(2)]);
        let events = take(&mut sampler, 1, &[counters(1, 1_000), counters(2, u64::MAX / 2)]);
        assert!(matches!(&events[0], Event::Gap { why: GapReason::Appeared, .. }));
        assert!(matches!(&events[1], Event::Sample { delta, .. } if delta.len() == 1));
    }

    #[test]
    fn what_was_added_while_an_interface_could_not_be_read_is_counted_and_is_no_spike() {
        let mut sampler = watching(&[1, 2]);
        take(&mut sampler, 0, &[counters(1, 0), counters(2, 0)]);
        take(&mut sampler, 1, &[counters(1, 1_000)]);
        let events = take(&mut sampler, 2, &[counters(1, 2_000), counters(2, 2_000)]);
        let [
            Event::Gap { interfaces, why, .. },
            Event::Sample { delta, .. },
            Event::Counters { .. },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((interfaces.as_deref(), *why), (Some(&[2][..]), GapReason::Source));
        assert_eq!(delta.iter().map(|d| d.bytes.tx).collect::<Vec<_>>(), [1_000, 2_000]);
    }

    #[test]
    fn a_mark_stands_behind_its_own_sample_and_counters_at_one_instant() {
        let mut sampler = watching(&[1]);
        take(&mut sampler, 0, &[counters(1, 0)]);
        let mark = Mark { trial: Some(1), ..Mark::new(MarkKind::Start, MarkBy::Key) };
        let mut events = Vec::new();
        sampler.take(stamp(1), &[counters(1, 1_500)], Some(mark), &mut events);
        let [
            Event::Sample { at: sampled, .. },
            Event::Counters { at: proved, absolute, .. },
            Event::Mark(mark),
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((sampled, proved), (&mark.at, &mark.at));
        assert_eq!(absolute[0].bytes.tx, 1_500);
    }

    #[test]
    fn a_wrap_is_a_difference_with_absolute_values_beside_it() {
        let mut sampler = watching(&[1]);
        let read =
            |tx, packets| Counters { packets: Pair { rx: 0, tx: packets }, ..counters(1, tx) };
        take(&mut sampler, 0, &[read(u64::from(u32::MAX) - 999, 0)]);
        let events = take(&mut sampler, 1, &[read(1_000_000, 700)]);
        let [Event::Sample { delta, .. }, Event::Counters { absolute, .. }] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((delta[0].bytes.tx, absolute[0].bytes.tx), (1_001_000, 1_000_000));
    }

    #[test]
    fn absolute_values_come_every_ten_seconds() {
        let mut sampler = watching(&[1]);
        let proofs = (0..=250)
            .flat_map(|i| take(&mut sampler, i, &[counters(1, 0)]))
            .filter(|e| matches!(e, Event::Counters { .. }));
        assert_eq!(proofs.count(), 3, "at 0, 10 and 20 s");
    }

    #[test]
    fn the_time_of_a_failing_source_is_a_gap_up_to_the_next_reading() {
        let mut sampler = watching(&[1]);
        take(&mut sampler, 0, &[counters(1, 0)]);
        sampler.fail();
        let events = take(&mut sampler, 2, &[counters(1, 2_000)]);
        let [Event::Gap { from, why, .. }, Event::Sample { .. }, Event::Counters { .. }] =
            &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((*from, *why), (Duration::ZERO, GapReason::Source));
    }

    #[test]
    fn a_stall_and_a_sleep_are_gaps() {
        let mut sampler = watching(&[1]);
        take(&mut sampler, 0, &[counters(1, 0)]);
        let events = take(&mut sampler, 15, &[counters(1, 9_000)]);
        assert!(matches!(events[0], Event::Gap { why: GapReason::Stalled, interfaces: None, .. }));
        assert!(matches!(&events[1], Event::Sample { delta, .. } if delta[0].bytes.tx == 9_000));
        let mut events = Vec::new();
        let asleep = Stamp { slept: Duration::from_secs(3_600), ..stamp(16) };
        sampler.take(asleep, &[counters(1, 9_000)], None, &mut events);
        assert!(matches!(events[0], Event::Gap { why: GapReason::Suspended, .. }));
    }
}
