//! Repeated measurements in a few numbers: mean, spread, and how sure the mean is.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Running mean and sum of squared deviations, in the unit of the values pushed.
///
/// B. P. Welford, Technometrics 4 (1962) 419: one deviation is taken from the old mean, the other
/// from the new one, so that large values with a small spread lose no digits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    n: usize,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// Takes one value in.
    pub fn push(&mut self, x: f64) {
        self.n += 1;
        let from_old = x - self.mean;
        self.mean += from_old / self.n as f64;
        self.m2 += from_old * (x - self.mean);
    }

    /// How many there were.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Arithmetic mean; `None` for no values.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Sample standard deviation (divided by n - 1); `None` for fewer than two values.
    pub fn sd(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.m2 / (self.n - 1) as f64).sqrt())
    }
}

/// The quantile `p` of Student's t with `freedom` degrees of freedom, both in range: `0 < p < 1`
/// and `freedom >= 1`; `None` elsewhere. To nine digits for up to a thousand degrees of freedom, to
/// four for a million.
pub fn student_t(p: f64, freedom: usize) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    (0.0 < p && p < 1.0).then(|| t.inverse_cdf(p)).filter(|t| t.is_finite())
}

/// The 95 % interval of the mean of `n` values: `mean -+ t(0.975, n - 1) * sd / sqrt(n)`; `None`
/// for fewer than two.
///
/// Student, Biometrika 6 (1908) 1; the values are taken to be independent and about normal.
pub fn mean_interval95(mean: f64, sd: f64, n: usize) -> Option<(f64, f64)> {
    let half = student_t(0.975, n.checked_sub(1)?)? * sd / (n as f64).sqrt();
    Some((mean - half, mean + half))
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
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Of all `values`; `None` when there are none, or when one, or what they come to, is not
    /// finite.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut moments = Moments::default();
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            if !value.is_finite() {
                return None;
            }
            moments.push(value);
            (min, max) = (min.min(value), max.max(value));
        }
        // Rounding never carries the mean out of what it is the mean of.
        let mean = moments.mean()?.clamp(min, max);
        let sd = moments.sd();
        if !mean.is_finite() || sd.is_some_and(|sd| !sd.is_finite()) {
            return None;
        }
        let interval95 = sd.and_then(|sd| mean_interval95(mean, sd, moments.n()));
        Some(Self { n: moments.n(), mean, sd, interval95, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, truth: f64) {
        assert!((value - truth).abs() <= 1e-9 * truth.abs(), "{value} is not {truth}");
    }

    fn summary(values: &[f64]) -> Summary {
        Summary::of(values.iter().copied()).expect("is defined")
    }

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
    fn quantiles_are_those_of_scipy() {
        // scipy 1.17.1: scipy.stats.t.ppf(0.975, freedom)
        for (freedom, t) in [
            (1, 12.706_204_736_174_694),
            (2, 4.302_652_729_749_462),
            (4, 2.776_445_105_197_793_4),
            (9, 2.262_157_162_798_205),
            (29, 2.045_229_642_132_703),
            (99, 1.984_216_951_586_417_4),
            (1_000, 1.962_339_080_826_408_3),
        ] {
            close(student_t(0.975, freedom).expect("is defined"), t);
            close(student_t(0.025, freedom).expect("is defined"), -t);
        }
        let many = student_t(0.975, 1_000_000).expect("is defined");
        assert!((many - 1.959_966_356_814_107).abs() < 2e-4, "{many}");
        for (p, freedom) in [(0.975, 0), (0.0, 9), (1.0, 9), (f64::NAN, 9)] {
            assert_eq!(student_t(p, freedom), None);
        }
    }
}
