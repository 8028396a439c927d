//! What a team's members say.

use super::{Found, at, by_configuration, cell_name, trials};
use crate::compare::finding::{Finding, Weight, What};
use crate::compare::study::Study;
use crate::known::limits::LIMITS;

/// A member with this share of the bytes has carried them alone.
const ALONE: f64 = 0.9;
/// Members with a Jain's index below this carry unlike shares: 75 % and 25 % have 0.8.
const UNEVEN: f64 = 0.8;

/// No trial with two or more flows needed more than one member.
pub fn single_member(study: &Study) -> Found {
    let mut about: Vec<usize> = Vec::new();
    let mut cells_about = Vec::new();
    let mut configurations = Vec::new();
    let mut highest: Option<(f64, String)> = None;
    for (configuration, cells) in by_configuration(study).filter(|(c, _)| c.is_team()) {
        // Without a count of flows only members that were read can tell.
        let several = |cell: &usize| {
            let trials = &study.cells[*cell].trials;
            let flows = match study.cells[*cell].flows() {
                Some(flows) => flows > 1,
                None => trials.iter().all(|t| busiest(study, *t).is_some()),
            };
            flows && trials.iter().all(|trial| study.trials[*trial].is_spread())
        };
        let cells: Vec<usize> = cells.into_iter().filter(several).collect();
        let mut most: Option<(f64, String)> = None;
        let needed_one = trials_in(study, &cells).all(|(cell, trial)| {
            let outcome = &study.trials[trial];
            let used = outcome.peak.zip(outcome.member_attainable).filter(|_| !outcome.impossible);
            let Some(used) = used.map(|(peak, one)| peak / one) else { return false };
            if most.as_ref().is_none_or(|(most, _)| used > *most) {
                most = Some((used, cell_name(study, cell)));
            }
            used <= 1.0
        });
        if let (true, Some(most)) = (needed_one && !cells.is_empty(), most) {
            configurations.push(configuration.name.clone());
            about.extend(trials(study, &cells));
            cells_about.extend(cells);
            if highest.as_ref().is_none_or(|highest| most.0 > highest.0) {
                highest = Some(most);
            }
        }
    }
    let Some((highest, at)) = highest else { return Vec::new() };
    let shares: Option<Vec<f64>> = about.iter().map(|trial| busiest(study, *trial)).collect();
    let one_carried = shares
        .and_then(|shares| shares.into_iter().reduce(f64::min))
        .filter(|share| *share >= ALONE);
    let weight = if one_carried.is_some() { Weight::Warning } else { Weight::Info };
    let what = What::SingleMember { configurations, highest, at: at.trim().into(), one_carried };
    vec![Finding { weight, trials: about, cells: cells_about, what }]
}

/// The largest share that a member had of a trial's bytes.
fn busiest(study: &Study, trial: usize) -> Option<f64> {
    study.trials[trial].members.iter().filter_map(|member| member.share).reduce(f64::max)
}

fn trials_in<'a>(
    study: &'a Study,
    cells: &'a [usize],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    cells.iter().flat_map(|cell| study.cells[*cell].trials.iter().map(|trial| (*cell, *trial)))
}

/// Members that carry unlike shares, where there was more than one flow.
pub fn imbalance(study: &Study) -> Found {
    let finding = |cell: usize| {
        let flows = study.cells[cell].flows();
        if flows == Some(1) {
            return None;
        }
        let mut trials = study.cells[cell].trials.clone();
        trials.retain(|trial| study.trials[*trial].is_spread());
        let outcomes = trials.iter().map(|trial| &study.trials[*trial]);
        let balance = mean(outcomes.clone().filter_map(|outcome| outcome.balance))?;
        let shares = trials.iter().filter_map(|t| busiest(study, *t));
        let busiest = mean(shares)?;
        let links = outcomes.filter_map(|outcome| outcome.links).max()?;
        let expected = flows.and_then(|flows| LIMITS.hashed(flows, links)).map(|e| e.busiest);
        let what = What::Imbalance {
            configuration: study.cells[cell].configuration.clone(),
            at: at(study, cell),
            balance,
            busiest,
            expected,
            flows,
            links,
        };
        let cells = vec![cell];
        (balance < UNEVEN).then_some(Finding { weight: Weight::Warning, trials, cells, what })
    };
    (0..study.cells.len()).filter_map(finding).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0u32, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| sum / f64::from(n))
}
