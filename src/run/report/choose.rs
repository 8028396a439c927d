//! Which of the trials are compared: `--only`, `--drop`.

use std::collections::BTreeMap;

use crate::cli::args::ReportArgs;
use crate::compare::Outcome;
use crate::model::printable;

/// Trials named in a message at most.
const NAMED: usize = 12;

/// What cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No trial has such a factor.
    #[error("no trial has {asked}; {known}")]
    Only {
        /// As it was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// No trial is called so.
    #[error("there is no trial `{asked}` to drop; there is {known}")]
    Drop {
        /// As it was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A number stands for trials of several files.
    #[error("several trials have the number {asked}: {which}")]
    Ambiguous {
        /// As it was asked for.
        asked: String,
        /// Which it could be.
        which: String,
    },
    /// Not as many reasons as trials.
    #[error(
        "{drops} times --drop and {reasons} times --because: give one reason for each, or one for all"
    )]
    Reasons {
        /// Trials.
        drops: usize,
        /// Reasons.
        reasons: usize,
    },
    /// One file was named twice.
    #[error("{0} is given twice")]
    Twice(String),
    /// The same session stands in two files.
    #[error("{0} and {1} hold the same session")]
    SameSession(String, String),
    /// The trials tell nothing that could be drawn.
    #[error("there is nothing to draw: no trial is finished")]
    NoChart,
    /// The same table stands in two files.
    #[error("{0} and {1} hold the same table")]
    SameTable(String, String),
    /// The file's ending is not that of any form.
    #[error(
        "{0} ends in none of .txt, .md, .html, .csv, .json, .svg; --format says how it is written"
    )]
    Ending(String),
    /// The report would replace what it is made of.
    #[error("{0} is one of the files that are read; name another one with -o")]
    OntoInput(String),
}

/// Keeps what was asked for, and marks what was dropped.
///
/// # Errors
/// When nothing is left, or a trial is not there.
pub fn choose(outcomes: &mut Vec<Outcome>, asked: &ReportArgs) -> Result<(), Refusal> {
    keep_only(outcomes, &asked.only)?;
    let (drops, reasons) = (asked.drop.len(), asked.because.len());
    if drops > 0 && reasons != drops && reasons != 1 {
        return Err(Refusal::Reasons { drops, reasons });
    }
    for (place, name) in asked.drop.iter().enumerate() {
        let because = asked.because.get(place).or(asked.because.first());
        let number = find(outcomes, name)?;
        outcomes[number].excluded = true;
        outcomes[number].because = because.cloned();
    }
    Ok(())
}

fn keep_only(outcomes: &mut Vec<Outcome>, only: &[(String, String)]) -> Result<(), Refusal> {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in only {
        let known: Vec<_> = outcomes.iter().filter_map(|o| o.factors.get(key)).collect();
        if !known.contains(&value) {
            let asked = format!("{}={}", printable(key), printable(value));
            let mut values: Vec<_> = known.iter().map(|value| printable(value)).collect();
            values.sort_unstable();
            values.dedup();
            values.truncate(NAMED);
            let known = if values.is_empty() {
                format!("none has a factor {}", printable(key))
            } else {
                format!("{} is {}", printable(key), values.join(", "))
            };
            return Err(Refusal::Only { asked, known });
        }
        wanted.entry(key).or_default().push(value);
    }
    outcomes.retain(|outcome| {
        wanted.iter().all(|(key, values)| {
            outcome.factors.get(*key).is_some_and(|value| values.contains(&value.as_str()))
        })
    });
    Ok(())
}

/// By its id, or by its number where only one has it.
fn find(outcomes: &[Outcome], name: &str) -> Result<usize, Refusal> {
    if let Some(number) = outcomes.iter().position(|outcome| outcome.id == name) {
        return Ok(number);
    }
    let ending = format!("#{}", name.trim_start_matches('#'));
    let found: Vec<usize> =
        (0..outcomes.len()).filter(|i| outcomes[*i].id.ends_with(&ending)).collect();
    let ids = |numbers: &[usize]| {
        let ids: Vec<_> = numbers.iter().take(NAMED).map(|i| printable(&outcomes[*i].id)).collect();
        let more = if numbers.len() > NAMED { " and more" } else { "" };
        format!("{}{more}", ids.join(", "))
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let all: Vec<usize> = (0..outcomes.len()).collect();
            Err(Refusal::Drop { asked: printable(name).into_owned(), known: ids(&all) })
        }
        several => {
            Err(Refusal::Ambiguous { asked: printable(name).into_owned(), which: ids(several) })
        }
    }
}
