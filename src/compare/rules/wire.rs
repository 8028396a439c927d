//! What the rates say about the wire.

use super::{Found, at, by_configuration, trials};
use crate::compare::finding::{AbovePeak, Finding, Weight, What};
use crate::compare::outcome::Outcome;
use crate::compare::study::Study;
use crate::known::limits::LIMITS;
use crate::session::FULL;

/// A plateau is flat when its median is at least this share of its 95th percentile, and its mean
/// this.
const FLAT_MEDIAN: f64 = 0.97;
const FLAT_MEAN: f64 = 0.9;

/// A peak that the wire can carry, by what counters can show.
fn used(outcome: &Outcome) -> Option<f64> {
    outcome.utilisation().filter(|_| !outcome.impossible)
}

fn is_full(outcome: &Outcome) -> bool {
    used(outcome).is_some_and(|used| used >= FULL)
}

pub fn above_attainable(study: &Study) -> Found {
    let finding = |(configuration, cells): (&super::super::Configuration, Vec<usize>)| {
        let mut peaks = Vec::new();
        let (mut about, mut whose) = (Vec::new(), Vec::new());
        for cell in &cells {
            for trial in &study.cells[*cell].trials {
                let outcome = &study.trials[*trial];
                let (Some(peak), Some(of_attainable), true) =
                    (outcome.peak, outcome.utilisation(), outcome.impossible)
                else {
                    continue;
                };
                let of_line_rate = outcome.line_rate.map(|rate| peak / rate);
                let at = at(study, *cell);
                peaks.push(AbovePeak { at, peak_bits_per_s: peak, of_line_rate, of_attainable });
                about.push(*trial);
                if whose.last() != Some(cell) {
                    whose.push(*cell);
                }
            }
        }
        let of = trials(study, &cells).len();
        let what = What::AboveAttainable { configuration: configuration.name.clone(), peaks, of };
        (!about.is_empty()).then_some(Finding {
            weight: Weight::Error,
            trials: about,
            cells: whose,
            what,
        })
    };
    by_configuration(study).filter_map(finding).collect()
}

pub fn saturated(study: &Study) -> Found {
    let finding = |(configuration, cells): (&super::super::Configuration, Vec<usize>)| {
        let full = |cell: &usize| {
            study.cells[*cell].trials.iter().any(|trial| is_full(&study.trials[*trial]))
        };
        let full_cells: Vec<usize> = cells.iter().copied().filter(full).collect();
        let mut about = trials(study, &full_cells);
        about.retain(|trial| is_full(&study.trials[*trial]));
        let peaks: Vec<f64> = about.iter().filter_map(|t| used(&study.trials[*t])).collect();
        let shares: Vec<f64> = about.iter().filter_map(|t| study.trials[*t].saturated).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let what = What::Saturated {
            configuration: configuration.name.clone(),
            loads: full_cells.iter().map(|cell| at(study, *cell)).collect(),
            every_load: full_cells.len() == cells.len(),
            lowest: peaks.iter().copied().fold(f64::INFINITY, f64::min),
            highest: peaks.iter().copied().fold(0.0, f64::max),
            saturated_share: (!shares.is_empty()).then_some(mean),
        };
        (!about.is_empty()).then_some(Finding {
            weight: Weight::Info,
            trials: about,
            cells: full_cells,
            what,
        })
    };
    by_configuration(study).filter_map(finding).collect()
}

pub fn not_link_bound(study: &Study) -> Found {
    let finding = |(configuration, cells): (&super::super::Configuration, Vec<usize>)| {
        // Where a peak is not known, or cannot be, there is nothing to conclude; nor where what was
        // left of a team may have been full.
        let roomy = |outcome: &Outcome| {
            outcome.link_changes == 0 && used(outcome).is_some_and(|used| used < FULL)
        };
        let had_room =
            |cell: &usize| study.cells[*cell].trials.iter().all(|t| roomy(&study.trials[*t]));
        let roomy: Vec<usize> = cells.iter().copied().filter(had_room).collect();
        let about = trials(study, &roomy);
        let highest = about.iter().filter_map(|t| used(&study.trials[*t])).fold(0.0, f64::max);
        let what = What::NotLinkBound {
            configuration: configuration.name.clone(),
            loads: roomy.iter().map(|cell| at(study, *cell)).collect(),
            every_load: roomy.len() == cells.len(),
            highest,
        };
        (!roomy.is_empty()).then_some(Finding {
            weight: Weight::Info,
            trials: about,
            cells: roomy,
            what,
        })
    };
    by_configuration(study).filter_map(finding).collect()
}

/// The rate of a flat plateau below the wire's limit.
fn plateau(outcome: &Outcome) -> Option<f64> {
    let (median, high) = match (outcome.p50, outcome.p95) {
        (Some(median), Some(high)) => (median, high),
        // A table has no samples: mean and peak stand in for them.
        _ => (outcome.mean?, outcome.peak?),
    };
    let flat = median >= high * FLAT_MEDIAN && outcome.mean? >= high * FLAT_MEAN;
    (flat && !is_full(outcome) && !outcome.impossible).then_some(median)
}

pub fn cap_plateau(study: &Study) -> Found {
    let mut found: Vec<Finding> = Vec::new();
    for (configuration, cells) in by_configuration(study) {
        for cell in cells {
            let migrations = study.cells[cell].flows();
            for trial in &study.cells[cell].trials {
                let near = plateau(&study.trials[*trial])
                    .and_then(|rate| Some((rate, LIMITS.near(rate, migrations)?)));
                let Some((rate, near)) = near else { continue };
                let place = at(study, cell);
                let known = found.iter_mut().find(|finding| {
                    matches!(&finding.what, What::CapPlateau { configuration: c, cap, times, .. }
                        if (c, cap, *times) == (&configuration.name, &near.cap.name, near.times))
                });
                if let Some(Finding { trials, cells, what, .. }) = known {
                    trials.push(*trial);
                    if let (What::CapPlateau { loads, .. }, true) = (what, !cells.contains(&cell)) {
                        loads.push(place);
                        cells.push(cell);
                    }
                    continue;
                }
                let what = What::CapPlateau {
                    configuration: configuration.name.clone(),
                    loads: vec![place],
                    plateau_bits_per_s: rate,
                    cap: near.cap.name.clone(),
                    cap_bits_per_s: near.cap.rate(),
                    times: near.times,
                    remedy: near.cap.remedy.clone(),
                    source: near.cap.source.clone(),
                };
                let (trials, cells) = (vec![*trial], vec![cell]);
                found.push(Finding { weight: Weight::Warning, trials, cells, what });
            }
        }
    }
    // Several caps at once are told from chance by scaling with the load.
    let seen: Vec<(String, String, u32)> = found
        .iter()
        .filter_map(|finding| match &finding.what {
            What::CapPlateau { configuration, cap, times, .. } => {
                Some((configuration.clone(), cap.clone(), *times))
            }
            _ => None,
        })
        .collect();
    found.retain(|finding| match &finding.what {
        What::CapPlateau { cap, times, configuration, .. } if *times > 1 => {
            let scales = |(name, of, n): &(String, String, u32)| {
                (name, of) == (configuration, cap) && n != times
            };
            seen.iter().any(scales)
        }
        _ => true,
    });
    found
}
