//! The connections of a session, as its `sockets` events tell them: which they are, how fast, whose
//! migrations, and what of an interface's bytes they explain.

mod columns;
mod listing;
mod share;
mod state;

#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use super::{GuestState, Session};
use crate::known::ports::{self, Ends, Entry, Label};
use crate::model::{Flow, FlowId, InterfaceId, Pair, TcpState};

pub use columns::COLUMNS;
pub use listing::{FlowListing, FlowOrder};
pub use share::Explained;
pub use state::{FlowState, Pace};

/// Those that are gone stay in sight so long.
const STAYS: Duration = Duration::from_secs(10);
/// No more of them are kept.
const MOST_GONE: usize = 64;
/// What was told longer ago says nothing of the moment.
const FRESH: Duration = Duration::from_millis(2_500);

/// What all connections over one interface have come to, those that are gone included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub interface: Option<InterfaceId>,
    /// Octets acknowledged and received.
    pub bytes: Pair<u64>,
    /// The same of connections with a label.
    pub labelled: Pair<u64>,
    /// Segments sent again.
    pub retransmitted: u64,
}

impl Account {
    /// What came after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        let of =
            |now: Pair<u64>, then: Pair<u64>| Pair { rx: now.rx - then.rx, tx: now.tx - then.tx };
        Self {
            interface: self.interface,
            bytes: of(self.bytes, earlier.bytes),
            labelled: of(self.labelled, earlier.labelled),
            retransmitted: self.retransmitted - earlier.retransmitted,
        }
    }

    /// Both together.
    pub fn add(&mut self, more: Self) {
        self.bytes = self.bytes + more.bytes;
        self.labelled = self.labelled + more.labelled;
        self.retransmitted += more.retransmitted;
    }
}

/// All connections, in order of id, and what they came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Flows {
    all: Vec<FlowState>,
    pub accounts: Vec<Account>,
    /// When they were last told of.
    at: Option<Duration>,
}

impl Flows {
    /// Takes what was told at `at`; `more` ports go before those that are known.
    pub fn take(
        &mut self,
        at: Duration,
        flows: Vec<Flow>,
        tcp: &[TcpState],
        closed: &[FlowId],
        more: &[Entry],
    ) {
        self.at = Some(at);
        for facts in flows {
            let label = label_of(&facts, more);
            match self.all.binary_search_by_key(&facts.id, |flow| flow.facts.id) {
                Ok(place) => (self.all[place].facts, self.all[place].label) = (facts, label),
                Err(place) => self.all.insert(place, FlowState::new(facts, label, at)),
            }
        }
        for row in tcp {
            let Some(flow) = find(&mut self.all, row.id) else { continue };
            let added = flow.take(at, *row);
            let account = account(&mut self.accounts, flow.facts.interface);
            let labelled = if flow.label.is_some() { added.bytes } else { Pair::default() };
            let (bytes, retransmitted) = (added.bytes, added.retransmitted);
            account.add(Account { interface: None, bytes, labelled, retransmitted });
        }
        for id in closed {
            if let Some(flow) = find(&mut self.all, *id) {
                flow.closed.get_or_insert(at);
            }
        }
        self.forget(at);
    }

    /// Those that went some seconds ago are forgotten.
    pub fn forget(&mut self, at: Duration) {
        let gone = self.all.iter().filter(|flow| flow.closed.is_some()).count();
        if gone == 0 {
            return;
        }
        self.all.retain(|flow| flow.closed.is_none_or(|closed| at.saturating_sub(closed) < STAYS));
        let mut over = gone.saturating_sub(MOST_GONE);
        // Ids rise with time: the first of them came first.
        self.all.retain(|flow| {
            let drop = over > 0 && flow.closed.is_some();
            over -= usize::from(drop);
            !drop
        });
    }
}

fn find(all: &mut [FlowState], id: FlowId) -> Option<&mut FlowState> {
    let place = all.binary_search_by_key(&id, |flow| flow.facts.id).ok()?;
    all.get_mut(place)
}

fn account(accounts: &mut Vec<Account>, interface: Option<InterfaceId>) -> &mut Account {
    let known = accounts.iter().position(|account| account.interface == interface);
    let place = known.unwrap_or_else(|| {
        accounts.push(Account { interface, ..Account::default() });
        accounts.len() - 1
    });
    &mut accounts[place]
}

fn label_of(facts: &Flow, more: &[Entry]) -> Option<Label> {
    let ends = Ends {
        local: facts.local.port(),
        remote: facts.remote.port(),
        process: facts.process.as_deref(),
    };
    ports::label(ends, more)
}

impl Session {
    /// Every connection that is followed, and those that are gone since a few seconds, in order of
    /// id.
    pub fn flows(&self) -> &[FlowState] {
        &self.flows.all
    }

    /// One of them.
    pub fn flow(&self, id: FlowId) -> Option<&FlowState> {
        let place = self.flows.all.binary_search_by_key(&id, |flow| flow.facts.id).ok()?;
        self.flows.all.get(place)
    }

    /// The guest whose process holds a connection.
    pub fn guest_of(&self, flow: &FlowState) -> Option<&GuestState> {
        let (pid, at) = (flow.facts.pid?, flow.read_at().unwrap_or(flow.since));
        let its = |guest: &&GuestState| guest.facts.pid == pid && guest.is_here_at(at);
        // A guest is seen up to a second after its process, and gone as late.
        let near = || self.guests.all.iter().rev().find(|guest| guest.facts.pid == pid);
        self.guests.all.iter().rev().find(its).or_else(near)
    }

    /// When connections were last told of; `None`: they never were, in this session.
    pub fn flows_at(&self) -> Option<Duration> {
        self.flows.at
    }

    /// They were told of so lately that they say what goes on now.
    pub fn flows_are_fresh(&self) -> bool {
        self.flows.at.is_some_and(|at| self.at.saturating_sub(at) < FRESH)
    }
}
