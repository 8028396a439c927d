//! How many runs would tell two means apart.

use super::satterthwaite::freedom;
use super::student::{normal_upper, student_t};
use super::summary::Summary;

/// A true difference is found with this probability.
const POWER: f64 = 0.8;
/// Nobody repeats a run more often.
const MOST: u32 = 1_000_000;

/// How many runs each side needs for a two-sided test at `level` (0.05 for 5 %) to find, with a
/// probability of 0.8, a difference of means as large as the one seen; at least two. `None` where there is no difference,
/// no variance or only one value on a side, and where it would take more than a million.
///
/// J. H. Zar, Biostatistical Analysis, 5th ed. (2010), 8.4: the smallest n that is at least
/// `(t(1 - level / 2, f) + t(0.8, f))^2 * (s1^2 + s2^2) / d^2`, f being what n runs leave on each side, by
/// Satterthwaite since the variances may differ.
pub fn runs_needed(a: &Summary, b: &Summary, level: f64) -> Option<u32> {
    let difference = (a.mean - b.mean).abs();
    let (in_a, in_b) = ((a.sd? / difference).powi(2), (b.sd? / difference).powi(2));
    let normal = normal_upper(level / 2.0) + normal_upper(1.0 - POWER);
    // As if the variances were known: t asks for a few more.
    let least = (normal * normal * (in_a + in_b)).ceil();
    if !(difference > 0.0 && in_a + in_b > 0.0 && least <= f64::from(MOST)) {
        return None;
    }
    (2.max(least as u32)..=MOST).find(|&n| enough(n, in_a, in_b, level))
}

/// Whether `n` runs on each side suffice for variances in squares of the difference.
fn enough(n: u32, in_a: f64, in_b: f64, level: f64) -> bool {
    let n = f64::from(n);
    let needed = |freedom: f64| {
        let t = student_t(1.0 - level / 2.0, freedom)? + student_t(POWER, freedom)?;
        Some(t * t * (in_a + in_b))
    };
    freedom((in_a, n - 1.0), (in_b, n - 1.0)).and_then(needed).is_some_and(|needed| n >= needed)
}

#[cfg(test)]
mod tests {
    use super::super::recorded::summary;
    use super::*;

    /// Two values with this mean and deviation.
    fn two(mean: f64, sd: f64) -> Summary {
        let away = sd / 2f64.sqrt();
        summary(&[mean - away, mean + away])
    }

    #[test]
    fn equal_variances_need_what_statsmodels_says() {
        // statsmodels 0.15.0: math.ceil(statsmodels.stats.power.TTestIndPower().solve_power(
        //     effect_size=d, alpha=0.05, power=0.8, alternative="two-sided"))
        for (effect, runs) in [
            (0.1, 1571),
            (0.25, 253),
            (0.5, 64),
            (0.8, 26),
            (1.0, 17),
            (1.5, 9),
            (2.0, 6),
            (3.0, 4),
            (5.0, 3),
        ] {
            assert_eq!(
                runs_needed(&two(effect, 1.0), &two(0.0, 1.0), 0.05),
                Some(runs),
                "{effect}"
            );
        }
    }

    #[test]
    fn unequal_variances_need_what_the_noncentral_t_says() {
        // scipy 1.17.1: the smallest n with nct.sf(c, f, d / s) + nct.cdf(-c, f, d / s) >= 0.8, where
        // s = sqrt((a**2 + b**2) / n), f = (n - 1) * (a**2 + b**2)**2 / (a**4 + b**4), c = t.ppf(0.975, f)
        for (difference, a, b, runs) in [
            (1.0, 1.0, 3.0, 81),
            (1.0, 0.0, 1.0, 10),
            (0.1, 0.3, 0.2, 104),
            (3.0, 1.0, 4.0, 17),
            (10.0, 1.0, 2.0, 3),
        ] {
            assert_eq!(runs_needed(&two(5.0, a), &two(5.0 + difference, b), 0.05), Some(runs));
        }
    }

    #[test]
    fn a_difference_far_beyond_the_spread_needs_two() {
        assert_eq!(runs_needed(&two(1e6, 1.0), &two(2e6, 1.0), 0.05), Some(2));
    }

    #[test]
    fn what_cannot_be_decided_has_no_answer() {
        let some = two(1.0, 1.0);
        assert_eq!(runs_needed(&some, &some, 0.05), None, "no difference");
        assert_eq!(runs_needed(&summary(&[3.0]), &some, 0.05), None, "one value");
        assert_eq!(runs_needed(&two(1.0, 0.0), &two(2.0, 0.0), 0.05), None, "no variance");
        assert_eq!(runs_needed(&two(1.001, 1.0), &some, 0.05), None, "more than a million");
    }
}
