//! A cell in one word: what its reader has to know before any figure.

use std::fmt;

use super::cells::FEW;
use super::finding::What;
use super::study::Study;
use super::sweet_spots::Reason;
use super::telling::MOSTLY;

/// The word for a cell, the one that matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellWord {
    /// A peak of it is more than the wire can carry.
    Impossible,
    /// The smallest capacity that is as fast as the best.
    SweetSpot {
        /// The runs prove it.
        proven: bool,
    },
    /// The link was the limit.
    LinkFull,
    /// A known software cap was.
    Capped,
    /// The wire was never full.
    RoomLeft,
    /// Nothing is known but durations, and of those few.
    FewRuns,
    /// Nothing stands out.
    Plain,
}

impl fmt::Display for CellWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Impossible => "impossible",
            Self::SweetSpot { proven: true } => "sweet spot",
            Self::SweetSpot { proven: false } => "sweet spot?",
            Self::LinkFull => "link full",
            Self::Capped => "capped",
            Self::RoomLeft => "room left",
            Self::FewRuns => "few runs",
            Self::Plain => "",
        })
    }
}

impl Study {
    /// The word for the cell of this number.
    pub fn word(&self, cell: usize) -> CellWord {
        let said = |code: fn(&What) -> bool| {
            self.findings.iter().any(|found| code(&found.what) && found.cells.contains(&cell))
        };
        let chosen =
            |spot: &&super::SweetSpot| spot.choice == cell && spot.reason != Reason::OnlyOne;
        if said(|what| matches!(what, What::AboveAttainable { .. })) {
            return CellWord::Impossible;
        }
        if let Some(spot) = self.sweet_spots.iter().find(chosen) {
            return CellWord::SweetSpot { proven: spot.proven == Some(true) };
        }
        let full = |what: &What| {
            matches!(what, What::Saturated { saturated_share, .. }
                if saturated_share.is_none_or(|share| share >= MOSTLY))
        };
        if said(full) {
            return CellWord::LinkFull;
        }
        if said(|what| matches!(what, What::CapPlateau { .. })) {
            return CellWord::Capped;
        }
        if said(|what| matches!(what, What::NotLinkBound { .. })) {
            return CellWord::RoomLeft;
        }
        let few = self.cells.get(cell).is_some_and(|cell| cell.n() < FEW);
        if few { CellWord::FewRuns } else { CellWord::Plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::outcome;
    use crate::compare::{Outcome, Settings};

    /// One that reached this share of a link.
    fn reached(factors: &str, seconds: f64, share: f64) -> Outcome {
        Outcome {
            attainable: Some(1e10),
            peak: Some(1e10 * share),
            impossible: share > 1.01,
            ..outcome(factors, seconds)
        }
    }

    fn words(trials: Vec<Outcome>) -> Vec<String> {
        let study = Study::of(trials, &Settings::default()).expect("nothing was asked for");
        (0..study.cells.len()).map(|cell| study.word(cell).to_string()).collect()
    }

    #[test]
    fn the_wire_gives_the_word_where_nothing_matters_more() {
        for (share, word) in [(1.3, "impossible"), (0.97, "link full"), (0.5, "room left")] {
            assert_eq!(words(vec![reached("vms=1", 5.0, share)]), [word], "{share}");
        }
    }

    #[test]
    fn without_rates_only_the_runs_are_counted() {
        assert_eq!(words(vec![outcome("vms=1", 5.0)]), ["few runs"]);
        assert_eq!(words([5.0, 5.1, 5.2].map(|s| outcome("vms=1", s)).to_vec()), [""]);
        assert!(words(Vec::new()).is_empty());
    }

    #[test]
    fn the_smallest_capacity_that_is_enough_is_a_sweet_spot_and_unproven_by_single_runs() {
        let trial = |config: &str, capacity: f64, seconds| Outcome {
            attainable: Some(capacity),
            ..outcome(&format!("config={config} vms=1"), seconds)
        };
        let single = vec![trial("a", 1e9, 50.0), trial("b", 1e10, 9.0), trial("c", 2e10, 9.0)];
        assert_eq!(words(single), ["few runs", "sweet spot?", "few runs"]);
        let runs = |config, capacity, all: [f64; 3]| all.map(|s| trial(config, capacity, s));
        let repeated = [
            runs("a", 1e9, [50.0, 50.1, 50.2]),
            runs("b", 1e10, [9.0, 9.01, 9.02]),
            runs("c", 2e10, [9.0, 9.01, 9.02]),
        ];
        assert_eq!(words(repeated.concat()), ["", "sweet spot", ""]);
    }
}
