//! The order of things around a wrapped command. Knows no process, clock or session.

use std::fmt;
use std::time::Duration;

/// One turn of the command, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// To warm up; no trial.
    Warmup(u32),
    /// A trial.
    Run(u32),
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What has to be done before a turn.
    Prepare(Turn),
    /// The command.
    Command(Turn),
    /// The wait after a turn.
    Cooldown(Turn),
    /// Nothing is left to do.
    Over,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Trials; at least 1.
    pub runs: u32,
    /// Turns before them.
    pub warmup: u32,
    /// Something is done before every turn.
    pub prepares: bool,
    /// The wait after every turn but the last.
    pub cooldown: Duration,
}

impl Plan {
    /// Where it begins.
    pub fn first(&self) -> Step {
        self.before(if self.warmup > 0 { Turn::Warmup(1) } else { Turn::Run(1) })
    }

    /// What comes after `step` has ended well.
    pub fn after(&self, step: Step) -> Step {
        match step {
            Step::Prepare(turn) => Step::Command(turn),
            Step::Command(turn) if !self.cooldown.is_zero() && self.following(turn).is_some() => {
                Step::Cooldown(turn)
            }
            Step::Command(turn) | Step::Cooldown(turn) => {
                self.following(turn).map_or(Step::Over, |turn| self.before(turn))
            }
            Step::Over => Step::Over,
        }
    }

    fn before(&self, turn: Turn) -> Step {
        if self.prepares { Step::Prepare(turn) } else { Step::Command(turn) }
    }

    fn following(&self, turn: Turn) -> Option<Turn> {
        match turn {
            Turn::Warmup(n) if n < self.warmup => Some(Turn::Warmup(n + 1)),
            Turn::Warmup(_) => Some(Turn::Run(1)),
            Turn::Run(n) => (n < self.runs).then_some(Turn::Run(n + 1)),
        }
    }

    /// A turn's name: `run 3 of 10`.
    pub fn name(&self, turn: Turn) -> impl fmt::Display + use<> {
        match turn {
            Turn::Warmup(n) => format!("warmup {n} of {}", self.warmup),
            Turn::Run(n) => format!("run {n} of {}", self.runs),
        }
    }
}

/// How long the steps took so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    prepare: Mean,
    command: Mean,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    n: u32,
    sum: Duration,
}

impl Mean {
    fn push(&mut self, time: Duration) {
        self.n += 1;
        self.sum += time;
    }

    fn get(self) -> Option<Duration> {
        self.sum.checked_div(self.n)
    }
}

impl Pace {
    /// A step has taken this long.
    pub fn push(&mut self, step: Step, time: Duration) {
        match step {
            Step::Prepare(_) => self.prepare.push(time),
            Step::Command(_) => self.command.push(time),
            Step::Cooldown(_) | Step::Over => {}
        }
    }

    fn expected(&self, plan: &Plan, step: Step) -> Option<Duration> {
        match step {
            Step::Prepare(_) => self.prepare.get(),
            Step::Command(_) => self.command.get(),
            Step::Cooldown(_) => Some(plan.cooldown),
            Step::Over => Some(Duration::ZERO),
        }
    }

    /// The time left, `elapsed` into `step`, if everything goes on as it did so far; `None` while
    /// the command has not ended once.
    pub fn left(&self, plan: &Plan, step: Step, elapsed: Duration) -> Option<Duration> {
        let mut left = self.expected(plan, step)?.saturating_sub(elapsed);
        let mut next = plan.after(step);
        while next != Step::Over {
            left += self.expected(plan, next)?;
            next = plan.after(next);
        }
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Plan = Plan { runs: 2, warmup: 0, prepares: false, cooldown: Duration::ZERO };
    const FULL: Plan =
        Plan { runs: 2, warmup: 1, prepares: true, cooldown: Duration::from_secs(5) };

    fn steps(plan: &Plan) -> Vec<Step> {
        let next = |step: &Step| (*step != Step::Over).then(|| plan.after(*step));
        std::iter::successors(Some(plan.first()), next).collect()
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn without_more_the_runs_follow_each_other() {
        let (first, second) = (Step::Command(Turn::Run(1)), Step::Command(Turn::Run(2)));
        assert_eq!(steps(&PLAIN), [first, second, Step::Over]);
    }

    #[test]
    fn every_turn_is_prepared_and_all_but_the_last_cool_down() {
        let (warm, first, second) = (Turn::Warmup(1), Turn::Run(1), Turn::Run(2));
        let expected = [
            Step::Prepare(warm),
            Step::Command(warm),
            Step::Cooldown(warm),
            Step::Prepare(first),
            Step::Command(first),
            Step::Cooldown(first),
            Step::Prepare(second),
            Step::Command(second),
            Step::Over,
        ];
        assert_eq!(steps(&FULL), expected);
        assert_eq!(FULL.after(Step::Over), Step::Over);
    }

    #[test]
    fn several_warmups_come_before_the_first_run() {
        let plan = Plan { warmup: 2, runs: 1, ..PLAIN };
        let turns = [Turn::Warmup(1), Turn::Warmup(2), Turn::Run(1)];
        assert_eq!(steps(&plan)[..3], turns.map(Step::Command));
        assert_eq!(plan.name(Turn::Warmup(2)).to_string(), "warmup 2 of 2");
        assert_eq!(plan.name(Turn::Run(1)).to_string(), "run 1 of 1");
    }

    #[test]
    fn the_time_left_is_that_of_what_is_still_to_come() {
        let mut pace = Pace::default();
        let run = Step::Command(Turn::Run(1));
        assert_eq!(pace.left(&FULL, run, secs(1)), None);
        pace.push(Step::Prepare(Turn::Warmup(1)), secs(2));
        assert_eq!(pace.left(&FULL, run, secs(1)), None);
        pace.push(Step::Command(Turn::Warmup(1)), secs(30));
        pace.push(Step::Command(Turn::Run(1)), secs(10));
        // A run is 20 s in the mean, then: the wait, the preparation and the run itself.
        assert_eq!(pace.left(&FULL, run, secs(4)), Some(secs(16 + 5 + 2 + 20)));
        assert_eq!(pace.left(&FULL, run, secs(99)), Some(secs(5 + 2 + 20)));
        assert_eq!(pace.left(&FULL, Step::Cooldown(Turn::Run(1)), secs(1)), Some(secs(4 + 22)));
        assert_eq!(pace.left(&FULL, Step::Command(Turn::Run(2)), secs(0)), Some(secs(20)));
        assert_eq!(pace.left(&FULL, Step::Over, secs(0)), Some(secs(0)));
    }
}
