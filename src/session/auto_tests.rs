//! Automatic trials on sessions written by hand.

use super::tests::{FULL, Rig, TICK, bond, interface};
use super::*;
use crate::model::{Event, Interface, Kind, Mark, MarkBy, MarkKind};

/// A rig whose marks the traffic sets, as the live loop would.
struct Watched {
    rig: Rig,
    auto: Auto,
}

impl Watched {
    fn new() -> Self {
        Self::with(AutoSettings::default(), Rig::new(bond()))
    }

    fn with(settings: AutoSettings, rig: Rig) -> Self {
        Self { rig, auto: Auto::new(settings) }
    }

    fn run(&mut self, ticks: u32, sent: &[(u32, u64)]) {
        for _ in 0..ticks {
            self.rig.tick(sent);
            match self.auto.observe(&self.rig.session) {
                Some(AutoMark::Start { began }) => self.set(MarkKind::Start, Some(began), None),
                Some(AutoMark::Stop { ended }) => self.set(MarkKind::Stop, None, Some(ended)),
                None => {}
            }
        }
    }

    fn set(&mut self, kind: MarkKind, start: Option<Duration>, stop: Option<Duration>) {
        self.rig.counters();
        let at = self.rig.at();
        let number = self.rig.session.trials().len() as u32 + u32::from(kind == MarkKind::Start);
        for (kind, start, stop) in [(kind, None, None), (MarkKind::Edit, start, stop)] {
            let mark = Mark::new(kind, MarkBy::Auto);
            let mark = Mark { at, trial: Some(number), start, stop, ..mark };
            self.rig.session.apply(Event::Mark(mark));
        }
    }

    /// First and last tick of each trial.
    fn trials(&self) -> Vec<(u32, Option<u32>)> {
        let ticks = |at: Duration| (at.as_millis() / TICK.as_millis()) as u32;
        let trials = self.rig.session.trials().iter();
        trials.map(|t| (ticks(t.start), t.end.map(ticks))).collect()
    }
}

const QUIET: &[(u32, u64)] = &[(1, 20_000)];
const BUSY: &[(u32, u64)] = &[(1, FULL), (2, FULL / 2)];

#[test]
fn a_trial_has_the_traffics_own_edges() {
    let mut watched = Watched::new();
    watched.run(50, QUIET);
    watched.run(100, BUSY);
    watched.run(40, QUIET);
    assert_eq!(watched.trials(), [(50, Some(150))]);
    let trial = &watched.rig.session.trials()[0];
    assert_eq!((trial.marked, trial.by), ((TICK * 60, Some(TICK * 180)), MarkBy::Auto));
    let figures = trial.figures.as_ref().expect("finished");
    assert_eq!(figures.bytes.tx, 100 * (FULL + FULL / 2));
    assert_eq!(figures.active, Some((TICK * 50, TICK * 150)));
}

#[test]
fn pauses_shorter_than_three_seconds_split_nothing_and_four_seconds_do() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    for pause in [5, 29, 40, 40] {
        watched.run(30, BUSY);
        watched.run(pause, QUIET);
    }
    assert_eq!(watched.trials(), [(20, Some(144)), (184, Some(214))]);
}

#[test]
fn a_burst_starts_nothing_and_a_dip_of_one_sample_is_no_end_of_a_rise() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    watched.run(9, BUSY);
    watched.run(20, QUIET);
    assert_eq!(watched.trials(), []);
    watched.run(5, BUSY);
    watched.run(1, QUIET);
    watched.run(6, BUSY);
    assert_eq!(watched.trials(), [(49, None)]);
}

#[test]
fn a_heavy_background_from_the_start_is_no_trial_and_three_times_as_much_is() {
    let mut watched = Watched::new();
    watched.run(600, &[(1, FULL / 8)]);
    assert_eq!(watched.trials(), []);
    watched.run(50, BUSY);
    watched.run(100, &[(1, FULL / 8)]);
    assert_eq!(watched.trials(), [(600, Some(650))]);
}

#[test]
fn traffic_that_was_there_first_and_fell_away_is_no_background_any_more() {
    let mut watched = Watched::new();
    watched.run(100, BUSY);
    watched.run(40, QUIET);
    watched.run(50, BUSY);
    watched.run(40, QUIET);
    assert_eq!(watched.trials(), [(140, Some(190))]);
}

#[test]
fn a_long_trial_teaches_no_background() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    for _ in 0..3 {
        watched.run(1_000, BUSY);
        watched.run(40, QUIET);
    }
    let trials = [(20, Some(1_020)), (1_060, Some(2_060)), (2_100, Some(3_100))];
    assert_eq!(watched.trials(), trials);
}

#[test]
fn a_trial_that_a_person_started_is_not_touched() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    watched.rig.mark(MarkKind::Start, &[]);
    watched.run(50, BUSY);
    watched.run(100, QUIET);
    assert_eq!(watched.trials(), [(20, None)]);
    watched.rig.mark(MarkKind::Stop, &[]);
    watched.run(20, BUSY);
    assert_eq!(watched.trials(), [(20, Some(170)), (170, None)], "it was quiet before");
}

#[test]
fn a_persons_stop_is_respected_until_the_traffic_has_fallen() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    watched.run(50, BUSY);
    watched.rig.mark(MarkKind::Stop, &[]);
    watched.run(200, BUSY);
    assert_eq!(watched.trials(), [(20, Some(70))]);
    watched.run(40, QUIET);
    watched.run(20, BUSY);
    assert_eq!(watched.trials(), [(20, Some(70)), (310, None)]);
    watched.rig.mark(MarkKind::Undo, &[]);
    watched.rig.mark(MarkKind::Undo, &[]);
    watched.run(50, BUSY);
    assert_eq!(watched.trials(), [(20, Some(70))], "an undone start is no reason for another");
}

#[test]
fn a_given_threshold_is_the_threshold() {
    let settings = AutoSettings { threshold: Some(5e9), ..AutoSettings::default() };
    let mut watched = Watched::with(settings, Rig::new(bond()));
    watched.run(50, &[(1, FULL / 4)]);
    watched.run(50, &[(1, FULL)]);
    watched.run(50, &[(1, FULL / 4)]);
    assert_eq!(watched.trials(), [(50, Some(100))]);
}

#[test]
fn without_a_link_speed_a_megabit_is_the_least() {
    let unknown = Interface::new(1, "eth0", Kind::Ethernet);
    let mut watched = Watched::with(AutoSettings::default(), Rig::new((vec![unknown], Vec::new())));
    watched.run(50, &[(1, 100)]);
    watched.run(50, &[(1, 12_000)]);
    assert_eq!(watched.trials(), []);
    watched.run(50, &[(1, 200_000)]);
    assert_eq!(watched.trials(), [(100, None)]);
}

#[test]
fn a_stall_is_no_quiet_time() {
    let mut watched = Watched::new();
    watched.run(20, QUIET);
    watched.run(50, BUSY);
    let from = watched.rig.at();
    watched.rig.ticks += 60;
    let why = crate::model::GapReason::Stalled;
    let at = watched.rig.at() + TICK;
    watched.rig.session.apply(Event::Gap { at, from, interfaces: None, why });
    watched.run(50, BUSY);
    assert_eq!(watched.trials(), [(20, None)]);
}

#[test]
fn late_counters_make_one_trial_good_to_a_refresh() {
    let rig = Rig::new((vec![interface(1, "eth0", Kind::Ethernet)], Vec::new()));
    let mut watched = Watched::with(AutoSettings::default(), rig);
    let mut late = |seconds: u32, bytes: u64| {
        for _ in 0..seconds {
            watched.run(9, &[]);
            watched.run(1, &[(1, bytes)]);
        }
    };
    late(20, 3_000_000);
    late(20, 10 * FULL);
    late(10, 3_000_000);
    let trials = watched.trials();
    let [(began, Some(ended))] = trials[..] else { panic!("{trials:?}") };
    assert!((190..=210).contains(&began) && (390..=410).contains(&ended), "{trials:?}");
}
