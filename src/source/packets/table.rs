//! What each pair of ends has exchanged: a table that is bounded, whatever comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::time::Duration;

use super::frame::{self, Ends, Layer, Protocol};
use crate::model::{Captured, InterfaceId, Pair, Seen, Talk};

/// Talks that are told of a second.
pub const TOLD: usize = 50;
/// Talks that are told apart in a second; those beyond are counted in the sum alone.
pub const MOST: usize = 65_536;

/// One packet as it was handed over.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// What it begins with.
    pub layer: Layer,
    /// Its first octets.
    pub head: &'a [u8],
    /// All its octets, as the kernel counted them.
    pub length: u64,
    /// It left by the interface.
    pub sent: bool,
}

/// The packets of a second.
#[derive(Debug)]
pub struct Table {
    talks: HashMap<Ends, Seen, Seed>,
    all: Seen,
    most: usize,
}

impl Table {
    /// An empty one for so many talks.
    pub fn new(most: usize) -> Self {
        Self { talks: HashMap::with_hasher(Seed::new()), all: Seen::default(), most }
    }

    /// Counts a packet.
    pub fn count(&mut self, packet: Packet<'_>) {
        let ends = frame::ends(packet.layer, packet.head);
        // From this side: the local end is the source of what is sent.
        let ends = if packet.sent { ends } else { ends.turned() };
        add(&mut self.all, packet);
        if let Some(talk) = self.talks.get_mut(&ends) {
            add(talk, packet);
        } else if self.talks.len() < self.most {
            add(self.talks.entry(ends).or_default(), packet);
        }
    }

    /// What was counted between two instants, and begins anew. `more` is the least there were.
    pub fn settle(
        &mut self,
        (from, at): (Duration, Duration),
        interface: InterfaceId,
        lost_packets: u64,
    ) -> Captured {
        let mut talks: Vec<(Ends, Seen)> = self.talks.drain().collect();
        let most = |(_, seen): &(Ends, Seen)| std::cmp::Reverse(seen.bytes.rx + seen.bytes.tx);
        let more = talks.len().saturating_sub(TOLD);
        if more > 0 {
            talks.select_nth_unstable_by_key(TOLD, most);
            talks.truncate(TOLD);
        }
        talks.sort_unstable_by_key(most);
        // A second with very many does not hold their room for good.
        self.talks.shrink_to(4 * (talks.len() + more));
        Captured {
            at,
            from,
            interface,
            seen: std::mem::take(&mut self.all),
            lost_packets,
            talks: talks.into_iter().map(|(ends, seen)| talk(ends, seen)).collect(),
            more: more as u64,
        }
    }
}

fn add(seen: &mut Seen, packet: Packet<'_>) {
    let Pair { rx, tx } = &mut seen.bytes;
    *(if packet.sent { tx } else { rx }) += packet.length;
    let Pair { rx, tx } = &mut seen.packets;
    *(if packet.sent { tx } else { rx }) += 1;
}

fn talk(ends: Ends, seen: Seen) -> Talk {
    let address = |bits| (ends.protocol != Protocol::Ethernet).then(|| frame::address(bits));
    Talk {
        protocol: ends.protocol.name(),
        local: address(ends.source),
        local_port: ends.ports.map(|(local, _)| local),
        remote: address(ends.destination),
        remote_port: ends.ports.map(|(_, remote)| remote),
        seen,
    }
}

impl Hash for Ends {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let protocol = match self.protocol {
            Protocol::Ethernet => 0x100,
            Protocol::Ip(number) => u64::from(number),
        };
        let ports = self.ports.map_or(0, |(source, destination)| {
            1 << 32 | u64::from(source) << 16 | u64::from(destination)
        });
        state.write_u128(self.source);
        state.write_u128(self.destination);
        state.write_u64(protocol << 33 | ports);
    }
}

/// Begins hashes: secret, so that nobody on the wire can choose ends that collide.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl Seed {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seed {
    type Hasher = Fold;

    fn build_hasher(&self) -> Fold {
        Fold(self.0)
    }
}

/// Multiplies and folds: a few cycles for each eight octets, where SipHash takes as long as all else.
#[derive(Debug)]
struct Fold(u64);

impl Hasher for Fold {
    fn write_u64(&mut self, word: u64) {
        /// The golden ratio's digits: odd, and no pattern in them.
        const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let product = u128::from(self.0 ^ word).wrapping_mul(FACTOR);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_u128(&mut self, words: u128) {
        self.write_u64(words as u64);
        self.write_u64((words >> 64) as u64);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
