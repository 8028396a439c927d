//! The interface that a connection's packets leave by: RTM_GETROUTE, as `ip route get` asks it.
//!
//! Layouts: `linux/rtnetlink.h` (struct rtmsg), rtnetlink(7).

use std::net::{IpAddr, SocketAddr};

use super::super::socket::Connection;
use super::super::wire::{self, Attributes, u32_at};

const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;
/// struct rtmsg.
const ROUTE_MSG: usize = 12;
const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_OIF: u16 = 4;
/// Of these a multipath route makes its choice where `fib_multipath_hash_policy` is 1; kernels
/// before 4.17 pass over them.
const RTA_IP_PROTO: u16 = 27;
const RTA_SPORT: u16 = 28;
const RTA_DPORT: u16 = 29;
const IPPROTO_TCP: u8 = 6;

/// The index of the interface; a bond's own where a bond is the way. `None` without a route.
pub fn interface(
    connection: &mut Connection,
    local: SocketAddr,
    remote: SocketAddr,
    device: Option<u32>,
) -> Option<u32> {
    let mut found = None;
    let asked = connection.ask(&request(local, remote, device), false, |kind, payload| {
        if kind == RTM_NEWROUTE {
            found = parse(payload);
        }
    });
    asked.ok().and(found)
}

fn request(local: SocketAddr, remote: SocketAddr, device: Option<u32>) -> Vec<u8> {
    let (family, bits) = if remote.is_ipv4() { (libc::AF_INET, 32) } else { (libc::AF_INET6, 128) };
    let mut payload = vec![family as u8, bits, bits, 0];
    payload.resize(ROUTE_MSG, 0);
    push_address(&mut payload, RTA_DST, remote.ip());
    push_address(&mut payload, RTA_SRC, local.ip());
    if let Some(index) = device {
        wire::push_attribute(&mut payload, RTA_OIF, &index.to_ne_bytes());
    }
    wire::push_attribute(&mut payload, RTA_IP_PROTO, &[IPPROTO_TCP]);
    wire::push_attribute(&mut payload, RTA_SPORT, &local.port().to_be_bytes());
    wire::push_attribute(&mut payload, RTA_DPORT, &remote.port().to_be_bytes());
    wire::request(RTM_GETROUTE, 0, &payload)
}

fn push_address(payload: &mut Vec<u8>, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => wire::push_attribute(payload, kind, &address.octets()),
        IpAddr::V6(address) => wire::push_attribute(payload, kind, &address.octets()),
    }
}

fn parse(payload: &[u8]) -> Option<u32> {
    u32_at(Attributes(payload.get(ROUTE_MSG..)?).find(RTA_OIF)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_the_connections_both_ends() {
        let request = request(
            "10.88.0.1:40100".parse().expect("an address"),
            "10.88.0.2:5201".parse().expect("an address"),
            Some(7),
        );
        let payload = &request[16..];
        assert_eq!(payload[..ROUTE_MSG], [2, 32, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let attributes = Attributes(&payload[ROUTE_MSG..]);
        let find = |kind| attributes.clone().find(kind).expect("there");
        assert_eq!((find(RTA_DST), find(RTA_SRC)), (&[10, 88, 0, 2][..], &[10, 88, 0, 1][..]));
        assert_eq!((find(RTA_SPORT), find(RTA_DPORT)), (&[0x9c, 0xa4][..], &[0x14, 0x51][..]));
        assert_eq!(u32_at(find(RTA_OIF), 0), Some(7));
    }

    #[test]
    fn the_way_to_this_machine_itself_is_its_loopback() {
        let mut connection =
            Connection::open(netlink_sys::protocols::NETLINK_ROUTE).expect("opens");
        let end = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let index = interface(&mut connection, end(1), end(2), None);
        // A namespace whose loopback is down has no route.
        assert!(index.is_none_or(|index| index == 1), "{index:?}");
        assert_eq!(parse(&[0; 11]), None);
    }
}
