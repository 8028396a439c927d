//! How long it took: the matrix, every run as a dot, and each cell's figures.

use super::super::document::{Block, Section, Table};
use super::{chart, interval, or_dash};
use crate::compare::words::place;
use crate::compare::{Reason, Study};
use crate::model::{Factors, printable};
use crate::units::Seconds;

/// A matrix is no wider than this.
const MOST_COLUMNS: usize = 8;
/// More cells than this are no table that anybody reads; `--format csv` has them all.
const MOST_ROWS: usize = 60;

pub fn section(study: &Study) -> Section {
    if study.cells.is_empty() {
        return Section { title: "Time", blocks: Vec::new() };
    }
    let mut blocks = Vec::new();
    blocks.extend(matrix(study).map(Block::Table));
    let few = study.cells.len() <= MOST_ROWS;
    blocks.extend(chart(few.then(|| study.times_chart()).flatten()));
    blocks.extend(cells(study).map(Block::Table));
    Section { title: "Time", blocks }
}

/// Configuration by load.
fn matrix(study: &Study) -> Option<Table> {
    if study.configurations.len() > MOST_ROWS {
        return None;
    }
    let mut columns: Vec<Factors> = Vec::new();
    let mut cells: Vec<usize> = (0..study.cells.len()).collect();
    cells.sort_by(|a, b| {
        let key = |cell: usize| study.cells[cell].amount.map_or(f64::INFINITY, |load| load.value);
        let others = |cell: usize| &study.cells[cell].others;
        others(*a).cmp(others(*b)).then(key(*a).total_cmp(&key(*b)))
    });
    for cell in cells {
        let at = study.cells[cell].at(&study.axes);
        if !columns.contains(&at) {
            columns.push(at);
            if columns.len() > MOST_COLUMNS {
                return None;
            }
        }
    }
    let first = study.axes.configuration.as_deref().unwrap_or("");
    let heads = columns.iter().map(|at| {
        let text = printable(&place(at)).into_owned();
        if text.is_empty() { "time>".into() } else { format!("{text}>") }
    });
    let heads: Vec<String> = std::iter::once(printable(first).into_owned()).chain(heads).collect();
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for configuration in &study.configurations {
        let name = printable(&configuration.name).into_owned();
        let cell = |at: &Factors| {
            let of = |c: &&crate::compare::Cell| {
                c.configuration == configuration.name && &c.at(&study.axes) == at
            };
            study.cells.iter().position(|c| of(&c)).map(|number| written(study, number))
        };
        let cells = columns.iter().map(|at| or_dash(cell(at)));
        table.rows.push(std::iter::once(name).chain(cells).collect());
    }
    let star =
        if chosen(study).next().is_some() { "; * is the sweet spot of its load" } else { "" };
    table.note = format!("Mean time, half of its 95 % interval, and the number of runs{star}.");
    Some(table)
}

/// The cells that were chosen from several.
fn chosen(study: &Study) -> impl Iterator<Item = usize> {
    let real = study.sweet_spots.iter().filter(|spot| spot.reason != Reason::OnlyOne);
    real.map(|spot| spot.choice)
}

/// `12.29 s ±0.2 (10)`
fn written(study: &Study, cell: usize) -> String {
    let summary = &study.cells[cell].duration.summary;
    let half = summary.interval95.map(|(low, high)| (high - low) / 2.0);
    let half = half.map_or_else(String::new, |half| format!(" ±{}", Seconds(half)));
    let spot = chosen(study).any(|choice| choice == cell);
    let star = if spot { " *" } else { "" };
    format!("{}{half} ({}){star}", Seconds(summary.mean), summary.n)
}

/// Each cell's figures, where runs were repeated.
fn cells(study: &Study) -> Option<Table> {
    if study.cells.iter().all(|cell| cell.n() < 2) {
        return None;
    }
    let mut table = Table::new(&[
        "cell",
        "n>",
        "mean>",
        "sd>",
        "95 % of the mean>",
        "median>",
        "min>",
        "max>",
        "CV>",
    ]);
    let seconds = |s: f64| Seconds(s).to_string();
    for cell in study.cells.iter().take(MOST_ROWS) {
        let summary = &cell.duration.summary;
        table.rows.push(vec![
            name(study, cell),
            summary.n.to_string(),
            seconds(summary.mean),
            or_dash(summary.sd.map(seconds)),
            interval(summary.interval95, seconds),
            seconds(summary.median),
            seconds(summary.min),
            seconds(summary.max),
            or_dash(summary.cv.map(|cv| format!("{:.1} %", cv * 100.0))),
        ]);
    }
    table.note = remark(study);
    Some(table)
}

fn remark(study: &Study) -> String {
    let far: Vec<String> = study
        .cells
        .iter()
        .flat_map(|cell| &cell.duration.outliers)
        .map(|trial| printable(&study.trials[*trial].id).into_owned())
        .take(MOST_ROWS)
        .collect();
    let far = if far.is_empty() {
        String::new()
    } else {
        format!("Far from the others of their cell, and kept: {}. ", far.join(", "))
    };
    let more = study.cells.len().saturating_sub(MOST_ROWS);
    let more =
        if more > 0 { format!("{more} more cells are left out here.") } else { String::new() };
    (far + &more).trim().to_owned()
}

/// A cell in a row's first column.
pub fn name(study: &Study, cell: &crate::compare::Cell) -> String {
    let at = place(&cell.at(&study.axes));
    let parts = [cell.configuration.as_str(), at.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "all".into() } else { printable(&parts.join(", ")).into_owned() }
}
