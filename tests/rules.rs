//! The rules of measurement (design, section 3), held against traffic that is known exactly.
//!
//! The simulator is asked in virtual time, with ticks that come late now and then as they do on a
//! host; what it says goes through inventory, sampler and meters as in a session.

#![expect(
    clippy::unwrap_used,
    clippy::unchecked_time_subtraction,
    reason = "a test that meets what cannot be has failed"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use migtop::measure::counter::ATTAINABLE_TOLERANCE;
use migtop::measure::history::History;
use migtop::measure::meter::{Meter, Peak};
use migtop::model::{Direction, Event, GapReason, Interface, InterfaceId, Kind, Pair, Team};
use migtop::source::inventory::{Inventory, Settings};
use migtop::source::sampler::{Sampler, Stamp};
use migtop::source::simulator::{self, Scenario, Simulator};
use migtop::source::{Counters, Source, error_chain};

/// What a 10 Gbit/s link with an MTU of 1500 can carry.
const FULL: f64 = 1e10 * 1514.0 / 1538.0;
const TICK: Duration = Duration::from_millis(100);

/// One interface as a session would keep it.
struct Watched {
    interface: Interface,
    meter: Option<Meter>,
    history: History,
    peak: Peak,
    /// Sum of all differences.
    added: Pair<u64>,
    /// Time that has a rate.
    measured: Duration,
    /// The first and the last absolute values.
    absolute: Option<(Pair<u64>, Pair<u64>)>,
}

/// The way from a simulator to meters, without clock and thread.
struct Rig {
    simulator: Simulator,
    inventory: Inventory,
    sampler: Sampler,
    interval: Duration,
    /// How many have been.
    ticks: u32,
    reading: Vec<Counters>,
    watched: BTreeMap<InterfaceId, Watched>,
    teams: Vec<Team>,
    events: Vec<Event>,
}

impl Rig {
    fn new(simulator: Simulator, interval: Duration) -> Self {
        Self {
            simulator,
            inventory: Inventory::new(Settings::default()),
            sampler: Sampler::new(interval),
            interval,
            ticks: 0,
            reading: Vec::new(),
            watched: BTreeMap::new(),
            teams: Vec::new(),
            events: Vec::new(),
        }
    }

    fn play(text: &str, interval: Duration) -> Self {
        let text = format!("name = 't'\nhost = 'h'\nsummary = 's'\n{text}");
        let scenario = Scenario::parse("t", &text).map_err(|error| error_chain(&error)).unwrap();
        Self::new(Simulator::new(scenario), interval)
    }

    fn open(name: &str, interval: Duration) -> Self {
        Self::new(simulator::open(name).unwrap(), interval)
    }

    /// Tick `k` comes up to 8 ms after its time, each by another amount.
    fn time_of(&self, k: u32) -> Duration {
        let late = u64::from(k.wrapping_mul(2_654_435_761) >> 16) % 8_000;
        self.interval * k + Duration::from_micros(late)
    }

    /// Ticks until `end`, with a look at everything after each of them.
    fn run(&mut self, end: Duration, mut look: impl FnMut(&Self, Duration)) {
        for k in self.ticks.. {
            let at = self.time_of(k);
            if at > end {
                self.ticks = k;
                return;
            }
            self.tick(at);
            look(self, at);
        }
    }

    fn tick(&mut self, at: Duration) {
        let mut batch = Vec::new();
        if let Some(links) = self.simulator.links(at) {
            let (interfaces, teams) = self.inventory.update(links);
            self.sampler.watch(&interfaces);
            batch.push(Event::Interfaces { at, interfaces, teams });
        }
        self.simulator.counters(at, &mut self.reading).unwrap();
        let stamp = Stamp { at, read: Duration::from_micros(50), slept: Duration::ZERO };
        self.sampler.take(stamp, &self.reading, None, &mut batch);
        for event in batch {
            self.fold(&event);
            self.events.push(event);
        }
    }

    /// What a session does with an event, as far as rates go.
    fn fold(&mut self, event: &Event) {
        match event {
            Event::Interfaces { interfaces, teams, .. } => {
                self.teams.clone_from(teams);
                self.watched.retain(|id, _| interfaces.iter().any(|i| i.id == *id));
                for interface in interfaces {
                    let new = || Watched {
                        interface: interface.clone(),
                        meter: None,
                        history: History::default(),
                        peak: Peak::default(),
                        added: Pair::default(),
                        measured: Duration::ZERO,
                        absolute: None,
                    };
                    let watched = self.watched.entry(interface.id).or_insert_with(new);
                    watched.interface = interface.clone();
                }
            }
            Event::Counters { at, absolute, .. } => {
                for counts in absolute {
                    let watched = self.watched.get_mut(&counts.id).unwrap();
                    watched.meter.get_or_insert_with(|| Meter::new(self.interval, *at));
                    let first = watched.absolute.map_or(counts.bytes, |(first, _)| first);
                    watched.absolute = Some((first, counts.bytes));
                }
            }
            Event::Gap { at, interfaces, .. } => {
                for (id, watched) in &mut self.watched {
                    if interfaces.as_ref().is_none_or(|ids| ids.contains(id))
                        && let Some(meter) = &mut watched.meter
                    {
                        meter.interrupt(*at);
                    }
                }
            }
            Event::Sample { at, delta, .. } => {
                for (id, watched) in &mut self.watched {
                    let counts = delta.iter().find(|counts| counts.id == *id);
                    let bytes = counts.map(|c| c.bytes).unwrap_or_default();
                    let packets = counts.map(|c| c.packets).unwrap_or_default();
                    watched.sample(*at, bytes, packets);
                }
            }
            _ => {}
        }
    }

    fn named(&self, name: &str) -> &Watched {
        self.watched.values().find(|w| w.interface.name == name).unwrap()
    }

    fn gaps(&self) -> Vec<(Duration, Option<Vec<InterfaceId>>, GapReason)> {
        let gap = |event: &Event| match event {
            Event::Gap { at, interfaces, why, .. } => Some((*at, interfaces.clone(), *why)),
            _ => None,
        };
        self.events.iter().filter_map(gap).collect()
    }
}

impl Watched {
    fn sample(&mut self, at: Duration, bytes: Pair<u64>, packets: Pair<u64>) {
        self.added = self.added + bytes;
        let Some(meter) = &mut self.meter else { return };
        if let Some(span) = meter.advance(at, bytes, packets) {
            self.measured += span.to - span.from;
            self.history.add(span);
        }
        if let Some(rates) = meter.whole_second() {
            self.peak.offer(at, rates, None);
        }
    }

    fn now(&self) -> Option<Pair<f64>> {
        self.meter.as_ref().and_then(Meter::now)
    }

    fn whole_second(&self) -> Option<Pair<f64>> {
        self.meter.as_ref().and_then(Meter::whole_second)
    }

    fn cadence(&self) -> Option<Duration> {
        self.meter.as_ref().and_then(Meter::cadence)
    }

    /// Every rate there is at the moment, both directions.
    fn rates(&self) -> impl Iterator<Item = f64> {
        let meter = self.meter.iter();
        meter.flat_map(|m| [m.now(), m.second()]).flatten().flat_map(|pair| [pair.rx, pair.tx])
    }

    fn tx_columns(&self, width: Duration, newest: u64, n: usize) -> Vec<Option<f64>> {
        let mut out = vec![None; n];
        self.history.columns(Direction::Tx, width, newest, &mut out);
        out.iter().map(|column| column.map(|c| c.mean)).collect()
    }
}

fn link(name: &str, more: &str) -> String {
    format!("[[interface]]\nname = '{name}'\nspeed = '10G'\nstart_bytes = 4_000_000_000\n{more}\n")
}

fn flow(interface: &str, rate: &str, more: &str) -> String {
    format!("[[flow]]\ninterface = '{interface}'\nrate = '{rate}'\n{more}\n")
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn off_by(value: f64, truth: f64) -> f64 {
    (value / truth - 1.0).abs()
}

// 1. Counters are the truth; directions are never added.

#[test]
fn the_samples_add_up_to_the_difference_of_the_counters() {
    let mut rig = Rig::open("evacuation", TICK);
    rig.run(secs(90), |_, _| ());
    for name in ["lo", "eno1", "ens1f0", "ens1f1", "bond0", "bond0.100", "br0"] {
        let watched = rig.named(name);
        let (first, _) = watched.absolute.unwrap();
        let last = rig.reading.iter().find(|c| c.index == watched.interface.index).unwrap().bytes;
        assert_eq!(first + watched.added, last, "{name}");
    }
}

#[test]
fn directions_stay_apart() {
    let flows = flow("eth0", "5G", "") + &flow("eth0", "2G", "direction = 'rx'");
    let mut rig = Rig::play(&(link("eth0", "") + &flows), TICK);
    rig.run(secs(5), |_, _| ());
    let rates = rig.named("eth0").whole_second().unwrap();
    assert!(off_by(rates.tx, 5e9 + 2e9 / 500.0) < 1e-3, "{rates:?}");
    assert!(off_by(rates.rx, 2e9 + 5e9 / 500.0) < 1e-3, "{rates:?}");
}

// 2. Measured time.

#[test]
fn a_steady_rate_is_measured_as_such_however_late_the_ticks_come() {
    for interval in [10, 100, 250, 1_000].map(Duration::from_millis) {
        let mut rig = Rig::play(&(link("eth0", "") + &flow("eth0", "4.9G", "")), interval);
        let mut rates = 0;
        rig.run(secs(20), |rig, at| {
            let eth0 = rig.named("eth0");
            for rate in eth0.now().into_iter().chain(eth0.whole_second()) {
                assert!(off_by(rate.tx, 4.9e9) < 1e-3, "{rate:?} at {at:?}, {interval:?}");
                rates += 1;
            }
        });
        assert!(rates >= 38, "{rates}");
        let columns = rig.named("eth0").tx_columns(secs(1), 18, 18);
        assert!(columns.iter().all(|c| c.is_some_and(|mean| off_by(mean, 4.9e9) < 1e-3)));
    }
}

// 3. Resets and new interfaces are gaps.

#[test]
fn no_scenario_ever_shows_a_rate_that_the_link_cannot_carry() {
    for (name, interval) in simulator::NAMES.iter().flat_map(|n| [(n, TICK), (n, secs(1))]) {
        let mut rig = Rig::open(name, interval);
        let end = rig.simulator.length().unwrap();
        let mut speeds: BTreeMap<InterfaceId, f64> = BTreeMap::new();
        rig.run(end, |rig, at| {
            for (id, watched) in &rig.watched {
                // A late counter is not known for one at first: see rule 4.
                if *name == "late" && watched.cadence().is_none() {
                    continue;
                }
                // The last second may have had a higher speed, or more members.
                let attainable = watched.interface.attainable().unwrap_or(f64::INFINITY);
                let most = speeds.entry(*id).or_insert(attainable);
                *most = most.max(attainable);
                let rate = watched.rates().fold(0.0, f64::max);
                let name = &watched.interface.name;
                assert!(rate <= *most * ATTAINABLE_TOLERANCE, "{name}: {rate} at {at:?}");
            }
        });
    }
}

#[test]
fn a_restarted_counter_is_a_gap_and_the_rate_is_right_again_after_it() {
    let event = "[[event]]\nat = '5050ms'\ninterface = 'eth0'\nchange = 'reset'\n";
    let mut rig = Rig::play(&(link("eth0", "") + &flow("eth0", "3.2G", "") + event), TICK);
    rig.run(secs(10), |rig, at| {
        if let Some(rate) = rig.named("eth0").now() {
            assert!(off_by(rate.tx, 3.2e9) < 1e-3, "{rate:?} at {at:?}");
        }
    });
    let [(at, Some(ids), GapReason::Reset)] = &rig.gaps()[..] else { panic!("{:?}", rig.gaps()) };
    assert_eq!(ids[..], [rig.named("eth0").interface.id]);
    assert_eq!(at.as_millis() / 100, 51);
    let tenths = rig.named("eth0").tx_columns(TICK, 60, 20);
    let missing = tenths.iter().filter(|column| column.is_none()).count();
    assert!(missing <= 1, "one tick at most: {tenths:?}");
    let [earlier, later] = [4, 6].map(|s| rig.named("eth0").tx_columns(secs(1), s, 1)[0].unwrap());
    assert!(off_by(earlier, 3.2e9) < 1e-3 && off_by(later, 3.2e9) < 1e-3);
    let unmeasured = secs(10) - rig.named("eth0").measured;
    assert!(unmeasured < Duration::from_millis(220), "{unmeasured:?}");
}

#[test]
fn a_restart_that_looks_like_a_wrap_is_no_spike_either() {
    // Nearly full and restarted: the packets, which start anew as well, tell it from a wrap.
    let link = link("eth0", "counter_bits = 32");
    let event = "[[event]]\nat = '2050ms'\ninterface = 'eth0'\nchange = 'reset'\n";
    for interval in [TICK, secs(1)] {
        let mut rig = Rig::play(&format!("{link}{}{event}", flow("eth0", "100M", "")), interval);
        rig.run(secs(6), |rig, _| {
            assert!(rig.named("eth0").rates().all(|rate| rate < 101e6), "{interval:?}");
        });
        assert!(matches!(rig.gaps()[..], [(_, Some(_), GapReason::Reset)]), "{interval:?}");
    }
}

#[test]
fn interfaces_come_and_go_and_none_brings_its_history_along() {
    let mut rig = Rig::open("hotplug", TICK);
    let mut tap1 = Vec::new();
    let mut uplinks = Vec::new();
    rig.run(secs(38), |rig, _| {
        for (id, watched) in &rig.watched {
            let name = watched.interface.name.as_str();
            if watched.interface.kind == Kind::Tun {
                assert!(watched.rates().all(|rate| rate < 345e6), "{name}: {:?}", watched.now());
            }
            let seen = match name {
                "tap1" => &mut tap1,
                "eth0" | "uplink0" => &mut uplinks,
                _ => continue,
            };
            if !seen.contains(&(*id, name.to_owned())) {
                seen.push((*id, name.to_owned()));
            }
        }
    });
    assert_eq!(uplinks.len(), 2, "one interface, renamed: {uplinks:?}");
    assert_eq!(uplinks[0].0, uplinks[1].0);
    assert_eq!(tap1.len(), 2, "two interfaces of one name: {tap1:?}");
    assert_ne!(tap1[0].0, tap1[1].0);
    let gaps = rig.gaps();
    let tenths: Vec<u128> = gaps.iter().map(|(at, ..)| at.as_millis() / 100).collect();
    assert_eq!(tenths, [50, 120, 150], "tap2, tap1 again, tap3");
    assert!(gaps.iter().all(|(_, _, why)| *why == GapReason::Appeared));
}

#[test]
fn a_32_bit_wrap_loses_no_byte() {
    let narrow = link("narrow", "counter_bits = 32") + &flow("narrow", "10G", "");
    let wide = link("wide", "") + &flow("wide", "10G", "");
    for interval in [10, 100, 250, 1_000, 2_000].map(Duration::from_millis) {
        let mut rig = Rig::play(&format!("{narrow}{wide}"), interval);
        rig.run(secs(37), |rig, at| {
            if let Some(rate) = rig.named("narrow").now() {
                assert!(off_by(rate.tx, FULL) < 1e-3, "{rate:?} at {at:?}");
            }
        });
        assert_eq!(rig.gaps(), [], "{interval:?}");
        let added = rig.named("narrow").added;
        assert!(added.tx > 10 << 32, "ten wraps: {added:?}");
        assert_eq!(added, rig.named("wide").added, "{interval:?}");
    }
}

#[test]
fn without_a_speed_a_wrap_is_not_proven_and_is_a_gap() {
    let text = link("eth0", "counter_bits = 32").replace("speed = '10G'", "");
    let mut rig = Rig::play(&(text + &flow("eth0", "9G", "")), TICK);
    rig.run(secs(10), |rig, at| {
        if let Some(rate) = rig.named("eth0").now() {
            assert!(off_by(rate.tx, 9e9) < 1e-3, "{rate:?} at {at:?}");
        }
    });
    let gaps = rig.gaps();
    assert!(gaps.len() == 3 && gaps.iter().all(|(_, _, why)| *why == GapReason::Reset), "{gaps:?}");
}

// 4. Late counters.

/// How a late counter was told from outside.
struct Late {
    cadence: Option<Duration>,
    /// The last time that nothing was known of it.
    unknown: Duration,
    /// Mean of `now` over all ticks since, against the truth.
    mean_error: f64,
    /// The highest whole window since, as a share of what the link can carry.
    highest: f64,
}

/// `early`: how far refreshes and ticks are shifted against each other.
fn watch_late(refresh: &str, interval: Duration, early: Duration) -> Late {
    let text = link("eth0", &format!("refresh = '{refresh}'")) + &flow("eth0", "9.8G", "");
    let mut rig = Rig::play(&text, interval);
    let mut late = Late { cadence: None, unknown: Duration::ZERO, mean_error: 0.0, highest: 0.0 };
    let (mut sum, mut ticks) = (0.0, 0.0);
    for k in 1.. {
        let at = rig.time_of(k) - early;
        if at > secs(180) {
            break;
        }
        rig.tick(at);
        let eth0 = rig.named("eth0");
        late.cadence = eth0.cadence();
        let Some(cadence) = late.cadence else {
            late.unknown = at;
            continue;
        };
        assert!(eth0.meter.as_ref().unwrap().window() >= 2 * cadence, "no peak over less");
        sum += eth0.now().unwrap().tx;
        ticks += 1.0;
        if let Some(rates) = eth0.whole_second() {
            late.highest = late.highest.max(rates.tx / FULL);
        }
    }
    late.mean_error = off_by(sum / ticks, 9.8e9);
    late
}

fn check_late(refresh: (&str, f64), interval_ms: u64, early_ms: u64) {
    let [interval, early] = [interval_ms, early_ms].map(Duration::from_millis);
    let late = watch_late(refresh.0, interval, early);
    let case = format!("{} at {interval:?}, {early:?} early", refresh.0);
    let cadence = late.cadence.expect(&case).as_secs_f64();
    assert!(off_by(cadence, refresh.1) < 0.015, "{case}: {cadence}");
    assert!(late.unknown < secs(18), "{case}: {:?}", late.unknown);
    assert!(late.mean_error < 0.01, "{case}: {}", late.mean_error);
    assert!(late.highest > 0.98, "{case}: {}", late.highest);
    assert!(late.highest <= ATTAINABLE_TOLERANCE, "{case}: {}", late.highest);
}

#[test]
fn a_late_counter_is_found_and_rated_from_change_to_change() {
    for early_ms in [0, 33] {
        for refresh in [("1s", 1.0), ("2s", 2.0), ("1003ms", 1.003), ("1987ms", 1.987)] {
            check_late(refresh, 100, early_ms);
            check_late(refresh, 250, early_ms);
        }
        check_late(("2s", 2.0), 1_000, early_ms);
    }
}

#[test]
fn refreshes_that_fall_together_with_ticks_are_found_as_well() {
    // Ticks come from 4 ms before to 4 ms after a refresh: 3, 4 or 5 of them to a change.
    for (refresh, cadence) in [("1s", 1.0), ("2s", 2.0)] {
        check_late((refresh, cadence), 100, 4);
        check_late((refresh, cadence), 250, 4);
    }
}

#[test]
fn a_counter_sampled_at_its_own_cadence_gives_no_impossible_peak_once_it_is_known() {
    for refresh in ["1s", "1003ms", "1040ms", "1100ms"] {
        for early in [0, 4, 33].map(Duration::from_millis) {
            let highest = watch_late(refresh, secs(1), early).highest;
            assert!(highest <= ATTAINABLE_TOLERANCE, "{refresh}, {early:?} early: {highest}");
        }
    }
}

#[test]
fn a_late_counter_sampled_in_step_with_its_refreshes_needs_no_cadence() {
    let text = link("eth0", "refresh = '1s'") + &flow("eth0", "9.8G", "");
    let mut rig = Rig::play(&text, secs(1));
    rig.run(secs(60), |rig, at| {
        for rate in rig.named("eth0").now().into_iter().chain(rig.named("eth0").whole_second()) {
            assert!(off_by(rate.tx, 9.8e9) < 0.01, "{rate:?} at {at:?}");
        }
    });
}

#[test]
fn late_counters_stand_beside_a_prompt_one() {
    let mut rig = Rig::open("late", TICK);
    rig.run(secs(48), |_, _| ());
    assert_eq!(rig.named("prompt0").cadence(), None);
    for (name, cadence, rate) in [("late1", 1.0, 9.4e9), ("late2", 2.0, 14.7e9)] {
        let late = rig.named(name);
        assert!(off_by(late.cadence().unwrap().as_secs_f64(), cadence) < 0.01, "{name}");
        assert!(off_by(late.now().unwrap().tx, rate) < 0.01, "{name}: {:?}", late.now());
        let columns = late.tx_columns(secs(10), 3, 2);
        assert!(columns.iter().all(|c| off_by(c.unwrap(), rate) < 0.01), "{name}: {columns:?}");
    }
    rig.run(secs(60), |_, _| ());
    for name in ["prompt0", "late1", "late2"] {
        assert_eq!(rig.named(name).now(), Some(Pair::default()), "{name} comes to rest");
    }
}

// 5. A peak has a window.

#[test]
fn a_burst_shorter_than_the_window_is_no_peak_of_its_height() {
    let burst = flow("eth0", "8G", "from = '3s'\nto = '3500ms'");
    let mut rig = Rig::play(&(link("eth0", "") + &burst), TICK);
    rig.run(Duration::from_millis(900), |rig, _| {
        assert_eq!(rig.named("eth0").whole_second(), None, "no second has passed");
    });
    rig.run(secs(6), |_, _| ());
    let peak = rig.named("eth0").peak.rates.tx.unwrap();
    assert!((3.9e9..4.2e9).contains(&peak), "{peak}");
    let longer = flow("eth0", "8G", "from = '3s'\nto = '4300ms'");
    let mut rig = Rig::play(&(link("eth0", "") + &longer), TICK);
    rig.run(secs(6), |_, _| ());
    assert!(off_by(rig.named("eth0").peak.rates.tx.unwrap(), 8e9) < 1e-3);
}

// 6. Attainable, not nominal.

#[test]
fn a_full_link_reaches_what_is_attainable_and_no_more() {
    let mut rig = Rig::open("saturated", TICK);
    rig.run(secs(55), |_, _| ());
    let eno1 = rig.named("eno1");
    let attainable = eno1.interface.attainable().unwrap();
    assert!((0.984e9..0.985e9).contains(&attainable));
    assert!(off_by(eno1.peak.rates.tx.unwrap(), attainable) < 1e-3, "{:?}", eno1.peak);
}

// 7. Teams.

#[test]
fn a_stacked_bond_is_one_team_and_counts_its_members_to_the_byte() {
    let mut rig = Rig::open("evacuation", TICK);
    let mut skew: f64 = 0.0;
    let mut both_full = 0;
    rig.run(secs(90), |rig, at| {
        let [team] = &rig.teams[..] else { panic!("{:?}", rig.teams) };
        let names = team.members.iter().map(|id| rig.watched[id].interface.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["ens1f0", "ens1f1"]);
        assert_eq!((team.name.as_str(), team.mode.as_str()), ("bond0", "802.3ad"));
        let [first, second] = [0, 1].map(|i| &rig.watched[&team.members[i]]);
        for above in ["bond0", "bond0.100", "br0"] {
            assert_eq!(rig.named(above).added, first.added + second.added, "{above} at {at:?}");
        }
        if let (Some(a), Some(b)) = (first.whole_second(), second.whole_second()) {
            skew = skew.max((a.tx - b.tx).abs());
            both_full += u32::from(a.tx.min(b.tx) > 0.98 * FULL);
        }
    });
    assert!(skew > 0.95 * FULL, "one member full, the other nearly idle: {skew}");
    assert!(both_full > 50, "both full for seconds: {both_full} ticks");
}

#[test]
fn a_hash_that_uses_one_member_leaves_half_of_the_capacity() {
    let mut rig = Rig::open("skewed", TICK);
    rig.run(secs(29), |_, _| ());
    let shares = ["eth0", "eth1"].map(|name| rig.named(name).whole_second().unwrap().tx);
    assert!(off_by(shares[0], FULL) < 1e-2 && shares[1] < 0.01 * FULL, "{shares:?}");
    let bond = rig.named("bond0");
    assert_eq!(bond.interface.speed_bits_per_s, Some(20_000_000_000));
    assert!(off_by(bond.whole_second().unwrap().tx, shares[0] + shares[1]) < 1e-9);
}

#[test]
fn a_failover_is_an_event_and_moves_the_traffic() {
    let mut rig = Rig::open("failover", TICK);
    let shares =
        |rig: &Rig| ["ens1f0", "ens1f1"].map(|name| rig.named(name).now().unwrap().tx / 1e9);
    let mut seen = Vec::new();
    rig.run(secs(34), |rig, at| {
        if [12_000, 20_000, 33_000].contains(&(at.as_millis() / 100 * 100)) {
            seen.push((shares(rig), rig.named("bond0").interface.speed_bits_per_s));
        }
    });
    let [(before, whole), (during, half), (after, again)] = seen[..] else { panic!("{seen:?}") };
    for both in [before, after] {
        assert!((5.9..6.5).contains(&both[0]) && (5.1..5.7).contains(&both[1]), "{both:?}");
    }
    assert!(during[0] == 0.0 && during[1] > 9.7, "{during:?}");
    assert_eq!((whole, again), (Some(20_000_000_000), Some(20_000_000_000)));
    assert_eq!(half, Some(10_000_000_000));
    let told = rig.events.iter().filter_map(|event| match event {
        Event::Interfaces { at, interfaces, teams } => {
            assert!(teams.iter().any(|t| t.members.len() == 2), "a member that is down stays one");
            let up = interfaces.iter().filter(|i| i.name.starts_with("ens")).map(|i| i.up);
            Some((at.as_secs(), up.collect::<Vec<_>>()))
        }
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, [(0, vec![true, true]), (14, vec![false, true]), (26, vec![true, true])]);
    assert_eq!(rig.gaps(), [], "no byte and no rate is lost over it");
}
