//! A recorded session stream, and what must hold in every one.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use migtop::journal::Reader;
use migtop::model::{End, Event, GapReason, InterfaceId, Mark, Pair};

/// All events of a stream, in order.
#[derive(Debug)]
pub struct Stream(pub Vec<Event>);

impl Stream {
    /// Reads a `.jsonl.zst`, and checks what holds in every stream.
    pub fn read(path: &Path) -> Self {
        let stream = Self::so_far(path);
        assert!(matches!(stream.0.last(), Some(Event::End(_))), "no end");
        stream
    }

    /// The same of one that has not ended.
    pub fn so_far(path: &Path) -> Self {
        let mut reader = Reader::open(path, false).expect("a session");
        let events = std::iter::from_fn(|| reader.read().expect("a session stream"));
        let stream = Self(events.collect());
        stream.check();
        stream
    }

    /// `session` first; every `counters` line but the first directly behind a
    /// `sample` of the same instant; every mark directly behind a `counters` line of its instant;
    /// and the absolute values are what the ticks before them add up to.
    fn check(&self) {
        assert!(matches!(self.0.first(), Some(Event::Session(_))), "no header");
        let mut known: HashMap<InterfaceId, Pair<u64>> = HashMap::new();
        let mut first = true;
        for (n, event) in self.0.iter().enumerate() {
            match event {
                Event::Sample { at, delta, .. } => {
                    for added in delta {
                        let known = known.get_mut(&added.id);
                        let known =
                            known.unwrap_or_else(|| panic!("{at:?}: {added:?} unannounced"));
                        *known = *known + added.bytes;
                    }
                }
                Event::Counters { at, absolute, .. } => {
                    let before = &self.0[n - 1];
                    let sampled = matches!(before, Event::Sample { at: then, .. } if then == at);
                    assert!(std::mem::take(&mut first) || sampled, "{at:?} is behind {before:?}");
                    for read in absolute {
                        let added_up = known.insert(read.id, read.bytes);
                        let added_up = added_up.unwrap_or(read.bytes);
                        assert_eq!(added_up, read.bytes, "{at:?}: interface {}", read.id);
                    }
                }
                Event::Mark(mark) => {
                    let before = &self.0[n - 1];
                    let proved = matches!(before, Event::Counters { at, .. } if *at == mark.at);
                    assert!(proved, "{mark:?} is behind {before:?}");
                }
                Event::Gap { interfaces: Some(ids), .. } => {
                    for id in ids {
                        known.remove(id);
                    }
                }
                _ => {}
            }
        }
    }

    /// The last line.
    pub fn end(&self) -> End {
        match self.0.last() {
            Some(Event::End(end)) => *end,
            other => panic!("the last line is {other:?}"),
        }
    }

    /// The ids that `name` had, in order.
    pub fn ids(&self, name: &str) -> Vec<InterfaceId> {
        let mut ids = Vec::new();
        for event in &self.0 {
            let Event::Interfaces { interfaces, .. } = event else { continue };
            for interface in interfaces.iter().filter(|i| i.name == name) {
                if !ids.contains(&interface.id) {
                    ids.push(interface.id);
                }
            }
        }
        ids
    }

    /// The marks.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.0.iter().filter_map(|event| match event {
            Event::Mark(mark) => Some(mark),
            _ => None,
        })
    }

    /// Reasons of the gaps that `id` is in, or that are everyone's.
    pub fn gaps(&self, id: InterfaceId) -> Vec<GapReason> {
        let of = |event: &Event| match event {
            Event::Gap { interfaces, why, .. } => {
                interfaces.as_ref().is_none_or(|ids| ids.contains(&id)).then_some(*why)
            }
            _ => None,
        };
        self.0.iter().filter_map(of).collect()
    }

    /// The longest time between two ticks.
    pub fn longest_tick(&self) -> Duration {
        let ticks = self.ticks();
        let distances = ticks.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        distances.max().expect("two ticks")
    }

    /// When ticks were taken.
    pub fn ticks(&self) -> Vec<Duration> {
        let at = |event: &Event| match event {
            Event::Sample { at, .. } => Some(*at),
            _ => None,
        };
        self.0.iter().filter_map(at).collect()
    }

    /// Absolute values of `id`, each with its time.
    pub fn absolute(&self, id: InterfaceId) -> Vec<(Duration, Pair<u64>)> {
        let mut values = Vec::new();
        for event in &self.0 {
            if let Event::Counters { at, absolute, .. } = event {
                values.extend(absolute.iter().filter(|c| c.id == id).map(|c| (*at, c.bytes)));
            }
        }
        values
    }

    /// What ticks after `from` up to `to` have added to `id`.
    pub fn added(&self, id: InterfaceId, from: Duration, to: Duration) -> Pair<u64> {
        let mut sum = Pair::default();
        for event in &self.0 {
            if let Event::Sample { at, delta, .. } = event
                && *at > from
                && *at <= to
            {
                sum = delta.iter().filter(|d| d.id == id).fold(sum, |sum, d| sum + d.bytes);
            }
        }
        sum
    }

    /// The last value of `id` as far as the stream tells it: the last absolute one and what was
    /// added since.
    pub fn last(&self, id: InterfaceId) -> Pair<u64> {
        let (at, absolute) = *self.absolute(id).last().expect("the interface was counted");
        absolute + self.added(id, at, Duration::MAX)
    }

    /// Fails when a tick of any interface has more than `rate` bit/s explains, with room for a
    /// shaper's burst.
    pub fn check_no_spike(&self, rate: f64) {
        const BURST: f64 = 512e3;
        let mut last = Duration::ZERO;
        for event in &self.0 {
            if let Event::Sample { at, delta, .. } = event {
                let most = rate / 8.0 * at.saturating_sub(last).as_secs_f64() + BURST;
                for added in delta {
                    assert!(
                        (added.bytes.tx.max(added.bytes.rx) as f64) < most,
                        "{at:?}: {added:?}"
                    );
                }
                last = *at;
            }
        }
    }
}
