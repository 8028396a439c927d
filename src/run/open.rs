//! Opens what the settings name: a source, checked against what the user chose, and its sampler.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::mpsc::Receiver;

use crate::cli::Settings;
use crate::cli::args::SamplerArg;
use crate::cli::settings::Origin;
use crate::clock::SessionClock;
use crate::journal;
use crate::model::{Header, PlannedTrial};
use crate::source::inventory::Inventory;
use crate::source::packets::{self, Capture};
use crate::source::schedule::{self, Batch, Handle};
use crate::source::simulator::SimulatedSurroundings;
use crate::source::survey::{Companion, Surroundings};
use crate::source::{self, Link, Source, SourceError, simulator, sysinfo::Portable};

/// Joins the network namespace that was asked for; to be called before there is a second thread.
pub fn enter_namespace(settings: &Settings) -> Result<(), SourceError> {
    let Some(wanted) = &settings.netns else { return Ok(()) };
    #[cfg(target_os = "linux")]
    return crate::source::linux::namespace::join(wanted);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = wanted;
        Err(SourceError::NoNamespaces)
    }
}

/// A source, what it calls itself, and the links it had when it was opened.
pub struct Opened {
    pub source: Box<dyn Source>,
    pub host: String,
    pub links: Vec<Link>,
    /// The trials that a scenario runs by itself.
    pub plan: Vec<PlannedTrial>,
}

/// Opens the source and holds the user's choice against it.
pub fn source(settings: &Settings) -> Result<Opened> {
    let mut plan = Vec::new();
    let (mut source, host): (Box<dyn Source>, String) = match &settings.origin {
        Origin::Simulator(name) => {
            let simulator = simulator::open(name)?;
            let host = simulator.host().to_owned();
            plan.extend_from_slice(simulator.trials());
            (Box::new(simulator), host)
        }
        Origin::Host(sampler) => {
            let host = ::sysinfo::System::host_name().unwrap_or_else(|_| "localhost".into());
            (host_source(*sampler, settings)?, host)
        }
    };
    let links = source.links(Duration::ZERO).unwrap_or_default();
    settings.inventory.check(&links)?;
    if let Some(subject) = &settings.session.subject {
        settings.inventory.check_subject(subject, &links)?;
    }
    Ok(Opened { source, host, links, plan })
}

#[cfg(target_os = "linux")]
fn host_source(sampler: SamplerArg, settings: &Settings) -> Result<Box<dyn Source>, SourceError> {
    use crate::source::linux::{Linux, Reader};
    let reader = match sampler {
        SamplerArg::Auto => Reader::Auto,
        SamplerArg::Netlink => Reader::Netlink,
        SamplerArg::Proc => Reader::Proc,
        SamplerArg::Sysinfo => Reader::Sysinfo,
    };
    match Linux::open(reader, settings.interval) {
        Ok(linux) => Ok(Box::new(linux)),
        // Without netlink (some sandboxes) there is still the portable source.
        Err(_) if matches!(sampler, SamplerArg::Auto | SamplerArg::Sysinfo) => {
            Ok(Box::new(Portable::open()?))
        }
        Err(error) => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn host_source(sampler: SamplerArg, _settings: &Settings) -> Result<Box<dyn Source>, SourceError> {
    match sampler {
        SamplerArg::Auto | SamplerArg::Sysinfo => Ok(Box::new(Portable::open()?)),
        SamplerArg::Netlink => Err(SourceError::NotHere("netlink")),
        SamplerArg::Proc => Err(SourceError::NotHere("proc")),
    }
}

/// A running sampler and what it says.
pub struct Sampling {
    pub handle: Handle,
    pub batches: Receiver<Batch>,
    pub header: Header,
    /// The source's name for itself.
    pub sampler: &'static str,
    /// The trials that it runs by itself.
    pub plan: Vec<PlannedTrial>,
}

/// What can be seen here besides the counters.
fn surroundings(settings: &Settings, links: &[Link], capture: Option<Capture>) -> Surroundings {
    let mut surroundings = Surroundings { capture, ..Surroundings::default() };
    match &settings.origin {
        Origin::Host(_) => {
            add_sockets(settings, links, &mut surroundings);
            add_host_and_guests(&mut surroundings);
        }
        Origin::Simulator(name) => {
            let simulated = simulator::open(name).map(SimulatedSurroundings::new);
            surroundings.companions.extend(simulated.map(|s| Box::new(s) as Box<dyn Companion>));
        }
    }
    surroundings
}

/// The host's load, and who runs on it.
fn add_host_and_guests(surroundings: &mut Surroundings) {
    surroundings.surveys.push(source::host::survey());
    let (guests, departures) = source::guests::open();
    surroundings.surveys.push(guests);
    surroundings.companions.extend(departures);
}

/// The capture that was asked for by a flag. The right to it lies down when this is done; where no
/// other capture can be asked for later, it is given up.
fn capture(
    settings: &Settings,
    captures: Captures,
    clock: SessionClock,
) -> Result<Option<Capture>> {
    packets::rights::lower();
    let name = settings.packets.as_deref();
    let capture = name.map(|name| Capture::open(packets::target(name)?, clock)).transpose()?;
    if captures == Captures::ByFlag {
        packets::rights::forget();
    }
    Ok(capture)
}

/// Connections to this machine itself are of interest where its loopback was asked for.
#[cfg(target_os = "linux")]
fn add_sockets(settings: &Settings, links: &[Link], surroundings: &mut Surroundings) {
    use crate::model::Kind;
    use crate::source::linux::sockets;
    let mut loopbacks = links.iter().filter(|link| link.kind == Kind::Loopback);
    let asked = |link: &Link| settings.inventory.include.iter().any(|p| p.matches(&link.name));
    let (finder, follower) = sockets::open(sockets::Settings { loopback: loopbacks.any(asked) });
    surroundings.surveys.push(Box::new(finder));
    surroundings.companions.push(Box::new(follower));
}

#[cfg(not(target_os = "linux"))]
fn add_sockets(_settings: &Settings, _links: &[Link], _surroundings: &mut Surroundings) {}

/// How a capture may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captures {
    /// By the flag alone, at the start.
    ByFlag,
    /// By a key as well, later.
    Live,
}

/// Opens everything and starts sampling.
pub fn sampling(settings: &Settings, captures: Captures) -> Result<Sampling> {
    let clock = SessionClock::start();
    // First of all threads: those that come later have no right to capture but can take it up.
    let capture = capture(settings, captures, clock)?;
    let Opened { source, host, links, plan } = self::source(settings)?;
    let sampler = source.name();
    let header = Header {
        subject: settings.session.subject.clone(),
        ..journal::header(host, clock.started(), settings.interval)
    };
    let inventory = Inventory::new(settings.inventory.clone());
    let surroundings = surroundings(settings, &links, capture);
    let (handle, batches) =
        schedule::start(source, links, inventory, surroundings, clock, settings.interval)
            .context("sampling did not start")?;
    Ok(Sampling { handle, batches, header, sampler, plan })
}
