//! Who a packet is between, read from its first octets. Pure: whatever the octets are, there is an
//! answer, and what was cut off is not guessed.

use std::net::{IpAddr, Ipv6Addr};

use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket};
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols as ip};
use pnet::packet::ipv4::{Ipv4Flags, Ipv4Packet};
use pnet::packet::ipv6::{FragmentPacket, Ipv6Packet};
use pnet::packet::udp::UdpPacket;
use pnet::packet::vlan::VlanPacket;

/// Octets of a packet that are looked at: Ethernet with two VLAN tags, IPv6 with an extension
/// header and ports are 14 + 8 + 40 + 8 + 4, IPv4 with all its options 14 + 8 + 60 + 4.
pub const HEAD: u32 = 96;

const ETHERNET: usize = 14;
const VLAN: usize = 4;
const IPV6: usize = 40;
/// Tags and extension headers that are followed; more are not seen on a wire.
const DEEPEST: usize = 8;

/// What a packet begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// An Ethernet header.
    Ethernet,
    /// An IP header, as on tun devices and tunnels; its version says which.
    Ip,
    /// Something else.
    Other,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Not IP, or not enough of it to tell.
    Ethernet,
    /// The number in the registry of RFC 5237.
    Ip(u8),
}

/// Where a packet is from and where it goes. IPv4 addresses are mapped into IPv6's (RFC 4291,
/// section 2.5.5.2), so that all have one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// What it carries.
    pub protocol: Protocol,
    /// Its source's address.
    pub source: u128,
    /// Its destination's.
    pub destination: u128,
    /// Both ports, where the protocol has any and the packet is no fragment.
    pub ports: Option<(u16, u16)>,
}

impl Ends {
    /// What is known of a packet that is not IP.
    const NONE: Self =
        Self { protocol: Protocol::Ethernet, source: 0, destination: 0, ports: None };

    /// The same seen from the other end.
    #[must_use]
    pub fn turned(self) -> Self {
        Self {
            protocol: self.protocol,
            source: self.destination,
            destination: self.source,
            ports: self.ports.map(|(source, destination)| (destination, source)),
        }
    }
}

impl Protocol {
    /// The name that a talk has for it.
    pub fn name(self) -> String {
        match self {
            Self::Ethernet => "ethernet".into(),
            Self::Ip(1 | 58) => "icmp".into(),
            Self::Ip(6) => "tcp".into(),
            Self::Ip(17) => "udp".into(),
            Self::Ip(number) => number.to_string(),
        }
    }
}

/// An address of [`Ends`] as it is written.
pub fn address(bits: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(bits)).to_canonical()
}

/// Reads the `head` of a packet.
pub fn ends(layer: Layer, head: &[u8]) -> Ends {
    let found = match layer {
        Layer::Ethernet => ethernet(head),
        Layer::Ip => match head.first().map(|first| first >> 4) {
            Some(4) => ipv4(head),
            Some(6) => ipv6(head),
            _ => None,
        },
        Layer::Other => None,
    };
    found.unwrap_or(Ends::NONE)
}

fn ethernet(head: &[u8]) -> Option<Ends> {
    let mut kind = EthernetPacket::new(head)?.get_ethertype();
    let mut rest = head.get(ETHERNET..)?;
    // A tag that the card has taken off is not here, and nothing is missing without it.
    for _ in 0..DEEPEST {
        if !is_vlan(kind) {
            break;
        }
        kind = VlanPacket::new(rest)?.get_ethertype();
        rest = rest.get(VLAN..)?;
    }
    match kind {
        EtherTypes::Ipv4 => ipv4(rest),
        EtherTypes::Ipv6 => ipv6(rest),
        _ => None,
    }
}

/// 802.1Q, 802.1ad and what came before it.
fn is_vlan(kind: EtherType) -> bool {
    matches!(kind.0, 0x8100 | 0x88a8 | 0x9100 | 0x9200)
}

fn ipv4(packet: &[u8]) -> Option<Ends> {
    // Its payload is not asked of it: its length is 0 with BIG TCP, and the packet is cut anyway.
    let header = Ipv4Packet::new(packet).filter(|header| header.get_version() == 4)?;
    let more = header.get_flags() & Ipv4Flags::MoreFragments != 0;
    let whole = !more && header.get_fragment_offset() == 0;
    let rest = packet.get(usize::from(header.get_header_length()) * 4..).unwrap_or_default();
    let protocol = header.get_next_level_protocol();
    Some(Ends {
        protocol: Protocol::Ip(protocol.0),
        source: header.get_source().to_ipv6_mapped().to_bits(),
        destination: header.get_destination().to_ipv6_mapped().to_bits(),
        ports: whole.then(|| ports(protocol, rest)).flatten(),
    })
}

fn ipv6(packet: &[u8]) -> Option<Ends> {
    let header = Ipv6Packet::new(packet).filter(|header| header.get_version() == 6)?;
    let (protocol, rest) = behind_extensions(header.get_next_header(), packet.get(IPV6..)?);
    Some(Ends {
        protocol: Protocol::Ip(protocol.0),
        source: header.get_source().to_bits(),
        destination: header.get_destination().to_bits(),
        ports: rest.and_then(|rest| ports(protocol, rest)),
    })
}

/// What stands behind IPv6's extension headers (RFC 8200, section 4), and its octets unless they
/// are a fragment's or cut off.
fn behind_extensions(
    mut next: IpNextHeaderProtocol,
    mut rest: &[u8],
) -> (IpNextHeaderProtocol, Option<&[u8]>) {
    let mut whole = true;
    for _ in 0..DEEPEST {
        let (Some(follows), Some(length)) = (rest.first(), rest.get(1)) else { break };
        let length = match next {
            ip::Hopopt | ip::Ipv6Route | ip::Ipv6Opts | ip::MobilityHeader => {
                (usize::from(*length) + 1) * 8
            }
            // In units of four octets, less two: RFC 4302, section 2.2.
            ip::Ah => (usize::from(*length) + 2) * 4,
            ip::Ipv6Frag => {
                let Some(fragment) = FragmentPacket::new(rest) else { break };
                // What is behind a later fragment's header is no header.
                if fragment.get_fragment_offset() != 0 {
                    return (IpNextHeaderProtocol(*follows), None);
                }
                whole &= fragment.is_last_fragment();
                8
            }
            _ => return (next, whole.then_some(rest)),
        };
        next = IpNextHeaderProtocol(*follows);
        rest = rest.get(length..).unwrap_or_default();
    }
    (next, None)
}

/// The first four octets of each protocol that has ports; pnet's view of the shortest of them.
fn ports(protocol: IpNextHeaderProtocol, packet: &[u8]) -> Option<(u16, u16)> {
    match protocol {
        ip::Tcp | ip::Udp | ip::Sctp | ip::Dccp | ip::UdpLite => {
            let ports = UdpPacket::new(packet)?;
            Some((ports.get_source(), ports.get_destination()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    const RECORDED: &str = include_str!("../../../tests/fixtures/packets.txt");

    fn octets(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks_exact(2);
        let octet = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16);
        digits.map(|pair| octet(pair).expect("two digits")).collect()
    }

    fn recorded() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split_once('\t').expect("a name"))
            .map(|(name, hex)| (name, octets(hex)))
    }

    fn written(ends: Ends) -> String {
        let (source, destination) = (address(ends.source), address(ends.destination));
        match (ends.protocol, ends.ports) {
            (Protocol::Ethernet, _) => "ethernet".into(),
            (protocol, None) => format!("{} {source} > {destination}", protocol.name()),
            (protocol, Some((from, to))) => {
                format!("{} {source} {from} > {destination} {to}", protocol.name())
            }
        }
    }

    #[test]
    fn recorded_packets_have_their_ends() {
        let mut found = String::new();
        for (name, head) in recorded() {
            let _ = writeln!(found, "{name}: {}", written(ends(Layer::Ethernet, &head)));
        }
        assert_eq!(found, EXPECTED);
    }

    #[test]
    fn a_packet_without_a_link_header_has_the_same_ends() {
        for (name, head) in
            recorded().filter(|(_, head)| matches!(head[12..14], [8, 0] | [0x86, 0xdd]))
        {
            let bare = ends(Layer::Ip, &head[ETHERNET..]);
            assert_eq!(bare, ends(Layer::Ethernet, &head), "{name}");
            assert_eq!(ends(Layer::Other, &head), Ends::NONE);
        }
    }

    #[test]
    fn a_packet_that_is_cut_off_has_no_ports_it_does_not_show() {
        for (name, head) in recorded() {
            let whole = ends(Layer::Ethernet, &head);
            for length in 0..head.len() {
                let cut = ends(Layer::Ethernet, &head[..length]);
                assert!(cut.ports.is_none() || cut.ports == whole.ports, "{name} at {length}");
            }
        }
    }

    #[test]
    fn turned_twice_is_the_same() {
        for (_, head) in recorded() {
            let ends = ends(Layer::Ethernet, &head);
            assert_eq!(ends.turned().turned(), ends);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_octets_are_there_is_an_answer(head in prop::collection::vec(any::<u8>(), 0..128)) {
            for layer in [Layer::Ethernet, Layer::Ip, Layer::Other] {
                let _ = written(ends(layer, &head));
            }
        }

        #[test]
        fn a_real_packet_with_some_octets_changed_has_an_answer(
            which in 0..19_usize,
            changes in prop::collection::vec((0..96_usize, any::<u8>()), 1..8),
            length in 0..96_usize,
        ) {
            let (_, mut head) = recorded().nth(which).expect("so many");
            for (at, octet) in changes {
                if let Some(there) = head.get_mut(at) {
                    *there = octet;
                }
            }
            head.truncate(length);
            let _ = written(ends(Layer::Ethernet, &head));
        }
    }

    const EXPECTED: &str = "\
TCP over IPv4: tcp 10.9.0.1 51564 > 10.9.0.2 5201
IPv4 with 40 octets of options, UDP: udp 10.9.0.1 4000 > 10.9.0.2 4002
the first fragment of a UDP datagram: udp 10.9.0.1 > 10.9.0.2
its second: udp 10.9.0.1 > 10.9.0.2
its last: udp 10.9.0.1 > 10.9.0.2
an ICMP error: icmp 10.9.0.2 > 10.9.0.1
TCP over IPv6: tcp fd09::1 50338 > fd09::2 5201
BIG TCP: a length of 0, the jumbo option before TCP: tcp fd09::1 50356 > fd09::2 5201
an IPv6 fragment, the first: udp fd09::1 > fd09::2
a later one: udp fd09::1 > fd09::2
destination options before UDP: udp fd09::1 4000 > fd09::2 4004
hop-by-hop and destination options before UDP: udp fd09::1 4000 > fd09::2 4005
a multicast listener's report behind a router alert: icmp fe80::a081:18ff:fea5:7ee > ff02::16
a VLAN tag: udp 10.9.7.1 4000 > 10.9.7.2 4006
a VLAN tag that the kernel took off: udp 10.9.7.1 4000 > 10.9.7.2 4006
QinQ: udp fd19::1 4000 > fd19::2 4006
QinQ, the outer tag taken off: udp fd19::1 4000 > fd19::2 4006
SCTP: 132 10.9.7.1 4000 > 10.9.7.2 4008
ARP: ethernet
";
}
