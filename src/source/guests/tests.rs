//! On real processes: a copy of `sleep` under a hypervisor's name is a guest by its command line.

use std::process::{Child, Command};

use super::*;
use crate::model::Event;

/// A process whose command line is a QEMU's, gone and waited for when it is dropped.
struct Stand(Child);

impl Stand {
    /// It needs a program that takes any arguments and waits: a shell, asked to read standard input.
    fn new(name: &str, memory: &str) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("sh");
        command.arg0("qemu-system-x86_64");
        let script = ["-c", "read forever", "-name", name, "-m", memory];
        Self(command.args(script).stdin(std::process::Stdio::piped()).spawn().expect("sh runs"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lists that were told, without the guests of anyone else.
fn lists(events: &[Event], ours: &[u32]) -> Vec<Vec<Guest>> {
    let list = |event: &Event| match event {
        Event::Guests { guests, .. } => {
            guests.iter().filter(|guest| ours.contains(&guest.pid)).cloned().collect()
        }
        other => panic!("{other:?}"),
    };
    events.iter().map(list).collect()
}

fn follow(companion: &mut Option<Box<dyn Companion>>, clock: &SessionClock, out: &mut Vec<Event>) {
    if let Some(companion) = companion {
        companion.follow(clock.now(), &|_| None, out);
    }
}

#[cfg(unix)]
#[test]
fn guests_are_found_and_their_departure_is_seen_before_anybody_has_waited_for_them() {
    let (mut survey, mut companion) = open();
    let (clock, mut events) = (SessionClock::start(), Vec::new());
    let mut first = Stand::new("guest=one,debug-threads=on", "64");
    survey.look(&clock, &mut events).expect("readable");
    // Started under the survey's eyes; two may have the same name.
    let second = Stand::new("one", "size=1G,slots=2");
    let ours = [first.pid(), second.pid()];
    // A process that has only just begun has no command line for a moment.
    for _ in 0..30 {
        survey.look(&clock, &mut events).expect("readable");
        follow(&mut companion, &clock, &mut events);
        if lists(&events, &ours).last().is_some_and(|told| told.len() == 2) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = lists(&events, &ours).pop().expect("a list");
    let [one, two] = &told[..] else { panic!("{told:?}") };
    let (one, two) = if one.pid == ours[0] { (one, two) } else { (two, one) };
    assert_eq!((one.pid, two.pid), (ours[0], ours[1]));
    assert_eq!((&one.name[..], &two.name[..]), ("one", "one"));
    assert_eq!((one.memory_bytes, two.memory_bytes), (Some(64 << 20), Some(1 << 30)));
    assert!(one.id != two.id && one.resident_bytes > Some(0), "{told:?}");

    first.0.kill().expect("it runs");
    events.clear();
    let begun = clock.now();
    while events.is_empty() && clock.now() < begun + Duration::from_secs(20) {
        if companion.is_none() {
            survey.look(&clock, &mut events).expect("readable");
        }
        follow(&mut companion, &clock, &mut events);
    }
    let told = lists(&events, &ours).pop().expect("a list");
    assert_eq!(told.iter().map(|guest| guest.pid).collect::<Vec<_>>(), [second.pid()]);
}

#[cfg(unix)]
#[test]
fn without_the_kernels_help_the_survey_sees_who_comes_and_goes() {
    let mut survey = GuestSurvey::new(Box::new(Portable::default()), Arc::default());
    let (clock, mut events) = (SessionClock::start(), Vec::new());
    let stand = Stand::new("alone", "64");
    let ours = [stand.pid()];
    for _ in 0..30 {
        survey.look(&clock, &mut events).expect("readable");
        if lists(&events, &ours).last().is_some_and(|told| told.len() == 1) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(lists(&events, &ours).last().map(Vec::len), Some(1));
    events.clear();
    survey.look(&clock, &mut events).expect("readable");
    drop(stand);
    events.clear();
    survey.look(&clock, &mut events).expect("readable");
    assert_eq!(lists(&events, &ours), [[]]);
}

#[cfg(unix)]
#[test]
fn what_becomes_a_guest_after_it_was_seen_first_is_found() {
    use std::io::Write;
    let (mut survey, mut companion) = open();
    let (clock, mut events) = (SessionClock::start(), Vec::new());
    survey.look(&clock, &mut events).expect("readable");
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("qemu-kvm");
    std::os::unix::fs::symlink("/bin/sh", &program).expect("a link");
    // A shell that waits, and is replaced by another program in the same process.
    let script = format!("read go; exec {} -c 'read x' -name late", program.display());
    let mut command = Command::new("sh");
    let mut child = command
        .args(["-c", &script])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .map(Stand)
        .expect("sh runs");
    let ours = [child.pid()];
    survey.look(&clock, &mut events).expect("readable");
    follow(&mut companion, &clock, &mut events);
    assert_eq!(lists(&events, &ours).concat(), []);
    child.0.stdin.as_mut().expect("a pipe").write_all(b"go\n").expect("written");
    let mut looks = 0;
    // As many looks as are made at a process in its first half a minute.
    while lists(&events, &ours).concat().is_empty() && looks < 30 {
        std::thread::sleep(Duration::from_millis(20));
        looks += 1;
        survey.look(&clock, &mut events).expect("readable");
        follow(&mut companion, &clock, &mut events);
    }
    assert_eq!(lists(&events, &ours).concat()[0].name, "late");
}
