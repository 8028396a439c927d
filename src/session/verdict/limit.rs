//! What can limit a migration, the evidence for it, and what to try.

use std::fmt;

use crate::known::limits::Cap;
use crate::model::{Direction, printable};
use crate::session::host::BusyCore;
use crate::units::{BitsPerSec, Bytes, Utilisation};

/// What traffic waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The link, or every member of the team that is up.
    Link,
    /// One member of the team.
    Member,
    /// Whoever sends: it has nothing to send for a part of the time.
    Sender,
    /// Whoever receives: its window is closed for a part of the time.
    Receiver,
    /// The network beyond this host.
    Path,
    /// One CPU core of this host.
    Core,
    /// A rate that software is known to keep to.
    Cap,
    /// Several of them, or something that the figures do not tell apart.
    Mixed,
}

/// How many there are.
pub(super) const LIMITS: usize = 8;

impl Limit {
    /// All of them.
    pub const ALL: [Self; LIMITS] = [
        Self::Link,
        Self::Member,
        Self::Sender,
        Self::Receiver,
        Self::Path,
        Self::Core,
        Self::Cap,
        Self::Mixed,
    ];

    /// Its code, as other programs know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Link => "link-bound",
            Self::Member => "member-bound",
            Self::Sender => "sender-bound",
            Self::Receiver => "receiver-bound",
            Self::Path => "path-bound",
            Self::Core => "core-bound",
            Self::Cap => "cap-plateau",
            Self::Mixed => "mixed",
        }
    }

    /// What to try, in one line.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Link => "a faster link; more links when several flows are spread over them",
            Self::Member => "more streams, or a hash over ports (layer3+4)",
            Self::Sender => "the sender's bandwidth limit, its CPU, more streams or guests at once",
            Self::Receiver => "the receiving host's CPU and memory, its receive buffers (tcp_rmem)",
            Self::Path => "switch ports, their queues and drops, other traffic on the way",
            Self::Core => "more streams or queues, interrupts spread over cores, larger frames",
            Self::Cap => "raise that limit",
            Self::Mixed => "one change at a time: streams, buffers, the link",
        }
    }
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// One sign alone, or signs of a part of the traffic.
    Low,
    /// Most of the traffic, or signs that others may give as well.
    Fair,
    /// The counters, or nearly all traffic with counters that agree.
    High,
}

impl Confidence {
    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Fair => "fair",
            Self::High => "high",
        }
    }
}

/// What was seen of the connections over the last second, weighed by their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FlowEvidence {
    /// Connections that were looked at.
    pub flows: usize,
    /// What they explain of the link's bytes, 0..=1.
    pub explained: f64,
    /// Share of the time in which there was something to send.
    pub busy: f64,
    /// Share of the time in which the receiver's window was closed.
    pub window_limited: f64,
    /// Segments sent again, a second, all together.
    pub retransmissions: f64,
    /// Segments under way by the congestion window.
    pub window_use: f64,
    /// Octets written and not sent, all together.
    pub unsent: f64,
    /// Memory of octets that the receiving process has not read, by what may be.
    pub receive_fill: f64,
    /// Share of the bytes in connections that wait for the sender, ..
    pub sender: f64,
    /// .. for the receiver, ..
    pub receiver: f64,
    /// .. for the network, ..
    pub network: f64,
    /// .. and the part of that with signs of the path beyond.
    pub path: f64,
}

/// All that a verdict rests on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The subject's rate, bit/s.
    pub rate: f64,
    /// By what counters can show.
    pub used: Option<f64>,
    /// The fullest member, and how many others carry next to nothing.
    pub member: Option<(String, usize)>,
    /// The connections.
    pub flows: Option<FlowEvidence>,
    /// The busiest core.
    pub core: Option<BusyCore>,
    /// The cap that the rate keeps to, so many times at once.
    pub cap: Option<(&'static Cap, u32)>,
}

/// What limits, with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Limited {
    /// What.
    pub limit: Limit,
    /// Which way the traffic goes.
    pub direction: Direction,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Limited {
    /// The evidence in one line, without the name of the limit.
    pub fn because(&self) -> String {
        Because(self).to_string()
    }

    /// What to try.
    pub fn advice(&self) -> String {
        match &self.evidence.cap {
            Some((cap, _)) if self.limit == Limit::Cap => cap.remedy.clone(),
            _ => self.limit.advice().to_owned(),
        }
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = self.direction.label();
        match (self.limit, &self.evidence.member, self.evidence.used) {
            (Limit::Link, _, Some(used)) => {
                write!(f, "link full: {direction} at {}", Utilisation(used))
            }
            (Limit::Member, Some((member, 0)), _) => {
                write!(f, "member full: {} {direction}", printable(member))
            }
            (Limit::Member, Some((member, idle)), _) => {
                write!(f, "member full: {} {direction}, {idle} more idle", printable(member))
            }
            _ => write!(f, "{}: {}", self.limit.code(), Because(self)),
        }
    }
}

struct Because<'a>(&'a Limited);

struct Percent(f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} %", self.0 * 100.0)
    }
}

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limited { limit, direction, evidence, .. } = self.0;
        let flows = evidence.flows.unwrap_or_default();
        match limit {
            Limit::Link | Limit::Member => {}
            Limit::Sender if *direction == Direction::Rx => f.write_str("little comes")?,
            Limit::Sender => {
                write!(f, "{} of the time nothing to send", Percent(1.0 - flows.busy))?;
            }
            Limit::Receiver if *direction == Direction::Rx => {
                write!(f, "receive buffers {} full here", Percent(flows.receive_fill))?;
            }
            Limit::Receiver => {
                write!(
                    f,
                    "{} of the time the receiver's window is closed",
                    Percent(flows.window_limited)
                )?;
            }
            Limit::Path if flows.retransmissions > 0.0 => {
                write!(f, "{:.0} retransmissions/s", flows.retransmissions)?;
            }
            Limit::Path => write!(f, "congestion window {} in use", Percent(flows.window_use))?,
            Limit::Core => {
                let Some(core) = evidence.core else { return Ok(()) };
                write!(f, "core {} {} busy", core.core, Percent(core.busy))?;
                if let Some(softirq) = core.softirq.filter(|share| *share >= 0.05) {
                    write!(f, " ({} softirq)", Percent(softirq))?;
                }
            }
            Limit::Cap => {
                let Some((cap, times)) = evidence.cap else { return Ok(()) };
                write!(f, "{} is ", BitsPerSec(evidence.rate))?;
                if times > 1 {
                    write!(f, "{times} times ")?;
                }
                f.write_str(&cap.name)?;
            }
            Limit::Mixed => write!(
                f,
                "waits: sender {}, receiver {}, network {}",
                Percent(flows.sender),
                Percent(flows.receiver),
                Percent(flows.network)
            )?,
        }
        let first = matches!(limit, Limit::Link | Limit::Member);
        match evidence.used {
            Some(used) if first => write!(f, "{} at {}", direction.label(), Utilisation(used))?,
            Some(used) => write!(f, ", link at {}", Utilisation(used))?,
            None if first => write!(f, "{}", direction.label())?,
            None => {}
        }
        if *limit == Limit::Link && flows.flows > 0 {
            write!(f, ", {} waiting to be sent", Bytes(flows.unsent as u64))?;
        }
        Ok(())
    }
}
