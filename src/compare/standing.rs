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
/// One that has carried so many times as much is no run of the same.
const UNLIKE: f64 = 10.0;
/// Before its traffic flows for so long it says nothing.
const SETTLED: Duration = Duration::from_secs(2);
/// With less than this share of its mean rate it stands still.
const STILL: f64 = 0.01;
/// What would take longer is not told: it stands still.
const LONGEST: f64 = 24.0 * 3600.0;

/// What is to be expected of the running trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    runs: Vec<Run>,
    /// By its factors: guests times one guest's memory.
    planned: Option<f64>,
}

/// An earlier run: what it had carried at so many seconds of its traffic, in its direction.
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
    /// `None` where they had hardly carried anything, or it has carried many times as much.
    pub ahead: Option<f64>,
    /// It could be told, but nothing is carried now.
    pub stalled: bool,
    /// How long it still takes at its rate.
    pub left: Option<Duration>,
}

/// What a running trial has carried since its traffic began, however long before that the mark was
/// set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoFar {
    /// How long ago that was.
    pub elapsed: Duration,
    /// What it has carried since.
    pub bytes: u64,
    /// The rate that it goes on at, bit/s.
    pub rate: Option<f64>,
    /// The rate of the last second, bit/s.
    pub now: Option<f64>,
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

    /// How a trial stands at a moment of its traffic. What it will carry in all is what the earlier
    /// runs did, else what its factors say.
    pub fn standing(&self, so_far: &SoFar) -> Standing {
        let none = Standing { runs: self.runs.len(), ahead: None, stalled: false, left: None };
        if so_far.elapsed < SETTLED {
            return none;
        }
        let (elapsed, bytes) = (so_far.elapsed.as_secs_f64(), so_far.bytes as f64);
        let all = self.mean(|run| run.bytes);
        let by_now = self.mean(|run| run.at(elapsed));
        let comparable = by_now.zip(all).filter(|(now, all)| *now > all * LEAST);
        let whole = all.or(self.planned);
        if so_far.now.is_some_and(|now| now <= bytes * 8.0 / elapsed * STILL) {
            return Standing { stalled: whole.is_some(), ..none };
        }
        let seconds = whole.zip(so_far.rate).map(|(whole, rate)| (whole - bytes) * 8.0 / rate);
        Standing {
            ahead: comparable.map(|(now, _)| bytes / now).filter(|n| *n < UNLIKE).map(|n| n - 1.0),
            left: seconds.filter(|s| (0.0..LONGEST).contains(s)).map(Duration::from_secs_f64),
            ..none
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
        let bytes = figures.bytes[figures.direction] as f64;
        let whole = Self { course: course.collect(), bytes };
        let lead = figures.active.map(|(from, _)| from.saturating_sub(trial.start));
        Some(whole.after(lead.unwrap_or_default().as_secs_f64()))
    }

    /// The same without its first seconds: a key pressed early is no lead of the others.
    fn after(self, seconds: f64) -> Self {
        let before = self.at(seconds);
        let later = self.course.into_iter().filter(|(at, _)| *at > seconds);
        let course = later.map(|(at, sum)| (at - seconds, sum - before)).collect();
        Self { course, bytes: (self.bytes - before).max(0.0) }
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

/// `12 % behind the mean of 4 runs, about 00:42 left`; with `{:#}` shorter: `12 % behind, 00:42 left`;
/// `stalled` while nothing is carried.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = f.alternate();
        if self.stalled {
            return f.write_str("stalled");
        }
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

    fn so_far(seconds: u64, bytes: u64, rate: Option<f64>) -> SoFar {
        SoFar { elapsed: Duration::from_secs(seconds), bytes, rate, now: rate }
    }

    fn told(earlier: &Earlier, seconds: u64, bytes: u64, rate: f64) -> String {
        earlier.standing(&so_far(seconds, bytes, Some(rate))).to_string()
    }

    #[test]
    fn bytes_so_far_are_held_against_the_mean_at_the_same_time() {
        let earlier = of(&[steady(60), steady(60)], None);
        // 880 of 1000 MB after 10 s, then 5120 MB at 100 MB/s.
        let expected = "12 % behind the mean of 2 runs, about 00:51 left";
        assert_eq!(told(&earlier, 10, 880_000_000, 8e8), expected);
        let level = earlier.standing(&so_far(10, 1_000_000_000, None));
        assert_eq!(level.to_string(), "level with the mean of 2 runs");
        let standing = earlier.standing(&so_far(10, 1_200_000_000, Some(8e8)));
        assert_eq!(format!("{standing:#}"), "20 % ahead, 00:48 left");
    }

    #[test]
    fn a_run_that_was_over_by_then_counts_with_all_its_bytes() {
        let earlier = of(&[steady(10), steady(30)], None);
        // 1000 and 2000 MB after 20 s.
        let standing = earlier.standing(&so_far(20, 1_500_000_000, None));
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
            assert_eq!(earlier.standing(&so_far(9, 1, rate)).left, None);
        }
    }

    #[test]
    fn of_what_carries_nothing_no_percentage_is_told() {
        let earlier = of(&[steady(60)], None);
        let mut so_far = so_far(10, 500_000_000, Some(4e8));
        for (now, words) in [(0.0, "stalled"), (1e6, "stalled"), (3e8, "50 % behind, 01:50 left")] {
            so_far.now = Some(now);
            assert_eq!(format!("{:#}", earlier.standing(&so_far)), words, "{now}");
        }
        so_far.now = Some(0.0);
        assert_eq!(of(&[], None).standing(&so_far).to_string(), "", "nothing is expected of it");
    }

    #[test]
    fn in_the_first_two_seconds_there_is_nothing_to_compare() {
        let earlier = of(&[steady(60)], Some(1e10));
        for rate in [None, Some(0.0), Some(8e8)] {
            let standing = earlier.standing(&so_far(1, 80_000_000, rate));
            let none = Standing { runs: 1, ahead: None, stalled: false, left: None };
            assert_eq!(standing, none);
        }
        assert!(earlier.standing(&so_far(2, 200_000_000, None)).ahead.is_some());
    }

    #[test]
    fn a_key_pressed_early_is_no_lead_of_the_others() {
        let quiet = [(4.0, 0.0), (5.0, 1e7)];
        let then = steady(20).course.into_iter().map(|(at, sum)| (at + 5.0, sum + 1e7));
        let early = Run { course: quiet.into_iter().chain(then).collect(), bytes: 2.01e9 };
        assert_eq!(early.clone().after(5.0), steady(20));
        assert_eq!(early.after(60.0), Run { course: Vec::new(), bytes: 0.0 });
    }

    #[test]
    fn no_trial_runs_in_an_empty_session() {
        assert_eq!(Earlier::of(&Session::default()), None);
    }
}
