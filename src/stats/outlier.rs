//! Values that do not belong to the rest.

use super::quantile::quantile;

/// Beyond this modified z-score a value is suspect: Iglewicz and Hoaglin's own limit.
pub const OUTLIER: f64 = 3.5;
/// The standard normal's upper quartile: what MAD is of a standard deviation.
const QUARTILE: f64 = 0.6745;
/// sqrt(pi / 2): the standard deviation of normal values in their mean absolute deviations.
const MEAN_DEVIATIONS: f64 = 1.253_314;

/// How far each value is from the median, in standard deviations estimated so that the far ones do
/// not count: `0.6745 * (x - median) / MAD`, MAD being the median absolute deviation.
///
/// B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers, ASQC (1993), 3.3. Where more than
/// half of the values are equal, MAD is 0 and `1.253314 * mean absolute deviation` (from the median)
/// is the divisor, as in IBM Cognos Analytics, "Modified z score". `None`s where that is 0 too, and
/// where a value is not finite.
pub fn modified_z(values: &[f64]) -> Vec<Option<f64>> {
    match centre_and_deviation(values) {
        Some((median, deviation)) => values
            .iter()
            .map(|x| Some((x - median) / deviation).filter(|z| z.is_finite()))
            .collect(),
        None => vec![None; values.len()],
    }
}

/// Where the values lie that are further than [`OUTLIER`] from the rest, in their order.
pub fn outliers(values: &[f64]) -> Vec<usize> {
    let scores = modified_z(values).into_iter().enumerate();
    scores.filter(|(_, z)| z.is_some_and(|z| z.abs() > OUTLIER)).map(|(index, _)| index).collect()
}

/// Median and estimated standard deviation; `None` without values or deviations.
fn centre_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let centre = median(values.to_vec())?;
    let deviations: Vec<f64> = values.iter().map(|x| (x - centre).abs()).collect();
    let mean = deviations.iter().sum::<f64>() / values.len() as f64;
    let mad = median(deviations)?;
    let deviation = if mad > 0.0 { mad / QUARTILE } else { MEAN_DEVIATIONS * mean };
    (deviation > 0.0 && deviation.is_finite()).then_some((centre, deviation))
}

/// The middle one; `None` for no values and where one is not finite.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let finite = |at: Option<&f64>| at.is_some_and(|value| value.is_finite());
    (finite(values.first()) && finite(values.last())).then(|| quantile(&values, 0.5))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_far_value_is_found() {
        // Median 12, deviations 2, 1, 0, 1, 8: MAD 1.
        let values = [10.0, 11.0, 12.0, 13.0, 20.0];
        let scores: Vec<f64> = modified_z(&values).into_iter().flatten().collect();
        assert_eq!(scores, [-1.349, -0.6745, 0.0, 0.6745, 5.396]);
        assert_eq!(outliers(&values), [4]);
    }

    #[test]
    fn where_most_are_equal_the_mean_deviation_counts() {
        // Median 10, MAD 0, mean deviation 90 / 8.
        let values = [10.0, 10.0, 10.0, 100.0, 10.0, 10.0, 10.0, 10.0];
        let scores = modified_z(&values);
        assert_eq!((scores[0], scores[3]), (Some(0.0), Some(8.0 / 1.253_314)));
        assert_eq!(outliers(&values), [3]);
    }

    #[test]
    fn equal_values_and_what_is_not_finite_have_no_scores() {
        assert_eq!(modified_z(&[]), []);
        assert_eq!(modified_z(&[7.5]), [None]);
        assert_eq!(modified_z(&[0.1; 3]), [None; 3]);
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(modified_z(&[1.0, 2.0, odd]), [None; 3]);
        }
        assert!(outliers(&[1.0, f64::NAN]).is_empty());
    }
}
