//! Whatever is written fits `assets/session.schema.json`, and is read back as it was written.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::time::{Duration, SystemTime};

use jsonschema::Validator;
use migtop::journal::{self, Reader};
use migtop::model::{
    Captured, End, Event, Factors, Flow, Guest, HostLoad, Mark, MarkBy, MarkKind, Pair, Seen, Talk,
    TcpState,
};
use migtop::source::inventory::{Inventory, Settings};
use migtop::source::sampler::{Sampler, Stamp};
use migtop::source::{Source, simulator};
use serde_json::{Value, json};

const TICK: Duration = Duration::from_millis(100);

fn schema() -> Validator {
    let text = include_str!("../assets/session.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

fn mark(kind: MarkKind, trial: Option<u32>, set: &[(&str, &str)], text: Option<&str>) -> Mark {
    let set: Factors = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let sets = matches!(kind, MarkKind::Start | MarkKind::Edit);
    let (set, text) = (sets.then_some(set), text.map(str::to_owned));
    Mark { trial, set, text, ..Mark::new(kind, MarkBy::Key) }
}

/// One mark of each kind, with its time in milliseconds: between two ticks, as keys are pressed.
fn marks() -> Vec<(u64, Mark)> {
    let factors = [("config", "2x10GbE"), ("vms", "20")];
    vec![
        (5_950, mark(MarkKind::Start, Some(1), &factors, None)),
        (9_020, mark(MarkKind::Note, Some(1), &[], Some("\"half\" is gone\n\u{1b}[31m"))),
        (14_030, mark(MarkKind::Stop, Some(1), &[], None)),
        (15_040, mark(MarkKind::Undo, None, &[], None)),
        (20_050, mark(MarkKind::Stop, Some(1), &[], None)),
        (21_060, mark(MarkKind::Start, Some(2), &[], None)),
        (22_070, mark(MarkKind::Edit, Some(2), &[("vms", "14")], None)),
        (23_080, mark(MarkKind::Cancel, Some(2), &[], None)),
    ]
}

/// The whole session of a scenario, in virtual time.
fn session(scenario: &str) -> Vec<Event> {
    let mut simulator = simulator::open(scenario).unwrap();
    let end = simulator.length().unwrap();
    let mut inventory = Inventory::new(Settings::default());
    let mut sampler = Sampler::new(TICK);
    let header = journal::header(simulator.host().to_owned(), SystemTime::UNIX_EPOCH, TICK);
    let mut events = vec![Event::Session(header)];
    let mut marks = marks().into_iter().peekable();
    let mut reading = Vec::new();
    let mut samples = 0;
    for at in (0..).map(|tick| TICK * tick).take_while(|at| *at <= end) {
        let marked = marks.next_if(|(ms, _)| Duration::from_millis(*ms) <= at);
        let marked = marked.map(|(ms, mark)| (Duration::from_millis(ms), Some(mark)));
        for (at, mark) in marked.into_iter().chain([(at, None)]) {
            if let Some(links) = simulator.links(at) {
                let (interfaces, teams) = inventory.update(links);
                sampler.watch(&interfaces);
                events.push(Event::Interfaces { at, interfaces, teams });
            }
            simulator.counters(at, &mut reading).unwrap();
            let stamp = Stamp { at, read: Duration::from_micros(50), slept: Duration::ZERO };
            sampler.take(stamp, &reading, mark, &mut events);
            samples += 1;
        }
    }
    events.extend(surroundings(end));
    let (source, why) = ("simulator".into(), "it is over".into());
    events.push(Event::SourceFailed { at: end, source, why });
    events.push(Event::End(End {
        at: end,
        own_cpu: Duration::from_millis(3),
        own_peak_rss_bytes: None,
        samples,
        missed: 0,
        trials: Some(2),
    }));
    events
}

/// One of each event beside the counters.
fn surroundings(at: Duration) -> [Event; 4] {
    let seen = Seen { bytes: Pair { rx: 1, tx: 2 }, packets: Pair { rx: 1, tx: 1 } };
    let talk = Talk {
        protocol: "tcp".into(),
        local: Some([10, 77, 0, 1].into()),
        local_port: Some(50_028),
        remote: None,
        remote_port: None,
        seen,
    };
    let flow = Flow {
        id: 1,
        local: ([10, 77, 0, 1], 50_028).into(),
        remote: ([10, 77, 0, 2], 4_401).into(),
        interface: Some(2),
        pid: Some(2_477),
        process: Some("qemu-system-x86".into()),
        congestion: None,
    };
    let guest = Guest {
        id: 1,
        pid: 2_477,
        name: "vm\u{1b}[31m3".into(),
        hypervisor: "qemu".into(),
        memory_bytes: Some(64 << 20),
        resident_bytes: None,
    };
    let load = HostLoad { at, busy_permille: vec![1_000, 12], ..HostLoad::default() };
    let (tcp, closed) = (vec![TcpState { id: 1, acked_bytes: 7, ..TcpState::default() }], vec![1]);
    [
        Event::Host(load),
        Event::Guests { at, guests: vec![guest] },
        Event::Sockets { at, flows: vec![flow], tcp, closed },
        Event::Packets(Captured {
            at,
            from: Duration::ZERO,
            interface: 1,
            seen,
            lost_packets: 0,
            talks: vec![talk],
            more: 3,
        }),
    ]
}

const SCENARIOS: [&str; 5] = ["evacuation", "failover", "hotplug", "wrap", "late"];

fn stream(events: &[Event]) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events {
        journal::write_line(event, &mut out).unwrap();
    }
    out
}

#[test]
fn the_schema_is_a_schema() {
    let text = include_str!("../assets/session.schema.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
}

#[test]
fn every_line_of_a_session_fits_the_schema() {
    let schema = schema();
    let (mut words, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for scenario in SCENARIOS {
        let stream = String::from_utf8(stream(&session(scenario))).unwrap();
        for (number, line) in (1..).zip(stream.lines()) {
            let value: Value = serde_json::from_str(line).unwrap();
            if let Err(error) = schema.validate(&value) {
                panic!("{scenario}, line {number}: {error}\n{line}");
            }
            words.insert(value["event"].as_str().unwrap().to_owned());
            kinds.extend(value["mark"].as_str().map(str::to_owned));
        }
    }
    let all = [
        "counters",
        "end",
        "gap",
        "guests",
        "host",
        "interfaces",
        "mark",
        "packets",
        "sample",
        "session",
        "sockets",
        "source_failed",
    ];
    assert!(words.iter().eq(&all), "every event was tried: {words:?}");
    let all = ["cancel", "edit", "note", "start", "stop", "undo"];
    assert!(kinds.iter().eq(&all), "every mark was tried: {kinds:?}");
}

#[test]
fn a_session_is_read_back_as_it_was_written() {
    for scenario in SCENARIOS {
        let written = session(scenario);
        let mut reader = Reader::new(Cursor::new(stream(&written)), false).unwrap();
        let read: Vec<Event> = std::iter::from_fn(|| reader.read().unwrap()).collect();
        assert_eq!(read.len(), written.len(), "{scenario}");
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(read, written, "{scenario}");
        }
    }
}

#[test]
fn what_later_versions_write_fits_and_is_read_past() {
    let schema = schema();
    for line in [
        json!({"event": "sample", "at_ns": 1, "read_ns": 0, "delta": [], "host": "hv08", "x": -1}),
        json!({"event": "gap", "at_ns": 2, "from_ns": 1, "interfaces": [1], "why": "disk-full"}),
        json!({"event": "mark", "at_ns": 9, "mark": "edit", "trial": 3, "start_ns": 1, "stop_ns": 8,
            "excluded": true, "because": "a backup ran", "set": {"vms": "20"}, "by": "socket"}),
        json!({"event": "host", "at_ns": 5, "cores": [0.5, 0.25]}),
        json!({"event": "guests", "at_ns": 5, "guests": []}),
        json!({"event": "sockets", "at_ns": 5}),
        json!({"event": "migration", "at_ns": 5, "status": "active"}),
        json!({"event": "weather", "sky": "clear"}),
        json!({"event": "end", "at_ns": 9, "own_cpu_ns": 1, "own_peak_rss_bytes": 7, "samples": 1,
            "missed": 0}),
    ] {
        assert!(schema.is_valid(&line), "{line}");
        serde_json::from_value::<Event>(line).unwrap();
    }
}

#[test]
fn a_wrong_line_does_not_fit() {
    let schema = schema();
    let end = json!({"event": "end", "at_ns": 9, "own_cpu_ns": 1, "own_peak_rss_bytes": null,
        "samples": 1, "missed": 0});
    let gap = json!({"event": "gap", "at_ns": 2, "from_ns": 1, "interfaces": null, "why": "reset"});
    let mark = json!({"event": "mark", "at_ns": 9, "mark": "start", "trial": 1,
        "set": {"vms": "20"}, "text": "t", "by": "key"});
    let sample = json!({"event": "sample", "at_ns": 1, "read_ns": 0, "delta": [[1, 2, 3, 4, 5]],
        "faults": [[1, 0, 0, 0, 0]]});
    let counters =
        json!({"event": "counters", "at_ns": 1, "read_ns": 0, "absolute": [[1, 2, 3, 4, 5]]});
    let interfaces = json!({"event": "interfaces", "at_ns": 0, "interfaces": [{"id": 1, "index": 2,
        "name": "eth0", "kind": "ethernet", "mac": null, "mtu": 1500, "speed_bits_per_s": null,
        "up": true, "master": null}], "teams": [{"name": "t", "mode": "given", "members": [1]}]});
    let session: Value = serde_json::from_slice(&stream(&session("late")[..1])).unwrap();
    for (right, place, wrong) in [
        (&sample, "/at_ns", json!(-1)),
        (&sample, "/at_ns", json!(0.5)),
        (&sample, "/at_ns", json!("1")),
        (&sample, "/at_ns", Value::Null),
        (&sample, "/read_ns", json!(-1)),
        (&sample, "/event", json!(7)),
        (&sample, "/host", json!(7)),
        (&sample, "/delta", json!([[1, 2, 3, 4]])),
        (&sample, "/delta", json!([[1, 2, 3, 4, 5, 6]])),
        (&sample, "/delta", json!([[1, 2, -3, 4, 5]])),
        (&sample, "/delta", json!([[1, 2, 3.5, 4, 5]])),
        (&sample, "/delta", json!({"1": [2, 3, 4, 5]})),
        (&sample, "/faults", json!([[1, 0, 0, 0]])),
        (&sample, "/faults", Value::Null),
        (&counters, "/absolute", json!([[1, 2, 3, 4, -5]])),
        (&counters, "/absolute", json!([1, 2, 3, 4, 5])),
        (&mark, "/mark", json!("begin")),
        (&mark, "/by", json!("mouse")),
        (&mark, "/trial", json!(-1)),
        (&mark, "/set", json!({"vms": 20})),
        (&mark, "/text", json!(["t"])),
        (&mark, "/start_ns", json!(-1)),
        (&mark, "/excluded", json!("yes")),
        (&gap, "/why", json!("boredom")),
        (&gap, "/from_ns", json!(-1)),
        (&gap, "/interfaces", json!(["eth0"])),
        (&interfaces, "/interfaces/0/id", json!(-1)),
        (&interfaces, "/interfaces/0/up", json!("up")),
        (&interfaces, "/interfaces/0/name", Value::Null),
        (&interfaces, "/interfaces/0/mtu", json!(-1)),
        (&interfaces, "/interfaces/0/speed_bits_per_s", json!("10G")),
        (&interfaces, "/teams/0/members", json!([1, 1])),
        (&interfaces, "/teams/0/origin", json!("dreamt")),
        (&session, "/format", json!("other")),
        (&session, "/version", json!(2)),
        (&session, "/interval_ns", json!(0)),
        (&session, "/started", json!("yesterday")),
        (&end, "/samples", json!(-1)),
        (&end, "/own_peak_rss_bytes", json!("7 MiB")),
        (&json!({"event": "guests", "at_ns": 1}), "/at_ns", json!(-1)),
    ] {
        assert!(schema.is_valid(right), "{right}");
        let mut line = right.clone();
        set(&mut line, place, wrong);
        assert!(!schema.is_valid(&line), "{line}");
    }
    for (right, optional) in [
        (&sample, &["faults"][..]),
        (&counters, &[]),
        (&mark, &["trial", "set", "text"]),
        (&gap, &[]),
        (&interfaces, &[]),
        (&session, &[]),
        (&end, &[]),
    ] {
        for field in right.as_object().unwrap().keys() {
            let mut line = right.clone();
            line.as_object_mut().unwrap().remove(field);
            assert_eq!(schema.is_valid(&line), optional.contains(&field.as_str()), "{line}");
        }
    }
    let mut edit = mark.clone();
    set(&mut edit, "/mark", json!("edit"));
    edit.as_object_mut().unwrap().remove("trial");
    assert!(!schema.is_valid(&edit), "an edit names its trial");
}

/// Sets the value at `place`, new or not.
fn set(line: &mut Value, place: &str, value: Value) {
    let (parent, field) = place.rsplit_once('/').unwrap();
    line.pointer_mut(parent).unwrap()[field] = value;
}
