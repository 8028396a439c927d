//! Repeated measurements in a few numbers: mean, spread, and how sure the mean is.

use super::moments::Moments;
use super::quantile::quantile;
use super::ranks::median_rank95;
use super::student::student_t;

/// The 95 % interval of the mean of `n` values: `mean -+ t(0.975, n - 1) * sd / sqrt(n)`; `None`
/// for fewer than two.
///
/// Student, Biometrika 6 (1908) 1; the values are taken to be independent and about normal.
pub fn mean_interval95(mean: f64, sd: f64, n: usize) -> Option<(f64, f64)> {
    let half = student_t(0.975, n.checked_sub(1)? as f64)? * sd / (n as f64).sqrt();
    half.is_finite().then_some((mean - half, mean + half))
}

/// What repeated measurements come to, in their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation; `None` for one value.
    pub sd: Option<f64>,
    /// 95 % interval of the mean by Student's t; `None` for one value.
    pub interval95: Option<(f64, f64)>,
    /// The middle one, or the mean of the middle two.
    pub median: f64,
    /// The two values, as many from below as from above, that hold the median between them with at
    /// least 95 %; `None` for fewer than six.
    pub median_interval95: Option<(f64, f64)>,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Coefficient of variation, `sd / mean`; `None` for one value and for a mean of zero.
    pub cv: Option<f64>,
}

impl Summary {
    /// Of all `values`; `None` when there are none, or when one, or what they come to, is not
    /// finite.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        // What is not finite stands at an end.
        let (min, max) = (*values.first()?, *values.last()?);
        if !(min.is_finite() && max.is_finite()) {
            return None;
        }
        let median = quantile(&values, 0.5)?;
        // Distances from one of their own lose no digits, however far from zero the values are.
        let moments: Moments = values.iter().map(|value| value - median).collect();
        // Rounding never carries the mean out of what it is the mean of.
        let mean = (median + moments.mean()?).clamp(min, max);
        let (n, sd) = (moments.n(), moments.sd());
        if !mean.is_finite() || sd.is_some_and(|sd| !sd.is_finite()) {
            return None;
        }
        let interval95 = sd.and_then(|sd| mean_interval95(mean, sd, n));
        let median_interval95 = median_rank95(n).map(|rank| (values[rank - 1], values[n - rank]));
        let cv = sd.map(|sd| sd / mean).filter(|cv| cv.is_finite());
        Some(Self { n, mean, sd, interval95, median, median_interval95, min, max, cv })
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{close, summary};
    use super::*;

    #[test]
    fn one_and_three_have_a_deviation_of_root_two() {
        let summary = summary(&[1.0, 3.0]);
        assert_eq!((summary.n, summary.mean, summary.min, summary.max), (2, 2.0, 1.0, 3.0));
        assert_eq!(summary.sd, Some(2f64.sqrt()));
        // 2 -+ 12.706... * sqrt(2) / sqrt(2)
        let (low, high) = summary.interval95.expect("of two values");
        close(low, -10.706_204_736_174_694);
        close(high, 14.706_204_736_174_694);
    }

    #[test]
    fn no_value_has_no_summary_and_one_has_no_spread() {
        assert_eq!(Summary::of([]), None);
        let one = summary(&[7.5]);
        assert_eq!((one.n, one.mean, one.min, one.max), (1, 7.5, 7.5, 7.5));
        assert_eq!((one.sd, one.interval95), (None, None));
        assert_eq!((mean_interval95(1.0, 1.0, 0), mean_interval95(1.0, 1.0, 1)), (None, None));
    }

    #[test]
    fn equal_values_have_no_spread_whatever_their_size() {
        for value in [0.0, -0.1, 12.3, 1e300] {
            let summary = summary(&[value; 3]);
            assert_eq!((summary.mean, summary.sd), (value, Some(0.0)));
            assert_eq!(summary.interval95, Some((value, value)));
        }
    }

    #[test]
    fn what_is_not_finite_has_no_summary() {
        for values in [[1.0, f64::NAN], [f64::INFINITY, 1.0], [f64::MAX, -f64::MAX]] {
            assert_eq!(Summary::of(values), None, "{values:?}");
        }
    }

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy 1.17.1: m = x.mean(); s = x.std(ddof=1);
        // scipy.stats.t.interval(0.95, len(x) - 1, loc=m, scale=scipy.stats.sem(x))
        let ten = [12.1, 12.4, 11.9, 12.6, 12.2, 12.3, 12.0, 12.8, 12.1, 12.5];
        for (values, mean, sd, interval) in [
            (
                &ten[..],
                12.29,
                0.284_604_989_415_154_3,
                (12.086_405_855_348_161, 12.493_594_144_651_837),
            ),
            (
                &[40.0, 41.5, 39.2],
                40.233_333_333_333_334,
                1.167_618_659_209_131_8,
                (37.332_807_789_048_57, 43.133_858_877_618_096),
            ),
            // A sum of squares would lose this deviation.
            (
                &[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0],
                1_000_000_010.0,
                5.477_225_575_051_661,
                (1_000_000_001.284_511_8, 1_000_000_018.715_488_2),
            ),
        ] {
            let summary = summary(values);
            close(summary.mean, mean);
            close(summary.sd.expect("of several"), sd);
            let (low, high) = summary.interval95.expect("of several");
            close(low, interval.0);
            close(high, interval.1);
        }
    }

    #[test]
    fn the_middle_and_the_variation_are_those_of_numpy() {
        // numpy 2.4.6: median(x), std(x, ddof=1) / mean(x); ranks 2 and 9 of ten hold the median with
        // 1 - 2 * (1 + 10) / 2^10 = 97.9 %.
        let ten = [12.1, 12.4, 11.9, 12.6, 12.2, 12.3, 12.0, 12.8, 12.1, 12.5];
        let summary = summary(&ten);
        assert_eq!((summary.median, summary.median_interval95), (12.25, Some((12.0, 12.6))));
        close(summary.cv.expect("of several"), 0.023_157_444_216_041_847);
    }

    #[test]
    fn few_values_have_a_median_without_an_interval() {
        let five = summary(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!((five.median, five.median_interval95), (3.0, None));
        let six = summary(&[6.0, 5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!((six.median, six.median_interval95), (3.5, Some((1.0, 6.0))));
        assert_eq!(summary(&[7.5]).cv, None);
        assert_eq!(summary(&[-1.0, 1.0]).cv, None, "a mean of zero");
    }
}
