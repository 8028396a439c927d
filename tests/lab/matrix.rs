//! Small matrices of real evacuations, ten runs a cell: what a report concludes is how the links
//! were shaped.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::gate::{can_run, say};
use super::process::{migtop, run};
use super::recorder::Home;

const RUNS: &str = "10";
/// MiB of each guest.
const MEMORY: &str = "8";

/// One configuration of a matrix: the link, as tc and as migtop write it.
struct Link {
    config: &'static str,
    rate: &'static str,
    speed: &'static str,
}

/// Evacuates with one and with two guests, again and again; the session.
fn evacuate(home: &Home, name: &str, link: &Link, cap: u64) -> PathBuf {
    let path = home.path().join(format!("{}.jsonl.zst", link.config));
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/matrix.py"));
    script.args(["--name", &format!("{name}{}", std::process::id())]).arg("--migtop").arg(migtop());
    script.args(["--config", link.config, "--rate", link.rate, "--speed", link.speed]);
    script.args(["--runs", RUNS, "--memory", MEMORY, "--max-bandwidth", &cap.to_string()]);
    run(home.of(&mut script).arg("--out").arg(&path));
    path
}

/// What a report says of both.
fn report(home: &Home, sessions: &[PathBuf]) -> Value {
    let files = sessions.iter().map(|path| path.to_str().expect("text"));
    let words: Vec<&str> = ["report", "--format", "json"].into_iter().chain(files).collect();
    let output = home.migtop(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for finding in report["findings"].as_array().expect("findings") {
        say(finding["message"].as_str().expect("a message"));
    }
    for comparison in report["comparisons"].as_array().expect("comparisons") {
        say(&comparison.to_string());
    }
    for cell in report["cells"].as_array().expect("cells") {
        assert_eq!(cell["n"].to_string(), RUNS, "{}", cell["factors"]);
    }
    report
}

/// The ratio of the mean times for one and for two guests, and whether they are told apart.
fn ratios(report: &Value) -> Vec<(f64, bool)> {
    let comparisons = report["comparisons"].as_array().expect("comparisons");
    assert_eq!(comparisons.len(), 2);
    let ratio = |comparison: &Value| {
        let told_apart = comparison["distinguishable"].as_bool().expect("ten runs each");
        (comparison["ratio"].as_f64().expect("a ratio"), told_apart)
    };
    comparisons.iter().map(ratio).collect()
}

fn has(report: &Value, code: &str) -> bool {
    report["findings"].as_array().expect("findings").iter().any(|finding| finding["code"] == code)
}

#[test]
fn a_doubled_link_that_was_full_is_told_apart() {
    if !can_run(&["qemu-system-x86_64", "python3"]) {
        return;
    }
    let home = Home::new();
    let links = [
        Link { config: "100M", rate: "100mbit", speed: "100M" },
        Link { config: "200M", rate: "200mbit", speed: "200M" },
    ];
    let sessions = links.map(|link| evacuate(&home, "mtM", &link, 0));
    let report = report(&home, &sessions);
    for (ratio, told_apart) in ratios(&report) {
        assert!(told_apart && (0.4..0.65).contains(&ratio), "{ratio}, told apart: {told_apart}");
    }
    assert!(!has(&report, "no-gain"));
}

#[test]
fn a_doubled_link_in_front_of_capped_senders_is_no_gain() {
    if !can_run(&["qemu-system-x86_64", "python3"]) {
        return;
    }
    let home = Home::new();
    let links = [
        Link { config: "2G", rate: "2gbit", speed: "2G" },
        Link { config: "4G", rate: "4gbit", speed: "4G" },
    ];
    let sessions = links.map(|link| evacuate(&home, "mtC", &link, 4_000_000));
    let report = report(&home, &sessions);
    for (ratio, _) in ratios(&report) {
        assert!((0.95..1.05).contains(&ratio), "{ratio}");
    }
    assert!(has(&report, "no-gain"));
}
