//! What happened besides traffic, in plain words, with its time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{Interface, Kind, printable};

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Figures may be touched by it.
    Warning,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Duration,
    /// How much it matters.
    pub severity: Severity,
    /// What, in one line, printable.
    pub text: String,
    /// Name of the interface whose state it tells: a later one tells another.
    pub about: Option<String>,
}

/// The latest notices; bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notices(VecDeque<Notice>);

const KEPT: usize = 256;

impl Notices {
    pub fn push(&mut self, at: Duration, severity: Severity, text: impl Into<String>) {
        self.push_about(None, at, severity, text);
    }

    pub fn push_about(
        &mut self,
        about: Option<String>,
        at: Duration,
        severity: Severity,
        text: impl Into<String>,
    ) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        let text = printable(&text.into()).into_owned();
        self.0.push_back(Notice { at, severity, text, about });
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.0.iter()
    }
}

/// Says what changed between two states of one interface's facts; nothing for changes that no
/// figure depends on.
pub(super) fn describe_change(
    old: Option<&Interface>,
    new: Option<&Interface>,
) -> Option<(Severity, String)> {
    match (old, new) {
        (None, Some(new)) => Some((Severity::Info, format!("{} appeared", new.name))),
        (Some(old), None) if old.kind == Kind::Tun => {
            Some((Severity::Info, format!("{} is gone", old.name)))
        }
        (Some(old), None) => Some((Severity::Warning, format!("{} is gone", old.name))),
        (Some(old), Some(new)) if old.up != new.up => {
            let what = if new.up { "has its link back" } else { "lost its link" };
            let severity = if new.up { Severity::Info } else { Severity::Warning };
            Some((severity, format!("{} {what}", new.name)))
        }
        (Some(old), Some(new)) if old.name != new.name => {
            Some((Severity::Info, format!("{} is now called {}", old.name, new.name)))
        }
        // What stands on other links has its speed from them: they are told.
        (Some(old), Some(new))
            if old.speed_bits_per_s != new.speed_bits_per_s && !new.stands_on_others() =>
        {
            let speed = new.speed_bits_per_s.map_or_else(
                || "unknown".to_owned(),
                |speed| crate::units::BitsPerSec(speed as f64).to_string(),
            );
            Some((Severity::Warning, format!("{}: link speed is now {speed}", new.name)))
        }
        _ => None,
    }
}
