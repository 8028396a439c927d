//! What keeping a session costs: a tick of 16 interfaces to disk, and a recorded hour of them
//! back, alone and into the fold.

use std::hint::black_box;
use std::io::Cursor;
use std::time::{Duration, SystemTime};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use migtop::journal::{Packer, Reader, header, write_line};
use migtop::model::{Counts, Event, Interface, Kind, Pair};
use migtop::session::{Session, Settings};

const INTERFACES: u32 = 16;
const TICK: Duration = Duration::from_millis(100);
const HOUR: u32 = 36_000;
/// Ticks that a frame holds.
const FRAME: u32 = 5;

/// Numbers as irregular as traffic is; the same in every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// A tick of a host that is being emptied. Of eight interfaces one is the migration's, in bursts up
/// to 31 Gbit/s, one is steady storage, two are bursty guests, two nearly idle and two idle.
fn tick(number: u32, noise: &mut Noise) -> Event {
    let mut one = |id: u32| {
        let (rx, tx) = match id % 8 {
            0 if number % 20 < 15 => (noise.below(900_000), 250_000_000 + noise.below(130_000_000)),
            0 => (noise.below(20_000), noise.below(2_000_000)),
            1 => (9_000_000 + noise.below(1_000_000), 1_000_000 + noise.below(100_000)),
            2 | 3 if noise.below(4) == 0 => (noise.below(3_000_000), noise.below(500_000)),
            4 | 5 if noise.below(30) == 0 => (90 + noise.below(4) * 66, 0),
            _ => return None,
        };
        let packets = Pair { rx: rx.div_ceil(1_448), tx: tx.div_ceil(1_448) };
        Some(Counts { id, bytes: Pair { rx, tx }, packets })
    };
    let delta = (1..=INTERFACES).filter_map(&mut one).collect();
    let at = TICK * number + Duration::from_nanos(noise.below(120_000));
    let read = Duration::from_nanos(30_000 + noise.below(20_000));
    Event::Sample { at, read, delta, faults: Vec::new() }
}

fn first_lines() -> Vec<Event> {
    let interfaces = (1..=INTERFACES).map(|id| Interface {
        mtu: Some(1500),
        speed_bits_per_s: Some(10_000_000_000),
        up: true,
        ..Interface::new(id, &format!("eth{id}"), Kind::Ethernet)
    });
    let absolute = (1..=INTERFACES).map(|id| {
        let nothing = Pair::default();
        Counts { id, bytes: nothing, packets: nothing }
    });
    let (at, read, faults) = (Duration::ZERO, Duration::ZERO, Vec::new());
    vec![
        Event::Session(header("bench".into(), SystemTime::UNIX_EPOCH, TICK)),
        Event::Interfaces { at, interfaces: interfaces.collect(), teams: Vec::new() },
        Event::Counters { at, read, absolute: absolute.collect(), faults },
    ]
}

/// A recorded hour, and how many bytes it takes per interface and sample.
fn hour() -> (Vec<u8>, f64) {
    let mut noise = Noise(7);
    let mut packer = Packer::new().expect("zstd");
    let mut lines = Vec::new();
    for event in first_lines() {
        write_line(&event, &mut lines).expect("encodes");
    }
    let mut file = Vec::new();
    for number in 1..=HOUR {
        write_line(&tick(number, &mut noise), &mut lines).expect("encodes");
        if number % FRAME == 0 {
            file.extend(packer.pack(&lines).expect("packed"));
            lines.clear();
        }
    }
    let each = file.len() as f64 / f64::from(HOUR * INTERFACES);
    (file, each)
}

fn write(c: &mut Criterion) {
    let mut noise = Noise(7);
    let ticks: Vec<Event> = (1..=FRAME).map(|number| tick(number, &mut noise)).collect();
    let mut packer = Packer::new().expect("zstd");
    let mut group = c.benchmark_group("journal");
    group.throughput(Throughput::Elements(u64::from(FRAME)));
    group.bench_function(BenchmarkId::new("frame of 5 ticks", INTERFACES), |b| {
        let mut lines = Vec::new();
        b.iter(|| {
            lines.clear();
            for tick in &ticks {
                write_line(tick, &mut lines).expect("encodes");
            }
            black_box(packer.pack(&lines).expect("packed"));
        });
    });
}

fn read(c: &mut Criterion) {
    let (file, each) = hour();
    println!("{each:.2} bytes per interface and sample, {} for an hour", file.len());
    let mut group = c.benchmark_group("hour");
    group.sample_size(10);
    group.bench_function("read", |b| {
        b.iter(|| {
            let mut reader = Reader::new(Cursor::new(&file), false).expect("a session");
            while let Some(event) = reader.read().expect("readable") {
                black_box(event);
            }
        });
    });
    for (name, for_trials) in [("read and folded", false), ("read and folded for trials", true)] {
        let session = if for_trials { Session::for_trials } else { Session::new };
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut reader = Reader::new(Cursor::new(&file), false).expect("a session");
                let mut session = session(Settings::default());
                while let Some(event) = reader.read().expect("readable") {
                    session.apply(event);
                }
                black_box(session);
            });
        });
    }
}

criterion_group!(benches, write, read);
criterion_main!(benches);
