//! The trials of a scenario: when they run, and what they are said to vary.

use super::super::file::TrialEntry;
use super::error::in_entry;
use super::links::stretch;
use super::{EntryError, ScenarioError};
use crate::model::PlannedTrial;

/// All trials in order of time.
pub fn trials(entries: Vec<TrialEntry>) -> Result<Vec<PlannedTrial>, ScenarioError> {
    let mut trials: Vec<PlannedTrial> = Vec::with_capacity(entries.len());
    for (number, entry) in entries.into_iter().enumerate() {
        let label = |source| in_entry(format!("trial {}", number + 1), source);
        let during = stretch(entry.from, Some(entry.to)).map_err(label)?;
        if let Some(before) = trials.last().filter(|before| before.during.end >= during.start) {
            return Err(label(EntryError::TrialRuns(before.during.end)));
        }
        trials.push(PlannedTrial { during, set: entry.set });
    }
    Ok(trials)
}
