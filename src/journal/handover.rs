//! What the session and the thread that writes hand to each other: lines one way, how far they
//! are safe and what stands in their way the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use crate::model::GapReason;

/// Why nothing is being written right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It was refused, and is tried again: what the system said.
    Refused(String),
    /// It takes longer than the buffer lasts.
    Slow,
    /// Nobody reads any more; it is over.
    ReaderGone,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::Slow => f.write_str("the disk does not keep up"),
            Self::ReaderGone => f.write_str("nobody reads the stream any more"),
        }
    }
}

/// What is handed between the session and the thread that writes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub lines: Vec<u8>,
    /// Bytes of lines ever handed over, and how many of them are safe.
    pub pushed: u64,
    pub safe: u64,
    /// Up to here it is urgent.
    pub wanted: u64,
    /// Who waits for the file's length once so many bytes are safe.
    pub waiting: Vec<(u64, mpsc::Sender<u64>)>,
    /// Of the file, whole frames only.
    pub length: u64,
    pub trouble: Option<Trouble>,
    pub closing: bool,
    pub closed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub state: Mutex<State>,
    pub work: Condvar,
    pub done: Condvar,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a recording in such trouble has gaps.
pub(super) fn why(trouble: Option<&Trouble>) -> Option<GapReason> {
    trouble.map(|trouble| match trouble {
        Trouble::Refused(_) => GapReason::DiskFull,
        Trouble::Slow | Trouble::ReaderGone => GapReason::Stalled,
    })
}
