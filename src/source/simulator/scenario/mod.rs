//! A scenario: its data file read, checked, and every name in it resolved. What comes out can be
//! played without a further question.

mod error;
mod happenings;
mod links;
#[cfg(test)]
mod tests;
mod trials;

use std::ops::Range;
use std::time::Duration;

pub use self::error::{EntryError, ScenarioError};
pub(super) use self::links::interface;
use super::counter::Show;
use super::file::{Change, File};
use crate::model::{Direction, PlannedTrial};
use crate::source::Link;

/// Memory of a guest of which nothing is said.
const USUAL_MEMORY: u64 = 4 << 30;

/// A host, what happens to its links, and what they carry.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What `--scenario` calls it.
    pub name: String,
    /// The host it plays.
    pub host: String,
    /// What there is to see, in a line.
    pub summary: String,
    /// When everything of it has happened; quiet from there.
    pub length: Option<Duration>,
    /// Memory of every guest, octets.
    pub(super) guest_memory: u64,
    /// In order of index.
    pub(super) ports: Vec<Port>,
    pub(super) flows: Vec<Flow>,
    /// In order of time.
    pub(super) events: Vec<Occurrence>,
    /// In order of time, none begins before the one before has ended.
    pub(super) trials: Vec<PlannedTrial>,
}

/// An interface of a scenario.
#[derive(Debug, Clone)]
pub(super) struct Port {
    /// Its facts at the session's start.
    pub link: Link,
    /// How its own counters look, if it has any: a joining interface's are those of the links below.
    pub show: Show,
    /// Positions of the physical links below it; its own for such a link.
    pub below: Vec<usize>,
    /// When it is there.
    pub there: Range<Duration>,
    /// How far its rates stray, as a share of them.
    pub jitter: f64,
}

impl Port {
    /// Made of other links.
    pub fn is_stacked(&self) -> bool {
        self.link.kind.joins() || self.link.parent.is_some()
    }

    /// Only the first member that is up carries traffic.
    pub fn is_one_at_a_time(&self) -> bool {
        self.link.mode.as_deref() == Some("active-backup")
    }
}

/// A stream of constant rate.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    /// The interface it is sent to.
    pub port: usize,
    /// The links it can take, the one it is hashed to first.
    pub paths: Vec<usize>,
    pub direction: Direction,
    pub during: Range<Duration>,
    pub bits_per_s: u64,
    /// Whose memory it carries.
    pub guest: Option<String>,
}

/// An event with its interface found.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub at: Duration,
    pub port: usize,
    pub change: Change,
}

impl Scenario {
    /// Reads and checks the data file of the scenario known as `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file: File = toml::from_str(text).map_err(|error| malformed(&error, text))?;
        if file.name != name {
            return Err(ScenarioError::OtherName(file.name));
        }
        let length = file.length.map(|t| t.0);
        let ports = links::ports(file.interfaces)?;
        Ok(Self {
            name: file.name,
            host: file.host,
            summary: file.summary,
            length,
            guest_memory: file.guest_memory.unwrap_or(USUAL_MEMORY),
            flows: happenings::flows(&ports, &file.flows, length.unwrap_or(Duration::MAX))?,
            events: happenings::events(&ports, file.events)?,
            trials: trials::trials(file.trials)?,
            ports,
        })
    }
}

fn malformed(error: &toml::de::Error, text: &str) -> ScenarioError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    ScenarioError::Malformed {
        line: before.matches('\n').count() + 1,
        message: error.message().to_owned(),
    }
}
