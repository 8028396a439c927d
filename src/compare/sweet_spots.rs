//! Sweet spots: the smallest capacity that is as fast as the best, for every load.

use super::axes::Axes;
use super::cells::Cell;
use super::configurations::Configuration;
use super::pairs::groups;
use crate::model::Factors;
use crate::stats::ratio_of_means;

/// A configuration this much slower than the best is as good.
pub const WITHIN: f64 = 0.05;

/// Why the choice is as good as the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It takes no more than 5 % longer.
    Within5Percent,
    /// It takes no longer than the step in which durations were written.
    WithinResolution,
    /// There is no other.
    OnlyOne,
}

impl Reason {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Within5Percent => "within-5-percent",
            Self::WithinResolution => "within-resolution",
            Self::OnlyOne => "only-one",
        }
    }
}

/// The choice for one load.
#[derive(Debug, Clone, PartialEq)]
pub struct SweetSpot {
    /// The load, and the factors besides.
    pub at: Factors,
    /// Cell of the smallest capacity that is as good as the best.
    pub choice: usize,
    /// Cell of the shortest mean duration; the smaller capacity of two that are equal.
    pub best: usize,
    /// The step in which the durations were written, in seconds.
    pub resolution: f64,
    /// How much longer the choice takes, in seconds.
    pub slower: f64,
    /// Its mean duration by the best one's.
    pub ratio: f64,
    /// Why it is good enough.
    pub reason: Reason,
    /// The upper end of the ratio's 95 % interval is at most 1.05; `None` for single runs.
    pub proven: Option<bool>,
}

/// How much longer than `seconds` is as good.
pub fn tolerance(seconds: f64, resolution: f64) -> f64 {
    (seconds * WITHIN).max(resolution)
}

/// One for each load; none where a capacity is not known, for then none is the smallest.
pub fn sweet_spots(
    cells: &[Cell],
    axes: &Axes,
    configurations: &[Configuration],
) -> Vec<SweetSpot> {
    if configurations.iter().any(|c| c.capacity.is_none()) {
        return Vec::new();
    }
    let capacity = |cell: usize| {
        let name = &cells[cell].configuration;
        configurations.iter().find(|c| &c.name == name).and_then(|c| c.capacity)
    };
    let mut spots: Vec<SweetSpot> = groups(cells, axes)
        .into_iter()
        .filter_map(|(at, members)| sweet_spot(cells, at, &members, capacity))
        .collect();
    spots.sort_by(|a, b| {
        let key = |spot: &SweetSpot| cells[spot.choice].amount.map_or(f64::INFINITY, |l| l.value);
        let others = |spot: &SweetSpot| &cells[spot.choice].others;
        others(a).cmp(others(b)).then(key(a).total_cmp(&key(b))).then_with(|| a.at.cmp(&b.at))
    });
    spots
}

fn sweet_spot(
    cells: &[Cell],
    at: Factors,
    members: &[usize],
    capacity: impl Fn(usize) -> Option<f64>,
) -> Option<SweetSpot> {
    let seconds = |cell: &usize| cells[*cell].seconds();
    let best = *members.iter().min_by(|a, b| seconds(a).total_cmp(&seconds(b)))?;
    let resolution = members.iter().map(|cell| cells[*cell].resolution).fold(0.0, f64::max);
    let tolerance = tolerance(seconds(&best), resolution);
    let good = members.iter().filter(|cell| seconds(cell) - seconds(&best) <= tolerance);
    // Of two with the same capacity the faster one.
    let choice = *good.min_by(|a, b| {
        let by_capacity = capacity(**a).unwrap_or(0.0).total_cmp(&capacity(**b).unwrap_or(0.0));
        by_capacity.then(seconds(a).total_cmp(&seconds(b)))
    })?;
    let slower = seconds(&choice) - seconds(&best);
    let reason = match members {
        [_] => Reason::OnlyOne,
        _ if slower <= seconds(&best) * WITHIN => Reason::Within5Percent,
        _ => Reason::WithinResolution,
    };
    let single = cells[choice].n() < 2 || cells[best].n() < 2;
    let proven = match reason {
        _ if single => None,
        _ if choice == best => Some(true),
        _ => ratio_of_means(&cells[choice].duration.summary, &cells[best].duration.summary)
            .and_then(|ratio| ratio.interval95)
            .map(|(_, high)| high <= 1.0 + WITHIN),
    };
    let ratio = seconds(&choice) / seconds(&best);
    Some(SweetSpot { at, choice, best, resolution, slower, ratio, reason, proven })
}
