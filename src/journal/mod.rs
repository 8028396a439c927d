//! Between events and disk: the session stream, JSON Lines in independent zstd frames.

mod frames;
mod record;

pub use frames::FrameWriter;
pub use record::{FORMAT, VERSION, header, read, write_line};

/// Why a stream could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Writing failed.
    #[error("cannot write the session stream")]
    Write(#[source] std::io::Error),
    /// Reading failed.
    #[error("cannot read the session stream")]
    Read(#[source] std::io::Error),
    /// An event that cannot be encoded.
    #[error("cannot encode an event")]
    Encode(#[source] serde_json::Error),
    /// A line that is no event.
    #[error("line {line} is not an event")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Not a stream of ours.
    #[error("this is not a migtop session")]
    Foreign,
    /// A stream of a later version.
    #[error("the session has format version {0}; this migtop reads up to {VERSION}")]
    Future(u32),
}
