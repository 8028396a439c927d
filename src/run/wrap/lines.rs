//! What is said before and after each run. Pure.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::measured::Measured;
use crate::units::{BitsPerSec, RateUnit};

/// A time for people: `850 ms`, `12.3 s`, `1m50s`, `2h05m`.
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        let whole = seconds.round() as u64;
        match seconds {
            s if s < 0.999_5 => write!(f, "{:.0} ms", s * 1e3),
            s if s < 9.995 => write!(f, "{s:.2} s"),
            s if s < 59.95 => write!(f, "{s:.1} s"),
            _ if whole < 3_600 => write!(f, "{}m{:02}s", whole / 60, whole % 60),
            _ => write!(f, "{}h{:02}m", whole / 3_600, whole / 60 % 60),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With status 0.
    Well,
    /// In its own way, with this status.
    Failed(String),
    /// Because we were told to end.
    Interrupted,
}

/// After a run: `run 3 of 10, trial 3: 12.3 s, 13.4 GB, peak(1 s) 9.84 Gbit/s; about 1m50s left`.
pub fn after(
    name: &str,
    ended: &Ended,
    took: Duration,
    measured: Option<&Measured>,
    left: Option<Duration>,
    unit: RateUnit,
) -> String {
    let took = Span(took);
    let mut text = match ended {
        Ended::Well => format!("{name}: {took}"),
        Ended::Failed(status) => format!("{name}: FAILED ({status}) after {took}"),
        Ended::Interrupted => format!("{name}: interrupted after {took}"),
    };
    if let Some(traffic) = measured.and_then(|measured| measured.traffic.as_ref()) {
        let _ = write!(text, ", {}", traffic.bytes);
        if let Some(peak) = traffic.peak {
            let window = traffic.peak_window.as_secs_f64();
            let _ = write!(text, ", peak({window:.0} s) {}", BitsPerSec(peak).in_unit(unit));
            text += if traffic.impossible { " (more than the wire can carry)" } else { "" };
        }
    }
    if *ended == Ended::Interrupted && measured.is_some() {
        text += ", given up";
    }
    if let Some(left) = left {
        let _ = write!(text, "; about {} left", Span(left));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::measured;
    use super::*;

    #[test]
    fn times_are_as_long_as_they_need_to_be() {
        for (ms, text) in [
            (0, "0 ms"),
            (850, "850 ms"),
            (1_230, "1.23 s"),
            (9_999, "10.0 s"),
            (12_340, "12.3 s"),
            (59_960, "1m00s"),
            (110_000, "1m50s"),
            (3_599_600, "1h00m"),
            (7_500_000, "2h05m"),
        ] {
            assert_eq!(Span(Duration::from_millis(ms)).to_string(), text);
        }
    }

    #[test]
    fn a_run_is_told_in_one_line() {
        let (measured, took) = (measured(12.34), Duration::from_millis(12_340));
        let told = |ended: &Ended, left: Option<u64>| {
            let left = left.map(Duration::from_secs);
            after("run 3 of 10, trial 3", ended, took, Some(&measured), left, RateUnit::Bits)
        };
        assert_eq!(
            told(&Ended::Well, Some(110)),
            "run 3 of 10, trial 3: 12.3 s, 13.4 GB, peak(1 s) 9.84 Gbit/s; about 1m50s left"
        );
        assert_eq!(
            told(&Ended::Failed("exit status: 3".into()), None),
            "run 3 of 10, trial 3: FAILED (exit status: 3) after 12.3 s, 13.4 GB, \
             peak(1 s) 9.84 Gbit/s"
        );
        assert_eq!(
            told(&Ended::Interrupted, None),
            "run 3 of 10, trial 3: interrupted after 12.3 s, 13.4 GB, peak(1 s) 9.84 Gbit/s, \
             given up"
        );
        let warmup = after("warmup 1 of 1", &Ended::Well, took, None, None, RateUnit::Bits);
        assert_eq!(warmup, "warmup 1 of 1: 12.3 s");
    }
}
