//! What is said at the end about runs that did not go as they were meant to. Pure.

use std::fmt::Write as _;

use super::driver::Done;
use super::lines::Ended;
use super::plan::Turn;

/// A line for those that failed, and one when the runs were ended early; empty when all went well.
pub fn account(done: &[Done], interrupted: bool, runs: u32) -> String {
    let mut text = String::new();
    let failed: Vec<String> = done.iter().filter_map(failure).collect();
    if !failed.is_empty() {
        let _ = writeln!(text, "migtop: {} failed: {}", failed.len(), failed.join(", "));
    }
    if interrupted {
        let trials = || done.iter().filter(|done| matches!(done.turn, Turn::Run(_)));
        let kept = trials().filter(|done| done.ended != Ended::Interrupted).count();
        let _ = write!(text, "migtop: interrupted; {kept} of {runs} runs are done and kept");
        let given_up = trials().filter(|done| done.ended == Ended::Interrupted);
        for trial in given_up.filter_map(|done| done.trial) {
            let _ = write!(text, ", trial {trial} is given up");
        }
        text.push('\n');
    }
    text
}

fn failure(done: &Done) -> Option<String> {
    match (&done.ended, done.trial) {
        (Ended::Failed(status), Some(trial)) => Some(format!("trial {trial} ({status})")),
        (Ended::Failed(status), None) => Some(format!("a warmup ({status})")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n: u32, ended: Ended) -> Done {
        Done { turn: Turn::Run(n), trial: Some(n), ended }
    }

    #[test]
    fn nothing_is_said_when_all_went_well() {
        assert_eq!(account(&[run(1, Ended::Well)], false, 1), "");
    }

    #[test]
    fn failures_are_named_and_so_is_what_an_interruption_left() {
        let failed = || Ended::Failed("exit status: 3".into());
        let warmup = Done { turn: Turn::Warmup(1), trial: None, ended: failed() };
        let done = [warmup, run(1, failed()), run(2, Ended::Well), run(3, Ended::Interrupted)];
        assert_eq!(
            account(&done, true, 10),
            "migtop: 2 failed: a warmup (exit status: 3), trial 1 (exit status: 3)\n\
             migtop: interrupted; 2 of 10 runs are done and kept, trial 3 is given up\n"
        );
    }

    #[test]
    fn an_interruption_between_runs_gives_no_trial_up() {
        assert_eq!(
            account(&[run(1, Ended::Well)], true, 2),
            "migtop: interrupted; 1 of 2 runs are done and kept\n"
        );
    }
}
