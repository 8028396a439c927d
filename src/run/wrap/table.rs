//! The table at the end: what the finished runs come to. Pure.

use std::fmt::Write as _;

use super::measured::{Measured, Traffic};
use crate::stats::Summary;
use crate::units::{BitsPerSec, Bytes, RateUnit};

/// Digits of a rate: repeated runs differ little.
const DIGITS: usize = 4;
const HEADINGS: [&str; 7] = ["", "n", "mean", "sd", "95 % of the mean", "min", "max"];

/// A small table of finished runs; empty without any.
pub fn table(runs: &[Measured], unit: RateUnit) -> String {
    let subject = commonest(runs);
    let about: Vec<&Traffic> = runs
        .iter()
        .filter_map(|run| run.traffic.as_ref())
        .filter(|traffic| Some(traffic.about.as_str()) == subject)
        .collect();
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let seconds = runs.iter().map(|run| Some(run.duration.as_secs_f64()));
    rows.extend(row("duration", seconds, |s| format!("{s:.3} s")));
    rows.extend(row("bytes", about.iter().map(|t| Some(t.bytes.0 as f64)), octets));
    let rate = |rate: f64| BitsPerSec(rate).written(unit, DIGITS).to_string();
    rows.extend(row("mean", about.iter().map(|t| t.mean), rate));
    let window = about.iter().map(|t| t.peak_window).max().unwrap_or_default();
    let peaks = about.iter().filter(|t| t.peak_window == window).map(|t| t.peak);
    rows.extend(row(&format!("peak({:.0} s)", window.as_secs_f64()), peaks, rate));
    if rows.len() == 1 {
        return String::new();
    }
    let mut text = String::new();
    if let Some(subject) = subject {
        let _ = writeln!(text, "{subject}:");
    }
    text + &aligned(&rows) + &remarks(runs, &about)
}

/// What most runs were about; the earlier of two that are as common.
fn commonest(runs: &[Measured]) -> Option<&str> {
    let all = || runs.iter().filter_map(|run| Some(run.traffic.as_ref()?.about.as_str()));
    let times = |about: &str| all().filter(|other| *other == about).count();
    all().rev().max_by_key(|about| times(about))
}

/// One quantity's row; none where nothing was measured.
fn row(
    name: &str,
    values: impl Iterator<Item = Option<f64>>,
    written: impl Fn(f64) -> String,
) -> Option<[String; 7]> {
    let summary = Summary::of(values.flatten())?;
    let optional = |value: Option<f64>| value.map_or_else(|| "-".into(), &written);
    // None of the quantities is ever less than nothing, though few runs' interval may say so.
    let interval = summary.interval95.map_or_else(
        || "-".to_owned(),
        |(low, high)| format!("{} .. {}", written(low.max(0.0)), written(high)),
    );
    Some([
        name.to_owned(),
        summary.n.to_string(),
        written(summary.mean),
        optional(summary.sd),
        interval,
        written(summary.min),
        written(summary.max),
    ])
}

fn octets(value: f64) -> String {
    Bytes(value.round() as u64).to_string()
}

fn aligned(rows: &[[String; 7]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = format!("  {:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn remarks(runs: &[Measured], about: &[&Traffic]) -> String {
    let mut text = String::new();
    let others = runs.iter().filter_map(|run| run.traffic.as_ref()).count() - about.len();
    if others > 0 {
        let were = if others == 1 { "was" } else { "were" };
        let _ = writeln!(text, "  {others} more {were} about something else; --subject says what");
    }
    let impossible = about.iter().filter(|traffic| traffic.impossible).count();
    if impossible > 0 {
        let _ = writeln!(text, "  peaks of {impossible} are more than the wire can carry");
    }
    let gaps = about.iter().filter(|traffic| traffic.gaps > 0).count();
    if gaps > 0 {
        let _ = writeln!(text, "  {gaps} had gaps: bytes in them may be missing");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::measured;
    use super::*;

    #[test]
    fn finished_runs_become_a_table() {
        let runs = [measured(12.0), measured(12.4), measured(12.8)];
        // t(0.975, 2) = 4.3027; durations: sd 0.4, 12.4 -+ 0.9937; rates 8.9333, 8.6452, 8.375
        let expected = "\
bond0 TX:
             n          mean            sd              95 % of the mean           min           max
  duration   3      12.400 s       0.400 s          11.406 s .. 13.394 s      12.000 s      12.800 s
  bytes      3       13.4 GB           0 B            13.4 GB .. 13.4 GB       13.4 GB       13.4 GB
  mean       3  8.651 Gbit/s  279.2 Mbit/s  7.958 Gbit/s .. 9.345 Gbit/s  8.375 Gbit/s  8.933 Gbit/s
  peak(1 s)  3  9.840 Gbit/s       0 bit/s  9.840 Gbit/s .. 9.840 Gbit/s  9.840 Gbit/s  9.840 Gbit/s
";
        let table = table(&runs, RateUnit::Bits);
        assert!(table == expected, "{table}");
    }

    #[test]
    fn one_run_has_no_spread_and_none_has_no_table() {
        let one = table(&[measured(2.0)], RateUnit::Bytes);
        let duration = one.lines().nth(2).expect("a row");
        let cells: Vec<&str> = duration.split_whitespace().collect();
        assert_eq!(cells, ["duration", "1", "2.000", "s", "-", "-", "2.000", "s", "2.000", "s"]);
        assert!(one.contains("GB/s"), "{one}");
        assert_eq!(table(&[], RateUnit::Bits), "");
    }

    #[test]
    fn without_traffic_there_is_still_the_duration() {
        let run = Measured { traffic: None, ..measured(2.0) };
        let table = table(&[run.clone(), run], RateUnit::Bits);
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.contains("duration"), "{table}");
    }

    #[test]
    fn runs_about_something_else_do_not_mix() {
        let mut other = measured(9.0);
        let traffic = other.traffic.as_mut().expect("has some");
        traffic.about = "eth0 RX".into();
        let mut odd = measured(3.0);
        let traffic = odd.traffic.as_mut().expect("has some");
        (traffic.impossible, traffic.gaps) = (true, 1);
        let table = table(&[other, measured(2.0), odd], RateUnit::Bits);
        assert!(table.starts_with("bond0 TX:\n"), "{table}");
        for remark in ["1 more was about", "peaks of 1 are more", "1 had gaps"] {
            assert!(table.contains(remark), "{remark}: {table}");
        }
    }

    #[test]
    fn an_interval_ends_at_zero() {
        let table = table(&[measured(0.001), measured(10.0)], RateUnit::Bits);
        assert!(table.contains(" 0.000 s .. ") && table.contains(" 0 bit/s .. "), "{table}");
        assert!(!table.contains('-'), "{table}");
    }
}
