//! What is wrong with a table: where, what, and what to do about it.

use std::borrow::Cow;
use std::fmt;

use csv::StringRecord;

use crate::model::printable;

/// A table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{place}: {fault}", printable(file))]
pub struct TableError {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong there.
    pub fault: Fault,
}

/// A place in a file, as exact as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1, comments and empty lines too.
    pub line: Option<usize>,
    /// Counted from 1, with its name.
    pub column: Option<(usize, String)>,
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing but comments.
    #[error("there is no header: the first line names the columns, `duration_s` among them")]
    Empty,
    /// A byte that text does not have.
    #[error("there is a NUL byte, so this is no text; save the table as CSV in UTF-8")]
    Nul,
    /// Not UTF-8.
    #[error("this is not UTF-8; save the table as CSV in UTF-8")]
    Encoding,
    /// Another separator.
    #[error("the columns are parted by {0}; part them by commas, and write decimals as in 7.5")]
    Separator(&'static str),
    /// The one column that must be there is not.
    #[error("there is no column `duration_s`, how long each run took in seconds{}", like(.0.as_ref()))]
    NoDuration(Option<String>),
    /// Nothing below the header.
    #[error("there is no row below the header; each row is one run")]
    NoRows,
    /// A name that stands for two columns.
    #[error("column {0} has this name, too; take one out, or give it a name of its own")]
    Duplicate(usize),
    /// A column without a name.
    #[error("the column has no name; name it, or take it out (a comma at a line's end makes one)")]
    Unnamed,
    /// A known column in other letters.
    #[error("write the name of this column as `{0}`")]
    Misnamed(&'static str),
    /// A known quantity in another unit, or in none.
    #[error("this is known as `{column}`, {unit}; give it so")]
    OtherUnit {
        /// The column to use.
        column: &'static str,
        /// Its unit, in words.
        unit: &'static str,
    },
    /// More cells than columns.
    #[error(
        "the row has {cells} cells and the header {columns}; put a text with a comma into \
         quotation marks, and write decimals as in 7.5"
    )]
    Long {
        /// How many there are.
        cells: usize,
        /// How many there should be.
        columns: usize,
    },
    /// Fewer cells than columns.
    #[error(
        "the row has {cells} of {columns} cells; leave the cell of what is not known \
         empty, and keep its comma"
    )]
    Short {
        /// How many there are.
        cells: usize,
        /// How many there should be.
        columns: usize,
    },
    /// A quotation mark without its partner.
    #[error(
        "a quotation mark is opened and never closed; close it, and double those inside a quoted \
         text"
    )]
    OpenQuote,
    /// A run of which it is not known how long it took.
    #[error("the cell is empty; fill in how long the run took, or take the row out")]
    NoValue,
    /// A comma in a number.
    #[error("`{}` has a comma; write {write}", shown(text))]
    Comma {
        /// The cell.
        text: String,
        /// What is probably meant.
        write: String,
    },
    /// A unit behind the number.
    #[error(
        "`{}` has a unit; write the number alone, in the unit that the column's name says",
        shown(.0)
    )]
    Unit(String),
    /// Text.
    #[error("`{}` is no number; write digits, as in 7.5", shown(.0))]
    NoNumber(String),
    /// Infinite, not a number, or as good as that.
    #[error("`{}` is not finite; write what was measured, below 1e18", shown(.0))]
    NotFinite(String),
    /// Zero, or less.
    #[error("`{}` is not greater than 0; correct it, or take the row out", shown(.0))]
    NotPositive(String),
    /// Less than zero.
    #[error("`{}` is less than 0; correct it, or leave the cell empty", shown(.0))]
    Negative(String),
    /// A count that is none.
    #[error("`{}` is no whole number of 1 or more; correct it, or leave the cell empty", shown(.0))]
    NotWhole(String),
}

/// A fault in a record, before it is known where that stands.
#[derive(Debug)]
pub(super) struct Wrong {
    cell: Option<usize>,
    fault: Fault,
}

impl Wrong {
    /// In a cell, counted from 0.
    pub fn cell(cell: usize, fault: Fault) -> Self {
        Self { cell: Some(cell), fault }
    }

    /// In the record as such.
    pub fn record(fault: Fault) -> Self {
        Self { cell: None, fault }
    }

    /// With its place in the text; quoted cells before it may span lines.
    pub fn at(self, text: &[u8], header: &StringRecord, record: &StringRecord) -> (Place, Fault) {
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let mut place = Place::line(text, record_start(text, start));
        if let Some(cell) = self.cell {
            let before = record.iter().take(cell).map(|text| line_ends(text.as_bytes()));
            place.line = place.line.map(|line| line + before.sum::<usize>());
            place.column = Some((cell + 1, header.get(cell).unwrap_or_default().trim().to_owned()));
        }
        (place, self.fault)
    }
}

impl Place {
    /// The line that a byte stands in.
    pub(super) fn line(text: &[u8], offset: usize) -> Self {
        Self { line: Some(line_ends(&text[..offset]) + 1), column: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        match &self.column {
            Some((number, name)) if name.is_empty() => write!(f, ", column {number}"),
            Some((number, name)) => write!(f, ", column {number} (`{}`)", shown(name)),
            None => Ok(()),
        }
    }
}

/// Where a record really begins: empty lines and comments before it are read with it.
pub(super) fn record_start(text: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = &text[at..];
        at += match rest.first() {
            Some(b'#') => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            Some(b'\n' | b'\r') => 1,
            _ => return at,
        };
    }
}

fn line_ends(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

fn like(name: Option<&String>) -> String {
    match name {
        Some(name) => format!("; `{}` looks like it: if it is in seconds, rename it", shown(name)),
        None => "; add it".to_owned(),
    }
}

/// Longer cells are cut short in messages.
const SHOWN: usize = 40;

/// What stands in a file, fit for a terminal.
fn shown(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text,
    }
}
