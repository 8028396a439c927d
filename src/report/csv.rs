//! The cells as comma-separated values, in base units; what is not known is an empty field.

use std::collections::BTreeSet;
use std::io::{self, Write};

use csv::{ErrorKind, Writer};

use crate::compare::{Cell, Spread, Study};
use crate::model::is_formula;

const TIME: [&str; 10] = [
    "n",
    "duration_mean_s",
    "duration_sd_s",
    "duration_ci95_low_s",
    "duration_ci95_high_s",
    "duration_median_s",
    "duration_min_s",
    "duration_max_s",
    "duration_cv",
    "resolution_s",
];
const RATES: [&str; 3] = ["mean_bits_per_s", "peak_bits_per_s", "attainable_bits_per_s"];

/// Writes a row for each cell: its factors, then its figures.
///
/// # Errors
/// When `out` takes no more.
pub fn write(study: &Study, out: impl Write) -> io::Result<()> {
    let mut out = Writer::from_writer(out);
    let factors: BTreeSet<&str> =
        study.cells.iter().flat_map(|cell| cell.factors.keys().map(String::as_str)).collect();
    let heads = factors.iter().map(|name| text(name));
    let heads = heads.chain(TIME.iter().chain(&RATES).map(|name| (*name).to_owned()));
    out.write_record(heads).map_err(refused)?;
    for cell in &study.cells {
        let factor = |name: &&str| text(cell.factors.get(*name).map_or("", String::as_str));
        let figures = figures(study, cell)
            .into_iter()
            .map(|figure| figure.map_or_else(String::new, |figure| figure.to_string()));
        out.write_record(factors.iter().map(factor).chain(figures)).map_err(refused)?;
    }
    out.flush()
}

fn figures(study: &Study, cell: &Cell) -> [Option<f64>; 13] {
    let summary = &cell.duration.summary;
    let mean = |spread: &Option<Spread>| spread.as_ref().map(|spread| spread.summary.mean);
    let attainable = cell.trials.iter().find_map(|trial| study.trials[*trial].attainable);
    [
        Some(summary.n as f64),
        Some(summary.mean),
        summary.sd,
        summary.interval95.map(|(low, _)| low),
        summary.interval95.map(|(_, high)| high),
        Some(summary.median),
        Some(summary.min),
        Some(summary.max),
        summary.cv,
        Some(cell.resolution),
        mean(&cell.mean),
        mean(&cell.peak),
        attainable,
    ]
}

/// A spreadsheet shows it and does not compute it.
fn text(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

fn refused(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
