//! What limits a real migration is told as it was made to be, second by second.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use migtop::session::Limit;
use serde_json::Value;

use super::gate::{can_run, say};
use super::process::{migtop, run};
use super::recorder::Home;
use super::verdicts::{seconds, table};

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

/// What else the machine does holds a shaped link up for a part of a second at times, and a second
/// with a pause in it is limited by that: the best of so many tries counts.
const TRIES: usize = 3;

#[test]
fn what_limits_a_migration_is_told_as_it_was_made() {
    if !can_run(&["qemu-system-x86_64", "python3", "sysctl"]) {
        return;
    }
    let mut shares = Vec::new();
    for _ in 0..TRIES {
        let (right, all) = right_seconds();
        shares.push(right as f64 / all as f64);
        if shares.last() >= Some(&RIGHT) {
            return;
        }
    }
    panic!("right: {shares:?}");
}

/// Makes all cases and prints the confusions; how many seconds are right, and of how many.
fn right_seconds() -> (usize, usize) {
    let home = Home::new();
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/limits.py"));
    script.args(["--name", &format!("mtL{}", std::process::id())]).arg("--migtop").arg(migtop());
    let told = run(home.of(&mut script).arg("--folder").arg(home.path()));
    let sessions: HashMap<String, PathBuf> = told
        .lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| case[key].as_str().expect("text").to_owned();
            (text("case"), PathBuf::from(text("session")))
        })
        .collect();
    let (mut all, mut right, mut rows) = (0, 0, Vec::new());
    for (case, codes) in CASES {
        let (seconds, session) = seconds(&sessions[case]);
        assert!(seconds.all() >= 4, "{case}: {seconds:?}");
        all += seconds.all();
        right += seconds.of(codes);
        let limits = session.trials()[0].figures.as_ref().expect("ended").limits;
        let verdict = limits.verdict().map(Limit::code);
        assert!(verdict.is_some_and(|code| codes.contains(&code)), "{case}: {limits:?}");
        rows.push((case, codes, seconds));
    }
    say(&format!("\n{}{right} of {all} seconds are right", table(&rows)));
    (right, all)
}
