//! A real evacuation: four guests leave over two links, recorded where they leave from and marked
//! by the script that moves them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use migtop::session::{Session, TrialState};
use serde_json::Value;

use super::gate::{can_run, say};
use super::process::{Running, migtop, wait_until};
use super::recorder::{Home, Recorder};
use super::stream::Stream;

const GUESTS: usize = 4;
/// What fills each guest's memory, in bytes.
const MEMORY: u64 = 64 << 20;
const LINKS: [&str; 2] = ["out0", "out1"];
/// Quiet seconds between the marks and the traffic: scripts are early and late.
const LEAD: &str = "0.7";
/// Time for a guest to be started and filled without hardware's help.
pub const BOOT: Duration = Duration::from_secs(180);

#[test]
fn an_evacuation_is_measured_as_qemu_and_the_kernel_tell_it() {
    if !can_run(&["qemu-system-x86_64", "python3"]) {
        return;
    }
    let home = Home::new();
    let (ready, go) = (home.path().join("ready"), home.path().join("go"));
    let result = home.path().join("result.json");
    let name = format!("mtE{}", std::process::id());
    let hook = |mark: &str| format!("{} mark {mark}", migtop().display());
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/evacuate.py"));
    script.args(["--name", &name, "--links", "2", "--rate", "500mbit", "--lead", LEAD]);
    script.args(["--vms", &GUESTS.to_string(), "--memory", &(MEMORY >> 20).to_string()]);
    script.arg("--out").arg(&result).arg("--on-ready");
    script.arg(format!(
        "touch {}; until [ -e {} ]; do sleep 0.1; done",
        ready.display(),
        go.display()
    ));
    script.args(["--on-start", &hook(&format!("start --set vms={GUESTS}"))]);
    script.args(["--on-stop", &hook("stop")]);
    home.of(&mut script).stdin(Stdio::null());
    let mut evacuation = Running(script.spawn().expect("python3 runs"));
    // Ended softly, so that it takes its namespaces along whatever fails here.
    let _soft = Soft(evacuation.0.id());
    assert!(wait_until(BOOT, || ready.exists()), "the guests are not ready");

    let path = home.path().join("session.jsonl.zst");
    let recorder = record(&home, &format!("{name}src"), &path);
    // Some quiet before, for the background's rate.
    let mut client = recorder.client();
    assert!(wait_until(BOOT, || client.status().samples >= 20), "it does not sample");
    std::fs::write(&go, "").expect("written");
    assert!(evacuation.finishes(BOOT), "the evacuation failed");
    let (status, told) = recorder.end();
    assert_eq!(status, Some(0), "{told}");
    say(told.trim());

    let text = std::fs::read_to_string(&result).expect("a result");
    check(&Stream::read(&path), &serde_json::from_str(&text).expect("JSON"));
}

fn record(home: &Home, namespace: &str, path: &Path) -> Recorder {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(migtop()).args(["record", "-n", "50ms"]);
    command.args(["-t", &format!("links={}", LINKS.join(",")), "--speed", "out*=500M", "-o"]);
    home.start(command.arg(path))
}

fn check(stream: &Stream, result: &Value) {
    for hook in ["on_start", "on_stop"] {
        assert_eq!(result[hook]["rc"], 0, "{}", result[hook]);
    }
    let mut session = Session::default();
    stream.0.iter().for_each(|event| session.apply(event.clone()));
    let [trial] = session.trials() else { panic!("{:?}", session.trials()) };
    assert_eq!(trial.state, TrialState::Finished);
    assert_eq!(trial.factors.get("vms").map(String::as_str), Some("4"));
    let (start, stop) = (trial.start, trial.end.expect("it has ended"));
    let figures = trial.figures.as_ref().expect("it has ended");
    assert_eq!((figures.subject.as_str(), figures.gaps), ("links", 0));

    // The kernel's counters at the marks, and what the script read of them around the marks.
    let mut counted = 0;
    for (link, member) in LINKS.into_iter().zip(&figures.members) {
        let [id] = stream.ids(link)[..] else { panic!("{link}: {:?}", stream.ids(link)) };
        let absolute = stream.absolute(id);
        let at =
            |mark| absolute.iter().find(|(at, _)| *at == mark).expect("counters at a mark").1.tx;
        let script = |when: &str| result[when][link].as_u64().expect("a counter");
        let (before, after) = (script("tx_before"), script("tx_after"));
        assert!(before <= at(start) && at(start) <= at(stop) && at(stop) <= after, "{link}");
        let bytes = at(stop) - at(start);
        assert_eq!((member.name.as_str(), member.bytes.tx), (link, bytes));
        say(&format!("{link}: {bytes} B between the marks, {} B by the script", after - before));
        // Around the marks there is address resolution at most.
        assert!(after - before - bytes <= 4_096, "{link}: {} outside", after - before - bytes);
        counted += bytes;
    }
    assert_eq!(figures.bytes.tx, counted);
    let attainable = figures.attainable.expect("stated");
    let (mean, peak) = (figures.mean.expect("known"), figures.peak.expect("known"));
    say(&format!(
        "mean {:.1}, peak({:?}) {:.1} of {:.1} Mbit/s",
        mean / 1e6,
        figures.peak_window,
        peak / 1e6,
        attainable / 1e6
    ));

    // QEMU's own account.
    let guests = result["guests"].as_array().expect("guests");
    assert_eq!(guests.len(), GUESTS);
    for guest in guests {
        assert_eq!((&guest["result"], &guest["alive"]), (&"completed".into(), &true.into()));
    }
    let transferred: u64 = guests.iter().map(|g| g["transferred"].as_u64().expect("bytes")).sum();
    let share = transferred as f64 / counted as f64;
    say(&format!("QEMU sent {transferred} B, {share:.4} of the trial's {counted} B"));
    assert!(transferred >= GUESTS as u64 * MEMORY * 98 / 100, "less than the guests' memory");
    // The rest is headers: 54 to 78 B of up to 1514 with one each, next to nothing where the
    // kernel counts segments before they are cut, and what is sent again.
    assert!((0.90..1.0).contains(&share), "{share}");
    let active = figures.active.expect("there was traffic");
    check_times(stream, (start, stop), active, result);
}

/// The active time is QEMU's, from the first `migrate` to the last source that is done.
fn check_times(
    stream: &Stream,
    (start, stop): (Duration, Duration),
    (first, last): (Duration, Duration),
    result: &Value,
) {
    let migtop::model::Event::Session(header) = &stream.0[0] else { panic!("no header") };
    let started: jiff::Timestamp = header.started.parse().expect("a time");
    let started = started.as_nanosecond() as f64 / 1e9;
    let guests = result["guests"].as_array().expect("guests");
    let of = |field: &str| {
        let numbers = guests.iter().map(|guest| guest[field].as_f64().expect("a number"));
        numbers.collect::<Vec<f64>>()
    };
    let latest = |field: &str| of(field).into_iter().fold(0.0, f64::max);
    let began = of("began").into_iter().fold(f64::INFINITY, f64::min) - started;
    let (done, resumed) = (latest("ended") - started, latest("resumed") - started);
    let seconds = |time: Duration| time.as_secs_f64();
    let longest = latest("total_ms") / 1e3;
    say(&format!(
        "since the session's start: marks {:.3} to {:.3}, active {:.3} to {:.3} s; QEMU {began:.3} \
         to {done:.3}, the last guest runs at {resumed:.3} s; lengths {:.3}, {:.3}, {:.3}; QEMU's \
         longest total-time {longest:.3} s",
        seconds(start),
        seconds(stop),
        seconds(first),
        seconds(last),
        seconds(stop) - seconds(start),
        seconds(last) - seconds(first),
        done - began,
    ));
    assert!(seconds(start) <= began && resumed <= seconds(stop), "the marks are around it");
    // A source says that it is done when its socket has taken all; the last bytes leave after that
    // and before the guest runs at the other end. To either side a sample, what QEMU takes to set
    // up, and a twentieth for a machine with more to do.
    let slack = 2.0 * seconds(stream.longest_tick()) + latest("setup_ms") / 1e3 + longest / 20.0;
    let active = seconds(last) - seconds(first);
    let (least, most) = (longest - slack, resumed - began + slack);
    say(&format!("active {active:.3} s, by QEMU {least:.3} to {most:.3} s"));
    assert!((least..=most).contains(&active), "{active}");
    assert!(first > start && last < stop, "quiet is taken for traffic");
}

/// Ends a script by SIGTERM and waits until it has cleaned up.
pub struct Soft(pub u32);

impl Drop for Soft {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        if let Some(pid) = Pid::from_raw(self.0 as i32)
            && super::process::state(self.0).is_some()
            && kill_process(pid, Signal::TERM).is_ok()
        {
            wait_until(BOOT, || super::process::state(self.0).is_none());
        }
    }
}
