//! Reads the followed connections, right behind the counters.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use super::super::socket::Connection;
use super::diag::{self, Answer};
use super::{Followed, Table};
use crate::model::{Event, Flow, InterfaceId};
use crate::source::survey::Companion;

/// SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY of `linux/sock_diag.h`.
const ENDS: [u32; 2] = [1, 3];

/// The follower's half.
pub struct Follower {
    table: Arc<Mutex<Table>>,
    /// Opened when there is something to ask.
    sockets: Option<Sockets>,
    requests: Vec<u8>,
}

/// What is asked, and what tells of connections that ended.
struct Sockets {
    exact: Connection,
    ends: Option<Connection>,
}

impl Sockets {
    fn open() -> Option<Self> {
        Some(Self { exact: Connection::open(NETLINK_SOCK_DIAG).ok()?, ends: listen() })
    }
}

/// The kernel hands over the last tcp_info of every connection that ends (Linux 4.3): without it,
/// what a connection moved behind its last reading would be lost.
fn listen() -> Option<Connection> {
    /// The end of some hundred connections may wait.
    const BUFFER: usize = 256 * 1024;
    let mut ends = Connection::open(NETLINK_SOCK_DIAG).ok()?;
    ENDS.iter().all(|group| ends.subscribe(*group, BUFFER).is_ok()).then_some(ends)
}

impl Follower {
    pub(super) fn new(table: Arc<Mutex<Table>>) -> Self {
        Self { table, sockets: None, requests: Vec::new() }
    }
}

impl Companion for Follower {
    fn follow(
        &mut self,
        at: Duration,
        id_of: &dyn Fn(u32) -> Option<InterfaceId>,
        out: &mut Vec<Event>,
    ) {
        let mut table = match self.table.try_lock() {
            Ok(table) => table,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // The finder is putting something in; half a second later will do.
            Err(TryLockError::WouldBlock) => return,
        };
        if table.followed.is_empty() && table.dropped.is_empty() {
            return;
        }
        if self.sockets.is_none() {
            self.sockets = Sockets::open();
        }
        if let Some(sockets) = &mut self.sockets
            && read(sockets, &mut self.requests, at, &mut table).is_err()
        {
            // A lost answer is not an end; what is late must not be taken for the next one's.
            for one in &mut table.followed {
                one.unanswered = 0;
            }
            self.sockets = None;
        }
        out.extend(tell(&mut table, at, id_of));
    }
}

/// Reads every followed connection.
fn read(
    sockets: &mut Sockets,
    requests: &mut Vec<u8>,
    at: Duration,
    table: &mut Table,
) -> std::io::Result<()> {
    let Table { followed, segments, .. } = table;
    if let Some(ends) = &mut sockets.ends {
        let drained = drain(ends, |answer| {
            if let Some(one) = find(followed, &answer) {
                *segments += one.update(&answer, at);
                one.over = true;
            }
        });
        // So many end that they overrun the buffer: such a host is spared the work.
        if drained.is_err() {
            sockets.ends = None;
        }
    }
    requests.clear();
    let mut asked = 0;
    for one in followed.iter_mut().filter(|one| !one.over) {
        one.unanswered += 1;
        asked += 1;
        diag::push_exact(requests, &one.key);
    }
    if asked == 0 {
        return Ok(());
    }
    sockets.exact.ask_many(requests, asked, |kind, payload| {
        let Some(answer) = Answer::parse(kind, payload) else { return };
        if let Some(one) = find(followed, &answer) {
            *segments += one.update(&answer, at);
            one.unanswered = 0;
        }
    })?;
    // What a connection came to may be told a moment after it has gone.
    let enough = if sockets.ends.is_some() { 2 } else { 1 };
    for one in followed {
        one.over |= one.unanswered >= enough;
    }
    Ok(())
}

fn find<'a>(followed: &'a mut [Followed], answer: &Answer<'_>) -> Option<&'a mut Followed> {
    let cookie = answer.cookie();
    followed.iter_mut().find(|one| one.key.cookie() == cookie)
}

/// Gives what has come to `each`.
fn drain(ends: &mut Connection, mut each: impl FnMut(Answer<'_>)) -> std::io::Result<()> {
    while ends.listen(false, |kind, payload| {
        if let Some(answer) = Answer::parse(kind, payload) {
            each(answer);
        }
    })? {}
    Ok(())
}

/// What there is to tell; what is over is taken out.
fn tell(
    table: &mut Table,
    at: Duration,
    id_of: &dyn Fn(u32) -> Option<InterfaceId>,
) -> Option<Event> {
    let Table { followed, dropped, .. } = table;
    let mut flows = Vec::new();
    let mut tcp = Vec::with_capacity(followed.len());
    let mut closed = std::mem::take(dropped);
    for one in followed.iter_mut() {
        let interface = one.facts.interface.and_then(id_of);
        if !one.told || one.interface != interface {
            (one.told, one.interface) = (true, interface);
            flows.push(flow(one, interface));
        }
        if one.fresh || one.unanswered == 0 && !one.over {
            one.fresh = false;
            tcp.push(one.state);
        }
    }
    closed.extend(followed.iter().filter(|one| one.over).map(|one| one.id));
    followed.retain(|one| !one.over);
    let anything = !(flows.is_empty() && tcp.is_empty() && closed.is_empty());
    anything.then_some(Event::Sockets { at, flows, tcp, closed })
}

fn flow(one: &Followed, interface: Option<InterfaceId>) -> Flow {
    let holder = one.facts.holder.as_ref();
    Flow {
        id: one.id,
        local: one.key.local(),
        remote: one.key.remote(),
        interface,
        pid: holder.map(|holder| holder.pid),
        process: holder.and_then(|holder| holder.name.clone()),
        congestion: one.facts.congestion.clone(),
    }
}
