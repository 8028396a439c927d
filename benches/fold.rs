//! The fold with history, and the frames: what a tick costs after the sample.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use migtop::model::{Counts, Event, Interface, Kind, Pair};
use migtop::session::Session;
use migtop::tui::{self, Status, ViewState};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const TICK: Duration = Duration::from_millis(100);

fn interfaces(count: u32) -> Vec<Interface> {
    let one = |id| Interface {
        mtu: Some(1500),
        speed_bits_per_s: Some(10_000_000_000),
        ..Interface::new(id, &format!("eth{id}"), Kind::Ethernet)
    };
    (1..=count).map(one).collect()
}

fn sample(tick: u32, moving: u32) -> Event {
    let counts = |id| Counts {
        id,
        bytes: Pair { rx: 20_000, tx: 10_000_000 + u64::from(tick % 7) * 100_000 },
        packets: Pair { rx: 300, tx: 7_000 },
    };
    let delta = (1..=moving).map(counts).collect();
    Event::Sample { at: TICK * tick, read: Duration::ZERO, delta, faults: Vec::new() }
}

/// A session of `count` interfaces, `moving` of which move, `ticks` old.
fn session(count: u32, moving: u32, ticks: u32) -> Session {
    let mut session = Session::default();
    let at = Duration::ZERO;
    session.apply(Event::Interfaces { at, interfaces: interfaces(count), teams: Vec::new() });
    let absolute = (1..=count)
        .map(|id| Counts { id, bytes: Pair::default(), packets: Pair::default() })
        .collect();
    session.apply(Event::Counters { at, read: at, absolute, faults: Vec::new() });
    for tick in 1..=ticks {
        session.apply(sample(tick, moving));
    }
    session
}

fn fold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    for (count, moving) in [(2, 1), (16, 16), (1000, 1), (1000, 1000)] {
        let mut session = session(count, moving, 20);
        let mut tick = 20;
        let name = BenchmarkId::from_parameter(format!("{count} interfaces, {moving} moving"));
        group.bench_function(name, |b| {
            b.iter(|| {
                tick += 1;
                session.apply(sample(tick, moving));
            });
        });
    }
}

fn frame(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    for (count, moving) in [(2, 2), (200, 200)] {
        let session = session(count, moving, 3_000);
        for (width, height) in [(120, 40), (200, 60)] {
            let mut view = ViewState::default();
            view.follow(&session);
            let status = Status { clock: "14:02:11".into(), ..Status::default() };
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let name = format!("{width}x{height}, {count} interfaces");
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| {
                    buffer.reset();
                    tui::draw(&session, &view, &status, area, &mut buffer);
                    black_box(&buffer);
                });
            });
        }
    }
}

criterion_group!(benches, fold, frame);
criterion_main!(benches);
