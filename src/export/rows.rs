//! Events to rows: one row for each interface that is there, and each sample.

use std::fmt::Write as _;
use std::time::Duration;

use glob::Pattern;
use jiff::Timestamp;
use serde::Serialize;

use super::{ExportError, StandIns, TrialSpan};
use crate::model::{
    Counts, Event, Interface, InterfaceId, Pair, Team, is_beside_counters, printable,
};
use crate::units::Bytes;

/// What is exported.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Only these interfaces, and the members of these teams; all when empty.
    pub include: Vec<Pattern>,
    /// Never these interfaces.
    pub exclude: Vec<Pattern>,
    /// Names that say whose host this is are replaced.
    pub anonymise: bool,
}

/// What one interface did up to one sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row<'a> {
    /// The sample's wall-clock time, RFC 3339 in UTC with microseconds.
    pub time: &'a str,
    /// The same, since 1970.
    #[serde(skip)]
    pub time_us: i64,
    /// The sample's time since the session's start, by the clock that rates divide by.
    pub at_s: f64,
    /// Where it was measured.
    pub host: &'a str,
    /// The interface.
    pub interface: &'a str,
    /// The innermost team that it is a member of.
    pub team: Option<&'a str>,
    /// Since the sample before.
    pub rx_bytes: u64,
    /// Since the sample before.
    pub tx_bytes: u64,
    /// Since the sample before.
    pub rx_packets: u64,
    /// Since the sample before.
    pub tx_packets: u64,
    /// Mean since the sample before; not known right behind a gap.
    pub rx_bits_per_s: Option<f64>,
    /// Mean since the sample before; not known right behind a gap.
    pub tx_bits_per_s: Option<f64>,
    /// The trial that the bytes belong to.
    pub trial: Option<u32>,
}

/// The fields of a [`Row`] by name, as every form of export has them.
pub const COLUMNS: [&str; 12] = [
    "time",
    "at_s",
    "host",
    "interface",
    "team",
    "rx_bytes",
    "tx_bytes",
    "rx_packets",
    "tx_packets",
    "rx_bits_per_s",
    "tx_bits_per_s",
    "trial",
];

/// Makes rows; what it holds does not grow with the session.
#[derive(Debug)]
pub struct Rows {
    settings: Settings,
    trials: Vec<TrialSpan>,
    stand_ins: StandIns,
    host: String,
    started: Timestamp,
    /// In the order in which the stream names them.
    links: Vec<Link>,
    /// Time of the reading before.
    last: Option<Duration>,
    /// Text of the sample's time, kept for its room.
    time: String,
}

/// An interface that is there.
#[derive(Debug)]
struct Link {
    id: InterfaceId,
    name: String,
    team: Option<String>,
    exported: bool,
    /// It has been read before, so that what it adds has a rate.
    read: bool,
    /// A gap ends with the coming sample.
    interrupted: bool,
    bytes: Pair<u64>,
    packets: Pair<u64>,
}

impl Rows {
    /// Rows of a session whose trials lie so.
    pub fn new(settings: Settings, trials: Vec<TrialSpan>, stand_ins: StandIns) -> Self {
        Self {
            settings,
            trials,
            stand_ins,
            host: String::new(),
            started: Timestamp::UNIX_EPOCH,
            links: Vec::new(),
            last: None,
            time: String::new(),
        }
    }

    /// Takes one event; a sample's rows are given to `put`.
    ///
    /// # Errors
    /// Those of `put`, and when the session's start is no time.
    pub fn take(
        &mut self,
        event: Event,
        put: impl FnMut(&Row<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        match event {
            Event::Session(header) => {
                let started = header.started.parse();
                self.started = started.map_err(|_| ExportError::Started(header.started))?;
                self.host = if self.settings.anonymise {
                    self.stand_ins.host(&header.host)
                } else {
                    printable(&header.host).into_owned()
                };
            }
            Event::Interfaces { interfaces, teams, .. } => self.watch(&interfaces, &teams),
            Event::Counters { at, absolute, .. } => {
                for counts in absolute {
                    self.link(counts.id, |link| link.read = true);
                }
                self.last.get_or_insert(at);
            }
            Event::Gap { interfaces, .. } => self.interrupt(interfaces.as_deref()),
            Event::SourceFailed { source, .. } if is_beside_counters(&source) => {}
            Event::SourceFailed { .. } => self.interrupt(None),
            Event::Sample { at, delta, .. } => return self.sample(at, &delta, put),
            Event::Mark(_)
            | Event::Host(_)
            | Event::Guests { .. }
            | Event::Sockets { .. }
            | Event::Packets(_)
            | Event::End(_)
            | Event::Unknown => {}
        }
        Ok(())
    }

    fn watch(&mut self, interfaces: &[Interface], teams: &[Team]) {
        let known = std::mem::take(&mut self.links);
        self.links = interfaces
            .iter()
            .map(|interface| {
                let team = innermost(interface, interfaces, teams);
                let known = known.iter().find(|link| link.id == interface.id);
                Link {
                    id: interface.id,
                    name: self.written(&interface.name, interface.kind.as_str()),
                    team: team.map(|team| self.written(&team.name, "team")),
                    exported: self.settings.chooses(interface, teams),
                    read: known.is_some_and(|link| link.read),
                    interrupted: known.is_some_and(|link| link.interrupted),
                    bytes: Pair::default(),
                    packets: Pair::default(),
                }
            })
            .collect();
    }

    fn written(&mut self, name: &str, kind: &str) -> String {
        if self.settings.anonymise {
            self.stand_ins.name(name, kind)
        } else {
            printable(name).into_owned()
        }
    }

    fn interrupt(&mut self, whose: Option<&[InterfaceId]>) {
        for link in &mut self.links {
            link.interrupted |= whose.is_none_or(|ids| ids.contains(&link.id));
        }
    }

    fn link(&mut self, id: InterfaceId, change: impl FnOnce(&mut Link)) {
        // Ids count up from 1 and mostly without holes.
        let guess = (id as usize).wrapping_sub(1);
        let place = match self.links.get(guess) {
            Some(link) if link.id == id => Some(guess),
            _ => self.links.iter().position(|link| link.id == id),
        };
        if let Some(place) = place {
            change(&mut self.links[place]);
        }
    }

    fn sample(
        &mut self,
        at: Duration,
        delta: &[Counts],
        mut put: impl FnMut(&Row<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        for counts in delta {
            self.link(counts.id, |link| {
                (link.bytes, link.packets) = (counts.bytes, counts.packets);
            });
        }
        let elapsed = self.last.replace(at).map(|last| at.saturating_sub(last));
        let time = self.started.checked_add(at).unwrap_or(Timestamp::MAX);
        self.time.clear();
        let _ = write!(self.time, "{time:.6}");
        let trial = self.trials.iter().rev().find(|trial| trial.holds(at));
        for link in &mut self.links {
            let (bytes, packets) =
                (std::mem::take(&mut link.bytes), std::mem::take(&mut link.packets));
            let rated = link.read && !std::mem::take(&mut link.interrupted);
            if !link.exported {
                continue;
            }
            let rate = |bytes: u64| Some(Bytes(bytes).over(elapsed.filter(|_| rated)?)?.0);
            put(&Row {
                time: &self.time,
                time_us: time.as_microsecond(),
                at_s: at.as_nanos() as f64 / 1e9,
                host: &self.host,
                interface: &link.name,
                team: link.team.as_deref(),
                rx_bytes: bytes.rx,
                tx_bytes: bytes.tx,
                rx_packets: packets.rx,
                tx_packets: packets.tx,
                rx_bits_per_s: rate(bytes.rx),
                tx_bits_per_s: rate(bytes.tx),
                trial: trial.map(|trial| trial.number),
            })?;
        }
        Ok(())
    }
}

impl Settings {
    /// An interface is chosen by its own name or by that of a team that it is a member of; what is
    /// excluded is so by its own name alone.
    fn chooses(&self, interface: &Interface, teams: &[Team]) -> bool {
        let matches = |patterns: &[Pattern], name: &str| patterns.iter().any(|p| p.matches(name));
        let mut theirs = teams.iter().filter(|team| team.members.contains(&interface.id));
        let included = self.include.is_empty()
            || matches(&self.include, &interface.name)
            || theirs.any(|team| matches(&self.include, &team.name));
        included && !matches(&self.exclude, &interface.name)
    }
}

/// Of the teams that an interface is a member of, the one that joins it directly, else the one with
/// the fewest members.
fn innermost<'a>(
    interface: &Interface,
    interfaces: &[Interface],
    teams: &'a [Team],
) -> Option<&'a Team> {
    let master = interfaces.iter().find(|other| Some(other.id) == interface.master);
    let theirs = teams.iter().filter(|team| team.members.contains(&interface.id));
    theirs.min_by_key(|team| {
        let direct = master.is_some_and(|master| master.name == team.name);
        (!direct, team.members.len())
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::{GapReason, Header, Kind, TeamOrigin};

    /// A row with a value in every column.
    pub const ROW: Row<'static> = Row {
        time: "2026-11-22T14:02:11.223456Z",
        time_us: 1_795_356_131_223_456,
        at_s: 0.100_012_345,
        host: "hv07",
        interface: "eth0",
        team: Some("bond0"),
        rx_bytes: 1,
        tx_bytes: 2,
        rx_packets: 3,
        tx_packets: 4,
        rx_bits_per_s: Some(80.5),
        tx_bits_per_s: Some(160.0),
        trial: Some(7),
    };

    fn at(tenths: u64) -> Duration {
        Duration::from_millis(tenths * 100)
    }

    fn counts(id: InterfaceId, tx: u64) -> Counts {
        Counts { id, bytes: Pair { rx: 0, tx }, packets: Pair { rx: 0, tx: 1 } }
    }

    fn sample(tenths: u64, delta: Vec<Counts>) -> Event {
        Event::Sample { at: at(tenths), read: Duration::ZERO, delta, faults: Vec::new() }
    }

    fn proof(tenths: u64, ids: &[InterfaceId]) -> Event {
        let absolute = ids.iter().map(|id| counts(*id, 9)).collect();
        Event::Counters { at: at(tenths), read: Duration::ZERO, absolute, faults: Vec::new() }
    }

    fn links(tenths: u64, names: &[(InterfaceId, &str, Option<InterfaceId>)]) -> Event {
        let interfaces: Vec<Interface> = names
            .iter()
            .map(|(id, name, master)| {
                let master = *master;
                Interface { master, ..Interface::new(*id, name, Kind::Ethernet) }
            })
            .collect();
        let joined = interfaces.iter().filter(|i| i.master.is_some()).map(|i| i.id).collect();
        let team = |name: &str, members| Team {
            name: name.into(),
            mode: "given".into(),
            members,
            origin: TeamOrigin::Given,
        };
        let all = interfaces.iter().map(|i| i.id).collect();
        let teams = vec![team("all", all), team("bond0", joined)];
        Event::Interfaces { at: at(tenths), interfaces, teams }
    }

    fn header() -> Event {
        Event::Session(Header {
            format: "migtop".into(),
            version: 1,
            id: "id".into(),
            host: "hv\x1b07".into(),
            os: "linux".into(),
            started: "2026-11-22T14:02:11.123456Z".into(),
            interval: Duration::from_millis(100),
            tool: "migtop".into(),
            subject: None,
        })
    }

    /// Interface, bytes sent, rate and trial of every row.
    fn rows(
        settings: Settings,
        events: Vec<Event>,
    ) -> Vec<(String, u64, Option<f64>, Option<u32>)> {
        let trial = TrialSpan { number: 4, start: at(1), end: Some(at(2)) };
        let mut rows = Rows::new(settings, vec![trial], StandIns::default());
        let mut out = Vec::new();
        for event in [header()].into_iter().chain(events) {
            rows.take(event, |row| {
                out.push((row.interface.to_owned(), row.tx_bytes, row.tx_bits_per_s, row.trial));
                Ok(())
            })
            .expect("rows");
        }
        out
    }

    fn row(
        name: &str,
        bytes: u64,
        rate: Option<f64>,
        trial: Option<u32>,
    ) -> (String, u64, Option<f64>, Option<u32>) {
        (name.to_owned(), bytes, rate, trial)
    }

    #[test]
    fn every_interface_has_a_row_in_every_sample_and_the_stops_sample_is_the_trials() {
        let found = rows(
            Settings::default(),
            vec![
                links(0, &[(1, "eth0", None), (2, "eth1", None)]),
                proof(0, &[1, 2]),
                sample(1, vec![counts(1, 100)]),
                sample(2, vec![counts(2, 200)]),
                sample(3, vec![]),
            ],
        );
        assert_eq!(
            found,
            [
                row("eth0", 100, Some(8_000.0), None),
                row("eth1", 0, Some(0.0), None),
                row("eth0", 0, Some(0.0), Some(4)),
                row("eth1", 200, Some(16_000.0), Some(4)),
                row("eth0", 0, Some(0.0), None),
                row("eth1", 0, Some(0.0), None),
            ]
        );
    }

    #[test]
    fn behind_a_gap_there_are_bytes_and_no_rate() {
        let gap =
            |interfaces| Event::Gap { at: at(2), from: at(1), interfaces, why: GapReason::Source };
        for (gap, other) in [(gap(None), None), (gap(Some(vec![1])), Some(0.0))] {
            let found = rows(
                Settings::default(),
                vec![
                    links(0, &[(1, "eth0", None), (2, "eth1", None)]),
                    proof(0, &[1, 2]),
                    sample(1, vec![]),
                    gap,
                    sample(2, vec![counts(1, 5)]),
                    sample(3, vec![counts(1, 5)]),
                ],
            );
            assert_eq!(
                found[2..5],
                [
                    row("eth0", 5, None, Some(4)),
                    row("eth1", 0, other, Some(4)),
                    row("eth0", 5, Some(400.0), None),
                ]
            );
        }
    }

    #[test]
    fn an_interface_has_rows_while_it_is_there_and_no_rate_before_its_second_reading() {
        let both = [(1, "eth0", None), (2, "tap0", None)];
        let found = rows(
            Settings::default(),
            vec![
                links(0, &both[..1]),
                proof(0, &[1]),
                links(1, &both),
                sample(1, vec![]),
                proof(1, &[1, 2]),
                sample(2, vec![counts(2, 5)]),
                links(3, &both[..1]),
                sample(3, vec![]),
            ],
        );
        let taps: Vec<_> = found.into_iter().filter(|row| row.0 == "tap0").collect();
        assert_eq!(taps, [row("tap0", 0, None, None), row("tap0", 5, Some(400.0), Some(4))]);
    }

    #[test]
    fn interfaces_are_chosen_by_name_or_by_team() {
        let pattern = |text: &str| vec![Pattern::new(text).expect("a pattern")];
        for (include, exclude, expected) in [
            (Vec::new(), Vec::new(), &["eth0", "eth1", "bond0"][..]),
            (pattern("eth*"), Vec::new(), &["eth0", "eth1"]),
            (pattern("bond0"), Vec::new(), &["eth0", "bond0"]),
            (pattern("bond0"), pattern("bond*"), &["eth0"]),
            (Vec::new(), pattern("eth*"), &["bond0"]),
        ] {
            let settings = Settings { include, exclude, anonymise: false };
            let links = links(0, &[(1, "eth0", Some(3)), (2, "eth1", None), (3, "bond0", None)]);
            let found = rows(settings, vec![links, sample(1, vec![])]);
            assert!(
                found.iter().map(|row| row.0.as_str()).eq(expected.iter().copied()),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_innermost_team_is_the_one_that_joins_it() {
        let Event::Interfaces { interfaces, teams, .. } =
            links(0, &[(1, "eth0", Some(3)), (2, "eth1", None), (3, "bond0", None)])
        else {
            unreachable!("links are an interfaces event");
        };
        let of = |i: usize| innermost(&interfaces[i], &interfaces, &teams).map(|t| t.name.as_str());
        assert_eq!([of(0), of(1)], [Some("bond0"), Some("all")]);
    }

    #[test]
    fn time_is_the_walls_and_names_steer_no_terminal() {
        let mut rows = Rows::new(Settings::default(), Vec::new(), StandIns::default());
        let mut seen = Vec::new();
        for event in [header(), links(0, &[(1, "a\nb", None)]), sample(7, vec![])] {
            let put = |row: &Row<'_>| {
                seen.push(format!("{} {} {} {}", row.time, row.time_us, row.host, row.interface));
                Ok(())
            };
            rows.take(event, put).expect("rows");
        }
        let line = "2026-11-22T14:02:11.823456Z 1795356131823456 hv\u{fffd}07 a\u{fffd}b";
        assert_eq!(seen, [line]);
    }

    #[test]
    fn the_columns_are_the_rows_fields() {
        let row = serde_json::to_string(&ROW).expect("JSON");
        let mut rest = row.as_str();
        for column in COLUMNS {
            let name = format!("\"{column}\":");
            let place = rest.find(&name).expect("the column, in order");
            rest = &rest[place + name.len()..];
        }
        assert_eq!(row.matches("\":").count(), COLUMNS.len());
    }
}
