//! Packets on demand: who an interface's traffic is between, where no socket of this host tells it.
//!
//! A capture is a thread of its own that sleeps until the kernel has gathered many packets, and tells
//! once a second what it saw. It labels traffic and never measures it: what share of the counters'
//! bytes was seen is for the session to say. [`frame`] reads a packet's head, [`table`] adds up;
//! Linux's ring is in `ring`, the way of other systems in `channel`.

pub mod frame;
pub mod table;

#[cfg(not(target_os = "linux"))]
mod channel;
#[cfg(target_os = "linux")]
pub mod rights;
#[cfg(not(target_os = "linux"))]
#[path = "rights_elsewhere.rs"]
pub mod rights;
#[cfg(target_os = "linux")]
pub mod ring;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, UNIX_EPOCH};

#[cfg(not(target_os = "linux"))]
use channel::{Channel as Tap, RETIRE};
#[cfg(target_os = "linux")]
use ring::{RETIRE, Ring as Tap};

use super::error_chain;
use crate::clock::{self, SessionClock};
use crate::model::{Captured, Event, InterfaceId, beside, printable};
use table::Table;

/// How often a capture tells.
const SECOND: Duration = Duration::from_secs(1);
/// Seconds that are kept for a sampler that does not take them.
const KEPT: usize = 60;
/// What a second is called until it is known which interface the index stands for.
const UNNAMED: InterfaceId = 0;

/// The interface that packets are captured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
}

/// Why packets cannot be captured.
#[derive(Debug, thiserror::Error)]
pub enum PacketsError {
    /// Not allowed.
    #[error(
        "packets of `{interface}` cannot be captured without CAP_NET_RAW; this grants it: \
         sudo setcap cap_net_raw+ep {program} (root has it)"
    )]
    NoRight {
        /// Where.
        interface: String,
        /// The running program's file.
        program: String,
    },
    /// No interface of that name.
    #[error("there is no interface `{name}` for --packets; there are: {existing}")]
    NoInterface {
        /// The name.
        name: String,
        /// What there is.
        existing: String,
    },
    /// The interface went while it was captured.
    #[error("`{interface}` is gone; the capture has ended")]
    Gone {
        /// Which.
        interface: String,
    },
    /// The system does not.
    #[error("packets of `{interface}` cannot be captured")]
    Capture {
        /// Where.
        interface: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The thread could not be started.
    #[error("cannot start the capture's thread")]
    Thread(#[source] io::Error),
}

impl PacketsError {
    /// The user named what is not there.
    pub fn is_choice(&self) -> bool {
        matches!(self, Self::NoInterface { .. })
    }

    /// What an attempt to capture on `target` came to.
    fn capture(target: &Target, source: io::Error) -> Self {
        let interface = printable(&target.name).into_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => {
                let program = std::env::current_exe().unwrap_or_else(|_| "migtop".into());
                Self::NoRight { interface, program: quoted(&program.to_string_lossy()) }
            }
            _ => Self::Capture { interface, source },
        }
    }
}

/// A path as a shell takes it.
pub fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(plain) { path.into() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// The interface of this name, as `--packets` gives it.
///
/// # Errors
/// When there is none; the error says what there is.
pub fn target(name: &str) -> Result<Target, PacketsError> {
    let interfaces = pnet::datalink::interfaces();
    let found = interfaces.iter().find(|interface| interface.name == name);
    found.map(|found| Target { index: found.index, name: name.into() }).ok_or_else(|| {
        let names: Vec<_> = interfaces.iter().map(|i| i.name.as_str()).collect();
        let existing = printable(&names.join(", ")).into_owned();
        PacketsError::NoInterface { name: printable(name).into_owned(), existing }
    })
}

/// A capture that runs, or has failed; dropping it ends it within a second.
#[derive(Debug)]
pub struct Capture {
    target: Target,
    /// The session's name of the interface, once it has one.
    id: Option<InterfaceId>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Vec<Event>>,
    ended: AtomicBool,
}

impl Capture {
    /// Starts a capture; whether that worked is told with what it sees.
    pub fn start(target: Target, clock: SessionClock) -> Self {
        Self::begin(target, clock, None)
    }

    /// Starts a capture and waits until it runs.
    ///
    /// # Errors
    /// When it may not, or cannot.
    pub fn open(target: Target, clock: SessionClock) -> Result<Self, PacketsError> {
        let (open, opened) = mpsc::sync_channel(1);
        let capture = Self::begin(target, clock, Some(open));
        // Its thread answers at once, or has ended.
        opened.recv().unwrap_or(Ok(()))?;
        Ok(capture)
    }

    /// Whether it could be opened goes to `open`, where somebody waits for that.
    fn begin(
        target: Target,
        clock: SessionClock,
        open: Option<mpsc::SyncSender<Result<(), PacketsError>>>,
    ) -> Self {
        let capture = Self { target: target.clone(), id: None, shared: Arc::default() };
        let shared = Arc::clone(&capture.shared);
        let listen = move || {
            let captured = match (open_tap(&target), open) {
                (Ok(tap), open) => {
                    open.map(|open| open.send(Ok(())));
                    Listener::new(tap, clock, &shared).listen(&target)
                }
                (Err(error), None) => Err(error),
                // Whoever waits for it tells it.
                (Err(error), Some(open)) => open.send(Err(error)).or(Ok(())),
            };
            shared.end(clock, captured);
        };
        let thread = std::thread::Builder::new().name("packets".into());
        if let Err(error) = thread.spawn(listen) {
            capture.shared.end(clock, Err(PacketsError::Thread(error)));
        }
        capture
    }

    /// Where it captures.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        !self.shared.ended.load(Ordering::Relaxed)
    }

    /// Moves what was seen since the last time to `out`; `id_of` is the session's name of an
    /// interface index.
    pub fn take(&mut self, id_of: impl Fn(u32) -> Option<InterfaceId>, out: &mut Vec<Event>) {
        // By the index as long as it is this instance's: another may have it later.
        self.id = self.id.or_else(|| id_of(self.target.index));
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        out.extend(seen.drain(..).filter_map(|event| match event {
            Event::Packets(captured) => {
                Some(Event::Packets(Captured { interface: self.id?, ..captured }))
            }
            other => Some(other),
        }));
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn end(&self, clock: SessionClock, captured: Result<(), PacketsError>) {
        if let Err(error) = captured {
            let (at, source) = (clock.now(), beside::PACKETS.to_owned());
            self.tell(Event::SourceFailed { at, source, why: error_chain(&error) });
        }
        self.ended.store(true, Ordering::Relaxed);
    }

    fn tell(&self, event: Event) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < KEPT {
            seen.push(event);
        }
    }
}

fn open_tap(target: &Target) -> Result<Tap, PacketsError> {
    let opened = rights::raised(|| Tap::open(target.index));
    opened.map_err(|error| PacketsError::capture(target, error))
}

/// The capture's thread.
struct Listener<'a> {
    tap: Tap,
    clock: SessionClock,
    shared: &'a Shared,
    table: Table,
    /// Where the second begins that is being counted.
    from: Duration,
    /// Packets that found no room in it.
    lost: u64,
}

impl<'a> Listener<'a> {
    fn new(tap: Tap, clock: SessionClock, shared: &'a Shared) -> Self {
        Self { tap, clock, shared, table: Table::new(table::MOST), from: clock.now(), lost: 0 }
    }

    fn listen(&mut self, target: &Target) -> Result<(), PacketsError> {
        // A packet of a second may be handed over so long after its end.
        const LATE: Duration = RETIRE.saturating_mul(2);
        while !self.shared.ended.load(Ordering::Relaxed) {
            let due = self.from + SECOND + LATE;
            let failed = |error| PacketsError::capture(target, error);
            self.tap.wait(due.saturating_sub(self.clock.now())).map_err(failed)?;
            // One that cannot keep up ends when it is told to, too.
            while self.take() && !self.shared.ended.load(Ordering::Relaxed) {}
            while self.clock.now() >= self.from + SECOND + LATE {
                // Nothing has come behind its end.
                let told = settle(&mut self.table, &mut self.from, &mut self.lost);
                self.shared.tell(told);
            }
            if !self.tap.is_bound() {
                return Err(PacketsError::Gone { interface: printable(&target.name).into_owned() });
            }
        }
        Ok(())
    }

    /// Takes what the tap has ready, each packet into the second it came in; `false` when there was
    /// nothing.
    fn take(&mut self) -> bool {
        let now = self.clock.now();
        let wall = clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The session's zero on the wall clock as it stands now: packets bear its time.
        let zero = wall.saturating_sub(now);
        let Self { tap, shared, table, from, lost, .. } = self;
        *lost += tap.lost();
        tap.take(|at, packet| {
            while now >= *from + SECOND && at >= zero + *from + SECOND {
                shared.tell(settle(table, from, lost));
            }
            table.count(packet);
        })
    }
}

/// The second that began at `from`; the next one begins.
fn settle(table: &mut Table, from: &mut Duration, lost: &mut u64) -> Event {
    let at = *from + SECOND;
    let span = (std::mem::replace(from, at), at);
    Event::Packets(table.settle(span, UNNAMED, std::mem::take(lost)))
}
