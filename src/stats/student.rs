//! Student's t: the quantile an interval is made of, and the probability a test ends in.

use statrs::distribution::{ContinuousCDF, Normal};

use super::tail::tail;

/// The quantile `p` of Student's t with `freedom` degrees of freedom, whole or not: `0 < p < 1` and
/// finite `freedom > 0`; `None` elsewhere, and where it is beyond an `f64`.
///
/// To 1e-12 of itself from half a degree of freedom to a million; next to the median fewer, as p
/// itself has no more digits there.
pub fn student_t(p: f64, freedom: f64) -> Option<f64> {
    if !(0.0 < p && p < 1.0 && freedom > 0.0 && freedom.is_finite()) {
        return None;
    }
    if p < 0.5 {
        upper(p, freedom).map(|t| -t)
    } else if p > 0.5 {
        upper(1.0 - p, freedom)
    } else {
        Some(0.0)
    }
}

/// The t that is exceeded with a probability of `q < 1/2`.
///
/// By Newton's method in the logarithms of both: the logarithm of the tail is concave in ln t, so
/// that from the second step on it comes down to the root and never leaves it, wherever it began.
fn upper(q: f64, freedom: f64) -> Option<f64> {
    const ENOUGH: u32 = 100;
    let goal = q.ln() + std::f64::consts::LN_2;
    let mut ln_t = normal_upper(q).clamp(1e-17, 40.0).ln();
    for _ in 0..ENOUGH {
        let tail = tail(ln_t.exp(), freedom);
        let step = (tail.ln_p - goal) / tail.fall;
        ln_t += step;
        if ln_t.exp().is_infinite() {
            return None;
        }
        // Each step squares the error of the one before.
        if step.abs() < 1e-8 {
            break;
        }
    }
    Some(ln_t.exp())
}

/// The standard normal deviate that is exceeded with a probability of `q <= 1/2`.
pub(super) fn normal_upper(q: f64) -> f64 {
    -Normal::standard().inverse_cdf(q)
}

/// The probability of a |t| at least this large by chance alone, from both tails themselves and
/// never as 1 less the rest; `None` for a `t` that is no number and without finite `freedom > 0`.
///
/// Student, Biometrika 6 (1908) 1. To 1e-12 of itself down to 1e-300.
pub fn two_sided_p(t: f64, freedom: f64) -> Option<f64> {
    let defined = !t.is_nan() && freedom > 0.0 && freedom.is_finite();
    defined.then(|| tail(t.abs(), freedom).ln_p.exp().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close_to(value: Option<f64>, truth: f64, digits: f64) {
        let value = value.expect("is defined");
        assert!((value / truth - 1.0).abs() <= digits, "{value:e} is not {truth:e}");
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        // scipy 1.17.1: scipy.stats.t.ppf([0.975, 0.8, 0.9995], freedom)
        for (freedom, truth) in [
            (0.5, [164.557_673_480_488_18, 2.512_717_953_665_920_3, 411_396.462_526_262]),
            (1.0, [12.706_204_736_174_694, 1.376_381_920_471_173_8, 636.619_248_768_789_7]),
            (1.37, [6.885_073_156_641_705, 1.191_593_222_677_238, 120.886_008_723_819_76]),
            (2.0, [4.302_652_729_749_462, 1.060_660_171_779_821_4, 31.599_054_576_445_365]),
            (4.6, [2.639_291_609_747_002, 0.926_904_003_336_799_8, 7.418_070_119_789_833]),
            (29.0, [2.045_229_642_132_703, 0.854_191_985_881_855_7, 3.659_405_019_466_374_8]),
            (173.25, [1.973_751_275_540_937_2, 0.843_700_850_993_606_3, 3.347_567_755_075_369_5]),
            (1_000.5, [1.962_337_892_459_348, 0.841_980_642_384_218_1, 3.300_277_759_796_564]),
            (1e4, [1.960_201_239_890_626, 0.841_657_179_141_653_4, 3.291_499_965_941_635_5]),
            (1e6, [1.959_966_356_814_107, 0.841_621_593_013_984_4, 3.290_536_461_248_722_2]),
        ] {
            for (p, truth) in [0.975, 0.8, 0.999_5].into_iter().zip(truth) {
                close_to(student_t(p, freedom), truth, 1e-12);
            }
            close_to(student_t(0.025, freedom), -truth[0], 1e-12);
        }
    }

    #[test]
    fn far_tails_and_the_middle_are_those_of_scipy() {
        // scipy 1.17.1: scipy.stats.t.ppf(p, freedom)
        for (p, freedom, truth) in [
            (1e-10, 0.5, -1.028_491_156_316_34e19),
            (1e-10, 29.0, -9.517_965_504_937_83),
            (1e-10, 1e6, -6.361_406_848_876_743),
            (1e-200, 1.0, -3.183_098_861_837_907e199),
            (1e-200, 4.6, -4.423_331_812_788_035_4e43),
            (1e-200, 173.25, -183.595_869_388_819_47),
            (1e-200, 1e6, -30.212_492_774_639_323),
            (0.51, 0.5, 0.037_107_003_545_293_43),
            (0.51, 1e4, 0.025_069_535_383_140_832),
        ] {
            close_to(student_t(p, freedom), truth, 1e-13);
        }
        assert_eq!(student_t(0.5, 3.3), Some(0.0));
        let least = student_t(0.5 + f64::EPSILON, 3.3).expect("is defined");
        assert!(0.0 < least && least < 1e-15, "{least:e}");
    }

    #[test]
    fn probabilities_are_those_of_scipy_down_to_the_smallest() {
        // scipy 1.17.1: 2 * scipy.stats.t.sf(abs(t), freedom)
        for (t, freedom, truth) in [
            (0.5, 4.6, 0.640_062_206_943_988_6),
            (2.0, 1.0, 0.295_167_235_300_866_5),
            (1.959_964, 1e6, 0.050_000_275_488_103_74),
            (1e-6, 9.0, 0.999_999_223_930_182_3),
            (1.7, 30_000.0, 0.089_141_291_279_930_6),
            (-3.1, 2.5, 0.067_788_378_324_920_31),
            (12.5, 57.3, 5.213_482_664_350_13e-18),
            (40.0, 29.0, 6.346_877_329_729_342e-27),
            (1e8, 25.0, 4.708_454_485_374_095e-184),
            (1e3, 99.5, 6.187_384_267_656_839e-201),
            (31.0, 1e6, 6.792_714_465_615_554e-211),
            (38.0, 1e4, 2.896_601_069_771_196_6e-295),
            (1e100, 2.0, 1e-200),
        ] {
            close_to(two_sided_p(t, freedom), truth, 1e-12);
        }
    }

    #[test]
    fn every_quantile_has_its_probability() {
        for freedom in [0.01, 0.5, 1.0, 2.7, 31.4, 1e3, 1e6, 1e12] {
            for p in [1e-30, 1e-5, 0.025, 0.2, 0.4] {
                if let Some(t) = student_t(p, freedom) {
                    close_to(two_sided_p(t, freedom), 2.0 * p, 1e-11);
                } else {
                    assert!(freedom < 0.1, "{p:e}, {freedom}");
                }
            }
        }
    }

    #[test]
    fn what_is_out_of_range_is_none() {
        for (p, freedom) in [(0.975, 0.0), (0.975, -1.0), (0.0, 9.0), (1.0, 9.0), (f64::NAN, 9.0)] {
            assert_eq!(student_t(p, freedom), None, "{p}, {freedom}");
        }
        for freedom in [f64::NAN, f64::INFINITY, 0.0] {
            assert_eq!((student_t(0.975, freedom), two_sided_p(1.0, freedom)), (None, None));
        }
        assert_eq!(two_sided_p(f64::NAN, 9.0), None);
        assert_eq!(
            (two_sided_p(0.0, 9.0), two_sided_p(f64::INFINITY, 9.0)),
            (Some(1.0), Some(0.0))
        );
    }
}
