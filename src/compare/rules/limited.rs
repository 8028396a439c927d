//! What limited trials besides the link, by what the kernel says of connections and cores.

use super::{Found, at, by_configuration, trials};
use crate::compare::finding::{Finding, Weight, What};
use crate::compare::outcome::Outcome;
use crate::compare::study::Study;
use crate::session::{Limit, Limits};

/// What is told here: links, members and caps have rules of their own, from the rates.
const TOLD: [(Limit, Weight); 4] = [
    (Limit::Sender, Weight::Info),
    (Limit::Receiver, Weight::Warning),
    (Limit::Path, Weight::Warning),
    (Limit::Core, Weight::Warning),
];

pub fn limited(study: &Study) -> Found {
    let each = |(configuration, cells): (&super::super::Configuration, Vec<usize>)| {
        TOLD.map(|(limit, weight)| finding(study, &configuration.name, &cells, limit, weight))
    };
    by_configuration(study).flat_map(each).flatten().collect()
}

fn finding(
    study: &Study,
    configuration: &str,
    cells: &[usize],
    limit: Limit,
    weight: Weight,
) -> Option<Finding> {
    let is = |trial: &usize| verdict(&study.trials[*trial]) == Some(limit);
    let limited = |cell: &usize| study.cells[*cell].trials.iter().any(is);
    let found: Vec<usize> = cells.iter().copied().filter(limited).collect();
    let mut about = trials(study, &found);
    about.retain(is);
    let outcomes = || about.iter().map(|trial| &study.trials[*trial]);
    let mean = |of: fn(&Limits) -> Option<f64>| {
        let values: Vec<f64> = outcomes().filter_map(|o| of(o.limits.as_ref()?)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let shares: f64 = outcomes().filter_map(|outcome| Some(outcome.limits?.share(limit))).sum();
    let what = What::Limited {
        limit: limit.code(),
        configuration: configuration.to_owned(),
        loads: found.iter().map(|cell| at(study, *cell)).collect(),
        every_load: found.len() == cells.len(),
        share: shares / about.len() as f64,
        busy: mean(Limits::busy),
        window_limited: mean(Limits::window_limited),
        core: mean(Limits::core),
        retransmissions: outcomes().map(|outcome| outcome.retransmissions).sum(),
    };
    (!about.is_empty()).then_some(Finding { weight, trials: about, cells: found, what })
}

fn verdict(outcome: &Outcome) -> Option<Limit> {
    outcome.limits.and_then(|limits| limits.verdict())
}
