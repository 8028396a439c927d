//! Trials that failed, were edited, or whose edges were moved; and that a fold is a fold.

use std::time::Duration;

use proptest::prelude::*;

use super::tests::{FULL, Rig, TICK, bond, interface};
use super::*;
use crate::model::{
    Counts, End, Event, Factors, GapReason, Kind, Mark, MarkBy, MarkKind, TeamOrigin,
};

fn factors(set: &[(&str, &str)]) -> Factors {
    set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn edit(trial: u32) -> Mark {
    Mark { trial: Some(trial), ..Mark::new(MarkKind::Edit, MarkBy::Key) }
}

impl Rig {
    fn set_mark(&mut self, mark: Mark) {
        self.counters();
        self.session.apply(Event::Mark(Mark { at: self.at(), ..mark }));
    }

    fn move_edges(&mut self, start: Option<u32>, stop: Option<u32>) {
        let (start, stop) = (start.map(|t| TICK * t), stop.map(|t| TICK * t));
        self.set_mark(Mark { start, stop, ..edit(1) });
    }

    fn trial(&self) -> &Trial {
        &self.session.trials()[0]
    }

    fn figures(&self) -> &TrialFigures {
        self.trial().figures.as_ref().expect("finished")
    }
}

/// Traffic from tick 20 to 60; the keys come at 30 and 80.
fn late_keys() -> Rig {
    let mut rig = Rig::new(bond());
    rig.run(20, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[("vms", "20")]);
    rig.run(30, &[(1, FULL), (2, FULL / 4)]);
    rig.run(20, &[]);
    rig.mark(MarkKind::Stop, &[]);
    rig
}

#[test]
fn a_failed_command_makes_a_failed_trial_that_is_no_repetition() {
    let mut rig = Rig::new(bond());
    for status in [0, 2, 0] {
        rig.mark(MarkKind::Start, &[("vms", "20")]);
        rig.run(5, &[(1, FULL)]);
        let stop = Mark::new(MarkKind::Stop, MarkBy::Run);
        rig.set_mark(Mark { exit_status: Some(status), ..stop });
    }
    let trials = rig.session.trials();
    let states: Vec<_> = trials.iter().map(|t| (t.state, t.exit_status, t.repetition)).collect();
    let expected = [
        (TrialState::Finished, Some(0), 1),
        (TrialState::Failed, Some(2), 2),
        (TrialState::Finished, Some(0), 2),
    ];
    assert_eq!(states, expected);
    assert!(trials[1].figures.is_some(), "it is kept");
}

#[test]
fn factors_of_a_stop_or_a_note_are_added_and_those_of_an_edit_replace() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[("config", "a"), ("vms", "10")]);
    let set = Some(factors(&[("vms", "20")]));
    rig.set_mark(Mark { set, ..Mark::new(MarkKind::Note, MarkBy::Socket) });
    let set = Some(factors(&[("mtu", "9000")]));
    rig.set_mark(Mark { set, ..Mark::new(MarkKind::Stop, MarkBy::Socket) });
    let all = factors(&[("config", "a"), ("mtu", "9000"), ("vms", "20")]);
    assert_eq!(rig.trial().factors, all);
    let set = Some(factors(&[("vms", "30")]));
    rig.set_mark(Mark { set: set.clone(), ..edit(1) });
    assert_eq!(Some(rig.trial().factors.clone()), set);
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!(rig.trial().factors, all);
}

#[test]
fn moved_edges_have_the_figures_between_them_and_undo_brings_the_marks_back() {
    let mut rig = late_keys();
    let before = rig.trial().clone();
    assert_eq!(before.marked, (TICK * 30, Some(TICK * 80)));
    rig.move_edges(Some(20), Some(60));
    let trial = rig.trial().clone();
    assert_eq!((trial.start, trial.end), (TICK * 20, Some(TICK * 60)));
    assert_eq!(trial.marked, before.marked);
    assert_eq!(trial.duration(rig.at()), TICK * 40);
    let figures = rig.figures();
    assert_eq!(figures.bytes.tx, 40 * FULL + 30 * (FULL / 4));
    let bytes: Vec<u64> = figures.members.iter().map(|m| m.bytes.tx).collect();
    assert_eq!(bytes, [40 * FULL, 30 * (FULL / 4)]);
    assert_eq!(figures.active, Some((TICK * 20, TICK * 60)));
    assert_eq!(figures.mean.map(f64::round), Some(11.4e9));
    assert_eq!(figures.peak.map(f64::round), Some(12e9));
    rig.move_edges(Some(20), Some(25));
    assert_eq!(rig.figures().peak, None, "no second has passed");
    rig.move_edges(None, Some(30));
    assert_eq!(rig.figures().peak.map(f64::round), Some(9.6e9));
    for _ in 0..3 {
        rig.mark(MarkKind::Undo, &[]);
    }
    assert_eq!(rig.trial(), &before);
}

#[test]
fn edges_moved_back_to_the_marks_have_the_figures_of_the_marks() {
    let mut rig = late_keys();
    let before = rig.trial().clone();
    rig.move_edges(Some(20), Some(60));
    rig.move_edges(Some(30), Some(80));
    assert_eq!(rig.trial(), &before);
}

#[test]
fn edits_come_long_after_the_trial_and_after_the_end() {
    let mut rig = late_keys();
    rig.run(2_000, &[(1, 1_000)]);
    rig.session.apply(Event::End(End {
        at: rig.at(),
        own_cpu: Duration::ZERO,
        own_peak_rss_bytes: None,
        samples: 0,
        missed: 0,
        trials: None,
    }));
    rig.move_edges(Some(20), Some(60));
    assert_eq!(rig.figures().bytes.tx, 40 * FULL + 30 * (FULL / 4));
    let (because, text) = (Some("wrong host".to_owned()), Some("see ticket".to_owned()));
    rig.set_mark(Mark { excluded: Some(true), because: because.clone(), text, ..edit(1) });
    assert_eq!((rig.trial().excluded, &rig.trial().because), (true, &because));
    assert_eq!(rig.trial().notes, ["see ticket"]);
    rig.set_mark(Mark { excluded: Some(false), ..edit(1) });
    assert_eq!((rig.trial().excluded, &rig.trial().because), (false, &None));
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!((rig.trial().excluded, &rig.trial().because), (true, &because));
}

#[test]
fn edits_that_make_no_trial_change_nothing() {
    let mut rig = late_keys();
    let before = rig.session.trials().to_vec();
    rig.move_edges(Some(60), Some(60));
    rig.move_edges(Some(80), None);
    rig.move_edges(None, Some(10));
    rig.set_mark(Mark { excluded: Some(true), ..edit(7) });
    rig.set_mark(Mark { excluded: Some(true), trial: None, ..edit(1) });
    assert_eq!(rig.session.trials(), before);
    assert_eq!(rig.session.marks(), 7, "each can be taken back");
}

#[test]
fn an_edge_is_moved_to_the_nearest_tick_that_was_kept() {
    let mut rig = late_keys();
    let start = Some(TICK * 24 + TICK * 2 / 3);
    rig.set_mark(Mark { start, stop: Some(Duration::from_secs(900)), ..edit(1) });
    assert_eq!((rig.trial().start, rig.trial().end), (TICK * 25, Some(TICK * 80)));
}

#[test]
fn a_running_trial_can_begin_before_its_mark() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    rig.move_edges(Some(20), Some(25));
    assert_eq!((rig.trial().start, rig.trial().end), (TICK * 20, None));
    assert_eq!(rig.session.running_figures().map(|f| f.bytes.tx), Some(10 * FULL));
    rig.run(20, &[(1, FULL)]);
    rig.run(30, &[]);
    rig.mark(MarkKind::Stop, &[]);
    assert_eq!(rig.figures().bytes.tx, 30 * FULL);
    rig.move_edges(None, Some(50));
    assert_eq!((rig.trial().start, rig.trial().end), (TICK * 20, Some(TICK * 50)));
    assert_eq!(rig.figures().active, Some((TICK * 20, TICK * 50)));
}

#[test]
fn the_traffics_own_edges_are_found_around_late_keys() {
    let edges = Some((TICK * 20, TICK * 60));
    let mut rig = late_keys();
    assert_eq!(rig.session.traffic_edges(1), edges);
    rig.run(1_000, &[(1, 1_000)]);
    assert_eq!(rig.session.traffic_edges(1), edges, "when the profile is kept");
    let mut rig = Rig::new(bond());
    rig.run(20, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.run(29, &[]);
    rig.run(5, &[(1, FULL)]);
    rig.run(30, &[]);
    rig.run(5, &[(1, FULL)]);
    let edges = Some((TICK * 20, TICK * 84));
    assert_eq!(rig.session.traffic_edges(1), edges, "over a pause of less than 3 s");
    assert_eq!(rig.session.traffic_edges(2), None);
}

#[test]
fn the_traffics_edges_stop_at_the_trials_beside() {
    let mut rig = Rig::new(bond());
    for _ in 0..3 {
        rig.mark(MarkKind::Start, &[]);
        rig.run(20, &[(1, FULL)]);
        rig.mark(MarkKind::Stop, &[]);
        rig.run(5, &[]);
    }
    assert_eq!(rig.session.traffic_edges(2), Some((TICK * 25, TICK * 45)));
}

#[test]
fn what_is_before_and_after_another_tick_of_a_steady_background_is_no_edge() {
    let mut rig = Rig::new(bond());
    rig.run(40, &[(1, FULL / 20)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(10, &[(1, FULL / 20)]);
    rig.run(30, &[(1, FULL)]);
    rig.run(10, &[(1, FULL / 20)]);
    rig.mark(MarkKind::Stop, &[]);
    rig.run(40, &[(1, FULL / 20)]);
    assert_eq!(rig.session.traffic_edges(1), Some((TICK * 50, TICK * 80)));
    assert_eq!(rig.figures().active, Some((TICK * 50, TICK * 80)));
}

#[test]
fn late_counters_have_no_peak_of_partial_refreshes_between_moved_edges() {
    let mut rig = Rig::new((vec![interface(1, "eth0", Kind::Ethernet)], Vec::new()));
    let late = |rig: &mut Rig, seconds| {
        for _ in 0..seconds {
            rig.run(9, &[]);
            rig.tick(&[(1, 10 * FULL)]);
        }
    };
    late(&mut rig, 20);
    rig.run(150, &[]);
    rig.mark(MarkKind::Start, &[]);
    late(&mut rig, 20);
    rig.run(50, &[]);
    rig.mark(MarkKind::Stop, &[]);
    let marked = rig.figures().clone();
    rig.move_edges(Some(345), Some(575));
    for figures in [&marked, rig.figures()] {
        assert_eq!(figures.peak.map(f64::round), Some(9.6e9));
        // The first change after a rest may be of any part of a refresh.
        assert!(figures.mean.is_some_and(|mean| (9e9..9.7e9).contains(&mean)), "{figures:?}");
        assert_eq!(figures.active.map(|(_, to)| to), Some(TICK * 550));
        assert!(!figures.impossible);
    }
    assert_eq!(rig.session.traffic_edges(1).map(|(_, to)| to), Some(TICK * 550));
}

#[test]
fn a_member_made_anew_keeps_its_bytes_between_moved_edges() {
    let mut rig = Rig::new(bond());
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL)]);
    let (mut interfaces, mut teams) = bond();
    interfaces.remove(0);
    teams[0].members = vec![2];
    let at = rig.at();
    let gone = Event::Interfaces { at, interfaces: interfaces.clone(), teams: teams.clone() };
    rig.session.apply(gone);
    rig.run(5, &[]);
    interfaces.push(interface(9, "eth0", Kind::Ethernet));
    teams[0].members = vec![2, 9];
    rig.absolute = vec![(2, 0), (3, 0), (4, 0), (9, 0)];
    rig.session.apply(Event::Interfaces { at: rig.at(), interfaces, teams });
    rig.counters();
    rig.run(20, &[(9, FULL / 2)]);
    rig.mark(MarkKind::Stop, &[]);
    let marked = rig.figures().clone();
    rig.run(600, &[]);
    rig.move_edges(Some(5), Some(45));
    let figures = rig.figures();
    assert_eq!(figures.bytes.tx, 25 * FULL + 5 * FULL);
    assert_eq!(figures.members.len(), 2, "eth0 is one member: {figures:?}");
    assert_eq!(figures.gaps, marked.gaps);
    rig.move_edges(Some(40), Some(50));
    assert_eq!(rig.figures().gaps, 0, "it was there all the time");
}

#[test]
fn gaps_are_those_between_the_edges() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL)]);
    rig.ticks += 1;
    let (at, from) = (rig.at(), TICK * 20);
    rig.session.apply(Event::Gap { at, from, interfaces: None, why: GapReason::Stalled });
    rig.ticks -= 1;
    rig.run(40, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    assert_eq!(rig.figures().gaps, 2, "one a member");
    rig.move_edges(Some(30), None);
    assert_eq!(rig.figures().gaps, 0);
    rig.move_edges(Some(10), None);
    assert_eq!(rig.figures().gaps, 2);
    assert_eq!(rig.figures().peak.map(f64::round), Some(9.6e9));
}

#[test]
fn a_trial_that_runs_on_after_its_profile_was_kept_has_one_profile() {
    let mut rig = late_keys();
    rig.run(600, &[]);
    rig.mark(MarkKind::Undo, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let marked = rig.figures().clone();
    assert_eq!(marked.bytes.tx, 40 * FULL + 30 * (FULL / 4));
    for _ in 0..2 {
        rig.move_edges(Some(20), Some(690));
        assert_eq!(rig.figures().bytes.tx, marked.bytes.tx + 10 * FULL);
        rig.move_edges(Some(50), Some(690));
        assert_eq!(rig.figures().bytes.tx, 20 * FULL + 10 * (FULL / 4));
        rig.run(600, &[]);
    }
}

#[test]
fn a_very_long_trial_is_thinned_and_its_marks_stay_exact() {
    let mut rig = Rig::new((vec![interface(1, "eth0", Kind::Ethernet)], Vec::new()));
    rig.run(33, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    for i in 0..70_000 {
        rig.tick(&[(1, FULL / 2 + i)]);
    }
    rig.tick(&[]);
    rig.mark(MarkKind::Stop, &[]);
    let marked = rig.figures().clone();
    assert!(rig.session.interfaces.ticks.times.len() < 66_000);
    rig.run(600, &[]);
    assert_eq!(rig.session.interfaces.ticks.times.len(), 512);
    rig.move_edges(Some(33), Some(70_034));
    assert_eq!(rig.figures().bytes, marked.bytes);
    rig.move_edges(Some(33), Some(35_033));
    let expected: u64 = (0..35_000).map(|i| FULL / 2 + i).sum();
    let off = rig.figures().bytes.tx.abs_diff(expected);
    assert!(off < 6 * FULL, "to the nearest tick kept: {off}");
}

#[test]
fn nothing_more_is_kept_while_no_trial_runs() {
    let mut rig = Rig::new(bond());
    rig.run(2_000, &[(1, FULL)]);
    assert_eq!(rig.session.interfaces.ticks.times.len(), 512);
    rig.mark(MarkKind::Start, &[]);
    rig.run(1_000, &[(1, FULL)]);
    assert_eq!(rig.session.interfaces.ticks.times.len(), 1_512);
    rig.mark(MarkKind::Undo, &[]);
    rig.run(1, &[(1, FULL)]);
    assert_eq!(rig.session.interfaces.ticks.times.len(), 512);
}

/// What may happen in a session.
#[derive(Debug, Clone)]
enum Step {
    Ticks(u32, u64),
    Mark(MarkKind, bool),
    Edit(u32, Option<u32>, Option<u32>),
    Gap,
    Lose(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = [MarkKind::Start, MarkKind::Stop, MarkKind::Cancel, MarkKind::Note, MarkKind::Undo];
    prop_oneof![
        4 => (1..40u32, 0..FULL).prop_map(|(ticks, bytes)| Step::Ticks(ticks, bytes)),
        1 => Just(Step::Ticks(600, 0)),
        6 => (proptest::sample::select(kinds.to_vec()), any::<bool>())
            .prop_map(|(kind, failed)| Step::Mark(kind, failed)),
        3 => (1..4u32, proptest::option::of(0..200u32), proptest::option::of(0..400u32))
            .prop_map(|(trial, start, stop)| Step::Edit(trial, start, stop)),
        1 => Just(Step::Gap),
        1 => any::<bool>().prop_map(Step::Lose),
    ]
}

/// The events of the steps, as one stream.
fn stream(steps: &[Step]) -> Vec<Event> {
    let (interfaces, teams) = bond();
    let zero = Duration::ZERO;
    let mut events = vec![Event::Interfaces { at: zero, interfaces, teams }];
    let mut total = Pair::<u64>::default();
    let mut ticks = 0;
    for step in steps {
        let at = TICK * ticks;
        match step {
            Step::Ticks(n, bytes) => {
                for _ in 0..*n {
                    ticks += 1;
                    let bytes = Pair { rx: 100, tx: *bytes };
                    total = total + bytes;
                    let counts = Counts { id: 1, bytes, packets: bytes };
                    let (at, delta) = (TICK * ticks, vec![counts]);
                    events.push(Event::Sample { at, read: zero, delta, faults: Vec::new() });
                }
            }
            Step::Mark(kind, failed) => {
                let absolute = vec![Counts { id: 1, bytes: total, packets: total }];
                events.push(Event::Counters { at, read: zero, absolute, faults: Vec::new() });
                let exit_status = failed.then_some(1);
                let mark = Mark { at, exit_status, ..Mark::new(*kind, MarkBy::Key) };
                events.push(Event::Mark(mark));
            }
            Step::Edit(trial, start, stop) => {
                let (start, stop) = (start.map(|t| TICK * t), stop.map(|t| TICK * t));
                events.push(Event::Mark(Mark { at, start, stop, ..edit(*trial) }));
            }
            Step::Gap => {
                let (interfaces, why) = (None, GapReason::Stalled);
                events.push(Event::Gap { at, from: at, interfaces, why });
            }
            Step::Lose(lost) => {
                let (mut interfaces, mut teams) = bond();
                if *lost {
                    interfaces.remove(0);
                    teams[0].members = vec![2];
                }
                events.push(Event::Interfaces { at, interfaces, teams });
            }
        }
    }
    events
}

fn folded(mut session: Session, events: &[Event]) -> Session {
    for event in events {
        session.apply(event.clone());
    }
    session
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_cloned_session_goes_on_as_the_one_it_was_cloned_from(
        steps in proptest::collection::vec(step(), 1..30),
        part in 0.0..1.0f64,
    ) {
        let events = stream(&steps);
        let cut = (events.len() as f64 * part) as usize;
        let whole = folded(Session::default(), &events);
        let first = folded(Session::default(), &events[..cut]);
        let second = first.clone();
        prop_assert!(first == second);
        let second = folded(second, &events[cut..]);
        prop_assert!(whole == second);
        for trial in whole.trials() {
            prop_assert!(trial.end.is_none_or(|end| end >= trial.start));
            prop_assert_eq!(whole.traffic_edges(trial.number), second.traffic_edges(trial.number));
        }
    }

    #[test]
    fn a_session_for_its_trials_alone_has_the_same_trials(
        steps in proptest::collection::vec(step(), 1..30),
    ) {
        let events = stream(&steps);
        let whole = folded(Session::default(), &events);
        let lean = folded(Session::for_trials(Settings::default()), &events);
        prop_assert_eq!(whole.trials(), lean.trials());
        prop_assert_eq!(whole.running_figures(), lean.running_figures());
        for trial in whole.trials() {
            let number = trial.number;
            prop_assert_eq!(whole.traffic_edges(number), lean.traffic_edges(number));
            prop_assert_eq!(whole.trial_rates(number, 50), lean.trial_rates(number, 50));
        }
        prop_assert!(whole.notices().eq(lean.notices()));
    }

    #[test]
    fn undoing_every_edit_leaves_the_trials_as_they_were(
        steps in proptest::collection::vec(step(), 1..20),
        edits in proptest::collection::vec((1..4u32, 0..300u32, 0..300u32), 1..5),
    ) {
        let mut session = folded(Session::default(), &stream(&steps));
        let before = session.trials().to_vec();
        for (trial, start, stop) in &edits {
            let (start, stop) = (Some(TICK * *start), Some(TICK * *stop));
            session.apply(Event::Mark(Mark { at: session.at(), start, stop, ..edit(*trial) }));
        }
        for _ in &edits {
            session.apply(Event::Mark(Mark::new(MarkKind::Undo, MarkBy::Key)));
        }
        prop_assert_eq!(session.trials(), before);
    }
}

#[test]
fn two_sessions_with_gaps_are_equal() {
    let session = || {
        let mut rig = late_keys();
        rig.session.apply(Event::Gap {
            at: TICK * 95,
            from: rig.at(),
            interfaces: None,
            why: GapReason::Suspended,
        });
        rig.ticks = 95;
        rig.run(20, &[(1, FULL)]);
        rig.session
    };
    assert!(session() == session());
    assert_eq!(session().teams()[0].facts.origin, TeamOrigin::Found);
}
