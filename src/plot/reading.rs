//! What both renderers read out of a chart: figures, words on hovering, what an axis must hold.

use std::fmt::Write as _;

use super::chart::{
    Axis, BarRow, Bars, Dot, DotRow, Dots, Lines, Point, Rates, Run, ShareRow, Standing,
};
use super::scale::{Quantity, drawable};

impl Standing {
    /// Its name in legends and on hovering; a dot that simply counts needs none.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counted => "one run",
            Self::Outlier => "outlier",
            Self::Excluded => "left out",
        }
    }
}

/// What a bar's looks say when it is impossible.
pub(super) const IMPOSSIBLE: &str = "cannot be";

/// A row of any chart of rows.
pub(super) trait Row {
    /// Within its group.
    fn label(&self) -> &str;
    /// The number written at its end; empty for none.
    fn figure(&self, quantity: Quantity) -> String;
    /// What must be looked at twice.
    fn is_doubtful(&self) -> bool {
        false
    }
}

impl Row for DotRow {
    fn label(&self) -> &str {
        &self.label
    }

    fn figure(&self, quantity: Quantity) -> String {
        let mut values = self.dots.iter().map(|dot| dot.value).filter(|value| drawable(*value));
        let mean = self.mean.filter(|mean| drawable(*mean));
        match (mean, values.next(), values.next()) {
            (Some(value), ..) | (None, Some(value), None) => quantity.figure(value),
            (None, None, _) => "no value".into(),
            _ => String::new(),
        }
    }
}

impl Row for ShareRow {
    fn label(&self) -> &str {
        &self.label
    }

    fn figure(&self, _: Quantity) -> String {
        String::new()
    }
}

impl Row for BarRow {
    fn label(&self) -> &str {
        &self.label
    }

    fn figure(&self, quantity: Quantity) -> String {
        let mark = if self.impossible { " !" } else { "" };
        match self.value.filter(|value| drawable(*value)) {
            Some(value) => format!("{}{mark}", quantity.figure(value)),
            None => "no value".into(),
        }
    }

    fn is_doubtful(&self) -> bool {
        self.impossible
    }
}

impl DotRow {
    /// The values the axis must hold: every dot and the mean, and the interval as far as it does not
    /// make them small (of two runs it can be twenty times as long as they are apart).
    fn reach(&self) -> impl Iterator<Item = f64> + Clone {
        reach(&self.dots, self.mean, self.interval)
    }

    /// On hovering mean and interval.
    pub(super) fn told(&self, name: &str, quantity: Quantity) -> String {
        let mean = self.figure(quantity);
        match self.interval {
            Some((low, high)) => format!("{name}: mean {mean}, {}", interval(low, high, quantity)),
            None => format!("{name}: mean {mean}"),
        }
    }

    /// Mean and interval say something that the dots do not.
    pub(super) fn has_mean(&self) -> bool {
        self.mean.is_some_and(drawable) && (self.dots.len() != 1 || self.interval.is_some())
    }
}

fn reach(
    dots: &[Dot],
    mean: Option<f64>,
    interval: Option<(f64, f64)>,
) -> impl Iterator<Item = f64> + Clone {
    let plain = dots.iter().map(|dot| dot.value).chain(mean).filter(|value| drawable(*value));
    let least = plain.clone().fold(f64::INFINITY, f64::min);
    let most = plain.clone().fold(f64::NEG_INFINITY, f64::max);
    let room = most.abs().max(least.abs()) / 2.0;
    let ends = interval.map(|(low, high)| {
        let low = low.max(least - room);
        [if least >= 0.0 { low.max(0.0) } else { low }, high.min(most + room)]
    });
    plain.chain(ends.into_iter().flatten())
}

fn interval(low: f64, high: f64, quantity: Quantity) -> String {
    format!("95 % interval {} to {}", quantity.figure(low), quantity.figure(high))
}

impl Dots {
    /// The values the axis must hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.groups.iter().flat_map(|group| &group.rows).flat_map(DotRow::reach)
    }

    /// Every dot.
    pub(super) fn dots(&self) -> impl Iterator<Item = &Dot> {
        self.groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.dots)
    }
}

impl Dot {
    /// On hovering.
    pub(super) fn told(&self, name: &str, quantity: Quantity) -> String {
        if !self.hover.is_empty() {
            return self.hover.clone();
        }
        let value = quantity.figure(self.value);
        match self.standing {
            Standing::Counted => format!("{name}: {value}"),
            other => format!("{name}: {value}, {}", other.word()),
        }
    }
}

impl Lines {
    /// How far to the right points and lines go.
    pub(super) fn xs(&self) -> impl Iterator<Item = f64> + Clone {
        let series = || self.series.iter();
        let points = series().flat_map(|line| line.points.iter().map(|point| point.x));
        points.chain(series().flat_map(|line| line.fit.iter().map(|(x, _)| *x)))
    }

    /// How high points, lines and bands are; a band may leave the chart where it would make the
    /// rest small.
    pub(super) fn ys(&self) -> impl Iterator<Item = f64> + Clone {
        let series = || self.series.iter();
        let points = series().flat_map(|line| line.points.iter().map(|point| point.y));
        let plain = points.chain(series().flat_map(|line| line.fit.iter().map(|(_, y)| *y)));
        let most = plain.clone().filter(|y| drawable(*y)).fold(0.0, f64::max);
        let tops = series().flat_map(|line| line.band.iter().map(|edges| edges.high));
        plain.chain(tops.map(move |top| top.min(most * 1.15)))
    }
}

impl Point {
    /// On hovering.
    pub(super) fn told(&self, name: &str, x: &Axis, y: &Axis) -> String {
        if !self.hover.is_empty() {
            return self.hover.clone();
        }
        let (across, up) = (x.quantity.figure(self.x), y.quantity.figure(self.y));
        format!("{name}, {} {across}: {up}", x.label)
    }
}

impl Run {
    /// Beginnings and means of at most `most` spans of equal length, from the first to the last
    /// rate. A span is a gap when more of it is missing than not.
    pub(super) fn spans(&self, most: usize) -> impl Iterator<Item = (f64, Option<f64>)> {
        let many = self.rates.len().div_ceil(most.max(1)).max(1);
        let length = self.step * many as f64;
        self.rates.chunks(many).enumerate().map(move |(n, rates)| {
            let known = rates.iter().flatten().copied().filter(|rate| drawable(*rate));
            let (count, sum) = known.fold((0, 0.0), |(n, sum), rate| (n + 1, sum + rate));
            let is_known = count > 0 && count * 2 >= rates.len();
            (self.start + length * n as f64, is_known.then(|| sum / count as f64))
        })
    }

    /// When its last rate ends.
    pub(super) fn end(&self) -> f64 {
        self.start + self.step * self.rates.len() as f64
    }

    /// It has a time to be drawn at.
    pub(super) fn is_placed(&self) -> bool {
        drawable(self.start) && drawable(self.end()) && self.step > 0.0
    }
}

impl Rates {
    /// The runs that can be drawn, with their places in the legend.
    pub(super) fn placed(&self) -> impl Iterator<Item = (usize, &Run)> + Clone {
        self.runs.iter().enumerate().filter(|(_, run)| run.is_placed())
    }

    /// The times the axis must hold.
    pub(super) fn xs(&self) -> impl Iterator<Item = f64> + Clone {
        self.placed().flat_map(|(_, run)| [run.start, run.end()])
    }

    /// The rates the axis must hold: the ceiling is one of them while it leaves the runs a fifth of
    /// the height.
    pub(super) fn ys(&self) -> impl Iterator<Item = f64> + Clone {
        let rates = self.runs.iter().flat_map(|run| run.rates.iter().flatten().copied());
        let most = rates.clone().filter(|rate| drawable(*rate)).fold(0.0, f64::max);
        let near = move |level: f64| level <= 5.0 * most || most <= 0.0;
        let ceiling = self.ceiling.iter().map(|level| level.value);
        rates.chain(ceiling.filter(move |level| near(*level)))
    }
}

impl ShareRow {
    /// Each member's share of the whole, 0 to 1; none when there is no whole.
    pub(super) fn shares(&self, members: usize) -> Option<Vec<f64>> {
        let part = |n: usize| self.amounts.get(n).copied().filter(|a| drawable(*a) && *a > 0.0);
        let parts: Vec<f64> = (0..members).map(|n| part(n).unwrap_or(0.0)).collect();
        let whole: f64 = parts.iter().sum();
        (whole > 0.0).then(|| parts.iter().map(|part| part / whole).collect())
    }
}

impl Bars {
    /// The values the axis must hold.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        rows.flat_map(|row| reach(&row.dots, row.value, row.interval).chain(row.ideal))
    }

    /// Some row is impossible.
    pub(super) fn has_impossible(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.rows).any(|row| row.impossible)
    }

    /// Some row has an ideal.
    pub(super) fn has_ideal(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.rows).any(|row| row.ideal.is_some())
    }
}

impl BarRow {
    /// On hovering.
    pub(super) fn told(&self, name: &str, bars: &Bars) -> String {
        if !self.hover.is_empty() {
            return self.hover.clone();
        }
        let quantity = bars.axis.quantity;
        // A string takes anything.
        let mut text = format!("{name}: {}", self.figure(quantity));
        if let (Some(value), Some(ideal)) = (self.value, self.ideal.filter(|ideal| *ideal > 0.0)) {
            let share = Quantity::Share.figure(value / ideal);
            let _ = write!(text, ", {share} of {} {}", quantity.figure(ideal), bars.ideal);
        }
        if let Some((low, high)) = self.interval {
            let _ = write!(text, ", {}", self::interval(low, high, quantity));
        }
        if self.impossible {
            let _ = write!(text, "; {IMPOSSIBLE}");
        }
        text
    }
}

/// A row's name outside of its group.
pub(super) fn full_name(group: &str, label: &str) -> String {
    match (group, label) {
        ("", name) | (name, "") => name.to_owned(),
        (group, label) => format!("{group}, {label}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::chart::Level;

    fn run(rates: &[Option<f64>]) -> Run {
        Run { name: "run 1".into(), start: 2.0, step: 0.5, rates: rates.to_vec() }
    }

    #[test]
    fn many_rates_become_means_of_equal_spans_and_gaps_stay() {
        let run = run(&[Some(2.0), Some(4.0), None, None, Some(8.0), None, Some(1.0)]);
        let spans: Vec<_> = run.spans(4).collect();
        assert_eq!(spans, [(2.0, Some(3.0)), (3.0, None), (4.0, Some(8.0)), (5.0, Some(1.0))]);
        assert!((run.end() - 5.5).abs() < 1e-12);
        assert_eq!(self::run(&[]).spans(4).count(), 0);
    }

    #[test]
    fn a_wide_interval_does_not_make_the_dots_small() {
        let dots = [40.0, 42.0].map(|value| Dot { value, ..Dot::default() });
        let row = DotRow {
            dots: dots.into(),
            mean: Some(41.0),
            interval: Some((28.3, 153.7)),
            ..DotRow::default()
        };
        let values: Vec<_> = row.reach().collect();
        assert_eq!(values, [40.0, 42.0, 41.0, 28.3, 63.0]);
    }

    #[test]
    fn a_row_ends_with_its_mean_or_its_only_value() {
        let row = |mean, dots: &[f64]| DotRow {
            dots: dots.iter().map(|value| Dot { value: *value, ..Dot::default() }).collect(),
            mean,
            ..DotRow::default()
        };
        for (row, figure) in [
            (row(Some(2.0), &[1.0, 3.0]), "2 s"),
            (row(None, &[1.0]), "1 s"),
            (row(None, &[1.0, 3.0]), ""),
            (row(Some(f64::NAN), &[]), "no value"),
        ] {
            assert_eq!(row.figure(Quantity::Seconds), figure);
        }
    }

    #[test]
    fn shares_are_of_what_was_carried_and_nothing_carried_has_none() {
        let row = |amounts: &[f64]| ShareRow { label: String::new(), amounts: amounts.into() };
        assert_eq!(row(&[3.0, 1.0]).shares(2), Some(vec![0.75, 0.25]));
        assert_eq!(row(&[3.0, f64::NAN]).shares(3), Some(vec![1.0, 0.0, 0.0]));
        assert_eq!(row(&[0.0]).shares(2), None);
        assert_eq!(row(&[]).shares(0), None);
    }

    #[test]
    fn a_far_ceiling_is_left_outside() {
        let axis = |quantity| Axis { label: String::new(), quantity };
        let mut rates = Rates {
            x: axis(Quantity::Seconds),
            y: axis(Quantity::BitsPerSec),
            runs: vec![run(&[Some(1e9)])],
            ceiling: Some(Level { label: String::new(), value: 4e11 }),
        };
        assert_eq!(rates.ys().collect::<Vec<_>>(), [1e9]);
        rates.runs[0].rates = vec![Some(1e11)];
        assert_eq!(rates.ys().collect::<Vec<_>>(), [1e11, 4e11]);
    }

    #[test]
    fn hovering_says_what_the_caller_said_else_label_and_value() {
        let mut dot = Dot { value: 21.0, standing: Standing::Excluded, ..Dot::default() };
        assert_eq!(
            dot.told("1x10GbE, 20 VMs", Quantity::Seconds),
            "1x10GbE, 20 VMs: 21 s, left out"
        );
        dot.hover = "trial 3".into();
        assert_eq!(dot.told("1x10GbE, 20 VMs", Quantity::Seconds), "trial 3");
    }
}
