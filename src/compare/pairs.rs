//! Comparisons: every pair of configurations at equal load, and how sure the difference is.

use std::collections::BTreeMap;

use super::axes::Axes;
use super::cells::Cell;
use crate::model::Factors;
use crate::stats::{Ratio, holm, ratio_of_means, runs_needed, welch};

/// A difference as likely as this by chance alone is told apart.
pub const SIGNIFICANT: f64 = 0.05;
/// More pairs than this are no table that anybody reads: they are left out, which is said.
const MOST_PAIRS: usize = 20_000;

/// Two configurations at the same load.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The factors that they have in common.
    pub at: Factors,
    /// Cell of the smaller capacity, or of the configuration that was said to be the baseline.
    pub baseline: usize,
    /// The other cell.
    pub candidate: usize,
    /// Mean duration of the candidate by that of the baseline: below 1 it is faster.
    pub ratio: Option<Ratio>,
    /// Two-sided, by Welch's t; `None` for a single run, or without any variance.
    pub p: Option<f64>,
    /// The same, adjusted by Holm's method over all comparisons.
    pub p_adjusted: Option<f64>,
    /// How many runs each side needs to tell the difference seen among all comparisons, with a power
    /// of 0.8.
    pub runs_needed: Option<u32>,
}

impl Comparison {
    /// Whether the two are told apart; `None` when that cannot be said.
    pub fn distinguishable(&self) -> Option<bool> {
        Some(self.p_adjusted? < SIGNIFICANT)
    }
}

/// Cells of the same factors but for the configuration, each group in order of configuration.
pub fn groups(cells: &[Cell], axes: &Axes) -> BTreeMap<Factors, Vec<usize>> {
    let mut groups: BTreeMap<Factors, Vec<usize>> = BTreeMap::new();
    for (number, cell) in cells.iter().enumerate() {
        groups.entry(cell.at(axes)).or_default().push(number);
    }
    groups
}

/// The comparisons in order of the cells; the second value tells how many were left out.
pub fn comparisons(
    cells: &[Cell],
    axes: &Axes,
    baseline: Option<&str>,
) -> (Vec<Comparison>, usize) {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut left_out = 0;
    for members in groups(cells, axes).into_values() {
        let base = baseline.map(|name| members.iter().find(|m| cells[**m].configuration == name));
        for (place, first) in members.iter().enumerate() {
            let others: &[usize] = match base {
                None => &members[place + 1..],
                Some(Some(base)) if base == first => &members,
                Some(_) => &[],
            };
            let room = MOST_PAIRS - pairs.len();
            let many = others.len() - usize::from(base.is_some() && !others.is_empty());
            left_out += many.saturating_sub(room);
            let others = others.iter().filter(|other| *other != first);
            pairs.extend(others.take(room).map(|other| (*first, *other)));
        }
    }
    pairs.sort_unstable();
    let mut comparisons: Vec<Comparison> =
        pairs.into_iter().map(|(a, b)| compare(cells, axes, a, b)).collect();
    let p: Vec<Option<f64>> = comparisons.iter().map(|comparison| comparison.p).collect();
    // To be told apart among many takes more runs: as many as at the strictest step of Holm's.
    let level = SIGNIFICANT / p.iter().flatten().count().max(1) as f64;
    for (comparison, adjusted) in comparisons.iter_mut().zip(holm(&p)) {
        let summary = |cell: usize| &cells[cell].duration.summary;
        comparison.p_adjusted = adjusted;
        comparison.runs_needed =
            runs_needed(summary(comparison.candidate), summary(comparison.baseline), level);
    }
    (comparisons, left_out)
}

fn compare(cells: &[Cell], axes: &Axes, baseline: usize, candidate: usize) -> Comparison {
    let (from, to) = (&cells[baseline].duration.summary, &cells[candidate].duration.summary);
    Comparison {
        at: cells[candidate].at(axes),
        baseline,
        candidate,
        ratio: ratio_of_means(to, from),
        p: welch(to, from).map(|welch| welch.p),
        p_adjusted: None,
        runs_needed: None,
    }
}
