//! The fold: events in, one session out. What any face shows is computed here.
//!
//! No clock, file, channel or colour: the same events give the same session on any machine, on any
//! day.

mod apply;
mod attainable;
mod auto;
mod course;
mod crew;
mod elsewhere;
mod empty;
mod eta;
mod evacuation;
mod faults;
mod figures;
mod flows;
mod guests;
mod host;
mod interfaces;
mod links;
mod listing;
mod marks;
mod members;
mod notices;
mod packets;
mod planned;
mod profile;
mod ticks;
mod trials;
mod verdict;

#[cfg(test)]
mod auto_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod figures_tests;
#[cfg(test)]
mod guests_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Header, InterfaceId, Pair, Team};

pub use auto::{Auto, AutoMark, AutoSettings};
pub use empty::StopWhenEmpty;
pub use eta::Eta;
pub use evacuation::{Evacuation, MemoryToGo};
pub use figures::{Figures, MemberFigures, Subject};
pub use flows::{COLUMNS, Explained, FlowListing, FlowOrder, FlowState, Pace};
pub use guests::GuestState;
pub use host::{BusyCore, CORE_FULL, CoreSpan};
pub use interfaces::InterfaceState;
pub use links::LinkChange;
pub use listing::{Listing, Order};
pub use members::MemberBytes;
pub use notices::{Notice, Severity};
pub use packets::{Capture, Coverage, TalkState};
pub use planned::Planned;
pub use trials::{Elsewhere, Trial, TrialFigures, TrialState};
pub use verdict::{Confidence, Evidence, FULL, FlowEvidence, Limit, Limited, Limits, Verdict};

use guests::Guests;
use host::HostWatch;
use interfaces::Interfaces;
use links::LinkChanges;
use notices::Notices;
use trials::TrialBook;

/// What the reader of a session chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The team or interface that trials are about; found if not given.
    pub subject: Option<String>,
    /// Ports of migrations, before those that are known.
    pub ports: Vec<crate::known::ports::Entry>,
}

/// A team and what it reached.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TeamState {
    /// Its facts.
    pub facts: Team,
    peak: crate::measure::meter::Peak,
    trial_peak: crate::measure::meter::Peak,
    /// Totals of the team's own counter and of its members when they were last compared.
    compared: Option<(Duration, Pair<u64>, Pair<u64>)>,
}

/// All that is known of a session so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    settings: Settings,
    header: Option<Header>,
    interfaces: Interfaces,
    teams: Vec<TeamState>,
    /// By the team's name, also of one that is gone.
    capacities_before: BTreeMap<String, attainable::Before>,
    trials: TrialBook,
    host: HostWatch,
    guests: Guests,
    notices: Notices,
    links: LinkChanges,
    flows: flows::Flows,
    /// No core was full when next to nothing passed.
    cores_rested: bool,
    windows: verdict::Windows,
    /// Boxed: most sessions have none.
    capture: Option<Box<Capture>>,
    at: Duration,
    samples: u64,
    busy: bool,
}

impl Session {
    /// An empty session.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// An empty session that is asked for its trials alone, in less time and memory: their figures
    /// are the same, but it has no history and no peak of the whole, and is never busy.
    pub fn for_trials(settings: Settings) -> Self {
        let mut session = Self::new(settings);
        session.interfaces.for_trials = true;
        session
    }

    /// The stream's first line, once it is known.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Nominal distance of the samples.
    fn interval(&self) -> Duration {
        self.header.as_ref().map_or(Duration::from_millis(100), |header| header.interval)
    }

    /// Time of the latest sample.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Samples so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Whether the latest sample moved any counter, or any rate is still coming to rest: when not,
    /// a screen drawn before still holds.
    pub fn busy(&self) -> bool {
        self.busy
    }

    /// Every interface of the session, those that are gone included, in order of id.
    pub fn interfaces(&self) -> std::slice::Iter<'_, InterfaceState> {
        self.interfaces.all.iter()
    }

    /// One interface.
    pub fn interface(&self, id: InterfaceId) -> Option<&InterfaceState> {
        self.interfaces.get(id)
    }

    /// The teams as they are now.
    pub fn teams(&self) -> &[TeamState] {
        &self.teams
    }

    /// Every trial that stands, in order of start; the last one may be open.
    pub fn trials(&self) -> &[Trial] {
        self.trials.trials()
    }

    /// The latest capture of packets, running or not; `None` when there was none.
    pub fn capture(&self) -> Option<&Capture> {
        self.capture.as_deref()
    }

    /// The number of the trial that starts next.
    pub fn next_trial(&self) -> u32 {
        self.trials().iter().map(|trial| trial.number).max().unwrap_or(0) + 1
    }

    /// The running trial.
    pub fn open_trial(&self) -> Option<&Trial> {
        self.trials().last().filter(|t| t.state == TrialState::Open)
    }

    /// What was noted, and when, in order; remarks on trials that had ended are not of a moment.
    pub fn remarks(&self) -> impl Iterator<Item = (Duration, &str)> + Clone {
        self.trials.remarks()
    }

    /// What happened besides traffic, oldest first; the oldest of very many are forgotten.
    pub fn notices(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.notices.iter()
    }
}
