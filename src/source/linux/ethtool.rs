//! Link speeds by ethtool netlink. Layouts: `linux/ethtool_netlink.h`, `linux/genetlink.h`;
//! Documentation/networking/ethtool-netlink.rst, LINKMODES_GET. Linux 5.6 or later.

use std::collections::HashMap;
use std::io;

use super::socket::Connection;
use super::wire::{self, Attributes, u16_at, u32_at};

const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const ETHTOOL_MSG_LINKMODES_GET: u8 = 4;
const ETHTOOL_A_LINKMODES_HEADER: u16 = 1;
const ETHTOOL_A_LINKMODES_SPEED: u16 = 5;
const ETHTOOL_A_HEADER_DEV_INDEX: u16 = 1;
const NLA_F_NESTED: u16 = 0x8000;
/// struct genlmsghdr: command, version, reserved.
const GENL_MSG: usize = 4;

/// Speeds in bit/s by interface index, of all links that report one.
pub fn speeds() -> io::Result<HashMap<u32, u64>> {
    let (mut connection, family) = open()?;
    let mut speeds = HashMap::new();
    let request = request(family, wire::NLM_F_DUMP, &[]);
    connection.ask(&request, true, |_, payload| speeds.extend(parse(payload)))?;
    Ok(speeds)
}

/// The speed of one link in bit/s, if it reports one.
pub fn speed(index: u32) -> Option<u64> {
    let (mut connection, family) = open().ok()?;
    let mut header = Vec::new();
    wire::push_attribute(&mut header, ETHTOOL_A_HEADER_DEV_INDEX, &index.to_ne_bytes());
    let mut speed = None;
    connection
        .ask(&request(family, 0, &header), false, |_, payload| {
            speed = parse(payload).map(|(_, speed)| speed);
        })
        .ok()?;
    speed
}

/// A generic netlink socket and the family number that the kernel gave ethtool.
fn open() -> io::Result<(Connection, u16)> {
    let mut connection = Connection::open(netlink_sys::protocols::NETLINK_GENERIC)?;
    let mut payload = vec![CTRL_CMD_GETFAMILY, 1, 0, 0];
    wire::push_attribute(&mut payload, CTRL_ATTR_FAMILY_NAME, b"ethtool\0");
    let mut family = None;
    connection.ask(&wire::request(GENL_ID_CTRL, 0, &payload), false, |_, payload| {
        let attributes = payload.get(GENL_MSG..).map(Attributes);
        family = attributes.and_then(|a| u16_at(a.find(CTRL_ATTR_FAMILY_ID)?, 0));
    })?;
    family.map(|family| (connection, family)).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

fn request(family: u16, flags: u16, header: &[u8]) -> Vec<u8> {
    let mut payload = vec![ETHTOOL_MSG_LINKMODES_GET, 1, 0, 0];
    wire::push_attribute(&mut payload, ETHTOOL_A_LINKMODES_HEADER | NLA_F_NESTED, header);
    wire::request(family, flags, &payload)
}

/// Index and speed of one answer; none for SPEED_UNKNOWN (-1) and 0.
fn parse(payload: &[u8]) -> Option<(u32, u64)> {
    let attributes = Attributes(payload.get(GENL_MSG..)?);
    let header = Attributes(attributes.clone().find(ETHTOOL_A_LINKMODES_HEADER)?);
    let index = u32_at(header.find(ETHTOOL_A_HEADER_DEV_INDEX)?, 0)?;
    let megabits = u32_at(attributes.find(ETHTOOL_A_LINKMODES_SPEED)?, 0)?;
    (megabits != 0 && megabits != u32::MAX).then(|| (index, u64::from(megabits) * 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(index: u32, megabits: u32) -> Vec<u8> {
        let mut header = Vec::new();
        wire::push_attribute(&mut header, ETHTOOL_A_HEADER_DEV_INDEX, &index.to_ne_bytes());
        let mut payload = vec![ETHTOOL_MSG_LINKMODES_GET, 1, 0, 0];
        wire::push_attribute(&mut payload, ETHTOOL_A_LINKMODES_HEADER | NLA_F_NESTED, &header);
        wire::push_attribute(&mut payload, ETHTOOL_A_LINKMODES_SPEED, &megabits.to_ne_bytes());
        payload
    }

    #[test]
    fn megabits_become_bits_and_unknown_is_none() {
        assert_eq!(parse(&answer(4, 25_000)), Some((4, 25_000_000_000)));
        assert_eq!(parse(&answer(4, u32::MAX)), None);
        assert_eq!(parse(&answer(4, 0)), None);
        assert_eq!(parse(&[]), None);
    }
}
