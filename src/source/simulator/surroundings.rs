//! What surrounds the counters of a host that is not there: its guests, their connections, its
//! cores. Played from the same scenario: a flow with a guest's name is a connection of that guest's
//! process, and the guest has left a moment after the last of them ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use super::card::{JITTER_SLOT, noise};
use super::player::Simulator;
use super::scenario::Flow;
use crate::model::{Direction, Event, Flow as Connection, Guest, HostLoad, InterfaceId, TcpState};
use crate::source::survey::Companion;

/// A guest's process ends this long after its last byte.
const FAREWELL: Duration = Duration::from_millis(350);
/// A guest that sends nothing for longer has left, and is back.
const AWAY: Duration = Duration::from_millis(500);
/// Where QEMU listens for the first of several migrations.
const FIRST_PORT: u16 = 49_152;
/// How many ports libvirt gives out, one after the other.
const PORTS: u16 = 64;
/// Process of the first guest.
const FIRST_PID: u32 = 2_401;
const CORES: u32 = 16;
/// The cores are looked at this often.
const LOOK: Duration = Duration::from_secs(1);
/// A core's work for a stream of this rate, bit/s.
const RATE_OF_A_CORE: f64 = 12e9;
/// Payload of a full frame by its octets: 1448 of 1514.
const PAYLOAD: f64 = 1_448.0 / 1_514.0;
const SEGMENT: f64 = 1_448.0;

/// Plays them; asked at the session's times.
pub struct SimulatedSurroundings {
    simulator: Simulator,
    stays: Vec<Stay>,
    streams: Vec<Stream>,
    /// Places of the guests that were here when they were last told.
    told_guests: Option<Vec<usize>>,
    looked: Option<Duration>,
}

/// A guest's time on this host: from the start, or from its return, to its departure.
struct Stay {
    guest: String,
    here: Range<Duration>,
}

/// A guest's flow as the kernel would tell it.
struct Stream {
    flow: Flow,
    /// Place of its guest's stay.
    stay: usize,
    state: TcpState,
    told: Option<u32>,
    closed: bool,
}

impl SimulatedSurroundings {
    /// Of the scenario that `simulator` plays.
    pub fn new(simulator: Simulator) -> Self {
        let mut stays: Vec<Stay> = Vec::new();
        let mut streams = Vec::new();
        for flow in &simulator.flows {
            let Some(guest) = &flow.guest else { continue };
            let stay = stay_of(guest, &flow.during, &mut stays);
            let id = streams.len() as u32 + 1;
            let state = TcpState { id, min_rtt_us: 90, ..TcpState::default() };
            streams.push(Stream { flow: flow.clone(), stay, state, told: None, closed: false });
        }
        Self { simulator, stays, streams, told_guests: None, looked: None }
    }

    /// Moves every stream on to `to`, slot by slot.
    fn advance(&mut self, to: Duration) {
        while self.simulator.at < to {
            let from = self.simulator.at;
            let until = (from + JITTER_SLOT).min(to);
            for stream in &mut self.streams {
                stream.carry(&self.simulator, from, until);
            }
            self.simulator.advance(until);
        }
    }

    fn tell_guests(&mut self, at: Duration, out: &mut Vec<Event>) {
        let stays = self.stays.iter().enumerate();
        let here: Vec<usize> =
            stays.filter(|(_, stay)| stay.here.contains(&at)).map(|(place, _)| place).collect();
        if self.stays.is_empty() || self.told_guests.as_ref() == Some(&here) {
            return;
        }
        let memory = self.simulator.guest_memory;
        let guest = |place: &usize| Guest {
            id: *place as u32 + 1,
            pid: FIRST_PID + *place as u32,
            name: self.stays[*place].guest.clone(),
            hypervisor: "qemu".into(),
            memory_bytes: Some(memory),
            resident_bytes: Some(memory + (61 << 20)),
        };
        out.push(Event::Guests { at, guests: here.iter().map(guest).collect() });
        self.told_guests = Some(here);
    }

    fn tell_streams(
        &mut self,
        at: Duration,
        id_of: &dyn Fn(u32) -> Option<InterfaceId>,
        out: &mut Vec<Event>,
    ) {
        let (mut flows, mut tcp, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        let simulator = &self.simulator;
        for stream in self.streams.iter_mut().filter(|stream| !stream.closed) {
            if stream.flow.during.contains(&at) {
                let index =
                    stream.path(simulator, at).map(|card| simulator.cards[card].port.link.index);
                if index.is_some() && stream.told != index {
                    stream.told = index;
                    flows.push(stream.facts(index.and_then(id_of)));
                }
                tcp.push(stream.state);
            } else if stream.flow.during.end <= at {
                stream.closed = true;
                if stream.told.is_some() {
                    closed.push(stream.state.id);
                }
            }
        }
        if !(tcp.is_empty() && closed.is_empty()) {
            out.push(Event::Sockets { at, flows, tcp, closed });
        }
    }

    fn tell_load(&mut self, at: Duration, out: &mut Vec<Event>) {
        let over = match self.looked {
            Some(looked) if at.saturating_sub(looked) < LOOK => return,
            Some(looked) => at.saturating_sub(looked),
            None => LOOK,
        };
        self.looked = Some(at);
        let mut work = [0.0; CORES as usize];
        for stream in &self.streams {
            let rate = stream.rate(&self.simulator, at);
            work[stream.stay % work.len()] += rate / RATE_OF_A_CORE;
        }
        let permille = |share: f64| (share.clamp(0.0, 1.0) * 1e3) as u16;
        let base = |core: u32| 0.04 + 0.03 * noise(1_000 + core, at);
        let busy = (0..).zip(work).map(|(core, work)| permille(base(core) + work));
        let running = self.stays.iter().filter(|stay| stay.here.contains(&at)).count() as u64;
        out.push(Event::Host(HostLoad {
            at,
            over,
            busy_permille: busy.collect(),
            softirq_permille: work.map(|work| permille(work * 0.3)).into(),
            memory_bytes: Some(256 << 30),
            memory_used_bytes: Some((9 << 30) + running * self.simulator.guest_memory),
            own_cpu: crate::clock::own_cpu(),
            own_rss_bytes: None,
        }));
    }
}

/// Where the stay that ends with this flow stands. A guest that has been away for a while by then has
/// come back in another process, half-way.
fn stay_of(guest: &str, during: &Range<Duration>, stays: &mut Vec<Stay>) -> usize {
    let leaves = during.end.saturating_add(FAREWELL);
    let last = stays.iter().rposition(|stay| stay.guest == guest);
    let mut from = Duration::ZERO;
    if let Some(last) = last {
        let stay = &mut stays[last];
        let left = stay.here.end;
        if during.start < left.saturating_add(AWAY) {
            stay.here.end = left.max(leaves);
            return last;
        }
        from = (left + during.start) / 2;
    }
    stays.push(Stay { guest: guest.to_owned(), here: from..leaves });
    stays.len() - 1
}

impl Stream {
    /// The link that it takes.
    fn path(&self, simulator: &Simulator, at: Duration) -> Option<usize> {
        let works = |path: &&usize| simulator.cards[**path].carries(at);
        self.flow.paths.iter().find(works).copied()
    }

    /// What it carries, in bit/s on the wire.
    fn rate(&self, simulator: &Simulator, at: Duration) -> f64 {
        let during = self.flow.during.contains(&at);
        let Some(card) = self.path(simulator, at).filter(|_| during) else { return 0.0 };
        self.flow.bits_per_s as f64 * simulator.cards[card].given(self.flow.direction)
    }

    /// Moves on from `from` to `until`, between which no rate changes.
    fn carry(&mut self, simulator: &Simulator, from: Duration, until: Duration) {
        let rate = self.rate(simulator, from);
        let Some(card) = self.path(simulator, from).filter(|_| rate > 0.0) else { return };
        let (full, used) = simulator.cards[card].fullness(self.flow.direction);
        let passed = until.saturating_sub(from).as_secs_f64();
        let bytes = (rate * PAYLOAD * passed / 8.0) as u64;
        let state = &mut self.state;
        match self.flow.direction {
            Direction::Tx => state.acked_bytes += bytes,
            Direction::Rx => state.received_bytes += bytes,
        }
        let busy = if full { 1.0 } else { used };
        state.busy_us += (passed * busy * 1e6) as u64;
        state.rtt_us = if full { 4_300 } else { 180 };
        state.unacked = (rate * state.rtt_us as f64 / 8e6 / SEGMENT) as u64;
        state.congestion_window = state.unacked * 7 / 2 + 200;
        state.unsent_bytes = if full { 1_420_000 } else { 0 };
        state.receive_buffer_bytes = 131_072;
    }

    fn facts(&self, interface: Option<InterfaceId>) -> Connection {
        let place = self.state.id as u16 - 1;
        let end = |host, port| SocketAddr::from((Ipv4Addr::new(10, 7, 0, host), port));
        Connection {
            id: self.state.id,
            local: end(7, 40_210 + place * 2),
            remote: end(8, FIRST_PORT + place % PORTS),
            interface,
            pid: Some(FIRST_PID + self.stay as u32),
            process: Some("qemu-system-x86".into()),
            congestion: Some("cubic".into()),
        }
    }
}

impl Companion for SimulatedSurroundings {
    fn follow(
        &mut self,
        at: Duration,
        id_of: &dyn Fn(u32) -> Option<InterfaceId>,
        out: &mut Vec<Event>,
    ) {
        self.advance(at);
        self.tell_guests(at, out);
        self.tell_streams(at, id_of, out);
        self.tell_load(at, out);
    }
}
