//! Answers as people read them.
//!
//! Names come from outside and go to a terminal: each is made printable here.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::message::{Done, InterfaceCounters, Marked, RunningTrial, Status};
use crate::model::{MarkKind, printable};
use crate::units::{BitsPerSec, RateUnit};

impl Done {
    /// In words, with the times of `zone`; every line has its end.
    pub fn text(&self, zone: &TimeZone) -> String {
        match self {
            Self::Marked(marked) => marked.text(zone),
            Self::Status(status) => status.text(zone),
        }
    }
}

impl Marked {
    /// What was marked, then a line for each interface that ever carried anything.
    pub fn text(&self, zone: &TimeZone) -> String {
        let mut text = format!(
            "{} at {}{} ({} into {})\n",
            self.what(),
            on_clock(&self.time, zone, "%H:%M:%S%.3f"),
            self.duration_s.map_or_else(String::new, |s| format!(" after {}", span(s))),
            span(Duration::from_nanos(self.at_ns).as_secs_f64()),
            printable(&self.session),
        );
        text.push_str(&counters(&self.counters));
        text
    }

    fn what(&self) -> String {
        let trial = self.trial.map_or_else(|| "the trial".into(), |n| format!("trial {n}"));
        match self.kind {
            MarkKind::Start => format!("{trial} started"),
            MarkKind::Stop => format!("{trial} stopped"),
            MarkKind::Cancel => format!("{trial} given up"),
            MarkKind::Note if self.trial.is_some() => format!("noted with {trial}"),
            MarkKind::Note => "noted".into(),
            MarkKind::Undo => "last mark undone".into(),
            MarkKind::Edit => format!("{trial} edited"),
        }
    }
}

fn counters(all: &[InterfaceCounters]) -> String {
    let busy: Vec<_> = all.iter().filter(|c| c.rx_bytes > 0 || c.tx_bytes > 0).collect();
    let names: Vec<_> = busy.iter().map(|c| printable(&c.interface)).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (c, name) in busy.iter().zip(names) {
        let (rx, tx) = (c.rx_bytes, c.tx_bytes);
        let _ = writeln!(text, "  {name:<widest$}  RX {rx:>16} B  TX {tx:>16} B");
    }
    text
}

impl Status {
    /// A few lines.
    pub fn text(&self, zone: &TimeZone) -> String {
        let mut text = format!(
            "{}: {}, process {}, watches {} since {} ({})\n",
            printable(&self.session),
            printable(&self.version),
            self.pid,
            printable(&self.host),
            on_clock(&self.started, zone, "%F %H:%M:%S"),
            span(Duration::from_nanos(self.at_ns).as_secs_f64()),
        );
        let _ = writeln!(text, "{}", self.recorded());
        let _ = writeln!(text, "{} samples, {} missed", self.samples, self.missed);
        if let Some(subject) = &self.subject {
            let (tx, rx) = (rate(self.tx_bits_per_s), rate(self.rx_bits_per_s));
            let _ = writeln!(text, "{}: TX {tx}, RX {rx}", printable(subject));
        }
        match &self.trial {
            Some(trial) => text.push_str(&trial.text()),
            None => {
                let _ = writeln!(text, "no trial runs; there are {}", self.trials);
            }
        }
        text
    }

    fn recorded(&self) -> String {
        let trouble = || self.trouble.as_deref().map(printable);
        match (&self.file, self.recording) {
            (Some(file), true) => format!("recorded in {}", printable(file)),
            (None, true) => "recorded".into(),
            (_, false) => match trouble() {
                Some(why) => format!("not recorded: {why}"),
                None => "not recorded".into(),
            },
        }
    }
}

impl RunningTrial {
    fn text(&self) -> String {
        let mut text = format!("trial {} runs for {}", self.number, span(self.seconds));
        for (i, (key, value)) in self.factors.iter().enumerate() {
            let separator = if i == 0 { ": " } else { ", " };
            let _ = write!(text, "{separator}{}={}", printable(key), printable(value));
        }
        text.push('\n');
        text
    }
}

fn rate(bits_per_s: Option<f64>) -> String {
    bits_per_s.map_or_else(
        || "no rate yet".into(),
        |rate| BitsPerSec(rate).in_both(RateUnit::Bits).to_string(),
    )
}

/// An RFC 3339 time on the clock of `zone`; as it stands if it is none.
pub fn on_clock(time: &str, zone: &TimeZone, format: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => printable(time).into_owned(),
    }
}

/// `12.3s`, `1m20.1s`, `2h01m20.1s`; what is less than a tenth is cut off.
fn span(seconds: f64) -> String {
    let tenths = (seconds.max(0.0) * 10.0 + 1e-6) as u64;
    let (hours, minutes) = (tenths / 36_000, tenths / 600 % 60);
    let (seconds, tenths) = (tenths / 10 % 60, tenths % 10);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}.{tenths}s"),
        (0, _) => format!("{minutes}m{seconds:02}.{tenths}s"),
        _ => format!("{hours}h{minutes:02}m{seconds:02}.{tenths}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Factors;

    fn marked(kind: MarkKind) -> Marked {
        let counter = |name: &str, rx_bytes, tx_bytes| InterfaceCounters {
            interface: name.into(),
            rx_bytes,
            tx_bytes,
        };
        Marked {
            kind,
            trial: Some(3),
            at_ns: 80_123_456_789,
            time: "2026-11-22T14:02:11.123456Z".into(),
            session: "20261122-140211-hv07".into(),
            duration_s: None,
            counters: vec![counter("eth\x1b0", 1, 23), counter("idle", 0, 0)],
        }
    }

    #[test]
    fn a_mark_says_trial_time_and_counters() {
        let lines = marked(MarkKind::Start).text(&TimeZone::UTC);
        let expected = "trial 3 started at 14:02:11.123 (1m20.1s into 20261122-140211-hv07)\n  \
                        eth\u{fffd}0  RX                1 B  TX               23 B\n";
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_stop_says_how_long_it_was() {
        let stop = Marked { duration_s: Some(12.34), ..marked(MarkKind::Stop) };
        let said = stop.text(&TimeZone::UTC);
        assert!(said.starts_with("trial 3 stopped at 14:02:11.123 after 12.3s (1m"), "{said}");
    }

    #[test]
    fn a_status_is_a_few_lines() {
        let trial = RunningTrial {
            number: 2,
            seconds: 7261.0,
            factors: Factors::from([("vms".into(), "20\n".into()), ("config".into(), "a".into())]),
        };
        let status = Status {
            session: "s".into(),
            pid: 7,
            host: "hv07".into(),
            id: "i".into(),
            file: Some("/x/s.jsonl.zst".into()),
            recording: true,
            trouble: None,
            started: "2026-11-22T14:02:11Z".into(),
            at_ns: 1_500_000_000,
            samples: 15,
            missed: 1,
            subject: Some("bond0".into()),
            rx_bits_per_s: None,
            tx_bits_per_s: Some(9.84e9),
            trial: Some(trial),
            trials: 2,
            version: "migtop 0.1.0".into(),
        };
        let expected = "\
s: migtop 0.1.0, process 7, watches hv07 since 2026-11-22 14:02:11 (1.5s)
recorded in /x/s.jsonl.zst
15 samples, 1 missed
bond0: TX 9.84 Gbit/s (1.23 GB/s), RX no rate yet
trial 2 runs for 2h01m01.0s: config=a, vms=20\u{fffd}
";
        assert_eq!(status.text(&TimeZone::UTC), expected);
    }
}
