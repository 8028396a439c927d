//! Whether two means differ by more than chance.

use super::satterthwaite::{freedom, variance_of_mean};
use super::student::two_sided_p;
use super::summary::Summary;

/// What Welch's test comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// The difference of the means, first less second, in its standard errors.
    pub t: f64,
    /// Degrees of freedom, rarely whole.
    pub freedom: f64,
    /// Two-sided probability of a difference this large by chance alone.
    pub p: f64,
}

/// Tests whether `a` and `b` have the same mean, whatever their variances; `None` for fewer than
/// two values on a side and where neither has any variance.
///
/// B. L. Welch, Biometrika 34 (1947) 28, with Satterthwaite's degrees of freedom.
pub fn welch(a: &Summary, b: &Summary) -> Option<Welch> {
    let (in_a, in_b) = (variance_of_mean(a)?, variance_of_mean(b)?);
    let freedom = freedom((in_a, a.n as f64 - 1.0), (in_b, b.n as f64 - 1.0))?;
    let t = (a.mean - b.mean) / (in_a + in_b).sqrt();
    Some(Welch { t, freedom, p: two_sided_p(t, freedom)? })
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{close, summary};
    use super::*;

    #[test]
    fn a_difference_by_hand() {
        // Means 2 and 6; variances of the mean 2 / 2 = 1 and 8 / 2 = 4.
        let test = welch(&summary(&[1.0, 3.0]), &summary(&[4.0, 8.0])).expect("is defined");
        close(test.t, -4.0 / 5f64.sqrt());
        close(test.freedom, 25.0 / 17.0);
    }

    #[test]
    fn tests_are_those_of_scipy() {
        // scipy 1.17.1: r = scipy.stats.ttest_ind(a, b, equal_var=False); r.statistic, r.df, r.pvalue
        for (a, b, t, freedom, p) in [
            (
                &[12.1, 12.4, 11.9, 12.6][..],
                &[11.2, 11.9, 11.4][..],
                2.886_751_345_948_126_4,
                4.019_399_632_428_012,
                0.044_450_393_413_439_93,
            ),
            (
                &[40.0, 41.5, 39.2],
                &[81.0, 84.2, 80.9, 83.3, 82.0, 81.7],
                -48.698_294_837_108_3,
                4.596_231_143_743_129,
                2.049_873_347_801_076e-7,
            ),
            (
                &[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0],
                &[1e9 + 400.0, 1e9 + 405.0, 1e9 + 399.0, 1e9 + 401.0],
                -133.101_312_642_692,
                2.988_560_598_752_787,
                9.786_442_610_979_102e-7,
            ),
            (
                &[0.011, 0.012, 0.011_3],
                &[0.011, 0.012_5, 0.009],
                0.568_074_962_788_020_7,
                2.339_147_848_969_562_7,
                0.619_825_577_987_971_1,
            ),
            // One side without variance.
            (&[5.0, 5.0, 5.0], &[7.0, 7.1], -41.000_000_000_000_14, 1.0, 0.015_524_233_636_626_35),
        ] {
            let test = welch(&summary(a), &summary(b)).expect("is defined");
            close(test.t, t);
            close(test.freedom, freedom);
            close(test.p, p);
        }
    }

    #[test]
    fn too_few_values_and_no_variance_decide_nothing() {
        let (one, two) = (summary(&[1.0]), summary(&[1.0, 3.0]));
        assert_eq!((welch(&one, &two), welch(&two, &one)), (None, None));
        assert_eq!(welch(&summary(&[5.0; 3]), &summary(&[7.0; 3])), None);
        let far = welch(&summary(&[1e-300, 2e-300]), &two);
        assert!(far.is_some_and(|test| test.p.is_finite() && test.freedom.is_finite()));
    }

    #[test]
    fn equal_means_are_as_likely_as_can_be() {
        let test = welch(&summary(&[1.0, 3.0]), &summary(&[0.0, 4.0])).expect("is defined");
        assert_eq!((test.t, test.p), (0.0, 1.0));
    }
}
