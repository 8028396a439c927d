//! Interfaces and teams as facts: what is known of a link besides its counters.

use std::borrow::Cow;
use std::ops::{Add, Index, IndexMut};

use serde::{Deserialize, Serialize};

/// Names one interface instance for the length of a session; never reused in it.
pub type InterfaceId = u32;

/// Which way bytes go, from the interface's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into this host.
    Rx,
    /// Out of this host: what an evacuation is bound by.
    Tx,
}

/// One value for each direction; directions are never added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pair<T> {
    /// Received.
    pub rx: T,
    /// Transmitted.
    pub tx: T,
}

impl<T> Pair<T> {
    /// The same function of both directions.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair { rx: f(self.rx), tx: f(self.tx) }
    }
}

impl<T: PartialOrd> Pair<T> {
    /// The direction with more; transmit when they are equal.
    pub fn busier(&self) -> Direction {
        if self.rx > self.tx { Direction::Rx } else { Direction::Tx }
    }
}

impl<T: Add<Output = T>> Add for Pair<T> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { rx: self.rx + other.rx, tx: self.tx + other.tx }
    }
}

impl<T> Index<Direction> for Pair<T> {
    type Output = T;

    fn index(&self, direction: Direction) -> &T {
        match direction {
            Direction::Rx => &self.rx,
            Direction::Tx => &self.tx,
        }
    }
}

impl<T> IndexMut<Direction> for Pair<T> {
    fn index_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Rx => &mut self.rx,
            Direction::Tx => &mut self.tx,
        }
    }
}

impl Direction {
    /// `RX` or `TX`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rx => "RX",
            Self::Tx => "TX",
        }
    }

    /// The opposite way.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Rx => Self::Tx,
            Self::Tx => Self::Rx,
        }
    }
}

/// What sort of interface it is, as the operating system names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Cow<'_, str>", into = "String")]
pub enum Kind {
    /// A network card, real or emulated.
    Ethernet,
    /// The host talking to itself.
    Loopback,
    /// Linux bonding driver.
    Bond,
    /// Linux team driver.
    Team,
    /// Software switch.
    Bridge,
    /// 802.1Q on top of another interface.
    Vlan,
    /// One end of a virtual pair.
    Veth,
    /// A tun or tap device, usually a guest's.
    Tun,
    /// Any other kind, in the system's word.
    Other(String),
}

impl Kind {
    /// The word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ethernet => "ethernet",
            Self::Loopback => "loopback",
            Self::Bond => "bond",
            Self::Team => "team",
            Self::Bridge => "bridge",
            Self::Vlan => "vlan",
            Self::Veth => "veth",
            Self::Tun => "tun",
            Self::Other(word) => word,
        }
    }

    /// Made of other interfaces by joining them, so that its bytes are theirs.
    pub fn joins(&self) -> bool {
        matches!(self, Self::Bond | Self::Team | Self::Bridge)
    }
}

impl From<Cow<'_, str>> for Kind {
    fn from(word: Cow<'_, str>) -> Self {
        Self::from(word.as_ref())
    }
}

impl From<&str> for Kind {
    fn from(word: &str) -> Self {
        match word {
            "ethernet" => Self::Ethernet,
            "loopback" => Self::Loopback,
            "bond" => Self::Bond,
            "team" => Self::Team,
            "bridge" => Self::Bridge,
            "vlan" => Self::Vlan,
            "veth" => Self::Veth,
            "tun" => Self::Tun,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.as_str().to_owned()
    }
}

/// What is known of one interface; an entry of the `interfaces` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// The session's name for this instance.
    pub id: InterfaceId,
    /// The system's interface index.
    pub index: u32,
    /// The system's name; may hold anything, see [`printable`].
    pub name: String,
    /// What sort of interface it is.
    pub kind: Kind,
    /// Hardware address as `aa:bb:cc:dd:ee:ff`.
    pub mac: Option<String>,
    /// Largest payload of a frame, in bytes.
    pub mtu: Option<u32>,
    /// Link speed in bit/s; `None` when there is none to speak of (virtual links).
    pub speed_bits_per_s: Option<u64>,
    /// The speed was stated by the user, not read from the driver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub speed_stated: bool,
    /// Administratively up, with carrier.
    pub up: bool,
    /// The bond, team or bridge that this interface is a port of.
    pub master: Option<InterfaceId>,
    /// The interface below: a VLAN's parent.
    #[serde(default)]
    pub parent: Option<InterfaceId>,
    /// The kernel driver, where there is a device.
    #[serde(default)]
    pub driver: Option<String>,
}

impl Interface {
    /// An interface that is up and of which nothing else is known.
    pub fn new(id: InterfaceId, name: &str, kind: Kind) -> Self {
        Self {
            id,
            index: id,
            name: name.to_owned(),
            kind,
            mac: None,
            mtu: None,
            speed_bits_per_s: None,
            speed_stated: false,
            up: true,
            master: None,
            parent: None,
            driver: None,
        }
    }

    /// Its bytes are other interfaces' as well: it joins them, or stands on one.
    pub fn stands_on_others(&self) -> bool {
        self.kind.joins() || self.parent.is_some()
    }

    /// What byte counters can show at most, in bit/s, in one direction; `None` without a speed.
    pub fn attainable(&self) -> Option<f64> {
        Some(attainable(self.speed_bits_per_s? as f64, self.mtu.unwrap_or(DEFAULT_MTU)))
    }
}

/// What byte counters can show at most of a link of `speed`, both in bit/s.
pub fn attainable(speed: f64, mtu: u32) -> f64 {
    let mtu = f64::from(mtu);
    speed * (mtu + COUNTED_OVERHEAD) / (mtu + WIRE_OVERHEAD)
}

/// Taken where the MTU is not known.
pub const DEFAULT_MTU: u32 = 1500;
/// Ethernet header: counted by the kernel's byte counters.
const COUNTED_OVERHEAD: f64 = 14.0;
/// Header (14), FCS (4), preamble and start delimiter (8) and the least gap (12), IEEE 802.3.
const WIRE_OVERHEAD: f64 = 38.0;

/// How a team came to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamOrigin {
    /// Found: a bond, a team, a bridge's uplinks.
    #[default]
    Found,
    /// Given by the user.
    Given,
}

/// Physical links that carry traffic together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The joining interface's name, or the user's.
    pub name: String,
    /// How traffic is spread, in the system's word (`802.3ad`, `active-backup`, `bridge`, `given`).
    pub mode: String,
    /// Each physical member once.
    pub members: Vec<InterfaceId>,
    /// Whether the user gave it.
    #[serde(default)]
    pub origin: TeamOrigin,
}

impl Team {
    /// Only one member carries traffic at a time, so that capacity is one member's.
    pub fn one_at_a_time(&self) -> bool {
        matches!(self.mode.as_str(), "active-backup" | "activebackup")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(speed_bits_per_s: Option<u64>, mtu: Option<u32>) -> Interface {
        Interface { mtu, speed_bits_per_s, ..Interface::new(1, "eth0", Kind::Ethernet) }
    }

    #[test]
    fn attainable_leaves_out_what_counters_do_not_see() {
        let share = |mtu| link(Some(10_000_000_000), mtu).attainable().map(|a| a / 1e10);
        let close = |a: Option<f64>, b: f64| (a.unwrap_or_default() - b).abs() < 5e-5;
        assert!(close(share(Some(1500)), 0.9844));
        assert!(close(share(Some(9000)), 0.9973));
        assert!(close(share(None), 0.9844), "a missing MTU is taken as 1500");
        assert_eq!(link(None, Some(1500)).attainable(), None);
    }

    #[test]
    fn equal_directions_count_as_transmit() {
        assert_eq!(Pair { rx: 1, tx: 1 }.busier(), Direction::Tx);
        assert_eq!(Pair { rx: 2, tx: 1 }.busier(), Direction::Rx);
    }
}
