//! A stretch of a trial's profile in one direction: its rate from tick to tick, and what is told of
//! it.

use std::time::Duration;

use crate::stats::quantile;

/// The time between two ticks, in bit/s.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    /// What was carried in it by its length.
    pub mean: f64,
    /// The rate of the moment, which a mark's short tick does not shake.
    pub now: f64,
}

/// What a stretch looked like in one direction.
#[derive(Debug)]
pub(super) struct Course<'a> {
    times: &'a [Duration],
    /// Between each tick and the next; `None` was not measured.
    samples: Vec<Option<Sample>>,
    /// Highest mean over any window.
    pub peak: Option<f64>,
}

/// The samples from the first to the last that is above a threshold.
#[derive(Debug)]
pub(super) struct Active<'a> {
    times: &'a [Duration],
    samples: &'a [Option<Sample>],
}

/// Bits that were carried in so many seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Carried {
    bits: f64,
    seconds: f64,
}

impl Carried {
    fn add(&mut self, rate: f64, seconds: f64) {
        self.bits += rate * seconds;
        self.seconds += seconds;
    }

    /// `None` when no time has passed.
    fn mean(self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.bits / self.seconds)
    }
}

/// A window is whole from this share of its length on, for ticks come with jitter.
const WHOLE: f64 = 0.98;

impl<'a> Course<'a> {
    /// Nothing measured yet between `times`.
    pub fn of(times: &'a [Duration]) -> Self {
        Self { times, samples: vec![None; times.len().saturating_sub(1)], peak: None }
    }

    /// Adds a link's rate from `from` up to tick `tick`; a link that is not measured takes nothing
    /// from the others.
    pub fn add(&mut self, tick: usize, from: Duration, sample: Sample) {
        let covered = (0..tick).rev().take_while(|i| self.times[*i] >= from);
        for i in covered {
            let sum = self.samples[i].get_or_insert_default();
            sum.mean += sample.mean;
            sum.now += sample.now;
        }
    }

    fn is_above(&self, i: usize, threshold: f64) -> bool {
        self.samples[i].is_some_and(|sample| sample.now > threshold && sample.now > 0.0)
    }

    fn length(&self, i: usize) -> f64 {
        self.times[i + 1].saturating_sub(self.times[i]).as_secs_f64()
    }

    /// From the first to the last moment above `threshold`; `None` when nothing was.
    pub fn active(&self, threshold: f64) -> Option<Active<'_>> {
        let above = |i: &usize| self.is_above(*i, threshold);
        let first = (0..self.samples.len()).find(above)?;
        let last = (0..self.samples.len()).rfind(above)?;
        Some(Active { times: &self.times[first..=last + 1], samples: &self.samples[first..=last] })
    }

    /// Highest mean over any `window` without a gap, bit/s; `None` when there is no whole one, and
    /// where samples are much longer.
    pub fn peak_over(&self, window: Duration) -> Option<f64> {
        let whole = window.mul_f64(WHOLE);
        let (mut first, mut carried) = (0, Carried::default());
        let mut peak = None;
        for (i, sample) in self.samples.iter().enumerate() {
            let Some(sample) = sample else {
                (first, carried) = (i + 1, Carried::default());
                continue;
            };
            carried.add(sample.mean, self.length(i));
            let length = |from: usize| self.times[i + 1].saturating_sub(self.times[from]);
            while first < i && length(first + 1) >= whole {
                if let Some(oldest) = self.samples[first] {
                    carried.add(oldest.mean, -self.length(first));
                }
                first += 1;
            }
            if (whole..window * 2).contains(&length(first)) && carried.mean() > peak {
                peak = carried.mean();
            }
        }
        peak
    }

    /// The rate over time: seconds since its begin, and the mean since the point before, bit/s,
    /// `None` where nothing was measured. No more than `most` points: of more samples, means over
    /// equal spans.
    pub fn rates(&self, most: usize) -> Vec<(f64, Option<f64>)> {
        let since = |i: usize| self.times[i].saturating_sub(self.times[0]);
        if self.samples.len() <= most {
            let point = |(i, sample): (usize, &Option<Sample>)| {
                (since(i + 1).as_secs_f64(), sample.map(|sample| sample.mean))
            };
            return self.samples.iter().enumerate().map(point).collect();
        }
        let spans = most as u128;
        let all = since(self.samples.len()).as_nanos();
        let border = |number: usize| all * number as u128 / spans.max(1);
        let mut carried = vec![Carried::default(); most];
        let mut number = 0;
        for (i, sample) in self.samples.iter().enumerate() {
            let (mut from, to) = (since(i).as_nanos(), since(i + 1).as_nanos());
            // A sample that spans share belongs to each as far as it lies in it.
            while from < to && number < most {
                let end = to.min(border(number + 1));
                if let Some(sample) = sample {
                    carried[number].add(sample.mean, (end - from) as f64 * 1e-9);
                }
                number += usize::from(end == border(number + 1));
                from = end;
            }
        }
        let point = |(n, carried): (usize, &Carried)| (border(n + 1) as f64 * 1e-9, carried.mean());
        carried.iter().enumerate().map(point).collect()
    }

    /// The edges of the traffic that has its part in `from..to`, followed outwards over pauses
    /// shorter than `pause`.
    pub fn edges(
        &self,
        threshold: f64,
        (from, to): (Duration, Duration),
        pause: Duration,
    ) -> Option<(Duration, Duration)> {
        let inside = |i: &usize| self.times[i + 1] > from && self.times[*i] < to;
        let above = |i: &usize| self.is_above(*i, threshold);
        let mut first = (0..self.samples.len()).find(|i| inside(i) && above(i))?;
        let mut last = (0..self.samples.len()).rfind(|i| inside(i) && above(i))?;
        for i in (0..first).rev().filter(above) {
            if self.times[first].saturating_sub(self.times[i + 1]) >= pause {
                break;
            }
            first = i;
        }
        for i in (last + 1..self.samples.len()).filter(above) {
            if self.times[i].saturating_sub(self.times[last + 1]) >= pause {
                break;
            }
            last = i;
        }
        Some((self.times[first], self.times[last + 1]))
    }
}

impl Active<'_> {
    /// Its begin and end.
    pub fn edges(&self) -> (Duration, Duration) {
        (self.times[0], self.times[self.samples.len()])
    }

    /// What was measured: each sample with its begin and end.
    fn sampled(&self) -> impl Iterator<Item = (Sample, Duration, Duration)> {
        let samples = self.samples.iter().zip(self.times.windows(2));
        samples.filter_map(|(sample, ends)| Some(((*sample)?, ends[0], ends[1])))
    }

    /// The same with its length in seconds.
    fn measured(&self) -> impl Iterator<Item = (Sample, f64)> {
        self.sampled().map(|(sample, from, to)| (sample, to.saturating_sub(from).as_secs_f64()))
    }

    /// Mean rate, bit/s.
    pub fn mean(&self) -> Option<f64> {
        let mut carried = Carried::default();
        self.measured().for_each(|(sample, length)| carried.add(sample.mean, length));
        carried.mean()
    }

    /// Share of its measured time with `part` or more of what was attainable then; `None` when that
    /// is not known of a sample in which something was carried.
    pub fn share_from(
        &self,
        part: f64,
        attainable: impl Fn(Duration, Duration) -> Option<f64>,
    ) -> Option<f64> {
        let mut share = Carried::default();
        for (sample, from, to) in self.sampled() {
            let full = sample.now > 0.0 && sample.now >= attainable(from, to)? * part;
            share.add(f64::from(u8::from(full)), to.saturating_sub(from).as_secs_f64());
        }
        share.mean()
    }

    /// The quantiles of its samples' rates, bit/s.
    pub fn quantiles<const N: usize>(&self, of: [f64; N]) -> [Option<f64>; N] {
        let mut rates: Vec<f64> = self.measured().map(|(sample, _)| sample.now).collect();
        rates.sort_unstable_by(f64::total_cmp);
        of.map(|p| quantile(&rates, p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    /// A course of samples of equal length.
    fn with_course(rates: &[Option<f64>], look: impl FnOnce(&Course<'_>)) {
        let times: Vec<Duration> = (0..=rates.len() as u32).map(|i| TICK * i).collect();
        let mut course = Course::of(&times);
        let sample = |rate: Option<f64>| rate.map(|rate| Sample { mean: rate, now: rate });
        course.samples = rates.iter().copied().map(sample).collect();
        look(&course);
    }

    #[test]
    fn a_peak_over_five_seconds_needs_five_seconds_without_a_gap() {
        let five = Duration::from_secs(5);
        let mut rates = vec![Some(1.0); 20];
        rates.extend([Some(9.0); 40]);
        with_course(&rates, |course| {
            let peak = course.peak_over(five).expect("6 s");
            // 49 ticks are a whole window.
            assert!((peak - (40.0 * 9.0 + 9.0) / 49.0).abs() < 1e-9, "{peak}");
        });
        rates[30] = None;
        with_course(&rates, |course| assert_eq!(course.peak_over(five), None));
        let times = [Duration::ZERO, five * 2];
        let minute = Course { samples: vec![Some(Sample::default())], ..Course::of(&times) };
        assert_eq!(minute.peak_over(five), None, "a sample of ten seconds");
        with_course(&[Some(1.0); 48], |course| assert_eq!(course.peak_over(five), None));
    }

    #[test]
    fn rates_are_thinned_by_means_over_equal_spans() {
        let rates = [Some(4.0), Some(8.0), None, Some(2.0), None, None];
        with_course(&rates, |course| {
            let all = course.rates(6);
            assert_eq!(all.iter().map(|(_, rate)| *rate).collect::<Vec<_>>(), rates);
            assert!((all[5].0 - 0.6).abs() < 1e-12);
            assert_eq!(course.rates(3)[0].1.map(f64::round), Some(6.0));
            assert_eq!(course.rates(3)[1].1.map(f64::round), Some(2.0), "what was measured of it");
            assert_eq!(course.rates(3)[2].1, None);
            // Four spans of a sample and a half.
            let four = course.rates(4);
            let first = four[0].1.expect("measured");
            assert!((first - (4.0 * 0.1 + 8.0 * 0.05) / 0.15).abs() < 1e-9, "{first}");
            assert_eq!((course.rates(0), four.len()), (Vec::new(), 4));
        });
    }
}
