//! One interface's rates of the moment, from the samples of the last second or so.
//!
//! Rates divide by measured time. Two figures live: `now` (the last interval) and `second` (the
//! sliding mean); neither is smoothed. A late counter (see [`super::cadence`]) is rated from change
//! to change.

use std::collections::VecDeque;
use std::time::Duration;

use super::cadence::Cadence;
use super::counter::is_impossible;
use crate::model::{Direction, Pair};

/// The window of the sliding mean and of the peak, unless a late counter asks for more.
pub const WINDOW: Duration = Duration::from_secs(1);
/// A window is whole from here on, for ticks come with jitter.
const WHOLE_WINDOW: Duration = Duration::from_millis(980);
/// What a byte adds to a whole window's rate, in bit/s, at most: its 8 bits in the shortest one, and
/// more than rounding can come to.
const MOST_PER_BYTE: f64 = 8.0 / 0.98 * (1.0 + 1e-9);
/// A peak rests on no fewer refreshes of a late counter than this.
const LEAST_REFRESHES: usize = 2;
/// A late counter that has not moved for this many cadences stands still.
const STILL_AFTER: f64 = 2.5;

/// Bytes counted up to an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    at: Duration,
    total: Pair<u64>,
    /// Refreshes of a late counter since the point before.
    refreshes: u32,
}

/// A stretch of time with its mean rates in bit/s: what history is fed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Begin.
    pub from: Duration,
    /// End.
    pub to: Duration,
    /// Mean rates in between.
    pub rates: Pair<f64>,
}

/// What a sample has accounted for.
#[derive(Debug, Clone, Copy)]
pub enum Accounted {
    /// The time since the sample before.
    Sample,
    /// The time since a late counter changed.
    Change(Span),
}

/// The rates of the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rates {
    /// Not known.
    None,
    /// Those of the points.
    Prompt,
    /// A late counter's.
    Late { now: Pair<f64>, second: Pair<f64> },
}

/// The highest window means since a moment, in bit/s.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Peak {
    /// Per direction; `None` until a whole window has passed without a gap.
    pub rates: Pair<Option<f64>>,
    /// It was more than the wire could carry when it was reached (rule 6).
    pub impossible: Pair<bool>,
    /// When it was reached: the end of its window.
    at: Pair<Duration>,
}

impl Peak {
    /// Whether one window's means are higher in any direction: if not, they need not be offered.
    pub fn is_below(&self, rates: Pair<f64>) -> bool {
        let below = |best: Option<f64>, rate| best.is_none_or(|best| rate > best);
        below(self.rates.rx, rates.rx) || below(self.rates.tx, rates.tx)
    }

    /// Takes one window's means, with what the wire could carry then.
    pub fn offer(&mut self, at: Duration, rates: Pair<f64>, attainable: Option<f64>) {
        for direction in [Direction::Rx, Direction::Tx] {
            let rate = rates[direction];
            if self.rates[direction].is_none_or(|best| rate > best) {
                self.rates[direction] = Some(rate);
                self.impossible[direction] = is_impossible(rate, attainable);
                self.at[direction] = at;
            }
        }
    }

    /// Drops what was reached after `from`: it has turned out to be wrong.
    pub fn forget(&mut self, from: Duration) {
        for direction in [Direction::Rx, Direction::Tx] {
            if self.at[direction] > from {
                self.rates[direction] = None;
                self.impossible[direction] = false;
            }
        }
    }

    /// The higher of both in each direction.
    pub fn join(&mut self, other: &Self) {
        for direction in [Direction::Rx, Direction::Tx] {
            if other.rates[direction] > self.rates[direction] {
                self.rates[direction] = other.rates[direction];
                self.impossible[direction] = other.impossible[direction];
                self.at[direction] = other.at[direction];
            }
        }
    }
}

/// Rates of one interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    interval: Duration,
    points: VecDeque<Point>,
    cadence: Cadence,
    rates: Rates,
    whole_window: bool,
}

impl Meter {
    /// A meter for samples `interval` apart whose first reading was at `at`.
    pub fn new(interval: Duration, at: Duration) -> Self {
        let ticks = WINDOW.as_nanos() / interval.as_nanos().max(1);
        let mut points = VecDeque::with_capacity(ticks as usize + 16);
        points.push_back(Point { at, total: Pair::default(), refreshes: 0 });
        Self {
            interval,
            points,
            cadence: Cadence::default(),
            rates: Rates::None,
            whole_window: false,
        }
    }

    /// A meter for an interface that was read since `since` and has not moved up to `last`.
    pub fn after_rest(interval: Duration, since: Duration, last: Duration) -> Self {
        let mut meter = Self::new(interval, since.max(last.saturating_sub(WINDOW)));
        if last > since {
            meter.points.push_back(Point { at: last, total: Pair::default(), refreshes: 0 });
        }
        meter
    }

    /// A meter that reads again what was recorded from `at` on, of a counter whose cadence is known.
    pub fn known(interval: Duration, at: Duration, cadence: Option<Duration>) -> Self {
        Self { cadence: Cadence::known(cadence), ..Self::new(interval, at) }
    }

    /// Takes one sample; gives the stretch of time that is now accounted for, if any.
    pub fn advance(&mut self, at: Duration, bytes: Pair<u64>, packets: Pair<u64>) -> Option<Span> {
        let accounted = self.take(at, bytes, packets)?;
        self.span(accounted)
    }

    /// The same for who need not know its rates, or only now and then: [`Self::span`] tells them.
    pub fn take(
        &mut self,
        at: Duration,
        bytes: Pair<u64>,
        packets: Pair<u64>,
    ) -> Option<Accounted> {
        let last = *self.points.back()?;
        if at <= last.at {
            return None;
        }
        let was_late = self.cadence.late().is_some();
        if bytes == Pair::default() {
            self.cadence.unchanged();
        } else {
            self.cadence.changed(at, bytes.rx + bytes.tx, packets.rx + packets.tx);
        }
        let next = Point { at, total: last.total + bytes, refreshes: 0 };
        match self.cadence.late() {
            None => {
                self.advance_prompt(next);
                Some(Accounted::Sample)
            }
            Some(cadence) => {
                if !was_late {
                    // Rates so far were made of partial refreshes.
                    self.points.clear();
                    self.points.push_back(last);
                }
                let rates = self.advance_late(next, last, cadence, bytes != Pair::default())?;
                Some(Accounted::Change(Span { from: last.at, to: next.at, rates }))
            }
        }
    }

    /// The rates of what the latest sample has accounted for.
    #[inline]
    pub fn span(&self, accounted: Accounted) -> Option<Span> {
        match accounted {
            Accounted::Sample => {
                let mut latest = self.points.iter().rev();
                let (newer, older) = (latest.next()?, latest.next()?);
                Some(Span { from: older.at, to: newer.at, rates: rate(older, newer) })
            }
            Accounted::Change(span) => Some(span),
        }
    }

    /// A gap up to `at`: the next sample is measured from there.
    pub fn interrupt(&mut self, at: Duration) {
        let total = self.points.back().map_or_else(Pair::default, |p| p.total);
        self.points.clear();
        self.points.push_back(Point { at, total, refreshes: 0 });
        self.cadence.interrupt();
        self.rates = Rates::None;
        self.whole_window = false;
    }

    /// Rate of the last interval, bit/s; `None` before the second reading and after a gap.
    pub fn now(&self) -> Option<Pair<f64>> {
        match self.rates {
            Rates::None => None,
            Rates::Prompt => self.prompt_now(),
            Rates::Late { now, .. } => Some(now),
        }
    }

    /// Mean rate over the last [`Self::window`], or over what there is of it, bit/s.
    #[inline]
    pub fn second(&self) -> Option<Pair<f64>> {
        match self.rates {
            Rates::None => None,
            Rates::Prompt => Some(rate(self.points.front()?, self.points.back()?)),
            Rates::Late { second, .. } => Some(second),
        }
    }

    /// [`Self::second`] where it rests on a whole window: what a peak is made of.
    pub fn whole_second(&self) -> Option<Pair<f64>> {
        self.second().filter(|_| self.whole_window)
    }

    /// [`Self::second`] rests on a whole window.
    pub fn is_whole(&self) -> bool {
        self.whole_window
    }

    /// The same where it is higher than `peak` in any direction.
    pub fn whole_above(&self, peak: &Peak) -> Option<Pair<f64>> {
        let may_be = self.whole_window && !self.is_plainly_below(peak);
        may_be.then(|| self.second()).flatten().filter(|rates| peak.is_below(*rates))
    }

    /// Most windows are far below the peak: told without a division.
    fn is_plainly_below(&self, peak: &Peak) -> bool {
        let (Rates::Prompt, Some(oldest), Some(newest)) =
            (self.rates, self.points.front(), self.points.back())
        else {
            return false;
        };
        let below = |older: u64, newer: u64, best: Option<f64>| {
            best.is_some_and(|best| (newer - older) as f64 * MOST_PER_BYTE <= best)
        };
        below(oldest.total.rx, newest.total.rx, peak.rates.rx)
            && below(oldest.total.tx, newest.total.tx, peak.rates.tx)
    }

    /// Where the window of [`Self::second`] begins.
    pub fn window_start(&self) -> Duration {
        self.points.front().map_or(Duration::ZERO, |point| point.at)
    }

    /// The window that [`Self::second`] and peaks are means over.
    pub fn window(&self) -> Duration {
        let least = WINDOW.max(self.interval);
        match self.cadence.late() {
            Some(cadence) => cadence * refreshes(cadence) as u32,
            None => least,
        }
    }

    /// The driver's refresh cadence, where it is slower than the samples.
    pub fn cadence(&self) -> Option<Duration> {
        self.cadence.late()
    }

    /// Since when the counter is known to have been late: rates per sample were wrong from there.
    pub fn late_since(&self) -> Option<Duration> {
        self.cadence.late_since()
    }

    fn advance_prompt(&mut self, next: Point) {
        self.points.push_back(next);
        let full = next.at.saturating_sub(WHOLE_WINDOW);
        while self.points.len() > 2 && self.points[1].at <= full {
            self.points.pop_front();
        }
        self.whole_window = self.points[0].at <= full && next.at >= WHOLE_WINDOW;
        self.rates = Rates::Prompt;
    }

    fn prompt_now(&self) -> Option<Pair<f64>> {
        let (oldest, next) = (self.points.front()?, self.points.back()?);
        // A mark's short tick is too short a base for a rate: reach back to half an interval.
        let latest = next.at.checked_sub(self.interval / 2);
        let base = self.points.iter().rev().skip(1).find(|point| Some(point.at) <= latest);
        Some(rate(base.unwrap_or(oldest), next))
    }

    /// A change is dated only to within a sample, the mean cadence far better: rates divide by it.
    fn advance_late(
        &mut self,
        next: Point,
        last: Point,
        cadence: Duration,
        changed: bool,
    ) -> Option<Pair<f64>> {
        let waited = next.at.saturating_sub(last.at);
        if !changed {
            if waited.as_secs_f64() < cadence.as_secs_f64() * STILL_AFTER {
                return None;
            }
            self.points.clear();
            self.points.push_back(next);
            let rest = Pair::default();
            self.rates = Rates::Late { now: rest, second: rest };
            self.whole_window = true;
            return Some(rest);
        }
        // What comes long before its time is no refresh, and is rated by the time that passed.
        let passed = if self.cadence.is_early() {
            0
        } else {
            (waited.as_secs_f64() / cadence.as_secs_f64()).round().max(1.0) as u32
        };
        self.points.push_back(Point { refreshes: passed, ..next });
        // One change may be several refreshes: the window is counted in refreshes.
        let least = refreshes(cadence) as u32;
        let mut held: u32 = self.points.iter().skip(1).map(|p| p.refreshes).sum();
        while self.points.len() > 2 && held - self.points[1].refreshes >= least {
            held -= self.points[1].refreshes;
            self.points.pop_front();
        }
        let elapsed = if passed == 0 { waited } else { cadence * passed };
        let now = rate_over(&last, &next, elapsed);
        let second = rate_over(&self.points[0], &next, cadence * held.max(1));
        self.rates = Rates::Late { now, second };
        self.whole_window = held >= least && self.cadence.is_certain();
        Some(now)
    }
}

/// How many refreshes of a late counter a window holds.
fn refreshes(cadence: Duration) -> usize {
    let in_window = WINDOW.as_secs_f64() / cadence.as_secs_f64().max(1e-9);
    (in_window.round() as usize).max(LEAST_REFRESHES)
}

fn rate(older: &Point, newer: &Point) -> Pair<f64> {
    rate_over(older, newer, newer.at.saturating_sub(older.at))
}

fn rate_over(older: &Point, newer: &Point, elapsed: Duration) -> Pair<f64> {
    if older.total == newer.total {
        return Pair::default();
    }
    let seconds = elapsed.as_secs_f64().max(1e-9);
    let of = |older: u64, newer: u64| (newer - older) as f64 * 8.0 / seconds;
    Pair { rx: of(older.total.rx, newer.total.rx), tx: of(older.total.tx, newer.total.tx) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    fn tx(bytes: u64) -> Pair<u64> {
        Pair { rx: 0, tx: bytes }
    }

    fn fed(ticks: impl IntoIterator<Item = (Duration, u64)>) -> (Meter, Peak) {
        let mut meter = Meter::new(TICK, Duration::ZERO);
        let mut peak = Peak::default();
        for (at, bytes) in ticks {
            meter.advance(at, tx(bytes), tx(bytes / 1500));
            if let Some(rates) = meter.whole_second() {
                peak.offer(at, rates, None);
            }
        }
        (meter, peak)
    }

    #[test]
    fn rates_divide_by_the_measured_distance() {
        let (meter, _) = fed([(Duration::from_millis(130), 130_000)]);
        assert_eq!(meter.now().map(|r| r.tx), Some(8e6));
    }

    #[test]
    fn the_first_reading_gives_no_rate() {
        assert_eq!(Meter::new(TICK, Duration::ZERO).now(), None);
    }

    #[test]
    fn the_second_slides_and_a_peak_waits_for_a_whole_one() {
        let (meter, peak) = fed((1..=9).map(|i| (TICK * i, 125_000)));
        assert_eq!(meter.second().map(|r| r.tx.round()), Some(10e6));
        assert_eq!(peak.rates.tx, None);
        let ramp = (1..=30).map(|i| (TICK * i, if i > 20 { 250_000 } else { 125_000 }));
        let (meter, peak) = fed(ramp);
        assert_eq!(meter.second().map(|r| r.tx.round()), Some(20e6));
        assert_eq!(peak.rates.tx.map(f64::round), Some(20e6));
    }

    #[test]
    fn a_marks_short_tick_does_not_shake_the_rate_of_the_moment() {
        let short = Duration::from_millis(201);
        let (meter, _) = fed([(TICK, 100_000), (TICK * 2, 100_000), (short, 30_000)]);
        let now = meter.now().map_or(0.0, |r| r.tx);
        assert!((now - 130_000.0 * 8.0 / 0.101).abs() < 1.0, "{now}");
    }

    #[test]
    fn after_a_gap_there_is_no_rate_until_the_next_sample() {
        let (mut meter, _) = fed([(TICK, 100_000)]);
        meter.interrupt(TICK * 2);
        assert_eq!((meter.now(), meter.second()), (None, None));
        meter.advance(TICK * 3, tx(125_000), tx(80));
        assert_eq!(meter.now().map(|r| r.tx.round()), Some(10e6));
    }

    #[test]
    fn a_late_counter_is_rated_from_change_to_change() {
        let every_second = |i: u32| if i.is_multiple_of(10) { 125_000_000 } else { 0 };
        let mut late = Peak::default();
        let mut meter = Meter::new(TICK, Duration::ZERO);
        for i in 1..=200 {
            let bytes = every_second(i);
            meter.advance(TICK * i, tx(bytes), tx(bytes / 1500));
            if meter.cadence().is_some()
                && let Some(rates) = meter.whole_second()
            {
                late.offer(TICK * i, rates, None);
            }
        }
        assert_eq!(meter.cadence(), Some(Duration::from_secs(1)));
        assert_eq!(meter.window(), Duration::from_secs(2));
        assert_eq!(meter.now().map(|r| r.tx.round()), Some(1e9));
        assert_eq!(late.rates.tx.map(f64::round), Some(1e9), "not 10 Gbit/s");
    }

    #[test]
    fn a_late_counter_that_stands_still_comes_to_rest() {
        let ticks = (1..=100).map(|i: u32| {
            (TICK * i, if i.is_multiple_of(10) && i <= 70 { 125_000_000 } else { 0 })
        });
        let (meter, _) = fed(ticks);
        assert_eq!(meter.now(), Some(Pair::default()));
    }
}
