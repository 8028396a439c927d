//! Round numbers along an axis, and how they are written.

use crate::units::{BitsPerSec, Utilisation};

/// What an axis counts; values are in its base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Seconds, written with minutes and hours from ten minutes on.
    Seconds,
    /// bit/s
    BitsPerSec,
    /// Parts of one, written in percent.
    Share,
    /// A number without a unit.
    Plain,
}

/// Whether an axis must begin at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// It must: what is drawn has a length.
    Zero,
    /// It may begin below the least value when all of them lie close together.
    Free,
}

/// A range that begins and ends at round numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    step: f64,
    quantity: Quantity,
}

/// Beyond this nothing is measured, and arithmetic on it would leave the finite numbers.
const GREATEST: f64 = 1e18;

/// A shorter range is none.
const LEAST: f64 = 1e-12;

/// Values whose spread is a smaller part of the greatest of them lie close together.
const CLOSE: f64 = 0.2;

/// `value` has a place on an axis.
pub fn drawable(value: f64) -> bool {
    value.abs() <= GREATEST
}

/// The least of `steps` (ascending, 1 to 10) times a power of ten that is not below `value`, > 0.
pub fn round_up(value: f64, steps: &[f64]) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    steps.iter().map(|step| step * power).find(|round| *round >= value).unwrap_or(10.0 * power)
}

/// Steps of time that people count in, from one second to a day.
const TIMES: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0,
    18_000.0, 36_000.0, 86_400.0,
];
const DAY: f64 = TIMES[TIMES.len() - 1];

impl Quantity {
    /// `value` with three significant digits, as it is written beside a mark.
    pub fn figure(self, value: f64) -> String {
        match self {
            Self::Seconds => seconds(value, decimals(value)),
            Self::BitsPerSec => BitsPerSec(value).to_string(),
            Self::Share => Utilisation(value).to_string(),
            Self::Plain => trimmed(value, decimals(value)),
        }
    }

    /// `value`, a multiple of `step`, as it is written at an axis; zero needs no unit.
    fn tick(self, value: f64, step: f64) -> String {
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        match self {
            _ if value.abs() < step / 2.0 => "0".into(),
            Self::Seconds => seconds(value, decimals),
            Self::BitsPerSec => rate(value, step),
            Self::Share => format!("{} %", trimmed(value * 100.0, decimals.saturating_sub(2))),
            Self::Plain => trimmed(value, decimals),
        }
    }

    /// A round step not below `least`, > 0.
    fn step(self, least: f64) -> f64 {
        match self {
            Self::Seconds if least > DAY => DAY * one_two_five(least / DAY),
            Self::Seconds if least > 0.5 => {
                TIMES.into_iter().find(|time| *time >= least).unwrap_or(DAY)
            }
            _ => one_two_five(least),
        }
    }
}

fn one_two_five(least: f64) -> f64 {
    round_up(least, &[1.0, 2.0, 5.0, 10.0])
}

impl Scale {
    /// A range around those of `values` that can be drawn, with about `most` round steps in it. Of
    /// no values it is 0 to 1.
    pub fn of(
        quantity: Quantity,
        values: impl Iterator<Item = f64>,
        base: Base,
        most: usize,
    ) -> Self {
        let mut whole = true;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| drawable(*value)) {
            (low, high) = (low.min(value), high.max(value));
            whole &= value.fract() == 0.0;
        }
        let spread = high - low;
        let close = spread > LEAST.max(1e-9 * high) && spread < CLOSE * high;
        if base == Base::Zero || low < 0.0 || !close {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low < LEAST {
            high = low + 1.0;
        }
        let mut step = quantity.step((high - low) / most.max(1) as f64);
        if quantity == Quantity::Plain && whole {
            step = step.max(1.0);
        }
        let low = (low / step + 1e-9).floor() * step;
        let high = (high / step - 1e-9).ceil() * step;
        Self { low, high, step, quantity }
    }

    /// The same with as many steps, 8 at most, as leave each label `measure`'s width when the whole
    /// axis is `length` long.
    pub fn fitting(
        quantity: Quantity,
        values: &(impl Iterator<Item = f64> + Clone),
        base: Base,
        length: f64,
        measure: impl Fn(&str) -> f64,
    ) -> Self {
        let fits = |scale: &Self| {
            let steps = scale.ticks().count() as f64 - 1.0;
            let widest = scale.ticks().map(|(_, label)| measure(&label)).fold(0.0, f64::max);
            steps * widest <= length
        };
        let of = |most| Self::of(quantity, values.clone(), base, most);
        (2..=8).rev().map(of).find(fits).unwrap_or_else(|| of(1))
    }

    /// Round values from the lower to the upper end, with their labels.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let count = ((self.high - self.low) / self.step).round() as usize;
        let (low, step, quantity) = (self.low, self.step, self.quantity);
        (0..=count).map(move |n| {
            let value = low + step * n as f64;
            (value, quantity.tick(value, step))
        })
    }

    /// Where `value` lies, 0 at the lower and 1 at the upper end; never outside.
    pub fn part(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// `value` lies in the range.
    pub fn holds(&self, value: f64) -> bool {
        let slack = (self.high - self.low) * 1e-9;
        (self.low - slack..=self.high + slack).contains(&value)
    }

    /// What must be said of an axis that does not begin at zero; empty otherwise.
    pub fn warning(&self) -> &'static str {
        if self.low > 0.0 { " (does not begin at 0)" } else { "" }
    }
}

/// Decimals that make three significant digits.
fn decimals(value: f64) -> usize {
    match value.abs() {
        x if x < 10.0 => 2,
        x if x < 100.0 => 1,
        _ => 0,
    }
}

/// `value` with at most so many decimals, without zeros at the end.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// From here on seconds are told as minutes and hours, as [`crate::units::Seconds`] does.
const LONG: f64 = 600.0;

/// `20 s`, `80 s`, `15 min`, `2 h 5 min`.
fn seconds(value: f64, decimals: usize) -> String {
    let power = 10f64.powi(decimals as i32);
    let value = (value * power).round() / power;
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    if value < LONG {
        return format!("{sign}{} s", trimmed(value, decimals));
    }
    let (hours, minutes) = ((value / 3600.0).floor(), (value / 60.0).floor() % 60.0);
    let rest = value - (value / 60.0).floor() * 60.0;
    let mut parts = Vec::new();
    if hours > 0.0 {
        parts.push(format!("{hours:.0} h"));
    }
    if minutes > 0.0 {
        parts.push(format!("{minutes:.0} min"));
    }
    if rest >= 0.5 / power {
        parts.push(format!("{} s", trimmed(rest, decimals)));
    }
    format!("{sign}{}", parts.join(" "))
}

/// A rate at an axis: as anywhere, without zeros that the step does not need.
fn rate(value: f64, step: f64) -> String {
    let digits = (value.abs() / step).log10().max(0.0) as usize + 3;
    let text = BitsPerSec(value).written(crate::units::RateUnit::Bits, digits).to_string();
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(quantity: Quantity, values: &[f64], base: Base, most: usize) -> Vec<String> {
        let scale = Scale::of(quantity, values.iter().copied(), base, most);
        scale.ticks().map(|(_, label)| label).collect()
    }

    #[test]
    fn seconds_are_counted_as_people_do() {
        let labels = |values| labels(Quantity::Seconds, values, Base::Free, 4);
        assert_eq!(labels(&[5.0, 80.0]), ["0", "20 s", "40 s", "60 s", "80 s"]);
        assert_eq!(labels(&[0.3, 0.9]), ["0", "0.5 s", "1 s"]);
        assert_eq!(labels(&[60.0, 7000.0]), ["0", "30 min", "1 h", "1 h 30 min", "2 h"]);
        assert_eq!(labels(&[10.0, 3e5]), ["0", "24 h", "48 h", "72 h", "96 h"]);
    }

    #[test]
    fn rates_drop_the_zeros_that_tell_nothing() {
        let labels = |values| labels(Quantity::BitsPerSec, values, Base::Zero, 4);
        assert_eq!(labels(&[9.84e9]), ["0", "5 Gbit/s", "10 Gbit/s"]);
        assert_eq!(
            labels(&[8e8, 1.9e9]),
            ["0", "500 Mbit/s", "1 Gbit/s", "1.5 Gbit/s", "2 Gbit/s"]
        );
    }

    #[test]
    fn plain_and_shares() {
        assert_eq!(labels(Quantity::Plain, &[1.0, 2.0], Base::Free, 6), ["0", "1", "2"]);
        assert_eq!(labels(Quantity::Plain, &[0.5, 1.0], Base::Zero, 2), ["0", "0.5", "1"]);
        assert_eq!(labels(Quantity::Share, &[1.0], Base::Zero, 2), ["0", "50 %", "100 %"]);
    }

    #[test]
    fn an_axis_begins_at_zero_unless_all_values_lie_close_together() {
        let band = [80.25, 80.5, 81.0];
        assert_eq!(
            labels(Quantity::Seconds, &band, Base::Free, 4),
            ["80.2 s", "80.4 s", "80.6 s", "80.8 s", "81 s"]
        );
        let scale = Scale::of(Quantity::Seconds, band.into_iter(), Base::Free, 4);
        assert!(!scale.warning().is_empty());
        for (values, base) in [(&band[..], Base::Zero), (&[80.0], Base::Free), (&[], Base::Free)] {
            let scale = Scale::of(Quantity::Seconds, values.iter().copied(), base, 4);
            assert!(scale.holds(0.0) && scale.warning().is_empty(), "{values:?}");
        }
    }

    #[test]
    fn long_labels_leave_room_for_fewer_steps() {
        let ticks = |length| {
            let values = [80.25, 81.0].into_iter();
            let measure = |label: &str| label.len() as f64 + 2.0;
            Scale::fitting(Quantity::Seconds, &values, Base::Free, length, measure).ticks().count()
        };
        assert_eq!([ticks(100.0), ticks(60.0), ticks(20.0), ticks(0.0)], [9, 5, 3, 2]);
    }

    #[test]
    fn what_cannot_be_drawn_does_not_count() {
        let strange = [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300, 3.0];
        assert_eq!(labels(Quantity::Plain, &strange, Base::Zero, 3), ["0", "1", "2", "3"]);
        assert_eq!(labels(Quantity::Plain, &[f64::NAN], Base::Zero, 3), ["0", "1"]);
    }

    #[test]
    fn no_size_makes_a_scale_without_an_end() {
        for value in [0.0, 5e-324, 1e-300, -1e-300, 1e-9, 1e18, -1e18, 1e300] {
            for quantity in
                [Quantity::Seconds, Quantity::BitsPerSec, Quantity::Share, Quantity::Plain]
            {
                let scale = Scale::of(quantity, [value].into_iter(), Base::Free, 5);
                assert!(scale.ticks().count() < 20, "{value}");
                assert!((0.0..=1.0).contains(&scale.part(value)), "{value}");
                assert!((0.0..=1.0).contains(&scale.part(0.0)), "{value}");
            }
        }
    }

    #[test]
    fn figures_have_three_digits() {
        for (value, text) in [
            (7.0, "7 s"),
            (12.34, "12.3 s"),
            (0.0, "0 s"),
            (59.97, "60 s"),
            (80.54, "80.5 s"),
            (3725.4, "1 h 2 min 5 s"),
            (-2.0, "-2 s"),
        ] {
            assert_eq!(Quantity::Seconds.figure(value), text);
        }
        assert_eq!(Quantity::BitsPerSec.figure(98.44e9), "98.4 Gbit/s");
        assert_eq!(Quantity::Share.figure(0.8874), "88.7 %");
        assert_eq!(Quantity::Plain.figure(20.0), "20");
    }

    #[test]
    fn rounding_up_takes_the_next_step() {
        for (value, round) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (6.0, 10.0), (4e9, 5e9)] {
            assert!((one_two_five(value) - round).abs() < 1e-9 * round, "{value}");
        }
    }
}
