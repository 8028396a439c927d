//! What a running session answers on its control socket.

use std::time::Duration;

use crate::control::{InterfaceCounters, Marked, RunningTrial, Status};
use crate::model::{Counts, Mark, MarkKind};
use crate::session::Session;

/// A mark that was set, with the counters it was set at.
pub fn marked(session: &Session, name: &str, mark: &Mark, absolute: &[Counts]) -> Marked {
    let ended = matches!(mark.kind, MarkKind::Stop | MarkKind::Cancel);
    let trial = session.trials().iter().rfind(|trial| Some(trial.number) == mark.trial);
    let counters = absolute.iter().filter_map(|counts| {
        let interface = session.interface(counts.id)?.facts.name.clone();
        Some(InterfaceCounters { interface, rx_bytes: counts.bytes.rx, tx_bytes: counts.bytes.tx })
    });
    Marked {
        kind: mark.kind,
        trial: mark.trial,
        at_ns: mark.at.as_nanos() as u64,
        time: time(session, mark.at),
        session: name.to_owned(),
        duration_s: trial.filter(|_| ended).map(|t| t.duration(mark.at).as_secs_f64()),
        counters: counters.collect(),
    }
}

/// Wall clock at an instant of the session, RFC 3339 in UTC.
fn time(session: &Session, at: Duration) -> String {
    let started = session.header().and_then(|header| header.started.parse().ok());
    let started: jiff::Timestamp = started.unwrap_or_default();
    // A time beyond what a calendar holds is not one that anybody lives to see.
    let time = started.checked_add(at).unwrap_or(started);
    format!("{time:.6}")
}

/// How a session is recorded.
pub struct Recorded {
    /// The file.
    pub file: Option<String>,
    /// It is being recorded now.
    pub recording: bool,
    /// Why it is not.
    pub trouble: Option<String>,
}

/// What the session is doing.
pub fn status(session: &Session, name: &str, recorded: Recorded, missed: u64) -> Status {
    let header = session.header();
    let of_header = |field: fn(&crate::model::Header) -> &String| {
        header.map_or_else(String::new, |header| field(header).clone())
    };
    let subject = session.subject();
    let rates = subject.as_ref().and_then(|s| session.figures(s)).and_then(|f| f.second);
    Status {
        session: name.to_owned(),
        pid: std::process::id(),
        host: of_header(|header| &header.host),
        id: of_header(|header| &header.id),
        file: recorded.file,
        recording: recorded.recording,
        trouble: recorded.trouble,
        started: of_header(|header| &header.started),
        at_ns: session.at().as_nanos() as u64,
        samples: session.samples(),
        missed,
        subject: subject.map(|subject| session.name_of(&subject).to_owned()),
        rx_bits_per_s: rates.map(|rates| rates.rx),
        tx_bits_per_s: rates.map(|rates| rates.tx),
        trial: session.open_trial().map(|trial| RunningTrial {
            number: trial.number,
            seconds: trial.duration(session.at()).as_secs_f64(),
            factors: trial.factors.clone(),
        }),
        trials: session.trials().len() as u32,
        version: concat!("migtop ", env!("CARGO_PKG_VERSION")).into(),
    }
}
