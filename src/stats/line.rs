//! A straight line through what was measured, and what it says of the unmeasured.

use super::moments::Moments;
use super::student::student_t;

/// A number found by least squares, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number itself.
    pub value: f64,
    /// Its standard error; `None` for two points, which any line fits.
    pub error: Option<f64>,
    /// 95 % interval by Student's t with n - 2 degrees of freedom; `None` for two points.
    pub interval95: Option<(f64, f64)>,
}

/// What one more observation would be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The line's value.
    pub value: f64,
    /// It would lie in here with 95 %; `None` for a line through two points.
    pub interval95: Option<(f64, f64)>,
}

/// `y = intercept + slope * x`, by least squares over points whose y alone is uncertain.
///
/// N. R. Draper, H. Smith, Applied Regression Analysis, 3rd ed. (1998), 1.2 to 1.4 and 3.1. Sums are
/// of deviations from the means, so that large values with a small spread lose no digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// How many points.
    pub n: usize,
    /// y at x = 0.
    pub intercept: Estimate,
    /// y per x.
    pub slope: Estimate,
    /// Standard deviation of the points about the line, with n - 2 degrees of freedom; `None` for
    /// two points.
    pub sd: Option<f64>,
    /// The share of y's variance that the line explains, 0 to 1; `None` where all y are equal.
    pub r2: Option<f64>,
    x_mean: f64,
    y_mean: f64,
    /// Sum of squared deviations of x.
    xx: f64,
}

impl Line {
    /// Through `points` (x, y); `None` for fewer than two, where all x are equal, and where
    /// anything is not finite.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let x_mean = centre(points.iter().map(|point| point.0))?;
        let y_mean = centre(points.iter().map(|point| point.1))?;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in points.iter().map(|(x, y)| (x - x_mean, y - y_mean)) {
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        }
        let slope = xy / xx;
        let intercept = y_mean - slope * x_mean;
        if ![slope, intercept, xx, yy].iter().all(|figure| figure.is_finite()) {
            return None;
        }
        let estimate = |value| Estimate { value, error: None, interval95: None };
        let mut line = Self {
            n: points.len(),
            intercept: estimate(intercept),
            slope: estimate(slope),
            sd: None,
            r2: (yy > 0.0).then(|| (slope * xy / yy).clamp(0.0, 1.0)),
            x_mean,
            y_mean,
            xx,
        };
        let squares: f64 = line.residuals(points).map(|residual| residual * residual).sum();
        line.sd = line.freedom().map(|freedom| (squares / freedom).sqrt());
        line.intercept =
            line.estimate(intercept, (1.0 / points.len() as f64).sqrt().hypot(x_mean / xx.sqrt()));
        line.slope = line.estimate(slope, 1.0 / xx.sqrt());
        Some(line)
    }

    /// How far each of `points` is above the line, in y.
    pub fn residuals(&self, points: &[(f64, f64)]) -> impl Iterator<Item = f64> {
        points.iter().map(|&(x, y)| (y - self.y_mean) - self.slope.value * (x - self.x_mean))
    }

    /// What one new observation at `x` would be; `None` where that is not finite.
    ///
    /// `value -+ t(0.975, n - 2) * sd * sqrt(1 + 1 / n + (x - mean)^2 / sum of squares)`.
    pub fn predict(&self, x: f64) -> Option<Prediction> {
        let away = x - self.x_mean;
        let value = self.y_mean + self.slope.value * away;
        let spread = (1.0 + 1.0 / self.n as f64).sqrt().hypot(away / self.xx.sqrt());
        let Estimate { interval95, .. } = self.estimate(value, spread);
        value.is_finite().then_some(Prediction { value, interval95 })
    }

    /// `value`, whose standard error is that of the points times `share`.
    fn estimate(&self, value: f64, share: f64) -> Estimate {
        let error = self.sd.map(|sd| sd * share).filter(|error| error.is_finite());
        let half = error
            .zip(self.freedom())
            .and_then(|(error, freedom)| student_t(0.975, freedom).map(|t| t * error));
        Estimate { value, error, interval95: half.map(|half| (value - half, value + half)) }
    }

    /// Degrees of freedom left by the two numbers found; `None` for none.
    fn freedom(&self) -> Option<f64> {
        (self.n > 2).then_some(self.n as f64 - 2.0)
    }
}

/// The mean: of equal values exactly theirs; `None` where it is not finite, and for no values.
fn centre(values: impl Iterator<Item = f64>) -> Option<f64> {
    let moments: Moments = values.collect();
    moments.mean().filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::recorded::close;
    use super::*;

    #[test]
    fn a_line_by_hand() {
        // Means 2 and 4; deviations of x -1, 0, 1, of y -3, 1, 2: slope 5 / 2.
        let points = [(1.0, 1.0), (2.0, 5.0), (3.0, 6.0)];
        let line = Line::fit(&points).expect("is defined");
        assert_eq!((line.slope.value, line.intercept.value), (2.5, -1.0));
        assert_eq!(line.residuals(&points).collect::<Vec<_>>(), [-0.5, 1.0, -0.5]);
        // 1.5 left of 14, with one degree of freedom.
        close(line.sd.expect("of three"), 1.5f64.sqrt());
        close(line.r2.expect("y varies"), 12.5 / 14.0);
        close(line.slope.error.expect("of three"), 0.75f64.sqrt());
        close(line.intercept.error.expect("of three"), (1.5 * (1.0 / 3.0 + 2.0f64)).sqrt());
    }

    #[test]
    fn lines_are_those_of_scipy() {
        // scipy 1.17.1, numpy 2.4.6: r = scipy.stats.linregress(x, y); r.intercept,
        // r.intercept_stderr, r.slope, r.stderr, r.rvalue**2; e = y - mean(y) - r.slope * (x - mean(x));
        // s = sqrt(e @ e / (n - 2)); the value at 100 -+ scipy.stats.t.ppf(0.975, n - 2) * s
        //   * sqrt(1 + 1/n + (100 - mean(x))**2 / sum((x - mean(x))**2))
        let matrix = [
            (10.0, 41.2),
            (20.0, 80.1),
            (40.0, 156.3),
            (10.0, 40.7),
            (20.0, 79.5),
            (40.0, 157.9),
            (40.0, 155.2),
        ];
        let far = [(1.0, 1e9 + 1.0), (2.0, 1e9 + 3.0), (3.0, 1e9 + 4.0)];
        let flat = [(5.0, 0.5), (10.0, 0.4), (20.0, 0.7), (40.0, 0.3)];
        for (points, intercept, slope, r2, sd, at_100) in [
            (
                &matrix[..],
                [2.629_268_292_682_937, 0.766_015_595_743_196_7],
                [3.847_195_121_951_219_5, 0.026_611_700_986_377_867],
                0.999_760_821_046_694_7,
                0.910_815_769_436_204_2,
                [387.348_780_487_804_85, 381.684_096_749_133_63, 393.013_464_226_476_06],
            ),
            (
                &far,
                [999_999_999.666_666_6, 0.623_609_564_462_333_5],
                [1.5, 0.288_675_134_594_817_5],
                0.964_285_714_285_713_2,
                0.408_248_290_463_868_8,
                [1_000_000_149.666_666_6, 999_999_790.156_160_2, 1_000_000_509.177_173],
            ),
            (
                &flat,
                [0.556_521_739_130_434_8, 0.165_274_589_641_288_77],
                [-0.004_347_826_086_956_523, 0.007_170_618_479_335_060_5],
                0.155_279_503_105_590_1,
                0.192_240_791_038_557_73,
                [0.121_739_130_434_782_58, -2.550_181_436_728_721, 2.793_659_697_598_286_6],
            ),
        ] {
            let line = Line::fit(points).expect("is defined");
            let t = student_t(0.975, points.len() as f64 - 2.0).expect("is defined");
            for (estimate, [value, error]) in [(line.intercept, intercept), (line.slope, slope)] {
                close(estimate.value, value);
                close(estimate.error.expect("of several"), error);
                let (low, high) = estimate.interval95.expect("of several");
                close(low, value - t * error);
                close(high, value + t * error);
            }
            close(line.r2.expect("y varies"), r2);
            close(line.sd.expect("of several"), sd);
            let one_more = line.predict(100.0).expect("is finite");
            let (low, high) = one_more.interval95.expect("of several");
            [one_more.value, low, high].into_iter().zip(at_100).for_each(|(v, t)| close(v, t));
        }
    }

    #[test]
    fn two_points_are_a_line_without_any_doubt_told() {
        let line = Line::fit(&[(1.0, 3.0), (3.0, 7.0)]).expect("is defined");
        assert_eq!((line.intercept.value, line.slope.value, line.r2), (1.0, 2.0, Some(1.0)));
        assert_eq!((line.sd, line.slope.error, line.slope.interval95), (None, None, None));
        assert_eq!(line.predict(10.0), Some(Prediction { value: 21.0, interval95: None }));
    }

    #[test]
    fn equal_values_lie_on_a_level_line() {
        let line = Line::fit(&[(1.0, 0.1), (2.0, 0.1), (4.0, 0.1)]).expect("is defined");
        assert_eq!((line.slope.value, line.intercept.value, line.r2), (0.0, 0.1, None));
        assert_eq!((line.sd, line.slope.interval95), (Some(0.0), Some((0.0, 0.0))));
        let level = Prediction { value: 0.1, interval95: Some((0.1, 0.1)) };
        assert_eq!(line.predict(1e6), Some(level));
    }

    #[test]
    fn what_has_no_line_is_none() {
        for points in [&[][..], &[(1.0, 1.0)], &[(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]] {
            assert_eq!(Line::fit(points), None, "{points:?}");
        }
        for odd in [f64::NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(Line::fit(&[(1.0, 1.0), (2.0, odd), (3.0, -odd)]), None);
            assert_eq!(Line::fit(&[(1.0, 1.0), (odd, 2.0), (-odd, 2.0)]), None);
        }
        let line = Line::fit(&[(1.0, 3.0), (3.0, 7.0)]).expect("is defined");
        assert_eq!((line.predict(f64::NAN), line.predict(f64::INFINITY)), (None, None));
    }
}
