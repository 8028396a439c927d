//! A recorded day of a host that is emptied again and again: what a report over a long session is
//! measured on. Simulated, the same in every run, and written as it is made.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use migtop::journal::{Packer, Reader, header, write_line};
use migtop::model::{
    Counts, Event, Factors, Interface, Kind, Mark, MarkBy, MarkKind, Pair, Team, TeamOrigin,
};
use migtop::session::{Session, TrialState};

use super::gate::{can_run, say};
use super::process::{Running, cpu_ticks, migtop, state, try_peak_rss_kib};

const INTERFACES: u32 = 16;
/// The two that guests leave over.
const UPLINKS: [u32; 2] = [8, 16];
const TICK: Duration = Duration::from_millis(100);
/// Ticks in a frame.
const FRAME: u32 = 5;
/// Ticks from one reading of the absolute values to the next.
const PROOF: u32 = 100;

/// What is recorded.
pub struct Day {
    /// How long.
    pub length: Duration,
    /// Evenly over the length.
    pub trials: u32,
    /// Share (0..=1) of the time that lies in one.
    pub covered: f64,
}

impl Day {
    /// Writes the session into `path`, in frames.
    pub fn write(&self, path: &Path) {
        let mut tape = Tape::create(path);
        let ticks = (self.length.as_nanos() / TICK.as_nanos()) as u32;
        for number in 1..=ticks {
            let mark = self.mark(number, ticks);
            tape.tick(number, self.place(number, ticks).1);
            if mark.is_some() || number.is_multiple_of(PROOF) {
                tape.counters();
            }
            if let Some(mark) = &mark {
                tape.line(&Event::Mark(Mark { at: tape.at, ..mark.clone() }));
            }
            if mark.is_some() || number.is_multiple_of(FRAME) {
                tape.frame();
            }
        }
        tape.frame();
        tape.file.flush().expect("written");
    }

    /// The trial that a tick belongs to, counted from 0, and whether it runs then.
    fn place(&self, number: u32, ticks: u32) -> (u32, bool) {
        let slot = ticks / self.trials;
        let into = (number - 1) % slot;
        (((number - 1) / slot), into > 0 && into < self.last(slot))
    }

    /// Where in its slot a trial ends.
    fn last(&self, slot: u32) -> u32 {
        ((f64::from(slot) * self.covered) as u32).clamp(2, slot - 1)
    }

    fn mark(&self, number: u32, ticks: u32) -> Option<Mark> {
        let slot = ticks / self.trials;
        let (trial, into) = (self.place(number, ticks).0, (number - 1) % slot);
        if trial >= self.trials {
            return None;
        }
        let (config, guests) = (["1x10GbE", "2x10GbE"], ["5", "10", "20", "40"]);
        let set = [
            ("config", config[trial as usize % config.len()]),
            ("vms", guests[trial as usize / config.len() % guests.len()]),
        ];
        let set: Factors = set.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let mark = |kind| Mark { trial: Some(trial + 1), ..Mark::new(kind, MarkBy::Key) };
        match into {
            0 => Some(Mark { set: Some(set), ..mark(MarkKind::Start) }),
            into if into == self.last(slot) => Some(mark(MarkKind::Stop)),
            _ => None,
        }
    }
}

/// Numbers as irregular as traffic is; the same in every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// The file as it grows.
struct Tape {
    file: BufWriter<File>,
    packer: Packer,
    lines: Vec<u8>,
    noise: Noise,
    at: Duration,
    /// What the counters say, in order of id.
    totals: Vec<Counts>,
}

impl Tape {
    fn create(path: &Path) -> Self {
        let nothing = Pair::default();
        let counts = |id| Counts { id, bytes: nothing, packets: nothing };
        let mut tape = Self {
            file: BufWriter::new(File::create(path).expect("can be made")),
            packer: Packer::new().expect("zstd"),
            lines: Vec::new(),
            noise: Noise(7),
            at: Duration::ZERO,
            totals: (1..=INTERFACES).map(counts).collect(),
        };
        tape.line(&Event::Session(header("day".into(), SystemTime::UNIX_EPOCH, TICK)));
        tape.line(&links());
        tape.counters();
        tape
    }

    fn line(&mut self, event: &Event) {
        write_line(event, &mut self.lines).expect("encodes");
    }

    fn frame(&mut self) {
        let frame = self.packer.pack(&self.lines).expect("packed");
        self.file.write_all(&frame).expect("written");
        self.lines.clear();
    }

    fn counters(&mut self) {
        let (at, read) = (self.at, Duration::from_micros(40));
        let (absolute, faults) = (self.totals.clone(), Vec::new());
        self.line(&Event::Counters { at, read, absolute, faults });
    }

    /// The uplinks carry what leaves, in bursts, while `leaving`; two interfaces are steady
    /// storage, some are bursty guests, some nearly idle and some idle.
    fn tick(&mut self, number: u32, leaving: bool) {
        let mut delta = Vec::new();
        for total in &mut self.totals {
            let noise = &mut self.noise;
            let (rx, tx) = match total.id % 8 {
                _ if UPLINKS.contains(&total.id) => match (leaving, number % 20 < 15) {
                    (true, true) => (noise.below(900_000), 70_000_000 + noise.below(52_000_000)),
                    (true, false) => (noise.below(20_000), noise.below(2_000_000)),
                    (false, _) => (noise.below(20_000), noise.below(60_000)),
                },
                1 => (9_000_000 + noise.below(1_000_000), 1_000_000 + noise.below(100_000)),
                2 | 3 if noise.below(4) == 0 => (noise.below(3_000_000), noise.below(500_000)),
                4 | 5 if noise.below(30) == 0 => (90 + noise.below(4) * 66, 0),
                _ => continue,
            };
            let bytes = Pair { rx, tx };
            let packets = bytes.map(|bytes| bytes.div_ceil(1_448));
            (total.bytes, total.packets) = (total.bytes + bytes, total.packets + packets);
            delta.push(Counts { bytes, packets, ..*total });
        }
        self.at = TICK * number + Duration::from_nanos(self.noise.below(120_000));
        let read = Duration::from_nanos(30_000 + self.noise.below(20_000));
        self.line(&Event::Sample { at: self.at, read, delta, faults: Vec::new() });
    }
}

fn links() -> Event {
    let link = |id| Interface {
        mtu: Some(1500),
        speed_bits_per_s: Some(10_000_000_000),
        ..Interface::new(id, &format!("eth{id}"), Kind::Ethernet)
    };
    let team = Team {
        name: "uplinks".into(),
        mode: "given".into(),
        members: UPLINKS.to_vec(),
        origin: TeamOrigin::Given,
    };
    let interfaces = (1..=INTERFACES).map(link).collect();
    Event::Interfaces { at: Duration::ZERO, interfaces, teams: vec![team] }
}

#[test]
fn a_simulated_day_has_its_trials() {
    for (covered, seconds) in [(0.5, 29.9), (1.0, 59.8)] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("day.jsonl.zst");
        Day { length: Duration::from_secs(600), trials: 10, covered }.write(&path);
        let mut reader = Reader::open(&path, false).expect("a session");
        let mut session = Session::default();
        while let Some(event) = reader.read().expect("readable") {
            session.apply(event);
        }
        assert_eq!((session.samples(), session.notices().count()), (6_000, 0));
        assert_eq!(session.trials().len(), 10);
        for trial in session.trials() {
            assert_eq!(trial.state, TrialState::Finished);
            let length = trial.duration(session.at()).as_secs_f64();
            assert!((length - seconds).abs() < 0.2, "{length} s");
            let figures = trial.figures.as_ref().expect("finished");
            assert_eq!((figures.subject.as_str(), figures.links), ("uplinks", 2));
            assert!(figures.active.is_some() && figures.peak5.is_some(), "{figures:?}");
        }
    }
}

/// CPU time that a report on a day may take, in clock ticks, and memory in KiB.
const MOST_TICKS: u64 = 300;
const MOST_MEMORY: u64 = 200 << 10;

/// CPU time of a report on `session` in clock ticks, and the most memory it held in KiB.
fn cost(session: &Path, report: &Path) -> (u64, u64) {
    let mut command = Command::new(migtop());
    command.arg("report").arg(session).arg("--force").arg("-o").arg(report);
    let folder = report.parent().expect("a folder");
    let child = command.env("XDG_STATE_HOME", folder).stdin(Stdio::null()).spawn();
    let mut running = Running(child.expect("it can be started"));
    let pid = running.0.id();
    // What a process has used can be read until it is waited for; its memory only while it runs.
    let (mut memory, mut ticks) = (0, 0);
    while state(pid).is_some() {
        memory = memory.max(try_peak_rss_kib(pid).unwrap_or(0));
        ticks = cpu_ticks(pid);
        std::thread::sleep(Duration::from_millis(5));
    }
    ticks = ticks.max(cpu_ticks(pid));
    assert!(running.finishes(Duration::from_secs(60)), "the report failed");
    (ticks, memory)
}

#[test]
fn a_report_on_a_day_costs_three_seconds_and_little_memory() {
    if !can_run(&[]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("day.jsonl.zst");
    Day { length: Duration::from_secs(24 * 3_600), trials: 100, covered: 0.5 }.write(&path);
    let report = folder.path().join("report.json");
    // A machine with much else to do makes CPU time longer, never shorter.
    let mut costs = (0..3).map(|_| cost(&path, &report));
    let first = costs.next().expect("three tries");
    let (ticks, memory) = if first.0 <= MOST_TICKS { first } else { costs.fold(first, Ord::min) };
    let size = path.metadata().expect("a file").len();
    say(&format!("{size} bytes: {ticks} ticks of CPU time, {memory} KiB"));
    let text = std::fs::read_to_string(&report).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["trials"].as_array().map(Vec::len), Some(100));
    assert!(ticks <= MOST_TICKS, "{ticks} ticks of CPU time");
    assert!(memory <= MOST_MEMORY, "{memory} KiB");
}
