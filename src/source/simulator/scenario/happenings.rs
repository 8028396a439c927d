//! What the links of a scenario carry, and what happens to them: flows and events with their
//! interfaces found.

use std::time::Duration;

use super::super::file::{Change, EventEntry, FlowEntry};
use super::error::in_entry;
use super::links::{find_port, stretch};
use super::{EntryError, Flow, Occurrence, Port, ScenarioError};
use crate::model::Kind;

/// All flows; none goes on beyond `end`.
pub fn flows(
    ports: &[Port],
    entries: &[FlowEntry],
    end: Duration,
) -> Result<Vec<Flow>, ScenarioError> {
    let mut flows = Vec::with_capacity(entries.len());
    for (number, entry) in entries.iter().enumerate() {
        let flow = flow(ports, entry, &flows, end);
        flows.push(flow.map_err(|source| in_entry(flow_label(number, entry), source))?);
    }
    Ok(flows)
}

fn flow_label(number: usize, entry: &FlowEntry) -> String {
    let guest = entry.guest.as_ref().map_or_else(String::new, |guest| format!(" of `{guest}`"));
    format!("flow {}{guest} on `{}`", number + 1, entry.interface)
}

fn flow(
    ports: &[Port],
    entry: &FlowEntry,
    before: &[Flow],
    end: Duration,
) -> Result<Flow, EntryError> {
    let port = find_port(ports, &entry.interface)?;
    let joining = &ports[port];
    if joining.is_stacked() && !matches!(joining.link.kind, Kind::Bond | Kind::Team) {
        return Err(EntryError::NotACarrier(joining.link.kind.as_str().to_owned()));
    }
    let mut paths = joining.below.clone();
    if paths.is_empty() {
        return Err(EntryError::NothingBelow);
    }
    let turn = match entry.member {
        Some(member) if member >= paths.len() => {
            return Err(EntryError::NoMember { member, members: paths.len() });
        }
        Some(member) => member,
        None if joining.is_one_at_a_time() => 0,
        None => before.iter().filter(|flow| flow.port == port).count() % paths.len(),
    };
    paths.rotate_left(turn);
    let during = stretch(entry.from, entry.to)?;
    Ok(Flow {
        port,
        paths,
        direction: entry.direction.into(),
        during: during.start..during.end.min(end),
        bits_per_s: entry.rate.0,
        guest: entry.guest.clone(),
    })
}

/// All events in order of time, each possible when its time comes.
pub fn events(ports: &[Port], entries: Vec<EventEntry>) -> Result<Vec<Occurrence>, ScenarioError> {
    let mut events = Vec::with_capacity(entries.len());
    for (number, entry) in entries.into_iter().enumerate() {
        let label = format!("event {} on `{}`", number + 1, entry.interface);
        match event(ports, entry) {
            Ok(event) => events.push((label, event)),
            Err(source) => return Err(in_entry(label, source)),
        }
    }
    events.sort_by_key(|(_, event)| event.at);
    let mut names: Vec<&str> = ports.iter().map(|port| port.link.name.as_str()).collect();
    for (label, event) in &events {
        if let Change::Rename(name) = &event.change {
            let taken = |(port, n): (&Port, &&str)| n == name && port.there.contains(&event.at);
            if ports.iter().zip(&names).any(taken) {
                return Err(in_entry(label.clone(), EntryError::NameTaken(name.clone())));
            }
            names[event.port] = name;
        }
    }
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

fn event(ports: &[Port], entry: EventEntry) -> Result<Occurrence, EntryError> {
    let port = find_port(ports, &entry.interface)?;
    if entry.change == Change::Reset && ports[port].is_stacked() {
        return Err(EntryError::NoOwnCounters("reset"));
    }
    Ok(Occurrence { at: entry.at.0, port, change: entry.change })
}
