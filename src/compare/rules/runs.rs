//! What the runs themselves say: too few of them, a slow first one.

use std::collections::BTreeSet;

use super::{Found, cell_name, trials};
use crate::compare::cells::FEW;
use crate::compare::finding::{Finding, Weight, What};
use crate::compare::study::Study;
use crate::compare::sweet_spots::{is_within, tolerance};

pub fn too_few_runs(study: &Study) -> Found {
    let compared: BTreeSet<usize> =
        study.comparisons.iter().flat_map(|c| [c.baseline, c.candidate]).collect();
    let runs = |cell: &usize| study.cells[*cell].n();
    let cells: Vec<usize> = compared.iter().copied().filter(|cell| runs(cell) < FEW).collect();
    let (Some(least), Some(most)) = (cells.iter().map(runs).min(), cells.iter().map(runs).max())
    else {
        return Vec::new();
    };
    let what = What::TooFewRuns { few: cells.len(), of: compared.len(), least, most };
    vec![Finding { weight: Weight::Warning, trials: trials(study, &cells), cells, what }]
}

/// The first run of a cell lies far above the others.
pub fn first_run_slow(study: &Study) -> Found {
    let finding = |(number, cell): (usize, &super::super::Cell)| {
        let first = *cell.trials.first().filter(|_| cell.n() >= FEW)?;
        let (seconds, median) = (study.trials[first].duration, cell.duration.summary.median);
        let near = is_within(seconds - median, tolerance(median, cell.resolution), median);
        if !cell.duration.outliers.contains(&first) || near {
            return None;
        }
        let at = cell_name(study, number);
        let what = What::FirstRunSlow { at, seconds, median_s: median };
        let (trials, cells) = (vec![first], vec![number]);
        Some(Finding { weight: Weight::Warning, trials, cells, what })
    };
    study.cells.iter().enumerate().filter_map(finding).collect()
}
