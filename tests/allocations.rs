//! What runs every tick does not allocate for each interface.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::time::Duration;

use allocation_counter::measure;
use migtop::measure::history::History;
use migtop::measure::meter::{Meter, Span};
use migtop::model::{Counts, Direction, Event, Interface, Kind, Pair};
use migtop::session::Session;

const TICK: Duration = Duration::from_millis(100);

#[cfg(target_os = "linux")]
#[test]
fn a_sample_of_every_interface_allocates_nothing() {
    let mut counters = migtop::source::linux::stats::NetlinkCounters::open().unwrap();
    let mut reading = Vec::new();
    counters.read_into(&mut reading).unwrap();
    let sampled = measure(|| counters.read_into(&mut reading).unwrap());
    assert_eq!(sampled.count_total, 0);
}

#[test]
fn adding_a_sample_and_reading_a_window_allocate_nothing() {
    let mut meter = Meter::new(TICK, Duration::ZERO);
    let mut history = History::default();
    let mut window = vec![None; 200];
    let used = measure(|| {
        for tick in 1..2_000 {
            let bytes = Pair { rx: 1_000, tx: 1_000_000 };
            let span = meter.advance(TICK * tick, bytes, Pair { rx: 10, tx: 700 });
            history.add(span.unwrap_or(Span { from: TICK, to: TICK, rates: Pair::default() }));
        }
        history.columns(Direction::Tx, Duration::from_secs(1), 199, &mut window);
    });
    assert_eq!(used.count_total, 0);
    assert!(window.iter().all(Option::is_some));
}

#[test]
fn a_tick_of_many_interfaces_is_folded_without_allocating() {
    const MOVING: u32 = 50;
    let interface = |id| Interface::new(id, &format!("eth{id}"), Kind::Ethernet);
    let interfaces = (1..=MOVING).map(interface).collect();
    let mut session = Session::default();
    session.apply(Event::Interfaces { at: Duration::ZERO, interfaces, teams: Vec::new() });
    let sample = |tick: u32| Event::Sample {
        at: TICK * tick,
        read: Duration::ZERO,
        delta: (1..=MOVING)
            .map(|id| Counts {
                id,
                bytes: Pair { rx: 10, tx: 1_000_000 },
                packets: Pair { rx: 1, tx: 700 },
            })
            .collect(),
        faults: Vec::new(),
    };
    (1..30).for_each(|tick| session.apply(sample(tick)));
    let next = sample(30);
    assert_eq!(measure(|| session.apply(next)).count_total, 0);
}
