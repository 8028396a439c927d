//! What a chart holds: rows or series of numbers, and the words beside them.

use super::scale::Quantity;

/// One chart, ready to be drawn by either renderer.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What is shown, in a few words.
    pub title: String,
    /// What is to be seen, in one sentence, for those who cannot see it.
    pub summary: String,
    /// The marks.
    pub plot: Plot,
}

/// The kinds of charts.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// Every repetition as a dot, with mean and interval, a row a cell.
    Dots(Dots),
    /// Measured points with a fitted line and its band.
    Lines(Lines),
    /// Rates over time.
    Rates(Rates),
    /// Shares of a whole, a row a whole.
    Shares(Shares),
    /// Values against what could be had.
    Bars(Bars),
}

/// What runs along an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Its name, without the unit: tick labels carry that.
    pub label: String,
    /// Its unit.
    pub quantity: Quantity,
}

/// Rows that belong together, such as one configuration under several loads.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<R> {
    /// Written above its rows; empty for none.
    pub name: String,
    /// From above to below.
    pub rows: Vec<R>,
}

/// Repetitions by row along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Dots {
    /// Along the rows.
    pub axis: Axis,
    /// From above to below.
    pub groups: Vec<Group<DotRow>>,
}

/// The repetitions of one cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DotRow {
    /// Within its group.
    pub label: String,
    /// The repetitions.
    pub dots: Vec<Dot>,
    /// Of those that count.
    pub mean: Option<f64>,
    /// 95 % interval of the mean, lower end first.
    pub interval: Option<(f64, f64)>,
}

/// One repetition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dot {
    /// In the axis's unit.
    pub value: f64,
    /// Whether it counts.
    pub standing: Standing,
    /// Shown on hovering; empty for label and value.
    pub hover: String,
}

/// Whether a repetition counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standing {
    /// As any other.
    #[default]
    Counted,
    /// Counted, and far from the others.
    Outlier,
    /// Left out of mean and interval.
    Excluded,
}

/// Points, lines and bands of several series.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// At most [`SERIES`] are told apart.
    pub series: Vec<Line>,
}

/// So many series have looks of their own; the next one looks like the first.
pub const SERIES: usize = 8;

/// One series of a [`Lines`] chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// In the legend.
    pub name: String,
    /// What was measured.
    pub points: Vec<Point>,
    /// The fitted line's corners, from left to right; two suffice for a straight one.
    pub fit: Vec<(f64, f64)>,
    /// The prediction's edges, from left to right.
    pub band: Vec<Edges>,
    /// Shown on hovering the line; empty for the name.
    pub hover: String,
}

/// One measured point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Point {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// Shown on hovering; empty for series and values.
    pub hover: String,
}

/// Lower and upper edge of a band at `x`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Edges {
    /// Across.
    pub x: f64,
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
}

/// Several runs' rates over the time since each one's start.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Time.
    pub x: Axis,
    /// Rate.
    pub y: Axis,
    /// One line each.
    pub runs: Vec<Run>,
    /// A line across, such as what the link can carry.
    pub ceiling: Option<Level>,
}

/// The rates of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// In the legend.
    pub name: String,
    /// When its first rate begins, in seconds.
    pub start: f64,
    /// How long each rate held, in seconds, > 0.
    pub step: f64,
    /// Mean rates of the steps; `None` is a gap.
    pub rates: Vec<Option<f64>>,
}

/// A value worth a line across the chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What it is.
    pub label: String,
    /// Where it is.
    pub value: f64,
}

/// Who carried how much of each row's whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// What is shared, such as "bytes sent".
    pub label: String,
    /// Who shares; a row's amounts stand in this order.
    pub members: Vec<String>,
    /// From above to below.
    pub groups: Vec<Group<ShareRow>>,
}

/// One whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShareRow {
    /// Within its group.
    pub label: String,
    /// A member's part each, in any one unit, >= 0.
    pub amounts: Vec<f64>,
}

/// Values by row, each against its own ideal.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Along the rows, from zero.
    pub axis: Axis,
    /// What the ideal is, such as "attainable".
    pub ideal: String,
    /// From above to below.
    pub groups: Vec<Group<BarRow>>,
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarRow {
    /// Within its group.
    pub label: String,
    /// The bar's length.
    pub value: Option<f64>,
    /// 95 % interval of the value, lower end first.
    pub interval: Option<(f64, f64)>,
    /// The repetitions behind it.
    pub dots: Vec<Dot>,
    /// What could be had.
    pub ideal: Option<f64>,
    /// It cannot be: drawn so that nobody takes it for a result.
    pub impossible: bool,
    /// Shown on hovering; empty for label, value and ideal.
    pub hover: String,
}
