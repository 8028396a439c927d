//! Jain's fairness index.

/// How evenly `shares` are spread: 1 when all are equal, 1/n when one has everything.
///
/// R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984): `(sum x)^2 / (n * sum x^2)`. `None` for no shares
/// and when all are zero. Shares are in any unit, each >= 0.
pub fn jain(shares: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for share in shares {
        n += 1.0;
        sum += share;
        squares += share * share;
    }
    (squares > 0.0).then(|| sum * sum / (n * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_are_fair_and_one_holder_is_one_nth() {
        assert_eq!(jain([5.0, 5.0]), Some(1.0));
        assert_eq!(jain([9.0, 0.0, 0.0, 0.0]), Some(0.25));
        // (1 + 3)^2 / (2 * (1 + 9)) = 16 / 20
        assert_eq!(jain([1.0, 3.0]), Some(0.8));
    }

    #[test]
    fn nothing_carried_has_no_fairness() {
        assert_eq!(jain([]), None);
        assert_eq!(jain([0.0, 0.0]), None);
    }
}
