//! Twenty real guests leave, and each source quits as under libvirt: when each departure is seen, what
//! is said of the time that is left, and where the trial stops by itself.

use std::process::{Command, Stdio};
use std::time::Duration;

use migtop::model::{Event, GuestId, MarkBy, MarkKind};
use migtop::session::{Session, TrialState};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::evacuation::{BOOT, Soft};
use super::gate::{can_run, say};
use super::process::{Running, migtop, wait_until};
use super::recorder::Home;
use super::stream::Stream;

const GUESTS: usize = 20;
const MEMORY: u64 = 32 << 20;
/// A departure is seen this soon.
const SEEN: f64 = 1.0;
/// The time that is left is told this well, from half way on: as a part of it, or in seconds where
/// the last guests are on their way.
const ETA: (f64, f64) = (0.2, 1.0);
/// What else the machine does slows guests that are still to leave: nobody can tell that beforehand.
const TRIES: usize = 3;

#[test]
fn departures_are_seen_in_time_and_the_last_one_stops_the_trial() {
    if !can_run(&["qemu-system-x86_64", "python3", "nsenter", "unshare"]) {
        return;
    }
    let told_well = (0..TRIES).any(|_| {
        let (stream, result) = evacuate();
        check(&stream, &result)
    });
    assert!(told_well, "the time that was left was told badly each time");
}

/// Has the guests leave; what was recorded of it, and what the script knows.
fn evacuate() -> (Stream, Value) {
    let home = Home::new();
    let (ready, go) = (home.path().join("ready"), home.path().join("go"));
    let result = home.path().join("result.json");
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/evacuate.py"));
    script.args(["--name", &format!("mtD{}", std::process::id()), "--quit", "--parallel", "4"]);
    script.args(["--links", "2", "--rate", "200mbit", "--vms", &GUESTS.to_string()]);
    script.args(["--memory", &(MEMORY >> 20).to_string(), "--lead", "1", "--out"]);
    script.arg(&result).arg("--on-ready").arg(format!(
        "echo $ML_SRC_PID >{0}.new; mv {0}.new {0}; until [ -e {1} ]; do sleep 0.1; done",
        ready.display(),
        go.display()
    ));
    script.arg("--on-start").arg(format!("{} mark start", migtop().display()));
    // With the script go the namespace and all that is in it.
    let (over, end) = (home.path().join("over"), home.path().join("end"));
    let wait =
        format!("touch {}; until [ -e {} ]; do sleep 0.1; done", over.display(), end.display());
    script.arg("--on-stop").arg(wait);
    home.of(&mut script).stdin(Stdio::null());
    let mut evacuation = Running(script.spawn().expect("python3 runs"));
    let _soft = Soft(evacuation.0.id());
    assert!(wait_until(BOOT, || ready.exists()), "the guests are not ready");

    let path = home.path().join("session.jsonl.zst");
    let first = std::fs::read_to_string(&ready).expect("written");
    let mut record = Command::new("nsenter");
    record.args(["-t", first.trim(), "-m", "-n", "-p"]).arg(migtop());
    record.args(["record", "--stop-when-empty", "-t", "links=out0,out1", "--speed", "out*=200M"]);
    let mut recorder = home.start(record.arg("-o").arg(&path));
    let mut client = recorder.client();
    assert!(wait_until(BOOT, || client.status().samples >= 20), "it does not sample");
    std::fs::write(&go, "").expect("written");
    assert!(wait_until(BOOT, || over.exists()), "the evacuation failed");
    // nsenter waits for the recorder, which is in the namespace.
    let nsenter = recorder.pid().as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{nsenter}/task/{nsenter}/children"));
    let child = children.ok().and_then(|text| text.trim().parse().ok()).and_then(Pid::from_raw);
    let _ = kill_process(child.expect("it records still"), Signal::INT);
    let (status, told) = recorder.wait();
    assert_eq!(status, Some(0), "{told}");
    say(told.trim());
    std::fs::write(&end, "").expect("written");
    assert!(evacuation.finishes(BOOT), "the evacuation failed");
    let text = std::fs::read_to_string(&result).expect("a result");
    (Stream::read(&path), serde_json::from_str(&text).expect("JSON"))
}

/// When the sources' processes ended by the script, since the session's start, in order.
fn real_departures(stream: &Stream, result: &Value) -> Vec<f64> {
    let Event::Session(header) = &stream.0[0] else { panic!("no header") };
    let started: jiff::Timestamp = header.started.parse().expect("a time");
    let started = started.as_nanosecond() as f64 / 1e9;
    let guests = result["guests"].as_array().expect("guests");
    let mut gone: Vec<f64> =
        guests.iter().map(|guest| guest["gone"].as_f64().expect("it has quit") - started).collect();
    gone.sort_by(f64::total_cmp);
    gone
}

/// Everything but the time that was left has to be right; whether that was told well, too.
fn check(stream: &Stream, result: &Value) -> bool {
    let real = real_departures(stream, result);
    let end = *real.last().expect("guests");
    let mut session = Session::default();
    let mut rows = Vec::new();
    let mut second = 0.0;
    for event in &stream.0 {
        let sample = matches!(event, Event::Sample { .. });
        session.apply(event.clone());
        let Some(trial) = session.open_trial().filter(|_| sample) else { continue };
        let (start, at) = (trial.start.as_secs_f64(), session.at().as_secs_f64());
        if at - start < second {
            continue;
        }
        second += 1.0;
        let evacuation = session.evacuation().expect("guests are here");
        assert_eq!(evacuation.guests, GUESTS);
        let left = real.iter().filter(|gone| **gone <= at).count();
        rows.push(Row { at: at - start, whole: end - start, left, evacuation });
    }
    rows.iter().for_each(Row::say);

    let mut seen: Vec<(f64, GuestId)> =
        session.departures().map(|(at, guest)| (at.as_secs_f64(), guest.facts.id)).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(seen.len(), GUESTS);
    let late = |(real, (seen, _)): (&f64, &(f64, GuestId))| seen - real;
    let late: Vec<f64> = real.iter().zip(&seen).map(late).collect();
    let most = late.iter().copied().fold(f64::MIN, f64::max);
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    say(&format!("departures are seen after {mean:.3} s in the mean, {most:.3} s at most"));
    assert!(late.iter().all(|late| (-0.1..SEEN).contains(late)), "{late:?}");
    for guest in session.guests() {
        assert_eq!((&guest.facts.hypervisor[..], guest.memory()), ("qemu", Some(MEMORY)));
        assert!(guest.facts.name.ends_with("-src"), "{guest:?}");
    }

    let [trial] = session.trials() else { panic!("{:?}", session.trials()) };
    assert_eq!((trial.state, trial.by), (TrialState::Finished, MarkBy::Socket));
    let stop = stream.marks().find(|mark| mark.kind == MarkKind::Stop).expect("it was stopped");
    assert_eq!(stop.by, MarkBy::Auto);
    let (last, stopped) = (seen[GUESTS - 1].0, trial.end.expect("it has ended").as_secs_f64());
    let tick = stream.longest_tick().as_secs_f64();
    assert!((stopped - last).abs() <= tick, "stopped at {stopped}, the last left at {last}");
    let figures = trial.figures.as_ref().expect("it has ended");
    let told = figures.last_guest_left.map(|at| at.as_secs_f64());
    assert_eq!((figures.guests_left as usize, told), (GUESTS, Some(last)));
    assert!(Duration::from_secs_f64(stopped) > trial.start);
    rows.iter().filter(|row| row.at >= row.whole / 2.0).all(Row::is_right)
}

/// What was said at one second of the trial.
struct Row {
    at: f64,
    whole: f64,
    left: usize,
    evacuation: migtop::session::Evacuation,
}

impl Row {
    fn truth(&self) -> f64 {
        self.whole - self.at
    }

    fn told(&self) -> Option<f64> {
        Some(self.evacuation.eta?.left.as_secs_f64())
    }

    fn is_right(&self) -> bool {
        let off = self.told().map(|told| (told - self.truth()).abs());
        off.is_some_and(|off| off <= (self.truth() * ETA.0).max(ETA.1))
    }

    fn say(&self) {
        let seconds = |time: Option<Duration>| {
            time.map_or("-".into(), |time| format!("{:.1}", time.as_secs_f64()))
        };
        let eta = self.evacuation.eta;
        say(&format!(
            "{:5.1} s: {:2} left ({:2} told), {:4} MiB to go; {:5.1} s are left, told {:>5} (by departures \
             {:>5}, by bytes {:>5}){}",
            self.at,
            self.left,
            self.evacuation.left,
            self.evacuation.memory.to_go >> 20,
            self.truth(),
            seconds(eta.map(|eta| eta.left)),
            seconds(eta.and_then(|eta| eta.by_departures)),
            seconds(eta.and_then(|eta| eta.by_bytes)),
            if self.is_right() { "" } else { " *" },
        ));
    }
}
