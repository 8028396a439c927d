//! How many times as long one takes as the other.

use super::satterthwaite::{freedom, variance_of_mean};
use super::student::student_t;
use super::summary::Summary;

/// A ratio of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Numerator's mean by denominator's.
    pub value: f64,
    /// 95 % interval; `None` for fewer than two values on a side, without any variance, and where
    /// the denominator may be zero for all that is known, so that the interval has no end.
    pub interval95: Option<(f64, f64)>,
}

/// The ratio of two independent means; `None` where the denominator's is zero or the ratio is
/// beyond an `f64`.
///
/// The interval is E. C. Fieller's (J. R. Stat. Soc. B 16 (1954) 175): every ratio r for which
/// `x - r*y` is within t standard errors of zero. Its t has the degrees of freedom of Welch's test of
/// the same two, so that the interval leaves 1 out exactly where that test's p is below 0.05.
pub fn ratio_of_means(numerator: &Summary, denominator: &Summary) -> Option<Ratio> {
    let value = numerator.mean / denominator.mean;
    let interval95 = fieller95(value, numerator, denominator);
    value.is_finite().then_some(Ratio { value, interval95 })
}

/// The roots of `(1 - g_y) * r^2 - 2 * ratio * r + ratio^2 - g_x = 0`, `g` being the variances of the
/// means, times t^2, by the square of the denominator.
fn fieller95(ratio: f64, numerator: &Summary, denominator: &Summary) -> Option<(f64, f64)> {
    let (x, y) = (variance_of_mean(numerator)?, variance_of_mean(denominator)?);
    let freedom = freedom((x, numerator.n as f64 - 1.0), (y, denominator.n as f64 - 1.0))?;
    let scale = (student_t(0.975, freedom)? / denominator.mean).powi(2);
    let (g_x, g_y) = (x * scale, y * scale);
    let certain = 1.0 - g_y;
    if certain <= 0.0 {
        return None;
    }
    // A quarter of the discriminant, in the form that subtracts nothing.
    let half = (g_x * certain + g_y * ratio * ratio).sqrt();
    let (low, high) = ((ratio - half) / certain, (ratio + half) / certain);
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{close, summary};
    use super::super::welch::welch;
    use super::*;

    #[test]
    fn ratios_are_those_of_numpy() {
        // numpy 2.4.6, scipy 1.17.1: x, y = mean(a), mean(b); u, v = var(a, ddof=1) / len(a), ...;
        // t = scipy.stats.t.ppf(0.975, scipy.stats.ttest_ind(a, b, equal_var=False).df);
        // numpy.sort(numpy.roots([y**2 - t**2 * v, -2 * x * y, x**2 - t**2 * u]))
        for (a, b, value, low, high) in [
            (
                &[12.1, 12.4, 11.9, 12.6][..],
                &[11.2, 11.9, 11.4][..],
                1.065_217_391_304_348,
                1.002_510_312_209_967,
                1.133_298_679_953_017_8,
            ),
            (
                &[40.0, 41.5, 39.2],
                &[81.0, 84.2, 80.9, 83.3, 82.0, 81.7],
                0.489_555_871_020_077_14,
                0.466_457_717_299_716_86,
                0.512_944_701_918_829_8,
            ),
            (
                &[0.011, 0.012, 0.011_3],
                &[0.011, 0.012_5, 0.009],
                1.055_384_615_384_615_1,
                0.766_867_003_022_038_3,
                1.641_583_076_070_02,
            ),
        ] {
            let ratio = ratio_of_means(&summary(a), &summary(b)).expect("is defined");
            close(ratio.value, value);
            let interval = ratio.interval95.expect("is defined");
            close(interval.0, low);
            close(interval.1, high);
        }
    }

    #[test]
    fn the_interval_leaves_one_out_where_the_test_finds_a_difference() {
        let a = [12.1, 12.4, 11.9, 12.6];
        let mut found = [0, 0];
        for shift in 0..200 {
            let shift = f64::from(shift) * 0.01;
            let b = summary(&[12.9 - shift, 12.0 - shift, 12.2 - shift]);
            let p = welch(&summary(&a), &b).expect("is defined").p;
            let ratio = ratio_of_means(&summary(&a), &b).expect("is defined");
            let (low, high) = ratio.interval95.expect("is defined");
            assert_eq!(p < 0.05, !(low..=high).contains(&1.0), "{shift}: {p}, {low} .. {high}");
            found[usize::from(p < 0.05)] += 1;
        }
        assert!(found[0] > 20 && found[1] > 20, "{found:?}");
    }

    #[test]
    fn a_denominator_that_may_be_zero_bounds_nothing() {
        let unsure = ratio_of_means(&summary(&[4.0, 5.0]), &summary(&[1.0, 3.0]));
        assert_eq!(unsure, Some(Ratio { value: 2.25, interval95: None }));
        assert_eq!(ratio_of_means(&summary(&[1.0, 2.0]), &summary(&[-1.0, 1.0])), None);
    }

    #[test]
    fn without_spread_there_is_only_the_ratio() {
        let two = Some(Ratio { value: 2.0, interval95: None });
        assert_eq!(ratio_of_means(&summary(&[4.0]), &summary(&[1.0, 3.0])), two);
        assert_eq!(ratio_of_means(&summary(&[4.0; 3]), &summary(&[2.0; 3])), two);
        // One side's spread is enough: 4 / 2 -+ t(0.975, 2) * 1 / sqrt(3) / 2
        let known = ratio_of_means(&summary(&[3.0, 4.0, 5.0]), &summary(&[2.0; 3]));
        let (low, high) = known.and_then(|ratio| ratio.interval95).expect("is defined");
        let half = 4.302_652_729_749_462 / 12f64.sqrt();
        close(low, 2.0 - half);
        close(high, 2.0 + half);
    }
}
