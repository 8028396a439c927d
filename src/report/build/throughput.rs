//! What the wire carried, against what it can carry and what a path was measured to carry.

use super::super::charts;
use super::super::document::{Block, Section, Table};
use super::super::iperf3::Capacity;
use super::times::name;
use super::{chart, or_dash};
use crate::compare::{Cell, Outcome, Study, windows_differ};
use crate::model::{DEFAULT_MTU, printable};
use crate::units::{BitsPerSec, Seconds, Utilisation};

const MOST_ROWS: usize = 60;

pub fn section(study: &Study, capacities: &[Capacity]) -> Section {
    let known = |outcome: &Outcome| outcome.counts() && outcome.mean.or(outcome.peak).is_some();
    let mut blocks = Vec::new();
    if study.trials.iter().any(known) {
        blocks.push(Block::Table(table(study).without_unknown()));
        blocks.extend(chart(charts::bandwidth(study)));
        blocks.extend(chart(charts::shares(study)));
        blocks.extend(charts::courses(study).into_iter().map(Block::Chart));
    }
    if !capacities.is_empty() {
        blocks.push(Block::Table(paths(study, capacities).without_unknown()));
    }
    Section { title: "Throughput", blocks }
}

fn table(study: &Study) -> Table {
    let mut table =
        Table::new(&["cell", "mean rate>", "peak>", "of attainable>", "full>", "what it says"]);
    for (number, cell) in study.cells.iter().enumerate().take(MOST_ROWS) {
        let outcomes: Vec<&Outcome> =
            cell.trials.iter().map(|trial| &study.trials[*trial]).collect();
        let peaks = outcomes.iter().filter_map(|outcome| outcome.peak);
        let highest = peaks.reduce(f64::max);
        let used = outcomes.iter().filter_map(|outcome| outcome.utilisation()).reduce(f64::max);
        let full: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.saturated).collect();
        let full = (!full.is_empty()).then(|| full.iter().sum::<f64>() / full.len() as f64);
        let doubt = if outcomes.iter().any(|outcome| outcome.impossible) { " !" } else { "" };
        let rate = |rate: f64| BitsPerSec(rate).to_string();
        table.rows.push(vec![
            name(study, cell),
            or_dash(cell.mean.as_ref().map(|spread| rate(spread.summary.mean))),
            or_dash(highest.map(|peak| format!("{}{doubt}", rate(peak)))),
            or_dash(used.map(|used| Utilisation(used).to_string())),
            or_dash(full.map(|share| Utilisation(share).to_string())),
            study.word(number).to_string(),
        ]);
    }
    table.note = format!(
        "Peak is the highest of the cell{}; full is the share of the active time at 95 % of \
         attainable or more; ! is more than the wire can carry.",
        window(study)
    );
    table
}

/// What the peaks are means over.
fn window(study: &Study) -> String {
    let counted = || study.trials.iter().filter(|outcome| outcome.counts());
    match counted().find_map(|outcome| outcome.peak_window) {
        _ if windows_differ(counted()) => ", over windows that differ".into(),
        Some(window) => format!(", over any {}", Seconds(window.as_secs_f64())),
        None => ", over a window that is not known".into(),
    }
}

/// What share of a measured path the trials reached.
fn paths(study: &Study, capacities: &[Capacity]) -> Table {
    let mut table = Table::new(&["cell", "path", "iperf3>", "counted>", "mean rate>", "reached>"]);
    for capacity in capacities {
        for cell in study.cells.iter().take(MOST_ROWS) {
            let mean =
                cell.mean.as_ref().map(|spread: &crate::compare::Spread| spread.summary.mean);
            table.rows.push(path(study, cell, capacity, mean));
        }
        if study.cells.is_empty() {
            let rate = BitsPerSec(capacity.bits_per_s).to_string();
            let file = printable(&capacity.file).into_owned();
            let counted = BitsPerSec(capacity.counted(DEFAULT_MTU)).to_string();
            table.rows.push(vec!["-".into(), file, rate, counted, "-".into(), "-".into()]);
        }
    }
    table.note =
        "iperf3 counts what it carries for its user, the trials count frames: at MTU 1500 a \
                  full path shows up to 4.6 % more there."
            .into();
    table
}

fn path(study: &Study, cell: &Cell, capacity: &Capacity, mean: Option<f64>) -> Vec<String> {
    let counted = capacity.counted(DEFAULT_MTU);
    vec![
        name(study, cell),
        printable(&capacity.file).into_owned(),
        BitsPerSec(capacity.bits_per_s).to_string(),
        BitsPerSec(counted).to_string(),
        or_dash(mean.map(|mean| BitsPerSec(mean).to_string())),
        or_dash(mean.map(|mean| Utilisation(mean / counted).to_string())),
    ]
}
