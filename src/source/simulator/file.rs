//! The data file of a scenario, as it is written: TOML, every field typed, nothing looked up yet.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::model::{Direction, Factors, Kind};
use crate::units::{LinkSpeed, LinkSpeedError};

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub name: String,
    pub host: String,
    pub summary: String,
    /// No flow goes on beyond this; it stays quiet.
    pub length: Option<Time>,
    /// Octets of memory of every guest; 4 GiB without.
    pub guest_memory: Option<u64>,
    #[serde(default, rename = "interface")]
    pub interfaces: Vec<InterfaceEntry>,
    #[serde(default, rename = "flow")]
    pub flows: Vec<FlowEntry>,
    #[serde(default, rename = "event")]
    pub events: Vec<EventEntry>,
    #[serde(default, rename = "trial")]
    pub trials: Vec<TrialEntry>,
}

/// An `[[interface]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterfaceEntry {
    pub name: String,
    /// One more than the entry before, the first being 1.
    pub index: Option<u32>,
    #[serde(default = "ethernet")]
    pub kind: Kind,
    pub speed: Option<Rate>,
    #[serde(default = "usual_mtu")]
    pub mtu: u32,
    /// Made from the index.
    pub mac: Option<String>,
    /// Name of the bond, team or bridge it is a port of.
    pub master: Option<String>,
    /// Name of the interface below it.
    pub parent: Option<String>,
    pub driver: Option<String>,
    pub mode: Option<String>,
    /// What both octet counters read at the session's start.
    pub start_bytes: Option<u64>,
    /// Counters are those of the last whole multiple of this; always those of the moment without.
    pub refresh: Option<Time>,
    /// Width of the octet counters, 32 or 64.
    pub counter_bits: Option<u32>,
    pub appears: Option<Time>,
    pub vanishes: Option<Time>,
    /// How far a rate strays from its mean, as a share of it.
    pub jitter: Option<f64>,
}

/// A `[[flow]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowEntry {
    /// Where it goes: a link, or a bond or team, which hashes it to one of its members.
    pub interface: String,
    /// Which member, counted from 0; flows of one bond take turns without.
    pub member: Option<usize>,
    #[serde(default)]
    pub direction: Way,
    #[serde(default)]
    pub from: Time,
    pub to: Option<Time>,
    pub rate: Rate,
    /// Whose memory it carries.
    pub guest: Option<String>,
}

/// An `[[event]]`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "EventFields")]
pub struct EventEntry {
    pub at: Time,
    pub interface: String,
    pub change: Change,
}

/// A `[[trial]]`, in order of time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialEntry {
    /// Where its start is marked.
    pub from: Time,
    /// Where its stop is.
    pub to: Time,
    /// Its factors.
    #[serde(default)]
    pub set: Factors,
}

/// What happens to an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The carrier is lost.
    Down,
    /// The carrier is back.
    Up,
    /// The counters restart at 0.
    Reset,
    /// It gets another name.
    Rename(String),
    /// It gets another speed, in bit/s.
    Speed(u64),
}

/// [`EventEntry`] before `change` and `to` are put together; serde cannot both flatten an enum and
/// refuse unknown fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFields {
    at: Time,
    interface: String,
    change: ChangeWord,
    to: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChangeWord {
    Down,
    Up,
    Reset,
    Rename,
    Speed,
}

/// Why an event makes no sense.
#[derive(Debug, thiserror::Error)]
enum ChangeError {
    #[error("a change of name or speed needs `to`")]
    NoTarget,
    #[error("only a change of name or speed has `to`")]
    Target,
    #[error(transparent)]
    Speed(#[from] LinkSpeedError),
}

impl TryFrom<EventFields> for EventEntry {
    type Error = ChangeError;

    fn try_from(fields: EventFields) -> Result<Self, Self::Error> {
        let EventFields { at, interface, change, to } = fields;
        let change = match (change, to) {
            (ChangeWord::Rename, Some(name)) => Change::Rename(name),
            (ChangeWord::Speed, Some(speed)) => Change::Speed(speed.parse::<LinkSpeed>()?.0),
            (ChangeWord::Rename | ChangeWord::Speed, None) => return Err(ChangeError::NoTarget),
            (_, Some(_)) => return Err(ChangeError::Target),
            (ChangeWord::Down, None) => Change::Down,
            (ChangeWord::Up, None) => Change::Up,
            (ChangeWord::Reset, None) => Change::Reset,
        };
        Ok(Self { at, interface, change })
    }
}

/// `tx`, unless said otherwise: an emptied host sends.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    #[default]
    Tx,
    Rx,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::Tx => Self::Tx,
            Way::Rx => Self::Rx,
        }
    }
}

/// A time since session start, or a length of time: `250ms`, `2s`, `1m30s`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Time(pub Duration);

/// Why a text is not a time.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a time; write it like 250ms, 2s or 1m30s")]
pub struct TimeError(String);

impl TryFrom<String> for Time {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = jiff::SignedDuration::from_str(&text).ok();
        time.and_then(|t| Duration::try_from(t).ok()).map(Self).ok_or(TimeError(text))
    }
}

/// A rate or speed in bit/s, as people write it: `4.9G`, `12M`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Rate(pub u64);

impl TryFrom<String> for Rate {
    type Error = LinkSpeedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<LinkSpeed>().map(|speed| Self(speed.0))
    }
}

fn ethernet() -> Kind {
    Kind::Ethernet
}

fn usual_mtu() -> u32 {
    1500
}
