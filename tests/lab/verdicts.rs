//! Verdicts of a recorded session against what is known to have limited it, second by second.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use migtop::journal::Reader;
use migtop::model::{Event, MarkKind};
use migtop::session::{Session, Settings, Subject, Verdict};

/// The name of a second without a verdict.
pub const NOTHING: &str = "-";
/// A connection is found within 1.1 s, is read half a second later, and has a rate another second
/// later: until then connections tell nothing.
const FOUND: Duration = Duration::from_millis(2_700);

/// How often each verdict was given in the seconds of a trial; and how many seconds were too early
/// for any.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seconds {
    /// By code.
    pub told: BTreeMap<&'static str, usize>,
    /// Before connections could tell anything.
    pub early: usize,
}

impl Seconds {
    /// All with or without a verdict, without the early ones.
    pub fn all(&self) -> usize {
        self.told.values().sum()
    }

    /// Those with one of these codes.
    pub fn of(&self, codes: &[&str]) -> usize {
        codes.iter().filter_map(|code| self.told.get(code)).sum()
    }
}

/// Folds a recording; the verdict on its only interface in every whole second of its trial.
pub fn seconds(path: &Path) -> (Seconds, Session) {
    let mut session = Session::new(Settings::default());
    let mut seconds = Seconds::default();
    let (mut start, mut last) = (None, Duration::ZERO);
    let mut reader = Reader::open(path, false).expect("a session");
    while let Some(event) = reader.read().expect("a session stream") {
        // What else this machine does fills its cores at times: that is no part of the cases.
        if matches!(event, Event::Host(_)) {
            continue;
        }
        let (at, told) = (event.at(), matches!(event, Event::Sockets { .. }));
        if let Event::Mark(mark) = &event {
            start = (mark.kind == MarkKind::Start).then_some(mark.at);
            last = mark.at;
        }
        session.apply(event);
        let (Some(at), Some(start)) = (at, start) else { continue };
        // Seconds end where connections are told of; without them, where they would be.
        let due = if told { 950 } else { 1_450 };
        if at.saturating_sub(last) < Duration::from_millis(due) {
            continue;
        }
        last = at;
        let link = session.interfaces().next().expect("one").facts.id;
        let verdict = session.verdict(&Subject::Interface(link));
        let code = verdict.limited().map_or(NOTHING, |limited| limited.limit.code());
        if std::env::var_os("MIGTOP_LAB_TELL").is_some() {
            println!("{:6.2} {verdict}", at.saturating_sub(start).as_secs_f64());
        }
        match verdict {
            Verdict::AtRest => {}
            _ if code == NOTHING && at.saturating_sub(start) < FOUND => seconds.early += 1,
            _ => *seconds.told.entry(code).or_default() += 1,
        }
    }
    (seconds, session)
}

/// The confusions as a table: cases down, verdicts across.
pub fn table(rows: &[(&str, &[&str], Seconds)]) -> String {
    let mut codes: Vec<&str> =
        rows.iter().flat_map(|(.., seconds)| seconds.told.keys().copied()).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut text = format!("{:<10}", "seconds");
    for code in &codes {
        let _ = write!(text, "{code:>16}");
    }
    let _ = writeln!(text, "{:>8}{:>8}", "early", "right");
    for (case, right, seconds) in rows {
        let _ = write!(text, "{case:<10}");
        for code in &codes {
            let _ = write!(text, "{:>16}", seconds.told.get(code).copied().unwrap_or(0));
        }
        let share = 100.0 * seconds.of(right) as f64 / seconds.all().max(1) as f64;
        let _ = writeln!(text, "{:>8}{share:>6.0} %", seconds.early);
    }
    text
}
