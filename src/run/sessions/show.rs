//! One session: what it is about, its gaps and its trials. It is read whole.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Ending, local};
use crate::cli::{Format, Settings};
use crate::clock::moment;
use crate::journal::{self, Recovery};
use crate::model::{End, Event, GapReason, Header, Interface, printable};
use crate::place::User;
use crate::run::{find, summary};
use crate::session::{Session, Trial, TrialFigures};
use crate::units::{BitsPerSec, Bytes, Stopwatch};

/// What is known of a session, ready to be printed.
///
/// # Errors
/// When there is none of that name, or it cannot be read.
pub fn show(file: &Path, settings: &Settings, user: &User, format: Format) -> Result<String> {
    let shown = Shown::read(find::session(file, user)?, settings)?;
    if let Some(name) = &settings.session.subject
        && shown.session.named(name).is_none()
    {
        anyhow::bail!("there is no interface or team `{}` in it", printable(name));
    }
    Ok(match format {
        Format::Json => serde_json::to_string_pretty(&shown.as_json())? + "\n",
        Format::Text => shown.as_text(),
    })
}

/// Time without samples, by why.
type Gaps = Vec<(GapReason, u64, Duration)>;

struct Shown {
    path: PathBuf,
    size: u64,
    header: Header,
    session: Session,
    gaps: Gaps,
    end: Option<End>,
    ending: Ending,
    recovery: Recovery,
}

impl Shown {
    fn read(path: PathBuf, settings: &Settings) -> Result<Self> {
        let name = || path.display().to_string();
        let running = journal::is_locked(&path);
        let mut reader = find::open(&path, settings.salvage)?;
        let mut session = Session::new(settings.session.clone());
        let (mut gaps, mut end) = (Gaps::new(), None);
        while let Some(event) = reader.read().with_context(name)? {
            match &event {
                Event::Gap { at, from, why, .. } => {
                    count(&mut gaps, *why, at.saturating_sub(*from));
                }
                Event::End(last) => end = Some(*last),
                _ => {}
            }
            session.apply(event);
        }
        let header =
            session.header().cloned().context("it has no first line").with_context(name)?;
        let (size, recovery) = (reader.progress().1, reader.recovery().clone());
        let ending = Ending::of(running, end.is_some());
        Ok(Self { path, size, header, session, gaps, end, ending, recovery })
    }

    fn length(&self) -> Duration {
        self.end.map_or(self.session.at(), |end| end.at)
    }

    fn as_json(&self) -> Value {
        let gap = |(why, count, total): &(GapReason, u64, Duration)| json!({ "why": why, "count": count, "total_s": total.as_secs_f64() });
        let skipped =
            self.recovery.skipped.iter().map(
                |skip| json!({ "line": skip.line, "offset": skip.offset, "bytes": skip.bytes }),
            );
        let interface = |facts: &Interface, present: bool| {
            let mut facts = json!(facts);
            facts["present"] = json!(present);
            facts
        };
        let interfaces = self.session.interfaces().map(|i| interface(&i.facts, i.present));
        json!({
            "file": self.path.to_string_lossy(),
            "size_bytes": self.size,
            "state": self.ending.word(),
            "id": self.header.id,
            "host": self.header.host,
            "os": self.header.os,
            "started": self.header.started,
            "interval_s": self.header.interval.as_secs_f64(),
            "tool": self.header.tool,
            "length_s": self.length().as_secs_f64(),
            "samples": self.session.samples(),
            "missed": self.end.map(|end| end.missed),
            "own_cpu_s": self.end.map(|end| end.own_cpu.as_secs_f64()),
            "own_peak_rss_bytes": self.end.and_then(|end| end.own_peak_rss_bytes),
            "gaps": self.gaps.iter().map(gap).collect::<Vec<_>>(),
            "torn_bytes": self.recovery.torn_bytes,
            "skipped": skipped.collect::<Vec<_>>(),
            "interfaces": interfaces.collect::<Vec<_>>(),
            "teams": self.session.teams().iter().map(|team| &team.facts).collect::<Vec<_>>(),
            "trials": self.session.trials().iter().map(|t| self.trial_as_json(t)).collect::<Vec<_>>(),
        })
    }

    fn trial_as_json(&self, trial: &Trial) -> Value {
        let figures = self.figures(trial);
        let figures = figures.as_ref();
        let bytes = |f: &TrialFigures| json!({ "rx": f.bytes.rx, "tx": f.bytes.tx });
        let start = moment(&self.header.started, trial.start).map(|time| format!("{time:.6}"));
        json!({
            "number": trial.number,
            "state": word(trial),
            "factors": trial.factors,
            "repetition": trial.repetition,
            "started": start,
            "start_s": trial.start.as_secs_f64(),
            "duration_s": trial.duration(self.session.at()).as_secs_f64(),
            "subject": figures.map(|f| &f.subject),
            "direction": figures.map(|f| f.direction.label().to_lowercase()),
            "bytes": figures.map(bytes),
            "mean_bits_per_s": figures.and_then(|f| f.mean),
            "peak_bits_per_s": figures.and_then(|f| f.peak),
            "peak_window_s": figures.map(|f| f.peak_window.as_secs_f64()),
            "gaps": figures.map(|f| f.gaps),
            "notes": trial.notes,
        })
    }

    /// Of a trial that was cut off too, as far as it went.
    fn figures(&self, trial: &Trial) -> Option<TrialFigures> {
        trial
            .figures
            .clone()
            .or_else(|| self.session.running_figures().filter(|_| trial.end.is_none()))
    }

    fn as_text(&self) -> String {
        let mut out = String::new();
        let mut line = |word: &str, text: &str| {
            let _ = writeln!(out, "{word:<11} {text}");
        };
        let header = &self.header;
        line("file", &printable(&self.path.to_string_lossy()));
        line("host", &format!("{} ({})", printable(&header.host), printable(&header.os)));
        line("started", &local(&header.started, Duration::ZERO));
        line("length", &self.length_text());
        line("state", &format!("{}, {}", self.ending, Bytes(self.size)));
        line("written by", &printable(&header.tool));
        if let Some(cost) = self.cost() {
            line("own cost", &cost);
        }
        line("gaps", &self.gaps_text());
        if let Some(left_out) = summary::recovery(&self.recovery) {
            line("left out", &left_out);
        }
        self.session.interfaces().for_each(|i| line("interface", &described(&i.facts, i.present)));
        self.session.teams().iter().for_each(|team| line("team", &self.team_text(&team.facts)));
        if self.session.trials().is_empty() {
            line("trials", "none");
        }
        self.session.trials().iter().for_each(|trial| line("trial", &self.trial_text(trial)));
        out
    }

    fn length_text(&self) -> String {
        let missed = self.end.filter(|end| end.missed > 0);
        let missed = missed.map_or_else(String::new, |end| format!(", {} missed", end.missed));
        let (length, samples) = (Stopwatch(self.length()), self.session.samples());
        let samples = summary::counted(samples, "sample");
        format!("{length}, {samples} {:?} apart{missed}", self.header.interval)
    }

    fn cost(&self) -> Option<String> {
        let end = self.end?;
        let memory = end.own_peak_rss_bytes;
        let memory =
            memory.map_or_else(String::new, |bytes| format!(", {} of memory", Bytes(bytes)));
        Some(format!("{:.3} s of CPU time{memory}", end.own_cpu.as_secs_f64()))
    }

    fn gaps_text(&self) -> String {
        let one = |(why, count, total): &(GapReason, u64, Duration)| {
            let why = json!(why);
            format!("{} x {count} ({:.1} s)", why.as_str().unwrap_or("?"), total.as_secs_f64())
        };
        let all: Vec<String> = self.gaps.iter().map(one).collect();
        if all.is_empty() { "none".into() } else { all.join(", ") }
    }

    fn team_text(&self, team: &crate::model::Team) -> String {
        let name = |id: &u32| {
            let interface = self.session.interface(*id);
            interface.map_or_else(|| "?".into(), |i| printable(&i.facts.name).into_owned())
        };
        let members: Vec<String> = team.members.iter().map(name).collect();
        format!("{} ({}): {}", printable(&team.name), printable(&team.mode), members.join(", "))
    }

    fn trial_text(&self, trial: &Trial) -> String {
        let now = self.session.at();
        let mut out = format!(
            "{} {}  {}  {}",
            trial.number,
            word(trial),
            local(&self.header.started, trial.start),
            Stopwatch(trial.duration(now)),
        );
        if let Some(figures) = self.figures(trial) {
            let bytes = Bytes(figures.bytes[figures.direction]);
            let marked = bytes.over(trial.duration(now)).map(|rate| rate.0);
            let rate = |r: Option<f64>| r.map_or("-".into(), |r| BitsPerSec(r).to_string());
            let _ = write!(
                out,
                "  {} {} {bytes}  mean {}{}  peak({:.0} s) {}{}",
                printable(&figures.subject),
                figures.direction.label(),
                rate(figures.mean.or(marked)),
                summary::while_active(&figures, trial.duration(now)),
                figures.peak_window.as_secs_f64(),
                rate(figures.peak),
                if figures.impossible { " (more than the wire can carry)" } else { "" },
            );
        }
        for (key, value) in &trial.factors {
            let _ = write!(out, "  {}={}", printable(key), printable(value));
        }
        for note in &trial.notes {
            let _ = write!(out, "\n{:<11}   \"{}\"", "", printable(note));
        }
        out
    }
}

fn count(gaps: &mut Gaps, why: GapReason, length: Duration) {
    match gaps.iter_mut().find(|gap| gap.0 == why) {
        Some((_, count, total)) => {
            *count += 1;
            *total += length;
        }
        None => gaps.push((why, 1, length)),
    }
}

/// `open`, `finished`, `cancelled`, as the report says it.
fn word(trial: &Trial) -> String {
    format!("{:?}", trial.state).to_lowercase()
}

fn described(facts: &Interface, present: bool) -> String {
    let speed = facts.speed_bits_per_s.map(|speed| BitsPerSec(speed as f64).to_string());
    let mtu = facts.mtu.map(|mtu| format!("MTU {mtu}"));
    let gone = (!present).then(|| "gone".to_owned());
    let more = [speed, mtu, gone].into_iter().flatten();
    let kind = printable(facts.kind.as_str()).into_owned();
    let parts: Vec<String> = std::iter::once(kind).chain(more).collect();
    format!("{} ({})", printable(&facts.name), parts.join(", "))
}
