//! What links carry and counters show while a scenario is played.

use std::time::Duration;

use super::*;
use crate::model::{Kind, Pair};
use crate::source::{Link, Source, error_chain};

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
    assert_eq!(sums[2..], [2 * (eth0 + eth1) + 2 * 77; 3], "a bond goes on when a card restarts");
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
         skewed, failover, capped, matrix, late, wrap, hotplug"
    );
}

#[test]
fn what_a_list_says_of_a_scenario_is_what_its_file_says() {
    for name in NAMES {
        assert_eq!(summary(name), open(name).expect("a scenario").summary());
    }
    assert_eq!(summary("nope"), "");
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

#[test]
fn the_matrix_has_every_cell_three_times_and_fits_the_wire() {
    let mut simulator = open("matrix").expect("a scenario");
    let trials = simulator.trials().to_vec();
    for config in ["1x1GbE", "1x10GbE", "2x10GbE", "4x10GbE"] {
        for vms in ["1", "10", "20"] {
            let of = trials.iter().filter(|t| t.set["config"] == config && t.set["vms"] == vms);
            assert_eq!(of.count(), 3, "{config} {vms}");
        }
    }
    let last = trials.last().expect("trials").during.end;
    assert!(simulator.length() > Some(last) && last < Duration::from_secs(150));
    let speeds = |links: Option<Vec<Link>>| {
        let links = links.expect("a change");
        let cards = links.iter().filter(|link| link.kind == Kind::Ethernet);
        cards.map(|card| card.speed_bits_per_s).collect::<Vec<_>>()
    };
    assert_eq!(speeds(simulator.links(Duration::ZERO)), [Some(1_000_000_000)]);
    assert_eq!(speeds(simulator.links(last)), [Some(10_000_000_000); 4]);
}
