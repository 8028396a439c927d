//! Looks at all connections now and then, and chooses those that matter.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netlink_sys::protocols::{NETLINK_ROUTE, NETLINK_SOCK_DIAG};

use super::super::socket::Connection;
use super::choice::{Candidate, Memory};
use super::diag::{self, Answer, Key};
use super::pace::{Pace, Sums};
use super::{Facts, Followed, MOST, PATIENCE, Settings, Table, process, route};
use crate::clock::{self, SessionClock};
use crate::model::{Event, FlowId, TcpState, beside};
use crate::source::SourceError;
use crate::source::survey::Survey;

/// Routes are asked for anew this often: so soon a failover is seen.
const ROUTES: Duration = Duration::from_secs(3);

/// The finder's half.
pub struct Finder {
    settings: Settings,
    table: Arc<Mutex<Table>>,
    kernel: Option<Kernel>,
    memory: Memory,
    pace: Pace,
    candidates: Vec<Candidate>,
    last_id: FlowId,
    routed: Duration,
}

/// What is asked.
struct Kernel {
    sockets: Connection,
    routes: Connection,
    dump: Vec<u8>,
    sums: Option<File>,
}

impl Kernel {
    fn open(settings: Settings) -> Result<Self, SourceError> {
        let open = |protocol| Connection::open(protocol).map_err(SourceError::OpenNetlink);
        Ok(Self {
            sockets: open(NETLINK_SOCK_DIAG)?,
            routes: open(NETLINK_ROUTE)?,
            dump: diag::dump(settings.loopback),
            sums: File::open("/proc/net/snmp").ok(),
        })
    }

    fn sums(&self) -> Option<Sums> {
        let mut buffer = [0; 4096];
        let length = self.sums.as_ref()?.read_at(&mut buffer, 0).ok()?;
        Sums::parse(std::str::from_utf8(&buffer[..length]).ok()?)
    }

    fn interface(&mut self, key: &Key) -> Option<u32> {
        route::interface(&mut self.routes, key.local(), key.remote(), key.bound_device())
    }
}

impl Finder {
    pub(super) fn new(settings: Settings, table: Arc<Mutex<Table>>) -> Self {
        Self {
            settings,
            table,
            kernel: None,
            memory: Memory::default(),
            pace: Pace::default(),
            candidates: Vec::new(),
            last_id: 0,
            routed: Duration::ZERO,
        }
    }

    fn find(&mut self, now: Duration) -> Result<(), SourceError> {
        let began = clock::thread_cpu();
        let kernel = match &mut self.kernel {
            Some(kernel) => kernel,
            none => none.insert(Kernel::open(self.settings)?),
        };
        let sums = kernel.sums();
        let explained = lock(&self.table).segments;
        if self.pace.is_due(now, sums, explained) {
            let news = self.choose(now)?;
            self.pace.dumped(now, clock::thread_cpu().saturating_sub(began), news);
        }
        self.let_go(now);
        if now.saturating_sub(self.routed) >= ROUTES {
            self.routed = now;
            self.follow_routes();
        }
        Ok(())
    }

    /// Dumps all, and takes in those that matter; whether there are any that were not followed.
    fn choose(&mut self, now: Duration) -> Result<bool, SourceError> {
        let kernel = self.kernel.as_mut().expect("just opened");
        let mut look = self.memory.look(now, MOST, &mut self.candidates);
        let loopback = self.settings.loopback;
        let table = &self.table;
        let dumped = kernel.sockets.ask(&kernel.dump, true, |kind, payload| {
            if let Some(answer) = Answer::parse(kind, payload)
                && (loopback || !answer.stays_here())
            {
                look.take(&answer);
            }
        });
        look.end();
        if let Err(source) = dumped {
            self.kernel = None;
            return Err(failed(source));
        }
        let (mut likely, mut room) = (Vec::new(), MOST);
        {
            let table = lock(table);
            for one in &table.followed {
                room = room.saturating_sub(1);
                self.candidates.retain(|candidate| candidate.key != one.key);
                likely.extend(one.facts.holder.as_ref().map(|holder| holder.pid));
            }
        }
        self.candidates.truncate(room);
        if self.candidates.is_empty() {
            return Ok(false);
        }
        let inodes = self.candidates.iter().map(|candidate| candidate.inode).collect();
        let mut holders = process::holders(inodes, &likely);
        let mut chosen = Vec::with_capacity(self.candidates.len());
        for candidate in &self.candidates {
            let request = diag::exact_with_congestion(&candidate.key);
            self.last_id += 1;
            let mut one = Followed {
                id: self.last_id,
                key: candidate.key,
                facts: Facts {
                    holder: holders.remove(&candidate.inode),
                    interface: kernel.interface(&candidate.key),
                    congestion: None,
                },
                told: None,
                state: TcpState { id: self.last_id, ..TcpState::default() },
                segments: [0; 2],
                fresh: false,
                active: now,
                unanswered: 0,
                over: false,
            };
            let _ = kernel.sockets.ask(&request, false, |kind, payload| {
                if let Some(answer) = Answer::parse(kind, payload) {
                    one.facts.congestion = answer.congestion();
                    one.update(&answer, now);
                }
            });
            chosen.push(one);
        }
        lock(table).followed.append(&mut chosen);
        Ok(true)
    }

    /// Those that have not moved for a while are not followed any more.
    fn let_go(&self, now: Duration) {
        let Table { followed, dropped, .. } = &mut *lock(&self.table);
        followed.retain(|one| {
            let goes = now.saturating_sub(one.active) > PATIENCE && !one.over;
            if goes && one.told.is_some() {
                dropped.push(one.id);
            }
            !goes
        });
    }

    /// Asks for the routes of those that are followed anew.
    fn follow_routes(&mut self) {
        let Some(kernel) = &mut self.kernel else { return };
        let keys: Vec<Key> = lock(&self.table).followed.iter().map(|one| one.key).collect();
        for key in keys {
            let interface = kernel.interface(&key);
            if let Some(one) = lock(&self.table).followed.iter_mut().find(|one| one.key == key) {
                one.facts.interface = interface.or(one.facts.interface);
            }
        }
    }
}

impl Survey for Finder {
    fn name(&self) -> &'static str {
        beside::SOCKETS
    }

    fn look(&mut self, clock: &SessionClock, _: &mut Vec<Event>) -> Result<(), SourceError> {
        self.find(clock.now())
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(source: io::Error) -> SourceError {
    match source.raw_os_error() {
        Some(libc::ENOENT | libc::EOPNOTSUPP | libc::EPROTONOSUPPORT) => SourceError::NoInetDiag,
        _ => SourceError::Netlink { what: "TCP connections", source },
    }
}
