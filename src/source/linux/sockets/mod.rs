//! TCP connections that carry traffic, by inet_diag over netlink: no capture, no rights of root.
//!
//! ```text
//! finder     surveyor's thread, about once a second: which connections matter? A dump of all where
//!            there may be others than before; for those chosen: process, interface, congestion control
//! follower   sampler's thread, every half a second: exact requests for the chosen, 2-3 us each
//! ```
//!
//! They share [`Table`], behind a lock that neither holds while the other would notice. The finder
//! puts connections in and says which may go; the follower tells them, and takes out what has ended.
//!
//! Rights (`net/ipv4/inet_diag.c`): tcp_info, queues and the socket's inode are given to everyone,
//! for all sockets of the network namespace; only marks and control groups need CAP_NET_ADMIN, and
//! neither is asked for. The process is found through /proc/PID/fd: of others' processes only with
//! CAP_SYS_PTRACE and, of other users', CAP_DAC_READ_SEARCH; so an unprivileged user sees all
//! connections, and the names of their own processes.

mod choice;
mod diag;
mod finder;
mod follower;
mod pace;
mod process;
mod route;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::diag::Key;
pub use self::finder::Finder;
pub use self::follower::Follower;
use crate::model::{FlowId, InterfaceId, TcpState};

/// Followed at most at a time.
const MOST: usize = 64;
/// Followed on when nothing has moved, for this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Connections to loopback addresses as well.
    pub loopback: bool,
}

/// The two halves; neither asks anything before it is asked.
pub fn open(settings: Settings) -> (Finder, Follower) {
    let table = Arc::new(Mutex::new(Table::default()));
    (Finder::new(settings, Arc::clone(&table)), Follower::new(table))
}

/// What the two halves share.
#[derive(Debug, Default)]
struct Table {
    followed: Vec<Followed>,
    /// Told and not followed any more.
    dropped: Vec<FlowId>,
    /// Segments that followed connections have moved since the beginning.
    segments: u64,
}

impl Table {
    /// Those that `goes` says are not followed any more; what is over is the follower's to tell.
    fn let_go(&mut self, goes: impl Fn(&Followed) -> bool) {
        let Self { followed, dropped, .. } = self;
        followed.retain(|one| {
            let goes = goes(one) && !one.over;
            if goes && one.told {
                dropped.push(one.id);
            }
            !goes
        });
    }
}

/// One connection.
#[derive(Debug)]
struct Followed {
    id: FlowId,
    key: Key,
    /// What is known besides its counters.
    facts: Facts,
    /// Its facts were told, with this interface.
    told: bool,
    interface: Option<InterfaceId>,
    /// As it was when it was seen last.
    state: TcpState,
    segments: [u32; 2],
    /// `state` is newer than what was told.
    fresh: bool,
    /// When it last moved, or wanted to.
    active: Duration,
    /// How often in a row it has not answered.
    unanswered: u8,
    /// It has ended.
    over: bool,
}

/// What is resolved when a connection is chosen, and again every few seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Facts {
    holder: Option<process::Holder>,
    /// Index of the interface.
    interface: Option<u32>,
    congestion: Option<String>,
}

impl Followed {
    /// One that was chosen at `now`.
    fn new(id: FlowId, key: Key, now: Duration) -> Self {
        Self {
            id,
            key,
            facts: Facts::default(),
            told: false,
            interface: None,
            state: TcpState { id, ..TcpState::default() },
            segments: [0; 2],
            fresh: false,
            active: now,
            unanswered: 0,
            over: false,
        }
    }

    /// Takes a newer state; the segments that were moved since the one before.
    fn update(&mut self, answer: &diag::Answer<'_>, at: Duration) -> u64 {
        /// Less is not movement: keep-alives, a line typed.
        const LEAST: u64 = 1024;
        let mut state = TcpState { id: self.id, ..answer.state() };
        if !answer.has_memory() {
            state.receive_memory_bytes = self.state.receive_memory_bytes;
            state.receive_buffer_bytes = self.state.receive_buffer_bytes;
        }
        let bytes = |of: &TcpState| of.acked_bytes.wrapping_add(of.received_bytes);
        let moved = bytes(&state).saturating_sub(bytes(&self.state));
        if moved >= LEAST || answer.is_busy() {
            self.active = at;
        }
        let segments = answer.segments();
        let passed = std::iter::zip(segments, self.segments)
            .map(|(now, before)| u64::from(now.wrapping_sub(before)))
            .sum();
        self.fresh |= state != self.state;
        (self.state, self.segments) = (state, segments);
        passed
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::clock::SessionClock;
    use crate::model::{Event, Flow};
    use crate::source::survey::{Companion, Survey};

    /// Two ends of a connection over loopback.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        (here, listener.accept().expect("accepted").0)
    }

    /// Moves so many octets, a part at a time.
    fn pass(from: &mut TcpStream, to: &mut TcpStream, octets: usize) {
        let (part, mut read) = ([7; 8_192], [0; 8_192]);
        for _ in 0..octets / part.len() {
            from.write_all(&part).expect("there is room");
            to.read_exact(&mut read).expect("it arrives");
        }
    }

    struct Told(Vec<Event>);

    impl Told {
        fn flow(&self, local: &TcpStream) -> Option<&Flow> {
            let local = local.local_addr().ok();
            let told = self.0.iter().flat_map(|event| match event {
                Event::Sockets { flows, .. } => &flows[..],
                _ => &[],
            });
            told.into_iter().find(|flow| Some(flow.local) == local)
        }

        /// Of the last event that has a row of it, and whether it was told closed by then.
        fn last(&self, id: FlowId) -> Option<(TcpState, bool)> {
            self.0.iter().rev().find_map(|event| {
                let Event::Sockets { tcp, closed, .. } = event else { return None };
                let row = tcp.iter().find(|row| row.id == id)?;
                Some((*row, closed.contains(&id)))
            })
        }
    }

    #[test]
    fn a_connection_is_told_with_its_process_and_to_its_last_octet() {
        const FIRST: usize = 512 * 1024;
        let (clock, mut told) = (SessionClock::start(), Told(Vec::new()));
        let (mut finder, mut follower) = open(Settings { loopback: true });
        let id_of = |index| Some(index + 100);
        let (mut here, mut there) = connection();
        pass(&mut here, &mut there, FIRST);
        finder.look(&clock, &mut told.0).expect("inet_diag answers");
        follower.follow(clock.now(), &id_of, &mut told.0);
        let flow = told.flow(&here).expect("it matters").clone();
        assert_eq!(flow.pid, Some(std::process::id()));
        assert!(flow.process.is_some() && flow.congestion.is_some(), "{flow:?}");
        assert_eq!(flow.remote, here.peer_addr().expect("connected"));
        assert_eq!(flow.interface, Some(101), "loopback is the first link of a namespace");
        let (row, closed) = told.last(flow.id).expect("a row");
        assert!(!closed && row.acked_bytes >= FIRST as u64, "{row:?}");

        pass(&mut here, &mut there, FIRST);
        // Who closes second leaves nothing behind.
        drop(here);
        drop(there);
        for _ in 0..200 {
            follower.follow(clock.now(), &id_of, &mut told.0);
            if told.last(flow.id).is_some_and(|(_, closed)| closed) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let (row, closed) = told.last(flow.id).expect("a row");
        assert!(closed, "{row:?}");
        // The kernel counts the one octet of SYN as well (tcp_rcv_synsent_state_process).
        assert!((2 * FIRST as u64..=2 * FIRST as u64 + 2).contains(&row.acked_bytes), "{row:?}");
    }

    #[test]
    fn one_at_rest_is_not_followed() {
        let (clock, mut told) = (SessionClock::start(), Told(Vec::new()));
        let (mut finder, mut follower) = open(Settings { loopback: true });
        let (here, _there) = connection();
        finder.look(&clock, &mut told.0).expect("inet_diag answers");
        follower.follow(clock.now(), &|_| None, &mut told.0);
        assert_eq!(told.flow(&here), None);
    }

    #[test]
    fn connections_to_this_machine_are_left_out_unless_they_are_wanted() {
        let (clock, mut told) = (SessionClock::start(), Told(Vec::new()));
        let (mut finder, mut follower) = open(Settings::default());
        let (mut here, mut there) = connection();
        pass(&mut here, &mut there, 128 * 1024);
        finder.look(&clock, &mut told.0).expect("the kernel takes the filter");
        follower.follow(clock.now(), &|_| None, &mut told.0);
        assert_eq!(told.flow(&here), None);
    }
}
