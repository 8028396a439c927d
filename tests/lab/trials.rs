//! A trial marked by key has exactly the bytes that the counters had between the marks.

use std::time::Duration;

use migtop::model::{MarkBy, MarkKind};
use migtop::units::Bytes;

use super::gate::{can_run, say};
use super::traffic::{INTERFACE, Pair};
use super::tty::Launch;

#[test]
fn a_trials_bytes_are_the_counters_difference_at_its_marks() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(120));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).arguments(&["--set", "vms=20"]).shown();

    let before_start = pair.sent();
    tty.press(" ");
    tty.wait_for("the running trial", |screen| screen.contains("trial 1 started"));
    let after_start = pair.sent();
    std::thread::sleep(Duration::from_millis(3_450));
    let before_stop = pair.sent();
    tty.press(" ");
    tty.wait_for("the finished trial", |screen| screen.contains("trial 1 stopped"));
    let after_stop = pair.sent();

    let stream = tty.snapshot();
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    let marks: Vec<_> = stream.marks().collect();
    let [start, stop] = marks[..] else { panic!("{marks:?}") };
    assert_eq!((start.kind, stop.kind), (MarkKind::Start, MarkKind::Stop));
    assert_eq!((start.by, start.trial, stop.trial), (MarkBy::Key, Some(1), Some(1)));
    let factors = start.set.as_ref().expect("factors");
    assert_eq!(factors.get("vms").map(String::as_str), Some("20"));

    let counted = stream.absolute(id);
    let at_mark = |at| counted.iter().find(|(then, _)| *then == at).expect("counters at a mark").1;
    let (first, last) = (at_mark(start.at).tx, at_mark(stop.at).tx);
    assert!((before_start..=after_start).contains(&first), "the start is not the key's moment");
    assert!((before_stop..=after_stop).contains(&last), "the stop is not the key's moment");
    let bytes = last - first;
    assert_eq!(stream.added(id, start.at, stop.at).tx, bytes, "the ticks between the marks");
    assert!(bytes > 100_000_000, "there was traffic");

    tty.quit();
    let shown = tty.text();
    say(&format!("{bytes} B between the marks; the summary says: {}", shown.trim()));
    let summary = shown.lines().find(|line| line.starts_with("trial 1: ")).expect("a summary");
    assert!(summary.contains(&format!("{INTERFACE} TX")), "{summary}");
    assert!(summary.contains(&format!(" {} ", Bytes(bytes))), "{bytes} B: {summary}");
    assert!(summary.contains("vms=20"), "{summary}");
}

#[test]
fn a_running_trial_is_left_only_when_that_is_confirmed() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let tty = Launch::in_namespace(&pair.here).shown();
    tty.press(" ");
    tty.wait_for("the running trial", |screen| screen.contains("trial 1 started"));
    tty.press("q");
    tty.wait_for("the question", |screen| screen.contains('?') && screen.contains("trial"));
    tty.press("n");
    std::thread::sleep(Duration::from_millis(500));
    tty.check_taken();
    tty.press("q");
    tty.press("y");
    assert_eq!(tty.status(), 0);
    tty.check_restored();
}
