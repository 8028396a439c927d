//! Recording, marks and replay as a user drives them: on loopback, without a terminal or root.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use migtop::journal::Reader;
use migtop::model::{Event, MarkBy, MarkKind};
use serde_json::Value;

/// A home of its own, so that nothing of the user's is touched.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn migtop(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migtop"));
        command.args(words.split_whitespace());
        self.surrounded(command)
    }

    /// A command in this home.
    fn surrounded(&self, mut command: Command) -> Command {
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command.env("HOME", self.0.path()).env("XDG_STATE_HOME", self.0.path().join("state"));
        command.env("XDG_RUNTIME_DIR", self.runtime());
        command.env_remove("SUDO_UID").env_remove("XDG_CONFIG_HOME");
        command
    }

    fn runtime(&self) -> PathBuf {
        let folder = self.0.path().join("run");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn output(&self, words: &str) -> Output {
        self.migtop(words).output().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The recordings in the state folder.
    fn recordings(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.path("state/migtop")).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|e| e == "zst"));
        files.sort();
        files
    }

    /// Starts a recorder and waits until it answers.
    fn recorder(&self, words: &str) -> Recorder {
        self.started(self.migtop(words))
    }

    fn started(&self, mut command: Command) -> Recorder {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let recorder = Recorder(Some(child));
        for _ in 0..3_000 {
            if self.output("status").status.success() {
                return recorder;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the recorder does not answer");
    }
}

struct Recorder(Option<Child>);

impl Recorder {
    /// Ends it by a signal; what it said.
    fn end(mut self, signal: rustix::process::Signal) -> Output {
        let child = self.0.take().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        child.wait_with_output().unwrap()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn events(path: &Path) -> Vec<Event> {
    let mut reader = Reader::open(path, false).unwrap();
    std::iter::from_fn(|| reader.read().unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_recording_of_a_set_length_ends_well_and_is_not_replaced_by_mistake() {
    let home = Home::new();
    for name in ["a.jsonl", "a.jsonl.zst"] {
        let command = format!("record -n 20ms --duration 300ms -o {name}");
        let output = home.output(&command);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
        let events = events(&home.path(name));
        assert!(matches!(events.first(), Some(Event::Session(_))));
        let Some(Event::End(end)) = events.last() else { panic!("{:?}", events.last()) };
        assert!(end.at >= Duration::from_millis(300) && end.samples > 2, "{end:?}");
        let refused = home.output(&command);
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("--force replaces it"), "{refused:?}");
        assert!(home.output(&format!("{command} --force")).status.success());
    }
    assert!(home.recordings().is_empty());
}

#[test]
fn without_a_file_it_goes_into_the_state_folder_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    assert!(home.output("record --duration 100ms").status.success());
    let [recording] = &home.recordings()[..] else { panic!("{:?}", home.recordings()) };
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(recording), mode(recording.parent().unwrap())), (0o600, 0o700));
    let unkept = home.output("record --duration 100ms --no-record");
    assert!(unkept.status.success());
    assert!(text(&unkept.stderr).ends_with(" samples; not recorded\n"), "{unkept:?}");
    assert_eq!(home.recordings().len(), 1);
}

#[test]
fn a_stream_is_plain_lines_on_standard_output() {
    let home = Home::new();
    let output = home.output("record --duration 200ms -o -");
    assert!(output.status.success());
    let lines = text(&output.stdout);
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.first().unwrap()["event"], "session");
    assert_eq!(events.last().unwrap()["event"], "end");
    assert!(home.recordings().is_empty());
}

#[test]
fn every_signal_that_ends_it_leaves_a_complete_file() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let home = Home::new();
        let output = home.recorder("record").end(signal);
        assert_eq!(output.status.code(), Some(0), "{signal:?}: {}", text(&output.stderr));
        assert!(matches!(events(&home.recordings()[0]).last(), Some(Event::End(_))));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_was_ignored_from_the_beginning_ends_nothing() {
    use rustix::process::{Pid, Signal, kill_process};
    let home = Home::new();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP INT; exec \"$0\" record", env!("CARGO_BIN_EXE_migtop")]);
    let recorder = home.started(home.surrounded(command));
    let pid = Pid::from_child(recorder.0.as_ref().unwrap());
    for signal in [Signal::HUP, Signal::INT] {
        kill_process(pid, signal).unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    assert!(home.output("status").status.success());
    assert_eq!(recorder.end(Signal::TERM).status.code(), Some(0));
}

#[test]
fn marks_from_outside_are_in_the_file_and_make_no_sense_only_when_told() {
    let home = Home::new();
    let recorder = home.recorder("record -n 20ms --set config=a");
    let refused = home.output("mark stop");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stderr), "migtop: no trial is running\n");
    let started = home.output("mark start first try --set vms=20 --format json");
    let answer: Value = serde_json::from_slice(&started.stdout).unwrap();
    assert_eq!((&answer["ok"], &answer["trial"]), (&true.into(), &1.into()));
    let refused = home.output("mark start");
    assert_eq!(text(&refused.stderr), "migtop: trial 1 is running; stop it first\n");
    assert!(home.output("mark note half of them").status.success());
    let status = home.output("status --format json");
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["trial"]["factors"]["vms"], "20");
    assert_eq!(status["recording"], true);
    assert!(home.output("mark stop").status.success());
    // What was acknowledged is on disk, whatever happens now.
    drop(recorder);
    let marks: Vec<_> = events(&home.recordings()[0])
        .into_iter()
        .filter_map(|event| if let Event::Mark(mark) = event { Some(mark) } else { None })
        .collect();
    let kinds: Vec<MarkKind> = marks.iter().map(|mark| mark.kind).collect();
    assert_eq!(kinds, [MarkKind::Start, MarkKind::Note, MarkKind::Stop]);
    let set = marks[0].set.as_ref().unwrap();
    assert_eq!((set["config"].as_str(), set["vms"].as_str()), ("a", "20"));
    assert_eq!((marks[0].text.as_deref(), marks[0].by), (Some("first try"), MarkBy::Socket));
    assert_eq!(answer["at_ns"], marks[0].at.as_nanos() as u64);
    let gone = home.output("status");
    assert!(text(&gone.stderr).contains("no migtop of this user is running"), "{gone:?}");
}

#[test]
fn plain_lines_are_recorded_as_well_and_a_recording_is_replayed_as_plain_lines() {
    let home = Home::new();
    let recorder = home.recorder("watch -i lo -n 50ms");
    std::thread::sleep(Duration::from_millis(1_200));
    recorder.end(rustix::process::Signal::TERM);
    let recording = &home.recordings()[0];
    let replayed = home.migtop("replay").arg(recording).output().unwrap();
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    assert!(text(&replayed.stdout).lines().count() >= 2);
    assert!(text(&replayed.stdout).contains("lo  "), "{}", text(&replayed.stdout));
}

#[test]
fn what_cannot_be_replayed_says_why() {
    let home = Home::new();
    std::fs::write(home.path("other.jsonl"), "hello\n").unwrap();
    let future = r#"{"event":"session","format":"migtop","version":9}"#;
    std::fs::write(home.path("future.jsonl"), format!("{future}\n")).unwrap();
    for (file, said) in [
        ("missing.jsonl", "missing.jsonl"),
        ("other.jsonl", "this is not a migtop session"),
        ("future.jsonl", "format version 9; this migtop reads up to 1"),
    ] {
        let output = home.output(&format!("replay {file}"));
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

#[test]
fn a_configuration_that_is_not_right_is_refused_before_anything_begins() {
    let home = Home::new();
    std::fs::write(home.path("c.toml"), "[sessions]\nmax_sise = \"1GB\"\n").unwrap();
    let output = home.output("record --duration 100ms --config c.toml");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("c.toml") && said.contains("max_sise") && said.contains("line 2"),
        "{said}"
    );
    assert!(home.recordings().is_empty());
}

#[test]
fn old_recordings_go_when_there_are_too_many() {
    let home = Home::new();
    std::fs::write(home.path("c.toml"), "[sessions]\nmax_size = \"1MB\"\n").unwrap();
    for _ in 0..3 {
        assert!(home.output("record --duration 500ms --config c.toml").status.success());
        // As if it had gone on for hours.
        let newest = home.recordings().into_iter().max().unwrap();
        std::fs::File::options().write(true).open(newest).unwrap().set_len(2_000_000).unwrap();
    }
    assert_eq!(home.recordings().len(), 1, "only the last one, which was being written to");
}

#[test]
fn a_recording_is_found_by_a_part_of_its_name_that_no_other_has() {
    let home = Home::new();
    for _ in 0..2 {
        assert!(home.output("record --duration 300ms").status.success());
    }
    let name = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.split_once('.').unwrap().0.to_owned()
    };
    let names: Vec<String> = home.recordings().iter().map(name).collect();
    let common: String = names[0].chars().take(8).collect();
    let several = home.output(&format!("sessions show {common}"));
    assert_eq!(several.status.code(), Some(1));
    assert!(names.iter().all(|name| text(&several.stderr).contains(name)), "{several:?}");
    // Of two in one second the later has a number behind its name.
    let longest = names.iter().max_by_key(|name| name.len()).unwrap();
    let found = home.output(&format!("sessions show {}", &longest[1..]));
    assert!(found.status.success() && text(&found.stdout).contains(longest), "{found:?}");
    assert_eq!(home.output("sessions show nowhere").status.code(), Some(1));
}
