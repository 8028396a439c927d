//! `migtop run`, driven as a user drives it: a command on the loopback, and what is left of it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use migtop::journal::Reader;
use migtop::model::{Event, Mark, MarkBy, MarkKind};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A home of its own, and the session that is recorded into it.
struct Bench {
    home: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// `migtop run FLAGS -- COMMAND`, recording into `session.jsonl`.
    fn run(&self, flags: &[&str], command: &[&str]) -> Command {
        let mut migtop = Command::new(env!("CARGO_BIN_EXE_migtop"));
        migtop.arg("run").args(["--subject", "lo", "-n", "20ms", "-o", "session.jsonl"]);
        migtop.args(flags).arg("--").args(command);
        for variable in ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
            migtop.env(variable, self.home.path());
        }
        migtop.env_remove("NO_COLOR").stdin(Stdio::null()).current_dir(self.home.path());
        migtop
    }

    fn output(&self, flags: &[&str], command: &[&str]) -> Told {
        Told::new(self.run(flags, command).output().unwrap())
    }

    fn marks(&self) -> Vec<Mark> {
        let mut reader = Reader::open(&self.file("session.jsonl"), false).unwrap();
        let mut marks = Vec::new();
        while let Some(event) = reader.read().unwrap() {
            if let Event::Mark(mark) = event {
                marks.push(mark);
            }
        }
        assert_eq!(reader.recovery().torn_bytes, 0);
        marks
    }

    /// Every mark's kind, trial and exit status.
    fn trials(&self) -> Vec<(MarkKind, Option<u32>, Option<i32>)> {
        let marks = self.marks();
        assert!(marks.iter().all(|mark| mark.by == MarkBy::Run), "{marks:?}");
        marks.into_iter().map(|mark| (mark.kind, mark.trial, mark.exit_status)).collect()
    }
}

/// What a run came to.
struct Told {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn new(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn says(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "`{text}` is not in:\n{}", self.err);
        self
    }

    /// How many runs a row of the table is about.
    fn runs_in_table(&self) -> Option<u32> {
        let row = self.out.lines().find_map(|line| line.trim_start().strip_prefix("duration"))?;
        Some(row.split_whitespace().next().unwrap().parse().unwrap())
    }
}

fn started(trial: u32) -> (MarkKind, Option<u32>, Option<i32>) {
    (MarkKind::Start, Some(trial), None)
}

fn stopped(trial: u32, status: i32) -> (MarkKind, Option<u32>, Option<i32>) {
    (MarkKind::Stop, Some(trial), Some(status))
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

#[test]
fn three_runs_are_three_trials() {
    let bench = Bench::new();
    let told =
        bench.output(&["--runs", "3"], &["sh", "-c", "echo $MIGTOP_RUN $MIGTOP_TRIAL; echo e >&2"]);
    assert_eq!(told.status, Some(0), "{}", told.err);
    assert!(told.out.starts_with("1 1\n2 2\n3 3\nlo "), "{}", told.out);
    assert_eq!(told.runs_in_table(), Some(3), "{}", told.out);
    for row in ["bytes", "mean", "min", "max", "sd"] {
        assert!(told.out.contains(row), "{}", told.out);
    }
    told.says("migtop: run 1 of 3, trial 1\ne\nmigtop: run 1 of 3, trial 1: ");
    told.says(" left\nmigtop: run 3 of 3, trial 3\n").says("session.jsonl");
    let expected = [1, 2, 3].map(|trial| [started(trial), stopped(trial, 0)]).concat();
    assert_eq!(bench.trials(), expected);
}

#[test]
fn the_factors_go_with_every_trial() {
    let bench = Bench::new();
    let told = bench.output(&["--runs", "2", "--set", "vms=20"], &["true"]);
    assert_eq!(told.status, Some(0), "{}", told.err);
    let marks = bench.marks();
    let starts: Vec<_> = marks.iter().filter(|mark| mark.kind == MarkKind::Start).collect();
    assert_eq!(starts.len(), 2);
    assert!(starts.iter().all(|mark| mark.set.as_ref().unwrap()["vms"] == "20"), "{starts:?}");
}

#[test]
fn a_failed_run_is_kept_with_its_status_and_the_others_go_on() {
    let command =
        ["sh", "-c", "[ $MIGTOP_RUN != 2 ] || exit 3; [ $MIGTOP_RUN != 3 ] || kill -9 $$"];
    for (flags, status) in [(&["--runs", "4"][..], 1), (&["--runs", "4", "--ignore-failure"], 0)] {
        let bench = Bench::new();
        let told = bench.output(flags, &command);
        assert_eq!(told.status, Some(status), "{}", told.err);
        assert_eq!(told.runs_in_table(), Some(2), "{}", told.out);
        told.says("run 2 of 4, trial 2: FAILED (exit status: 3)");
        told.says("2 failed: trial 2 (exit status: 3), trial 3 (signal: 9 (SIGKILL))");
        let statuses: Vec<_> = bench.marks().iter().filter_map(|mark| mark.exit_status).collect();
        assert_eq!(statuses, [0, 3, 137, 0]);
    }
}

#[test]
fn warmups_are_no_trials() {
    let bench = Bench::new();
    let command = ["sh", "-c", "echo $MIGTOP_RUN ${MIGTOP_TRIAL-none}"];
    let told = bench.output(&["--warmup", "2"], &command);
    assert_eq!(told.status, Some(0), "{}", told.err);
    assert!(told.out.starts_with("0 none\n0 none\n1 1\n"), "{}", told.out);
    assert_eq!(told.runs_in_table(), Some(1), "{}", told.out);
    let marks = bench.marks();
    let notes: Vec<_> = marks.iter().filter_map(|mark| mark.text.as_deref()).collect();
    assert_eq!(notes, ["warmup 1 of 2", "warmup 2 of 2"]);
    assert_eq!(bench.trials()[2..], [started(1), stopped(1, 0)]);
}

#[test]
fn preparations_stand_outside_the_trials_and_cooldowns_between_them() {
    let bench = Bench::new();
    let flags = ["--runs", "2", "--prepare", "echo prepared", "--cooldown", "50ms"];
    let told = bench.output(&flags, &["echo", "run"]);
    assert_eq!(told.status, Some(0), "{}", told.err);
    assert!(told.out.starts_with("prepared\nrun\nprepared\nrun\n"), "{}", told.out);
    let marks = bench.marks();
    let between = marks[2].at.checked_sub(marks[1].at).unwrap();
    assert!(between.as_millis() >= 50, "{between:?}");
}

#[test]
fn a_preparation_that_fails_ends_the_runs_and_keeps_those_before() {
    let bench = Bench::new();
    let flags = ["--runs", "3", "--prepare", "[ $MIGTOP_RUN = 1 ]"];
    let told = bench.output(&flags, &["true"]);
    assert_eq!((told.status, told.runs_in_table()), (Some(1), Some(1)), "{}", told.err);
    told.says("`[ $MIGTOP_RUN = 1 ]` failed before run 2 of 3 (exit status: 1)");
    assert_eq!(bench.trials(), [started(1), stopped(1, 0)]);
}

#[test]
fn a_command_that_is_not_there_is_told_before_anything_is_recorded() {
    let bench = Bench::new();
    for command in ["there-is-no-such-command", "/nowhere/at-all"] {
        let told = bench.output(&[], &[command]);
        assert_eq!((told.status, told.out.as_str()), (Some(1), ""), "{}", told.err);
        told.says(command);
        assert!(!bench.file("session.jsonl").exists());
    }
}

#[test]
fn a_command_that_cannot_be_started_leaves_a_trial_that_is_given_up() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let script = bench.file("script");
    fs::write(&script, "#!/nowhere/at-all\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let told = bench.output(&[], &["./script"]);
    assert_eq!(told.status, Some(1), "{}", told.err);
    told.says("cannot start `./script`");
    assert_eq!(bench.trials(), [started(1), (MarkKind::Cancel, Some(1), None)]);
}

#[test]
fn the_output_can_go_to_a_file_which_is_not_replaced_unasked() {
    let bench = Bench::new();
    let flags = ["--runs", "2", "--command-output", "said.txt"];
    let command = ["sh", "-c", "echo $MIGTOP_RUN; echo error >&2"];
    let told = bench.output(&flags, &command);
    assert_eq!(told.status, Some(0), "{}", told.err);
    assert!(told.out.starts_with("lo "), "{}", told.out);
    let said = || fs::read_to_string(bench.file("said.txt")).unwrap();
    assert_eq!(said(), "1\nerror\n2\nerror\n");

    fs::remove_file(bench.file("session.jsonl")).unwrap();
    let told = bench.output(&flags, &["echo", "new"]);
    assert_eq!(told.status, Some(1));
    told.says("said.txt exists already; --force");
    assert!(!bench.file("session.jsonl").exists());
    let told = bench.output(&[&flags[..], &["--force"]].concat(), &["echo", "new"]);
    assert_eq!((told.status, said().as_str()), (Some(0), "new\nnew\n"), "{}", told.err);
}

#[test]
fn a_dash_lets_the_output_through() {
    let bench = Bench::new();
    let told = bench.output(&["--command-output", "-"], &["echo", "said"]);
    assert_eq!(told.status, Some(0), "{}", told.err);
    assert!(told.out.starts_with("said\n"), "{}", told.out);
    assert!(!bench.file("-").exists());
}

#[test]
fn a_signal_ends_the_run_that_goes_on_and_keeps_those_before() {
    for (sent, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let bench = Bench::new();
        let command = ["sh", "-c", "echo $MIGTOP_RUN; [ $MIGTOP_RUN = 1 ] || exec sleep 600"];
        let mut migtop = bench.run(&["--runs", "3"], &command);
        let mut child = migtop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "1");
        assert_eq!(lines.next().unwrap().unwrap(), "2");
        // To migtop alone, as `kill` does: the command gets it from there.
        signal(&child, sent);
        let out: Vec<String> = lines.map(Result::unwrap).collect();
        let mut told = Told::new(child.wait_with_output().unwrap());
        told.out = out.join("\n");
        assert_eq!((told.status, told.runs_in_table()), (Some(status), Some(1)), "{}", told.err);
        told.says("run 2 of 3, trial 2: interrupted after");
        told.says("interrupted; 1 of 3 runs are done and kept, trial 2 is given up");
        let cancelled = (MarkKind::Cancel, Some(2), None);
        assert_eq!(bench.trials(), [started(1), stopped(1, 0), started(2), cancelled]);
    }
}

#[test]
fn a_second_signal_kills_a_command_that_does_not_listen() {
    let bench = Bench::new();
    let command = ["sh", "-c", "trap '' INT; echo deaf; while :; do sleep 0.05; done"];
    let mut migtop = bench.run(&[], &command);
    let mut child = migtop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "deaf");
    // Two that come together may be taken as one; a third insists.
    while child.try_wait().unwrap().is_none() {
        signal(&child, Signal::INT);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let told = Told::new(child.wait_with_output().unwrap());
    assert_eq!(told.status, Some(130), "{}", told.err);
    assert_eq!(bench.trials()[1].0, MarkKind::Cancel);
}

/// Whether a process lives; one that nobody has waited for yet does not.
#[cfg(target_os = "linux")]
fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// What a script starts ends when migtop alone is sent `sent`; a second time when `twice`.
#[cfg(target_os = "linux")]
fn ends_with_migtop(flags: &[&str], command: &[&str], sent: Signal, twice: bool) -> Told {
    let bench = Bench::new();
    let mut migtop = bench.run(flags, command);
    let mut child = migtop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started = lines.next().unwrap().unwrap();
    let pids: Vec<&str> = started.split_whitespace().collect();
    assert!(pids.iter().all(|pid| lives(pid)), "{pids:?}");
    signal(&child, sent);
    while twice && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(100));
        signal(&child, sent);
    }
    let mut told = Told::new(child.wait_with_output().unwrap());
    // A kill takes its time to be done.
    let over = std::time::Instant::now() + std::time::Duration::from_secs(2);
    while pids.iter().any(|pid| lives(pid)) && std::time::Instant::now() < over {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let left: Vec<&&str> = pids.iter().filter(|pid| lives(pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?} live on\n{}", told.err);
    told.out = lines.map(Result::unwrap).collect();
    told
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_all_that_a_script_has_started() {
    let script = "sleep 601 & a=$!; (sleep 602 & echo $a $!; wait); echo done";
    let told = ends_with_migtop(&[], &["sh", "-c", script], Signal::TERM, false);
    assert_eq!((told.status, told.out.as_str()), (Some(143), ""), "{}", told.err);
    told.says("trial 1 is given up");
    let flags = ["--prepare", "sleep 603 & echo $!; sleep 604; echo done"];
    let told = ends_with_migtop(&flags, &["true"], Signal::TERM, false);
    assert_eq!((told.status, told.out.as_str()), (Some(143), ""), "{}", told.err);
}

#[cfg(target_os = "linux")]
#[test]
fn what_does_not_listen_is_killed_though_its_script_has_ended() {
    let script = "(trap '' TERM; sleep 605 & echo $!; wait) & sleep 606; echo done";
    let told = ends_with_migtop(&[], &["sh", "-c", script], Signal::TERM, true);
    assert_eq!((told.status, told.out.as_str()), (Some(143), ""), "{}", told.err);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_script_leaves_on_purpose_goes_on() {
    let bench = Bench::new();
    let script = "[ $MIGTOP_RUN = 2 ] && exec sleep 607; sleep 608 >/dev/null 2>&1 & echo $!";
    let mut migtop = bench.run(&["--runs", "2"], &["sh", "-c", script]);
    let mut child = migtop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().ends_with("run 2 of 2, trial 2") {}
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(lives(&pid));
    let left = Pid::from_raw(pid.parse().unwrap()).unwrap();
    kill_process(left, Signal::KILL).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_left_behind_and_has_ended_is_gone() {
    let bench = Bench::new();
    // Its number is free again only when migtop has waited for it.
    let script = "p=$(sh -c 'sleep 0.2 >/dev/null & echo $!'); \
                  while kill -0 $p 2>/dev/null; do sleep 0.02; done; echo gone";
    let told = bench.output(&[], &["sh", "-c", script]);
    assert!(told.out.starts_with("gone\n"), "{}", told.err);
}

#[test]
fn a_signal_between_runs_ends_them_without_a_trial_given_up() {
    let bench = Bench::new();
    let mut migtop = bench.run(&["--runs", "2", "--cooldown", "10m"], &["true"]);
    let mut child = migtop.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains(" left") {}
    signal(&child, Signal::INT);
    let err: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert!(err.iter().any(|line| line.ends_with("1 of 2 runs are done and kept")), "{err:?}");
    assert_eq!(bench.trials(), [started(1), stopped(1, 0)]);
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    let bench = Bench::new();
    let migtop = env!("CARGO_BIN_EXE_migtop");
    for (words, said) in [
        (&["run"][..], "-- <CMD>"),
        (&["run", "--runs", "0", "--", "true"], "1..="),
        (&["run", "--cooldown", "soon", "--", "true"], "1m30s"),
        (&["run", "-o", "-", "--", "true"], "-o names a file"),
        (&["run", "-o", "a", "--command-output", "a", "--", "true"], "the same file"),
    ] {
        let output = Command::new(migtop).args(words).current_dir(bench.home.path()).output();
        let told = Told::new(output.unwrap());
        assert_eq!(told.status, Some(2), "{words:?}: {}", told.err);
        told.says(said);
    }
}
