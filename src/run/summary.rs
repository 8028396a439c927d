//! What is left on the ordinary screen when a session has ended.

use std::time::Duration;

use crate::journal::Recovery;
use crate::model::printable;
use crate::session::{Session, TrialFigures, TrialState};
use crate::units::{BitsPerSec, Bytes, Stopwatch};

/// So many of what is called so: `1 sample`, `2 samples`.
pub fn counted(number: u64, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

/// How a session is kept.
pub enum Keeping {
    /// In the file of this name.
    File(String),
    /// By whoever has read it.
    Stream,
    /// Not at all.
    Nowhere,
}

/// How much was recorded, and where.
pub fn recorded(session: &Session, keeping: &Keeping) -> String {
    let (length, samples) = (Stopwatch(session.at()), counted(session.samples(), "sample"));
    match keeping {
        Keeping::File(path) => format!("recorded {length}, {samples}: {path}\n"),
        Keeping::Stream => format!("recorded {length}, {samples}\n"),
        Keeping::Nowhere => format!("{length}, {samples}; not recorded\n"),
    }
}

/// A line for each trial, so that leaving does not lose their figures.
pub fn trials(session: &Session) -> String {
    let open = session.open_trial().map(|trial| {
        let time = Stopwatch(trial.duration(session.at()));
        format!("trial {} was not stopped; it had run {time}\n", trial.number)
    });
    let ended = session.trials().iter().filter(|trial| trial.state != TrialState::Open);
    ended
        .filter_map(|trial| {
            let figures = trial.figures.as_ref()?;
            let bytes = Bytes(figures.bytes[figures.direction]);
            let marked = bytes.over(trial.duration(session.at())).map(|rate| rate.0);
            let rate = |rate: Option<f64>| {
                rate.map_or_else(|| "-".to_owned(), |rate| BitsPerSec(rate).to_string())
            };
            let factors = trial.factors.iter().fold(String::new(), |text, (key, value)| {
                text + " " + &printable(key) + "=" + &printable(value)
            });
            let active = while_active(figures, trial.duration(session.at()));
            let how = match trial.state {
                TrialState::Open | TrialState::Finished => "",
                TrialState::Cancelled => ", given up",
                TrialState::Failed => ", failed",
            };
            Some(format!(
                "trial {}{how}: {} {}  {}  {}  mean {}{active}  peak({:.0} s) {}{}{factors}\n",
                trial.number,
                printable(&figures.subject),
                figures.direction.label(),
                Stopwatch(trial.duration(session.at())),
                bytes,
                rate(figures.mean.or(marked)),
                figures.peak_window.as_secs_f64(),
                rate(figures.peak),
                if figures.impossible { " (more than the wire can carry)" } else { "" },
            ))
        })
        .chain(open)
        .collect()
}

/// Of what time a mean is, where that is not the trial's: ` of 00:05.2 active`.
pub fn while_active(figures: &TrialFigures, marked: Duration) -> String {
    let active = figures.shorter_active(marked).map(Stopwatch);
    active.map_or_else(String::new, |active| format!(" of {active} active"))
}

/// What was left out of a recording, in a line; nothing when nothing was.
pub fn recovery(recovery: &Recovery) -> Option<String> {
    let torn = (recovery.torn_bytes > 0)
        .then(|| format!("the last {} bytes are torn and left out", recovery.torn_bytes));
    let skipped = recovery.skipped.first().map(|first| {
        let places = counted(recovery.skipped.len() as u64, "damaged place");
        let (line, offset) = (first.line, first.offset);
        format!("read around {places}, the first at line {line}, byte {offset}")
    });
    let parts: Vec<String> = skipped.into_iter().chain(torn).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
