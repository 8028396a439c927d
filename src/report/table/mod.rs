//! A table of results made elsewhere, as comma-separated values.
//!
//! The first line names the columns, each further one is a trial; lines that begin with `#` are
//! comments. What is known of a trial stands in known columns, in base units; every other column is
//! a factor. Pure: text in, outcomes out.

mod columns;
mod error;
mod number;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};

pub use error::{Fault, Place, TableError};

use crate::compare::Outcome;
use crate::compare::load::guest_memory;
use crate::measure::counter::is_impossible;
use crate::model::{DEFAULT_MTU, Factors, attainable};
use columns::{Column, Columns, Known};
use error::Wrong;

/// What a table says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// A trial for each row, in order of rows.
    pub outcomes: Vec<Outcome>,
    /// What was taken for granted.
    pub remarks: Vec<String>,
}

/// Reads a table; `name` is what ids begin with, `file` what errors and outcomes name.
///
/// # Errors
/// At the first thing that cannot be meant: nothing is guessed, and no row left out.
pub fn read(text: &[u8], file: &str, name: &str) -> Result<Table, TableError> {
    let text = &*with_line_feeds(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
    let fail = |(place, fault)| TableError { file: file.to_owned(), place, fault };
    check_text(text).map_err(fail)?;
    let mut records = records(text);
    let mut header = StringRecord::new();
    if !next(&mut records, &mut header) {
        return Err(fail((Place::default(), Fault::Empty)));
    }
    let wrong_in =
        |row: &StringRecord, wrong| fail(unless_open(wrong, text, row).at(text, &header, row));
    let columns = Columns::read(&header).map_err(|wrong| wrong_in(&header, wrong))?;
    let mut rows = Rows { columns, file, name, decimals: 0, runs: HashMap::new(), no_mtu: 0 };
    let mut outcomes = Vec::new();
    let (mut row, mut last) = (StringRecord::new(), header.clone());
    while next(&mut records, &mut row) {
        // Spreadsheets leave such rows at the end.
        if !row.iter().all(|cell| cell.trim().is_empty()) {
            let outcome = rows.outcome(&row, outcomes.len() + 1);
            outcomes.push(outcome.map_err(|wrong| wrong_in(&row, wrong))?);
        }
        std::mem::swap(&mut row, &mut last);
    }
    if is_open(text, &last) {
        return Err(wrong_in(&last, open_quote(&last)));
    }
    if outcomes.is_empty() {
        return Err(fail((Place::default(), Fault::NoRows)));
    }
    // Only now is it known how finely durations are written.
    let resolution = 10f64.powi(rows.decimals).recip();
    for outcome in &mut outcomes {
        outcome.resolution = resolution;
    }
    let mut remarks = rows.remarks(outcomes.len());
    remarks.extend(commented(text, &header));
    Ok(Table { outcomes, remarks })
}

/// What rows are read with, and what is counted on the way.
struct Rows<'a> {
    columns: Columns,
    file: &'a str,
    name: &'a str,
    /// Most decimals of a duration so far.
    decimals: i32,
    /// How many rows have had these factors.
    runs: HashMap<Factors, u32>,
    /// Rows with a speed and no MTU.
    no_mtu: usize,
}

impl Rows<'_> {
    fn outcome(&mut self, row: &StringRecord, number: usize) -> Result<Outcome, Wrong> {
        self.columns.check_length(row)?;
        let mut known = [None; Known::COUNT];
        let mut factors = Factors::new();
        for (i, (column, cell)) in self.columns.iter().zip(row).enumerate() {
            let text = cell.trim();
            match column {
                _ if text.is_empty() => {}
                Column::Known(what) => {
                    let value = number::read(text, what.range());
                    known[*what as usize] = Some(value.map_err(|fault| Wrong::cell(i, fault))?);
                }
                Column::Factor(factor) => {
                    factors.insert(factor.clone(), text.to_owned());
                }
            }
        }
        let at = self.columns.duration();
        let known = |what: Known| known[what as usize];
        let duration = known(Known::Duration).ok_or(Wrong::cell(at, Fault::NoValue))?;
        self.decimals = self.decimals.max(number::decimals(&row[at]));
        let repetition = self.repetition(&factors);
        let id = format!("{}#{number}", self.name);
        let mut outcome = Outcome::timed(id, self.file.to_owned(), factors, duration);
        outcome.repetition = repetition;
        outcome.memory = known(Known::Memory).or_else(|| guest_memory(&outcome.factors));
        self.no_mtu += usize::from(known(Known::Speed).is_some() && known(Known::Mtu).is_none());
        carried(&mut outcome, known);
        Ok(outcome)
    }

    fn repetition(&mut self, factors: &Factors) -> u32 {
        if let Some(runs) = self.runs.get_mut(factors) {
            *runs += 1;
            return *runs;
        }
        self.runs.insert(factors.clone(), 1);
        1
    }

    fn remarks(&self, rows: usize) -> Vec<String> {
        match self.no_mtu {
            0 => Vec::new(),
            all if all == rows => vec![format!("MTU is not given: {DEFAULT_MTU} is taken")],
            some => vec![format!(
                "MTU is not given in {some} of {rows} rows: {DEFAULT_MTU} is taken there"
            )],
        }
    }
}

/// What it carried, and what its links could have.
fn carried(outcome: &mut Outcome, known: impl Fn(Known) -> Option<f64>) {
    let bits = |bytes: f64| bytes * 8.0;
    outcome.moved = known(Known::Bytes);
    let over_all = || known(Known::Bytes).map(|bytes| bits(bytes) / outcome.duration);
    outcome.mean = known(Known::Mean).map(bits).or_else(over_all).filter(|mean| mean.is_finite());
    outcome.peak = known(Known::Peak).map(bits);
    let members = known(Known::Members);
    if let Some(speed) = known(Known::Speed) {
        let mtu = known(Known::Mtu).map_or(DEFAULT_MTU, |mtu| mtu as u32);
        let one = attainable(speed, mtu);
        let links = members.unwrap_or(1.0);
        outcome.links = Some(links as usize);
        outcome.member_attainable = Some(one);
        outcome.attainable = Some(one * links);
        outcome.line_rate = Some(speed * links);
    } else {
        outcome.links = members.map(|members| members as usize);
    }
    let possible = |peak| !is_impossible(peak, outcome.attainable);
    outcome.impossible = !outcome.peak.is_none_or(possible);
}

/// Lines that end with carriage returns alone would make one comment of all that follows one.
fn with_line_feeds(text: &[u8]) -> Cow<'_, [u8]> {
    match (memchr::memchr(b'\n', text), memchr::memchr(b'\r', text)) {
        (None, Some(_)) => text.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect(),
        _ => Cow::Borrowed(text),
    }
}

/// A value such as `#1` at a line's begin makes a comment of its row: whoever wrote it is to know.
fn commented(text: &[u8], header: &StringRecord) -> Option<String> {
    let begin = header.position().map_or(0, |position| position.byte() as usize);
    let lines = text[error::record_start(text, begin)..].split(|byte| *byte == b'\n').skip(1);
    let is_row = |line: &&[u8]| {
        let commas = memchr::memchr_iter(b',', line).count();
        line.starts_with(b"#") && commas > 0 && commas + 1 == header.len()
    };
    match lines.filter(is_row).count() {
        0 => None,
        1 => Some("a row begins with # and is taken for a comment".into()),
        n => Some(format!("{n} rows begin with # and are taken for comments")),
    }
}

/// It is text, and its columns are parted by commas.
fn check_text(text: &[u8]) -> Result<(), (Place, Fault)> {
    let at = |offset| Place::line(text, offset);
    if let Some(offset) = memchr::memchr(0, text) {
        return Err((at(offset), Fault::Nul));
    }
    if let Err(error) = std::str::from_utf8(text) {
        return Err((at(error.valid_up_to()), Fault::Encoding));
    }
    let start = error::record_start(text, 0);
    let header = text[start..].split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let parted = |by| memchr::memchr(by, header).is_some();
    match (parted(b','), parted(b';'), parted(b'\t')) {
        (false, true, _) => Err((at(start), Fault::Separator("semicolons"))),
        (false, _, true) => Err((at(start), Fault::Separator("tabs"))),
        _ => Ok(()),
    }
}

fn records(text: &[u8]) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).comment(Some(b'#')).from_reader(text)
}

/// The next record; `false` at the end.
fn next(records: &mut csv::Reader<&[u8]>, into: &mut StringRecord) -> bool {
    records.read_record(into).expect("checked UTF-8 in memory has no bad record")
}

/// An open quotation mark takes the rest of the file into its cell, and is what is wrong then.
fn unless_open(wrong: Wrong, text: &[u8], record: &StringRecord) -> Wrong {
    if is_open(text, record) { open_quote(record) } else { wrong }
}

/// The record takes all that is left because a quotation mark in it is not closed: a line put behind
/// the text belongs to it, too.
fn is_open(text: &[u8], record: &StringRecord) -> bool {
    let start = record.position().map_or(0, |position| position.byte() as usize);
    let probe = [&text[start..], b"\n?"].concat();
    let mut probe = records(&probe);
    let mut record = StringRecord::new();
    next(&mut probe, &mut record) && !next(&mut probe, &mut record)
}

fn open_quote(record: &StringRecord) -> Wrong {
    Wrong::cell(record.len().saturating_sub(1), Fault::OpenQuote)
}
