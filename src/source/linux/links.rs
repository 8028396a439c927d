//! Link facts by RTM_GETLINK, and how link events change them.
//!
//! Parsed by hand and leniently: a name need not be UTF-8 and a newer kernel's attributes are
//! passed over. Layouts: `linux/rtnetlink.h` (struct ifinfomsg), `linux/if_link.h`.

use std::collections::BTreeMap;
use std::io;

use super::socket::Connection;
use super::wire::{self, Attributes, u16_at, u32_at};
use super::{Link, SourceError, drvinfo, ethtool, namespace};
use crate::model::Kind;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
/// struct ifinfomsg.
const INFO_MSG: usize = 16;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_EXT_MASK: u16 = 29;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_BOND_MODE: u16 = 1;
/// Leave the statistics out of the answer.
const RTEXT_FILTER_SKIP_STATS: u32 = 1 << 3;

const IFF_UP: u32 = 1;
const IFF_LOWER_UP: u32 = 1 << 16;
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_LOOPBACK: u16 = 772;
const AF_BRIDGE: u8 = 7;

/// Documentation/networking/bonding.rst, option `mode`, in the order of its numbers.
const BOND_MODES: [&str; 7] = [
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
];

/// All links by index.
#[derive(Debug, Default)]
pub struct LinkTable(BTreeMap<u32, Link>);

impl LinkTable {
    /// Reads everything anew: links, speeds, drivers.
    pub fn read(connection: &mut Connection) -> Result<Self, SourceError> {
        let failed = |source| SourceError::Netlink { what: "links", source };
        let mut table = Self::default();
        table.dump(connection).map_err(failed)?;
        let speeds = ethtool::speeds().unwrap_or_default();
        for link in table.0.values_mut() {
            link.driver = driver(link);
            link.speed_bits_per_s = speeds.get(&link.index).copied().filter(|_| has_speed(link));
        }
        Ok(table)
    }

    /// All links, in order of index.
    pub fn links(&self) -> Vec<Link> {
        self.0.values().cloned().collect()
    }

    /// Takes one RTM_NEWLINK or RTM_DELLINK; says whether any fact changed.
    pub fn apply(&mut self, kind: u16, payload: &[u8]) -> bool {
        // AF_BRIDGE messages are about a port's place in a bridge, also when they say DELLINK.
        let Some(mut link) = parse(payload).filter(|_| payload.first() != Some(&AF_BRIDGE)) else {
            return false;
        };
        match kind {
            RTM_DELLINK => self.0.remove(&link.index).is_some(),
            RTM_NEWLINK => {
                link.driver = driver(&link);
                link.speed_bits_per_s =
                    if has_speed(&link) { ethtool::speed(link.index) } else { None };
                self.0.insert(link.index, link.clone()) != Some(link)
            }
            _ => false,
        }
    }

    fn dump(&mut self, connection: &mut Connection) -> io::Result<()> {
        let mut payload = vec![0; INFO_MSG];
        wire::push_attribute(&mut payload, IFLA_EXT_MASK, &RTEXT_FILTER_SKIP_STATS.to_ne_bytes());
        let request = wire::request(RTM_GETLINK, wire::NLM_F_DUMP, &payload);
        connection.ask(&request, true, |kind, payload| {
            if let (RTM_NEWLINK, Some(link)) = (kind, parse(payload)) {
                self.0.insert(link.index, link);
            }
        })
    }
}

/// One RTM_NEWLINK or RTM_DELLINK message; driver and speed are not in it.
fn parse(payload: &[u8]) -> Option<Link> {
    let hardware = u16_at(payload, 2)?;
    let index = u32_at(payload, 4)?;
    let flags = u32_at(payload, 8)?;
    let attributes = Attributes(payload.get(INFO_MSG..)?);
    let u32_of = |kind| attributes.clone().find(kind).and_then(|value| u32_at(value, 0));
    let info = attributes.clone().find(IFLA_LINKINFO).map(Attributes);
    let info_kind = info.clone().and_then(|info| info.find(IFLA_INFO_KIND)).map(text);
    let kind = match (info_kind, hardware) {
        (Some(word), _) => Kind::from(word.as_str()),
        (None, ARPHRD_LOOPBACK) => Kind::Loopback,
        (None, ARPHRD_ETHER) => Kind::Ethernet,
        (None, other) => Kind::Other(format!("arphrd-{other}")),
    };
    let mode = (kind == Kind::Bond)
        .then(|| info.and_then(|info| Attributes(info.find(IFLA_INFO_DATA)?).find(IFLA_BOND_MODE)))
        .flatten()
        .and_then(|value| BOND_MODES.get(usize::from(*value.first()?)))
        .map(|mode| (*mode).to_owned());
    // A veth's IFLA_LINK is its other end, a tunnel's the way it takes; neither is below it.
    let stands_on = matches!(kind.as_str(), "vlan" | "macvlan" | "macvtap" | "ipvlan");
    let elsewhere = attributes.clone().find(IFLA_LINK_NETNSID).is_some();
    Some(Link {
        index,
        name: attributes.clone().find(IFLA_IFNAME).map(text)?,
        mac: attributes.clone().find(IFLA_ADDRESS).and_then(mac),
        mtu: u32_of(IFLA_MTU),
        speed_bits_per_s: None,
        up: flags & IFF_UP != 0 && flags & IFF_LOWER_UP != 0,
        master: u32_of(IFLA_MASTER),
        parent: u32_of(IFLA_LINK).filter(|_| stands_on && !elsewhere),
        driver: None,
        mode,
        kind,
    })
}

/// A C string that may hold anything.
fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

fn mac(value: &[u8]) -> Option<String> {
    let octets: [u8; 6] = value.try_into().ok()?;
    Some(pnet::util::MacAddr::from(octets).to_string())
}

/// The device's kernel driver; virtual links have no device.
fn driver(link: &Link) -> Option<String> {
    let name = &link.name;
    if namespace::is_joined() {
        // What is made by software calls itself a driver there as well.
        return (link.kind == Kind::Ethernet).then(|| drvinfo::driver(name)).flatten();
    }
    let link = std::fs::read_link(format!("/sys/class/net/{name}/device/driver")).ok()?;
    Some(link.file_name()?.to_string_lossy().into_owned())
}

/// Only a card's speed is a capacity: veth and tap report 10 Gbit/s whatever happens, virtio what
/// its host was told, a bond the sum of what its members say.
fn has_speed(link: &Link) -> bool {
    link.kind == Kind::Ethernet && link.driver.as_deref() != Some("virtio_net")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(hardware: u16, flags: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut payload = vec![0; INFO_MSG];
        payload[2..4].copy_from_slice(&hardware.to_ne_bytes());
        payload[4..8].copy_from_slice(&9u32.to_ne_bytes());
        payload[8..12].copy_from_slice(&flags.to_ne_bytes());
        for (kind, value) in attributes {
            wire::push_attribute(&mut payload, *kind, value);
        }
        payload
    }

    fn info(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut value = Vec::new();
        for (kind, data) in attributes {
            wire::push_attribute(&mut value, *kind, data);
        }
        value
    }

    #[test]
    fn a_bond_tells_its_mode() {
        let data = info(&[(IFLA_BOND_MODE, &[4])]);
        let linkinfo = info(&[(IFLA_INFO_KIND, b"bond\0"), (IFLA_INFO_DATA, &data)]);
        let bond = message(
            ARPHRD_ETHER,
            IFF_UP | IFF_LOWER_UP,
            &[
                (IFLA_IFNAME, b"bond0\0"),
                (IFLA_LINKINFO, &linkinfo),
                (IFLA_MTU, &1500u32.to_ne_bytes()),
            ],
        );
        let link = parse(&bond).expect("complete");
        assert_eq!((link.index, link.kind, link.up, link.mtu), (9, Kind::Bond, true, Some(1500)));
        assert_eq!(link.mode.as_deref(), Some("802.3ad"));
    }

    #[test]
    fn a_vlan_stands_on_its_parent_and_a_veth_does_not_stand_on_its_peer() {
        for (kind, parent) in [(&b"vlan\0"[..], Some(3)), (b"veth\0", None)] {
            let linkinfo = info(&[(IFLA_INFO_KIND, kind)]);
            let payload = message(
                ARPHRD_ETHER,
                0,
                &[
                    (IFLA_IFNAME, b"x\0"),
                    (IFLA_LINK, &3u32.to_ne_bytes()),
                    (IFLA_LINKINFO, &linkinfo),
                ],
            );
            assert_eq!(parse(&payload).and_then(|l| l.parent), parent);
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_kept_as_far_as_it_goes() {
        let payload = message(ARPHRD_ETHER, 0, &[(IFLA_IFNAME, b"a\xffb\0")]);
        assert_eq!(parse(&payload).map(|l| l.name), Some("a\u{fffd}b".into()));
    }

    #[test]
    fn a_port_leaving_its_bridge_is_not_gone() {
        let mut table = LinkTable::default();
        let link = message(ARPHRD_LOOPBACK, IFF_UP, &[(IFLA_IFNAME, b"lo\0")]);
        assert!(table.apply(RTM_NEWLINK, &link));
        assert!(!table.apply(RTM_NEWLINK, &link), "nothing changed");
        let mut port = link.clone();
        port[0] = AF_BRIDGE;
        assert!(!table.apply(RTM_DELLINK, &port));
        assert_eq!(table.links().len(), 1);
        assert!(table.apply(RTM_DELLINK, &link));
        assert_eq!(table.links().len(), 0);
    }

    #[test]
    fn this_machines_loopback_is_known() {
        let mut connection =
            Connection::open(netlink_sys::protocols::NETLINK_ROUTE).expect("netlink");
        let table = LinkTable::read(&mut connection).expect("links");
        let lo = table.links().into_iter().find(|l| l.kind == Kind::Loopback);
        assert!(lo.is_some_and(|lo| lo.name == "lo" && lo.speed_bits_per_s.is_none()));
    }
}
