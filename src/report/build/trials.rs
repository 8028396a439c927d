//! Every trial, and those that are in no cell with why.

use super::super::document::{Block, Section, Table};
use super::{number, or_dash};
use crate::compare::words::place;
use crate::compare::{Outcome, Study};
use crate::model::printable;
use crate::session::TrialState;
use crate::units::{BitsPerSec, Bytes, Seconds};

/// More rows than this are no table that anybody reads; `--format json` has them all.
const MOST_ROWS: usize = 200;

pub fn section(study: &Study) -> Section {
    let mut blocks = Vec::new();
    let counted: Vec<&Outcome> = study.trials.iter().filter(|o| o.counts()).collect();
    if !counted.is_empty() {
        blocks.push(Block::Table(table(&counted).without_unknown()));
    }
    let left_out: Vec<&Outcome> = study.trials.iter().filter(|o| !o.counts()).collect();
    if !left_out.is_empty() {
        blocks.push(Block::Table(left(&left_out)));
    }
    Section { title: "Trials", blocks }
}

fn table(outcomes: &[&Outcome]) -> Table {
    let mut table = Table::new(&[
        "trial",
        "factors",
        "run>",
        "time>",
        "bytes>",
        "mean rate>",
        "peak>",
        "limit",
        "flags",
    ]);
    for outcome in outcomes.iter().take(MOST_ROWS) {
        let rate = |rate: f64| BitsPerSec(rate).to_string();
        let flags = outcome.flags().join(", ");
        let notes: Vec<_> =
            outcome.notes.iter().map(|note| format!("\"{}\"", printable(note))).collect();
        table.rows.push(vec![
            printable(&outcome.id).into_owned(),
            printable(&place(&outcome.factors)).into_owned(),
            outcome.repetition.to_string(),
            Seconds(outcome.duration).to_string(),
            or_dash(outcome.moved.map(|bytes| Bytes(bytes as u64).to_string())),
            or_dash(outcome.mean.map(rate)),
            or_dash(outcome.peak.map(rate)),
            or_dash(outcome.limited_by().map(str::to_owned)),
            [flags, notes.join(" ")].join(" ").trim().to_owned(),
        ]);
    }
    let more = outcomes.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        table.note = format!("{} left out here.", number(more, "more trial"));
    }
    table
}

fn left(outcomes: &[&Outcome]) -> Table {
    let mut table = Table::new(&["in no cell", "factors", "time>", "why"]);
    for outcome in outcomes.iter().take(MOST_ROWS) {
        table.rows.push(vec![
            printable(&outcome.id).into_owned(),
            printable(&place(&outcome.factors)).into_owned(),
            Seconds(outcome.duration).to_string(),
            why(outcome),
        ]);
    }
    let more = outcomes.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        table.note = format!("{} left out here.", number(more, "more"));
    }
    table
}

fn why(outcome: &Outcome) -> String {
    match outcome.state {
        _ if outcome.excluded => {
            let because = outcome.because.as_deref().unwrap_or("no reason given");
            format!("excluded: {}", printable(because))
        }
        TrialState::Open => "still open when the recording ended".into(),
        TrialState::Cancelled => "given up".into(),
        TrialState::Failed => match outcome.exit_status {
            Some(status) => format!("its command failed with {status}"),
            None => "its command failed".into(),
        },
        TrialState::Finished => "it took no time".into(),
    }
}
