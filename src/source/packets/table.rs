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
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UDP over IPv4 from 10.0.0.1 to an address and a port.
    fn head(to: u16) -> [u8; 42] {
        let mut head = [0; 42];
        head[12..14].copy_from_slice(&[8, 0]);
        head[14] = 0x45;
        head[23] = 17;
        head[26..30].copy_from_slice(&[10, 0, 0, 1]);
        head[30..34].copy_from_slice(&[10, 0, 0, 2]);
        head[34..36].copy_from_slice(&4_000_u16.to_be_bytes());
        head[36..38].copy_from_slice(&to.to_be_bytes());
        head
    }

    fn packet(head: &[u8], length: u64, sent: bool) -> Packet<'_> {
        Packet { layer: Layer::Ethernet, head, length, sent }
    }

    const SPAN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(2));

    #[test]
    fn both_directions_are_one_talk_from_the_side_of_this_host() {
        let mut table = Table::new(MOST);
        let there = head(53);
        let mut back = there;
        back[26..30].copy_from_slice(&there[30..34]);
        back[30..34].copy_from_slice(&there[26..30]);
        back[34..36].copy_from_slice(&there[36..38]);
        back[36..38].copy_from_slice(&there[34..36]);
        table.count(packet(&there, 100, true));
        table.count(packet(&back, 1_000, false));
        let Captured { talks, seen, more, .. } = table.settle(SPAN, 3, 0);
        let [talk] = &talks[..] else { panic!("{talks:?}") };
        assert_eq!((talk.local, talk.local_port), (Some([10, 0, 0, 1].into()), Some(4_000)));
        assert_eq!((talk.remote, talk.remote_port), (Some([10, 0, 0, 2].into()), Some(53)));
        assert_eq!(talk.seen.bytes, Pair { rx: 1_000, tx: 100 });
        assert_eq!((talk.seen, more), (seen, 0));
    }

    #[test]
    fn the_busiest_are_told_most_first_and_the_rest_counted() {
        let mut table = Table::new(MOST);
        for port in 1..=200 {
            table.count(packet(&head(port), u64::from(port), true));
        }
        let told = table.settle(SPAN, 3, 9);
        assert_eq!((told.talks.len(), told.more, told.lost_packets), (TOLD, 150, 9));
        let ports = told.talks.iter().map(|talk| talk.remote_port.expect("UDP"));
        assert!(ports.eq((151..=200).rev()));
        assert_eq!(told.seen.bytes.tx, 200 * 201 / 2);
        assert_eq!(table.settle(SPAN, 3, 0).seen, Seen::default(), "it begins anew");
    }

    #[test]
    fn a_full_table_counts_what_it_cannot_tell_apart_in_the_sum() {
        let mut table = Table::new(100);
        for round in 0..3 {
            for port in 1..=1_000 {
                table.count(packet(&head(port), 10 + round, false));
            }
        }
        assert_eq!(table.talks.len(), 100);
        let told = table.settle(SPAN, 3, 0);
        assert_eq!((told.talks.len() as u64 + told.more, told.seen.packets.rx), (100, 3_000));
        assert_eq!(told.seen.bytes.rx, 1_000 * (10 + 11 + 12));
    }

    #[test]
    fn ends_that_differ_a_little_are_spread() {
        let seed = Seed::new();
        let ends = (0..MOST as u32).map(|n| frame::ends(Layer::Ethernet, &head(n as u16)));
        let buckets: std::collections::HashSet<_> =
            ends.map(|ends| seed.hash_one(ends) >> 48).collect();
        // 65 536 into as many: 63 % of them are hit by chance.
        assert!(buckets.len() > MOST / 2, "{}", buckets.len());
    }
}
