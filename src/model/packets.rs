//! Packets that were captured on demand: who they were between. They label traffic; how much there
//! was is the counters' to say.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::interface::{InterfaceId, Pair};
use super::nanos;

/// What was captured of one interface between two instants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Where it ends.
    #[serde(rename = "at_ns", with = "nanos")]
    pub at: Duration,
    /// Where it begins.
    #[serde(rename = "from_ns", with = "nanos")]
    pub from: Duration,
    /// Where.
    pub interface: InterfaceId,
    /// Octets of the packets that were seen, at their true lengths.
    #[serde(flatten)]
    pub seen: Seen,
    /// Packets that the kernel had no room to hand over.
    pub lost_packets: u64,
    /// Those that carried most, most first.
    pub talks: Vec<Talk>,
    /// How many more there were.
    pub more: u64,
}

/// Octets and packets in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SeenFields", into = "SeenFields")]
pub struct Seen {
    /// Octets.
    pub bytes: Pair<u64>,
    /// Packets.
    pub packets: Pair<u64>,
}

#[derive(Serialize, Deserialize)]
struct SeenFields {
    rx_bytes: u64,
    tx_bytes: u64,
    rx_packets: u64,
    tx_packets: u64,
}

impl From<SeenFields> for Seen {
    fn from(fields: SeenFields) -> Self {
        Self {
            bytes: Pair { rx: fields.rx_bytes, tx: fields.tx_bytes },
            packets: Pair { rx: fields.rx_packets, tx: fields.tx_packets },
        }
    }
}

impl From<Seen> for SeenFields {
    fn from(seen: Seen) -> Self {
        Self {
            rx_bytes: seen.bytes.rx,
            tx_bytes: seen.bytes.tx,
            rx_packets: seen.packets.rx,
            tx_packets: seen.packets.tx,
        }
    }
}

/// Packets between two ends; `tx` is from `local` to `remote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// `tcp`, `udp`, `icmp`, or the number of the protocol (RFC 5237's registry); `ethernet` for
    /// what is not IP.
    pub protocol: String,
    /// The end that was the source of what the interface sent.
    pub local: Option<IpAddr>,
    /// Its port, where there are ports.
    pub local_port: Option<u16>,
    /// The other end.
    pub remote: Option<IpAddr>,
    /// Its port.
    pub remote_port: Option<u16>,
    /// How much.
    #[serde(flatten)]
    pub seen: Seen,
}
