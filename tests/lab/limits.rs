//! What limits a real migration is told as it was made to be, second by second.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use migtop::session::Limit;
use serde_json::Value;

use super::gate::{can_run, say};
use super::process::{migtop, run};
use super::recorder::Home;
use super::verdicts::{Seconds, seconds, table};

/// Each case of `limits.py`, and what it was limited by. A sender that is capped or starved of its
/// core is a sender; a slow receiver behind a deep buffer may be told as what cannot be told.
const CASES: [(&str, &[&str]); 7] = [
    ("egress", &["link-bound"]),
    ("shared", &["link-bound"]),
    ("switch", &["path-bound"]),
    ("capped", &["sender-bound", "cap-plateau"]),
    ("starved", &["sender-bound"]),
    ("shallow", &["receiver-bound"]),
    ("deep", &["receiver-bound", "mixed"]),
];
/// Of all seconds.
const RIGHT: f64 = 0.95;

/// What else the machine does holds a shaped link up for a part of a second at times, or lets a
/// starved sender run: such a second is limited by that. The best of so many tries of a case counts.
const TRIES: usize = 3;

/// The shortest recording that tells anything, in seconds with or without a verdict.
const ENOUGH: usize = 4;

/// One try of one case.
struct Try {
    seconds: Seconds,
    right: usize,
    /// What the trial as a whole was limited by.
    verdict: Option<&'static str>,
}

impl Try {
    fn share(&self) -> f64 {
        self.right as f64 / self.seconds.all().max(1) as f64
    }

    /// Whether the trial as a whole is told rightly.
    fn is_right(&self, codes: &[&str]) -> bool {
        self.seconds.all() >= ENOUGH && self.verdict.is_some_and(|code| codes.contains(&code))
    }
}

#[test]
fn what_limits_a_migration_is_told_as_it_was_made() {
    if !can_run(&["qemu-system-x86_64", "python3", "sysctl"]) {
        return;
    }
    let mut best: HashMap<&str, Try> = HashMap::new();
    for _ in 0..TRIES {
        let open: Vec<_> = CASES
            .into_iter()
            .filter(|(case, codes)| {
                best.get(case).is_none_or(|it| !it.is_right(codes) || it.share() < RIGHT)
            })
            .collect();
        if open.is_empty() {
            break;
        }
        for (case, codes, new) in tries(&open) {
            let rank = |it: &Try| (it.is_right(codes), it.share());
            if best.get(case).is_none_or(|old| rank(old) < rank(&new)) {
                best.insert(case, new);
            }
        }
        let sum = |of: fn(&Try) -> usize| best.values().map(of).sum::<usize>();
        let (right, all) = (sum(|it| it.right), sum(|it| it.seconds.all()));
        let rows: Vec<_> =
            CASES.iter().map(|(case, codes)| (*case, *codes, best[case].seconds.clone())).collect();
        say(&format!("\n{}{right} of {all} seconds are right", table(&rows)));
        if right as f64 >= RIGHT * all as f64
            && CASES.iter().all(|(case, codes)| best[case].is_right(codes))
        {
            return;
        }
    }
    for (case, codes) in CASES {
        assert!(best[case].is_right(codes), "{case}: {:?} {:?}", best[case].verdict, codes);
    }
    panic!("not {RIGHT} of all seconds are right in the best of {TRIES} tries");
}

/// Makes these cases anew, each once.
fn tries<'a>(cases: &[(&'a str, &'a [&'a str])]) -> Vec<(&'a str, &'a [&'a str], Try)> {
    let home = Home::new();
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/limits.py"));
    script.args(["--name", &format!("mtL{}", std::process::id())]).arg("--migtop").arg(migtop());
    let names: Vec<_> = cases.iter().map(|(case, _)| *case).collect();
    script.args(["--cases", &names.join(",")]);
    let told = run(home.of(&mut script).arg("--folder").arg(home.path()));
    let sessions: HashMap<String, PathBuf> = told
        .lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| case[key].as_str().expect("text").to_owned();
            (text("case"), PathBuf::from(text("session")))
        })
        .collect();
    let try_of = |case: &str, codes: &[&str]| {
        let (seconds, session) = seconds(&sessions[case]);
        let limits = session.trials()[0].figures.as_ref().expect("ended").limits;
        Try { right: seconds.of(codes), seconds, verdict: limits.verdict().map(Limit::code) }
    };
    cases.iter().map(|&(case, codes)| (case, codes, try_of(case, codes))).collect()
}
