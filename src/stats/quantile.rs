//! Quantiles of what was measured.

/// The quantile `p` (0 to 1) of `sorted` values, linear between the two nearest order statistics:
/// type 7 of R. J. Hyndman, Y. Fan, The American Statistician 50 (1996) 361, the default of R and
/// numpy. `None` for no values, a `p` out of range, and what is not finite.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let last = sorted.len().checked_sub(1)?;
    let rank = p * last as f64;
    let (low, share) = (rank.floor() as usize, rank.fract());
    let (low, high) = (sorted[low], sorted[(low + 1).min(last)]);
    let value = low + share * (high - low);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_values_it_is_linear() {
        let values = [1.0, 2.0, 4.0, 8.0];
        // Rank p * 3, counted from 0.
        for (p, value) in [(0.0, 1.0), (0.5, 3.0), (1.0, 8.0), (0.25, 1.75), (0.75, 5.0)] {
            assert_eq!(quantile(&values, p), Some(value), "{p}");
        }
        assert_eq!(quantile(&[7.5], 0.9), Some(7.5));
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy 2.4.6: numpy.quantile([0.3, 1.1, 2.7, 3.9, 8.2, 8.4, 9.9], p)
        let values = [0.3, 1.1, 2.7, 3.9, 8.2, 8.4, 9.9];
        for (p, value) in [(0.1, 0.78), (0.25, 1.9), (0.5, 3.9), (0.9, 9.0), (0.975, 9.675)] {
            let found = quantile(&values, p).expect("is defined");
            assert!((found - value).abs() <= 1e-14 * value, "{p}: {found} is not {value}");
        }
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!((quantile(&[], 0.5), quantile(&[1.0], 1.1)), (None, None));
        assert_eq!((quantile(&[1.0], -0.1), quantile(&[1.0], f64::NAN)), (None, None));
        assert_eq!(quantile(&[1.0, f64::INFINITY], 0.5), None);
    }
}
