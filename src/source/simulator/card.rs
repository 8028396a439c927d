//! An interface at a moment of the scenario: what it is asked for, and what it carries of that.

use std::time::Duration;

use super::counter::Counter;
use super::file::Change;
use super::scenario::{Port, interface};
use crate::model::{Direction, Pair};
use crate::source::Link;

/// A rate strays anew this often.
pub const JITTER_SLOT: Duration = Duration::from_millis(100);
/// Octets of a stream for one octet of acknowledgements the other way.
const OCTETS_PER_ACK: u64 = 500;

/// An interface at the moment.
#[derive(Debug)]
pub struct Card {
    pub port: Port,
    pub attainable: Option<u64>,
    pub counter: Counter,
    /// What its flows ask for, in bit/s.
    pub offered: Pair<u64>,
    /// What it carries, in bit/s.
    pub rate: Pair<u64>,
}

impl Card {
    pub fn new(port: Port) -> Self {
        Self {
            attainable: attainable(&port.link),
            counter: Counter::new(port.show),
            port,
            offered: Pair::default(),
            rate: Pair::default(),
        }
    }

    pub fn is_there(&self, at: Duration) -> bool {
        self.port.there.contains(&at)
    }

    pub fn carries(&self, at: Duration) -> bool {
        self.is_there(at) && self.port.link.up
    }

    /// The flows' rates as they stray in this slot, cut at what the link can carry, and their
    /// acknowledgements.
    pub fn rate_at(&self, at: Duration) -> Pair<u64> {
        let factor = 1.0 + self.port.jitter * noise(self.port.link.index, at);
        let most = self.attainable.unwrap_or(u64::MAX);
        let data = self.offered.map(|rate| ((rate as f64 * factor).round() as u64).min(most));
        let acks = Pair { rx: data.tx / OCTETS_PER_ACK, tx: data.rx / OCTETS_PER_ACK };
        (data + acks).map(|rate| rate.min(most))
    }

    /// Which part of what its flows ask for they get.
    pub fn given(&self, direction: Direction) -> f64 {
        let asked = self.offered[direction] as f64;
        self.attainable.map_or(1.0, |most| (most as f64 / asked.max(1.0)).min(1.0))
    }

    /// Whether it is full, and how much of it is used; half of a link without a speed.
    pub fn fullness(&self, direction: Direction) -> (bool, f64) {
        const FULL: f64 = 0.95;
        let used = |most: u64| self.offered[direction] as f64 / most as f64;
        let used = self.attainable.map_or(0.5, used).min(1.0);
        (used >= FULL, used)
    }

    pub fn change(&mut self, change: &Change) {
        let link = &mut self.port.link;
        match change {
            Change::Down => link.up = false,
            Change::Up => link.up = true,
            Change::Rename(name) => link.name.clone_from(name),
            Change::Speed(speed) => link.speed_bits_per_s = Some(*speed),
            Change::Reset => self.counter.reset(),
        }
        self.attainable = attainable(&self.port.link);
    }
}

/// Whole bit/s that byte counters can show at most.
fn attainable(link: &Link) -> Option<u64> {
    interface(link).attainable().map(|rate| rate as u64)
}

/// Evenly from -1 to 1, the same for the same interface and slot (`SplitMix64`: Steele, Lea and
/// Flood, OOPSLA 2014).
pub fn noise(index: u32, at: Duration) -> f64 {
    let slot = (at.as_nanos() / JITTER_SLOT.as_nanos()) as u64;
    let mut z = ((u64::from(index) << 40) ^ slot).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}
