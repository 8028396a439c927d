//! Round rates along an axis, linear or logarithmic.

use crate::plot::scale::round_up;
use crate::units::RateUnit;

/// An axis has about a label in so many rows, and no more labels than these.
const ROWS: u16 = 3;
const LABELS: u16 = 6;
/// Decades on a logarithmic axis, besides the part of one at its upper end.
const DECADES: i32 = 5;
/// Less than this, in bit/s, is drawn as nothing would be.
const LEAST: f64 = 1_000.0;

/// What rates a chart's height stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateAxis {
    /// Rate at the upper edge, bit/s.
    pub top: f64,
    /// What the wire can carry, where it is drawn.
    pub ceiling: Option<f64>,
    marks: Marks,
}

/// Where labels stand, in bit/s.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Marks {
    /// At the multiples of a step.
    Every(f64),
    /// At each power of ten from here on; the axis begins there.
    Decades(f64),
}

impl RateAxis {
    /// From zero to the ceiling, or to a round rate above the highest, in steps that are round in
    /// the unit that is read.
    pub fn linear(most: f64, ceiling: Option<f64>, height: u16, unit: RateUnit) -> Self {
        let one = in_bits(unit);
        let labels = f64::from((height / ROWS).clamp(2, LABELS));
        let highest = ceiling.unwrap_or(0.0).max(most).max(LEAST);
        let step = round_up(highest / labels / one, &[1.0, 2.0, 5.0, 10.0]) * one;
        // A full link reaches the upper edge; without a ceiling the edge is round.
        let round = (highest / step - 1e-9).ceil() * step;
        let top = if ceiling.is_some() { highest } else { round };
        Self { top, ceiling, marks: Marks::Every(step) }
    }

    /// Some decades up to the ceiling, or to the power of ten above the highest rate.
    pub fn logarithmic(most: f64, ceiling: Option<f64>, unit: RateUnit) -> Self {
        let one = in_bits(unit);
        let highest = ceiling.unwrap_or(0.0).max(most).max(LEAST * 10.0);
        let decade = round_up(highest / one, &[1.0, 10.0]) * one;
        let low = (decade / 10f64.powi(DECADES + 1)).max(one * LEAST);
        let top = if ceiling.is_some() { highest } else { decade };
        Self { top, ceiling, marks: Marks::Decades(low) }
    }

    /// Where `rate` lies: 0 at the lower edge, 1 at the upper one, more above it.
    pub fn part(&self, rate: f64) -> f64 {
        match self.marks {
            Marks::Every(_) => rate / self.top,
            Marks::Decades(low) if rate > low => (rate / low).ln() / (self.top / low).ln(),
            Marks::Decades(_) => 0.0,
        }
    }

    /// The row of a plot `height` rows high up to which `rate` fills it; `None` when that is above.
    pub fn row_of(&self, rate: f64, height: u16) -> Option<u16> {
        // The ceiling itself lies in the first row, whatever its rounding.
        let from_below = (self.part(rate) * f64::from(height) - 1e-9).ceil() as u16;
        height.checked_sub(from_below.max(1))
    }

    /// The rate that is written beside a row, if any.
    pub fn mark_at(&self, row: u16, height: u16) -> Option<f64> {
        let mark = |n: u16| match self.marks {
            Marks::Every(step) => step * f64::from(n),
            Marks::Decades(low) => low * 10f64.powi(i32::from(n)),
        };
        let marks = (0..=2 * LABELS).map(mark).take_while(|rate| *rate <= self.top * (1.0 + 1e-9));
        marks.into_iter().find(|rate| self.row_of(*rate, height) == Some(row))
    }
}

/// One of the unit that is read, in bit/s.
fn in_bits(unit: RateUnit) -> f64 {
    match unit {
        RateUnit::Bits => 1.0,
        RateUnit::Bytes => 8.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(axis: RateAxis, height: u16) -> Vec<Option<u64>> {
        (0..height).map(|row| axis.mark_at(row, height).map(|rate| rate.round() as u64)).collect()
    }

    #[test]
    fn steps_are_one_two_or_five() {
        let linear = |most, height| RateAxis::linear(most, None, height, RateUnit::Bits);
        let axis = linear(95e6, 6);
        assert_eq!(
            marks(axis, 6),
            [Some(100_000_000), None, None, Some(50_000_000), None, Some(0)]
        );
        for (most, height, top) in
            [(95e6, 6, 100e6), (1.2e6, 13, 1.5e6), (9e9, 3, 10e9), (0.0, 6, 1_000.0)]
        {
            let axis = linear(most, height);
            assert!((axis.top - top).abs() < 1.0, "{most}: {axis:?}");
        }
    }

    #[test]
    fn bytes_have_round_steps_of_their_own() {
        let axis = RateAxis::linear(9.5e9, None, 6, RateUnit::Bytes);
        assert!((axis.top - 16e9).abs() < 1.0, "2 GB/s: {axis:?}");
        assert_eq!(marks(axis, 4)[1..], [None, Some(8_000_000_000), Some(0)]);
    }

    #[test]
    fn a_full_link_reaches_the_upper_edge() {
        let axis = RateAxis::linear(5e9, Some(9.84e9), 6, RateUnit::Bits);
        assert_eq!((axis.row_of(9.84e9, 6), axis.row_of(11e9, 6)), (Some(0), None));
        let above = RateAxis::linear(10.5e9, Some(9.84e9), 8, RateUnit::Bits);
        assert_eq!((above.row_of(10.5e9, 8), above.row_of(9.84e9, 8)), (Some(0), Some(0)));
    }

    #[test]
    fn decades_are_equally_far_apart() {
        let axis = RateAxis::logarithmic(3e9, None, RateUnit::Bits);
        let rows: Vec<_> =
            [1e10, 1e9, 1e8, 1e7, 1e6].map(|rate| axis.row_of(rate, 12)).into_iter().collect();
        assert_eq!(rows, [Some(0), Some(2), Some(4), Some(6), Some(8)]);
        assert_eq!(axis.mark_at(2, 12), Some(1e9));
        assert_eq!((axis.part(0.0), axis.part(5_000.0)), (0.0, 0.0));
        assert!((0.8..0.95).contains(&axis.part(3e9)));
    }

    proptest::proptest! {
        #[test]
        fn no_rate_and_no_height_has_an_axis_without_marks(
            most in 0.0..1e13f64,
            ceiling in proptest::option::of(1e3..1e12f64),
            height in 1..200u16,
            bytes: bool,
        ) {
            let unit = if bytes { RateUnit::Bytes } else { RateUnit::Bits };
            for axis in [
                RateAxis::linear(most, ceiling, height, unit),
                RateAxis::logarithmic(most, ceiling, unit),
            ] {
                let written = (0..height).filter(|row| axis.mark_at(*row, height).is_some()).count();
                proptest::prop_assert!((1..=13).contains(&written), "{axis:?}");
                proptest::prop_assert!(axis.part(most) <= 1.0 + 1e-9, "{axis:?}");
            }
        }
    }
}
