//! What a frame costs a busy terminal: many interfaces that all change, on a large screen.

use std::time::Duration;

use migtop::model::{Counts, Event, Interface, Kind, Pair};
use migtop::session::Session;
use migtop::tui::compose::shows_connections;
use migtop::tui::screen::Screen;
use migtop::tui::{Status, ViewState};
use ratatui::layout::Rect;

const TICK: Duration = Duration::from_millis(100);
const INTERFACES: u32 = 200;
/// Bytes a frame, in the mean of ten seconds.
const MOST: usize = 4_096;

/// Steps that look random and are the same each time (Knuth's MMIX generator).
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn sample(tick: u32, noise: &mut Noise) -> Event {
    let counts = |id| Counts {
        id,
        bytes: Pair { rx: 20_000 + noise.next(2_000), tx: 20_000_000 + noise.next(9_000_000) },
        packets: Pair { rx: 300, tx: 14_000 },
    };
    let delta = (1..=INTERFACES).map(counts).collect();
    Event::Sample { at: TICK * tick, read: Duration::ZERO, delta, faults: Vec::new() }
}

#[test]
fn a_busy_frame_is_small() {
    let mut session = Session::default();
    let at = Duration::ZERO;
    let link = |id| Interface {
        mtu: Some(1_500),
        speed_bits_per_s: Some(10_000_000_000),
        ..Interface::new(id, &format!("eth{id}"), Kind::Ethernet)
    };
    let interfaces = (1..=INTERFACES).map(link).collect();
    session.apply(Event::Interfaces { at, interfaces, teams: Vec::new() });
    let zero = |id| Counts { id, bytes: Pair::default(), packets: Pair::default() };
    let absolute = (1..=INTERFACES).map(zero).collect();
    session.apply(Event::Counters { at, read: at, absolute, faults: Vec::new() });
    let area = Rect::new(0, 0, 200, 60);
    let (mut screen, mut view) = (Screen::new(area), ViewState::default());
    view.connections_beside = shows_connections(area);
    let (mut noise, mut sent, mut frames) = (Noise(7), Vec::new(), Vec::new());
    for tick in 1..=300 {
        session.apply(sample(tick, &mut noise));
        view.follow(&session);
        sent.clear();
        screen.update(&session, &view, &Status::default(), &mut sent).expect("a buffer");
        frames.push(sent.len());
    }
    let busy = &frames[200..];
    let mean = busy.iter().sum::<usize>() / busy.len();

    assert!(mean <= MOST, "{mean} bytes a frame");
}
