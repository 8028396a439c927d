//! What the host itself was doing: its cores, its memory, migtop's own part.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::nanos;

/// One look at the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLoad {
    /// When.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// The time up to then that the cores' shares are of.
    #[serde(default, rename = "over_ns", with = "nanos")]
    pub over: Duration,
    /// How busy each core was, in thousandths, in order of their numbers.
    #[serde(default)]
    pub busy_permille: Vec<u16>,
    /// The part of it in soft interrupts, where much of the network's work is done; empty where
    /// that cannot be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub softirq_permille: Vec<u16>,
    /// Memory of the host.
    pub memory_bytes: Option<u64>,
    /// What of it is not available to a new process.
    pub memory_used_bytes: Option<u64>,
    /// CPU time that migtop has used so far.
    #[serde(default, rename = "own_cpu_ns", with = "nanos")]
    pub own_cpu: Duration,
    /// Memory that migtop holds now.
    pub own_rss_bytes: Option<u64>,
}
