//! `mark` and `status`, driven as scripts drive them, against a listener in this process.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::path::Path;
use std::process::{Command, Output};

use migtop::control::{Answer, Call, InterfaceCounters, Marked, Request, Server};
use migtop::place::User;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("mt").tempdir().unwrap();
    std::fs::create_dir(folder.path().join("run")).unwrap();
    folder
}

/// Runs the binary as `User::within(folder)`, with words after `migtop`.
fn migtop(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migtop"));
    for (variable, name) in
        [("XDG_RUNTIME_DIR", "run"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
    {
        command.env(variable, folder.join(name));
    }
    command.env_remove("SUDO_UID").env("TZ", "UTC").args(words).output().unwrap()
}

/// Exit status, standard output, standard error.
fn parts(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn answer(request: &Request) -> Answer {
    let Request::Mark(mark) = request else { return Answer::error("not now") };
    let vms = mark.set.as_ref().and_then(|set| set.get("vms"));
    if mark.text.as_deref() != Some("first run") || vms.is_none_or(|vms| vms != "20") {
        return Answer::error("a trial runs\u{1b} already");
    }
    let counter = |interface: &str, tx_bytes| InterfaceCounters {
        interface: interface.into(),
        rx_bytes: 0,
        tx_bytes,
    };
    Answer::marked(Marked {
        kind: mark.mark,
        trial: Some(1),
        at_ns: 80_123_000_000,
        time: "2026-11-22T14:03:31.246Z".into(),
        session: "s".into(),
        duration_s: None,
        counters: vec![counter("eth0", 7), counter("eth1", 0)],
    })
}

/// One command while one migtop listens.
fn asked(words: &'static [&'static str]) -> (i32, String, String) {
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_server, mut calls) = Server::listen(&User::within(folder.path()), "s").unwrap();
        let path = folder.path().to_owned();
        let mut client = spawn_blocking(move || migtop(&path, words));
        loop {
            tokio::select! {
                Some(Call { request, reply }) = calls.recv() => {
                    reply.send(answer(&request)).unwrap();
                }
                output = &mut client => return parts(&output.unwrap()),
            }
        }
    })
}

#[test]
fn a_script_sets_a_mark_and_reads_trial_time_and_counters() {
    let (status, said, error) = asked(&["mark", "start", "first", "run", "--set", "vms=20"]);
    assert_eq!((status, error.as_str()), (0, ""));
    assert!(
        said.starts_with("trial 1 started at 14:03:31.246 (1m20.1s into s)\n  eth0  "),
        "{said}"
    );
    assert!(!said.contains("eth1"), "{said}");
}

#[test]
fn a_program_reads_the_same_as_one_object() {
    let words = &["mark", "start", "first run", "--set", "vms=20", "--format", "json"];
    let (status, said, _) = asked(words);
    let object: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(status, 0);
    assert_eq!((&object["ok"], &object["trial"]), (&true.into(), &1.into()));
    assert_eq!(object["counters"][1]["interface"], "eth1");
}

#[test]
fn what_cannot_be_done_is_said_and_fails() {
    let (status, said, error) = asked(&["mark", "start"]);
    assert_eq!((status, said.as_str()), (1, ""));
    assert_eq!(error, "migtop: a trial runs\u{fffd} already\n");
    let (status, _, error) = asked(&["status", "--session", "t"]);
    assert_eq!(status, 1);
    assert!(error.contains("no running migtop is called `t`; there are:\n  s "), "{error}");
}

#[test]
fn without_a_running_migtop_the_message_says_how_to_start_one() {
    let folder = folder();
    for words in [&["status"][..], &["mark", "stop"]] {
        let (status, said, error) = parts(&migtop(folder.path(), words));
        assert_eq!((status, said.as_str()), (1, ""));
        assert!(error.contains("start one with `migtop`"), "{error}");
    }
}

#[test]
fn a_mark_that_cannot_be_is_a_usage_error() {
    let folder = folder();
    for words in [&["mark"][..], &["mark", "begin"], &["mark", "note"], &["mark", "edit"]] {
        assert_eq!(parts(&migtop(folder.path(), words)).0, 2, "{words:?}");
    }
}
