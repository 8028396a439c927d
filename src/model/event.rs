//! The one event: what is journaled, replayed and folded.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::flow::{Flow, FlowId, TcpState};
use super::guest::Guest;
use super::host::HostLoad;
use super::interface::{Interface, InterfaceId, Pair, Team};
use super::mark::Mark;
use super::nanos;
use super::packets::Captured;

/// First line of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `migtop`.
    pub format: String,
    /// Version of the stream format.
    pub version: u32,
    /// Unique over all sessions.
    pub id: String,
    /// The host that was watched.
    pub host: String,
    /// Its operating system.
    pub os: String,
    /// Wall clock at session start, RFC 3339 in UTC.
    pub started: String,
    /// Nominal distance of samples.
    #[serde(rename = "interval_ns", with = "nanos")]
    pub interval: Duration,
    /// What wrote it.
    pub tool: String,
    /// The team or interface that trials were said to be about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// `[id, rx_bytes, tx_bytes, rx_packets, tx_packets]`: absolute in `counters`, added in `sample`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub struct Counts {
    /// Which interface.
    pub id: InterfaceId,
    /// Octets.
    pub bytes: Pair<u64>,
    /// Packets as the driver counts them; with offloads one may be 64 KB.
    pub packets: Pair<u64>,
}

impl From<[u64; 5]> for Counts {
    fn from([id, rx, tx, rx_packets, tx_packets]: [u64; 5]) -> Self {
        Self {
            id: id as InterfaceId,
            bytes: Pair { rx, tx },
            packets: Pair { rx: rx_packets, tx: tx_packets },
        }
    }
}

impl From<Counts> for [u64; 5] {
    fn from(c: Counts) -> Self {
        [u64::from(c.id), c.bytes.rx, c.bytes.tx, c.packets.rx, c.packets.tx]
    }
}

/// `[id, rx_errors, tx_errors, rx_dropped, tx_dropped]`, always absolute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub struct Faults {
    /// Which interface.
    pub id: InterfaceId,
    /// Packets lost to errors.
    pub errors: Pair<u64>,
    /// Packets lost to want of room.
    pub dropped: Pair<u64>,
}

impl From<[u64; 5]> for Faults {
    fn from([id, rx_errors, tx_errors, rx_dropped, tx_dropped]: [u64; 5]) -> Self {
        Self {
            id: id as InterfaceId,
            errors: Pair { rx: rx_errors, tx: tx_errors },
            dropped: Pair { rx: rx_dropped, tx: tx_dropped },
        }
    }
}

impl From<Faults> for [u64; 5] {
    fn from(f: Faults) -> Self {
        [u64::from(f.id), f.errors.rx, f.errors.tx, f.dropped.rx, f.dropped.tx]
    }
}

/// Why a stretch of time has no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// A counter restarted.
    Reset,
    /// The interface was not there before.
    Appeared,
    /// There was no room to record.
    DiskFull,
    /// migtop itself was held up.
    Stalled,
    /// The machine slept.
    Suspended,
    /// The source failed.
    Source,
    /// Two lines of the stream contradict each other.
    Mismatch,
}

/// Last line of a stream that ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// CPU time migtop used for it.
    #[serde(rename = "own_cpu_ns", with = "nanos")]
    pub own_cpu: Duration,
    /// The most memory it held, where that can be told.
    pub own_peak_rss_bytes: Option<u64>,
    /// Samples taken.
    pub samples: u64,
    /// Ticks that passed without a sample of their own; no byte is lost by that.
    pub missed: u64,
    /// Trials marked, those given up included: so that a list need not read the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<u32>,
}

/// One line of the session stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// What this stream is.
    Session(Header),
    /// Facts about links, whenever any of them changes.
    Interfaces {
        /// When it was known.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// All interfaces that are there now.
        interfaces: Vec<Interface>,
        /// All teams.
        teams: Vec<Team>,
    },
    /// Absolute values as read; proves the samples before it.
    Counters {
        /// When the read ended.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// How long the read took: the uncertainty of `at`.
        #[serde(rename = "read_ns", with = "nanos")]
        read: Duration,
        /// Every interface.
        absolute: Vec<Counts>,
        /// Every interface with any fault.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<Faults>,
    },
    /// One tick.
    Sample {
        /// When the read ended.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// How long the read took: the uncertainty of `at`.
        #[serde(rename = "read_ns", with = "nanos")]
        read: Duration,
        /// What each interface that changed has added since its last line.
        delta: Vec<Counts>,
        /// Faults that changed, as absolute values.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        faults: Vec<Faults>,
    },
    /// A named instant.
    Mark(Mark),
    /// Time without a sample.
    Gap {
        /// Where it ends.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Where it begins.
        #[serde(rename = "from_ns", with = "nanos")]
        from: Duration,
        /// Whose; `None` is everyone's.
        interfaces: Option<Vec<InterfaceId>>,
        /// Why.
        why: GapReason,
    },
    /// What the host itself was doing.
    Host(HostLoad),
    /// All guests that run here, whenever one comes or goes.
    Guests {
        /// When it was known.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// In order of id.
        #[serde(default)]
        guests: Vec<Guest>,
    },
    /// TCP connections that carry traffic, about twice a second while there are any.
    Sockets {
        /// When they were read.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Facts of those that are new, or whose facts changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flows: Vec<Flow>,
        /// Each as it was; of one that is closed, as it ended.
        #[serde(default)]
        tcp: Vec<TcpState>,
        /// Those that are gone, or are not followed any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        closed: Vec<FlowId>,
    },
    /// What a capture saw.
    Packets(Captured),
    /// A source could not be read.
    SourceFailed {
        /// When.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Which source.
        source: String,
        /// The error, its causes included.
        why: String,
    },
    /// The session ended well.
    End(End),
    /// An event of a later version: read past.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// When it was; a stream's first line and what is unknown have no time.
    pub fn at(&self) -> Option<Duration> {
        match self {
            Self::Interfaces { at, .. }
            | Self::Counters { at, .. }
            | Self::Sample { at, .. }
            | Self::Gap { at, .. }
            | Self::Guests { at, .. }
            | Self::Sockets { at, .. }
            | Self::SourceFailed { at, .. } => Some(*at),
            Self::Host(load) => Some(load.at),
            Self::Packets(captured) => Some(captured.at),
            Self::Mark(mark) => Some(mark.at),
            Self::End(end) => Some(end.at),
            Self::Session(_) | Self::Unknown => None,
        }
    }
}

/// What sources beside the counters call themselves in `source_failed`.
pub mod beside {
    /// The cores and the memory.
    pub const HOST: &str = "host";
    /// The guests' processes.
    pub const GUESTS: &str = "guests";
    /// TCP connections.
    pub const SOCKETS: &str = "sockets";
    /// Captured packets.
    pub const PACKETS: &str = "packets";
}

/// Whether a source of this name says nothing about the counters: when it fails, rates go on.
pub fn is_beside_counters(source: &str) -> bool {
    [beside::HOST, beside::GUESTS, beside::SOCKETS, beside::PACKETS].contains(&source)
}
