//! Plays a scenario: moves from one instant at which something changes to the next, and tells links
//! and counters as they are then.

use std::time::Duration;

use super::card::{Card, JITTER_SLOT};
use super::counter::floor;
use super::scenario::{Flow, Occurrence, Scenario};
use crate::model::{Kind, Pair, PlannedTrial};
use crate::source::{Counters, Link, Source, SourceError};

/// Plays one scenario.
#[derive(Debug)]
pub struct Simulator {
    host: String,
    summary: String,
    length: Option<Duration>,
    pub(super) guest_memory: u64,
    /// In order of index.
    pub(super) cards: Vec<Card>,
    pub(super) flows: Vec<Flow>,
    events: Vec<Occurrence>,
    trials: Vec<PlannedTrial>,
    /// The first event that has not happened.
    next_event: usize,
    /// When anything happens or begins or ends, each instant once.
    pub(super) instants: Vec<Duration>,
    /// The first instant that has not come.
    next_instant: usize,
    /// Some rate strays, so that rates change with the slots too.
    jitters: bool,
    pub(super) at: Duration,
    /// The links as they were last handed out.
    told: Option<Vec<Link>>,
    /// Something has happened since.
    stale: bool,
}

impl Simulator {
    /// A simulator at the scenario's beginning.
    pub fn new(scenario: Scenario) -> Self {
        let Scenario { host, summary, length, guest_memory, ports, flows, events, trials, .. } =
            scenario;
        let edges = ports.iter().map(|p| &p.there).chain(flows.iter().map(|f| &f.during));
        let mut instants: Vec<Duration> = edges.flat_map(|edge| [edge.start, edge.end]).collect();
        instants.extend(events.iter().map(|event| event.at));
        instants.sort_unstable();
        instants.dedup();
        let mut simulator = Self {
            host,
            summary,
            length,
            guest_memory,
            jitters: ports.iter().any(|port| port.jitter > 0.0),
            cards: ports.into_iter().map(Card::new).collect(),
            flows,
            events,
            trials,
            next_event: 0,
            instants,
            next_instant: 0,
            at: Duration::ZERO,
            told: None,
            stale: true,
        };
        simulator.arrive();
        simulator
    }

    /// The host that is played.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What there is to see, in a line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The trials that it runs by itself, in order of time.
    pub fn trials(&self) -> &[PlannedTrial] {
        &self.trials
    }

    /// When everything has happened; quiet from there.
    pub fn length(&self) -> Option<Duration> {
        self.length
    }

    /// Moves on to `to`, from one instant at which a rate changes to the next.
    pub(super) fn advance(&mut self, to: Duration) {
        while self.at < to {
            let mut until = self.instants.get(self.next_instant).map_or(to, |next| to.min(*next));
            if self.jitters {
                until = until.min(floor(self.at, JITTER_SLOT) + JITTER_SLOT);
            }
            for card in &mut self.cards {
                card.counter.carry(self.at, until, card.rate);
            }
            self.at = until;
            self.arrive();
        }
    }

    /// Lets happen what is due now, and sets the rates from now on.
    fn arrive(&mut self) {
        if self.instants.get(self.next_instant).is_some_and(|next| *next <= self.at) {
            self.next_instant += 1;
            self.stale = true;
            while let Some(event) = self.events.get(self.next_event).filter(|e| e.at <= self.at) {
                self.cards[event.port].change(&event.change);
                self.next_event += 1;
            }
            self.share_out();
        }
        for card in &mut self.cards {
            card.rate = card.rate_at(self.at);
        }
    }

    /// Sends each flow over the first of its paths that works.
    fn share_out(&mut self) {
        for card in &mut self.cards {
            card.offered = Pair::default();
        }
        for flow in self.flows.iter().filter(|flow| flow.during.contains(&self.at)) {
            if !self.cards[flow.port].carries(self.at) {
                continue;
            }
            let path = flow.paths.iter().find(|path| self.cards[**path].carries(self.at));
            if let Some(path) = path {
                self.cards[*path].offered[flow.direction] += flow.bits_per_s;
            }
        }
    }

    /// The facts of one interface as they are now.
    fn link(&self, card: &Card) -> Link {
        let mut link = card.port.link.clone();
        let there = |index: &u32| {
            self.cards.iter().any(|c| c.port.link.index == *index && c.is_there(self.at))
        };
        link.master = link.master.filter(there);
        link.parent = link.parent.filter(there);
        if card.port.is_stacked() && !card.port.below.is_empty() {
            let below = || card.port.below.iter().map(|b| &self.cards[*b]);
            link.up &= below().any(|b| b.carries(self.at));
            if matches!(link.kind, Kind::Bond | Kind::Team) && link.speed_bits_per_s.is_none() {
                let active = below().filter(|b| b.carries(self.at));
                let speeds = active.filter_map(|b| b.port.link.speed_bits_per_s);
                // As the bonding driver does: the sum of what can send now.
                let sending = if card.port.is_one_at_a_time() { 1 } else { usize::MAX };
                link.speed_bits_per_s = speeds.take(sending).reduce(|sum, speed| sum + speed);
            }
        }
        link
    }

    /// The counters of one interface as they are now.
    fn read(&self, card: &Card) -> Counters {
        let (bytes, packets) = if card.port.is_stacked() {
            let below = card.port.below.iter().map(|b| &self.cards[*b].counter);
            below.fold((Pair::default(), Pair::default()), |(bytes, packets), counter| {
                (bytes + counter.total(), packets + counter.total_packets())
            })
        } else {
            card.counter.read()
        };
        Counters { index: card.port.link.index, bytes, packets, ..Counters::default() }
    }
}

impl Source for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn links(&mut self, at: Duration) -> Option<Vec<Link>> {
        self.advance(at);
        if !std::mem::replace(&mut self.stale, false) {
            return None;
        }
        let there = self.cards.iter().filter(|card| card.is_there(self.at));
        let links: Vec<Link> = there.map(|card| self.link(card)).collect();
        // Most of what happens is traffic, and a link may be down and up again between two calls.
        if self.told.as_ref() == Some(&links) {
            return None;
        }
        self.told = Some(links.clone());
        Some(links)
    }

    fn counters(&mut self, at: Duration, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        self.advance(at);
        out.clear();
        let there = self.cards.iter().filter(|card| card.is_there(self.at));
        out.extend(there.map(|card| self.read(card)));
        Ok(())
    }
}
