//! A disk that fills up under a live view, and is emptied again.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use migtop::model::{Event, GapReason, MarkKind};
use migtop::session::Session;

use super::gate::{can_run, say};
use super::process::{migtop, run, wait_until};
use super::recorder::{Home, said};
use super::stream::Stream;
use super::traffic::{INTERFACE, Pair};
use super::tty::{Launch, PATIENCE, Tty};

const ALERT: &str = "NOT RECORDING";

#[test]
fn a_full_disk_is_told_and_survived() {
    if !can_run(&["mount", "umount"]) {
        return;
    }
    let disk = SmallDisk::new();
    let file = disk.path().join("session.jsonl.zst");
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(300));
    pair.wait_for_flow();
    let output = file.to_str().expect("UTF-8");
    let tty = Launch::in_namespace(&pair.here).arguments(&["-n", "50ms", "-o", output]).shown();
    let ask = |arguments: &[&str]| script(&tty, arguments);

    let started = ask(&["mark", "start", "--set", "vms=4"]);
    assert!(started.status.success(), "{}", said(&started));
    std::thread::sleep(Duration::from_secs(2));
    disk.fill();
    tty.wait_for("the alert", |screen| screen.contains(ALERT));
    let refused = ask(&["mark", "note", "while it is full"]);
    let why = said(&refused);
    assert_eq!(refused.status.code(), Some(1), "{why}");
    assert!(why.contains("not on disk") && why.contains("No space left"), "{why}");
    let status = ask(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("No space left"), "{status}");
    // The view goes on, and the alert with it.
    for _ in 0..3 {
        let before = tty.raw().len();
        assert!(wait_until(PATIENCE, || tty.raw().len() > before + 200), "the view stands still");
    }
    assert!(tty.text().contains(ALERT), "{}", tty.text());
    let refused = ask(&["mark", "stop"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let again = ask(&["mark", "start"]);
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));

    disk.empty();
    tty.wait_for("the end of the alert", |screen| !screen.contains(ALERT));
    std::thread::sleep(Duration::from_secs(1));
    for arguments in [&["mark", "note", "with room"][..], &["mark", "stop"]] {
        let done = ask(arguments);
        assert!(done.status.success(), "{}", said(&done));
    }
    tty.quit();
    check(&Stream::read(&file));
    let left = std::fs::read_dir(disk.path()).expect("a folder").count();
    assert_eq!(left, 1, "nothing but the session is left on the disk");
}

/// The stream's own rules hold (they are checked as it is read); nothing is lost but rates.
fn check(stream: &Stream) {
    let marks: Vec<_> = stream.marks().collect();
    let kinds: Vec<_> = marks.iter().map(|mark| mark.kind).collect();
    let (start, note, stop) = (MarkKind::Start, MarkKind::Note, MarkKind::Stop);
    assert_eq!(kinds, [start, note, stop, start, note, stop], "{marks:?}");
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).contains(&GapReason::DiskFull), "{:?}", stream.gaps(id));
    let full = stream.0.iter().filter_map(|event| match event {
        Event::Gap { at, from, why: GapReason::DiskFull, .. } => Some((*from, *at)),
        _ => None,
    });
    let full: Vec<_> = full.collect();
    assert!(full.iter().all(|(from, at)| from < at), "{full:?}");

    let counted = stream.absolute(id);
    let at_mark = |at| counted.iter().find(|(then, _)| *then == at).expect("counters at a mark").1;
    let mut session = Session::default();
    stream.0.iter().for_each(|event| session.apply(event.clone()));
    let trials = session.trials();
    assert_eq!(trials.len(), 2);
    for (trial, edges) in
        trials.iter().zip([(marks[0].at, marks[2].at), (marks[3].at, marks[5].at)])
    {
        let (first, last) = (at_mark(edges.0), at_mark(edges.1));
        let figures = trial.figures.as_ref().expect("it has ended");
        assert_eq!((figures.bytes.tx, figures.bytes.rx), (last.tx - first.tx, last.rx - first.rx));
        assert_eq!(stream.added(id, edges.0, edges.1).tx, last.tx - first.tx);
        assert!(figures.gaps > 0, "trial {} went on while the disk was full", trial.number);
        say(&format!("trial {}: {} B, {} gaps", trial.number, figures.bytes.tx, figures.gaps));
    }
    say(&format!("full, from and to: {full:?}"));
}

#[test]
fn a_recording_that_ends_on_a_full_disk_fails_and_keeps_what_it_had() {
    if !can_run(&["mount", "umount"]) {
        return;
    }
    let disk = SmallDisk::new();
    let home = Home::new();
    let pair = Pair::new();
    let _flow = pair.trickle();
    for name in ["session.jsonl", "session.jsonl.zst"] {
        let file = disk.path().join(name);
        let mut command = pair.here.command(migtop());
        let recorder = home.start(command.args(["record", "-n", "20ms", "-o"]).arg(&file));
        let mut client = recorder.client();
        let start = client.mark(MarkKind::Start, None).expect("on disk");
        disk.fill();
        let full = || client.status().trouble.is_some();
        assert!(wait_until(PATIENCE, full), "{name}: it does not notice");
        let (status, told) = recorder.end();
        assert_eq!(status, Some(1), "{name}: {told}");
        assert!(told.trim_end().ends_with("No space left on device (os error 28)"), "{told}");
        let stream = Stream::so_far(&file);
        let marks: Vec<_> = stream.marks().map(|mark| mark.at.as_nanos() as u64).collect();
        assert_eq!(marks, [start.at_ns], "{name}");
        disk.empty();
    }
}

/// What a script does in the terminal's home; the session goes by the file's name.
fn script(tty: &Tty, arguments: &[&str]) -> Output {
    let mut command = Command::new(migtop());
    command.args(arguments).args(["--session", "session"]).env("HOME", tty.folder());
    command.env_remove("XDG_STATE_HOME").stdin(Stdio::null());
    command.output().expect("it can be started")
}

/// A file system of 256 KiB in memory, gone when it is dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Self { folder };
        std::fs::create_dir(disk.path()).expect("a folder");
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "migtop-lab"])
            .arg(disk.path()));
        disk
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// To the last byte.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("made");
        loop {
            match file.write(&[1; 4_096]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.filler()).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let path: &Path = &self.path();
        let _ = Command::new("umount").arg("--lazy").arg(path).status();
    }
}
