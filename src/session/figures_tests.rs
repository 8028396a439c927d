//! What trials are compared by, on streams written by hand.

use std::time::Duration;

use super::tests::{FULL, Rig, TICK, bond, interface};
use super::*;
use crate::model::{Event, Faults, GapReason, Interface, Kind, Mark, MarkBy, MarkKind};

/// What a 10 Gbit/s link can carry in a tick.
const WIRE: u64 = 123_049_414;

impl Rig {
    fn figures_of(&self, number: usize) -> TrialFigures {
        self.session.trials()[number - 1].figures.clone().expect("ended")
    }

    fn links(&mut self, change: impl FnOnce(&mut Vec<Interface>, &mut Vec<Team>)) {
        let (mut interfaces, mut teams) = bond();
        change(&mut interfaces, &mut teams);
        self.session.apply(Event::Interfaces { at: self.at(), interfaces, teams });
    }

    fn faults(&mut self, id: u32, errors: u64, dropped: u64) {
        self.ticks += 1;
        let faults =
            Faults { id, errors: Pair { rx: errors, tx: 0 }, dropped: Pair { rx: 0, tx: dropped } };
        let (at, read) = (self.at(), Duration::ZERO);
        self.session.apply(Event::Sample { at, read, delta: Vec::new(), faults: vec![faults] });
    }
}

fn giga(rate: Option<f64>) -> Option<f64> {
    rate.map(|rate| (rate / 1e7).round() / 100.0)
}

/// 2 s of a steady background; 10 s of one member full, 5 s of both at half of that; 3 s of rest.
fn evacuated() -> Rig {
    let mut rig = Rig::new(bond());
    rig.run(20, &[(1, FULL / 100)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(100, &[(1, WIRE)]);
    rig.run(50, &[(1, FULL / 2), (2, FULL / 2)]);
    rig.run(30, &[]);
    rig.mark(MarkKind::Stop, &[]);
    rig
}

#[test]
fn the_samples_of_the_active_time_have_quantiles_and_a_share_at_the_ceiling() {
    let mut rig = evacuated();
    let figures = rig.figures_of(1);
    assert_eq!(figures.active, Some((TICK * 20, TICK * 170)));
    assert_eq!((giga(figures.p50), giga(figures.p95)), (Some(9.84), Some(9.84)));
    assert_eq!(giga(figures.peak5), Some(9.84));
    assert_eq!(giga(figures.background), Some(0.1));
    assert_eq!(figures.saturated, Some(0.0), "the team has room");
    assert_eq!(giga(figures.member_attainable), Some(9.84));
    assert_eq!(giga(figures.attainable), Some(19.69));
    assert_eq!((figures.links, figures.cadence), (2, None));
    // 10 s full and 5 s of half, against those 5 s.
    let (most, least) = (100.0 * WIRE as f64 + 25.0 * FULL as f64, 25.0 * FULL as f64);
    let jain = (most + least).powi(2) / (2.0 * (most * most + least * least));
    assert!((figures.balance.expect("of two") - jain).abs() < 1e-12);
    // The last 3 s of full, and what comes after: as much was carried before.
    let mark = Mark { trial: Some(1), start: Some(TICK * 90), ..edit() };
    rig.session.apply(Event::Mark(mark));
    let moved = rig.figures_of(1);
    assert_eq!((moved.active, moved.p50, moved.saturated), (None, None, None));
    let peak5 = (30.0 * WIRE as f64 + 19.0 * FULL as f64) * 8.0 / 4.9;
    assert!((moved.peak5.expect("8 s") / peak5 - 1.0).abs() < 1e-12);
    assert!(moved.balance > figures.balance);
    assert_eq!(giga(moved.background), Some(7.76), "9.84 for 70 of 89 ticks");
}

#[test]
fn a_single_link_is_its_own_ceiling_and_has_no_balance() {
    let mut rig = Rig::new((vec![interface(1, "eth0", Kind::Ethernet)], Vec::new()));
    rig.mark(MarkKind::Start, &[]);
    rig.run(30, &[(1, WIRE)]);
    rig.run(10, &[(1, WIRE / 2)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!(figures.saturated.map(|share| (share * 1e6).round() / 1e6), Some(0.75));
    assert_eq!(figures.member_attainable, figures.attainable);
    assert_eq!((figures.links, figures.balance), (1, None));
    assert_eq!(figures.peak5, None, "four seconds");
    assert_eq!(figures.background, None, "the session begins with it");
}

#[test]
fn a_trial_without_traffic_has_no_quantiles() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(60, &[]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!((figures.p50, figures.p95, figures.saturated), (None, None, None));
    assert_eq!((figures.balance, figures.background), (None, Some(0.0)));
}

#[test]
fn a_running_trial_has_what_its_marks_tell_and_no_more() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(80, &[(1, FULL)]);
    let mark = Mark { trial: Some(1), start: Some(TICK), ..edit() };
    for _ in 0..2 {
        let figures = rig.session.running_figures().expect("runs");
        assert_eq!((figures.peak5, figures.p50, figures.p95), (None, None, None));
        assert_eq!((figures.saturated, figures.background), (None, None));
        assert_eq!((figures.links, figures.balance), (2, Some(0.5)));
        rig.session.apply(Event::Mark(mark.clone()));
    }
}

#[test]
fn errors_and_drops_are_those_between_the_marks_and_of_the_subject() {
    let mut rig = Rig::new(bond());
    rig.faults(1, 5, 1);
    rig.mark(MarkKind::Start, &[]);
    rig.run(5, &[(1, FULL)]);
    rig.faults(1, 7, 1);
    rig.faults(2, 0, 40);
    rig.faults(4, 9, 9);
    let at = rig.at();
    let gap = |why| Event::Gap { at, from: at, interfaces: Some(vec![1]), why };
    rig.session.apply(gap(GapReason::Reset));
    rig.faults(1, 3, 0);
    let running = rig.session.running_figures().expect("runs");
    assert_eq!((running.errors, running.drops), (2 + 3, 40));
    rig.mark(MarkKind::Stop, &[]);
    rig.faults(1, 1_000, 1_000);
    let figures = rig.figures_of(1);
    assert_eq!((figures.errors, figures.drops), (5, 40));
    rig.mark(MarkKind::Start, &[]);
    rig.run(1, &[]);
    rig.mark(MarkKind::Stop, &[]);
    let next = rig.figures_of(2);
    assert_eq!((next.errors, next.drops, next.link_changes), (0, 0, 0));
}

#[test]
fn a_trial_is_held_against_what_could_be_carried_while_it_was() {
    let mut rig = Rig::new(bond());
    let both = rig.team().attainable.expect("known speeds");
    rig.mark(MarkKind::Start, &[]);
    rig.run(40, &[(1, FULL), (2, FULL / 4)]);
    rig.links(|all, _| all[0].up = false);
    let failed = rig.ticks;
    rig.run(60, &[(2, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!(figures.attainable, Some(both));
    assert!(!figures.impossible && figures.peak > Some(both / 2.0));
    assert_eq!(figures.links, 2);
    // The other member was full as soon as it carried alone.
    let saturated = figures.saturated.expect("known speeds");
    assert!((saturated - 0.6).abs() < 0.02, "{saturated}");
    let start = Some(TICK * (failed + 10));
    rig.session.apply(Event::Mark(Mark { trial: Some(1), start, ..edit() }));
    let later = rig.figures_of(1);
    assert_eq!((later.attainable, later.impossible), (Some(both / 2.0), false));
}

#[test]
fn a_time_without_any_link_is_not_full() {
    let mut rig = Rig::new(bond());
    rig.mark(MarkKind::Start, &[]);
    rig.run(40, &[(1, FULL), (2, FULL)]);
    rig.links(|all, _| (all[0].up, all[1].up) = (false, false));
    rig.run(40, &[]);
    rig.links(|_, _| {});
    rig.run(40, &[(1, FULL / 4)]);
    rig.mark(MarkKind::Stop, &[]);
    let saturated = rig.figures_of(1).saturated.expect("known speeds");
    assert!((saturated - 1.0 / 3.0).abs() < 0.02, "{saturated}");
}

#[test]
fn what_was_not_known_then_proves_nothing_impossible_now() {
    let (mut interfaces, teams) = bond();
    interfaces[1].speed_bits_per_s = None;
    let mut rig = Rig::new((interfaces, teams));
    rig.mark(MarkKind::Start, &[]);
    rig.run(30, &[(1, FULL), (2, FULL)]);
    rig.links(|all, _| all[1].up = false);
    rig.run(2, &[(1, FULL)]);
    assert_eq!(rig.team().attainable, None, "of the last second");
    rig.run(10, &[(1, FULL)]);
    assert!(rig.team().attainable.is_some());
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!((figures.attainable, figures.saturated, figures.impossible), (None, None, false));
}

#[test]
fn an_interface_that_was_made_anew_is_held_against_what_both_could_carry() {
    let interfaces = vec![interface(1, "eth0", Kind::Ethernet)];
    let mut rig = Rig::new((interfaces, Vec::new()));
    rig.mark(MarkKind::Start, &[]);
    rig.run(30, &[(1, FULL / 2)]);
    let slow =
        Interface { speed_bits_per_s: Some(1_000_000_000), ..interface(7, "eth0", Kind::Ethernet) };
    let at = rig.at();
    rig.session.apply(Event::Interfaces { at, interfaces: vec![slow], teams: Vec::new() });
    rig.absolute = vec![(7, 0)];
    rig.counters();
    rig.run(10, &[(7, FULL / 20)]);
    rig.mark(MarkKind::Stop, &[]);
    for _ in 0..2 {
        let figures = rig.figures_of(1);
        let attainable = figures.attainable.expect("known speeds");
        assert!(attainable > 9.8e9 && !figures.impossible, "{figures:?}");
        assert_eq!(figures.saturated, Some(0.0));
        let start = Some(TICK * 2);
        rig.session.apply(Event::Mark(Mark { trial: Some(1), start, ..edit() }));
    }
}

#[test]
fn where_one_member_carries_at_a_time_there_is_no_share_to_miss() {
    let (interfaces, mut teams) = bond();
    teams[0].mode = "active-backup".into();
    let mut rig = Rig::new((interfaces, teams));
    rig.mark(MarkKind::Start, &[]);
    rig.run(30, &[(1, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!((figures.members.len(), figures.links, figures.balance), (2, 1, None));
}

#[test]
fn a_member_that_was_down_all_the_time_has_no_share_to_miss() {
    let mut rig = Rig::new(bond());
    rig.links(|all, _| all[0].up = false);
    rig.run(10, &[]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(40, &[(2, FULL)]);
    rig.mark(MarkKind::Stop, &[]);
    let start = Some(TICK * 15);
    for _ in 0..2 {
        let figures = rig.figures_of(1);
        assert_eq!((figures.members.len(), figures.links, figures.balance), (2, 1, None));
        rig.session.apply(Event::Mark(Mark { trial: Some(1), start, ..edit() }));
    }
}

#[test]
fn link_changes_are_those_of_the_subjects_links_in_the_trial() {
    let mut rig = Rig::new(bond());
    rig.links(|all, _| all[0].up = false);
    rig.links(|_, _| {});
    rig.mark(MarkKind::Start, &[]);
    rig.run(3, &[(1, FULL)]);
    rig.links(|all, _| all[0].up = false);
    rig.run(3, &[(2, FULL)]);
    rig.links(|all, _| all[1].speed_bits_per_s = Some(1_000_000_000));
    // eth0 was down and is back; eth1 is fast again; another's MTU is nobody's change.
    rig.links(|all, _| all[3].mtu = Some(9_000));
    rig.links(|all, teams| {
        all.remove(0);
        teams[0].members = vec![2];
    });
    rig.links(|all, teams| {
        all[0] = interface(9, "eth0", Kind::Ethernet);
        teams[0].members = vec![2, 9];
    });
    let running = rig.session.running_figures().expect("runs");
    assert_eq!((running.link_changes, running.links), (6, 2));
    rig.mark(MarkKind::Stop, &[]);
    rig.links(|_, _| {});
    assert_eq!(rig.figures_of(1).link_changes, 6);
}

#[test]
fn a_late_counter_tells_its_cadence_and_its_quantiles_have_no_partial_refreshes() {
    let mut rig = Rig::new((vec![interface(1, "eth0", Kind::Ethernet)], Vec::new()));
    let second = |rig: &mut Rig| {
        rig.run(9, &[]);
        rig.tick(&[(1, FULL * 10)]);
    };
    rig.run(30, &[]);
    rig.mark(MarkKind::Start, &[]);
    (0..24).for_each(|_| second(&mut rig));
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.figures_of(1);
    assert_eq!(figures.cadence, Some(Duration::from_secs(1)));
    assert_eq!((giga(figures.p50), giga(figures.p95)), (Some(9.6), Some(9.6)));
    assert_eq!((giga(figures.peak5), figures.saturated), (Some(9.6), Some(1.0)));
}

#[test]
fn a_trials_rate_over_time_is_told_while_it_runs_and_long_after() {
    let mut rig = Rig::new(bond());
    rig.run(20, &[]);
    assert_eq!(rig.session.trial_rates(1, 10), None);
    rig.mark(MarkKind::Start, &[]);
    rig.run(10, &[(1, FULL)]);
    rig.run(10, &[(1, FULL / 2), (2, FULL / 2)]);
    let gap = Event::Gap {
        at: rig.at() + TICK * 10,
        from: rig.at(),
        interfaces: None,
        why: GapReason::Suspended,
    };
    rig.session.apply(gap);
    rig.ticks += 10;
    rig.run(10, &[(2, FULL)]);
    let rates = |rig: &Rig, most| {
        let rates = rig.session.trial_rates(1, most).expect("is there");
        let rounded = |(at, rate): &(f64, Option<f64>)| ((at * 10.0).round() / 10.0, giga(*rate));
        rates.iter().map(rounded).collect::<Vec<_>>()
    };
    let coarse = [(1.0, Some(9.6)), (2.0, Some(9.6)), (3.0, None), (4.0, Some(9.6))];
    assert_eq!(rates(&rig, 4), coarse);
    rig.mark(MarkKind::Stop, &[]);
    assert_eq!(rates(&rig, 4), coarse);
    rig.run(900, &[(1, FULL)]);
    assert_eq!(rates(&rig, 4), coarse, "from the profile that was kept");
    let fine = rates(&rig, 1_000);
    assert_eq!((fine.len(), fine[0], fine[20]), (30, (0.1, Some(9.6)), (3.1, None)));
    let mark = Mark { trial: Some(1), start: Some(TICK * 30), ..edit() };
    rig.session.apply(Event::Mark(mark));
    assert_eq!(
        rates(&rig, 3),
        coarse[..3].iter().zip(&coarse[1..]).map(|(at, rate)| (at.0, rate.1)).collect::<Vec<_>>()
    );
    assert_eq!((rig.session.trial_rates(2, 4), rates(&rig, 0)), (None, Vec::new()));
}

fn edit() -> Mark {
    Mark::new(MarkKind::Edit, MarkBy::Key)
}

/// A trial about eth0 that carries `subject` a tick, while another interface goes from `before` to
/// `during`.
fn beside(
    kind: Kind,
    master: Option<u32>,
    subject: u64,
    before: u64,
    during: u64,
) -> Option<Elsewhere> {
    let mut other = interface(2, "other", kind);
    other.master = master;
    let uplink = Interface { master: Some(3), ..interface(1, "eth0", Kind::Ethernet) };
    let mut rig = Rig::new((vec![uplink, other, interface(3, "br0", Kind::Bridge)], Vec::new()));
    rig.session.settings.subject = Some("eth0".into());
    rig.run(50, &[(1, 1_000), (2, before)]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(50, &[(1, subject), (2, during)]);
    rig.mark(MarkKind::Stop, &[]);
    rig.session.trials()[0].figures.clone().expect("ended").elsewhere
}

#[test]
fn traffic_that_rises_beside_the_subject_is_kept_and_what_stands_on_it_is_not() {
    let risen = beside(Kind::Ethernet, None, FULL / 100, 1_000, FULL / 2).expect("it rose");
    assert_eq!((risen.interface.as_str(), risen.bytes), ("other", 25 * FULL));
    assert_eq!((risen.background.round(), risen.mean.round()), (80_000.0, FULL as f64 * 40.0));
    assert_eq!(beside(Kind::Ethernet, None, FULL, 1_000, FULL / 8), None, "little beside it");
    assert_eq!(beside(Kind::Ethernet, None, FULL / 100, FULL / 2, FULL / 2), None, "as before");
    assert_eq!(
        beside(Kind::Tun, Some(3), FULL / 2, 1_000, FULL / 2),
        None,
        "a guest of its bridge"
    );
    assert_eq!(beside(Kind::Veth, Some(3), FULL / 2, 1_000, FULL / 2), None);
    assert_eq!(beside(Kind::Loopback, None, FULL / 100, 1_000, FULL / 2), None);
}
