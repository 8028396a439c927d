//! What to choose: the smallest that is enough, what larger ones bring, what no link shortens.

use std::collections::BTreeMap;

use super::{Found, at, trials};
use crate::compare::cells::Cell;
use crate::compare::finding::{Choice, Finding, Gain, Weight, What};
use crate::compare::pairs::Comparison;
use crate::compare::study::Study;
use crate::compare::sweet_spots::{Reason, SweetSpot, WITHIN, is_within, tolerance};
use crate::compare::words::place;

/// More findings of one kind than this are no conclusions any more.
const MOST: usize = 40;

/// One finding for each configuration that is a sweet spot somewhere.
pub fn sweet_spots(study: &Study) -> Found {
    let real: Vec<_> = study.sweet_spots.iter().filter(|s| s.reason != Reason::OnlyOne).collect();
    let mut by_choice: BTreeMap<(usize, bool), Vec<&SweetSpot>> = BTreeMap::new();
    for spot in &real {
        let key = (study.cells[spot.choice].rank, spot.has_larger);
        by_choice.entry(key).or_default().push(spot);
    }
    let finding = |((rank, has_larger), spots): ((usize, bool), Vec<&SweetSpot>)| {
        let choice = |spot: &&SweetSpot| Choice {
            at: at(study, spot.choice),
            slower_s: spot.slower,
            reason: spot.reason.word(),
        };
        let cells: Vec<usize> = spots.iter().map(|spot| spot.choice).collect();
        let proven: Option<Vec<bool>> = spots.iter().map(|spot| spot.proven).collect();
        let what = What::SweetSpot {
            configuration: study.configurations[rank].name.clone(),
            loads: spots.iter().map(choice).collect(),
            every_load: spots.len() == real.len(),
            largest: !has_larger,
            resolution_s: spots.iter().map(|spot| spot.resolution).fold(0.0, f64::max),
            proven: proven.map(|proven| proven.iter().all(|proven| *proven)),
        };
        Finding { weight: Weight::Info, trials: trials(study, &cells), cells, what }
    };
    by_choice.into_iter().map(finding).collect()
}

/// Two configurations at one load, the slower or smaller one first.
struct Pair<'a> {
    comparison: &'a Comparison,
    from: usize,
    to: usize,
}

impl Pair<'_> {
    fn ranks(&self, study: &Study) -> (usize, usize) {
        (study.cells[self.from].rank, study.cells[self.to].rank)
    }

    fn gain(&self, study: &Study) -> Gain {
        let (from, to) = (study.cells[self.from].seconds(), study.cells[self.to].seconds());
        Gain { at: at(study, self.to), shorter_s: from - to, ratio: to / from }
    }

    fn is_single(&self, study: &Study) -> bool {
        study.cells[self.from].n() < 2 || study.cells[self.to].n() < 2
    }
}

/// Differences that are told apart where capacities are not known.
pub fn faster(study: &Study) -> Found {
    let capacity = |cell: usize| study.configurations[study.cells[cell].rank].capacity;
    let mut pairs: BTreeMap<(usize, usize), Vec<Pair<'_>>> = BTreeMap::new();
    for comparison in &study.comparisons {
        let (a, b) = (comparison.baseline, comparison.candidate);
        let known = capacity(a).is_some() && capacity(b).is_some();
        if known || comparison.distinguishable() != Some(true) {
            continue;
        }
        let slower_first = study.cells[a].seconds() >= study.cells[b].seconds();
        let (from, to) = if slower_first { (a, b) } else { (b, a) };
        let pair = Pair { comparison, from, to };
        pairs.entry(pair.ranks(study)).or_default().push(pair);
    }
    let finding = |((slow, fast), pairs): ((usize, usize), Vec<Pair<'_>>)| {
        let name = |rank: usize| study.configurations[rank].name.clone();
        let cells: Vec<usize> = pairs.iter().flat_map(|pair| [pair.from, pair.to]).collect();
        let loads = pairs.iter().map(|pair| pair.gain(study)).collect();
        let what = What::Faster { baseline: name(slow), candidate: name(fast), loads };
        Finding { weight: Weight::Info, trials: trials(study, &cells), cells, what }
    };
    pairs.into_iter().take(MOST).map(finding).collect()
}

/// A larger capacity that is not faster, for each pair; single runs by themselves.
pub fn no_gain(study: &Study) -> Found {
    let capacity = |cell: usize| study.configurations[study.cells[cell].rank].capacity;
    let mut all: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut pairs: BTreeMap<(usize, usize, bool), Vec<Pair<'_>>> = BTreeMap::new();
    for comparison in &study.comparisons {
        let (a, b) = (comparison.baseline, comparison.candidate);
        let (from, to) = match (capacity(a), capacity(b)) {
            (Some(x), Some(y)) if x < y => (a, b),
            (Some(x), Some(y)) if x > y => (b, a),
            _ => continue,
        };
        let pair = Pair { comparison, from, to };
        *all.entry(pair.ranks(study)).or_default() += 1;
        if !gains(study, &pair) {
            let (small, large) = pair.ranks(study);
            pairs.entry((small, large, pair.is_single(study))).or_default().push(pair);
        }
    }
    let finding = |((small, large, single_runs), pairs): ((usize, usize, bool), Vec<Pair<'_>>)| {
        let name = |rank: usize| study.configurations[rank].name.clone();
        let cells: Vec<usize> = pairs.iter().flat_map(|pair| [pair.from, pair.to]).collect();
        let what = What::NoGain {
            baseline: name(small),
            candidate: name(large),
            loads: pairs.iter().map(|pair| pair.gain(study)).collect(),
            every_load: all.get(&(small, large)) == Some(&pairs.len()),
            single_runs,
        };
        let weight = if single_runs { Weight::Info } else { Weight::Warning };
        Finding { weight, trials: trials(study, &cells), cells, what }
    };
    pairs.into_iter().take(MOST).map(finding).collect()
}

/// The larger one is shorter by more than 5 % and the resolution, or told apart as shorter.
fn gains(study: &Study, pair: &Pair<'_>) -> bool {
    let (smaller, larger) = (&study.cells[pair.from], &study.cells[pair.to]);
    let shorter = smaller.seconds() - larger.seconds();
    let resolution = smaller.resolution.max(larger.resolution);
    let tolerance = tolerance(smaller.seconds(), resolution);
    let told_apart = pair.comparison.distinguishable() == Some(true) && shorter > 0.0;
    told_apart || !is_within(shorter, tolerance, smaller.seconds())
}

/// The load from which on the mean rate no longer rises.
pub fn knee(study: &Study) -> Found {
    let mut first = 0;
    let mut found = Vec::new();
    for cells in study.cells.chunk_by(Cell::is_like) {
        let numbers: Vec<usize> = (first..first + cells.len()).collect();
        first += cells.len();
        found.extend(knee_of(study, &numbers));
    }
    found
}

fn knee_of(study: &Study, cells: &[usize]) -> Option<Finding> {
    let rate = |cell: &usize| {
        let cell = &study.cells[*cell];
        cell.amount.and(cell.mean.as_ref()).map(|spread| spread.summary.mean)
    };
    let rates: Vec<f64> = cells.iter().map(rate).collect::<Option<_>>()?;
    let best = rates.iter().copied().fold(0.0, f64::max);
    let knee = rates.iter().position(|rate| *rate >= best * (1.0 - WITHIN))?;
    // It rises up to it, and there is something behind it.
    if rates.len() < 3 || knee == 0 || knee + 1 == rates.len() {
        return None;
    }
    let decline = (knee + 1..rates.len()).find(|i| rates[*i] < rates[knee] * (1.0 - WITHIN));
    let cell = &study.cells[cells[knee]];
    let capacity = cell.trials.iter().find_map(|trial| study.trials[*trial].attainable);
    let what = What::Knee {
        configuration: cell.configuration.clone(),
        at: at(study, cells[knee]),
        rate_bits_per_s: rates[knee],
        of_attainable: capacity.map(|capacity| rates[knee] / capacity),
        decline_at: decline.map(|i| at(study, cells[i])),
        decline_bits_per_s: decline.map(|i| rates[i]),
    };
    let cells = vec![cells[knee]];
    Some(Finding { weight: Weight::Info, trials: trials(study, &cells), cells, what })
}

/// A fixed part is told from this share of the shortest runs on.
const WORTH_TELLING: f64 = 0.1;
/// A line through fewer runs proves no fixed part.
const LEAST_RUNS: usize = 5;

/// A part of the time that is sure to be more than nothing at no load at all.
pub fn fixed_cost(study: &Study) -> Found {
    let mut cell_of = vec![0; study.trials.len()];
    for (number, cell) in study.cells.iter().enumerate() {
        for trial in &cell.trials {
            cell_of[*trial] = number;
        }
    }
    let finding =
        |model: &super::super::TimeModel| {
            let fixed = model.line.intercept;
            let (low, high) = fixed.interval95.filter(|_| model.line.n >= LEAST_RUNS)?;
            let at_least = model.line.predict(model.measured().0)?.value;
            let named = model.at.len() > 1 || model.configuration.is_empty();
            let what = What::FixedCost {
                configuration: if named { place(&model.at) } else { model.configuration.clone() },
                fixed_s: fixed.value,
                fixed_ci95: (low, high),
                share_at_least_load: fixed.value / at_least,
            };
            let trials: Vec<usize> = model.points.iter().map(|(trial, ..)| *trial).collect();
            let mut cells: Vec<usize> = trials.iter().map(|trial| cell_of[*trial]).collect();
            cells.dedup();
            (low > 0.0 && model.grows() && fixed.value >= at_least * WORTH_TELLING)
                .then_some(Finding { weight: Weight::Info, trials, cells, what })
        };
    study.models.iter().filter_map(finding).take(MOST).collect()
}
