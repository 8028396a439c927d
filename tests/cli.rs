//! The command line, driven as a user drives it: what is printed where, and the exit status.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

fn migtop(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migtop"));
    command.args(words).env_remove("NO_COLOR");
    // Nothing of the user's is touched.
    command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

fn output(words: &[&str]) -> Output {
    migtop(words).stdin(Stdio::null()).output().unwrap()
}

fn started(words: &[&str]) -> Child {
    migtop(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Exit status and standard error of something that must be refused.
fn refused(words: &[&str]) -> (i32, String) {
    let output = output(words);
    assert!(output.stdout.is_empty(), "{words:?} printed {:?}", output.stdout);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_cannot_be_is_a_usage_error_that_names_the_remedy() {
    for (words, said) in [
        (&["-i", "eht*"][..], "no interface matches `eht*`; there are: "),
        (&["--team", "t=lo,nope"], "there is no interface `nope`; there are: "),
        (&["--team", "t=lo,lo"], "more than once"),
        (&["--team", "t=lo", "--team", "t=lo"], "given twice"),
        (&["--team", "t"], "--team uplinks=eth0,eth1"),
        (&["--interval", "5ms"], "10ms to 10s"),
        (&["--interval", "11s"], "10ms to 10s"),
        (&["--interval", "soon"], "250ms"),
        (&["--speed", "lo=fast"], "10G, 2.5G"),
        (&["--speed", "nope=10G"], "no interface matches `nope`"),
        (&["--set", "vms"], "vms=20"),
        (&["--subject", "nope"], "no interface or team `nope`"),
        (&["--sampler", "best"], "possible values"),
        (&["demo", "--scenario", "nope"], "\n  evacuation  20 guests leave"),
    ] {
        let (status, error) = refused(words);
        assert_eq!(status, 2, "{words:?}: {error}");
        assert!(error.contains(said), "{words:?}: {error}");
    }
}

#[test]
fn plain_lines_come_one_a_second_and_team() {
    let mut demo = started(&["demo", "--scenario", "saturated"]);
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains(" TX ") && line.contains("peak(1 s)"), "{line}");
    demo.kill().unwrap();
    demo.wait().unwrap();
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut demo = started(&["demo", "-n", "10ms"]);
    let mut out = BufReader::new(demo.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let status = demo.wait().unwrap();
    let mut said = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn the_listing_for_programs_is_one_object_with_every_field() {
    let output = output(&["interfaces", "--format", "json", "--team", "t=lo"]);
    let listing: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let lo = listing["interfaces"].as_array().unwrap().iter().find(|i| i["name"] == "lo").unwrap();
    for field in [
        "id",
        "index",
        "name",
        "kind",
        "mac",
        "mtu",
        "speed_bits_per_s",
        "up",
        "master",
        "sampler",
        "cadence_ns",
        "driver",
        "attainable_bits_per_s",
    ] {
        assert!(lo.get(field).is_some(), "{field}");
    }
    assert_eq!((&lo["kind"], &lo["attainable_bits_per_s"]), (&"loopback".into(), &().into()));
    assert_eq!(listing["teams"][0]["members"][0], lo["id"]);
}

#[test]
fn the_doctor_says_of_each_part_how_it_stands_and_what_would_mend_it() {
    let output = output(&["doctor", "--format", "json"]);
    let doctor: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = doctor["checks"].as_array().unwrap();
    let parts: Vec<&str> = checks.iter().map(|check| check["part"].as_str().unwrap()).collect();
    for part in ["counters", "link speeds", "CPU and memory", "guests", "recordings"] {
        assert!(parts.contains(&part), "{parts:?}");
    }
    for check in checks {
        let standing = check["standing"].as_str().unwrap();
        assert!(["works", "partly", "missing"].contains(&standing), "{check}");
        assert!(standing != "works" || check["remedy"].is_null(), "{check}");
        assert!(!check["seen"].as_str().unwrap().is_empty(), "{check}");
    }
}

#[test]
fn help_teaches_by_example() {
    let help = String::from_utf8(output(&["--help"]).stdout).unwrap();
    insta::assert_snapshot!("help", help);
}
