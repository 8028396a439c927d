//! Mean and spread of values that pass by.

/// Running mean and sum of squared deviations, in the unit of the values pushed.
///
/// B. P. Welford, Technometrics 4 (1962) 419: one deviation is taken from the old mean, the other
/// from the new one, so that large values with a small spread lose no digits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    n: usize,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// Takes one value in.
    pub fn push(&mut self, x: f64) {
        self.n += 1;
        let from_old = x - self.mean;
        self.mean += from_old / self.n as f64;
        self.m2 += from_old * (x - self.mean);
    }

    /// How many there were.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Arithmetic mean; `None` for no values.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// Sample standard deviation (divided by n - 1); `None` for fewer than two values.
    pub fn sd(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.m2 / (self.n - 1) as f64).sqrt())
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|x| moments.push(x));
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_three_have_a_deviation_of_root_two() {
        let moments: Moments = [1.0, 3.0].into_iter().collect();
        assert_eq!((moments.n(), moments.mean(), moments.sd()), (2, Some(2.0), Some(2f64.sqrt())));
    }

    #[test]
    fn too_few_values_have_no_mean_or_no_spread() {
        let mut moments = Moments::default();
        assert_eq!((moments.n(), moments.mean(), moments.sd()), (0, None, None));
        moments.push(7.5);
        assert_eq!((moments.n(), moments.mean(), moments.sd()), (1, Some(7.5), None));
    }
}
