//! The sampler's thread: reads at absolute deadlines and hands events over a bounded channel.
//!
//! A slow disk, terminal or reader never delays a read. When the channel is full the tick is passed
//! over: the next sample then covers the time of both, so that no byte is lost, and the missed tick
//! is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc as events;

use super::inventory::Inventory;
use super::packets::{Capture, Target};
use super::sampler::{Sampler, Stamp};
use super::survey::{Companion, Surroundings, Surveyor};
use super::{Counters, Link, Source, SourceError, error_chain};
use crate::clock::{self, SessionClock};
use crate::model::{Event, Mark};

/// Events of one instant, in stream order.
pub type Batch = Vec<Event>;

/// Batches that may wait: minutes at 10 Hz.
const WAITING: usize = 8_192;
/// The second reading comes after this part of an interval, so that the first frame has rates.
const SECOND_READING: u32 = 50;
/// Companions are asked this often, at a tick where there is one.
const FOLLOW: Duration = Duration::from_millis(500);

enum Request {
    Mark(Mark),
    Prove,
    Capture(Option<Target>),
    Stop,
}

/// The running sampler.
#[derive(Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    missed: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Takes a reading now and sets `mark` at it; its time is the reading's. Nothing happens when
    /// the sampler has ended.
    pub fn mark(&self, mark: Mark) {
        let _ = self.requests.send(Request::Mark(mark));
    }

    /// Has the next reading told with absolute values.
    pub fn prove(&self) {
        let _ = self.requests.send(Request::Prove);
    }

    /// Captures packets on this interface from now on, and on no other; `None` ends the capture. One
    /// that runs there already goes on. What cannot be is told by a `source_failed` of `packets`.
    pub fn capture(&self, target: Option<Target>) {
        let _ = self.requests.send(Request::Capture(target));
    }

    /// Ticks that passed without a sample of their own.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts sampling `source` every `interval`; the first batch has `links`, as they were just told,
/// and the first reading.
///
/// # Errors
/// When the thread cannot be started.
pub fn start(
    source: Box<dyn Source>,
    links: Vec<Link>,
    inventory: Inventory,
    surroundings: Surroundings,
    clock: SessionClock,
    interval: Duration,
) -> Result<(Handle, events::Receiver<Batch>), SourceError> {
    let (requests, inbox) = mpsc::channel();
    let (outbox, batches) = events::channel(WAITING);
    let missed = Arc::new(AtomicU64::new(0));
    let mut worker = Worker {
        source,
        links: Some(links),
        inventory,
        sampler: Sampler::new(interval),
        clock,
        interval,
        outbox,
        missed: Arc::clone(&missed),
        surveyor: Surveyor::start(surroundings.surveys, clock)?,
        companions: surroundings.companions,
        capture: surroundings.capture,
        followed: Duration::ZERO,
        reading: Vec::new(),
        slept: clock::slept(),
        failing: false,
    };
    let thread = std::thread::Builder::new()
        .name("sampler".into())
        .spawn(move || {
            #[cfg(target_os = "linux")]
            super::linux::realtime::prefer_this_thread();
            worker.run(&inbox);
        })
        .map_err(SourceError::Thread)?;
    Ok((Handle { requests, missed, thread: Some(thread) }, batches))
}

struct Worker {
    source: Box<dyn Source>,
    /// Told and not yet an event.
    links: Option<Vec<Link>>,
    inventory: Inventory,
    sampler: Sampler,
    clock: SessionClock,
    interval: Duration,
    outbox: events::Sender<Batch>,
    missed: Arc<AtomicU64>,
    surveyor: Option<Surveyor>,
    companions: Vec<Box<dyn Companion>>,
    capture: Option<Capture>,
    /// When companions were last asked.
    followed: Duration,
    reading: Vec<Counters>,
    slept: Duration,
    failing: bool,
}

impl Worker {
    fn run(&mut self, inbox: &mpsc::Receiver<Request>) {
        let begin = self.clock.now();
        let mut deadline = begin + self.interval / SECOND_READING;
        let mut ticks = 0;
        if self.tick(None).is_err() {
            return;
        }
        loop {
            let wait = self.next_follow().map_or(deadline, |follow| follow.min(deadline));
            let wait = wait.saturating_sub(self.clock.now());
            let mark = match inbox.recv_timeout(wait) {
                Ok(Request::Mark(mark)) => Some(mark),
                Ok(Request::Prove) => {
                    self.sampler.prove();
                    continue;
                }
                Ok(Request::Capture(target)) => {
                    self.capture(target);
                    continue;
                }
                Err(RecvTimeoutError::Timeout) if self.clock.now() < deadline => {
                    let mut batch = Batch::new();
                    self.look_around(&mut batch);
                    if !batch.is_empty() && self.outbox.blocking_send(batch).is_err() {
                        return;
                    }
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => None,
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            };
            let marked = mark.is_some();
            if self.tick(mark).is_err() {
                return;
            }
            if !marked {
                let due =
                    self.clock.now().saturating_sub(begin).as_nanos() / self.interval.as_nanos();
                let skipped = (due as u64).saturating_sub(ticks + 1);
                self.missed.fetch_add(skipped, Ordering::Relaxed);
                ticks = due as u64;
                deadline = begin + self.interval.mul_f64((ticks + 1) as f64);
            }
        }
    }

    /// Reads once; `Err` when nobody listens any more.
    fn tick(&mut self, mark: Option<Mark>) -> Result<(), Closed> {
        if self.outbox.capacity() == 0 && mark.is_none() {
            self.missed.fetch_add(1, Ordering::Relaxed);
            return if self.outbox.is_closed() { Err(Closed) } else { Ok(()) };
        }
        let mut batch = Batch::with_capacity(1);
        if let Some(surveyor) = &self.surveyor {
            surveyor.take(&mut batch);
        }
        let before = self.clock.now();
        if let Some(links) = self.source.links(before).or_else(|| self.links.take()) {
            let (interfaces, teams) = self.inventory.update(links);
            self.sampler.watch(&interfaces);
            batch.push(Event::Interfaces { at: before, interfaces, teams });
        }
        match self.source.counters(before, &mut self.reading) {
            Ok(()) => {
                self.failing = false;
                let at = self.clock.now();
                let slept = clock::slept();
                let stamp = Stamp {
                    at,
                    read: at.saturating_sub(before),
                    slept: slept.saturating_sub(std::mem::replace(&mut self.slept, slept)),
                };
                self.sampler.take(stamp, &self.reading, mark, &mut batch);
            }
            Err(error) => self.failed(before, &error, mark, &mut batch),
        }
        if let Some(capture) = &mut self.capture {
            capture.take(|index| self.inventory.id_of(index), &mut batch);
        }
        let at = self.clock.now();
        let due = at.saturating_sub(self.followed) + self.interval / 2 >= FOLLOW;
        self.follow(at, due, &mut batch);
        self.outbox.blocking_send(batch).map_err(|_| Closed)
    }

    /// Starts a capture, or ends the one that runs; neither waits for anything.
    fn capture(&mut self, target: Option<Target>) {
        let running = self.capture.as_ref().filter(|capture| capture.runs());
        if target.is_some() && target.as_ref() == running.map(Capture::target) {
            return;
        }
        // A thread that cannot be started is as good as a capture that failed at once.
        self.capture = target.map(|target| Capture::start(target, self.clock));
    }

    /// When companions are asked between ticks that are far apart.
    fn next_follow(&self) -> Option<Duration> {
        let between = self.interval > FOLLOW && !self.companions.is_empty();
        between.then(|| self.followed + FOLLOW)
    }

    /// What surrounds the counters, between two ticks.
    fn look_around(&mut self, batch: &mut Batch) {
        if let Some(surveyor) = &self.surveyor {
            surveyor.take(batch);
        }
        self.follow(self.clock.now(), true, batch);
    }

    /// Asks companions: those that are quick alone, unless all are due.
    fn follow(&mut self, at: Duration, all: bool, batch: &mut Batch) {
        if all {
            self.followed = at;
        }
        let id_of = |index| self.inventory.id_of(index);
        for companion in self.companions.iter_mut().filter(|c| all || c.is_quick()) {
            companion.follow(at, &id_of, batch);
        }
    }

    /// A failing source is data: said once, and a gap when it can be read again; a mark stands
    /// without counters.
    fn failed(&mut self, at: Duration, error: &SourceError, mark: Option<Mark>, batch: &mut Batch) {
        if !std::mem::replace(&mut self.failing, true) {
            let (source, why) = (self.source.name().to_owned(), error_chain(error));
            batch.push(Event::SourceFailed { at, source, why });
        }
        self.sampler.fail();
        batch.extend(mark.map(|mark| Event::Mark(Mark { at, ..mark })));
    }
}

/// The receiving end is gone.
struct Closed;
