//! Linux: counters and link facts from the kernel.
//!
//! Link facts are read once and then follow link events on a thread of their own ([`watch`]);
//! counters come from an RTM_GETSTATS dump ([`stats`]), from `/proc/net/dev` ([`procfs`]), or from
//! sysinfo. The tick never asks for facts.

pub mod addresses;
mod drvinfo;
mod ethtool;
pub mod guests;
mod links;
pub mod load;
pub mod namespace;
pub mod procfs;
pub mod realtime;
pub mod rights;
mod socket;
pub mod sockets;
pub mod stats;
mod watch;
mod wire;

use std::time::{Duration, Instant};

use super::sysinfo::{self, SysinfoCounters};
use super::{Counters, Link, Source, SourceError};
use procfs::ProcCounters;
use stats::NetlinkCounters;
use watch::LinkWatch;

/// Which reader of counters to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reader {
    /// The dump, and `/proc/net/dev` while the dump stalls or where it is missing.
    #[default]
    Auto,
    /// The RTM_GETSTATS dump alone.
    Netlink,
    /// `/proc/net/dev` alone.
    Proc,
    /// The portable one.
    Sysinfo,
}

/// The kernel as a source.
pub struct Linux {
    watch: LinkWatch,
    counters: Box<dyn ReadCounters>,
    fresh: Option<Vec<Link>>,
}

/// A reader of all counters. `names` maps those readers that see names only.
pub(super) trait ReadCounters: Send {
    fn name(&self) -> &'static str;
    fn rename(&mut self, links: &[Link]);
    fn read(&mut self, out: &mut Vec<Counters>) -> Result<(), SourceError>;
}

impl Linux {
    /// Opens the kernel's tables; counters by `reader`. `interval` is the distance of the samples
    /// to come: a dump that takes a fifth of it has stalled.
    ///
    /// # Errors
    /// When there is no netlink, or the chosen reader does not work here.
    pub fn open(reader: Reader, interval: Duration) -> Result<Self, SourceError> {
        let (watch, links) = LinkWatch::start()?;
        let mut counters: Box<dyn ReadCounters> = match reader {
            Reader::Auto => Box::new(Auto::open(interval)?),
            Reader::Netlink => Box::new(NetlinkCounters::open()?),
            Reader::Proc => Box::new(ProcCounters::open()?),
            Reader::Sysinfo => Box::new(SysinfoCounters::open()?),
        };
        counters.rename(&links);
        Ok(Self { watch, counters, fresh: Some(links) })
    }
}

impl Source for Linux {
    fn name(&self) -> &'static str {
        self.counters.name()
    }

    fn links(&mut self, _at: Duration) -> Option<Vec<Link>> {
        if let Some(links) = self.watch.changed() {
            self.counters.rename(&links);
            self.fresh = Some(links);
        }
        self.fresh.take()
    }

    fn counters(&mut self, _at: Duration, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        out.clear();
        self.counters.read(out)
    }
}

impl ReadCounters for SysinfoCounters {
    fn name(&self) -> &'static str {
        sysinfo::NAME
    }

    fn rename(&mut self, links: &[Link]) {
        Self::rename(self, links);
    }

    fn read(&mut self, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        Self::read(self, out);
        Ok(())
    }
}

/// The dump waits for the RTNL lock, which every tap that comes or goes takes; `/proc/net/dev`
/// takes none.
struct Auto {
    dump: Option<NetlinkCounters>,
    proc: Option<ProcCounters>,
    stalled: Duration,
    /// Reads left before the dump is tried again.
    rest: u32,
}

/// After a stall the dump rests for this many reads.
const REST: u32 = 50;
/// A stall is a fifth of the interval, and no less than this.
const LEAST_STALL: Duration = Duration::from_millis(5);

impl Auto {
    fn open(interval: Duration) -> Result<Self, SourceError> {
        let dump = NetlinkCounters::open().and_then(|mut dump| {
            dump.read(&mut Vec::new())?;
            Ok(dump)
        });
        let proc = ProcCounters::open();
        match (dump, proc) {
            (Err(error), Err(_)) => Err(error),
            (dump, proc) => Ok(Self {
                dump: dump.ok(),
                proc: proc.ok(),
                stalled: (interval / 5).max(LEAST_STALL),
                rest: 0,
            }),
        }
    }
}

impl ReadCounters for Auto {
    fn name(&self) -> &'static str {
        if self.dump.is_some() { "netlink" } else { "proc" }
    }

    fn rename(&mut self, links: &[Link]) {
        if let Some(proc) = &mut self.proc {
            proc.rename(links);
        }
    }

    fn read(&mut self, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        let resting = self.rest > 0;
        self.rest = self.rest.saturating_sub(1);
        let answer = match (&mut self.dump, &mut self.proc) {
            (Some(dump), proc) if proc.is_none() || !resting => {
                let asked = Instant::now();
                let answer = dump.read(out);
                if asked.elapsed() > self.stalled || answer.is_err() {
                    self.rest = REST;
                }
                answer
            }
            (_, Some(proc)) => return proc.read(out),
            (dump, None) => {
                return dump.as_mut().map_or(Err(SourceError::NoInterfaces), |d| d.read(out));
            }
        };
        match (answer, &mut self.proc) {
            (Err(_), Some(proc)) => {
                out.clear();
                proc.read(out)
            }
            (answer, _) => answer,
        }
    }
}
