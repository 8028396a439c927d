//! An evacuation: how many guests there were, how many have left, what is still to be carried and
//! when it will be over.
//!
//! It begins with the running trial. Without one it begins with the first departure: guests that leave
//! within a minute of each other leave together, and those of a trial that has ended belong to it.

use std::time::Duration;

use super::crew::Crew;
use super::{Eta, Session, TrialState};

/// A departure this long after the one before begins another evacuation, where no trial says.
const PAUSE: Duration = Duration::from_secs(60);

/// How far the guests are on their way.
#[derive(Debug, Clone, PartialEq)]
pub struct Evacuation {
    /// When it began: the trial's start, or the first departure.
    pub since: Duration,
    /// Guests that were there at its begin, or have come during it; one that left and is back counts
    /// once.
    pub guests: usize,
    /// How many of them have left, and are not back.
    pub left: usize,
    /// How many have come during it, those that are back left out.
    pub came: usize,
    /// How many left and are back.
    pub back: usize,
    /// When the last one left; none of those that are back.
    pub last_left: Option<Duration>,
    /// Their memory.
    pub memory: MemoryToGo,
    /// When it will be over, if anything tells; `None` when it is.
    pub eta: Option<Eta>,
}

/// The guests' memory: what each was given, else what its process held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryToGo {
    /// Of all guests of which it is known, in bytes.
    pub all: u64,
    /// Of those of them that are still here.
    pub to_go: u64,
    /// Guests of which it is not known, in `all`.
    pub unknown: usize,
    /// Those of them that are still here.
    pub unknown_to_go: usize,
}

impl Evacuation {
    /// Guests still here.
    pub fn here(&self) -> usize {
        self.guests - self.left
    }
}

impl Session {
    /// The running evacuation, or the last one; `None` when nobody has left and no trial runs, and
    /// where there are no guests.
    pub fn evacuation(&self) -> Option<Evacuation> {
        let since = self.evacuation_start()?;
        let crew = Crew::of(self, since);
        let mut memory = MemoryToGo::default();
        for guest in crew.guests() {
            let here = guest.left.is_none();
            if let Some(bytes) = guest.memory() {
                memory.all += bytes;
                memory.to_go += if here { bytes } else { 0 };
            } else {
                memory.unknown += 1;
                memory.unknown_to_go += usize::from(here);
            }
        }
        let guests = crew.guests().count();
        (guests > 0).then(|| Evacuation {
            since,
            guests,
            left: crew.left.len(),
            came: crew.came,
            back: crew.back,
            last_left: crew.left.iter().filter_map(|guest| guest.left).max(),
            memory,
            eta: self.eta(since, &crew, &memory),
        })
    }

    /// When the evacuation began that is told now.
    fn evacuation_start(&self) -> Option<Duration> {
        if let Some(open) = self.open_trial() {
            return Some(open.start);
        }
        let mut times: Vec<Duration> = self.departures().map(|(at, _)| at).collect();
        times.sort_unstable();
        let last = *times.last()?;
        let together = |pair: &&[Duration]| pair[1].saturating_sub(pair[0]) <= PAUSE;
        let first = times.len() - 1 - times.windows(2).rev().take_while(together).count();
        let first = times[first];
        let of_trial = self.trials().iter().rev().find(|trial| {
            trial.state != TrialState::Cancelled
                && trial.start <= last
                && trial.end.is_none_or(|end| end >= first)
        });
        Some(of_trial.map_or(first, |trial| trial.start))
    }
}
