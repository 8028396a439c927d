//! The charts that only a report has; [`Study`] draws those that the screen shows as well.

use crate::compare::load::Unit;
use crate::compare::words::place;
use crate::compare::{Cell, Outcome, Study, TimeModel};
use crate::model::printable;
use crate::plot::Chart;
use crate::plot::chart::{
    Axis, BarRow, Bars, Dot, Edges, Group, Line, Lines, Plot, Point, ShareRow, Shares, Standing,
};
use crate::plot::scale::Quantity;
use crate::units::{BitsPerSec, Seconds};

/// A fitted line's band is drawn through so many points.
const CORNERS: u32 = 24;
/// Courses of more cells than this are no picture.
const COURSES: usize = 12;
/// Rows of a chart that can still be read.
const MOST_ROWS: usize = 60;

/// Time over load with each configuration's line.
pub fn models(study: &Study) -> Option<Chart> {
    // A line that does not rise says nothing.
    let first = study.models.iter().find(|model| model.grows())?;
    let unit = first.unit;
    let series: Vec<Line> = study
        .models
        .iter()
        .filter(|model| model.unit == unit)
        .map(|model| line(study, model))
        .collect();
    let load = study.axes.load.as_deref().unwrap_or("load");
    // Sizes are drawn in GiB: an axis of bytes would count in billions.
    let label = match unit {
        Unit::Each => printable(load).into_owned(),
        Unit::Octets => format!("{}, GiB", printable(load)),
    };
    Some(Chart {
        title: "Time over load".into(),
        summary: "Measured times, the straight line through them, and the band in which a new run \
                  is expected with 95 %, for each configuration."
            .into(),
        plot: Plot::Lines(Lines {
            x: Axis { label, quantity: Quantity::Plain },
            y: Axis { label: "time".into(), quantity: Quantity::Seconds },
            series,
        }),
    })
}

fn line(study: &Study, model: &TimeModel) -> Line {
    let scale = match model.unit {
        Unit::Each => 1.0,
        Unit::Octets => f64::from(1 << 30),
    };
    let (least, most) = model.measured();
    let most = model.predictions.iter().map(|p| p.load).fold(most, f64::max);
    let at = |i: u32| least + (most - least) * f64::from(i) / f64::from(CORNERS);
    let predicted = (0..=CORNERS).filter_map(|i| Some((at(i), model.line.predict(at(i))?)));
    let point = |(trial, load, seconds): &(usize, f64, f64)| {
        let outcome = &study.trials[*trial];
        Point { x: load / scale, y: *seconds, hover: hover(outcome, &Seconds(*seconds)) }
    };
    let (fixed, each) = (model.line.intercept.value, model.line.slope.value * scale);
    Line {
        name: model.name(),
        points: model.points.iter().map(point).collect(),
        fit: predicted.clone().map(|(x, prediction)| (x / scale, prediction.value)).collect(),
        band: predicted
            .filter_map(|(x, prediction)| {
                let (low, high) = prediction.interval95?;
                Some(Edges { x: x / scale, low: low.max(0.0), high })
            })
            .collect(),
        hover: format!("{}: {} + {} for each", place(&model.at), Seconds(fixed), Seconds(each)),
    }
}

/// Peaks, or means where no peak is known, against what the wire can carry.
pub fn bandwidth(study: &Study) -> Option<Chart> {
    let with_peaks = study.trials.iter().any(|outcome| outcome.counts() && outcome.peak.is_some());
    let rate = |outcome: &Outcome| if with_peaks { outcome.peak } else { outcome.mean };
    if !study.trials.iter().any(|outcome| outcome.counts() && rate(outcome).is_some()) {
        return None;
    }
    let groups = grouped(study, |number, cell| {
        let outcomes: Vec<&Outcome> =
            cell.trials.iter().map(|trial| &study.trials[*trial]).collect();
        let impossible = with_peaks && outcomes.iter().any(|outcome| outcome.impossible);
        let dots: Vec<Dot> =
            outcomes.iter().filter_map(|outcome| Some(dot(outcome, rate(outcome)?))).collect();
        // Of peaks the highest is told, as in the table; of means their mean.
        let values = dots.iter().map(|dot| dot.value);
        let mean = cell.mean.as_ref().filter(|_| !with_peaks).map(|spread| &spread.summary);
        let value = if with_peaks { values.reduce(f64::max) } else { mean.map(|mean| mean.mean) };
        BarRow {
            label: label(study, number),
            value,
            interval: mean.and_then(|mean| mean.interval95),
            dots: if dots.len() > 1 { dots } else { Vec::new() },
            ideal: outcomes.iter().find_map(|outcome| outcome.attainable),
            impossible,
            hover: String::new(),
        }
    })?;
    let what = if with_peaks { "highest peak" } else { "mean rate" };
    let axis = Axis { label: what.into(), quantity: Quantity::BitsPerSec };
    Some(Chart {
        title: if with_peaks { "Peaks against the wire" } else { "Mean rates against the wire" }
            .into(),
        summary: "The rate of each cell beside what the wire can carry; rates above it cannot be."
            .into(),
        plot: Plot::Bars(Bars { axis, ideal: "attainable".into(), groups }),
    })
}

/// Who carried how much, where members were read.
pub fn shares(study: &Study) -> Option<Chart> {
    let teams = || study.trials.iter().filter(|o| o.counts() && o.members.len() > 1);
    let mut members: Vec<String> = Vec::new();
    for member in teams().flat_map(|outcome| &outcome.members) {
        if !members.contains(&member.interface) {
            members.push(member.interface.clone());
        }
    }
    if members.is_empty() {
        return None;
    }
    let amount = |cell: &Cell, name: &String| {
        let outcomes = cell.trials.iter().map(|trial| &study.trials[*trial]);
        let of = |outcome: &Outcome| {
            let direction = outcome.direction?;
            let member = outcome.members.iter().find(|member| &member.interface == name)?;
            Some(member.bytes[direction] as f64)
        };
        outcomes.filter_map(of).sum::<f64>()
    };
    let mut groups = grouped(study, |number, cell| ShareRow {
        label: label(study, number),
        amounts: members.iter().map(|name| amount(cell, name)).collect(),
    })?;
    for group in &mut groups {
        group.rows.retain(|row| row.amounts.iter().any(|amount| *amount > 0.0));
    }
    groups.retain(|group| !group.rows.is_empty());
    let members = members.iter().map(|name| printable(name).into_owned()).collect();
    Some(Chart {
        title: "Share of each member".into(),
        summary: "How the bytes of each cell's trials were spread over the members.".into(),
        plot: Plot::Shares(Shares { label: "bytes".into(), members, groups }),
    })
}

/// Throughput over time of each cell's trials, all from their start; none where there are too many
/// cells.
pub fn courses(study: &Study) -> Vec<Chart> {
    let chart = |cell: &Cell| {
        let id = |trial: usize| printable(&study.trials[trial].id).into_owned();
        let chart = study.rates_chart(&cell.trials, id)?;
        let name = printable(&place(&cell.factors)).into_owned();
        let name = if name.is_empty() { "all trials".into() } else { name };
        Some(Chart { title: format!("Throughput over time: {name}"), ..chart })
    };
    let charts: Vec<Chart> = study.cells.iter().filter_map(chart).take(COURSES + 1).collect();
    if charts.len() > COURSES { Vec::new() } else { charts }
}

/// A row for each cell, grouped by configuration.
fn grouped<R>(study: &Study, row: impl Fn(usize, &Cell) -> R) -> Option<Vec<Group<R>>> {
    if study.cells.is_empty() || study.cells.len() > MOST_ROWS {
        return None;
    }
    let mut groups: Vec<Group<R>> = Vec::new();
    let mut of: Option<&str> = None;
    for (number, cell) in study.cells.iter().enumerate() {
        if of != Some(cell.configuration.as_str()) {
            let name = printable(&cell.configuration).into_owned();
            groups.push(Group { name, rows: Vec::new() });
            of = Some(&cell.configuration);
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(row(number, cell));
        }
    }
    Some(groups)
}

/// A cell within its configuration.
fn label(study: &Study, cell: usize) -> String {
    printable(&place(&study.cells[cell].at(&study.axes))).into_owned()
}

fn dot(outcome: &Outcome, value: f64) -> Dot {
    let hover = hover(outcome, &BitsPerSec(value));
    Dot { value, standing: Standing::Counted, hover }
}

fn hover(outcome: &Outcome, value: &dyn std::fmt::Display) -> String {
    format!("{}: {value}", printable(&outcome.id))
}
