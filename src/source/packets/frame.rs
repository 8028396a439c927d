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
