//! Which product's migration a connection is, by the port that its listening side has and by the
//! process at this end. The table stands in `assets/ports.toml`, with its sources; the configuration
//! file's `[[ports]]` go before it.
//!
//! A connection's other port says nothing: it is whatever was free. Linux takes it from 32768 to
//! 60999 (ip-sysctl, `ip_local_port_range`), Windows from 49152 up (RFC 6335, section 6), and both
//! ranges hold ports of migrations. So a port counts only where it may be the listening side's: the
//! lower one of the two, or either where both are so high.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

/// Ports from here on are given to whoever asks for any.
const EPHEMERAL: u16 = 32_768;

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called.
    #[serde(deserialize_with = "shared_text")]
    pub product: Arc<str>,
    /// Which ports.
    pub ports: Range,
    /// Others use them as well.
    #[serde(default)]
    pub shared: bool,
    /// What the process at this end is called, or begins with.
    #[serde(default)]
    pub processes: Vec<String>,
    /// Where that stands.
    #[serde(default)]
    pub source: Option<String>,
}

fn shared_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(from).map(Arc::from)
}

/// Ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Range {
    first: u16,
    last: u16,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(u16),
    Text(String),
}

/// What is no port and no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no port and no range of ports; write them like \"6600\" or \"49152-49215\"")]
pub struct RangeError(String);

impl TryFrom<Written> for Range {
    type Error = RangeError;

    fn try_from(written: Written) -> Result<Self, RangeError> {
        let text = match written {
            Written::One(port) => return Ok(Self { first: port, last: port }),
            Written::Text(text) => text,
        };
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(RangeError(text)),
        }
    }
}

impl Range {
    fn holds(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

/// What a connection is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Whose migration.
    pub product: Arc<str>,
    /// It may be something else.
    pub probable: bool,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maybe = if self.probable { "probably " } else { "" };
        write!(f, "{maybe}{}", self.product)
    }
}

/// What is known of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    /// This end's port.
    pub local: u16,
    /// The other's.
    pub remote: u16,
    /// The process at this end.
    pub process: Option<&'a str>,
}

const BUILT_IN: &str = include_str!("../../assets/ports.toml");

static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(built_in);

/// The table that comes with migtop, read line by line: a reader of all of TOML would stay in the live
/// monitor's memory for it. The tests hold what comes of it against that reader's.
fn built_in() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in BUILT_IN.lines() {
        if line == "[[ports]]" {
            entries.push(Entry {
                product: Arc::from(""),
                ports: Range { first: 0, last: 0 },
                shared: false,
                processes: Vec::new(),
                source: None,
            });
        } else if let (Some(entry), Some((key, value))) =
            (entries.last_mut(), line.split_once(" = "))
        {
            entry.set(key, value);
        }
    }
    entries
}

/// What a connection is; `more` goes before the table. `None`: nothing that is known.
pub fn label(ends: Ends<'_>, more: &[Entry]) -> Option<Label> {
    let mut best: Option<Label> = None;
    for entry in more.iter().chain(TABLE.iter()) {
        if let Some(probable) = entry.fits(ends) {
            // Of two that may be it, the one that the process tells.
            if !probable {
                return Some(Label { product: Arc::clone(&entry.product), probable });
            }
            best.get_or_insert_with(|| Label { product: Arc::clone(&entry.product), probable });
        }
    }
    best
}

impl Entry {
    /// Takes a line of the built-in table.
    fn set(&mut self, key: &str, value: &str) {
        let mut words = value.split('"').skip(1).step_by(2).map(str::to_owned);
        match key {
            "product" => self.product = words.collect::<String>().into(),
            "ports" => {
                let range = Range::try_from(Written::Text(words.collect()));
                self.ports = range.expect("the table is right");
            }
            "shared" => self.shared = value == "true",
            "processes" => self.processes = words.collect(),
            "source" => self.source = words.next(),
            _ => {}
        }
    }

    /// Whether it is this one probably (`true`) or surely (`false`); `None` when it is not.
    fn fits(&self, ends: Ends<'_>) -> Option<bool> {
        let listens = |port: u16, other: u16| {
            let may = port < other || port.min(other) >= EPHEMERAL;
            may && self.ports.holds(port)
        };
        if !listens(ends.remote, ends.local) && !listens(ends.local, ends.remote) {
            return None;
        }
        let told = ends
            .process
            .map(|name| self.processes.iter().any(|process| name.starts_with(process.as_str())));
        match (self.shared, told) {
            (false, _) | (true, Some(true)) => Some(false),
            // It is a process that these migrations are not made by.
            (true, Some(false)) if !self.processes.is_empty() => None,
            (true, _) => Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        ports: Vec<Entry>,
    }

    fn told(local: u16, remote: u16, process: Option<&str>) -> String {
        let ends = Ends { local, remote, process };
        label(ends, &[]).map_or_else(|| "-".into(), |label| label.to_string())
    }

    #[test]
    fn the_built_in_table_is_what_a_reader_of_toml_makes_of_it() {
        let table: Table = toml::from_str(BUILT_IN).expect("a table");
        assert_eq!(built_in(), table.ports);
        assert!(built_in().iter().all(|entry| entry.source.is_some()));
    }

    #[test]
    fn a_migration_is_told_by_its_listening_side_whichever_end_that_is() {
        assert_eq!(told(50_000, 6_600, None), "Hyper-V live migration");
        assert_eq!(told(6_600, 50_000, None), "Hyper-V live migration");
        assert_eq!(told(38_912, 16_514, Some("libvirtd")), "libvirt migration");
        assert_eq!(told(50_000, 445, None), "probably Hyper-V live migration over SMB");
    }

    #[test]
    fn a_port_that_was_merely_free_tells_nothing() {
        // A client that was given 49160, and one that was given 60001.
        assert_eq!(told(49_160, 443, None), "-");
        assert_eq!(told(60_001, 22, Some("ssh")), "-");
        assert_eq!(told(2_049, 49_200, None), "-");
        assert_eq!(told(8_002, 443, None), "-");
    }

    #[test]
    fn on_shared_ports_the_process_makes_sure() {
        assert_eq!(told(41_000, 49_152, None), "probably QEMU migration");
        assert_eq!(told(41_000, 49_152, Some("qemu-system-x86")), "QEMU migration");
        assert_eq!(told(49_215, 60_123, Some("qemu-system-x86")), "QEMU migration");
        assert_eq!(told(41_000, 60_000, Some("kvm")), "Proxmox migration");
        assert_eq!(told(41_000, 60_050, None), "probably Proxmox migration");
        assert_eq!(told(41_000, 60_051, None), "-");
        assert_eq!(told(41_000, 49_152, Some("firefox")), "-");
        assert_eq!(told(41_000, 8_000, Some("python3")), "-");
        assert_eq!(told(41_000, 8_000, None), "probably vMotion");
    }

    #[test]
    fn the_users_own_ports_go_first() {
        let text = "[[ports]]\nproduct = \"ours\"\nports = 6600\n\
                    [[ports]]\nproduct = \"lab\"\nports = \"4400-4420\"\n";
        let table: Table = toml::from_str(text).expect("right");
        let ends = |remote| Ends { local: 50_000, remote, process: None };
        let said = |remote| label(ends(remote), &table.ports).map(|label| label.to_string());
        assert_eq!(said(6_600).as_deref(), Some("ours"));
        assert_eq!(said(4_420).as_deref(), Some("lab"));
        assert_eq!(said(4_421), None);
    }

    #[test]
    fn every_entry_has_a_source_and_a_wrong_range_is_told() {
        assert!(TABLE.iter().all(|entry| entry.source.as_ref().is_some_and(|s| !s.is_empty())));
        for ports in ["\"\"", "\"9-1\"", "\"70000\"", "\"a-b\"", "-1"] {
            let text = format!("[[ports]]\nproduct = \"x\"\nports = {ports}\n");
            assert!(toml::from_str::<Table>(&text).is_err(), "{ports}");
        }
    }
}
