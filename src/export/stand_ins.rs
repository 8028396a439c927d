//! Names that say whose host this is, replaced by others that do not: the same name by the same
//! stand-in throughout a session.

use std::collections::{BTreeSet, HashMap};

use crate::model::{Interface, Kind, printable};

/// Names of guests' ends begin so; what follows is the guest's.
const GUEST_PREFIXES: [&str; 6] = ["macvtap", "tap", "tun", "vnet", "vif", "veth"];
/// Shorter parts of a guest's name stand in other names by chance.
const SHORTEST_PART: usize = 4;
/// So many hexadecimal digits in a row, or so many digits of a MAC's own half, are an address.
const HEX_RUN: usize = 8;
const OWN_HALF: usize = 6;

/// What may not be given away, and what stands for it.
#[derive(Debug, Default)]
pub struct StandIns {
    /// Parts of names that give something away, in lower case.
    secrets: BTreeSet<String>,
    /// The halves of hardware addresses that the card's maker numbers.
    macs: BTreeSet<String>,
    /// Guests' ends.
    guests: BTreeSet<String>,
    given: HashMap<String, String>,
    counts: HashMap<&'static str, u32>,
}

impl StandIns {
    /// A host's name, its first label too, may stand in no other name.
    pub fn learn_host(&mut self, host: &str) {
        let host = host.to_lowercase();
        let label = host.split('.').next().unwrap_or_default().to_owned();
        self.secrets.extend([host, label].into_iter().filter(|part| !part.is_empty()));
    }

    /// Guests' names and hardware addresses may stand in no other name.
    pub fn learn(&mut self, interfaces: &[Interface]) {
        for interface in interfaces {
            if let Some(mac) = &interface.mac {
                let digits = alphanumeric(mac);
                if digits.len() == 2 * OWN_HALF && digits.bytes().any(|byte| byte != b'0') {
                    self.macs.insert(digits[OWN_HALF..].to_owned());
                }
            }
            if is_guests(&interface.kind) {
                let name = interface.name.to_lowercase();
                let part = GUEST_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
                let part = part.unwrap_or(&name).trim_matches(|c: char| !c.is_alphanumeric());
                if part.chars().count() >= SHORTEST_PART {
                    self.secrets.insert(part.to_owned());
                }
                self.guests.insert(interface.name.clone());
            }
        }
    }

    /// What stands for a host.
    pub fn host(&mut self, name: &str) -> String {
        // An interface may be called like its host.
        self.stand_in(&format!("host {name}"), "host")
    }

    /// What stands for an interface or a team of this kind; its own name where that tells nothing.
    pub fn name(&mut self, name: &str, kind: &str) -> String {
        if self.guests.contains(name) {
            return self.stand_in(name, "tap");
        }
        if !self.tells(name) {
            return printable(name).into_owned();
        }
        let word = match kind {
            "ethernet" => "ethernet",
            "bond" => "bond",
            "team" => "team",
            "bridge" => "bridge",
            "vlan" => "vlan",
            _ => "interface",
        };
        self.stand_in(name, word)
    }

    fn stand_in(&mut self, name: &str, word: &'static str) -> String {
        if let Some(known) = self.given.get(name) {
            return known.clone();
        }
        let count = self.counts.entry(word).or_default();
        *count += 1;
        let new = format!("{word}-{count}");
        self.given.insert(name.to_owned(), new.clone());
        new
    }

    /// Whether a name gives something away, or could be taken for a stand-in.
    fn tells(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let digits = alphanumeric(&lower);
        self.secrets.iter().any(|secret| lower.contains(secret.as_str()))
            || self.macs.iter().any(|mac| digits.contains(mac.as_str()))
            || has_address(&lower)
            || is_like_a_stand_in(&lower)
    }
}

/// Ends of guests' and containers' own links.
fn is_guests(kind: &Kind) -> bool {
    matches!(kind, Kind::Tun | Kind::Veth)
        || matches!(kind, Kind::Other(word) if word == "macvtap" || word == "ipvtap")
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A MAC (in one piece, or in pairs), an IPv4 address with any separator, or anything with two
/// colons, as IPv6 has.
fn has_address(name: &str) -> bool {
    let parts: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pair = |part: &&str| part.len() == 2 && hex(part);
    let octet = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok();
    // The first may have a word before it: `wg10-0-0-1`.
    let first = |part: &str| octet(part.trim_start_matches(|c: char| !c.is_ascii_digit()));
    let quads = |four: &[&str]| first(four[0]) && four[1..].iter().all(|part| octet(part));
    longest_hex_run(name) >= HEX_RUN
        || parts.windows(OWN_HALF).any(|six| six.iter().all(pair))
        || parts.windows(4).any(quads)
        || name.matches(':').count() >= 2
}

/// Of hexadecimal digits with a decimal one among them; words such as `facade` are words.
fn longest_hex_run(name: &str) -> usize {
    let runs = name.split(|c: char| !c.is_ascii_hexdigit());
    let numbers = runs.filter(|run| run.bytes().any(|byte| byte.is_ascii_digit()));
    numbers.map(str::len).max().unwrap_or(0)
}

fn is_like_a_stand_in(name: &str) -> bool {
    let words = ["host", "tap", "ethernet", "bond", "team", "bridge", "vlan", "interface"];
    name.rsplit_once('-').is_some_and(|(word, number)| {
        words.contains(&word) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt() -> StandIns {
        let mut stand_ins = StandIns::default();
        stand_ins.learn_host("HV07.example.net");
        let mut eth0 = Interface::new(1, "eth0", Kind::Ethernet);
        eth0.mac = Some("52:54:00:a1:b2:c3".into());
        let tap = Interface::new(2, "tapmail-01", Kind::Tun);
        stand_ins.learn(&[eth0, tap, Interface::new(3, "vnet0", Kind::Tun)]);
        stand_ins
    }

    #[test]
    fn the_same_name_has_the_same_stand_in() {
        let mut stand_ins = learnt();
        assert_eq!(stand_ins.host("hv07.example.net"), "host-1");
        let names = ["vnet0", "tapmail-01", "vnet0", "tapmail-01"];
        let found = names.map(|name| stand_ins.name(name, "tun"));
        assert_eq!(found, ["tap-1", "tap-2", "tap-1", "tap-2"]);
    }

    #[test]
    fn a_name_that_tells_something_is_replaced() {
        for (name, kind, expected) in [
            ("br-hv07", "bridge", "bridge-1"),
            ("uplink-HV07", "team", "team-1"),
            ("brmail-01", "bridge", "bridge-1"),
            ("enx525400a1b2c3", "ethernet", "ethernet-1"),
            ("x-a1b2c3", "wireguard", "interface-1"),
            ("52-54-00-11-22-33", "team", "team-1"),
            ("vx-10.1.2.3", "vxlan", "interface-1"),
            ("wg10-1-2-3", "vxlan", "interface-1"),
            ("fe80::1", "team", "team-1"),
            ("tap-1", "ethernet", "ethernet-1"),
        ] {
            assert_eq!(learnt().name(name, kind), expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_tells_nothing_stays() {
        for name in ["eth0", "ens1f0np0", "enp129s0f1", "bond0", "bond0.100", "br-lan", "lo", "ib0"]
        {
            assert_eq!(learnt().name(name, "ethernet"), name);
        }
    }
}
