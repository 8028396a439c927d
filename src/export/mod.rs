//! A session as a table for other tools: events in, tidy rows out, in constant memory.
//!
//! Two passes over a recording: [`Outline`] takes what can stand behind the samples that it is
//! about (the marks, the names); [`Rows`] makes rows of the samples; a [`Sheet`] writes them. Files
//! and their names are the caller's.

mod csv;
mod jsonl;
mod outline;
mod parquet;
mod rows;
mod stand_ins;

use std::io::{self, Write};

pub use outline::{Outline, TrialSpan};
pub use rows::{COLUMNS, Row, Rows, Settings};
pub use stand_ins::StandIns;

/// How rows are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values (RFC 4180) with a line of names; unknown is an empty field.
    #[default]
    Csv,
    /// One JSON object a line; unknown is `null`.
    JsonLines,
    /// Apache Parquet, columns compressed with zstd; unknown is null.
    Parquet,
}

impl Form {
    /// What a form's files are called; `None` for an ending that says nothing.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// It is not for people's eyes.
    pub fn is_binary(self) -> bool {
        self == Self::Parquet
    }
}

/// Takes rows.
pub trait Sheet {
    /// Writes one.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, row: &Row<'_>) -> Result<(), ExportError>;

    /// Writes what is left, and what stands behind the last row.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A sheet of this form, written to `out`.
///
/// # Errors
/// When its beginning cannot be written.
pub fn sheet<'a>(
    form: Form,
    out: &'a mut (dyn Write + Send),
) -> Result<Box<dyn Sheet + 'a>, ExportError> {
    Ok(match form {
        Form::Csv => Box::new(csv::Csv::new(out)?),
        Form::JsonLines => Box::new(jsonl::JsonLines::new(out)),
        Form::Parquet => Box::new(parquet::Parquet::new(out)?),
    })
}

/// Why a session could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Writing failed.
    #[error("cannot write the rows")]
    Write(#[source] io::Error),
    /// A column could not be made.
    #[error("cannot make a parquet file of the rows")]
    Parquet(#[source] ::parquet::errors::ParquetError),
    /// The wall clock at its start is not as it should be.
    #[error("the session says it started at `{0}`, which is no time")]
    Started(String),
}
