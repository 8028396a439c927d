//! Guests and evacuations on sessions written by hand.

use super::tests::{Rig, TICK, bond};
use super::*;
use crate::model::{Event, Guest, Mark, MarkBy, MarkKind};

const GIB: u64 = 1 << 30;
/// Seconds, in ticks.
const SECOND: u32 = 10;

impl Rig {
    /// Those of these names run here, a GiB each. Of a name that has left, a new process comes.
    pub(super) fn guests(&mut self, names: &[&str]) {
        let guests: Vec<(&str, Option<u64>)> = names.iter().map(|n| (*n, Some(GIB))).collect();
        self.guests_of(&guests);
    }

    fn guests_of(&mut self, guests: &[(&str, Option<u64>)]) {
        let mut next = self.session.guests().map(|g| g.facts.id).max().unwrap_or(0);
        let mut told: Vec<Guest> = Vec::new();
        for (name, memory_bytes) in guests {
            let mut here = self.session.guests_here().map(|g| g.facts.clone());
            let known = here.find(|g| g.name == *name && told.iter().all(|t| t.id != g.id));
            told.push(known.unwrap_or_else(|| {
                next += 1;
                let name = (*name).to_owned();
                let (id, pid, hypervisor) = (next, next + 1_000, "qemu".into());
                Guest {
                    id,
                    pid,
                    name,
                    hypervisor,
                    memory_bytes: *memory_bytes,
                    resident_bytes: None,
                }
            }));
        }
        self.session.apply(Event::Guests { at: self.at(), guests: told });
    }

    fn evacuation(&self) -> Evacuation {
        self.session.evacuation().expect("guests leave")
    }
}

fn names(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("vm{n:02}")).collect()
}

fn told(rig: &mut Rig, names: &[String]) {
    rig.guests(&names.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A second at a GiB in 10 of them, over both members.
fn second(rig: &mut Rig) {
    rig.run(SECOND, &[(1, GIB / 200), (2, GIB / 200)]);
}

fn near(value: Option<Duration>, seconds: f64) {
    let value = value.expect("is told").as_secs_f64();
    assert!((value / seconds - 1.0).abs() < 0.02, "{value} for {seconds}");
}

#[test]
fn guests_that_leave_one_by_one_are_counted_from_the_trials_start() {
    let mut rig = Rig::new(bond());
    assert!(!rig.session.knows_guests());
    let all = names(0..20);
    told(&mut rig, &all);
    second(&mut rig);
    assert_eq!((rig.session.evacuation(), rig.session.knows_guests()), (None, true));
    rig.mark(MarkKind::Start, &[]);
    let start = rig.at();
    for left in 1..=13 {
        (0..10).for_each(|_| second(&mut rig));
        told(&mut rig, &all[left..]);
    }
    let last = rig.at();
    rig.run(8, &[(1, GIB / 200), (2, GIB / 200)]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.here()), (20, 13, 7));
    assert_eq!((evacuation.since, evacuation.last_left), (start, Some(last)));
    let memory = MemoryToGo { all: 20 * GIB, to_go: 7 * GIB, unknown: 0, unknown_to_go: 0 };
    assert_eq!(evacuation.memory, memory);
    let eta = evacuation.eta.expect("they go on");
    near(eta.by_departures, 69.2);
    near(eta.by_bytes, 69.2);
    near(Some(eta.left), 69.2);
    assert_eq!(rig.session.departures().count(), 13);

    told(&mut rig, &[]);
    rig.tick(&[]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.left, evacuation.here(), evacuation.eta), (20, 0, None));
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("ended");
    assert_eq!((figures.guests_left, figures.last_guest_left), (20, evacuation.last_left));
    assert_eq!(
        rig.evacuation(),
        evacuation,
        "the trial that has ended is told until another begins"
    );
    // To before the last seven.
    let mark = Mark { trial: Some(1), stop: Some(last), ..Mark::new(MarkKind::Edit, MarkBy::Key) };
    rig.session.apply(Event::Mark(mark));
    let figures = rig.session.trials()[0].figures.clone().expect("ended");
    assert_eq!((figures.guests_left, figures.last_guest_left), (13, Some(last)));
}

#[test]
fn of_guests_that_leave_side_by_side_the_bytes_tell_when() {
    let mut rig = Rig::new(bond());
    let all = names(0..4);
    told(&mut rig, &all);
    rig.mark(MarkKind::Start, &[]);
    (0..20).for_each(|_| second(&mut rig));
    let eta = rig.evacuation().eta.expect("bytes flow");
    assert_eq!(eta.by_departures, None);
    near(Some(eta.left), 20.0);
    // At the end three of four go within half a second of each other.
    (0..19).for_each(|_| second(&mut rig));
    for left in 1..=3 {
        rig.run(2, &[(1, GIB / 200), (2, GIB / 200)]);
        told(&mut rig, &all[left..]);
    }
    let eta = rig.evacuation().eta.expect("one is here");
    assert_eq!(eta.by_departures, None, "they leave together");
    near(eta.by_bytes, 0.4);
}

#[test]
fn what_a_guest_takes_is_learnt_from_those_that_have_left() {
    // Of each GiB only 0.4 are sent; four guests at a time, in batches.
    let mut rig = Rig::new(bond());
    let all = names(0..20);
    told(&mut rig, &all);
    rig.mark(MarkKind::Start, &[]);
    for left in [4, 8, 12] {
        (0..16).for_each(|_| second(&mut rig));
        told(&mut rig, &all[left..]);
    }
    let eta = rig.evacuation().eta.expect("eight are here");
    near(eta.by_departures, 32.0);
    let bytes = eta.by_bytes.expect("bytes flow").as_secs_f64();
    // What is left of taking all of it, a third of 0.6 more, cannot be: 0.4 is the most.
    assert!((bytes / 32.0 - 1.0).abs() < 0.02, "{bytes}");
}

#[test]
fn without_a_trial_an_evacuation_begins_with_the_first_departure_and_a_minutes_rest_ends_it() {
    let mut rig = Rig::new(bond());
    told(&mut rig, &names(0..5));
    rig.run(5 * SECOND, &[]);
    told(&mut rig, &names(1..5));
    let first = rig.at();
    rig.run(5 * SECOND, &[]);
    told(&mut rig, &names(2..5));
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.since, evacuation.guests, evacuation.left), (first, 5, 2));
    assert_eq!(evacuation.eta, None, "two departures are no line, and nothing is carried");
    rig.run(61 * SECOND, &[]);
    assert_eq!(rig.evacuation().left, 2, "it is the last one still");
    told(&mut rig, &names(3..5));
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.since, evacuation.guests, evacuation.left), (rig.at(), 3, 1));
}

#[test]
fn guests_that_come_are_waited_for_and_one_that_comes_back_has_not_left() {
    let mut rig = Rig::new(bond());
    rig.guests(&["a", "b", "c"]);
    rig.mark(MarkKind::Start, &[]);
    rig.tick(&[]);
    rig.guests(&["b", "c"]);
    rig.tick(&[]);
    rig.guests(&["b", "c", "d"]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.came), (4, 1, 1));
    rig.tick(&[]);
    rig.guests(&["a", "b", "c", "d"]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.back), (4, 0, 1));
    assert_eq!(evacuation.last_left, None);
    assert_eq!(rig.session.departures().count(), 1, "it did leave, once");
    // And leaves again, for good.
    rig.tick(&[]);
    rig.guests(&["d"]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.came), (4, 3, 1));
}

#[test]
fn guests_that_share_a_name_are_guests_each() {
    let mut rig = Rig::new(bond());
    rig.guests(&["vm", "vm", "vm"]);
    rig.mark(MarkKind::Start, &[]);
    rig.tick(&[]);
    rig.guests(&["vm"]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left), (3, 2));
    rig.tick(&[]);
    rig.guests(&["vm", "vm"]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.back), (3, 1, 1));
}

#[test]
fn memory_that_is_not_known_is_said_and_makes_no_eta_of_bytes() {
    let mut rig = Rig::new(bond());
    let (known, unknown) = (Some(2 * GIB), None);
    rig.guests_of(&[("a", known), ("b", unknown), ("c", unknown), ("d", known)]);
    rig.mark(MarkKind::Start, &[]);
    second(&mut rig);
    rig.guests_of(&[("c", unknown), ("d", known)]);
    let evacuation = rig.evacuation();
    let memory = MemoryToGo { all: 4 * GIB, to_go: 2 * GIB, unknown: 2, unknown_to_go: 1 };
    assert_eq!((evacuation.memory, evacuation.eta), (memory, None));
    rig.run(SECOND, &[]);
    rig.guests_of(&[("d", known)]);
    let eta = rig.evacuation().eta.expect("three have left");
    assert_eq!((eta.by_bytes, eta.by_departures.is_some()), (None, true));
}

#[test]
fn all_leaving_at_once_is_over_at_once() {
    let mut rig = Rig::new(bond());
    told(&mut rig, &names(0..20));
    rig.mark(MarkKind::Start, &[]);
    rig.run(3, &[]);
    told(&mut rig, &[]);
    let evacuation = rig.evacuation();
    assert_eq!((evacuation.guests, evacuation.left, evacuation.eta), (20, 20, None));
    let notice = rig.warnings().pop().expect("told").to_owned();
    assert_eq!(notice, "vm00 and 19 more left; guests here: 0");
}

#[test]
fn a_trial_without_guests_has_no_evacuation() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(3, &[]);
    assert_eq!(rig.session.evacuation(), None, "nobody looks for guests");
    rig.guests(&[]);
    assert_eq!(rig.session.evacuation(), None, "there are none");
}

#[test]
fn very_many_guests_are_kept_in_bounded_room() {
    let mut rig = Rig::new(bond());
    for n in 0..10_000u32 {
        let guest = Guest {
            id: n + 1,
            pid: n,
            name: "brief".into(),
            hypervisor: "firecracker".into(),
            memory_bytes: None,
            resident_bytes: None,
        };
        rig.session.apply(Event::Guests { at: TICK * n, guests: vec![guest] });
    }
    assert!(
        (1_000..=2_100).contains(&rig.session.guests().len()),
        "{}",
        rig.session.guests().len()
    );
    assert_eq!(rig.session.guests_here().count(), 1);
}
