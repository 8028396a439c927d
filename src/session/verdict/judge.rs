//! The rule: from what was seen to what limits. Pure; where its numbers come from stands beside them.
//!
//! The counters go first: a full link or member is the limit, whatever connections say. Below that,
//! connections tell by what they waited for in the last second (struct tcp_info's cumulative times):
//! nothing to send, the receiver's window, or the rest, the network. "Network" is believed only where
//! something else confirms it: losses or a full congestion window for the path, a link that is nearly full
//! for the link. A slow receiver behind a deep buffer looks like the network otherwise.

use super::FULL;
use super::limit::{Confidence, Evidence, FlowEvidence, Limit};
use crate::model::Direction;
use crate::session::flows::Pace;
use crate::session::host::{BusyCore, CORE_FULL};

/// Below this share of the time with something to send, the sender is what is waited for. Measured on
/// real migrations: 3 to 55 % where the sender was throttled, 100 % where the network was full.
const BUSY: f64 = 0.8;
/// From this share of the time with the receiver's window closed on, it is the receiver: 26 to 100 %
/// where it was throttled, at most 1 % where the network was full.
const WINDOW_LIMITED: f64 = 0.1;
/// Segments under way by the congestion window, mean of the readings of a second: 0.96 to 1.0 behind a
/// full switch port, and 0.8 in the seconds of a loss; 0.3 to 0.55 behind a full queue of this host's own.
const WINDOW_USED: f64 = 0.8;
/// Of what was sent, sent again: up to 0.05 % by probes where an end was paused, 0.1 % and more at
/// once behind a full switch port.
const LOST: f64 = 0.002;
/// Octets of a segment at the usual MTU, about.
const SEGMENT: f64 = 1_448.0;
/// Received octets that are not read, by what the buffer may hold: 0.57 to 0.97 where the receiver was
/// throttled, at most 0.02 otherwise.
const RECEIVE_FULL: f64 = 0.5;
/// With connections that wait for the network, a link this full is what they wait for: a counter of
/// segments reads up to 4.4 % low.
pub(super) const NEARLY_FULL: f64 = 0.9;
/// Connections that explain less of the link than this say nothing of it.
const EXPLAINED: f64 = 0.5;
/// One limit for this share of the bytes, or of the time, is the limit.
pub(super) const MOST: f64 = 0.6;
/// Sure, for this share.
const SURE: f64 = 0.9;
/// A core that the network's own work fills.
const SOFTIRQ: f64 = 0.5;

/// What one connection waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    Sender,
    Receiver,
    Network { path: bool },
}

/// By one second of a connection that sends, or that receives.
pub(super) fn waits(pace: &Pace, direction: Direction) -> Waits {
    if direction == Direction::Rx {
        // What the sender waited for is not known here, except for ourselves.
        let full = pace.receive_fill >= RECEIVE_FULL;
        return if full { Waits::Receiver } else { Waits::Network { path: false } };
    }
    if pace.busy < BUSY {
        Waits::Sender
    } else if pace.window_limited >= WINDOW_LIMITED {
        Waits::Receiver
    } else {
        Waits::Network { path: pace.window_use >= WINDOW_USED || loses(pace) }
    }
}

/// The network loses what is sent. A few segments sent again are no sign by themselves: a probe for
/// a lost tail (RFC 8985, section 7) goes out wherever an end pauses; a loss cuts the window, or
/// there are many of them.
fn loses(pace: &Pace) -> bool {
    let sent = pace.rates.tx / 8.0 * pace.over.as_secs_f64();
    let many = pace.retransmitted as f64 * SEGMENT >= sent * LOST;
    pace.retransmitted > 0 && (pace.window_cut || many)
}

/// What limits; `None` where nothing says so. `rested_full`: the busiest core was as busy before the
/// traffic began.
pub(super) fn judge(
    evidence: &Evidence,
    direction: Direction,
    rested_full: bool,
) -> Option<(Limit, Confidence)> {
    let used = evidence.used.unwrap_or(0.0);
    if used >= FULL {
        return Some((Limit::Link, Confidence::High));
    }
    if evidence.member.is_some() {
        return Some((Limit::Member, Confidence::High));
    }
    let core = evidence.core.filter(|core| core.busy >= CORE_FULL && used < NEARLY_FULL);
    let core = core.filter(|core| !rested_full || by_network(core));
    let told = evidence.flows.filter(|flows| flows.flows > 0 && flows.explained >= EXPLAINED);
    let Some(flows) = told else {
        let sure = |core| if by_network(&core) { Confidence::Fair } else { Confidence::Low };
        return core.map(|core| (Limit::Core, sure(core)));
    };
    if flows.sender >= MOST {
        let limit = match (evidence.cap, core) {
            (Some(_), _) => Limit::Cap,
            (None, Some(_)) => Limit::Core,
            (None, None) => Limit::Sender,
        };
        return Some((limit, sure(flows.sender, &flows)));
    }
    if flows.receiver >= MOST {
        return Some((Limit::Receiver, sure(flows.receiver, &flows)));
    }
    if flows.network >= MOST {
        return network(evidence, &flows, direction, core);
    }
    Some((Limit::Mixed, Confidence::Low))
}

fn network(
    evidence: &Evidence,
    flows: &FlowEvidence,
    direction: Direction,
    core: Option<BusyCore>,
) -> Option<(Limit, Confidence)> {
    let nearly_full = evidence.used >= Some(NEARLY_FULL);
    let path = flows.path >= flows.network * 0.5;
    // A full queue of this host's own loses nothing and holds back what is under way.
    if nearly_full && !(path && flows.retransmissions > 0.0) {
        return Some((Limit::Link, Confidence::Fair));
    }
    if path {
        return Some((Limit::Path, sure(flows.network, flows)));
    }
    if let Some(core) = core.filter(by_network) {
        let sure = if core.softirq >= Some(SURE) { Confidence::High } else { Confidence::Fair };
        return Some((Limit::Core, sure));
    }
    // At the receiving end nothing tells more.
    (direction == Direction::Tx).then_some((Limit::Mixed, Confidence::Low))
}

fn by_network(core: &BusyCore) -> bool {
    core.softirq >= Some(SOFTIRQ)
}

fn sure(share: f64, flows: &FlowEvidence) -> Confidence {
    let all = share * flows.explained;
    if all >= SURE * SURE { Confidence::High } else { Confidence::Fair }
}
