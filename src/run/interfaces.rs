//! `migtop interfaces`: everything known of interfaces and teams, once.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::open::{self, Opened};
use crate::cli::{Format, Settings};
use crate::model::{Event, Interface, Team, printable};
use crate::session::{Session, Subject};
use crate::source::inventory::Inventory;
use crate::units::BitsPerSec;

/// Prints them.
pub fn print(settings: &Settings, format: Format) -> Result<ExitCode> {
    let Opened { source, links, .. } = open::source(settings)?;
    let (interfaces, teams) = Inventory::new(settings.inventory.clone()).update(links);
    let text = match format {
        Format::Json => {
            serde_json::to_string_pretty(&as_json(source.name(), &interfaces, &teams))? + "\n"
        }
        Format::Text => as_text(&interfaces, &teams),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Addresses are looked up here and only here: the live view has no use for them.
fn addresses() -> HashMap<u32, Vec<String>> {
    #[cfg(target_os = "linux")]
    {
        crate::source::linux::addresses::by_index()
    }
    #[cfg(not(target_os = "linux"))]
    HashMap::new()
}

fn as_json(sampler: &str, interfaces: &[Interface], teams: &[Team]) -> Value {
    let addresses = addresses();
    let interface = |i: &Interface| {
        let mut entry = json!(i);
        entry["sampler"] = json!(sampler);
        // A cadence shows only on a busy link, after some seconds.
        entry["cadence_ns"] = Value::Null;
        entry["driver"] = json!(i.driver);
        entry["attainable_bits_per_s"] = json!(i.attainable());
        entry["addresses"] = json!(addresses.get(&i.index).cloned().unwrap_or_default());
        entry
    };
    let capacities = capacities(interfaces, teams);
    let team = |t: &Team| {
        let mut entry = json!(t);
        entry["attainable_bits_per_s"] = json!(capacities.get(&t.name));
        entry
    };
    json!({
        "interfaces": interfaces.iter().map(interface).collect::<Vec<_>>(),
        "teams": teams.iter().map(team).collect::<Vec<_>>(),
    })
}

/// What each team can carry, as the live view says it.
fn capacities(interfaces: &[Interface], teams: &[Team]) -> HashMap<String, f64> {
    let mut session = Session::default();
    let (interfaces, teams) = (interfaces.to_vec(), teams.to_vec());
    session.apply(Event::Interfaces { at: Duration::ZERO, interfaces, teams: teams.clone() });
    let capacity = |team: Team| {
        let figures = session.figures(&Subject::Team(team.name.clone()))?;
        Some((team.name, figures.attainable?))
    };
    teams.into_iter().filter_map(capacity).collect()
}

fn as_text(interfaces: &[Interface], teams: &[Team]) -> String {
    let addresses = addresses();
    let mut out = String::new();
    let name_of = |id: u32| {
        let found = interfaces.iter().find(|i| i.id == id);
        found.map_or_else(|| "?".to_owned(), |i| printable(&i.name).into_owned())
    };
    let _ = writeln!(
        out,
        "{:<15} {:<9} {:<5} {:>11} {:>11} {:>5} {:<10} {:<12} addresses",
        "interface", "kind", "link", "speed", "attainable", "MTU", "driver", "on"
    );
    for i in interfaces {
        let rate = |rate: Option<f64>| rate.map_or("-".to_owned(), |r| BitsPerSec(r).to_string());
        let on = match (i.master, i.parent) {
            (Some(master), _) => format!("in {}", name_of(master)),
            (None, Some(parent)) => format!("on {}", name_of(parent)),
            (None, None) => "-".to_owned(),
        };
        let mtu = i.mtu.map_or("-".to_owned(), |mtu| mtu.to_string());
        let _ = writeln!(
            out,
            "{:<15} {:<9} {:<5} {:>11} {:>11} {mtu:>5} {:<10} {on:<12} {}",
            printable(&i.name),
            i.kind.as_str(),
            if i.up { "up" } else { "down" },
            rate(i.speed_bits_per_s.map(|s| s as f64)),
            rate(i.attainable()),
            i.driver.as_deref().unwrap_or("-"),
            addresses.get(&i.index).map_or_else(|| "-".to_owned(), |a| a.join(" ")),
        );
    }
    let capacities = capacities(interfaces, teams);
    for team in teams {
        let members: Vec<String> = team.members.iter().map(|id| name_of(*id)).collect();
        let capacity = capacities.get(&team.name);
        let capacity = capacity.map_or_else(
            || "capacity not known: state speeds with --speed".to_owned(),
            |c| format!("attainable {}", BitsPerSec(*c)),
        );
        let _ = writeln!(
            out,
            "team {} ({}): {}; {capacity}",
            printable(&team.name),
            printable(&team.mode),
            members.join(", ")
        );
    }
    out
}
