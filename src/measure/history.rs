//! What an interface did, in three tiers of slots: 10 a second for minutes, one a second for
//! hours, one per 10 s for a day. Memory is fixed and allocated at once; adding and reading do not
//! allocate, and neither costs more as the session grows.

use std::time::Duration;

use super::meter::Span;
use crate::model::{Direction, Pair};

const TIERS: [(Duration, usize); 3] = [
    (Duration::from_millis(100), 3_000),
    (Duration::from_secs(1), 3 * 3_600),
    (Duration::from_secs(10), 8_640),
];
/// So far back the coarsest slots go.
pub const REACH: Duration = Duration::from_secs(TIERS[2].0.as_secs() * (TIERS[2].1 as u64 - 1));
/// `[mean, min, max]` of one direction in bit/s; a mean of [`GAP`] is a gap.
const VALUES: usize = 3;
const SLOT: usize = 2 * VALUES;
/// No rate is negative; unlike NaN it equals itself, and so do two histories that have it.
const GAP: f32 = -1.0;

/// Rates over a stretch of time, in bit/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Mean over the measured part.
    pub mean: f64,
    /// Lowest rate of a sample in it.
    pub min: f64,
    /// Highest rate of a sample in it.
    pub max: f64,
}

/// One interface's history, both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    tiers: [Tier; 3],
}

impl Default for History {
    fn default() -> Self {
        Self { tiers: TIERS.map(|(width, slots)| Tier::new(width, slots)) }
    }
}

impl History {
    /// Adds the rates of a span that begins where the last one ended, or later: time between is a
    /// gap.
    pub fn add(&mut self, span: Span) {
        let (from, to) = (span.from.as_nanos() as u64, span.to.as_nanos() as u64);
        for tier in &mut self.tiers {
            tier.add(from, to, span.rates);
        }
    }

    /// Makes the time from `from` on a gap: what was added there has turned out to be wrong.
    pub fn forget(&mut self, from: Duration) {
        for tier in &mut self.tiers {
            tier.forget(from);
        }
    }

    /// Fills `out` with columns `width` wide, the last of which is column number `newest` since
    /// session start; `None` is time without a sample.
    pub fn columns(
        &self,
        direction: Direction,
        width: Duration,
        newest: u64,
        out: &mut [Option<Column>],
    ) {
        let first = (newest + 1).saturating_sub(out.len() as u64);
        let tier = self.tier_for(width, width.saturating_mul(first as u32));
        let skipped = out.len() - (newest + 1 - first) as usize;
        let (before, columns) = out.split_at_mut(skipped);
        before.fill(None);
        for (number, column) in (first..).zip(columns) {
            let from = width.as_nanos() as u64 * number;
            *column = tier.between(direction, from, from + width.as_nanos() as u64);
        }
    }

    /// The finest tier that still holds `from`, no coarser than need be for columns of `width`.
    fn tier_for(&self, width: Duration, from: Duration) -> &Tier {
        let [fine, middle, coarse] = &self.tiers;
        let fits = |tier: &Tier| tier.width <= width && tier.reaches(from);
        // One slot a column is cheapest to read: take the coarsest tier that fits.
        [coarse, middle, fine]
            .into_iter()
            .find(|t| fits(t))
            .or_else(|| [fine, middle].into_iter().find(|t| t.reaches(from)))
            .unwrap_or(coarse)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Tier {
    width: Duration,
    /// `SLOT` values a slot; slot `n` stands at `n % capacity`. Zeroed pages cost no memory.
    values: Vec<f32>,
    /// Finished slots are those before this one.
    open: u64,
    filling: Filling,
}

/// The slot that time is in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Filling {
    covered: f64,
    /// Rate times seconds.
    sum: Pair<f64>,
    min: Pair<f64>,
    max: Pair<f64>,
}

impl Tier {
    fn new(width: Duration, slots: usize) -> Self {
        Self { width, values: vec![0.0; slots * SLOT], open: 0, filling: Filling::default() }
    }

    fn capacity(&self) -> u64 {
        (self.values.len() / SLOT) as u64
    }

    fn reaches(&self, from: Duration) -> bool {
        let slot = (from.as_nanos() / self.width.as_nanos()) as u64;
        slot + self.capacity() > self.open
    }

    fn add(&mut self, from: u64, to: u64, rates: Pair<f64>) {
        let width = self.width.as_nanos() as u64;
        let end = (self.open + 1) * width;
        if end - width <= from && from < to && to <= end {
            self.filling.add((to - from) as f64 * 1e-9, rates);
        } else {
            self.add_across(from, to, rates, width);
        }
    }

    /// Adds what does not lie in the open slot alone.
    fn add_across(&mut self, from: u64, to: u64, rates: Pair<f64>, width: u64) {
        // A span longer than the tier is only worth its newest part.
        let mut t = from.max(to.saturating_sub(width * self.capacity()));
        let is_open = t.wrapping_sub(self.open * width) < width;
        let mut slot = if is_open { self.open } else { t / width };
        while t < to {
            self.open_slot(slot);
            let end = to.min((slot + 1) * width);
            self.filling.add((end - t) as f64 * 1e-9, rates);
            (t, slot) = (end, slot + 1);
        }
    }

    fn open_slot(&mut self, slot: u64) {
        if slot <= self.open {
            return;
        }
        let capacity = self.capacity();
        let filled = std::mem::take(&mut self.filling);
        self.store(self.open, filled);
        let gap_from = (self.open + 1).max(slot.saturating_sub(capacity));
        for missing in gap_from..slot {
            self.store(missing, Filling::default());
        }
        self.open = slot;
    }

    fn store(&mut self, slot: u64, filled: Filling) {
        let at = (slot % self.capacity()) as usize * SLOT;
        let Filling { covered, sum, min, max } = filled;
        let mean = |sum: f64| if covered > 0.0 { (sum / covered) as f32 } else { GAP };
        let (rx, tx) = (mean(sum.rx), mean(sum.tx));
        let slot = [rx, min.rx as f32, max.rx as f32, tx, min.tx as f32, max.tx as f32];
        self.values[at..at + SLOT].copy_from_slice(&slot);
    }

    fn forget(&mut self, from: Duration) {
        let first = (from.as_nanos() / self.width.as_nanos()) as u64;
        let oldest = (self.open + 1).saturating_sub(self.capacity());
        for slot in first.max(oldest)..self.open {
            self.store(slot, Filling::default());
        }
        self.filling = Filling::default();
    }

    fn slot(&self, direction: Direction, slot: u64) -> Option<Column> {
        if slot == self.open {
            let f = &self.filling;
            return (f.covered > 0.0).then(|| Column {
                mean: f.sum[direction] / f.covered,
                min: f.min[direction],
                max: f.max[direction],
            });
        }
        if slot > self.open || slot + self.capacity() <= self.open {
            return None;
        }
        let offset = if direction == Direction::Rx { 0 } else { VALUES };
        let at = (slot % self.capacity()) as usize * SLOT + offset;
        let [mean, min, max] = [0, 1, 2].map(|i| f64::from(self.values[at + i]));
        (mean >= 0.0).then_some(Column { mean, min, max })
    }

    fn between(&self, direction: Direction, from: u64, to: u64) -> Option<Column> {
        let width = self.width.as_nanos() as u64;
        let mut out: Option<Column> = None;
        let mut measured = 0.0;
        for column in (from / width..to.div_ceil(width)).filter_map(|n| self.slot(direction, n)) {
            measured += 1.0;
            out = Some(out.map_or(column, |sum| Column {
                mean: sum.mean + (column.mean - sum.mean) / measured,
                min: sum.min.min(column.min),
                max: sum.max.max(column.max),
            }));
        }
        out
    }
}

impl Filling {
    fn add(&mut self, seconds: f64, rates: Pair<f64>) {
        let first = self.covered == 0.0;
        for direction in [Direction::Rx, Direction::Tx] {
            let rate = rates[direction];
            self.sum[direction] += rate * seconds;
            // Rates are numbers: what `f64::min` does for others is not needed.
            if first || rate < self.min[direction] {
                self.min[direction] = rate;
            }
            if first || rate > self.max[direction] {
                self.max[direction] = rate;
            }
        }
        self.covered += seconds;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn span(from_ms: u64, to_ms: u64, tx: f64) -> Span {
        Span {
            from: Duration::from_millis(from_ms),
            to: Duration::from_millis(to_ms),
            rates: Pair { rx: 0.0, tx },
        }
    }

    fn tx_means(history: &History, width: Duration, newest: u64, n: usize) -> Vec<Option<f64>> {
        let mut out = vec![None; n];
        history.columns(Direction::Tx, width, newest, &mut out);
        out.iter().map(|c| c.map(|c| c.mean.round())).collect()
    }

    #[test]
    fn a_column_is_the_mean_with_its_extremes() {
        let mut history = History::default();
        for (i, rate) in [10.0, 20.0, 30.0, 20.0].into_iter().enumerate() {
            history.add(span(i as u64 * 250, i as u64 * 250 + 250, rate));
        }
        let mut out = [None];
        history.columns(Direction::Tx, SECOND, 0, &mut out);
        assert_eq!(out, [Some(Column { mean: 20.0, min: 10.0, max: 30.0 })]);
    }

    #[test]
    fn time_without_a_sample_is_no_zero() {
        let mut history = History::default();
        history.add(span(0, 1_000, 8.0));
        history.add(span(3_000, 4_000, 0.0));
        let means = tx_means(&history, SECOND, 4, 6);
        assert_eq!(means, [None, Some(8.0), None, None, Some(0.0), None]);
    }

    #[test]
    fn a_long_span_fills_every_slot_it_covers() {
        let mut history = History::default();
        history.add(span(500, 3_500, 6.0));
        assert_eq!(tx_means(&history, SECOND, 3, 4), [Some(6.0); 4]);
        let tenths = tx_means(&history, SECOND / 10, 36, 4);
        assert_eq!(tenths, [Some(6.0), Some(6.0), None, None]);
    }

    #[test]
    fn old_fine_slots_give_way_and_the_coarse_ones_stay() {
        let mut history = History::default();
        for i in 0..7_200 {
            history.add(span(i * 1_000, i * 1_000 + 1_000, i as f64));
        }
        let width = SECOND / 10;
        assert_eq!(tx_means(&history, width, 71_999, 1), [Some(7_199.0)]);
        // An hour ago the tenths are gone: the second they were in answers.
        assert_eq!(tx_means(&history, width, 36_005, 1), [Some(3_600.0)]);
        assert_eq!(tx_means(&history, 60 * SECOND, 0, 1), [Some(30.0)]);
    }

    #[test]
    fn what_is_forgotten_is_a_gap() {
        let mut history = History::default();
        for i in 0..5 {
            history.add(span(i * 1_000, i * 1_000 + 1_000, 9.0));
        }
        history.forget(Duration::from_secs(2));
        history.add(span(5_000, 6_000, 7.0));
        let means = tx_means(&history, SECOND, 5, 6);
        assert_eq!(means, [Some(9.0), Some(9.0), None, None, None, Some(7.0)]);
    }

    #[test]
    fn a_day_asleep_is_a_gap_and_takes_no_time() {
        let mut history = History::default();
        history.add(span(0, 1_000, 5.0));
        history.add(span(200_000_000, 200_001_000, 7.0));
        assert_eq!(tx_means(&history, SECOND, 200_000, 2), [None, Some(7.0)]);
        assert_eq!(tx_means(&history, SECOND, 0, 1), [None]);
    }

    proptest::proptest! {
            #[test]
            fn every_slot_holds_what_spans_have_in_it(
                steps in proptest::collection::vec((0..260_000_000u64, 0..40u64, 0..9u32), 1..60),
            ) {
                let (mut history, mut spans, mut at) = (History::default(), Vec::new(), 0);
                for (length, times, rate) in steps {
                    // Mostly ticks with some jitter, some of them on a slot's edge, some far apart.
                    let from = at + if times > 37 { length * times } else { 0 };
                    at = from + if times % 5 == 0 { 100_000_000 - from % 100_000_000 } else { length };
                    let rates = Pair { rx: f64::from(rate) / 3.0, tx: length as f64 };
                    let (from, to) = (Duration::from_nanos(from), Duration::from_nanos(at));
                    spans.push(Span { from, to, rates });
                    history.add(Span { from, to, rates });
                }
                for tier in &history.tiers {
                    for slot in 0..=tier.open {
                        let begin = tier.width * slot as u32;
                        let mut filling = Filling::default();
                        for span in &spans {
                            let (from, to) = (span.from.max(begin), span.to.min(begin + tier.width));
                            if from < to {
                                let nanos = to.saturating_sub(from).as_nanos();
    filling.add(nanos as f64 * 1e-9, span.rates);
                            }
                        }
                        for direction in [Direction::Rx, Direction::Tx] {
                            let (min, max) = (filling.min[direction], filling.max[direction]);
                            let mean = filling.sum[direction] / filling.covered;
                            let kept = |value: f64| {
                                if slot == tier.open { value } else { f64::from(value as f32) }
                            };
                            let expected = (filling.covered > 0.0)
                                .then(|| Column { mean: kept(mean), min: kept(min), max: kept(max) });
                            proptest::prop_assert_eq!(tier.slot(direction, slot), expected);
                        }
                    }
                }
            }
        }
}
