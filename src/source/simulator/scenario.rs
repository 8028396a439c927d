//! A scenario: its data file read, checked, and every name in it resolved. What comes out can be
//! played without a further question.

use std::ops::Range;
use std::time::Duration;

use super::counter::Show;
use super::file::{Change, EventEntry, File, FlowEntry, InterfaceEntry, Time};
use crate::measure::team;
use crate::model::{Direction, Interface, Kind};
use crate::source::Link;

/// A host, what happens to its links, and what they carry.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What `--scenario` calls it.
    pub name: String,
    /// The host it plays.
    pub host: String,
    /// What there is to see, in a line.
    pub summary: String,
    /// When everything of it has happened; quiet from there.
    pub length: Option<Duration>,
    /// In order of index.
    pub(super) ports: Vec<Port>,
    pub(super) flows: Vec<Flow>,
    /// In order of time.
    pub(super) events: Vec<Occurrence>,
}

/// An interface of a scenario.
#[derive(Debug, Clone)]
pub(super) struct Port {
    /// Its facts at the session's start.
    pub link: Link,
    /// How its own counters look, if it has any: a joining interface's are those of the links below.
    pub show: Show,
    /// Positions of the physical links below it; its own for such a link.
    pub below: Vec<usize>,
    /// When it is there.
    pub there: Range<Duration>,
    /// How far its rates stray, as a share of them.
    pub jitter: f64,
}

impl Port {
    /// Made of other links.
    pub fn is_stacked(&self) -> bool {
        self.link.kind.joins() || self.link.parent.is_some()
    }

    /// Only the first member that is up carries traffic.
    pub fn is_one_at_a_time(&self) -> bool {
        self.link.mode.as_deref() == Some("active-backup")
    }
}

/// A stream of constant rate.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    /// The interface it is sent to.
    pub port: usize,
    /// The links it can take, the one it is hashed to first.
    pub paths: Vec<usize>,
    pub direction: Direction,
    pub during: Range<Duration>,
    pub bits_per_s: u64,
    /// Whose memory it carries.
    pub guest: Option<String>,
}

/// An event with its interface found.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub at: Duration,
    pub port: usize,
    pub change: Change,
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No data file of this name.
    #[error("there is no such scenario; there are: {existing}")]
    Unknown {
        /// The names that exist.
        existing: String,
    },
    /// Not TOML, or a field that is missing, unknown or unreadable.
    #[error("line {line}: {message}")]
    Malformed {
        /// Where, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The file's `name` is not the name it is known by.
    #[error("its file calls it `{0}`")]
    OtherName(String),
    /// An entry that contradicts itself or the others.
    #[error("{entry}")]
    Entry {
        /// Which.
        entry: String,
        /// What is wrong with it.
        #[source]
        source: EntryError,
    },
}

/// What can be wrong with an entry of a data file.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// A name nobody has.
    #[error("there is no interface `{name}`; there are: {existing}")]
    Missing {
        /// The name.
        name: String,
        /// What there is.
        existing: String,
    },
    /// A name or index that is taken.
    #[error("another interface has the same {0}")]
    Twice(&'static str),
    /// A new name that is in use at that time.
    #[error("there already is an interface `{0}` at that time")]
    NameTaken(String),
    /// An end that is not after its begin.
    #[error("it ends at {to:?}, but begins at {from:?}")]
    Backwards {
        /// Its begin.
        from: Duration,
        /// Its end.
        to: Duration,
    },
    /// A kind of interface that a flow cannot be sent to.
    #[error("a flow goes to a link, a bond or a team, and this is a {0}")]
    NotACarrier(String),
    /// A member that the bond does not have.
    #[error("member {member} is beyond the {members} that the interface has; they count from 0")]
    NoMember {
        /// The member asked for.
        member: usize,
        /// How many there are.
        members: usize,
    },
    /// A stacked interface that stands on nothing, or on itself.
    #[error("there is no physical link below it")]
    NothingBelow,
    /// A field or change that only a physical link can have.
    #[error("its counters are those of the links below it; leave out `{0}`")]
    NoOwnCounters(&'static str),
    /// A value out of its range.
    #[error("`{field}` must be {allowed}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
}

impl Scenario {
    /// Reads and checks the data file of the scenario known as `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let file: File = toml::from_str(text).map_err(|error| malformed(&error, text))?;
        if file.name != name {
            return Err(ScenarioError::OtherName(file.name));
        }
        let ports = ports(file.interfaces)?;
        let end = file.length.map_or(Duration::MAX, |t| t.0);
        let mut flows = Vec::with_capacity(file.flows.len());
        for (number, entry) in file.flows.iter().enumerate() {
            let flow = flow(&ports, entry, &flows, end);
            flows.push(flow.map_err(|source| in_entry(flow_label(number, entry), source))?);
        }
        Ok(Self {
            name: file.name,
            host: file.host,
            summary: file.summary,
            length: file.length.map(|t| t.0),
            events: events(&ports, file.events)?,
            ports,
            flows,
        })
    }
}

fn malformed(error: &toml::de::Error, text: &str) -> ScenarioError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    ScenarioError::Malformed {
        line: before.matches('\n').count() + 1,
        message: error.message().to_owned(),
    }
}

fn in_entry(entry: String, source: EntryError) -> ScenarioError {
    ScenarioError::Entry { entry, source }
}

fn flow_label(number: usize, entry: &FlowEntry) -> String {
    let guest = entry.guest.as_ref().map_or_else(String::new, |guest| format!(" of `{guest}`"));
    format!("flow {}{guest} on `{}`", number + 1, entry.interface)
}

/// All interfaces in order of index, and what stands on what.
fn ports(mut entries: Vec<InterfaceEntry>) -> Result<Vec<Port>, ScenarioError> {
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

fn stretch(from: Time, to: Option<Time>) -> Result<Range<Duration>, EntryError> {
    let (from, to) = (from.0, to.map_or(Duration::MAX, |t| t.0));
    if from < to { Ok(from..to) } else { Err(EntryError::Backwards { from, to }) }
}

fn find<'a>(names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Result<usize, EntryError> {
    names.clone().position(|n| n == name).ok_or_else(|| EntryError::Missing {
        name: name.to_owned(),
        existing: names.collect::<Vec<_>>().join(", "),
    })
}

fn find_port(ports: &[Port], name: &str) -> Result<usize, EntryError> {
    find(ports.iter().map(|port| port.link.name.as_str()), name)
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
fn events(ports: &[Port], entries: Vec<EventEntry>) -> Result<Vec<Occurrence>, ScenarioError> {
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
pub(super) fn interface(link: &Link) -> Interface {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::error_chain;

    const HOST: &str = r#"
name = "t"
host = "hv07"
summary = "a test"

[[interface]]
name = "eth0"
speed = "10G"
master = "bond0"

[[interface]]
name = "eth1"
speed = "10G"
master = "bond0"

[[interface]]
name = "bond0"
kind = "bond"
mode = "802.3ad"

[[interface]]
name = "br0"
index = 40
kind = "bridge"

[[interface]]
name = "tap0"
kind = "tun"
master = "br0"
"#;

    fn scenario(more: &str) -> Scenario {
        Scenario::parse("t", &format!("{HOST}{more}")).expect("a scenario")
    }

    fn error(more: &str) -> String {
        let parsed = Scenario::parse("t", &format!("{HOST}{more}"));
        error_chain(&parsed.expect_err(more))
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let scenario = scenario("[[flow]]\ninterface = 'bond0'\nrate = '4.9G'");
        let indexes: Vec<u32> = scenario.ports.iter().map(|port| port.link.index).collect();
        assert_eq!(indexes, [1, 2, 3, 40, 41]);
        let eth1 = &scenario.ports[1];
        assert_eq!(eth1.link.mac.as_deref(), Some("02:6d:00:00:00:02"));
        assert_eq!((eth1.link.mtu, eth1.link.master), (Some(1500), Some(3)));
        assert_eq!(eth1.there, Duration::ZERO..Duration::MAX);
        let flow = &scenario.flows[0];
        assert_eq!((flow.direction, flow.bits_per_s), (Direction::Tx, 4_900_000_000));
        assert_eq!(flow.during, Duration::ZERO..Duration::MAX);
    }

    #[test]
    fn flows_of_a_bond_take_turns_unless_a_member_is_named() {
        let flow = "[[flow]]\ninterface = 'bond0'\nrate = '1G'\n";
        let scenario = scenario(&format!("{flow}{flow}{flow}member = 1\n{flow}"));
        let paths: Vec<&[usize]> = scenario.flows.iter().map(|f| &f.paths[..]).collect();
        assert_eq!(paths, [&[0, 1][..], &[1, 0], &[1, 0], &[1, 0]]);
    }

    #[test]
    fn a_flow_ends_with_the_scenario() {
        let more = "[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '1m30s'\nto = '3m'";
        let text = format!("length = '2m'{HOST}{more}");
        let scenario = Scenario::parse("t", &text).expect("a scenario");
        let seconds = Duration::from_secs;
        assert_eq!(scenario.flows[0].during, seconds(90)..seconds(120));
    }

    #[test]
    fn a_name_nobody_has_is_told_with_those_there_are() {
        let existing = "there is no interface `bond9`; there are: eth0, eth1, bond0, br0, tap0";
        for (more, entry) in [
            (
                "[[flow]]\nguest = 'vm3'\ninterface = 'bond9'\nrate = '1G'",
                "flow 1 of `vm3` on `bond9`",
            ),
            ("[[event]]\nat = '1s'\ninterface = 'bond9'\nchange = 'down'", "event 1 on `bond9`"),
        ] {
            assert_eq!(error(more), format!("{entry}: {existing}"));
        }
        for field in ["master", "parent"] {
            let text = error(&format!("[[interface]]\nname = 'x'\n{field} = 'bond9'"));
            assert_eq!(text, format!("interface `x`: {existing}, x"));
        }
    }

    #[test]
    fn an_entry_that_cannot_be_is_one_error_naming_it() {
        let interface = |fields: &str| format!("[[interface]]\nname = 'x'\n{fields}");
        let flow = |fields: &str| format!("[[flow]]\nrate = '1G'\n{fields}");
        for (more, text) in [
            (
                "[[interface]]\nname = 'eth0'".to_owned(),
                "interface `eth0`: another interface has the same name",
            ),
            (interface("index = 40"), "interface `x`: another interface has the same index"),
            (interface("jitter = 0.6"), "interface `x`: `jitter` must be from 0 to 0.5"),
            (interface("jitter = nan"), "interface `x`: `jitter` must be from 0 to 0.5"),
            (interface("refresh = '0s'"), "interface `x`: `refresh` must be longer than 0s"),
            (interface("counter_bits = 16"), "interface `x`: `counter_bits` must be 32 or 64"),
            (interface("mtu = 0"), "interface `x`: `mtu` must be above 0"),
            (
                interface("appears = '5s'\nvanishes = '3s'"),
                "interface `x`: it ends at 3s, but begins at 5s",
            ),
            (
                interface("kind = 'vlan'\nparent = 'x'"),
                "interface `x`: there is no physical link below it",
            ),
            (
                interface("kind = 'vlan'\nparent = 'eth0'\nrefresh = '1s'"),
                "interface `x`: its counters are those of the links below it; leave out `refresh`",
            ),
            (
                flow("interface = 'eth0'\nfrom = '5s'\nto = '3s'"),
                "flow 1 on `eth0`: it ends at 3s, but begins at 5s",
            ),
            (
                flow("interface = 'bond0'\nmember = 2"),
                "flow 1 on `bond0`: member 2 is beyond the 2 that the interface has; they count from 0",
            ),
            (
                flow("interface = 'br0'"),
                "flow 1 on `br0`: a flow goes to a link, a bond or a team, and this is a bridge",
            ),
            (
                "[[event]]\nat = '1s'\ninterface = 'bond0'\nchange = 'reset'".to_owned(),
                "event 1 on `bond0`: its counters are those of the links below it; leave out `reset`",
            ),
            (
                "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'\nto = 'eth1'"
                    .to_owned(),
                "event 1 on `eth0`: there already is an interface `eth1` at that time",
            ),
        ] {
            assert_eq!(error(&more), text);
        }
    }

    #[test]
    fn a_name_is_free_again_once_its_interface_is_gone_or_renamed() {
        scenario(
            "[[interface]]\nname = 'a'\nvanishes = '2s'\n[[interface]]\nname = 'b'\n\
             [[event]]\nat = '2s'\ninterface = 'b'\nchange = 'rename'\nto = 'a'\n\
             [[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'\nto = 'b2'\n\
             [[event]]\nat = '3s'\ninterface = 'eth1'\nchange = 'rename'\nto = 'eth0'\n",
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let line = HOST.matches('\n').count() + 1;
        for (more, at, text) in [
            ("[[flow]]\ninterface = 'eth0'\nrate = 'fast'", 2, "`fast` is not a link speed"),
            (
                "[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '5 parsecs'",
                3,
                "`5 parsecs` is not a time",
            ),
            ("[[flow]]\ninterface = 'eth0'\nrate = '1G'\nfrom = '-5s'", 3, "`-5s` is not a time"),
            (
                "[[flow]]\ninterface = 'eth0'\nrate = '1G'\ndirection = 'up'",
                3,
                "unknown variant `up`",
            ),
            ("[[interface]]\nname = 'x'\nspede = '1G'", 2, "unknown field `spede`"),
            ("[[flow]]\ninterface = 'eth0'", 0, "missing field `rate`"),
            ("[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'rename'", 0, "needs `to`"),
            (
                "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'down'\nto = 'x'",
                0,
                "only a change of",
            ),
            (
                "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'speed'\nto = 'x'",
                0,
                "not a link speed",
            ),
            (
                "[[event]]\nat = '1s'\ninterface = 'eth0'\nchange = 'up'\nby = 'x'",
                4,
                "unknown field `by`",
            ),
            ("[[flow", 0, "unclosed"),
        ] {
            let got = error(more);
            assert!(got.starts_with(&format!("line {}: ", line + at)), "{more}: {got}");
            assert!(got.contains(text), "{more}: {got}");
        }
    }

    #[test]
    fn a_file_has_the_name_it_is_known_by() {
        let error = Scenario::parse("other", HOST).expect_err("it is called t");
        assert_eq!(error_chain(&error), "its file calls it `t`");
    }
}
