//! The portable source, on the `sysinfo` crate: the counter source where there is no netlink, and a
//! second opinion where there is.
//!
//! It costs a hundred times the dump and knows names only; interfaces are numbered in order of
//! name where the system's index is not known.

use std::collections::HashMap;
use std::time::Duration;

use sysinfo::{InterfaceOperationalState, Networks};

use super::{Counters, Link, Source, SourceError};
use crate::model::{Kind, Pair};

/// Counters by name.
pub struct SysinfoCounters {
    networks: Networks,
    index_of: HashMap<String, u32>,
}

impl SysinfoCounters {
    /// Lists the interfaces.
    ///
    /// # Errors
    /// When the system lists none.
    pub fn open() -> Result<Self, SourceError> {
        let networks =
            Networks::new_with_refreshed_list().map_err(|_| SourceError::NoInterfaces)?;
        Ok(Self { networks, index_of: HashMap::new() })
    }

    /// Takes the index behind each name.
    pub fn rename(&mut self, links: &[Link]) {
        self.index_of = links.iter().map(|link| (link.name.clone(), link.index)).collect();
    }

    /// Reads every known interface's counters. Dropped packets are not known here.
    pub fn read(&mut self, out: &mut Vec<Counters>) {
        self.networks.refresh(true);
        out.extend(self.networks.iter().filter_map(|(name, data)| {
            Some(Counters {
                index: *self.index_of.get(&*name.to_string_lossy())?,
                bytes: Pair { rx: data.total_received(), tx: data.total_transmitted() },
                packets: Pair {
                    rx: data.total_packets_received(),
                    tx: data.total_packets_transmitted(),
                },
                errors: Pair {
                    rx: data.total_errors_on_received(),
                    tx: data.total_errors_on_transmitted(),
                },
                dropped: Pair::default(),
            })
        }));
        out.sort_unstable_by_key(|counters| counters.index);
    }

    fn links(&self, known: &mut HashMap<String, u32>) -> Vec<Link> {
        let mut names: Vec<_> =
            self.networks.keys().map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        for name in names {
            let next = known.len() as u32 + 1;
            known.entry(name).or_insert(next);
        }
        self.networks
            .iter()
            .filter_map(|(name, data)| {
                let name = name.to_string_lossy().into_owned();
                let speed = data.transmit_link_speed().filter(|speed| *speed > 0);
                Some(Link {
                    index: *known.get(&name)?,
                    kind: kind(&name),
                    mac: Some(data.mac_address().to_string()),
                    mtu: u32::try_from(data.mtu()).ok().filter(|mtu| *mtu > 0),
                    speed_bits_per_s: speed,
                    up: data.operational_state() == InterfaceOperationalState::Up,
                    master: None,
                    parent: None,
                    driver: None,
                    mode: None,
                    name,
                })
            })
            .collect()
    }
}

/// What it calls itself.
pub const NAME: &str = "sysinfo";

/// Names are all there is to tell a loopback by.
fn kind(name: &str) -> Kind {
    let loopback = name.starts_with("lo") && name[2..].bytes().all(|b| b.is_ascii_digit());
    if loopback { Kind::Loopback } else { Kind::Ethernet }
}

/// The whole source: links and counters.
pub struct Portable {
    counters: SysinfoCounters,
    known: HashMap<String, u32>,
    told: Vec<Link>,
}

impl Portable {
    /// Lists the interfaces.
    ///
    /// # Errors
    /// When the system lists none.
    pub fn open() -> Result<Self, SourceError> {
        Ok(Self { counters: SysinfoCounters::open()?, known: HashMap::new(), told: Vec::new() })
    }
}

impl Source for Portable {
    fn name(&self) -> &'static str {
        NAME
    }

    fn links(&mut self, _at: Duration) -> Option<Vec<Link>> {
        let links = self.counters.links(&mut self.known);
        if links == self.told {
            return None;
        }
        self.counters.rename(&links);
        self.told.clone_from(&links);
        Some(links)
    }

    fn counters(&mut self, _at: Duration, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        out.clear();
        self.counters.read(out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_counters_of_this_machine_agree() {
        let mut source = Portable::open().expect("interfaces");
        let links = source.links(Duration::ZERO).expect("the first call has them");
        assert_eq!(source.links(Duration::ZERO), None, "nothing changed");
        let mut counters = Vec::new();
        source.counters(Duration::ZERO, &mut counters).expect("counters");
        assert_eq!(links.len(), counters.len());
    }

    #[test]
    fn loopbacks_are_told_by_name() {
        assert_eq!(kind("lo"), Kind::Loopback);
        assert_eq!(kind("lo0"), Kind::Loopback);
        assert_eq!(kind("lowpan0"), Kind::Ethernet);
    }
}
