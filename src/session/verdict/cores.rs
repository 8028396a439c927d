//! The busiest core of late, and whether one was as busy before the traffic began.

use std::time::Duration;

use super::judge::is_full;
use super::limit::CoreEvidence;
use crate::model::HostLoad;

/// An older look says nothing of the moment.
const FRESH: Duration = Duration::from_millis(2_500);

/// What was last told.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::session) struct Cores {
    latest: Option<(Duration, CoreEvidence)>,
    /// A core was full when next to nothing passed, so that a full one is no sign; taken so until
    /// that was seen to be otherwise.
    pub rested_full: bool,
}

impl Default for Cores {
    fn default() -> Self {
        Self { latest: None, rested_full: true }
    }
}

impl Cores {
    /// Takes a look at the host; `rests`: next to nothing passes.
    pub fn take(&mut self, load: &HostLoad, rests: bool) {
        let busiest = load.busy_permille.iter().enumerate().max_by_key(|(_, busy)| **busy);
        let Some((core, busy)) = busiest else { return };
        let share = |permille: u16| f64::from(permille) / 1_000.0;
        let softirq = load.softirq_permille.get(core).copied().map(share);
        let evidence = CoreEvidence { core, busy: share(*busy), softirq };
        if rests {
            self.rested_full = is_full(&evidence);
        }
        self.latest = Some((load.at, evidence));
    }

    /// The busiest core now.
    pub fn evidence(&self, now: Duration) -> Option<CoreEvidence> {
        let (at, evidence) = self.latest?;
        (now.saturating_sub(at) < FRESH).then_some(evidence)
    }
}
