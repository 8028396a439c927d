//! What limits the traffic of the moment: one answer, from the counters first, then from what the
//! kernel says of connections and cores. Nothing of it is recorded: a replay has it from the same
//! observations.

mod judge;
mod limit;
mod tally;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use super::flows::FlowState;
use super::host::{BusyCore, CORE_FULL};
use super::{Figures, Session, Subject, TeamState};
use crate::known::limits::LIMITS as CAPS;
use crate::model::{Direction, HostLoad, InterfaceId};
use crate::units::Utilisation;

pub use limit::{Confidence, Evidence, FlowEvidence, Limit, Limited};
pub use tally::Limits;
pub(super) use tally::Windows;

use judge::Waits;

/// A link this full is full: counters at 10 Hz see a saturated wire between 95 and 100 %.
pub const FULL: f64 = 0.95;
/// Below this share of attainable a subject is at rest.
const AT_REST: f64 = 0.001;
/// Without a known speed, a rate below this (bit/s) is rest.
const REST_RATE: f64 = 100_000.0;
/// A member with less than this share of its fullest fellow carries next to nothing.
const IDLE_SHARE: f64 = 0.1;
/// An older look at the cores says nothing of the moment.
const FRESH: Duration = Duration::from_millis(2_500);
/// A plateau is told by the rate having kept to a cap for so many seconds before this one.
const PLATEAU: usize = 2;

/// The verdict of the moment.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one is made for a frame, and dropped")]
pub enum Verdict {
    /// No rate yet.
    NotKnown,
    /// Next to nothing passes.
    AtRest,
    /// More than the wire can carry: the reading is wrong, not the wire.
    Impossible(Direction),
    /// It is known what limits.
    Limited(Limited),
    /// Traffic passes, the wire has room, and nothing says what limits.
    RoomLeft(Direction, Utilisation),
    /// Traffic passes, its capacity is not known, and nothing says what limits.
    NoCapacity(Direction),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKnown => f.write_str("no rate yet"),
            Self::AtRest => f.write_str("at rest"),
            Self::Impossible(direction) => {
                write!(f, "{} above what the wire can carry: do not trust it", direction.label())
            }
            Self::Limited(limited) => limited.fmt(f),
            Self::RoomLeft(direction, used) => {
                write!(f, "not the wire: {} at {used}", direction.label())
            }
            Self::NoCapacity(direction) => {
                write!(f, "{} moving; no link speed, state it with --speed", direction.label())
            }
        }
    }
}

impl Verdict {
    /// What limits, where that is known.
    pub fn limited(&self) -> Option<&Limited> {
        match self {
            Self::Limited(limited) => Some(limited),
            _ => None,
        }
    }
}

impl Session {
    /// What limits `subject` now, in its busier direction, by the last second.
    pub fn verdict(&self, subject: &Subject) -> Verdict {
        let rates = self.figures(subject).and_then(|figures| figures.second);
        let Some(rates) = rates else { return Verdict::NotKnown };
        self.verdict_of(subject, rates.busier())
    }

    /// The same in one direction.
    pub fn verdict_of(&self, subject: &Subject, direction: Direction) -> Verdict {
        let Some(figures) = self.figures(subject) else { return Verdict::NotKnown };
        let Some(rates) = figures.second else { return Verdict::NotKnown };
        let rate = rates[direction];
        let used = figures.attainable.map(|attainable| rate / attainable);
        if figures.is_impossible(rate) {
            return Verdict::Impossible(direction);
        }
        if used.map_or(rate < REST_RATE, |used| used < AT_REST) {
            return Verdict::AtRest;
        }
        let full = used >= Some(FULL);
        let links = self.links(subject);
        let mut evidence = Evidence {
            rate,
            used,
            member: self
                .team_of(subject)
                .filter(|_| !full)
                .and_then(|team| self.full_member(team, direction)),
            flows: self.flow_evidence(&links, direction, rate),
            core: self.fresh_core(),
            cap: None,
        };
        if !full && direction == Direction::Tx {
            evidence.cap = self.cap(&links, &evidence);
        }
        match (judge::judge(&evidence, direction, !self.cores_rested), used) {
            (Some((limit, confidence)), _) => {
                Verdict::Limited(Limited { limit, direction, confidence, evidence })
            }
            (None, Some(used)) => Verdict::RoomLeft(direction, Utilisation(used)),
            (None, None) => Verdict::NoCapacity(direction),
        }
    }

    /// The busiest core of the last second or so.
    fn fresh_core(&self) -> Option<BusyCore> {
        let fresh = self.at.saturating_sub(self.host()?.at) < FRESH;
        self.busiest_core().filter(|_| fresh)
    }

    /// Takes a look at the host: how its cores are while next to nothing passes tells whether a full
    /// one is a sign later on. Until that was seen, it is taken for none.
    pub(super) fn take_host(&mut self, load: HostLoad) {
        let rests = self.subject().is_some_and(|subject| self.verdict(&subject) == Verdict::AtRest);
        self.host.take(load);
        if let (true, Some(core)) = (rests, self.busiest_core()) {
            self.cores_rested = core.busy < CORE_FULL;
        }
    }

    fn team_of(&self, subject: &Subject) -> Option<&TeamState> {
        match subject {
            Subject::Team(name) => self.team(name),
            Subject::Interface(_) => None,
        }
    }

    /// The member that is full, and how many others carry next to nothing.
    fn full_member(&self, team: &TeamState, direction: Direction) -> Option<(String, usize)> {
        let used = |figures: &Figures| figures.utilisation(direction).map_or(0.0, |u| u.0);
        let up = self.members(team).filter(|m| m.interface.is_up());
        let fullest = up.clone().max_by(|a, b| used(&a.figures).total_cmp(&used(&b.figures)))?;
        let most = used(&fullest.figures);
        (most >= FULL && up.clone().count() > 1).then(|| {
            let idle = up.filter(|m| used(&m.figures) < most * IDLE_SHARE).count();
            (fullest.interface.facts.name.clone(), idle)
        })
    }

    /// The connections over `links` that are told of now.
    fn flows_over<'a>(&'a self, links: &'a [InterfaceId]) -> impl Iterator<Item = &'a FlowState> {
        let open = self.flows().iter().filter(|flow| flow.closed.is_none());
        open.filter(|flow| self.leaves_by(&flow.facts, links))
    }

    /// What connections over `links` waited for, weighed by what they carried; `rate` is the links'.
    fn flow_evidence(
        &self,
        links: &[InterfaceId],
        direction: Direction,
        rate: f64,
    ) -> Option<FlowEvidence> {
        if !self.flows_are_fresh() {
            return None;
        }
        let mut sum = FlowEvidence::default();
        let (mut all, mut whole) = (0.0, 0.0);
        for flow in self.flows_over(links) {
            let Some(pace) = flow.pace() else { continue };
            // One that stands still has no weight beside others, and all weight alone.
            let weight = pace.rates[direction] + 1.0;
            all += weight;
            whole += if pace.is_whole() { weight } else { 0.0 };
            sum.flows += 1;
            sum.explained += pace.rates[direction] * self.framed(&flow.facts);
            sum.busy += pace.busy * weight;
            sum.window_limited += pace.window_limited * weight;
            sum.window_use += pace.window_use * weight;
            sum.receive_fill += pace.receive_fill * weight;
            sum.retransmissions += pace.retransmissions();
            sum.unsent += pace.unsent;
            match judge::waits(pace, direction) {
                Waits::Sender => sum.sender += weight,
                Waits::Receiver => sum.receiver += weight,
                Waits::Network { path } => {
                    sum.network += weight;
                    sum.path += if path { weight } else { 0.0 };
                }
            }
        }
        let shares = [
            &mut sum.busy,
            &mut sum.window_limited,
            &mut sum.window_use,
            &mut sum.receive_fill,
            &mut sum.sender,
            &mut sum.receiver,
            &mut sum.network,
            &mut sum.path,
        ];
        for share in shares {
            *share /= all.max(1.0);
        }
        sum.explained = (sum.explained / rate).min(1.0);
        // Half a second of a connection says little of the link's last second.
        (whole >= all * 0.5).then_some(sum)
    }

    /// The cap that the connections' rate has kept to for some seconds, where they wait for their
    /// sender.
    fn cap(
        &self,
        links: &[InterfaceId],
        evidence: &Evidence,
    ) -> Option<(&'static crate::known::limits::Cap, u32)> {
        evidence.flows.filter(|flows| flows.sender >= judge::MOST)?;
        let migrations = self.migrations(links);
        let near = CAPS.near(evidence.rate, Some(migrations))?;
        // The seconds before, whole ones: a rate that merely passes a cap is no plateau.
        let mut before = [Some(0.0); PLATEAU];
        let newest = self.at.as_secs().checked_sub(1)?;
        for flow in self.flows_over(links) {
            let mut columns = [None; PLATEAU];
            flow.columns(Direction::Tx, newest, &mut columns);
            for (sum, column) in before.iter_mut().zip(columns) {
                *sum = sum.zip(column.or(Some(0.0))).map(|(sum, column)| sum + column);
            }
        }
        let same = |rate: Option<f64>| {
            let again = rate.and_then(|rate| CAPS.near(rate, Some(migrations)));
            again.is_some_and(|again| {
                (again.cap.rate(), again.times) == (near.cap.rate(), near.times)
            })
        };
        before.into_iter().all(same).then_some((near.cap, near.times))
    }

    /// Migrations at once: processes that send over `links`, a connection without a known one for
    /// itself.
    fn migrations(&self, links: &[InterfaceId]) -> u32 {
        let sends = |flow: &&FlowState| flow.rate(Direction::Tx) > 0.0;
        let first_of_its = |flow: &&FlowState| {
            let same = |other: &FlowState| other.facts.pid == flow.facts.pid;
            flow.facts.pid.is_none()
                || self
                    .flows_over(links)
                    .filter(sends)
                    .find(|other| same(other))
                    .map(|o| o.facts.id)
                    == Some(flow.facts.id)
        };
        self.flows_over(links).filter(sends).filter(first_of_its).count() as u32
    }
}
