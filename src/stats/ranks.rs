//! Between which two of the sorted values the median lies.

/// The rank r, counted from 1, so that the r-th value from below and the r-th from above hold the
/// median between them with at least 95 %: the largest there is. `None` for fewer than six values,
/// which cannot be that sure.
///
/// The number of values below the median is binomial with 1/2: W. J. Conover, Practical
/// Nonparametric Statistics, 3rd ed. (1999), 3.2; M. Hollander, D. A. Wolfe, E. Chicken,
/// Nonparametric Statistical Methods, 3rd ed. (2014), 3.6. The probability of r to n - r is summed
/// from the middle outward, where it is largest.
pub(super) fn median_rank95(n: usize) -> Option<usize> {
    let mut rank = n / 2;
    let mut chance = central(n);
    // An odd number has two middles.
    let mut coverage = if n.is_multiple_of(2) { chance } else { 2.0 * chance };
    while coverage < 0.95 && rank > 0 {
        chance *= rank as f64 / (n - rank + 1) as f64;
        rank -= 1;
        coverage += 2.0 * chance;
    }
    (rank > 0).then_some(rank)
}

/// The largest probability of the binomial with 1/2, that of n / 2 out of n.
///
/// C(2m, m) / 4^m is the product of (2i - 1) / 2i; the two middles of an odd n are each as likely as
/// the one of n + 1.
fn central(n: usize) -> f64 {
    (1..=n.div_ceil(2)).map(|i| (2 * i - 1) as f64 / (2 * i) as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_six_values_cannot_tell() {
        for n in 0..6 {
            assert_eq!(median_rank95(n), None, "{n}");
        }
    }

    #[test]
    fn ranks_are_those_of_the_binomial() {
        // scipy 1.17.1: max(r for r in range(1, n) if r <= n - r
        //     and 1 - 2 * scipy.stats.binom.cdf(r - 1, n, 0.5) >= 0.95)
        let ranks =
            [(6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (20, 6), (25, 8), (50, 18), (101, 41)];
        let large = [(1_000, 469), (1_001, 470), (10_000, 4_902)];
        for (n, rank) in ranks.into_iter().chain(large) {
            assert_eq!(median_rank95(n), Some(rank), "{n}");
        }
    }
}
