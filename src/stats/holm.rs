//! Many tests at once.

/// The p values adjusted so that all that stay below a level are, together, wrong with no more than
/// that probability; in the order given. What is no probability stays `None` and does not count.
///
/// S. Holm, Scand. J. Stat. 6 (1979) 65: the i-th smallest of m is taken m - i + 1 times, is never
/// less than the one before, and never more than 1.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p
        .iter()
        .enumerate()
        .filter_map(|(index, p)| Some((p.filter(|p| (0.0..=1.0).contains(p))?, index)))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut adjusted = vec![None; p.len()];
    let mut largest = 0.0;
    for (before, &(p, index)) in order.iter().enumerate() {
        largest = (p * (order.len() - before) as f64).clamp(largest, 1.0);
        adjusted[index] = Some(largest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_counts_most() {
        // 3 * 0.01; 2 * 0.03 holds the last, 1 * 0.04, up.
        let adjusted = holm(&[Some(0.04), Some(0.01), Some(0.03)]);
        assert_eq!(adjusted, [Some(0.06), Some(0.03), Some(0.06)]);
    }

    #[test]
    fn what_was_not_tested_does_not_count() {
        assert_eq!(holm(&[None, Some(0.5), Some(f64::NAN)]), [None, Some(0.5), None]);
        assert_eq!(holm(&[]), []);
        assert_eq!(holm(&[Some(0.75), Some(1.0), None]), [Some(1.0), Some(1.0), None]);
        assert_eq!(holm(&[Some(2.0), Some(-0.5)]), [None, None]);
    }

    #[test]
    fn adjusted_values_are_those_of_statsmodels() {
        // statsmodels 0.15.0: statsmodels.stats.multitest.multipletests(p, method="holm")[1]
        for (p, truth) in [
            ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
            ([0.2, 1e-9, 0.6, 0.049_9], [0.4, 4e-9, 0.6, 0.149_7]),
            ([0.02, 0.02, 0.5, 0.011], [0.06, 0.06, 0.5, 0.044]),
        ] {
            let adjusted = holm(&p.map(Some));
            for (adjusted, truth) in adjusted.into_iter().zip(truth) {
                let adjusted = adjusted.expect("was tested");
                assert!((adjusted - truth).abs() <= 1e-14 * truth, "{adjusted} is not {truth}");
            }
        }
    }
}
