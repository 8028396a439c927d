//! Where observations come from: the contract of a source, and the way from its readings to events.
//!
//! A source gives link facts when they change and counters when asked; it does not keep time, take
//! differences or know who listens. [`sampler`] turns readings into events, [`schedule`] asks at
//! absolute deadlines on a thread of its own; what surrounds the counters (sockets, guests, the
//! host) is looked at by [`survey`]; packets are captured by [`packets`] when that is asked for.

pub mod guests;
pub mod host;
pub mod inventory;
#[cfg(target_os = "linux")]
pub mod linux;
#[cfg(unix)]
pub mod packets;
#[cfg(not(unix))]
#[path = "packets/nowhere.rs"]
pub mod packets;
pub mod sampler;
pub mod schedule;
pub mod simulator;
pub mod survey;
pub mod sysinfo;

use std::time::Duration;

use crate::model::{Kind, Pair};

/// Facts of one link, as the operating system numbers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Interface index; the key of [`Counters`].
    pub index: u32,
    /// Name, as it came.
    pub name: String,
    /// What sort of link it is.
    pub kind: Kind,
    /// Hardware address.
    pub mac: Option<String>,
    /// Largest payload of a frame, in bytes.
    pub mtu: Option<u32>,
    /// Speed in bit/s where the driver's is a capacity; veth, tap and virtio have none.
    pub speed_bits_per_s: Option<u64>,
    /// Administratively up, with carrier.
    pub up: bool,
    /// Index of the bond, team or bridge it is a port of.
    pub master: Option<u32>,
    /// Index of the link below it (VLAN, macvlan).
    pub parent: Option<u32>,
    /// Kernel driver, where there is a device.
    pub driver: Option<String>,
    /// How a joining link spreads traffic, in the driver's word.
    pub mode: Option<String>,
}

/// Absolute counters of one interface at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Interface index.
    pub index: u32,
    /// Octets.
    pub bytes: Pair<u64>,
    /// Packets.
    pub packets: Pair<u64>,
    /// Packets lost to errors.
    pub errors: Pair<u64>,
    /// Packets lost to want of room.
    pub dropped: Pair<u64>,
}

/// Something that can be asked for links and counters.
pub trait Source: Send {
    /// The name that messages and `migtop interfaces` give it.
    fn name(&self) -> &'static str;

    /// All links, where any fact has changed since the last call; the first call always has them.
    /// `at` is the session's time, which only a simulated source needs.
    fn links(&mut self, at: Duration) -> Option<Vec<Link>>;

    /// Reads every interface's counters into `out`, which is cleared first.
    ///
    /// # Errors
    /// When nothing could be read; the next call may succeed again.
    fn counters(&mut self, at: Duration, out: &mut Vec<Counters>) -> Result<(), SourceError>;
}

/// Why a source could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No socket.
    #[error("cannot open a netlink socket")]
    OpenNetlink(#[source] std::io::Error),
    /// The request was not answered.
    #[error("the kernel did not answer the request for {what}")]
    Netlink {
        /// What was asked for.
        what: &'static str,
        /// Its answer.
        #[source]
        source: std::io::Error,
    },
    /// A file of the kernel's could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nobody answers for TCP connections.
    #[error(
        "TCP connections cannot be listed: this kernel has no inet_diag, or its module cannot be \
         loaded; `modprobe tcp_diag` as root where there is one"
    )]
    NoInetDiag,
    /// The portable source has nothing.
    #[error("the system lists no network interfaces")]
    NoInterfaces,
    /// What surrounds the counters cannot be asked for.
    #[error("this system does not tell {0}")]
    NotTold(&'static str),
    /// The chosen sampler is another system's.
    #[error("the sampler `{0}` is for Linux; leave --sampler out")]
    NotHere(&'static str),
    /// The network namespace asked for does not exist.
    #[error(
        "there is no network namespace `{name}`, and no process of that number; there are: {existing}"
    )]
    NoNamespace {
        /// What was asked for.
        name: String,
        /// Those with a name.
        existing: String,
    },
    /// It may not be joined.
    #[error("cannot join the network namespace `{name}`; that needs CAP_SYS_ADMIN: run it as root")]
    JoinNamespace {
        /// What was asked for.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another system's.
    #[error("network namespaces are Linux's; leave --netns out")]
    NoNamespaces,
    /// The sampler thread could not be started.
    #[error("cannot start the sampler thread")]
    Thread(#[source] std::io::Error),
    /// A scenario that cannot be played.
    #[error("scenario `{name}`")]
    Scenario {
        /// Which.
        name: String,
        /// What is wrong with it.
        #[source]
        source: simulator::ScenarioError,
    },
}

/// `error` and its causes on one line, as `main` prints them too.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
