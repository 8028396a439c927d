//! Interfaces that come, go, and flap, under traffic.

use std::collections::BTreeSet;
use std::time::Duration;

use migtop::model::GapReason;

use super::gate::{can_run, say};
use super::process::cpu_ticks;
use super::traffic::{INTERFACE, Pair, SHAPED};
use super::tty::{Launch, Tty};

/// No tick may have more than this in bit/s.
const SPIKE: f64 = 1.5 * SHAPED;

#[test]
fn a_busy_interface_that_is_made_anew_is_a_gap_and_goes_on() {
    if !can_run(&[]) {
        return;
    }
    let mut pair = Pair::new();
    let flow = pair.flow(Duration::from_secs(120));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    std::thread::sleep(Duration::from_secs(2));
    pair.disconnect();
    drop(flow);
    tty.wait_for("the loss", |screen| screen.contains(&format!("{INTERFACE} is gone")));
    std::thread::sleep(Duration::from_secs(1));
    pair.connect();
    tty.wait_for("the return", |screen| screen.contains(&format!("{INTERFACE} appeared")));
    pair.send("150M");
    pair.wait_for_quiet();
    std::thread::sleep(Duration::from_millis(500));
    let sent = pair.sent();
    let screen = tty.wait_for("its row", |screen| row_of(screen, INTERFACE).is_some());

    let stream = tty.snapshot();
    let [old, new] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(new > old, "an id is never used again");
    assert_eq!(stream.gaps(new), [GapReason::Appeared]);
    assert_eq!(stream.last(new).tx, sent, "nothing is lost after the return");
    stream.check_no_spike(SPIKE);
    assert!(!screen.contains('!') || !row_of(&screen, INTERFACE).expect("seen").contains('!'));
    tty.quit();
}

#[test]
fn two_hundred_more_interfaces_change_nothing_but_a_count() {
    const MORE: usize = 200;
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(300));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    tty.wait_for("the traffic's row", |screen| row_of(screen, INTERFACE).is_some());
    let (rows, folded) = (row_names(&tty.text()), folded(&tty.text()));
    assert_eq!(folded, 1, "the loopback\n{}", tty.text());
    let before = busy_ticks(&tty);

    // Guests' interfaces speak IPv6 when they come: that is no traffic.
    pair.here.set_ipv6("default", true);
    let other = pair.there.name();
    let make = |n| format!("link add more{n} type veth peer name mate{n} netns {other}");
    pair.here.ip_batch(&(0..MORE).map(make).collect::<Vec<_>>());
    pair.there.ip_batch(&(0..MORE).map(|n| format!("link set mate{n} up")).collect::<Vec<_>>());
    pair.here.ip_batch(&(0..MORE).map(|n| format!("link set more{n} up")).collect::<Vec<_>>());
    let all = format!("{} folded", MORE + folded);
    tty.wait_for("the count", |screen| screen.contains(&all));
    // Duplicate address detection and router solicitations have their say.
    std::thread::sleep(Duration::from_secs(8));
    let screen = tty.text();
    assert!(screen.contains(&all), "{screen}");
    assert_eq!(row_names(&screen), rows, "{screen}");

    let after = busy_ticks(&tty);
    say(&format!("CPU time in 5 s: {before} ticks before, {after} with {MORE} more interfaces"));
    // 10 ms a tick, usually; 100 times the interfaces may not cost four times as much.
    assert!(after <= before * 4 + 15, "{before} ticks became {after}");

    let stream = tty.snapshot();
    stream.check_no_spike(SPIKE);
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).is_empty(), "the busy one has no gap: {:?}", stream.gaps(id));
    tty.quit();
}

#[test]
fn a_flapping_carrier_is_events_and_no_spike() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(120));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    for _ in 0..30 {
        pair.carrier(false);
        std::thread::sleep(Duration::from_millis(50));
        pair.carrier(true);
        std::thread::sleep(Duration::from_millis(50));
    }
    // So short a loss may escape the kernel's own notice; this one does not.
    pair.carrier(false);
    tty.wait_for("the loss", |screen| screen.contains(&format!("{INTERFACE} lost its link")));
    pair.carrier(true);
    tty.wait_for("the return", |screen| screen.contains(&format!("{INTERFACE} has its link back")));
    pair.wait_for_flow();
    let stream = tty.snapshot();
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).is_empty(), "counters go on: {:?}", stream.gaps(id));
    stream.check_no_spike(SPIKE);
    tty.quit();
}

/// CPU time of five seconds.
fn busy_ticks(tty: &Tty) -> u64 {
    let before = cpu_ticks(tty.pid());
    std::thread::sleep(Duration::from_secs(5));
    cpu_ticks(tty.pid()) - before
}

/// The rows of the list of interfaces, without its title and heading.
pub fn rows(screen: &str) -> Vec<&str> {
    let mut lines = screen.lines().skip_while(|line| !line.starts_with("interfaces "));
    let _title_and_heading = (lines.next(), lines.next());
    lines.take_while(|line| line.starts_with("  ") || line.starts_with('▶')).collect()
}

fn row_names(screen: &str) -> BTreeSet<String> {
    let name = |row: &str| row.trim_start_matches(['▶', ' ']).split(' ').next().map(str::to_owned);
    rows(screen).into_iter().filter_map(name).collect()
}

fn row_of<'a>(screen: &'a str, name: &str) -> Option<&'a str> {
    rows(screen).into_iter().find(|row| row.contains(name))
}

fn folded(screen: &str) -> usize {
    let words: Vec<&str> = screen.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "folded").expect("a count of folded ones");
    words[at - 1].parse().expect("a number")
}
