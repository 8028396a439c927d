//! Marks: named instants, set by people and programs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::nanos;

/// What was varied: `config=2x10GbE`, `vms=20`. Values are kept as given.
pub type Factors = BTreeMap<String, String>;

/// What a mark does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkKind {
    /// A trial begins.
    Start,
    /// The running trial ends.
    Stop,
    /// The running trial is given up; it is kept, and enters no comparison.
    Cancel,
    /// A remark.
    Note,
    /// The last mark not yet undone is undone.
    Undo,
    /// A trial's edges, factors or standing are corrected afterwards.
    Edit,
}

/// Who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkBy {
    /// A key in the live view.
    Key,
    /// A request on the control socket.
    Socket,
    /// A wrapped command.
    Run,
    /// The traffic itself.
    Auto,
}

/// A mark as it stands in the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When, since session start; the counters beside it were read then.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// What it does.
    #[serde(rename = "mark")]
    pub kind: MarkKind,
    /// The trial it belongs to, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
    /// Factors of the trial; `None` leaves them as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Factors>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of an edit: where the trial begins instead of at its start mark.
    #[serde(
        default,
        rename = "start_ns",
        with = "nanos::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start: Option<Duration>,
    /// Of an edit: where the trial ends instead of at its stop mark.
    #[serde(
        default,
        rename = "stop_ns",
        with = "nanos::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub stop: Option<Duration>,
    /// Of an edit: the trial enters no comparison, or does again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<bool>,
    /// Of an edit: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Of a stop: how the wrapped command ended, 128 + its number for a signal as shells say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// Who set it.
    pub by: MarkBy,
}

impl Mark {
    /// A mark that says no more than what it does and who set it; its time is the reading's.
    pub fn new(kind: MarkKind, by: MarkBy) -> Self {
        Self {
            at: Duration::ZERO,
            kind,
            trial: None,
            set: None,
            text: None,
            start: None,
            stop: None,
            excluded: None,
            because: None,
            exit_status: None,
            by,
        }
    }
}

/// A trial that is to be marked without anybody's hand: when, and what it varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTrial {
    /// From its start to its stop, since session start.
    pub during: Range<Duration>,
    /// Its factors.
    pub set: Factors,
}
