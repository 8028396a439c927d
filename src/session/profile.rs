//! A trial's profile: what each of its links had carried at every tick, from shortly before the
//! trial to shortly after it. What a trial shows between edges that were moved is computed here, and
//! where its traffic began and ended.

use std::time::Duration;

use super::course::{Course, Sample};
use super::interfaces::Interfaces;
use super::members::{MemberBytes, add_member};
use crate::measure::meter::Meter;
use crate::model::{Direction, InterfaceId, Pair};

/// Ticks kept with a trial that has ended.
const MOST: usize = 16_384;

/// The quietest moment is this long, that a single sample without traffic is none.
const MOMENT: Duration = Duration::from_millis(500);

/// A link's part.
#[derive(Debug, Clone, PartialEq)]
struct Link {
    id: InterfaceId,
    name: String,
    /// At every tick; empty when it never moved.
    totals: Vec<Pair<u64>>,
    cadence: Option<Duration>,
    since: Option<Duration>,
    until: Option<Duration>,
}

/// The links of a trial's subject over its time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Profile {
    interval: Duration,
    times: Vec<Duration>,
    links: Vec<Link>,
    gaps: Vec<(Duration, Option<InterfaceId>)>,
    marks: Vec<Duration>,
}

/// A stretch of ticks, by number: from the first one's instant to the last one's.
pub(super) type Stretch = (usize, usize);

impl Interfaces {
    /// The profile of `ids` over all ticks that are kept now.
    pub fn profile(&self, ids: &[InterfaceId], interval: Duration) -> Profile {
        let times = &self.ticks.times;
        let link = |id: &InterfaceId| {
            let state = self.get(*id)?;
            let gone = self.ticks.gone.iter().find(|gone| gone.id == *id);
            let (trail, cadence) = match (&state.activity, gone) {
                (Some(activity), _) => (Some(&activity.trail), activity.meter.cadence()),
                (None, Some(gone)) => (Some(&gone.trail), gone.cadence),
                (None, None) => (None, None),
            };
            Some(Link {
                id: *id,
                name: state.facts.name.clone(),
                totals: trail.map_or_else(Vec::new, |trail| trail.at(times.iter().copied())),
                cadence,
                since: state.since,
                until: state.until,
            })
        };
        Profile {
            interval,
            times: times.iter().copied().collect(),
            links: ids.iter().filter_map(link).collect(),
            gaps: self.ticks.gaps.iter().copied().collect(),
            marks: self.ticks.marks.clone(),
        }
    }
}

impl Link {
    fn added(&self, (from, to): Stretch) -> Pair<u64> {
        match (self.totals.get(from), self.totals.get(to)) {
            (Some(older), Some(newer)) => Pair { rx: newer.rx - older.rx, tx: newer.tx - older.tx },
            _ => Pair::default(),
        }
    }

    fn is_there(&self, at: Duration) -> bool {
        self.since.is_some_and(|since| since <= at) && self.until.is_none_or(|until| until > at)
    }

    /// It was there at some time of it.
    fn is_part_of(&self, from: Duration, to: Duration) -> bool {
        self.since.is_some_and(|since| since < to) && self.until.is_none_or(|until| until > from)
    }
}

impl Profile {
    /// Number of the tick nearest to `at`; `None` when there is no tick.
    pub fn nearest(&self, at: Duration) -> Option<usize> {
        let after = self.times.partition_point(|time| *time < at).min(self.times.len().max(1) - 1);
        let before = after.saturating_sub(1);
        let distance = |i: usize| Some(self.times.get(i)?.abs_diff(at));
        let nearest = if distance(before)? <= distance(after)? { before } else { after };
        Some(nearest)
    }

    /// The ticks nearest to two instants.
    pub fn stretch(&self, from: Duration, to: Duration) -> Option<Stretch> {
        Some((self.nearest(from)?, self.nearest(to)?))
    }

    /// The time of a tick.
    pub fn time(&self, tick: usize) -> Option<Duration> {
        self.times.get(tick).copied()
    }

    /// The time it covers.
    pub fn span(&self) -> Option<(Duration, Duration)> {
        Some((*self.times.first()?, *self.times.last()?))
    }

    /// What each member carried; of links it knows no more.
    pub fn members(&self, stretch: Stretch) -> Vec<MemberBytes> {
        let mut members = Vec::new();
        for link in &self.links {
            add_member(&mut members, &link.name, link.added(stretch), true);
        }
        members
    }

    /// Gaps of the links inside it: what was not there from its begin to its end has one, too.
    pub fn gaps(&self, (from, to): Stretch) -> u64 {
        let (Some(from), Some(to)) = (self.time(from), self.time(to)) else { return 0 };
        let inside = self.gaps.iter().filter(|(at, _)| (*at > from) && (*at <= to));
        let gaps = |link: &Link| {
            let own = |(_, whose): &&(Duration, Option<InterfaceId>)| {
                whose.is_none_or(|id| id == link.id)
            };
            let missing = u64::from(!link.is_there(from)) + u64::from(!link.is_there(to));
            inside.clone().filter(own).count() as u64 + missing
        };
        self.links.iter().filter(|link| link.is_part_of(from, to)).map(gaps).sum()
    }

    /// Mean rate before `to`, no further back than `from`, bit/s; `None` when nothing was measured.
    pub fn mean(&self, direction: Direction, from: Duration, to: Duration) -> Option<f64> {
        let (first, last) = (self.times.partition_point(|at| *at < from), self.nearest(to)?);
        let (from, to) = (self.time(first)?, self.time(last)?);
        (from < to).then(|| {
            let bytes: u64 = self.links.iter().map(|l| l.added((first, last))[direction]).sum();
            bytes as f64 * 8.0 / to.saturating_sub(from).as_secs_f64()
        })
    }

    /// The lowest mean over any moment of it, bit/s; 0 when it is shorter than one.
    pub fn quietest(&self, direction: Direction, (first, last): Stretch) -> f64 {
        // A late counter stands still between its refreshes.
        let late = self.links.iter().filter_map(|link| link.cadence).max().unwrap_or_default();
        let moment = MOMENT.max(self.interval * 2).max(late * 2);
        let mut lowest: Option<f64> = None;
        let mut from = first;
        for to in first..=last.min(self.times.len().saturating_sub(1)) {
            let start = self.times[to].saturating_sub(moment);
            while from < to && self.times[from + 1] <= start {
                from += 1;
            }
            if self.times[from] <= start && from < to {
                let rate = self.mean(direction, self.times[from], self.times[to]);
                lowest = lowest.map_or(rate, |lowest| rate.map(|rate| lowest.min(rate)));
            }
        }
        lowest.unwrap_or(0.0)
    }

    /// Reads the stretch again with the meters that read it first, now that cadences are known.
    pub fn course(&self, direction: Direction, (from, to): Stretch) -> Course<'_> {
        let to = to.min(self.times.len().saturating_sub(1));
        let times = self.times.get(from..=to).unwrap_or_default();
        let mut course = Course::of(times);
        let Some(start) = times.first() else { return course };
        let moving = self.links.iter().filter(|link| !link.totals.is_empty());
        let meter = |link: &Link| Meter::known(self.interval, *start, link.cadence);
        let mut meters: Vec<(&Link, Meter)> = moving.map(|link| (link, meter(link))).collect();
        for tick in from + 1..=to {
            let at = self.times[tick];
            for (link, meter) in &mut meters {
                if self.has_gap(link.id, self.times[tick - 1], at) {
                    meter.interrupt(at);
                } else if let Some(span) =
                    meter.advance(at, link.added((tick - 1, tick)), Pair::default())
                {
                    let now = meter.now().map_or(0.0, |rates| rates[direction]);
                    let sample = Sample { mean: span.rates[direction], now };
                    course.add(tick - from, span.from, sample);
                }
            }
            let windows = meters.iter().map(|(_, meter)| Some(meter.whole_second()?[direction]));
            let sum = windows.reduce(|sum, part| Some(sum? + part?)).flatten();
            if sum > course.peak {
                course.peak = sum;
            }
        }
        course
    }

    fn has_gap(&self, id: InterfaceId, from: Duration, to: Duration) -> bool {
        let first = self.gaps.partition_point(|(at, _)| *at <= from);
        let inside = self.gaps[first..].iter().take_while(|(at, _)| *at <= to);
        inside.into_iter().any(|(_, whose)| whose.is_none_or(|whose| whose == id))
    }

    /// The same with no more ticks than are kept for long; those of marks stay.
    pub fn thinned(mut self) -> Self {
        while self.times.len() > MOST {
            let kept: Vec<bool> = (0..self.times.len())
                .map(|i| i % 2 == 0 || self.marks.binary_search(&self.times[i]).is_ok())
                .collect();
            retain(&mut self.times, &kept);
            for link in &mut self.links {
                retain(&mut link.totals, &kept);
            }
        }
        self
    }

    /// Goes on with what was recorded after it: a stop was undone, and the trial ran on.
    pub fn joined(self, later: Self) -> Self {
        let Some(last) = self.times.last().copied() else { return later };
        let from = later.times.partition_point(|at| *at <= last);
        let before = self.times.len();
        let mut links = Vec::new();
        for mut link in later.links {
            let earlier = self.links.iter().find(|earlier| earlier.id == link.id);
            let mut totals = earlier.map_or_else(Vec::new, |earlier| earlier.totals.clone());
            if let (true, Some(first)) = (totals.is_empty(), link.totals.first()) {
                totals = vec![*first; before];
            }
            totals.extend_from_slice(link.totals.get(from..).unwrap_or_default());
            link.totals = totals;
            links.push(link);
        }
        Self {
            interval: self.interval,
            times: [&self.times, &later.times[from..]].concat(),
            links,
            gaps: merged(self.gaps, &later.gaps),
            marks: merged(self.marks, &later.marks),
        }
    }
}

/// What is older in the first and newer in the second; both rise.
fn merged<T: Clone + PartialOrd>(mut older: Vec<T>, newer: &[T]) -> Vec<T> {
    let from = newer.iter().position(|n| older.last().is_none_or(|last| n > last));
    older.extend_from_slice(&newer[from.unwrap_or(newer.len())..]);
    older
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().copied().unwrap_or(true));
}
