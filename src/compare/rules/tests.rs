//! Each finding in a case in which it appears, and in one in which it must not.

use std::time::Duration;

use crate::compare::tests::{carried, founding, outcome, study};
use crate::compare::{Finding, Member, Outcome, Weight, What};
use crate::model::{Direction, Pair};
use crate::session::{Elsewhere, Limit, Limits};

fn codes(outcomes: Vec<Outcome>) -> Vec<&'static str> {
    study(outcomes).findings.iter().map(|finding| finding.what.code()).collect()
}

fn find(outcomes: Vec<Outcome>, code: &str) -> Finding {
    let study = study(outcomes);
    let found = study.findings.into_iter().find(|finding| finding.what.code() == code);
    found.unwrap_or_else(|| panic!("{code} is not found"))
}

#[track_caller]
fn absent(outcomes: Vec<Outcome>, code: &str) {
    let codes = codes(outcomes);
    assert!(!codes.contains(&code), "{code} is in {codes:?}");
}

/// Runs of one cell, a little apart.
fn runs(factors: &str, seconds: f64, n: usize, links: usize, peak: f64) -> Vec<Outcome> {
    let run = |i: usize| carried(factors, seconds * (1.0 + 0.002 * (i % 3) as f64), links, peak);
    (0..n).map(run).collect()
}

fn members(mut outcome: Outcome, bytes: &[u64]) -> Outcome {
    let all: u64 = bytes.iter().sum();
    outcome.direction = Some(Direction::Tx);
    outcome.links = Some(bytes.len());
    outcome.balance = crate::stats::jain(bytes.iter().map(|bytes| *bytes as f64));
    let member = |(i, tx): (usize, &u64)| Member {
        interface: format!("eth{i}"),
        bytes: Pair { rx: 0, tx: *tx },
        share: Some(*tx as f64 / all as f64),
    };
    outcome.members = bytes.iter().enumerate().map(member).collect();
    outcome
}

#[test]
fn a_peak_above_the_wire_is_an_error_and_one_just_below_is_none() {
    let finding = find(vec![carried("config=a vms=1", 5.0, 1, 1.02)], "above-attainable");
    assert_eq!(finding.weight, Weight::Error);
    assert!(finding.message().contains("% of line rate"), "{}", finding.message());
    absent(vec![carried("config=a vms=1", 5.0, 1, 1.009)], "above-attainable");
    absent(vec![carried("config=a vms=1", 5.0, 1, 1.02)], "saturated");
}

#[test]
fn the_smallest_that_is_enough_is_the_sweet_spot_and_a_single_one_is_no_choice() {
    let two = |small: f64| {
        [runs("config=1x vms=9", small, 3, 1, 0.5), runs("config=2x vms=9", 100.0, 3, 2, 0.3)]
            .concat()
    };
    let chosen = |outcomes| match find(outcomes, "sweet-spot").what {
        What::SweetSpot { configuration, .. } => configuration,
        other => panic!("{other:?}"),
    };
    assert_eq!(chosen(two(104.0)), "1x");
    assert_eq!(chosen(two(106.0)), "2x");
    absent(runs("config=1x vms=9", 100.0, 3, 1, 0.5), "sweet-spot");
    // One step of 0.1 s, as decimal figures have it.
    let step = |seconds| Outcome { resolution: 0.1, ..carried("config=1x vms=9", seconds, 1, 0.5) };
    let best = Outcome { resolution: 0.1, ..carried("config=2x vms=9", 1.0, 2, 0.3) };
    assert_eq!(chosen(vec![step(1.1), best]), "1x");
    // Without capacities none is the smallest.
    absent(vec![outcome("config=a vms=1", 5.0), outcome("config=b vms=1", 5.0)], "sweet-spot");
}

#[test]
fn more_capacity_without_more_speed_is_no_gain_unless_it_is_told_apart() {
    let pair = |large: f64, n: usize| {
        [runs("config=1x vms=9", 100.0, n, 1, 0.5), runs("config=2x vms=9", large, n, 2, 0.3)]
            .concat()
    };
    assert_eq!(find(pair(99.9, 5), "no-gain").weight, Weight::Warning);
    assert_eq!(find(pair(98.0, 1), "no-gain").weight, Weight::Info);
    absent(pair(60.0, 5), "no-gain");
    absent(pair(60.0, 1), "no-gain");
    // 2 % shorter, and the runs tell it apart.
    absent(pair(98.0, 10), "no-gain");
}

#[test]
fn a_full_link_is_told_and_a_link_with_room_as_well() {
    let full = runs("config=a vms=1", 5.0, 2, 1, 0.97);
    assert!(find(full.clone(), "saturated").message().contains("97.0 %"));
    absent(full, "not-link-bound");
    let roomy = runs("config=a vms=1", 5.0, 2, 1, 0.4);
    assert!(find(roomy.clone(), "not-link-bound").message().contains("40.0 %"));
    absent(roomy.clone(), "saturated");
    let changed = |outcome| Outcome { link_changes: 1, ..outcome };
    absent(roomy.into_iter().map(changed).collect(), "not-link-bound");
    // Nothing is known of the peak.
    absent(vec![outcome("config=a vms=1", 5.0)], "not-link-bound");
}

#[test]
fn a_team_that_needs_one_member_is_told_when_several_flows_had_the_choice() {
    let team = |vms: u32, peak: f64| vec![carried(&format!("config=2x vms={vms}"), 5.0, 2, peak)];
    assert_eq!(find(team(10, 0.45), "single-member").weight, Weight::Info);
    absent(team(1, 0.45), "single-member");
    absent(team(10, 0.55), "single-member");
    let alone = members(team(10, 0.45).remove(0), &[95, 5]);
    let finding = find(vec![alone], "single-member");
    assert_eq!(finding.weight, Weight::Warning);
    let other = Outcome { link_changes: 1, ..members(team(10, 0.45).remove(0), &[95, 5]) };
    absent(vec![other], "single-member");
    assert!(finding.message().contains("95.0 % of the bytes or more"), "{}", finding.message());
}

#[test]
fn uneven_members_are_told_beside_what_hashing_leaves() {
    let cell = |vms: u32, bytes: &[u64]| {
        vec![members(carried(&format!("config=2x vms={vms}"), 5.0, 2, 0.9), bytes)]
    };
    let finding = find(cell(4, &[97, 3]), "imbalance");
    assert!(finding.message().contains("97.0 %"), "{}", finding.message());
    let What::Imbalance { expected, .. } = finding.what else { panic!("another") };
    assert_eq!(expected, Some(0.6875));
    absent(cell(4, &[60, 40]), "imbalance");
    // A failover says nothing of hashing.
    let failover = |outcome| Outcome { link_changes: 1, ..outcome };
    absent(cell(4, &[97, 3]).into_iter().map(failover).collect(), "imbalance");
    absent(cell(1, &[100, 0]), "imbalance");
}

#[test]
fn a_flat_rate_at_a_known_cap_is_told_and_a_full_or_shaky_one_is_not() {
    let at = |rate: f64, low: f64, attainable: f64| {
        let mut outcome = carried("config=a vms=1", 5.0, 1, 0.5);
        outcome.attainable = Some(attainable);
        (outcome.p50, outcome.p95) = (Some(rate * low), Some(rate));
        (outcome.mean, outcome.peak) = (Some(rate * low), Some(rate));
        vec![outcome]
    };
    let cap = 134_217_728.0 * 8.0 * 1.03;
    let message = find(at(cap, 0.99, 1e10), "cap-plateau").message();
    assert!(message.contains("128 MiB/s") && message.contains("Raise max-bandwidth"), "{message}");
    absent(at(cap, 0.7, 1e10), "cap-plateau");
    absent(at(cap, 0.99, 1.1e9), "cap-plateau");
    absent(at(cap * 1.5, 0.99, 1e10), "cap-plateau");
}

#[test]
fn throughput_that_rises_no_more_has_a_knee() {
    let rates = |rates: &[f64]| {
        let run = |(i, rate): (usize, &f64)| Outcome {
            mean: Some(rate * 1e9),
            ..outcome(&format!("connections={}", 1 << i), 400.0 / rate)
        };
        rates.iter().enumerate().map(run).collect::<Vec<_>>()
    };
    let message = find(rates(&[13.6, 31.5, 60.7, 96.5, 89.6]), "knee").message();
    assert!(message.contains("from connections=8 on"), "{message}");
    assert!(message.contains("7.2 % less at connections=16"), "{message}");
    absent(rates(&[13.6, 31.5, 60.7]), "knee");
    absent(rates(&[90.0, 91.0, 90.5]), "knee");
}

#[test]
fn a_fixed_part_is_told_when_it_is_sure() {
    let line = |fixed: f64| {
        let cell =
            |vms: u32| runs(&format!("config=a vms={vms}"), fixed + f64::from(vms), 3, 1, 0.5);
        [1, 5, 10, 20].into_iter().flat_map(cell).collect::<Vec<_>>()
    };
    let finding = find(line(30.0), "fixed-cost");
    assert!(finding.message().contains("do not depend on the load"), "{}", finding.message());
    absent(line(0.0), "fixed-cost");
}

#[test]
fn few_runs_are_told_where_cells_are_compared() {
    let pair = |n| {
        [runs("config=a vms=1", 5.0, n, 1, 0.5), runs("config=b vms=1", 5.0, n, 2, 0.5)].concat()
    };
    assert!(find(pair(2), "too-few-runs").message().contains("2 of 2 compared cells have 2 runs"));
    absent(pair(3), "too-few-runs");
    absent(runs("config=a vms=1", 5.0, 1, 1, 0.5), "too-few-runs");
}

#[test]
fn a_slow_first_run_is_told_and_a_slow_third_is_not() {
    let with = |slow: usize| {
        let seconds = |i| if i == slow { 20.0 } else { 10.0 + 0.01 * i as f64 };
        (0..6).map(|i| outcome("config=a vms=1", seconds(i))).collect::<Vec<_>>()
    };
    assert!(find(with(0), "first-run-slow").message().contains("took 20 s"));
    absent(with(2), "first-run-slow");
}

#[test]
fn what_touches_the_figures_is_told() {
    let plain = || carried("config=a vms=1", 5.0, 1, 0.5);
    let rate = Some(1e9);
    let cases: [(&str, Outcome, Outcome); 6] = [
        (
            "background-traffic",
            Outcome { background: Some(2e8), mean: rate, ..plain() },
            Outcome { background: Some(1e7), mean: rate, ..plain() },
        ),
        ("link-change", Outcome { link_changes: 1, ..plain() }, plain()),
        (
            "errors-or-drops",
            Outcome { errors: Some(0), drops: Some(3), ..plain() },
            Outcome { errors: Some(0), drops: Some(0), ..plain() },
        ),
        ("slow-counters", Outcome { cadence: Some(Duration::from_secs(1)), ..plain() }, plain()),
        ("gap", Outcome { gaps: 2, ..plain() }, plain()),
        (
            "windows-differ",
            Outcome { peak_window: Some(Duration::from_secs(2)), ..plain() },
            plain(),
        ),
    ];
    for (code, holds, holds_not) in cases {
        let second = Outcome { peak_window: Some(Duration::from_secs(1)), ..plain() };
        let mut both = vec![holds];
        if code == "windows-differ" {
            both.push(second);
        }
        let finding = find(both, code);
        assert!(!finding.message().is_empty());
        absent(vec![holds_not.clone(), holds_not], code);
    }
}

#[test]
fn what_limited_trials_besides_the_link_is_told_where_it_held_for_most_of_the_time() {
    let cases = [
        (Limit::Sender, "the sender had nothing to send for 55.0 % of the time"),
        (Limit::Receiver, "the receiver's window was closed for 20.0 % of the time"),
        (Limit::Path, "the network lost segments, 7 were sent again"),
        (Limit::Core, "the busiest core was 97.0 % busy"),
    ];
    let trial = |limit: Limit, windows: u32| {
        let mut limits = Limits::default();
        limits.windows = 10;
        limits.set(limit, windows);
        limits.set_means([0.45, 0.2, 0.97]);
        let plain = carried("config=a vms=1", 5.0, 1, 0.5);
        vec![Outcome { limits: Some(limits), retransmissions: Some(7), ..plain }]
    };
    for (limit, words) in cases {
        let message = find(trial(limit, 8), limit.code()).message();
        assert!(message.starts_with(&format!("a: {words} at vms=1")), "{message}");
        assert!(message.contains("it was the limit for 80.0 % of the active time"), "{message}");
        absent(trial(limit, 5), limit.code());
        for (other, _) in cases.iter().filter(|(other, _)| *other != limit) {
            absent(trial(limit, 8), other.code());
        }
    }
    for limit in [Limit::Link, Limit::Member, Limit::Mixed] {
        absent(trial(limit, 10), limit.code());
    }
}

#[test]
fn traffic_that_rose_where_trials_are_not_is_told() {
    let with = |elsewhere| {
        let subject = Some("eth0".into());
        vec![Outcome { subject, elsewhere, ..carried("config=a vms=1", 5.0, 1, 0.5) }]
    };
    let elsewhere =
        Elsewhere { interface: "eth1".into(), bytes: 1_000_000_000, mean: 1.6e9, background: 1e6 };
    let message = find(with(Some(elsewhere)), "wrong-interface").message();
    let words =
        "Traffic rose on eth1 while trials were about eth0: to 1.60 Gbit/s, from 1.00 Mbit/s";
    assert!(message.starts_with(words), "{message}");
    absent(with(None), "wrong-interface");
}

#[test]
fn nothing_carried_is_told_and_something_is_not() {
    let with = |moved| {
        vec![Outcome { moved: Some(moved), subject: Some("eth0".into()), ..outcome("vms=1", 5.0) }]
    };
    assert!(find(with(0.0), "no-traffic").message().contains("nothing at all on eth0"));
    absent(with(1.0), "no-traffic");
}

#[test]
fn without_capacities_the_faster_one_is_told_when_it_is_told_apart() {
    let pair = |fast: f64| {
        let run = |config: &str, seconds: f64, i: usize| {
            outcome(&format!("config={config} vms=1"), seconds + 0.01 * i as f64)
        };
        (0..5).flat_map(|i| [run("a", 10.0, i), run("b", fast, i)]).collect::<Vec<_>>()
    };
    let message = find(pair(5.0), "faster").message();
    assert!(message.contains("b is faster than a at vms=1"), "{message}");
    absent(pair(10.0), "faster");
    // Capacities that differ say more.
    let known = [runs("config=a vms=1", 10.0, 5, 1, 0.5), runs("config=b vms=1", 5.0, 5, 2, 0.5)];
    absent(known.concat(), "faster");
}

#[test]
fn equal_capacities_have_a_fastest_and_no_larger_one_whatever_their_order() {
    for names in [["x", "y"], ["y", "x"]] {
        let run = |(i, name): (usize, &&str)| {
            let seconds = if *name == "x" { 5.0 } else { 8.0 };
            runs(&format!("config={name} vms=1"), seconds + 0.001 * i as f64, 3, 1, 0.5)
        };
        let all: Vec<Outcome> = names.iter().enumerate().flat_map(run).collect();
        let message = find(all, "sweet-spot").message();
        assert!(message.starts_with("x is the fastest"), "{message}");
    }
}

#[test]
fn what_was_excluded_or_failed_finds_nothing() {
    let mut all = founding();
    for outcome in &mut all {
        outcome.excluded = true;
    }
    assert_eq!(codes(all), Vec::<&str>::new());
    let mut all = founding();
    for outcome in &mut all {
        outcome.state = crate::session::TrialState::Failed;
    }
    assert_eq!(codes(all), Vec::<&str>::new());
}
