//! The fold on streams written by hand.

use std::time::Duration;

use super::*;
use crate::model::{
    Counts, Direction, Event, Factors, Faults, GapReason, Interface, Kind, Mark, MarkBy, MarkKind,
    TeamOrigin,
};

pub(super) const TICK: Duration = Duration::from_millis(100);
const TEN_GBE: u64 = 10_000_000_000;

pub(super) fn interface(id: u32, name: &str, kind: Kind) -> Interface {
    let speed_bits_per_s = (kind == Kind::Ethernet).then_some(TEN_GBE);
    Interface { speed_bits_per_s, mtu: Some(1500), ..Interface::new(id, name, kind) }
}

pub(super) fn bond() -> (Vec<Interface>, Vec<Team>) {
    let interfaces = vec![
        interface(1, "eth0", Kind::Ethernet),
        interface(2, "eth1", Kind::Ethernet),
        interface(3, "bond0", Kind::Bond),
        interface(4, "lo", Kind::Loopback),
    ];
    let team = Team {
        name: "bond0".into(),
        mode: "802.3ad".into(),
        members: vec![1, 2],
        origin: TeamOrigin::Found,
    };
    (interfaces, vec![team])
}

/// Folds what a sampler would say.
pub(super) struct Rig {
    pub session: Session,
    pub absolute: Vec<(u32, u64)>,
    pub ticks: u32,
}

impl Rig {
    pub fn new((interfaces, teams): (Vec<Interface>, Vec<Team>)) -> Self {
        let mut session = Session::default();
        let absolute = interfaces.iter().map(|i| (i.id, 0)).collect();
        session.apply(Event::Interfaces { at: Duration::ZERO, interfaces, teams });
        let mut rig = Self { session, absolute, ticks: 0 };
        rig.counters();
        rig
    }

    pub fn at(&self) -> Duration {
        TICK * self.ticks
    }

    pub fn counters(&mut self) {
        let counts = |(id, tx): &(u32, u64)| Counts {
            id: *id,
            bytes: Pair { rx: 0, tx: *tx },
            packets: Pair::default(),
        };
        let absolute = self.absolute.iter().map(counts).collect();
        let (at, read) = (self.at(), Duration::ZERO);
        self.session.apply(Event::Counters { at, read, absolute, faults: Vec::new() });
    }

    /// One tick in which interfaces sent these many bytes.
    pub fn tick(&mut self, sent: &[(u32, u64)]) {
        self.tick_of(Direction::Tx, sent);
    }

    /// The same one way; absolute values are told of what was sent alone.
    pub fn tick_of(&mut self, direction: Direction, bytes: &[(u32, u64)]) {
        self.ticks += 1;
        let counts = |(id, carried): &(u32, u64)| {
            let (mut bytes, mut packets) = (Pair::default(), Pair::default());
            bytes[direction] = *carried;
            packets[direction] = carried / 1500;
            Counts { id: *id, bytes, packets }
        };
        let sent = if direction == Direction::Tx { bytes } else { &[] };
        let delta = bytes.iter().map(counts).collect();
        for (id, bytes) in sent {
            if let Some((_, total)) = self.absolute.iter_mut().find(|(i, _)| i == id) {
                *total += bytes;
            }
        }
        let (at, read) = (self.at(), Duration::ZERO);
        self.session.apply(Event::Sample { at, read, delta, faults: Vec::new() });
    }

    pub fn run(&mut self, ticks: u32, sent: &[(u32, u64)]) {
        (0..ticks).for_each(|_| self.tick(sent));
    }

    pub fn mark(&mut self, kind: MarkKind, set: &[(&str, &str)]) {
        self.counters();
        let set: Factors = set.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let trial = self.session.open_trial().map(|t| t.number);
        let set = (kind == MarkKind::Start).then_some(set);
        let mark = Mark { at: self.at(), trial, set, ..Mark::new(kind, MarkBy::Key) };
        self.session.apply(Event::Mark(mark));
    }

    pub fn team(&self) -> Figures {
        self.session.figures(&Subject::Team("bond0".into())).expect("a team")
    }

    pub fn warnings(&self) -> Vec<&str> {
        self.session.notices().map(|notice| notice.text.as_str()).collect()
    }
}

/// Bytes in a tick at 9.6 Gbit/s.
pub(super) const FULL: u64 = 120_000_000;

#[test]
fn a_team_is_the_sum_of_its_members_and_its_capacity_follows_those_that_are_up() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[(1, FULL), (2, FULL / 2), (3, FULL * 3 / 2)]);
    let figures = rig.team();
    assert_eq!(figures.now.map(|r| r.tx.round()), Some(14.4e9));
    assert_eq!(figures.peak.rates.tx.map(f64::round), Some(14.4e9));
    let both = figures.attainable.expect("known speeds");
    let (mut interfaces, teams) = bond();
    interfaces[1].up = false;
    rig.session.apply(Event::Interfaces { at: rig.at(), interfaces, teams });
    let attainable = |rig: &Rig| rig.team().attainable.expect("known speeds");
    assert!((both / attainable(&rig) - 1.0).abs() < 1e-12, "the last second had both");
    rig.run(9, &[(1, FULL), (3, FULL)]);
    assert!(!rig.team().is_impossible(14.4e9));
    rig.run(1, &[(1, FULL), (3, FULL)]);
    assert!((both / attainable(&rig) - 2.0).abs() < 1e-12);
    assert_eq!(rig.warnings(), ["eth1 lost its link; bond0: 1 of 2 members up"]);
}

#[test]
fn where_one_member_carries_at_a_time_capacity_is_one_members() {
    let (interfaces, mut teams) = bond();
    teams[0].mode = "active-backup".into();
    let rig = Rig::new((interfaces, teams));
    assert_eq!(rig.team().attainable.map(|a| (a / 1e9 * 100.0).round()), Some(984.0));
}

#[test]
fn a_trials_bytes_are_the_counters_difference_between_its_marks() {
    let mut rig = Rig::new(bond());
    rig.run(10, &[(1, 1_000)]);
    rig.mark(MarkKind::Start, &[("vms", "20")]);
    rig.run(5, &[]);
    rig.run(30, &[(1, FULL), (2, FULL / 4)]);
    rig.run(5, &[]);
    rig.mark(MarkKind::Stop, &[]);
    rig.run(3, &[(1, 777)]);
    let trial = &rig.session.trials()[0];
    let figures = trial.figures.as_ref().expect("finished");
    assert_eq!(figures.bytes.tx, 30 * (FULL + FULL / 4));
    assert_eq!((figures.subject.as_str(), figures.direction), ("bond0", Direction::Tx));
    assert_eq!(figures.share(&figures.members[0]), Some(0.8));
    assert_eq!(trial.duration(rig.at()), TICK * 40);
    assert_eq!(figures.active, Some((TICK * 15, TICK * 45)), "people press keys late");
    assert_eq!(figures.mean.map(f64::round), Some(12e9));
    assert_eq!(figures.peak.map(f64::round), Some(12e9));
}

#[test]
fn a_peak_has_no_window_from_before_the_trial() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(9, &[(1, FULL / 2)]);
    assert_eq!(rig.session.running_figures().expect("runs").peak, None, "not a second yet");
    rig.run(10, &[(1, FULL / 2)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("finished");
    assert_eq!(figures.peak.map(f64::round), Some(4.8e9));
}

#[test]
fn undo_takes_back_the_last_mark_whatever_it_was() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!(rig.session.open_trial().map(|t| t.number), Some(1));
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("finished");
    assert_eq!(figures.bytes.tx, 20 * FULL, "as if it had not been stopped in between");
    rig.mark(MarkKind::Undo, &[]);
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!(rig.session.trials(), []);
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!(rig.session.trials(), [], "nothing is left to undo");
}

#[test]
fn marks_that_make_no_sense_change_nothing() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Stop, &[]);
    rig.mark(MarkKind::Cancel, &[]);
    assert_eq!(rig.session.trials(), []);
    rig.mark(MarkKind::Start, &[]);
    rig.run(1, &[(1, 1_000)]);
    rig.mark(MarkKind::Start, &[]);
    assert_eq!(rig.session.trials().len(), 1);
    assert_eq!(rig.session.running_figures().map(|f| f.bytes.tx), Some(1_000));
}

#[test]
fn only_finished_trials_with_equal_factors_count_as_repetitions() {
    let mut rig = Rig::new(bond());
    for (end, set) in [
        (MarkKind::Stop, "20"),
        (MarkKind::Cancel, "20"),
        (MarkKind::Stop, "20"),
        (MarkKind::Stop, "10"),
    ] {
        rig.mark(MarkKind::Start, &[("vms", set)]);
        rig.run(2, &[]);
        rig.mark(end, &[]);
    }
    let repetitions: Vec<u32> = rig.session.trials().iter().map(|t| t.repetition).collect();
    assert_eq!(repetitions, [1, 2, 2, 1]);
}

#[test]
fn a_reset_is_a_gap_that_the_trial_tells_and_no_spike() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL)]);
    rig.ticks += 1;
    let (at, from) = (rig.at(), TICK * (rig.ticks - 1));
    let gap = Event::Gap { at, from, interfaces: Some(vec![1]), why: GapReason::Reset };
    rig.session.apply(gap);
    rig.ticks -= 1;
    rig.absolute[0].1 = 0;
    rig.tick(&[]);
    rig.counters();
    assert_eq!(rig.team().now.map(|r| r.tx), None, "no rate in the gap");
    rig.run(20, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("finished");
    assert_eq!(figures.gaps, 1);
    assert!(!figures.impossible);
    assert_eq!(figures.bytes.tx, 40 * FULL);
}

#[test]
fn counters_that_contradict_the_samples_are_told() {
    let mut rig = Rig::new(bond());
    rig.run(5, &[(1, 1_000)]);
    rig.absolute[0].1 += 1;
    rig.counters();
    assert_eq!(rig.warnings(), ["eth0: counters and samples contradict each other; a gap"]);
}

#[test]
fn a_peak_above_the_wire_is_marked_impossible() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[(1, FULL * 3 / 2)]);
    let figures = rig.session.figures(&Subject::Interface(1)).expect("there");
    assert!(figures.is_impossible(figures.peak.rates.tx.expect("a second")));
    let verdict = rig.session.verdict(&Subject::Interface(1));
    assert_eq!(verdict, Verdict::Impossible(Direction::Tx));
}

#[test]
fn verdicts_follow_the_wire() {
    let team = Subject::Team("bond0".into());
    let verdict = |sent: &[(u32, u64)]| {
        let mut rig = Rig::new(bond());
        rig.run(20, sent);
        rig.session.verdict(&team).to_string()
    };
    assert_eq!(verdict(&[]), "at rest");
    assert_eq!(verdict(&[(1, FULL)]), "member full: eth0 TX, 1 more idle");
    assert_eq!(verdict(&[(1, FULL), (2, FULL / 2)]), "member full: eth0 TX");
    assert_eq!(verdict(&[(1, FULL), (2, FULL)]), "link full: TX at 97.5 %");
    let room = verdict(&[(1, FULL / 2), (2, FULL / 2)]);
    assert_eq!(room, "not the wire: TX at 48.8 %");
}

#[test]
fn idle_ones_loopback_and_taps_are_folded() {
    let (mut interfaces, teams) = bond();
    interfaces.push(interface(5, "tap0", Kind::Tun));
    interfaces.push(interface(6, "eth9", Kind::Ethernet));
    interfaces.push(interface(7, "eth10", Kind::Ethernet));
    interfaces.push(interface(8, "eth11", Kind::Ethernet));
    let mut rig = Rig::new((interfaces, teams));
    rig.run(15, &[(4, FULL), (5, FULL), (6, 2_000), (7, 2_000), (2, 5_000)]);
    let mut listing = Listing::default();
    // Members always, then whatever is busy; bond0 is shown as a team.
    assert_eq!(rig.session.listed(&listing), (vec![2, 6, 7, 1], 4));
    listing.order = Order::Name;
    assert_eq!(rig.session.listed(&listing).0, [1, 2, 6, 7], "eth9 before eth10");
    listing.filter = "eth1".into();
    assert_eq!(rig.session.listed(&listing), (vec![2, 7], 1));
    listing.pinned = vec![8];
    assert_eq!(rig.session.listed(&listing).0, [8, 2, 7]);
}

#[test]
fn faults_before_the_session_are_not_its_own() {
    let mut rig = Rig::new(bond());
    let faults =
        |errors| Faults { id: 1, errors: Pair { rx: errors, tx: 0 }, dropped: Pair::default() };
    let (interfaces, teams) = bond();
    let mut session = Session::default();
    session.apply(Event::Interfaces { at: Duration::ZERO, interfaces, teams });
    let absolute = vec![Counts { id: 1, bytes: Pair::default(), packets: Pair::default() }];
    let at = Duration::ZERO;
    session.apply(Event::Counters { at, read: at, absolute, faults: vec![faults(7)] });
    rig.session = session;
    assert_eq!(rig.session.interface(1).map(InterfaceState::faults), Some(0));
    let sample = |at| Event::Sample { at, read: at, delta: vec![], faults: vec![faults(9)] };
    rig.session.apply(sample(TICK));
    assert_eq!(rig.session.interface(1).map(InterfaceState::faults), Some(2));
}

#[test]
fn a_member_that_was_made_anew_keeps_its_bytes_and_is_told_as_a_gap() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL)]);
    let (mut interfaces, mut teams) = bond();
    interfaces.remove(0);
    teams[0].members = vec![2];
    let at = rig.at();
    rig.session.apply(Event::Interfaces {
        at,
        interfaces: interfaces.clone(),
        teams: teams.clone(),
    });
    rig.run(5, &[]);
    interfaces.push(interface(9, "eth0", Kind::Ethernet));
    teams[0].members = vec![2, 9];
    rig.absolute = vec![(2, 0), (3, 0), (4, 0), (9, 0)];
    rig.session.apply(Event::Interfaces { at: rig.at(), interfaces, teams });
    rig.counters();
    rig.run(20, &[(9, FULL / 2)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("finished");
    assert_eq!(figures.bytes.tx, 20 * FULL + 10 * FULL);
    assert_eq!(figures.members.len(), 2, "eth0 is one member: {figures:?}");
    assert_eq!(figures.gaps, 2, "it went, and it came");
    assert_eq!(figures.peak.map(f64::round), Some(9.6e9));
}

#[test]
fn undoing_a_start_brings_back_the_peak_of_the_trial_before() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(15, &[(1, FULL / 4)]);
    rig.mark(MarkKind::Undo, &[]);
    rig.mark(MarkKind::Undo, &[]);
    assert_eq!(rig.session.open_trial().map(|t| t.number), Some(1));
    let peak = rig.session.running_figures().and_then(|f| f.peak);
    assert_eq!(peak.map(f64::round), Some(9.6e9));
}

#[test]
fn the_trial_before_is_no_background() {
    let mut rig = Rig::new(bond());
    for _ in 0..2 {
        rig.mark(MarkKind::Start, &[]);
        rig.run(40, &[(1, FULL / 2)]);
        rig.mark(MarkKind::Stop, &[]);
    }
    let figures = rig.session.trials()[1].figures.clone().expect("finished");
    assert_eq!(figures.mean.map(f64::round), Some(4.8e9));
    assert!(figures.active.is_some());
}

#[test]
fn what_has_gone_takes_its_history_with_it() {
    let (mut interfaces, teams) = bond();
    interfaces.push(interface(5, "tap0", Kind::Tun));
    let mut rig = Rig::new((interfaces, teams));
    rig.run(20, &[(5, FULL)]);
    let (interfaces, teams) = bond();
    rig.session.apply(Event::Interfaces { at: rig.at(), interfaces, teams });
    let tap = rig.session.interface(5).expect("known");
    assert!(!tap.present && tap.activity.is_none());
    rig.run(3, &[(1, FULL)]);
    assert_eq!(rig.team().now.map(|r| r.tx.round()), Some(9.6e9));
}

#[test]
fn an_interface_that_has_gone_is_no_subject_and_has_no_rate() {
    let lo = interface(1, "lo", Kind::Loopback);
    let mut rig = Rig::new((vec![lo.clone(), interface(2, "eth0", Kind::Ethernet)], Vec::new()));
    rig.run(5, &[(2, FULL)]);
    assert_eq!(rig.session.subject(), Some(Subject::Interface(2)));
    rig.mark(MarkKind::Start, &[]);
    rig.run(5, &[(2, FULL)]);
    let at = rig.at();
    rig.session.apply(Event::Interfaces { at, interfaces: vec![lo], teams: Vec::new() });
    rig.run(5, &[]);
    assert_eq!(rig.session.subject(), Some(Subject::Interface(1)));
    let gone = rig.session.figures(&Subject::Interface(2)).expect("known");
    assert_eq!((gone.now, gone.second), (None, None), "no zero is measured of what is not there");
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("finished");
    assert_eq!((figures.subject.as_str(), figures.bytes.tx), ("eth0", 5 * FULL));
}

/// A part of the recording up to `rig`'s time that could not be read; as much was carried in it.
fn lose(rig: &mut Rig, ticks: u32, carried: &[(u32, u64)]) {
    rig.ticks += ticks;
    for (id, bytes) in carried {
        rig.absolute.iter_mut().filter(|(i, _)| i == id).for_each(|(_, total)| *total += bytes);
    }
}

/// The first event behind it is the next sample.
fn find_again(rig: &mut Rig) {
    let (from, at) = (rig.session.at(), rig.at() + TICK);
    let (interfaces, why) = (None, GapReason::Mismatch);
    rig.session.apply(Event::Gap { at, from, interfaces, why });
}

#[test]
fn what_was_carried_in_a_damaged_part_is_told_by_the_next_absolute_values_and_has_no_rate() {
    let mut rig = Rig::new(bond());
    rig.run(10, &[]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[(1, FULL / 2)]);
    // The second member moves for the first time where nothing can be read.
    lose(&mut rig, 10, &[(1, FULL * 5), (2, FULL * 7)]);
    find_again(&mut rig);
    rig.tick(&[(1, FULL / 2)]);
    assert_eq!(rig.team().now, None, "no rate over the hole");
    rig.run(20, &[(1, FULL / 2)]);
    rig.mark(MarkKind::Stop, &[]);
    let trial = &rig.session.trials()[0];
    let figures = trial.figures.clone().expect("ended");
    let of_first = FULL / 2 * 41 + FULL * 5;
    assert_eq!(figures.bytes.tx, of_first + FULL * 7);
    let members: Vec<u64> = figures.members.iter().map(|member| member.bytes.tx).collect();
    assert_eq!(members, [of_first, FULL * 7]);
    assert_eq!(figures.gaps, 2, "one a member");
    assert_eq!(figures.peak.map(f64::round), Some(4.8e9));
    assert_eq!(figures.mean.map(f64::round), Some(4.8e9));
    let moved =
        Mark { trial: Some(1), start: Some(TICK * 9), ..Mark::new(MarkKind::Edit, MarkBy::Key) };
    rig.session.apply(Event::Mark(moved));
    let moved = rig.session.trials()[0].figures.clone().expect("ended");
    assert_eq!((moved.bytes, moved.mean), (figures.bytes, figures.mean));
    assert!(moved.gaps > 0);
}

#[test]
fn a_counter_that_is_smaller_behind_a_damaged_part_says_nothing_of_it() {
    let mut rig = Rig::new(bond());
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(10, &[(1, FULL)]);
    lose(&mut rig, 10, &[]);
    rig.absolute[0].1 = 5;
    find_again(&mut rig);
    rig.run(10, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("ended");
    assert_eq!((figures.bytes.tx, figures.gaps), (FULL * 20, 2));
    rig.run(10, &[(1, FULL)]);
    rig.counters();
    assert_eq!(rig.warnings().len(), 1, "what follows is proven again");
}

#[test]
fn bytes_of_a_damaged_part_that_come_in_a_trial_are_its_gap() {
    let mut rig = Rig::new(bond());
    rig.run(10, &[(1, FULL)]);
    lose(&mut rig, 10, &[(1, FULL)]);
    find_again(&mut rig);
    rig.tick(&[]);
    let start = Mark { at: rig.at(), ..Mark::new(MarkKind::Start, MarkBy::Key) };
    rig.session.apply(Event::Mark(start));
    rig.run(10, &[]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("ended");
    assert_eq!((figures.bytes.tx, figures.gaps), (FULL, 2));
}
