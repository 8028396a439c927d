//! What runs every tick does not allocate for each interface.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::time::Duration;

use allocation_counter::measure;
use migtop::export::{self, Form, Outline, Rows, StandIns};
use migtop::measure::history::History;
use migtop::measure::meter::{Meter, Span};
use migtop::model::{Counts, Direction, Event, Flow, Interface, Kind, Pair, TcpState};
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

/// What the reading of so many followed connections allocates, and another look at all of them.
#[cfg(target_os = "linux")]
fn allocated_for_connections(number: usize) -> (u64, u64) {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use migtop::clock::SessionClock;
    use migtop::source::linux::sockets;
    use migtop::source::survey::{Companion, Survey};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = || {
        let mut here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut there = listener.accept().unwrap().0;
        here.write_all(&vec![7; 64 << 10]).unwrap();
        there.read_exact(&mut vec![0; 64 << 10]).unwrap();
        (here, there)
    };
    let connections: Vec<_> = (0..number / 2).map(|_| connection()).collect();
    let clock = SessionClock::start();
    let (mut finder, mut follower) = sockets::open(sockets::Settings { loopback: true });
    finder.look(&clock, &mut Vec::new()).unwrap();
    let mut told = Vec::with_capacity(4);
    follower.follow(clock.now(), &|_| None, &mut told);
    let Some(Event::Sockets { tcp, .. }) = told.pop() else { panic!("nothing is followed") };
    assert!(tcp.len() >= number, "{} of {number} are followed", tcp.len());
    let read = measure(|| follower.follow(clock.now(), &|_| None, &mut told));
    let looked = measure(|| {
        finder.look_at_all(clock.now()).unwrap();
    });
    drop(connections);
    (read.count_total, looked.count_total)
}

#[cfg(target_os = "linux")]
#[test]
fn a_tick_allocates_nothing_for_each_connection() {
    // The row of rows, once.
    assert_eq!(allocated_for_connections(4), (1, 0));
    assert_eq!(allocated_for_connections(48), (1, 0));
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

/// The most that is held at once while so many samples of four interfaces are exported.
fn held_by_export(form: Form, samples: u32) -> u64 {
    let interface = |id| Interface::new(id, &format!("eth{id}"), Kind::Ethernet);
    let interfaces = (1..=4).map(interface).collect();
    let counts =
        |id| Counts { id, bytes: Pair { rx: 10, tx: 1_000_000 }, packets: Pair { rx: 1, tx: 700 } };
    let mut out = std::io::sink();
    let exported = measure(|| {
        let mut rows = Rows::new(export::Settings::default(), Vec::new(), StandIns::default());
        let mut sheet = export::sheet(form, &mut out).unwrap();
        let links = Event::Interfaces { at: Duration::ZERO, interfaces, teams: Vec::new() };
        rows.take(links, |_| Ok(())).unwrap();
        for tick in 1..=samples {
            let delta = (1..=4).map(counts).collect();
            let (at, read, faults) = (TICK * tick, Duration::ZERO, Vec::new());
            let sample = Event::Sample { at, read, delta, faults };
            rows.take(sample, |row| sheet.write(row)).unwrap();
        }
        sheet.finish().unwrap();
    });
    exported.bytes_max
}

#[test]
fn an_export_holds_no_more_of_a_longer_session() {
    for form in [Form::Csv, Form::JsonLines] {
        assert_eq!(held_by_export(form, 5_000), held_by_export(form, 100), "{form:?}");
    }
    // Of each group of rows, what stands in the file's foot is held to its end: some kilobytes.
    let groups = |n: u32| held_by_export(Form::Parquet, n * (64 << 10) / 4);
    let (one, three) = (groups(1), groups(3));
    assert!(three < one + one / 20, "{one} and {three} bytes");
}

#[test]
fn what_is_looked_for_before_the_rows_is_the_marks() {
    let mut outline = Outline::default();
    let sample = Event::Sample { at: TICK, read: TICK, delta: Vec::new(), faults: Vec::new() };
    let used = measure(|| (0..1_000).for_each(|_| outline.take(sample.clone())));
    assert_eq!(used.count_total, 0);
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

/// What folding one reading of so many connections allocates.
fn allocated_by_connections(many: u32) -> u64 {
    let mut session = Session::default();
    let interfaces = vec![Interface::new(1, "eth0", Kind::Ethernet)];
    session.apply(Event::Interfaces { at: Duration::ZERO, interfaces, teams: Vec::new() });
    let told = |half: u32, flows| Event::Sockets {
        at: TICK * 5 * half,
        flows,
        tcp: (1..=many)
            .map(|id| TcpState {
                id,
                acked_bytes: u64::from(half) * 1_000_000,
                ..TcpState::default()
            })
            .collect(),
        closed: Vec::new(),
    };
    let flow = |id: u32| Flow {
        id,
        local: format!("10.0.0.1:{}", 40_000 + id).parse().unwrap(),
        remote: "10.0.0.2:49152".parse().unwrap(),
        interface: Some(1),
        pid: Some(id),
        process: Some("qemu-system-x86".into()),
        congestion: None,
    };
    session.apply(told(0, (1..=many).map(flow).collect()));
    (1..30).for_each(|half| session.apply(told(half, Vec::new())));
    let next = told(30, Vec::new());
    measure(|| session.apply(next)).count_total
}

#[test]
fn connections_are_folded_without_allocating_for_each() {
    assert_eq!(allocated_by_connections(64), allocated_by_connections(1));
}
