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
    /// A larger capacity was measured there.
    pub has_larger: bool,
    /// The upper end of the 95 % interval of its ratio to the best is at most 1.05; of the best one
    /// itself, to every larger capacity. `None` for single runs, and without an interval.
    pub proven: Option<bool>,
}

/// How much longer than `seconds` is as good.
pub fn tolerance(seconds: f64, resolution: f64) -> f64 {
    (seconds * WITHIN).max(resolution)
}

/// Whether `difference` is no more than `tolerance`, both found by taking decimal figures of about
/// `seconds` from each other, which rounds.
pub fn is_within(difference: f64, tolerance: f64, seconds: f64) -> bool {
    difference <= tolerance + seconds * 1e-9
}

/// One for each load, and each combination of the other factors, of which all capacities are known;
/// none without configurations: elsewhere none is the smallest.
pub fn sweet_spots(
    cells: &[Cell],
    axes: &Axes,
    configurations: &[Configuration],
) -> Vec<SweetSpot> {
    if axes.configuration.is_none() {
        return Vec::new();
    }
    let capacity = |cell: usize| configurations.get(cells[cell].rank)?.capacity;
    let known = |members: &Vec<usize>| members.iter().all(|cell| capacity(*cell).is_some());
    let mut spots: Vec<SweetSpot> = groups(cells, axes)
        .into_iter()
        .filter(|(_, members)| known(members))
        .filter_map(|(at, members)| {
            let capacity = |cell: usize| capacity(cell).unwrap_or_default();
            sweet_spot(cells, at, &members, capacity)
        })
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
    capacity: impl Fn(usize) -> f64,
) -> Option<SweetSpot> {
    let seconds = |cell: &usize| cells[*cell].seconds();
    let best = *members.iter().min_by(|a, b| seconds(a).total_cmp(&seconds(b)))?;
    let resolution = members.iter().map(|cell| cells[*cell].resolution).fold(0.0, f64::max);
    let within = |cell: &usize, tolerance: f64| {
        is_within(seconds(cell) - seconds(&best), tolerance, seconds(&best))
    };
    let good = members.iter().filter(|cell| within(cell, tolerance(seconds(&best), resolution)));
    // Of two with the same capacity the faster one.
    let choice = *good.min_by(|a, b| {
        let by_capacity = capacity(**a).total_cmp(&capacity(**b));
        by_capacity.then(seconds(a).total_cmp(&seconds(b)))
    })?;
    let reason = match members {
        [_] => Reason::OnlyOne,
        _ if within(&choice, seconds(&best) * WITHIN) => Reason::Within5Percent,
        _ => Reason::WithinResolution,
    };
    let larger = members.iter().copied().filter(|cell| capacity(*cell) > capacity(choice));
    let larger: Vec<usize> = larger.collect();
    let against = if choice == best { &larger[..] } else { &[best] };
    Some(SweetSpot {
        at,
        choice,
        best,
        resolution,
        slower: seconds(&choice) - seconds(&best),
        ratio: seconds(&choice) / seconds(&best),
        reason,
        has_larger: !larger.is_empty(),
        proven: proven(cells, choice, against),
    })
}

/// Whether the runs show that the choice takes no more than 5 % longer than any of the others.
fn proven(cells: &[Cell], choice: usize, others: &[usize]) -> Option<bool> {
    let summary = |cell: usize| &cells[cell].duration.summary;
    if cells[choice].n() < 2 {
        return None;
    }
    let mut proven = true;
    for other in others {
        let (_, high) = ratio_of_means(summary(choice), summary(*other))?.interval95?;
        proven &= high <= 1.0 + WITHIN;
    }
    Some(proven)
}
