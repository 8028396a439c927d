//! What every formula's tests share.

use super::Summary;

/// To nine digits, as the project promises to agree with scipy.
pub(super) fn close(value: f64, truth: f64) {
    assert!((value - truth).abs() <= 1e-9 * truth.abs(), "{value:e} is not {truth:e}");
}

pub(super) fn summary(values: &[f64]) -> Summary {
    Summary::of(values.iter().copied()).expect("is defined")
}
