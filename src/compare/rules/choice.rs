//! What to choose: the smallest that is enough, what larger ones bring, what no link shortens.

use std::collections::BTreeMap;

use super::super::finding::{Choice, Finding, Gain, Weight, What};
use super::super::study::Study;
use super::super::sweet_spots::{Reason, WITHIN, tolerance};
use super::{Found, at, trials};

/// One finding for each configuration that is a sweet spot somewhere.
pub fn sweet_spots(study: &Study) -> Found {
    let real: Vec<_> = study.sweet_spots.iter().filter(|s| s.reason != Reason::OnlyOne).collect();
    let mut by_choice: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for spot in &real {
        let name = &study.cells[spot.choice].configuration;
        let place = study.configurations.iter().position(|c| &c.name == name);
        by_choice.entry(place.unwrap_or_default()).or_default().push(*spot);
    }
    let finding = |(place, spots): (usize, Vec<&super::super::SweetSpot>)| {
        let choice = |spot: &&super::super::SweetSpot| Choice {
            at: at(study, spot.choice),
            slower_s: spot.slower,
            reason: spot.reason.word(),
        };
        let cells: Vec<usize> = spots.iter().map(|spot| spot.choice).collect();
        let proven: Option<Vec<bool>> = spots.iter().map(|spot| spot.proven).collect();
        let what = What::SweetSpot {
            configuration: study.configurations[place].name.clone(),
            loads: spots.iter().map(choice).collect(),
            every_load: spots.len() == real.len(),
            largest: place + 1 == study.configurations.len(),
            resolution_s: spots.iter().map(|spot| spot.resolution).fold(0.0, f64::max),
            proven: proven.map(|proven| proven.iter().all(|proven| *proven)),
        };
        Finding { weight: Weight::Info, trials: trials(study, &cells), cells, what }
    };
    by_choice.into_iter().map(finding).collect()
}

/// A larger capacity that is no faster, for each pair.
pub fn no_gain(study: &Study) -> Found {
    let place = |cell: usize| {
        let name = &study.cells[cell].configuration;
        study.configurations.iter().position(|c| &c.name == name)
    };
    let capacity = |place: usize| study.configurations[place].capacity;
    let mut pairs: BTreeMap<(usize, usize), Vec<&super::super::Comparison>> = BTreeMap::new();
    for comparison in &study.comparisons {
        let (Some(a), Some(b)) = (place(comparison.baseline), place(comparison.candidate)) else {
            continue;
        };
        match (capacity(a), capacity(b)) {
            (Some(x), Some(y)) if x < y => pairs.entry((a, b)).or_default().push(comparison),
            (Some(x), Some(y)) if x > y => pairs.entry((b, a)).or_default().push(comparison),
            _ => {}
        }
    }
    let finding = |((small, large), all): ((usize, usize), Vec<&super::super::Comparison>)| {
        let name = |place: usize| study.configurations[place].name.clone();
        let mut loads = Vec::new();
        let mut cells = Vec::new();
        let mut single_runs = false;
        for comparison in &all {
            let (mut from, mut to) = (comparison.baseline, comparison.candidate);
            if study.cells[from].configuration != study.configurations[small].name {
                (from, to) = (to, from);
            }
            let (smaller, larger) = (&study.cells[from], &study.cells[to]);
            let shorter = smaller.seconds() - larger.seconds();
            let resolution = smaller.resolution.max(larger.resolution);
            let told_apart = comparison.distinguishable() == Some(true) && shorter > 0.0;
            if shorter > tolerance(smaller.seconds(), resolution) || told_apart {
                continue;
            }
            single_runs |= smaller.n() < 2 || larger.n() < 2;
            let ratio = larger.seconds() / smaller.seconds();
            loads.push(Gain { at: at(study, to), shorter_s: shorter, ratio });
            cells.extend([from, to]);
        }
        let weight = if single_runs { Weight::Info } else { Weight::Warning };
        let every_load = loads.len() == all.len();
        let (baseline, candidate) = (name(small), name(large));
        let none = loads.is_empty();
        let what = What::NoGain { baseline, candidate, loads, every_load, single_runs };
        (!none).then(|| Finding { weight, trials: trials(study, &cells), cells, what })
    };
    pairs.into_iter().filter_map(finding).collect()
}

/// The load from which on the mean rate no longer rises.
pub fn knee(study: &Study) -> Found {
    let alike = |a: &super::super::Cell, b: &super::super::Cell| {
        (&a.configuration, &a.others) == (&b.configuration, &b.others)
    };
    let mut first = 0;
    let mut found = Vec::new();
    for cells in study.cells.chunk_by(alike) {
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

/// A part of the time that is sure to be more than nothing at no load at all.
pub fn fixed_cost(study: &Study) -> Found {
    let finding = |model: &super::super::TimeModel| {
        let fixed = model.line.intercept;
        let (low, high) = fixed.interval95?;
        let at_least = model.line.predict(model.measured().0)?.value;
        let what = What::FixedCost {
            configuration: model.configuration.clone(),
            fixed_s: fixed.value,
            fixed_ci95: (low, high),
            share_at_least_load: fixed.value / at_least,
        };
        let trials: Vec<usize> = model.points.iter().map(|(trial, ..)| *trial).collect();
        let cells = (0..study.cells.len())
            .filter(|cell| study.cells[*cell].trials.iter().any(|trial| trials.contains(trial)))
            .collect();
        (low > 0.0 && model.line.slope.value > 0.0).then_some(Finding {
            weight: Weight::Info,
            trials,
            cells,
            what,
        })
    };
    study.models.iter().filter_map(finding).collect()
}
