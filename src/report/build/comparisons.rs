//! Configurations against each other, and how sure the difference is.

use std::fmt::Write as _;

use super::super::document::{Block, Section, Table};
use super::{interval, number, or_dash};
use crate::compare::words::place;
use crate::compare::{Comparison, Study};
use crate::model::printable;

/// More rows than this are no table that anybody reads; `--format json` has them all.
const MOST_ROWS: usize = 40;
/// More runs than this are nobody's plan.
const MOST_RUNS: u32 = 200;

pub fn section(study: &Study) -> Section {
    let mut blocks = Vec::new();
    if !study.comparisons.is_empty() {
        blocks.push(Block::Table(table(study)));
    }
    Section { title: "Comparisons", blocks }
}

fn table(study: &Study) -> Table {
    // Without any test there is nothing to say of one.
    let tested = study.comparisons.iter().any(|comparison| comparison.p.is_some());
    let heads = ["at", "compared", "ratio>", "95 %>", "p, adjusted>", "result"];
    let mut table = Table::new(if tested { &heads } else { &heads[..3] });
    let ratio = |value: f64| format!("{value:.3}");
    for comparison in study.comparisons.iter().take(MOST_ROWS) {
        let name = |cell: usize| printable(&study.cells[cell].configuration).into_owned();
        let mut row = vec![
            printable(&place(&comparison.at)).into_owned(),
            format!("{} / {}", name(comparison.candidate), name(comparison.baseline)),
            or_dash(comparison.ratio.map(|r| ratio(r.value))),
        ];
        if tested {
            row.push(interval(comparison.ratio.and_then(|r| r.interval95), ratio));
            row.push(or_dash(comparison.p_adjusted.map(probability)));
            row.push(result(study, comparison));
        }
        table.rows.push(row);
    }
    let mut note = "Ratio of the mean times: below 1 the first one is faster.".to_owned();
    if !tested {
        note += " Single runs, or runs without any variance, cannot be tested.";
    }
    let more = study.comparisons.len().saturating_sub(MOST_ROWS) + study.pairs_left_out;
    if more > 0 {
        let _ = write!(note, " {} left out here.", number(more, "more comparison"));
    }
    table.note = note;
    table
}

fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

fn result(study: &Study, comparison: &Comparison) -> String {
    let runs = |cell: usize| study.cells[cell].n();
    let faster = comparison.ratio.is_some_and(|ratio| ratio.value < 1.0);
    match (comparison.distinguishable(), comparison.runs_needed) {
        (Some(true), _) if faster => "faster".into(),
        (Some(true), _) => "slower".into(),
        (Some(false), Some(needed)) if needed <= MOST_RUNS => {
            let most = runs(comparison.baseline).max(runs(comparison.candidate));
            match (needed as usize).saturating_sub(most) {
                0 => "not distinguishable".into(),
                more => format!("not distinguishable; {more} more runs each would probably tell"),
            }
        }
        (Some(false), _) => "not distinguishable".into(),
        (None, _) if runs(comparison.baseline).min(runs(comparison.candidate)) < 2 => {
            "single runs: no test".into()
        }
        (None, _) => "no variance: no test".into(),
    }
}
