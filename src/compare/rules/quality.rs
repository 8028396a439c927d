//! What touches the figures themselves.

use std::collections::BTreeSet;

use super::Found;
use crate::compare::Outcome;
use crate::compare::cells::windows_differ;
use crate::compare::finding::{Finding, Weight, What};
use crate::compare::study::Study;

/// Background of this share of what a trial carries is worth a word.
const BACKGROUND: f64 = 0.05;

/// The trials that count and of which something holds, with their cells.
fn about(study: &Study, holds: impl Fn(&Outcome) -> bool) -> (Vec<usize>, Vec<usize>) {
    let (mut trials, mut cells) = (Vec::new(), BTreeSet::new());
    for (number, cell) in study.cells.iter().enumerate() {
        for trial in cell.trials.iter().filter(|trial| holds(&study.trials[**trial])) {
            trials.push(*trial);
            cells.insert(number);
        }
    }
    (trials, cells.into_iter().collect())
}

fn finding(
    study: &Study,
    weight: Weight,
    holds: impl Fn(&Outcome) -> bool,
    what: impl Fn(&[&Outcome]) -> What,
) -> Found {
    let (trials, cells) = about(study, holds);
    let outcomes: Vec<&Outcome> = trials.iter().map(|trial| &study.trials[*trial]).collect();
    if outcomes.is_empty() {
        return Vec::new();
    }
    let what = what(&outcomes);
    vec![Finding { weight, trials, cells, what }]
}

/// Trials that were about a link that carried nothing.
pub fn no_traffic(study: &Study) -> Found {
    let idle = |outcome: &Outcome| outcome.moved == Some(0.0);
    finding(study, Weight::Warning, idle, |outcomes| {
        let subjects: BTreeSet<&str> =
            outcomes.iter().filter_map(|outcome| outcome.subject.as_deref()).collect();
        What::NoTraffic { subjects: subjects.into_iter().map(str::to_owned).collect() }
    })
}

pub fn background_traffic(study: &Study) -> Found {
    let share = |outcome: &Outcome| Some(outcome.background? / outcome.mean.filter(|m| *m > 0.0)?);
    let loud = |outcome: &Outcome| share(outcome).is_some_and(|share| share >= BACKGROUND);
    finding(study, Weight::Warning, loud, |outcomes| {
        let shares = outcomes.iter().filter_map(|outcome| Some((share(outcome)?, *outcome)));
        let most = shares.max_by(|a, b| a.0.total_cmp(&b.0));
        let (highest, background) =
            most.map_or((0.0, 0.0), |(share, o)| (share, o.background.unwrap_or(0.0)));
        What::BackgroundTraffic { highest, background_bits_per_s: background }
    })
}

/// Trials that may be about the wrong link.
pub fn wrong_interface(study: &Study) -> Found {
    let risen = |outcome: &Outcome| outcome.elsewhere.is_some();
    finding(study, Weight::Warning, risen, |outcomes| {
        let names = |of: fn(&Outcome) -> Option<&str>| {
            let names: BTreeSet<&str> = outcomes.iter().filter_map(|outcome| of(outcome)).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let all =
            outcomes.iter().filter_map(|outcome| Some((outcome.elsewhere.as_ref()?, outcome)));
        let most = all.clone().max_by(|a, b| a.0.mean.total_cmp(&b.0.mean));
        let of = |(other, outcome): (&crate::session::Elsewhere, &&Outcome)| {
            other.bytes as f64 / outcome.moved.unwrap_or(0.0).max(1.0)
        };
        What::WrongInterface {
            interfaces: names(|outcome| Some(&outcome.elsewhere.as_ref()?.interface)),
            subjects: names(|outcome| outcome.subject.as_deref()),
            highest_bits_per_s: most.map_or(0.0, |(other, _)| other.mean),
            background_bits_per_s: most.map_or(0.0, |(other, _)| other.background),
            of_subject: all.map(of).fold(0.0, f64::max),
        }
    })
}

pub fn link_change(study: &Study) -> Found {
    finding(
        study,
        Weight::Warning,
        |o| o.link_changes > 0,
        |outcomes| What::LinkChange {
            changes: outcomes.iter().map(|outcome| outcome.link_changes).sum(),
        },
    )
}

pub fn errors_or_drops(study: &Study) -> Found {
    let sum = |outcomes: &[&Outcome], of: fn(&Outcome) -> Option<u64>| {
        outcomes.iter().filter_map(|outcome| of(outcome)).sum()
    };
    let lost = |o: &Outcome| o.errors.unwrap_or(0) + o.drops.unwrap_or(0) > 0;
    finding(study, Weight::Warning, lost, |outcomes| What::ErrorsOrDrops {
        errors: sum(outcomes, |outcome| outcome.errors),
        drops: sum(outcomes, |outcome| outcome.drops),
    })
}

/// Late counters, and peaks that cannot be compared.
pub fn peaks(study: &Study) -> Found {
    let mut found = finding(study, Weight::Info, Outcome::is_late, |outcomes| {
        let cadence = outcomes.iter().filter_map(|outcome| outcome.cadence).max();
        What::SlowCounters { cadence_s: cadence.unwrap_or_default().as_secs_f64() }
    });
    let counting = || study.trials.iter().filter(|outcome| outcome.counts());
    if windows_differ(counting()) {
        found.extend(finding(
            study,
            Weight::Warning,
            |o| o.peak.is_some(),
            |outcomes| {
                let windows: BTreeSet<_> =
                    outcomes.iter().map(|outcome| outcome.peak_window).collect();
                let seconds = windows.into_iter().map(|window| window.map(|w| w.as_secs_f64()));
                What::WindowsDiffer { windows_s: seconds.collect() }
            },
        ));
    }
    found
}

pub fn gaps(study: &Study) -> Found {
    finding(
        study,
        Weight::Warning,
        |o| o.gaps > 0,
        |outcomes| What::Gap { gaps: outcomes.iter().map(|outcome| outcome.gaps).sum() },
    )
}
