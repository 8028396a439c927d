//! Connections folded from rows written by hand.

use std::time::Duration;

use super::*;
use crate::model::{Direction, Event, Interface, Kind};
use crate::session::tests::{Rig, TICK, interface};
use crate::session::{Session, Subject};

/// A connection from here to port `remote` of another host.
pub(in crate::session) fn flow(id: FlowId, interface: u32, remote: u16) -> Flow {
    Flow {
        id,
        local: format!("10.0.0.1:{}", 40_000 + id).parse().expect("an address"),
        remote: format!("10.0.0.2:{remote}").parse().expect("an address"),
        interface: Some(interface),
        pid: Some(100 + id),
        process: Some("qemu-system-x86".into()),
        congestion: Some("cubic".into()),
    }
}

/// Tells of connections beside a rig's samples: each with what half a second adds to its numbers.
#[derive(Default)]
pub(in crate::session) struct Told {
    rows: Vec<TcpState>,
}

impl Told {
    pub fn of(rig: &mut Rig, flows: Vec<Flow>) -> Self {
        let rows = flows.iter().map(|flow| TcpState { id: flow.id, ..TcpState::default() });
        let told = Self { rows: rows.collect() };
        let (at, tcp) = (rig.at(), told.rows.clone());
        rig.session.apply(Event::Sockets { at, flows, tcp, closed: Vec::new() });
        told
    }

    /// Half a second in which interfaces sent these bytes a tick, and connections did this.
    pub fn half(&mut self, rig: &mut Rig, sent: &[(u32, u64)], adds: &[TcpState]) {
        self.half_of(rig, Direction::Tx, sent, adds);
    }

    /// The same of what was received.
    pub fn half_received(&mut self, rig: &mut Rig, got: &[(u32, u64)], adds: &[TcpState]) {
        self.half_of(rig, Direction::Rx, got, adds);
    }

    fn half_of(
        &mut self,
        rig: &mut Rig,
        direction: Direction,
        bytes: &[(u32, u64)],
        adds: &[TcpState],
    ) {
        (0..5).for_each(|_| rig.tick_of(direction, bytes));
        for (row, add) in self.rows.iter_mut().zip(adds) {
            row.acked_bytes += add.acked_bytes;
            row.received_bytes += add.received_bytes;
            row.retransmitted += add.retransmitted;
            row.busy_us += add.busy_us;
            row.window_limited_us += add.window_limited_us;
            *row = TcpState {
                unacked: add.unacked,
                congestion_window: add.congestion_window,
                unsent_bytes: add.unsent_bytes,
                receive_memory_bytes: add.receive_memory_bytes,
                receive_buffer_bytes: add.receive_buffer_bytes,
                ..*row
            };
        }
        self.again(rig, Vec::new());
    }

    fn again(&self, rig: &mut Rig, closed: Vec<FlowId>) {
        let (at, tcp) = (rig.at(), self.rows.clone());
        rig.session.apply(Event::Sockets { at, flows: Vec::new(), tcp, closed });
    }
}

/// What half a second adds to a connection that always has something to send, at `bytes`.
pub(in crate::session) fn sends(bytes: u64) -> TcpState {
    TcpState {
        acked_bytes: bytes,
        busy_us: 500_000,
        unacked: 30,
        congestion_window: 100,
        unsent_bytes: 1_000_000,
        ..TcpState::default()
    }
}

pub(in crate::session) fn one_link() -> Rig {
    let tap = Interface { master: Some(3), ..interface(2, "tap0", Kind::Tun) };
    let uplink = Interface { master: Some(3), ..interface(1, "eth0", Kind::Ethernet) };
    Rig::new((vec![uplink, tap, interface(3, "br0", Kind::Bridge)], Vec::new()))
}

fn now(session: &Session) -> Duration {
    session.at()
}

#[test]
fn a_connection_has_a_rate_from_its_second_reading_on_and_none_where_it_starts_over() {
    let mut rig = one_link();
    let mut told = Told::of(&mut rig, vec![flow(1, 3, 6_600)]);
    assert_eq!(rig.session.flow(1).and_then(FlowState::pace), None);
    told.half(&mut rig, &[], &[sends(1_000_000)]);
    told.half(&mut rig, &[], &[TcpState { busy_us: 300_000, ..sends(3_000_000) }]);
    let state = rig.session.flow(1).expect("told");
    let pace = state.pace().expect("a second");
    assert!((pace.rates.tx - 32e6).abs() < 1.0 && (pace.busy - 0.8).abs() < 1e-9, "{pace:?}");
    assert_eq!((state.total.tx, pace.over), (4_000_000, Duration::from_secs(1)));
    let mut columns = [None; 2];
    state.columns(Direction::Tx, 0, &mut columns);
    assert_eq!(columns, [None, Some(32e6)]);
    told.rows[0].acked_bytes = 5;
    told.rows[0].busy_us = 5;
    told.half(&mut rig, &[], &[]);
    let state = rig.session.flow(1).expect("told");
    assert_eq!((state.pace(), state.total.tx), (None, 4_000_000), "it is another one");
    told.half(&mut rig, &[], &[sends(1_000)]);
    assert_eq!(rig.session.flow(1).map(|flow| flow.total.tx), Some(4_001_000));
}

#[test]
fn those_that_are_gone_stay_in_sight_for_some_seconds_and_are_then_forgotten() {
    let mut rig = one_link();
    let told = Told::of(&mut rig, (1..=200).map(|id| flow(id, 1, 6_600)).collect());
    rig.run(5, &[]);
    told.again(&mut rig, (1..=100).collect());
    let gone = |session: &Session| session.flows().iter().filter(|f| f.closed.is_some()).count();
    assert_eq!((gone(&rig.session), rig.session.flows().len()), (64, 164));
    assert_eq!(rig.session.flows()[0].facts.id, 37, "the oldest are forgotten first");
    rig.run(99, &[]);
    told.again(&mut rig, Vec::new());
    assert_eq!(gone(&rig.session), 64);
    rig.run(1, &[]);
    told.again(&mut rig, Vec::new());
    assert_eq!((gone(&rig.session), rig.session.flows().len()), (0, 100));
    assert_eq!(now(&rig.session), TICK * 105);
}

#[test]
fn what_connections_explain_of_a_link_is_by_full_frames_and_never_more_than_all() {
    let mut rig = one_link();
    // Guests' own traffic leaves beside the host's connection, which goes by the bridge.
    let mut told = Told::of(&mut rig, vec![flow(1, 3, 6_600), flow(2, 3, 22), flow(3, 2, 22)]);
    let frames = 1_514.0 / 1_448.0;
    let adds = [sends(1_448_000), sends(1_448_000), sends(1_448_000)];
    for _ in 0..4 {
        told.half(&mut rig, &[(1, 4 * 302_800)], &adds);
    }
    let link = Subject::Interface(1);
    let explained = rig.session.explained(&link, Direction::Tx).expect("traffic");
    assert_eq!((explained.streams, explained.labelled_streams), (2, 1));
    assert!((explained.share - 0.5).abs() < 1e-6, "{explained:?} {frames}");
    assert!((explained.labelled - 0.25).abs() < 1e-6, "{explained:?}");
    assert_eq!(rig.session.explained(&link, Direction::Rx), None);
    for _ in 0..4 {
        told.half(&mut rig, &[(1, 302_800)], &adds);
    }
    let explained = rig.session.explained(&link, Direction::Tx).expect("traffic");
    assert!((explained.share - 1.0).abs() < 1e-12, "{explained:?}");
}

#[test]
fn a_list_is_sorted_filtered_and_grouped() {
    let mut rig = one_link();
    let mut told = Told::of(&mut rig, vec![flow(1, 3, 6_600), flow(2, 1, 445), flow(3, 3, 22)]);
    for _ in 0..2 {
        let adds = [sends(10), TcpState { retransmitted: 1, ..sends(30) }, sends(20)];
        told.half(&mut rig, &[], &adds);
    }
    let guest = crate::model::Guest {
        id: 1,
        pid: 102,
        name: "db-7".into(),
        hypervisor: "QEMU".into(),
        memory_bytes: None,
        resident_bytes: None,
    };
    rig.session.apply(Event::Guests { at: rig.at(), guests: vec![guest] });
    let mut out = Vec::new();
    let mut list = |listing: FlowListing| {
        rig.session.list_flows(&listing, &mut out);
        out.clone()
    };
    assert_eq!(list(FlowListing::default()), [2, 3, 1]);
    assert_eq!(list(FlowListing { order: FlowOrder::Retransmissions, ..Default::default() })[0], 2);
    assert_eq!(list(FlowListing { order: FlowOrder::Name, ..Default::default() }), [3, 2, 1]);
    assert_eq!(list(FlowListing { by_interface: true, ..Default::default() }), [2, 3, 1]);
    assert_eq!(list(FlowListing { filter: "Hyper-V".into(), ..Default::default() }), [2, 1]);
    assert_eq!(list(FlowListing { filter: "db-7".into(), ..Default::default() }), [2]);
    assert_eq!(list(FlowListing { filter: "br0".into(), ..Default::default() }), [3, 1]);
    assert_eq!(list(FlowListing { filter: "10.0.0.2:22".into(), ..Default::default() }), [3]);
    assert_eq!(rig.session.streams_over(3), 2);
}
