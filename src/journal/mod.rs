//! Between events and disk: the session stream, JSON Lines, plain or in independent zstd frames.

mod append;
mod extract;
mod fdsync;
mod frames;
mod handover;
mod reader;
mod record;
mod recorder;
mod sample_line;
mod shelf;
mod sink;
mod thinner;
mod writer;

pub use append::append_marks;
pub use extract::Extract;
pub use frames::Packer;
pub use handover::Trouble;
pub use reader::{Position, Reader, Recovery, Skip};
pub use record::{FORMAT, TOOL, VERSION, header, parse_line, write_line};
pub use recorder::Recorder;
pub use shelf::{Entry, Limits, Shelf, is_locked};
pub use sink::Sink;

use crate::model::Misread;

/// How lines stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are: `.jsonl`.
    Lines,
    /// In independent zstd frames: `.jsonl.zst`.
    Frames,
}

impl Form {
    /// The form that a file's name asks for.
    pub fn of(path: &std::path::Path) -> Self {
        match path.extension() {
            Some(extension) if extension == "zst" => Self::Frames,
            _ => Self::Lines,
        }
    }

    /// How names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Lines => ".jsonl",
            Self::Frames => ".jsonl.zst",
        }
    }
}

/// Why a stream could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file could not be made.
    #[error("cannot record into {path}")]
    Create {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is there, and may hold something.
    #[error("{0} exists already; --force replaces it")]
    Exists(String),
    /// Another migtop writes the file.
    #[error("{0} is being recorded by a running migtop")]
    Busy(String),
    /// A file could not be opened.
    #[error("cannot open {path}")]
    Open {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Writing failed.
    #[error("cannot write the session stream")]
    Write(#[source] std::io::Error),
    /// Reading failed.
    #[error("cannot read the session stream")]
    Read(#[source] std::io::Error),
    /// An event that cannot be encoded.
    #[error("cannot encode an event")]
    Encode(#[source] serde_json::Error),
    /// A line that is no event, with more behind it.
    #[error("line {line} (at byte {offset}) is damaged; --salvage reads around it")]
    Line {
        /// Counted from 1.
        line: u64,
        /// Of the line, or of the frame that it is in.
        offset: u64,
        /// What is wrong with it.
        #[source]
        source: Misread,
    },
    /// A second first line, or time that runs backwards.
    #[error(
        "line {line} (at byte {offset}) begins another session or goes back in time; --salvage \
         reads what is before it"
    )]
    Anew {
        /// Counted from 1.
        line: u64,
        /// Of the line, or of the frame that it is in.
        offset: u64,
    },
    /// A frame that cannot be decompressed, with more behind it.
    #[error("the frame at byte {offset} is damaged, behind line {line}; --salvage reads around it")]
    Frame {
        /// The last line before it.
        line: u64,
        /// Where the frame begins.
        offset: u64,
    },
    /// Nothing was recorded before the crash.
    #[error("the recording has no complete line")]
    Empty,
    /// It cannot be gone back in.
    #[error("{0} is a pipe; write it to a file first")]
    Pipe(String),
    /// Ours but for its first line.
    #[error(
        "the first line is damaged, and with it the host, the start and the interval; it cannot be \
         read"
    )]
    Headless,
    /// Not a stream of ours.
    #[error("this is not a migtop session")]
    Foreign,
    /// A stream of a later version.
    #[error("the session has format version {0}; this migtop reads up to {VERSION}")]
    Future(u32),
}
