//! Where the running trial stands against earlier runs of its cell, and how long it will still take.

use std::fmt;
use std::time::Duration;

use super::load::planned;
use crate::session::{Session, Trial, TrialState};

/// So many of the latest runs are enough to compare with.
const MOST_RUNS: usize = 32;
/// Points of an earlier run's course.
const POINTS: usize = 600;
/// Before the earlier runs had this share of their bytes there is nothing to compare.
const LEAST: f64 = 0.01;
/// A difference below this is none.
const LEVEL: f64 = 0.005;
/// What would take longer is not told: it stands still.
const LONGEST: f64 = 24.0 * 3600.0;

/// What is to be expected of the running trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    runs: Vec<Run>,
    /// By its factors: guests times one guest's memory.
    planned: Option<f64>,
}

/// An earlier run: what it had carried at so many seconds, in its direction.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    course: Vec<(f64, f64)>,
    bytes: f64,
}

/// How the running trial stands; what cannot be told is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Earlier runs that it is compared with.
    pub runs: usize,
    /// How much more than their mean it has carried by now, as a share of that; below 0 it is behind.
    pub ahead: Option<f64>,
    /// How long it still takes at its rate.
    pub left: Option<Duration>,
}

impl Earlier {
    /// Of the running trial: finished trials with equal factors that nobody excluded. `None` when
    /// no trial runs.
    pub fn of(session: &Session) -> Option<Self> {
        let open = session.open_trial()?;
        let alike = session.trials().iter().rev().filter(|trial| is_run_of(trial, open));
        let runs = alike.take(MOST_RUNS).filter_map(|trial| Run::of(session, trial)).collect();
        Some(Self { runs, planned: planned(&open.factors) })
    }

    /// How a trial stands that has carried `bytes` after `elapsed`, and now carries `rate` (bit/s).
    /// What it will carry in all is what the earlier runs did, else what its factors say.
    pub fn standing(&self, elapsed: Duration, bytes: u64, rate: Option<f64>) -> Standing {
        let bytes = bytes as f64;
        let all = self.mean(|run| run.bytes);
        let by_now = self.mean(|run| run.at(elapsed.as_secs_f64()));
        let comparable = by_now.zip(all).filter(|(now, all)| *now > all * LEAST);
        let whole = all.or(self.planned);
        let seconds = whole.zip(rate).map(|(whole, rate)| (whole - bytes) * 8.0 / rate);
        Standing {
            runs: self.runs.len(),
            ahead: comparable.map(|(now, _)| bytes / now - 1.0),
            left: seconds.filter(|s| (0.0..LONGEST).contains(s)).map(Duration::from_secs_f64),
        }
    }

    fn mean(&self, of: impl Fn(&Run) -> f64) -> Option<f64> {
        let sum: f64 = self.runs.iter().map(of).sum();
        (sum > 0.0).then(|| sum / self.runs.len() as f64)
    }
}

/// An earlier run of the same cell.
pub fn is_run_of(trial: &Trial, open: &Trial) -> bool {
    let counts = trial.state == TrialState::Finished && !trial.excluded;
    counts && trial.end > Some(trial.start) && trial.factors == open.factors
}

impl Run {
    fn of(session: &Session, trial: &Trial) -> Option<Self> {
        let figures = trial.figures.as_ref()?;
        let (mut before, mut sum) = (0.0, 0.0);
        let rates = session.trial_rates(trial.number, POINTS)?;
        let course = rates.into_iter().map(|(at, rate)| {
            sum += rate.unwrap_or(0.0) * (at - before) / 8.0;
            before = at;
            (at, sum)
        });
        Some(Self { course: course.collect(), bytes: figures.bytes[figures.direction] as f64 })
    }

    /// Bytes after so many seconds; all of them once it was over.
    fn at(&self, seconds: f64) -> f64 {
        let next = self.course.partition_point(|(at, _)| *at < seconds);
        let Some((to, upper)) = self.course.get(next) else { return self.bytes };
        let (from, lower) = next.checked_sub(1).map_or((0.0, 0.0), |last| self.course[last]);
        let part = if to > &from { (seconds - from) / (to - from) } else { 1.0 };
        lower + (upper - lower) * part
    }
}

/// `12 % behind the mean of 4 runs, about 00:42 left`; with `{:#}` shorter: `12 % behind, 00:42 left`.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = f.alternate();
        if let Some(ahead) = self.ahead {
            let (percent, runs) = (ahead.abs() * 100.0, self.runs);
            match ahead {
                _ if ahead.abs() < LEVEL && short => f.write_str("level")?,
                _ if ahead.abs() < LEVEL => f.write_str("level with")?,
                ahead if ahead < 0.0 => write!(f, "{percent:.0} % behind")?,
                _ if short => write!(f, "{percent:.0} % ahead")?,
                _ => write!(f, "{percent:.0} % ahead of")?,
            }
            match runs {
                _ if short => {}
                1 => f.write_str(" the run before")?,
                runs => write!(f, " the mean of {runs} runs")?,
            }
        }
        let Some(left) = self.left else { return Ok(()) };
        if self.ahead.is_some() {
            f.write_str(", ")?;
        }
        let about = if short { "" } else { "about " };
        write!(f, "{about}{}", Left(left))
    }
}

/// `00:42 left`, with hours when there are any.
pub struct Left(pub Duration);

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64().round() as u64;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(f, "{hours}:")?;
        }
        write!(f, "{minutes:02}:{seconds:02} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that carried 100 MB/s for so many seconds.
    fn steady(seconds: u32) -> Run {
        let point = |second: u32| (f64::from(second), f64::from(second) * 1e8);
        Run { course: (1..=seconds).map(point).collect(), bytes: f64::from(seconds) * 1e8 }
    }

    fn of(runs: &[Run], planned: Option<f64>) -> Earlier {
        Earlier { runs: runs.to_vec(), planned }
    }

    fn told(earlier: &Earlier, seconds: u64, bytes: u64, rate: f64) -> String {
        earlier.standing(Duration::from_secs(seconds), bytes, Some(rate)).to_string()
    }

    #[test]
    fn bytes_so_far_are_held_against_the_mean_at_the_same_time() {
        let earlier = of(&[steady(60), steady(60)], None);
        // 880 of 1000 MB after 10 s, then 5120 MB at 100 MB/s.
        let expected = "12 % behind the mean of 2 runs, about 00:51 left";
        assert_eq!(told(&earlier, 10, 880_000_000, 8e8), expected);
        assert_eq!(told(&earlier, 10, 1_000_000_000, 0.0), "level with the mean of 2 runs");
        let standing = earlier.standing(Duration::from_secs(10), 1_200_000_000, Some(8e8));
        assert_eq!(format!("{standing:#}"), "20 % ahead, 00:48 left");
    }

    #[test]
    fn a_run_that_was_over_by_then_counts_with_all_its_bytes() {
        let earlier = of(&[steady(10), steady(30)], None);
        // 1000 and 2000 MB after 20 s.
        let standing = earlier.standing(Duration::from_secs(20), 1_500_000_000, None);
        assert_eq!((standing.ahead, standing.left), (Some(0.0), None));
    }

    #[test]
    fn the_plan_tells_what_is_left_where_nothing_was_run() {
        let earlier = of(&[], Some(1e10));
        assert_eq!(told(&earlier, 10, 1_000_000_000, 8e8), "about 01:30 left");
        assert_eq!(told(&earlier, 10, 11_000_000_000, 8e8), "", "it carries more than planned");
        assert_eq!(told(&of(&[], None), 9, 1, 1e9), "");
    }

    #[test]
    fn what_stands_still_has_no_end() {
        let earlier = of(&[steady(60)], None);
        for rate in [Some(0.0), Some(1.0), None] {
            assert_eq!(earlier.standing(Duration::from_secs(9), 1, rate).left, None);
        }
    }

    #[test]
    fn at_the_very_start_there_is_nothing_to_compare() {
        let standing = of(&[steady(60)], None).standing(Duration::from_millis(300), 0, None);
        assert_eq!(standing, Standing { runs: 1, ahead: None, left: None });
    }

    #[test]
    fn no_trial_runs_in_an_empty_session() {
        assert_eq!(Earlier::of(&Session::default()), None);
    }
}
