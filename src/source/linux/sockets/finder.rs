//! Looks at all connections now and then, and chooses those that matter.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netlink_sys::protocols::{NETLINK_ROUTE, NETLINK_SOCK_DIAG};

use super::super::socket::Connection;
use super::choice::{self, Candidate, Memory};
use super::diag::{self, Answer, Key};
use super::pace::{Pace, Sums};
use super::process::Holder;
use super::{Followed, MOST, PATIENCE, Settings, Table, process, route};
use crate::clock::{self, SessionClock};
use crate::model::{Event, FlowId, beside};
use crate::source::SourceError;
use crate::source::survey::Survey;

/// Routes are asked for anew this often: so soon a failover is seen.
const ROUTES: Duration = Duration::from_secs(3);

/// Where inet_diag is missing it is asked for again this often: each time the kernel runs modprobe.
const ABSENT: Duration = Duration::from_secs(60);

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
    /// Nobody answered; not to be asked again before.
    absent: Option<Duration>,
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
        Ok(Self {
            sockets: Connection::open(NETLINK_SOCK_DIAG).map_err(failed)?,
            routes: Connection::open(NETLINK_ROUTE).map_err(SourceError::OpenNetlink)?,
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
            absent: None,
        }
    }

    fn open(&mut self) -> Result<&mut Kernel, SourceError> {
        match &mut self.kernel {
            Some(kernel) => Ok(kernel),
            none => Ok(none.insert(Kernel::open(self.settings)?)),
        }
    }

    /// Receives the same dump and parses nothing: the yardstick of the benchmark.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn floor(&mut self) -> Result<usize, SourceError> {
        let kernel = self.open()?;
        kernel.sockets.floor(&kernel.dump).map_err(failed)
    }

    /// Looks at all connections, whatever the pace: how many there are, and how many of them moved.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn look_at_all(&mut self, now: Duration) -> Result<(usize, usize), SourceError> {
        self.open()?;
        self.dump(now)?;
        Ok((self.memory.len(), self.candidates.len()))
    }

    fn find(&mut self, now: Duration) -> Result<(), SourceError> {
        let began = clock::thread_cpu();
        let sums = self.open()?.sums();
        let explained = lock(&self.table).segments;
        if self.pace.is_due(now, sums, explained) {
            self.dump(now)?;
            let news = self.take_in(now);
            self.pace.dumped(now, clock::thread_cpu().saturating_sub(began), news);
        }
        self.let_go(now);
        if now.saturating_sub(self.routed) >= ROUTES {
            self.routed = now;
            self.follow_routes();
        }
        Ok(())
    }

    /// Asks for all connections and leaves those that moved most in `candidates`.
    fn dump(&mut self, now: Duration) -> Result<(), SourceError> {
        let kernel = self.kernel.as_mut().expect("opened before");
        let mut look = self.memory.look(now, MOST, &mut self.candidates);
        let loopback = self.settings.loopback;
        let dumped = kernel.sockets.ask(&kernel.dump, true, |kind, payload| {
            if let Some(answer) = Answer::parse(kind, payload)
                && (loopback || !answer.stays_here())
            {
                look.take(&answer);
            }
        });
        look.end();
        dumped.map_err(|source| {
            // The rest of a dump that broke off must not be taken for the next one.
            self.kernel = None;
            failed(source)
        })
    }

    /// Takes in those that matter and are not followed; whether there are any.
    fn take_in(&mut self, now: Duration) -> bool {
        let (mut likely, mut followed) = (Vec::new(), Vec::new());
        for one in &lock(&self.table).followed {
            let found = self.candidates.iter().position(|candidate| candidate.key == one.key);
            let moved = found.map_or(0, |at| self.candidates.remove(at).moved);
            followed.push((one.id, moved));
            likely.extend(one.facts.holder.as_ref().map(|holder| holder.pid));
        }
        let (taken, leaving) = choice::places(&self.candidates, followed, MOST);
        self.candidates.truncate(taken);
        let inodes: Vec<_> = self.candidates.iter().map(|candidate| candidate.inode).collect();
        if inodes.is_empty() {
            return false;
        }
        let mut holders = process::holders(inodes, &likely);
        let candidates = std::mem::take(&mut self.candidates);
        let mut chosen: Vec<_> = candidates
            .iter()
            .map(|candidate| self.resolve(&candidate.key, holders.remove(&candidate.inode), now))
            .collect();
        self.candidates = candidates;
        let mut table = lock(&self.table);
        table.let_go(|one| leaving.contains(&one.id));
        table.followed.append(&mut chosen);
        true
    }

    fn resolve(&mut self, key: &Key, holder: Option<Holder>, now: Duration) -> Followed {
        self.last_id += 1;
        let mut one = Followed::new(self.last_id, *key, now);
        one.facts.holder = holder;
        let Some(kernel) = &mut self.kernel else { return one };
        one.facts.interface = kernel.interface(key);
        // One that is gone by now is the follower's to tell.
        let request = diag::exact_with_congestion(key);
        let _ = kernel.sockets.ask(&request, false, |kind, payload| {
            if let Some(answer) = Answer::parse(kind, payload) {
                one.facts.congestion = answer.congestion();
                one.update(&answer, now);
            }
        });
        one
    }

    /// Those that have not moved for a while are not followed any more.
    fn let_go(&self, now: Duration) {
        lock(&self.table).let_go(|one| now.saturating_sub(one.active) > PATIENCE);
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
        let now = clock.now();
        if self.absent.is_some_and(|until| now < until) {
            return Err(SourceError::NoInetDiag);
        }
        let found = self.find(now);
        let absent = matches!(found, Err(SourceError::NoInetDiag));
        self.absent = absent.then_some(now + ABSENT);
        found
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
