//! Findings in plain words: what was seen, what it means, what to try.

use std::fmt;

use super::finding::{AbovePeak, Finding, What};
use super::words::{At, Percent, Step, list};
use crate::model::printable;
use crate::units::{BitsPerSec, Seconds};

impl What {
    /// What was seen, in one sentence.
    pub fn seen(&self) -> String {
        let seen = Seen(self).to_string();
        // Names keep their own first letter.
        let own = ["throughput", "peaks", "the ", "traffic ", "trials "];
        if own.iter().any(|word| seen.starts_with(word)) {
            return capital(&seen);
        }
        seen
    }

    /// What it means for the numbers.
    pub fn meaning(&self) -> String {
        match self {
            Self::AboveAttainable { .. } => {
                "No wire carries that in one direction, so these peaks are left out of every conclusion: a lower peak elsewhere is no loss".into()
            }
            Self::SweetSpot { largest: true, .. } => {
                "No smaller capacity comes near it, and no larger one was measured".into()
            }
            Self::SweetSpot { proven: Some(true), .. } => {
                "A larger capacity buys less than 5 %, and the runs prove it".into()
            }
            Self::SweetSpot { proven: Some(false), .. } => {
                "A larger capacity buys next to nothing, but the runs do not prove it yet".into()
            }
            Self::SweetSpot { resolution_s, .. } if *resolution_s > 0.0 => format!(
                "A larger capacity buys nothing that can be seen; durations were written in {}, and what lies within that or 5 % is not told apart",
                Step(*resolution_s)
            ),
            Self::SweetSpot { .. } => {
                "A larger capacity buys nothing that these runs can show".into()
            }
            Self::Knee { .. } => "More of it at once brings no more throughput".into(),
            Self::NoGain { single_runs: true, .. } => {
                "In single runs the larger capacity bought nothing".into()
            }
            Self::NoGain { .. } => "If more capacity does not help, something besides it is the limit".into(),
            Self::Faster { .. } => "The runs tell the two apart".into(),
            Self::Saturated { saturated_share: Some(share), .. } if *share < MOSTLY => {
                "The link was the limit for a part of the time only".into()
            }
            Self::Saturated { saturated_share: Some(_), .. } => "The link is the limit".into(),
            Self::Saturated { .. } => "At its peak the link is the limit".into(),
            Self::SingleMember { one_carried: Some(_), .. } => {
                "One member carried it; the others were there for nothing".into()
            }
            Self::SingleMember { .. } => {
                "They never needed more than one member; which of them carried it is not known".into()
            }
            Self::Imbalance { expected: Some(expected), busiest, flows: Some(flows), .. }
                if *busiest <= expected + 0.05 =>
            {
                format!("Hashing {flows} flows leaves {} on the busiest on average: this is chance", Percent(*expected))
            }
            Self::Imbalance { .. } => "The team is done when its busiest member is".into(),
            Self::CapPlateau { .. } => "The sender is probably held back by that setting, not by the wire".into(),
            Self::NotLinkBound { .. } => "The wire had room: something else was the limit".into(),
            Self::Limited { limit, .. } => match *limit {
                "sender-bound" => "Link and receiver waited for the sender".into(),
                "receiver-bound" => "Link and sender waited for the receiving host".into(),
                "path-bound" => "The network beyond this host was the limit, not its own link".into(),
                _ => "The work of one core was the limit, not the link".into(),
            },
            Self::WrongInterface { .. } => {
                "The guests, or a part of them, may have left there: the figures are of something else".into()
            }
            Self::FixedCost { share_at_least_load, .. } => format!(
                "At the smallest load that is {} of the time; no link makes it shorter",
                Percent(*share_at_least_load)
            ),
            Self::TooFewRuns { least: 1, most: 1, .. } => "One run for each cell proves no small difference".into(),
            Self::TooFewRuns { .. } => "So few runs prove no small difference".into(),
            Self::FirstRunSlow { .. } => "Caches or connections may have been cold".into(),
            Self::NoTraffic { .. } => "Nothing can be said of the wire by them".into(),
            Self::BackgroundTraffic { .. } => "It is in the bytes and the rates of the trials".into(),
            Self::LinkChange { .. } => "Capacity was not the same from start to end".into(),
            Self::ErrorsOrDrops { .. } => "What is lost is sent again".into(),
            Self::SlowCounters { .. } => "Peaks are means over two refreshes at least".into(),
            Self::WindowsDiffer { .. } => "A peak over a longer window is lower: they are not compared".into(),
            Self::Gap { .. } => "Bytes in them may be missing".into(),
        }
    }

    /// What to try.
    pub fn advice(&self) -> String {
        match self {
            Self::CapPlateau { remedy, .. } => format!("{}.", capital(remedy)),
            what => what.usual_advice().to_owned(),
        }
    }

    fn usual_advice(&self) -> &'static str {
        match self {
            Self::AboveAttainable { .. } => {
                "See whether the tool added both directions, or whether speed, members or MTU are stated too low."
            }
            Self::SweetSpot { largest: true, .. } => {
                "Measure a larger one to see whether that still helps."
            }
            Self::SweetSpot { proven: Some(true), .. } => {
                "Spend on something else than more links."
            }
            Self::SweetSpot { .. } => "Repeat the cells next to it before you rely on it.",
            Self::Knee { decline_at: Some(_), .. } => "Stay at the knee.",
            Self::Knee { .. } => "More of it costs memory and gains nothing.",
            Self::NoGain { single_runs: true, .. } => "Repeat both before you rely on it.",
            Self::NoGain { .. } => "Look for what it is: one stream, one member, one core, a cap.",
            Self::Faster { .. } => {
                "State the links' speed to have the smallest that is enough found: speed_bits_per_s and members in a table, --speed for sessions."
            }
            Self::NoTraffic { .. } => {
                "See whether the trials are about the right link; --subject names another one."
            }
            Self::Saturated { .. } => {
                "A faster link helps; more links help when several flows are spread over them."
            }
            Self::SingleMember { .. } => {
                "Use more streams, or a hash over ports; a single faster link would do as well."
            }
            Self::Imbalance { .. } => "Hash over ports (layer3+4), or use more streams.",
            Self::CapPlateau { .. } => "",
            Self::NotLinkBound { .. } => {
                "Look at the guests' number, streams, caps and the senders' CPU."
            }
            Self::Limited { limit, .. } => match *limit {
                "sender-bound" => {
                    "Look at its bandwidth limit and its CPU; use more streams, or move more guests at once."
                }
                "receiver-bound" => {
                    "Look at the receiving host's CPU and memory, and at its receive buffers (tcp_rmem)."
                }
                "path-bound" => {
                    "Look at the switch ports on the way: their drops, their queues, other traffic."
                }
                _ => "Use more streams or queues, spread interrupts over cores, try larger frames.",
            },
            Self::WrongInterface { .. } => {
                "Look at the route to the other host; --subject names what trials are about, --team links that carry together."
            }
            Self::FixedCost { .. } => "Look at what happens before and behind the copying.",
            Self::TooFewRuns { .. } => "Run each cell three times or more; ten are better.",
            Self::FirstRunSlow { .. } => {
                "Warm up first (migtop run --warmup 1), or exclude it and say why."
            }
            Self::BackgroundTraffic { .. } => {
                "Move other traffic away, or measure when it is quiet."
            }
            Self::LinkChange { .. } => {
                "Look at the cable, the switch port and the log; repeat the trial."
            }
            Self::ErrorsOrDrops { .. } => "Look at cables, ring sizes and flow control.",
            Self::SlowCounters { .. } => "Compare trials of this driver with each other only.",
            Self::WindowsDiffer { .. } => "Record the trials at one interval.",
            Self::Gap { .. } => "Repeat the trial where its bytes matter.",
        }
    }
}

impl Finding {
    /// All of it in plain words.
    pub fn message(&self) -> String {
        format!("{}. {}. {}", self.what.seen(), self.what.meaning(), self.what.advice())
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The sentence of what was seen.
struct Seen<'a>(&'a What);

impl fmt::Display for Seen<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: one sentence for each finding")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            What::AboveAttainable { configuration, peaks, of } => {
                let each: Vec<String> = match peaks.len() {
                    0..=MOST => peaks.iter().map(above).collect(),
                    _ => peaks
                        .iter()
                        .max_by(|a, b| a.of_attainable.total_cmp(&b.of_attainable))
                        .map(|most| format!("up to {}", above(most)))
                        .into_iter()
                        .collect(),
                };
                let whose = Whose(configuration);
                write!(
                    f,
                    "{whose}{} of {of} peaks are more than the wire can carry: {}",
                    peaks.len(),
                    list(&each)
                )
            }
            What::SweetSpot { configuration, loads, every_load, largest: true, .. } => {
                let at: Vec<String> = loads.iter().map(|choice| choice.at.clone()).collect();
                let where_ = At { loads: &at, all: every_load.then_some("every") };
                write!(f, "{} is the fastest{where_}", called(configuration))
            }
            What::SweetSpot { configuration, loads, every_load, .. } => {
                let at: Vec<String> = loads.iter().map(|choice| choice.at.clone()).collect();
                let slower = several(loads.iter().map(|c| c.slower_s), |s| Seconds(s).to_string());
                let where_ = At { loads: &at, all: every_load.then_some("every") };
                write!(
                    f,
                    "{} is the smallest that is as fast as the best{where_}: {slower} slower",
                    called(configuration),
                )
            }
            What::Knee {
                configuration,
                at,
                rate_bits_per_s,
                of_attainable,
                decline_at,
                decline_bits_per_s,
            } => {
                write!(
                    f,
                    "{}throughput no longer rises from {} on: {} there",
                    Whose(configuration),
                    printable(at),
                    BitsPerSec(*rate_bits_per_s)
                )?;
                if let Some(share) = of_attainable {
                    write!(f, " ({} of what counters can show)", Percent(*share))?;
                }
                match (decline_at, decline_bits_per_s) {
                    (Some(at), Some(rate)) => {
                        let less = 1.0 - rate / rate_bits_per_s;
                        write!(
                            f,
                            ", {} less at {} ({})",
                            Percent(less),
                            printable(at),
                            BitsPerSec(*rate)
                        )
                    }
                    _ => Ok(()),
                }
            }
            What::NoGain { baseline, candidate, loads, every_load, single_runs } => {
                let at: Vec<String> = loads.iter().map(|gain| gain.at.clone()).collect();
                let by = several(loads.iter().map(|gain| gain.shorter_s), longer);
                let where_ = At { loads: &at, all: every_load.then_some("any") };
                let (is, single) = if *single_runs {
                    ("is no", ", in single runs")
                } else {
                    ("is not shown to be", "")
                };
                let (candidate, baseline) = (called(candidate), called(baseline));
                write!(f, "{candidate} {is} faster than {baseline}{where_}{single}: {by}")
            }
            What::Faster { baseline, candidate, loads } => {
                let at: Vec<String> = loads.iter().map(|gain| gain.at.clone()).collect();
                let share =
                    several(loads.iter().map(|gain| gain.ratio), |r| Percent(r).to_string());
                let (candidate, baseline) = (called(candidate), called(baseline));
                let where_ = At { loads: &at, all: None };
                write!(
                    f,
                    "{candidate} is faster than {baseline}{where_}: it takes {share} of the time"
                )
            }
            What::Saturated {
                configuration,
                loads,
                every_load,
                lowest,
                highest,
                saturated_share,
            } => {
                let where_ = At { loads, all: every_load.then_some("every") };
                write!(
                    f,
                    "{}peaks reach the wire's limit{where_}: {} of what counters can show",
                    Whose(configuration),
                    range(*lowest, *highest)
                )?;
                match saturated_share {
                    Some(share) => {
                        write!(f, ", and {} of the active time at 95 % or more", Percent(*share))
                    }
                    None => Ok(()),
                }
            }
            What::SingleMember { configurations, highest, at, one_carried } => {
                let names: Vec<String> = configurations.iter().map(|name| name_of(name)).collect();
                write!(
                    f,
                    "{} never exceeded what one member can carry: {} of it at most ({})",
                    list(&names),
                    Percent(*highest),
                    printable(at)
                )?;
                match one_carried {
                    Some(share) => {
                        write!(f, "; one member had {} of the bytes or more", Percent(*share))
                    }
                    None => Ok(()),
                }
            }
            What::Imbalance { configuration, at, balance, busiest, links, .. } => {
                write!(
                    f,
                    "{}the busiest of {links} members had {} of the bytes{} (balance {balance:.2})",
                    Whose(configuration),
                    Percent(*busiest),
                    Place(at)
                )
            }
            What::CapPlateau {
                configuration,
                loads,
                plateau_bits_per_s,
                cap,
                cap_bits_per_s,
                times,
                ..
            } => {
                let where_ = At { loads, all: None };
                write!(
                    f,
                    "{}the rate is flat at {}{where_}: that is ",
                    Whose(configuration),
                    BitsPerSec(*plateau_bits_per_s)
                )?;
                if *times > 1 {
                    write!(f, "{times} times ")?;
                }
                write!(f, "{cap} ({})", BitsPerSec(*cap_bits_per_s))
            }
            What::NotLinkBound { configuration, loads, every_load, highest } => {
                let where_ = At { loads, all: every_load.then_some("any") };
                write!(
                    f,
                    "{}the wire was never full{where_}: at most {} of what counters can show",
                    Whose(configuration),
                    Percent(*highest)
                )
            }
            What::Limited {
                limit,
                configuration,
                loads,
                every_load,
                share,
                busy,
                window_limited,
                core,
                retransmissions,
            } => {
                write!(f, "{}", Whose(configuration))?;
                match (*limit, busy, window_limited, core, retransmissions) {
                    ("sender-bound", Some(busy), ..) => {
                        write!(
                            f,
                            "the sender had nothing to send for {} of the time",
                            Percent(1.0 - busy)
                        )?;
                    }
                    ("receiver-bound", _, Some(closed), ..) if *closed > 0.0 => {
                        write!(
                            f,
                            "the receiver's window was closed for {} of the time",
                            Percent(*closed)
                        )?;
                    }
                    ("receiver-bound", ..) => f.write_str("the receiver's buffers were full")?,
                    ("path-bound", .., Some(again)) if *again > 0 => {
                        write!(f, "the network lost segments, {again} were sent again")?;
                    }
                    ("path-bound", ..) => f.write_str("the network took no more at once")?,
                    ("core-bound", _, _, Some(core), _) => {
                        write!(f, "the busiest core was {} busy", Percent(*core))?;
                    }
                    (limit, ..) => write!(f, "trials were {limit}")?,
                }
                let where_ = At { loads, all: every_load.then_some("every") };
                write!(f, "{where_}; it was the limit for {} of the active time", Percent(*share))
            }
            What::WrongInterface {
                interfaces,
                subjects,
                highest_bits_per_s,
                background_bits_per_s,
                ..
            } => {
                let names = |names: &[String]| {
                    let names = names.iter().take(MOST).map(|name| printable(name).into_owned());
                    list(&names.collect::<Vec<_>>())
                };
                write!(
                    f,
                    "traffic rose on {} while trials were about {}: to {}, from {} before",
                    names(interfaces),
                    names(subjects),
                    BitsPerSec(*highest_bits_per_s),
                    BitsPerSec(*background_bits_per_s)
                )
            }
            What::FixedCost { configuration, fixed_s, fixed_ci95: (low, high), .. } => {
                write!(
                    f,
                    "{}{} of every run do not depend on the load (95 %: {} to {})",
                    Whose(configuration),
                    Seconds(*fixed_s),
                    Seconds(*low),
                    Seconds(*high)
                )
            }
            What::TooFewRuns { few, of, least, most } => {
                let runs =
                    if least == most { least.to_string() } else { format!("{least} to {most}") };
                let plural = if *most == 1 { "" } else { "s" };
                write!(f, "{few} of {of} compared cells have {runs} run{plural}")
            }
            What::FirstRunSlow { at, seconds, median_s } => {
                write!(
                    f,
                    "The first run{} took {}, the median is {}",
                    Place(at),
                    Seconds(*seconds),
                    Seconds(*median_s)
                )
            }
            What::NoTraffic { subjects } => {
                let names: Vec<String> =
                    subjects.iter().take(MOST).map(|name| printable(name).into_owned()).collect();
                write!(f, "Trials carried nothing at all on {}", list(&names))
            }
            What::BackgroundTraffic { highest, background_bits_per_s } => {
                write!(
                    f,
                    "There was traffic before the start: {}, {} of what a trial then carried",
                    BitsPerSec(*background_bits_per_s),
                    Percent(*highest)
                )
            }
            What::LinkChange { changes } => {
                write!(f, "Links changed their state {} while trials ran", times(*changes))
            }
            What::ErrorsOrDrops { errors, drops } => {
                write!(f, "{errors} errors and {drops} drops while trials ran")
            }
            What::SlowCounters { cadence_s } => {
                write!(f, "A driver refreshes its counters only every {cadence_s:.1} s")
            }
            What::WindowsDiffer { windows_s } => {
                let each = |window: &Option<f64>| {
                    window.map_or_else(|| "an unknown window".into(), |s| Seconds(s).to_string())
                };
                let windows: Vec<String> = windows_s.iter().map(each).collect();
                write!(f, "Peaks are means over different windows: {}", list(&windows))
            }
            What::Gap { gaps } => write!(
                f,
                "Trials have {gaps} gap{} without samples",
                if *gaps == 1 { "" } else { "s" }
            ),
        }
    }
}

/// The configuration that a sentence begins with; nothing where there is none.
struct Whose<'a>(&'a str);

impl fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", printable(self.0)) }
    }
}

/// ` at vms=20`; nothing where there is no load.
struct Place<'a>(&'a str);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " at {}", printable(self.0)) }
    }
}

/// More than these are told as a range.
const MOST: usize = 6;
/// A link that was full for less of the time than this was not the limit for most of it.
pub const MOSTLY: f64 = 0.5;

fn name_of(name: &str) -> String {
    printable(if name.is_empty() { "the team" } else { name }).into_owned()
}

/// A configuration as the subject of a sentence.
fn called(name: &str) -> String {
    printable(if name.is_empty() { "(no value)" } else { name }).into_owned()
}

/// Each of a few values; of many the range.
fn several(values: impl Iterator<Item = f64>, written: impl Fn(f64) -> String) -> String {
    let values: Vec<f64> = values.collect();
    if values.len() <= MOST {
        return list(&values.into_iter().map(written).collect::<Vec<_>>());
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (least, most) = (written(least), written(most));
    if least == most { most } else { format!("{least} to {most}") }
}

fn above(peak: &AbovePeak) -> String {
    let at = Place(&peak.at);
    match peak.of_line_rate {
        Some(share) => format!("{:.0} % of line rate{at}", share * 100.0),
        None => format!("{:.0} % of what counters can show{at}", peak.of_attainable * 100.0),
    }
}

fn longer(shorter: f64) -> String {
    match shorter {
        s if s > 0.0 => format!("{} shorter", Seconds(s)),
        s if s < 0.0 => format!("{} longer", Seconds(-s)),
        _ => "the same".into(),
    }
}

fn range(low: f64, high: f64) -> String {
    if (high - low).abs() < 0.0005 {
        Percent(high).to_string()
    } else {
        format!("{:.1} to {}", low * 100.0, Percent(high))
    }
}

fn times(n: u64) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}
