//! How many degrees of freedom two unequal variances leave.

use super::summary::Summary;

/// The variance of the mean: `sd^2 / n`; `None` for one value.
pub(super) fn variance_of_mean(of: &Summary) -> Option<f64> {
    Some(of.sd? / (of.n as f64).sqrt()).map(|error| error * error)
}

/// Degrees of freedom of the difference of two means, each given as the variance of the mean and
/// its own degrees of freedom: `(v1 + v2)^2 / (v1^2 / f1 + v2^2 / f2)`; `None` where both are zero.
///
/// F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110.
pub(super) fn freedom(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    let sum = a.0 + b.0;
    // Shares of the sum: their squares are neither too large nor too small.
    let (share_a, share_b) = (a.0 / sum, b.0 / sum);
    let freedom = 1.0 / (share_a * share_a / a.1 + share_b * share_b / b.1);
    freedom.is_finite().then_some(freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_variances_add_their_freedom_and_a_lone_one_keeps_its_own() {
        assert_eq!(freedom((4.0, 5.0), (4.0, 5.0)), Some(10.0));
        assert_eq!(freedom((4.0, 5.0), (0.0, 9.0)), Some(5.0));
        // (1 + 3)^2 / (1 / 2 + 9 / 4) = 16 / 2.75
        let unequal = freedom((1.0, 2.0), (3.0, 4.0)).expect("is defined");
        assert!((unequal - 64.0 / 11.0).abs() < 1e-14, "{unequal}");
    }

    #[test]
    fn no_variance_leaves_none() {
        assert_eq!(freedom((0.0, 5.0), (0.0, 5.0)), None);
        assert_eq!(freedom((f64::INFINITY, 5.0), (1.0, 5.0)), None);
    }
}
