//! A source that plays a scenario: links and counters of a host that is not there.
//!
//! For `migtop demo`, and for holding the rules of measurement against traffic that is known
//! exactly. It knows the session's time only as it is asked: nothing runs in between, and the same
//! scenario asked at the same times gives the same answers on any machine.
//!
//! What a flow offers beyond the link's attainable rate is lost, not queued: a scenario's author
//! gives a flow the time it needs. The links above (bond, VLAN, bridge) count what the physical
//! links below them show.

mod counter;
mod file;
mod scenario;
mod surroundings;

use std::time::Duration;

use self::counter::{Counter, floor};
use self::file::Change;
pub use self::scenario::{EntryError, Scenario, ScenarioError};
use self::scenario::{Flow, Occurrence, Port, interface};
pub use self::surroundings::SimulatedSurroundings;
use super::{Counters, Link, Source, SourceError};
use crate::model::{Direction, Kind, Pair};

/// What `--scenario` can play, and the data files.
const FILES: [(&str, &str); 7] = [
    ("evacuation", include_str!("../../../assets/scenarios/evacuation.toml")),
    ("saturated", include_str!("../../../assets/scenarios/saturated.toml")),
    ("skewed", include_str!("../../../assets/scenarios/skewed.toml")),
    ("failover", include_str!("../../../assets/scenarios/failover.toml")),
    ("late", include_str!("../../../assets/scenarios/late.toml")),
    ("wrap", include_str!("../../../assets/scenarios/wrap.toml")),
    ("hotplug", include_str!("../../../assets/scenarios/hotplug.toml")),
];

/// The scenarios that come with migtop.
pub const NAMES: [&str; FILES.len()] = {
    let mut names = [""; FILES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = FILES[i].0;
        i += 1;
    }
    names
};

/// A rate strays anew this often.
const JITTER_SLOT: Duration = Duration::from_millis(100);
/// Octets of a stream for one octet of acknowledgements the other way.
const OCTETS_PER_ACK: u64 = 500;

/// Opens the scenario that comes with migtop under this name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn open(name: &str) -> Result<Simulator, SourceError> {
    let file = FILES.iter().find(|(known, _)| *known == name);
    let scenario = match file {
        Some((name, text)) => Scenario::parse(name, text),
        None => Err(ScenarioError::Unknown { existing: NAMES.join(", ") }),
    };
    let failed = |source| SourceError::Scenario { name: name.to_owned(), source };
    scenario.map(Simulator::new).map_err(failed)
}

/// Plays one scenario.
#[derive(Debug)]
pub struct Simulator {
    host: String,
    summary: String,
    length: Option<Duration>,
    /// In order of index.
    cards: Vec<Card>,
    flows: Vec<Flow>,
    events: Vec<Occurrence>,
    /// The first event that has not happened.
    next_event: usize,
    /// When anything happens or begins or ends, each instant once.
    instants: Vec<Duration>,
    /// The first instant that has not come.
    next_instant: usize,
    /// Some rate strays, so that rates change with the slots too.
    jitters: bool,
    at: Duration,
    /// The links as they were last handed out.
    told: Option<Vec<Link>>,
    /// Something has happened since.
    stale: bool,
}

/// An interface at the moment.
#[derive(Debug)]
struct Card {
    port: Port,
    attainable: Option<u64>,
    counter: Counter,
    /// What its flows ask for, in bit/s.
    offered: Pair<u64>,
    /// What it carries, in bit/s.
    rate: Pair<u64>,
}

impl Card {
    fn new(port: Port) -> Self {
        Self {
            attainable: attainable(&port.link),
            counter: Counter::new(port.show),
            port,
            offered: Pair::default(),
            rate: Pair::default(),
        }
    }

    fn is_there(&self, at: Duration) -> bool {
        self.port.there.contains(&at)
    }

    fn carries(&self, at: Duration) -> bool {
        self.is_there(at) && self.port.link.up
    }

    /// The flows' rates as they stray in this slot, cut at what the link can carry, and their
    /// acknowledgements.
    fn rate_at(&self, at: Duration) -> Pair<u64> {
        let factor = 1.0 + self.port.jitter * noise(self.port.link.index, at);
        let most = self.attainable.unwrap_or(u64::MAX);
        let data = self.offered.map(|rate| ((rate as f64 * factor).round() as u64).min(most));
        let acks = Pair { rx: data.tx / OCTETS_PER_ACK, tx: data.rx / OCTETS_PER_ACK };
        (data + acks).map(|rate| rate.min(most))
    }

    /// Which part of what its flows ask for they get.
    fn given(&self, direction: Direction) -> f64 {
        let asked = self.offered[direction] as f64;
        self.attainable.map_or(1.0, |most| (most as f64 / asked.max(1.0)).min(1.0))
    }

    /// Whether it is full, and how much of it is used; half of a link without a speed.
    fn fullness(&self, direction: Direction) -> (bool, f64) {
        const FULL: f64 = 0.95;
        let used = |most: u64| self.offered[direction] as f64 / most as f64;
        let used = self.attainable.map_or(0.5, used).min(1.0);
        (used >= FULL, used)
    }

    fn change(&mut self, change: &Change) {
        let link = &mut self.port.link;
        match change {
            Change::Down => link.up = false,
            Change::Up => link.up = true,
            Change::Rename(name) => link.name.clone_from(name),
            Change::Speed(speed) => link.speed_bits_per_s = Some(*speed),
            Change::Reset => self.counter.reset(),
        }
        self.attainable = attainable(&self.port.link);
    }
}

/// Whole bit/s that byte counters can show at most.
fn attainable(link: &Link) -> Option<u64> {
    interface(link).attainable().map(|rate| rate as u64)
}

/// Evenly from -1 to 1, the same for the same interface and slot (`SplitMix64`: Steele, Lea and
/// Flood, OOPSLA 2014).
fn noise(index: u32, at: Duration) -> f64 {
    let slot = (at.as_nanos() / JITTER_SLOT.as_nanos()) as u64;
    let mut z = ((u64::from(index) << 40) ^ slot).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

impl Simulator {
    /// A simulator at the scenario's beginning.
    pub fn new(scenario: Scenario) -> Self {
        let Scenario { name: _, host, summary, length, ports, flows, events } = scenario;
        let edges = ports.iter().map(|p| &p.there).chain(flows.iter().map(|f| &f.during));
        let mut instants: Vec<Duration> = edges.flat_map(|edge| [edge.start, edge.end]).collect();
        instants.extend(events.iter().map(|event| event.at));
        instants.sort_unstable();
        instants.dedup();
        let mut simulator = Self {
            host,
            summary,
            length,
            jitters: ports.iter().any(|port| port.jitter > 0.0),
            cards: ports.into_iter().map(Card::new).collect(),
            flows,
            events,
            next_event: 0,
            instants,
            next_instant: 0,
            at: Duration::ZERO,
            told: None,
            stale: true,
        };
        simulator.arrive();
        simulator
    }

    /// The host that is played.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What there is to see, in a line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// When everything has happened; quiet from there.
    pub fn length(&self) -> Option<Duration> {
        self.length
    }

    /// Moves on to `to`, from one instant at which a rate changes to the next.
    fn advance(&mut self, to: Duration) {
        while self.at < to {
            let mut until = self.instants.get(self.next_instant).map_or(to, |next| to.min(*next));
            if self.jitters {
                until = until.min(floor(self.at, JITTER_SLOT) + JITTER_SLOT);
            }
            for card in &mut self.cards {
                card.counter.carry(self.at, until, card.rate);
            }
            self.at = until;
            self.arrive();
        }
    }

    /// Lets happen what is due now, and sets the rates from now on.
    fn arrive(&mut self) {
        if self.instants.get(self.next_instant).is_some_and(|next| *next <= self.at) {
            self.next_instant += 1;
            self.stale = true;
            while let Some(event) = self.events.get(self.next_event).filter(|e| e.at <= self.at) {
                self.cards[event.port].change(&event.change);
                self.next_event += 1;
            }
            self.share_out();
        }
        for card in &mut self.cards {
            card.rate = card.rate_at(self.at);
        }
    }

    /// Sends each flow over the first of its paths that works.
    fn share_out(&mut self) {
        for card in &mut self.cards {
            card.offered = Pair::default();
        }
        for flow in self.flows.iter().filter(|flow| flow.during.contains(&self.at)) {
            if !self.cards[flow.port].carries(self.at) {
                continue;
            }
            let path = flow.paths.iter().find(|path| self.cards[**path].carries(self.at));
            if let Some(path) = path {
                self.cards[*path].offered[flow.direction] += flow.bits_per_s;
            }
        }
    }

    /// The facts of one interface as they are now.
    fn link(&self, card: &Card) -> Link {
        let mut link = card.port.link.clone();
        let there = |index: &u32| {
            self.cards.iter().any(|c| c.port.link.index == *index && c.is_there(self.at))
        };
        link.master = link.master.filter(there);
        link.parent = link.parent.filter(there);
        if card.port.is_stacked() && !card.port.below.is_empty() {
            let below = || card.port.below.iter().map(|b| &self.cards[*b]);
            link.up &= below().any(|b| b.carries(self.at));
            if matches!(link.kind, Kind::Bond | Kind::Team) && link.speed_bits_per_s.is_none() {
                let active = below().filter(|b| b.carries(self.at));
                let speeds = active.filter_map(|b| b.port.link.speed_bits_per_s);
                // As the bonding driver does: the sum of what can send now.
                let sending = if card.port.is_one_at_a_time() { 1 } else { usize::MAX };
                link.speed_bits_per_s = speeds.take(sending).reduce(|sum, speed| sum + speed);
            }
        }
        link
    }

    /// The counters of one interface as they are now.
    fn read(&self, card: &Card) -> Counters {
        let (bytes, packets) = if card.port.is_stacked() {
            let below = card.port.below.iter().map(|b| &self.cards[*b].counter);
            below.fold((Pair::default(), Pair::default()), |(bytes, packets), counter| {
                (bytes + counter.total(), packets + counter.total_packets())
            })
        } else {
            card.counter.read()
        };
        Counters { index: card.port.link.index, bytes, packets, ..Counters::default() }
    }
}

impl Source for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn links(&mut self, at: Duration) -> Option<Vec<Link>> {
        self.advance(at);
        if !std::mem::replace(&mut self.stale, false) {
            return None;
        }
        let there = self.cards.iter().filter(|card| card.is_there(self.at));
        let links: Vec<Link> = there.map(|card| self.link(card)).collect();
        // Most of what happens is traffic, and a link may be down and up again between two calls.
        if self.told.as_ref() == Some(&links) {
            return None;
        }
        self.told = Some(links.clone());
        Some(links)
    }

    fn counters(&mut self, at: Duration, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        self.advance(at);
        out.clear();
        let there = self.cards.iter().filter(|card| card.is_there(self.at));
        out.extend(there.map(|card| self.read(card)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::error_chain;

    const TEN: &str = "[[interface]]\nname = 'eth0'\nspeed = '10G'\n";
    /// What a 10 Gbit/s link with an MTU of 1500 can carry.
    const FULL: u64 = 9_843_953_185;

    fn play(text: &str) -> Simulator {
        let text = format!("name = 't'\nhost = 'h'\nsummary = 's'\n{text}");
        let scenario = Scenario::parse("t", &text).map_err(|error| error_chain(&error));
        Simulator::new(scenario.expect("a scenario"))
    }

    fn flow(interface: &str, rate: &str, more: &str) -> String {
        format!("[[flow]]\ninterface = '{interface}'\nrate = '{rate}'\n{more}\n")
    }

    fn event(at: &str, interface: &str, change: &str) -> String {
        format!("[[event]]\nat = '{at}'\ninterface = '{interface}'\nchange = {change}\n")
    }

    /// A bond (index 3) of `eth0` and `eth1` with `bond0.5` and `br0` on it.
    fn stacked(more: &str) -> String {
        let member = |name| {
            format!(
                "[[interface]]\nname = '{name}'\nspeed = '10G'\nmaster = 'bond0'\nstart_bytes = 77\n"
            )
        };
        let bond = "[[interface]]\nname = 'bond0'\nkind = 'bond'\nmode = '802.3ad'\n";
        let vlan = "[[interface]]\nname = 'v'\nkind = 'vlan'\nparent = 'bond0'\nmaster = 'br0'\n";
        let bridge = "[[interface]]\nname = 'br0'\nkind = 'bridge'\n";
        format!("{}{}{bond}{vlan}{bridge}{more}", member("eth0"), member("eth1"))
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Octets sent, by interface.
    fn sent(simulator: &mut Simulator, at: Duration) -> Vec<u64> {
        let mut out = Vec::new();
        simulator.counters(at, &mut out).expect("a simulator does not fail");
        out.iter().map(|c| c.bytes.tx).collect()
    }

    fn names(links: &[Link]) -> Vec<&str> {
        links.iter().map(|link| link.name.as_str()).collect()
    }

    #[test]
    fn counters_are_exact_integrals_over_the_edges_of_flows() {
        let flows = flow("eth0", "999999999", "from = '250ms'\nto = '1s 1ns'")
            + &flow("eth0", "1M", "direction = 'rx'");
        let mut simulator = play(&format!("{TEN}{flows}"));
        let mut out = Vec::new();
        for at in [ms(7), ms(400), ms(999), ms(3_000)] {
            simulator.counters(at, &mut out).expect("counters");
        }
        // Sent: the flow, and 0.2 % of what is received; received: the other way round.
        let bit_ns = 999_999_999 * 750_000_001 + 2_000 * 3_000_000_000_u128;
        let acks = 999_999_999 / 500 * 750_000_001 + 1_000_000 * 3_000_000_000_u128;
        let octets = |bit_ns: u128| (bit_ns / 8_000_000_000) as u64;
        assert_eq!(out[0].bytes, Pair { rx: octets(acks), tx: octets(bit_ns) });
        assert_eq!(out[0].packets, out[0].bytes.map(|bytes| bytes / 1500));
    }

    #[test]
    fn more_than_is_attainable_is_cut_and_not_made_up_for() {
        let flows = flow("eth0", "7G", "to = '2s'") + &flow("eth0", "7G", "to = '1s'");
        let mut simulator = play(&format!("{TEN}{flows}"));
        assert_eq!(sent(&mut simulator, ms(1_000)), [FULL / 8]);
        assert_eq!(sent(&mut simulator, ms(9_000)), [(FULL + 7_000_000_000) / 8]);
    }

    #[test]
    fn a_link_without_a_speed_carries_what_comes() {
        let tap = "[[interface]]\nname = 'tap0'\nkind = 'tun'\n";
        let mut simulator = play(&format!("{tap}{}", flow("tap0", "800G", "")));
        assert_eq!(sent(&mut simulator, ms(1_000)), [100_000_000_000]);
    }

    #[test]
    fn what_is_asked_in_between_changes_no_answer() {
        let text = format!("{TEN}jitter = 0.5\n{}", flow("eth0", "5G", "from = '1230ms'"));
        let mut often = play(&text);
        for i in 0..1_000 {
            sent(&mut often, Duration::from_micros(i * 3_777));
        }
        let mut once = play(&text);
        assert_eq!(sent(&mut often, ms(5_000)), sent(&mut once, ms(5_000)));
        assert_eq!(sent(&mut often, ms(1_000)), sent(&mut once, ms(5_000)), "time never goes back");
    }

    #[test]
    fn jitter_strays_within_its_share_around_the_mean() {
        let text = format!("{TEN}jitter = 0.2\n{}", flow("eth0", "5G", ""));
        let mut simulator = play(&text);
        let totals: Vec<u64> = (0..=1_000).map(|i| sent(&mut simulator, ms(i * 100))[0]).collect();
        let rates: Vec<f64> = totals.windows(2).map(|w| (w[1] - w[0]) as f64 * 80.0).collect();
        assert!(rates.iter().all(|rate| (4e9..=6e9).contains(rate)));
        assert!(rates.iter().any(|rate| *rate < 4.1e9) && rates.iter().any(|rate| *rate > 5.9e9));
        let mean = rates.iter().sum::<f64>() / 1_000.0;
        assert!((mean / 5e9 - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn what_stands_on_links_counts_what_they_count() {
        let flows = flow("bond0", "3G", "") + &flow("bond0", "8G", "") + &flow("eth1", "1G", "");
        let reset = event("1500ms", "eth0", "'reset'");
        let mut simulator = play(&stacked(&format!("{flows}{reset}")));
        let [eth0, eth1] = [375_000_000, 1_125_000_000];
        let all = eth0 + eth1 + 2 * 77;
        assert_eq!(sent(&mut simulator, ms(1_000)), [eth0 + 77, eth1 + 77, all, all, all]);
        let sums = sent(&mut simulator, ms(2_000));
        assert_eq!(sums[0], eth0 / 2, "since the reset");
        assert_eq!(
            sums[2..],
            [2 * (eth0 + eth1) + 2 * 77; 3],
            "a bond goes on when a card restarts"
        );
    }

    #[test]
    fn flows_move_to_the_other_member_and_come_back() {
        let flows = flow("bond0", "4G", "member = 1") + &flow("eth1", "1G", "");
        let events = event("1s", "eth1", "'down'") + &event("3s", "eth1", "'up'");
        let mut simulator = play(&stacked(&format!("{flows}{events}")));
        let gigabit = 125_000_000;
        assert_eq!(sent(&mut simulator, ms(1_000))[..2], [77, 5 * gigabit + 77]);
        assert_eq!(sent(&mut simulator, ms(3_000))[..2], [8 * gigabit + 77, 5 * gigabit + 77]);
        assert_eq!(sent(&mut simulator, ms(4_000))[..2], [8 * gigabit + 77, 10 * gigabit + 77]);
    }

    #[test]
    fn a_bond_without_a_working_member_is_down_and_carries_nothing() {
        let events = event("1s", "eth0", "'down'") + &event("2s", "eth1", "'down'");
        let mut simulator = play(&stacked(&format!("{}{events}", flow("bond0", "4G", ""))));
        let bond = |links: Option<Vec<Link>>| links.map(|l| (l[2].up, l[2].speed_bits_per_s));
        assert_eq!(bond(simulator.links(ms(0))), Some((true, Some(20_000_000_000))));
        assert_eq!(bond(simulator.links(ms(1_000))), Some((true, Some(10_000_000_000))));
        assert_eq!(bond(simulator.links(ms(2_000))), Some((false, None)));
        let then = sent(&mut simulator, ms(2_000));
        assert_eq!(sent(&mut simulator, ms(9_000)), then);
    }

    #[test]
    fn an_active_backup_bond_uses_its_first_working_member() {
        let flows = flow("bond0", "1G", "") + &flow("bond0", "1G", "");
        let down = event("1s", "eth0", "'down'");
        let text = stacked(&format!("{flows}{down}")).replace("802.3ad", "active-backup");
        let mut simulator = play(&text);
        assert_eq!(sent(&mut simulator, ms(1_000))[..2], [250_000_077, 77]);
        assert_eq!(sent(&mut simulator, ms(2_000))[..2], [250_000_077; 2]);
        let links = simulator.links(ms(2_000)).expect("the first links");
        assert_eq!(links[2].speed_bits_per_s, Some(10_000_000_000));
    }

    #[test]
    fn an_interface_is_there_from_its_appearing_to_its_vanishing() {
        let tap = "[[interface]]\nname = 'tap0'\nkind = 'tun'\nappears = '1s'\nvanishes = '3s'\n";
        let text = format!("{tap}start_bytes = 5\n{TEN}{}", flow("tap0", "8M", ""));
        let mut simulator = play(&text);
        let present = |links: Option<Vec<Link>>| links.map(|l| l.len());
        assert_eq!(present(simulator.links(ms(0))), Some(1));
        assert_eq!(sent(&mut simulator, ms(999)), [0]);
        assert_eq!(present(simulator.links(ms(999))), None);
        assert_eq!(present(simulator.links(ms(1_000))), Some(2));
        assert_eq!(sent(&mut simulator, ms(2_000)), [1_000_005, 0]);
        assert_eq!(present(simulator.links(ms(3_000))), Some(1));
        assert_eq!(sent(&mut simulator, ms(3_000)), [0]);
    }

    #[test]
    fn links_are_told_at_first_and_when_a_fact_has_changed() {
        let events = event("1s", "eth0", "'rename'\nto = 'uplink0'")
            + &event("2s", "eth0", "'speed'\nto = '1G'")
            + &event("3s", "eth0", "'down'")
            + &event("4s", "eth0", "'up'");
        let mut simulator = play(&format!("{TEN}{}{events}", flow("eth0", "5G", "from = '500ms'")));
        let mut told = |at| simulator.links(ms(at));
        assert_eq!(told(0).as_deref().map(names), Some(vec!["eth0"]));
        assert_eq!(told(600), None, "traffic is no fact of a link");
        assert_eq!(told(1_000).as_deref().map(names), Some(vec!["uplink0"]));
        let slower = told(2_500).expect("a change of speed");
        assert_eq!((slower[0].speed_bits_per_s, slower[0].index), (Some(1_000_000_000), 1));
        assert_eq!(told(4_500), None, "down and up again is as it was");
        let before = sent(&mut simulator, ms(5_000));
        let rate = (sent(&mut simulator, ms(6_000))[0] - before[0]) * 8;
        assert!(rate.abs_diff(FULL / 10) < 16, "{rate}");
    }

    #[test]
    fn every_scenario_plays_and_ends_in_time() {
        for name in NAMES {
            let mut simulator = open(name).map_err(|e| error_chain(&e)).expect("a scenario");
            assert!(!simulator.host().is_empty() && !simulator.summary().is_empty());
            let length = simulator.length().expect("a length");
            assert!(simulator.instants.iter().all(|at| *at <= length || *at == Duration::MAX));
            assert!(simulator.links(Duration::ZERO).is_some_and(|links| !links.is_empty()));
            let (mut before, mut after) = (Vec::new(), Vec::new());
            simulator.counters(Duration::ZERO, &mut before).expect("counters");
            simulator.counters(length, &mut after).expect("counters");
            assert!(after.iter().any(|c| before.iter().all(|b| b.bytes.tx != c.bytes.tx)));
        }
    }

    #[test]
    fn an_unknown_name_lists_those_there_are() {
        let error = open("evacuate").expect_err("no such scenario");
        assert_eq!(
            error_chain(&error),
            "scenario `evacuate`: there is no such scenario; there are: evacuation, saturated, \
             skewed, failover, late, wrap, hotplug"
        );
    }

    #[test]
    fn the_evacuated_hosts_members_are_skewed_at_first_and_both_full_later() {
        let mut simulator = open("evacuation").expect("a scenario");
        let links = simulator.links(Duration::ZERO).expect("the first links");
        assert_eq!(names(&links)[2..7], ["ens1f0", "ens1f1", "bond0", "bond0.100", "br0"]);
        let mut members = |from: u64, to: u64| {
            let before = sent(&mut simulator, ms(from * 1_000));
            let after = sent(&mut simulator, ms(to * 1_000));
            [2, 3].map(|i| (after[i] - before[i]) as f64 * 8.0 / (to - from) as f64 / 1e9)
        };
        let quiet = members(1, 5);
        assert!(quiet.iter().all(|rate| *rate < 0.1), "{quiet:?}");
        let [first, second] = members(8, 13);
        assert!(first > 9.6 && second < 6.0, "{first} {second}");
        let full = members(36, 38);
        assert!(full.iter().all(|rate| *rate > 9.7), "{full:?}");
        let [first, second] = members(50, 56);
        assert!(first < 0.1 && second > 9.6, "{first} {second}");
        assert!(members(80, 84).iter().all(|rate| *rate < 0.1));
        let taps = simulator.links(ms(90_000)).expect("guests have left");
        assert_eq!(names(&taps), ["lo", "eno1", "ens1f0", "ens1f1", "bond0", "bond0.100", "br0"]);
    }
}
