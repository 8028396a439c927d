//! The links of a scenario: numbered, put on each other, and their counters checked.

use std::ops::Range;
use std::time::Duration;

use super::super::counter::Show;
use super::super::file::{InterfaceEntry, Time};
use super::error::in_entry;
use super::{EntryError, Port, ScenarioError};
use crate::measure::team;
use crate::model::Interface;
use crate::source::Link;

/// All interfaces in order of index, and what stands on what.
pub fn ports(mut entries: Vec<InterfaceEntry>) -> Result<Vec<Port>, ScenarioError> {
    number(&mut entries);
    entries.sort_by_key(|entry| entry.index);
    let mut ports = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let port = port(&entries, place);
        ports.push(port.map_err(|e| in_entry(format!("interface `{}`", entry.name), e))?);
    }
    let interfaces = interfaces(&ports);
    for (port, interface) in ports.iter_mut().zip(&interfaces) {
        let below = team::links_below(&interfaces, interface);
        port.below = below.into_iter().map(|id| id as usize).collect();
        if port.below.is_empty() && port.link.parent.is_some() {
            let entry = format!("interface `{}`", port.link.name);
            return Err(in_entry(entry, EntryError::NothingBelow));
        }
    }
    Ok(ports)
}

/// Counts up the indexes that were not given.
fn number(entries: &mut [InterfaceEntry]) {
    let mut last = 0_u32;
    for entry in entries {
        last = *entry.index.get_or_insert(last.saturating_add(1));
    }
}

fn port(entries: &[InterfaceEntry], place: usize) -> Result<Port, EntryError> {
    let entry = &entries[place];
    for other in &entries[..place] {
        if other.name == entry.name {
            return Err(EntryError::Twice("name"));
        }
        if other.index == entry.index {
            return Err(EntryError::Twice("index"));
        }
    }
    let index = entry.index.unwrap_or_default();
    let index_of = |name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => {
            find(entries.iter().map(|e| e.name.as_str()), name).map(|place| entries[place].index)
        }
    };
    let link = Link {
        index,
        name: entry.name.clone(),
        kind: entry.kind.clone(),
        mac: Some(entry.mac.clone().unwrap_or_else(|| mac(index))),
        mtu: Some(entry.mtu),
        speed_bits_per_s: entry.speed.map(|rate| rate.0),
        up: true,
        master: index_of(&entry.master)?,
        parent: index_of(&entry.parent)?,
        driver: entry.driver.clone(),
        mode: entry.mode.clone(),
    };
    let port = Port {
        link,
        show: show(entry)?,
        below: Vec::new(),
        there: stretch(entry.appears.unwrap_or_default(), entry.vanishes)?,
        jitter: entry.jitter.unwrap_or_default(),
    };
    let own = [
        ("start_bytes", entry.start_bytes.is_some()),
        ("refresh", entry.refresh.is_some()),
        ("counter_bits", entry.counter_bits.is_some()),
        ("jitter", entry.jitter.is_some()),
    ];
    match own.into_iter().find(|(_, given)| *given && port.is_stacked()) {
        Some((field, _)) => Err(EntryError::NoOwnCounters(field)),
        None => Ok(port),
    }
}

/// How the counters look, with the ranges of all that goes into them.
fn show(entry: &InterfaceEntry) -> Result<Show, EntryError> {
    let out_of_range = |field, allowed| EntryError::OutOfRange { field, allowed };
    if entry.mtu == 0 {
        return Err(out_of_range("mtu", "above 0"));
    }
    if !(0.0..=0.5).contains(&entry.jitter.unwrap_or_default()) {
        return Err(out_of_range("jitter", "from 0 to 0.5"));
    }
    if entry.refresh.is_some_and(|t| t.0.is_zero()) {
        return Err(out_of_range("refresh", "longer than 0s"));
    }
    let mask = match entry.counter_bits {
        None | Some(64) => u64::MAX,
        Some(32) => u64::from(u32::MAX),
        Some(_) => return Err(out_of_range("counter_bits", "32 or 64")),
    };
    Ok(Show {
        start: entry.start_bytes.unwrap_or_default(),
        refresh: entry.refresh.unwrap_or_default().0,
        mask,
        packet: u64::from(entry.mtu),
    })
}

/// A locally administered address that tells the index.
fn mac(index: u32) -> String {
    let [a, b, c, d] = index.to_be_bytes();
    format!("02:6d:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

pub fn stretch(from: Time, to: Option<Time>) -> Result<Range<Duration>, EntryError> {
    let (from, to) = (from.0, to.map_or(Duration::MAX, |t| t.0));
    if from < to { Ok(from..to) } else { Err(EntryError::Backwards { from, to }) }
}

fn find<'a>(names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Result<usize, EntryError> {
    names.clone().position(|n| n == name).ok_or_else(|| EntryError::Missing {
        name: name.to_owned(),
        existing: names.collect::<Vec<_>>().join(", "),
    })
}

pub fn find_port(ports: &[Port], name: &str) -> Result<usize, EntryError> {
    find(ports.iter().map(|port| port.link.name.as_str()), name)
}

/// The ports as the rule of what stands on what takes them; an id is a position.
fn interfaces(ports: &[Port]) -> Vec<Interface> {
    let id_of = |index: Option<u32>| {
        ports.iter().position(|port| Some(port.link.index) == index).map(|place| place as u32)
    };
    let resolved = |(place, port): (usize, &Port)| Interface {
        id: place as u32,
        master: id_of(port.link.master),
        parent: id_of(port.link.parent),
        ..interface(&port.link)
    };
    ports.iter().enumerate().map(resolved).collect()
}

/// A link in the model's words, on its own.
pub fn interface(link: &Link) -> Interface {
    Interface {
        id: 0,
        index: link.index,
        name: link.name.clone(),
        kind: link.kind.clone(),
        mac: None,
        mtu: link.mtu,
        speed_bits_per_s: link.speed_bits_per_s,
        speed_stated: false,
        up: link.up,
        master: None,
        parent: None,
        driver: None,
    }
}
