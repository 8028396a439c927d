//! What of an interface's or a team's bytes the connections explain.
//!
//! A connection's octets are goodput: without headers and retransmissions. Interfaces count frames.
//! Between the two lies a header for each full frame, which is added here, from the MTU: 14 bytes of
//! Ethernet, 20 or 40 of IP, 20 of TCP and 12 of its time stamps. Where an interface counts a header
//! once for a segment of 64 KB (veth and tap with offloads), that is up to 4.6 % more than it counts;
//! no share is above 1.

use super::Account;
use crate::model::{DEFAULT_MTU, Direction, Flow, InterfaceId};
use crate::session::{InterfaceState, Session, Subject};

/// Headers that are in the MTU besides IP's: TCP with time stamps (RFC 9293, RFC 7323).
const TCP: f64 = 32.0;
const IPV4: f64 = 20.0;
const IPV6: f64 = 40.0;
const ETHERNET: f64 = 14.0;

/// Shares of what an interface or a team carries in one direction, over the last second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Explained {
    /// What all connections of the host are of it, 0..=1; the rest is others' (guests' own, routed,
    /// UDP) or of connections that are not followed.
    pub share: f64,
    /// What those with a label are of it.
    pub labelled: f64,
    /// Connections that carried anything.
    pub streams: usize,
    /// Of them with a label.
    pub labelled_streams: usize,
}

/// Deeper stacking is a circle in the facts.
const DEEPEST: usize = 8;

impl Session {
    /// What the connections explain of the subject's rate of the last second; `None` without
    /// traffic, or when nothing is known of connections.
    pub fn explained(&self, subject: &Subject, direction: Direction) -> Option<Explained> {
        let rate = self.figures(subject)?.second?[direction];
        if rate <= 0.0 || !self.flows_are_fresh() {
            return None;
        }
        let mut explained = Explained::default();
        let links = self.links(subject);
        for flow in self.flows().iter().filter(|flow| flow.closed.is_none()) {
            let carried = flow.rate(direction);
            if carried <= 0.0 || !self.leaves_by(&flow.facts, &links) {
                continue;
            }
            let share = carried * self.framed(&flow.facts) / rate;
            explained.share += share;
            explained.streams += 1;
            if flow.label.is_some() {
                explained.labelled += share;
                explained.labelled_streams += 1;
            }
        }
        explained.share = explained.share.min(1.0);
        explained.labelled = explained.labelled.min(1.0);
        Some(explained)
    }

    /// The links of a subject: an interface itself, a team's members.
    pub(in crate::session) fn links(&self, subject: &Subject) -> Vec<InterfaceId> {
        match subject {
            Subject::Interface(id) => vec![*id],
            Subject::Team(name) => {
                self.team(name).map_or_else(Vec::new, |team| team.facts.members.clone())
            }
        }
    }

    /// Whether a connection's bytes go over any of `links`.
    pub(in crate::session) fn leaves_by(&self, flow: &Flow, links: &[InterfaceId]) -> bool {
        flow.interface.is_some_and(|id| self.stands_on(id, links, 0))
    }

    /// An interface is one of `links`, or its bytes are theirs: it joins them, or stands on one.
    pub(in crate::session) fn stands_on(
        &self,
        id: InterfaceId,
        links: &[InterfaceId],
        depth: usize,
    ) -> bool {
        if links.contains(&id) {
            return true;
        }
        let Some(facts) = self.interface(id).map(|state| &state.facts) else { return false };
        if depth > DEEPEST {
            return false;
        }
        if facts.kind.joins() {
            let is_port = |state: &&InterfaceState| state.present && state.facts.master == Some(id);
            let mut ports = self.interfaces().filter(is_port);
            return ports.any(|port| self.stands_on(port.facts.id, links, depth + 1));
        }
        facts.parent.is_some_and(|parent| self.stands_on(parent, links, depth + 1))
    }

    /// How many bytes an interface counts for one of goodput, in full frames.
    pub(in crate::session) fn framed(&self, flow: &Flow) -> f64 {
        let state = flow.interface.and_then(|id| self.interface(id));
        let mtu = state.and_then(|state| state.facts.mtu).unwrap_or(DEFAULT_MTU);
        framed(f64::from(mtu), flow.local.is_ipv6())
    }

    /// What all connections over `links` have come to since their `accounts` were these.
    pub(in crate::session) fn accounted_since(
        &self,
        accounts: &[Account],
        links: &[InterfaceId],
    ) -> Account {
        let mut sum = Account::default();
        for now in &self.flows.accounts {
            if now.interface.is_some_and(|id| self.stands_on(id, links, 0)) {
                let then = accounts.iter().find(|then| then.interface == now.interface);
                sum.add(now.since(then.copied().unwrap_or_default()));
            }
        }
        sum
    }
}

fn framed(mtu: f64, ipv6: bool) -> f64 {
    let payload = mtu - TCP - if ipv6 { IPV6 } else { IPV4 };
    // No network has such an MTU; a number is nothing to trust.
    if payload < 100.0 { 1.0 } else { (mtu + ETHERNET) / payload }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_frame_has_a_payload_of_1448_in_1514() {
        assert!((framed(1_500.0, false) - 1_514.0 / 1_448.0).abs() < 1e-12);
        assert!((framed(9_000.0, true) - 9_014.0 / 8_928.0).abs() < 1e-12);
        assert!((framed(60.0, false) - 1.0).abs() < 1e-12);
    }
}
