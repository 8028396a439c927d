//! The tail of Student's t, to nearly all digits of an `f64`.
//!
//! `statrs` 0.19 takes it from the incomplete beta function, whose terms cancel as the degrees of
//! freedom grow: at a million of them its tails have nine digits left and its quantiles four.

use std::f64::consts::PI;

/// What lies beyond -t and t, together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    /// Natural logarithm of the probability: it says what an `f64` is too small for.
    pub ln_p: f64,
    /// How fast it falls: -d ln p / d ln t.
    pub fall: f64,
}

/// The two-sided tail for `t >= 0` and finite `freedom > 0`.
///
/// Student's density (Biometrika 6 (1908) 1), with t = sqrt(v) sinh s, is cosh(s)^-v but for a
/// factor. What lies beyond s = u is taken relative to the density at u:
/// `p = 2 G(v/2) / sqrt(pi) * cosh(u)^-v * J`, J being the integral over w > 0 of
/// `(cosh w + tanh u * sinh w)^-v` and G that of [`gamma_ratio`].
pub(super) fn tail(t: f64, freedom: f64) -> Tail {
    let sinh = t / freedom.sqrt();
    let cosh = sinh.hypot(1.0);
    let tanh = sinh.recip().hypot(1.0).recip();
    let ln_cosh = if sinh < 1.0 { 0.5 * (sinh * sinh).ln_1p() } else { cosh.ln() };
    let beyond = beyond(tanh, freedom);
    let ln_scale = (2.0 / PI.sqrt() * gamma_ratio(freedom / 2.0) * beyond).ln();
    Tail { ln_p: ln_scale - freedom * ln_cosh, fall: tanh / beyond }
}

/// The integral of `(cosh w + slope * sinh w)^-v` over all w > 0.
///
/// By the double exponential formula for what falls off exponentially, `w = exp(k - exp(-k))`, and
/// the trapezoidal rule in k: H. Takahasi, M. Mori, Publ. RIMS 9 (1974) 721. A step of 1/8 leaves no
/// error that an `f64` could show.
fn beyond(slope: f64, freedom: f64) -> f64 {
    const STEP: f64 = 0.125;
    let width = 1.0 / (freedom * slope + freedom.sqrt());
    let term = |index: f64| {
        let shrunk = (-index * STEP).exp();
        let w = width * (index * STEP - shrunk).exp();
        // Near 0 and far from it, each in the form that loses nothing there.
        let ln = if w < 1.0 {
            (2.0 * (w / 2.0).sinh().powi(2) + slope * w.sinh()).ln_1p()
        } else {
            w + ((1.0 - slope) / 2.0 * (-2.0 * w).exp_m1()).ln_1p()
        };
        w * (1.0 + shrunk) * (-freedom * ln).exp()
    };
    let mut sum = term(0.0);
    for direction in [1.0, -1.0] {
        let mut index = direction;
        loop {
            let part = term(index);
            sum += part;
            if part > sum * f64::EPSILON / 16.0 {
                index += direction;
            } else {
                break;
            }
        }
    }
    STEP * sum
}

/// `Gamma(a + 1/2) / Gamma(a)` for `a > 0`.
///
/// The asymptotic series of ln Gamma(a + h), NIST DLMF 5.11.8, at h = 1/2 less that at h = 0; below
/// 16 by the recurrence of Gamma from there.
fn gamma_ratio(mut a: f64) -> f64 {
    const SERIES: [f64; 6] = [
        -1.0 / 8.0,
        1.0 / 192.0,
        -1.0 / 640.0,
        17.0 / 14_336.0,
        -31.0 / 18_432.0,
        691.0 / 180_224.0,
    ];
    let mut factor = 1.0;
    while a < 16.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    let series = SERIES.iter().rev().fold(0.0, |sum, term| sum / (a * a) + term) / a;
    factor * a.sqrt() * series.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_of_gammas_is_that_of_its_closed_forms() {
        let root = PI.sqrt();
        // Gamma(1) / Gamma(1/2), Gamma(3/2) / Gamma(1), Gamma(2) / Gamma(3/2)
        for (a, ratio) in [(0.5, 1.0 / root), (1.0, root / 2.0), (1.5, 2.0 / root)] {
            assert!((gamma_ratio(a) / ratio - 1.0).abs() < 1e-15, "{a}: {}", gamma_ratio(a));
        }
        // mpmath 1.3.0, 40 digits: gamma(a + 0.5) / gamma(a)
        for (a, ratio) in [
            (0.25, 0.337_989_120_033_642_34),
            (3.3, 1.749_313_860_388_711_5),
            (16.0, 3.968_876_793_828_939_8),
            (100.0, 9.987_507_861_262_518),
            (5e5, 707.106_604_409_874_3),
        ] {
            assert!((gamma_ratio(a) / ratio - 1.0).abs() < 1e-15, "{a}: {}", gamma_ratio(a));
        }
    }

    #[test]
    fn one_and_two_degrees_of_freedom_have_closed_forms() {
        for t in [1e-3, 0.5, 1.0, 3.0, 1e5] {
            // Cauchy: 1 - 2 atan(t) / pi; and 1 - t / sqrt(2 + t^2)
            let one = 2.0 * f64::atan(1.0 / t) / PI;
            let two = 2.0 / ((2.0 + t * t).sqrt() * ((2.0 + t * t).sqrt() + t));
            for (freedom, p) in [(1.0, one), (2.0, two)] {
                let close = (tail(t, freedom).ln_p.exp() / p - 1.0).abs();
                assert!(close < 1e-14, "{t}, {freedom}: {close:e}");
            }
        }
    }
}
