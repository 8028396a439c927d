//! Verdicts on connections and counters written by hand, after what was measured on real migrations.

use super::*;
use crate::model::{Event, HostLoad, MarkKind, TcpState};
use crate::session::flows::tests::{Told, flow, one_link, sends};
use crate::session::tests::Rig;

const LINK: Subject = Subject::Interface(1);
/// Bytes in a tick at this share of what counters can show of 10 Gbit/s.
fn at(share: f64) -> u64 {
    (9.843_953e9 / 80.0 * share) as u64
}

/// Bytes of goodput in half a second at this share.
fn goodput(share: f64) -> u64 {
    (at(share) as f64 * 5.0 * 1_448.0 / 1_514.0) as u64
}

fn seconds(rig: &mut Rig, n: usize, share: f64, adds: &[TcpState]) {
    let flows = (1..=adds.len() as u32).map(|id| flow(id, 3, 4_400)).collect();
    let mut told = Told::of(rig, flows);
    for _ in 0..2 * n {
        told.half(rig, &[(1, at(share))], adds);
    }
}

#[track_caller]
fn judged(share: f64, adds: &[TcpState]) -> (Limit, Confidence, String) {
    let mut rig = one_link();
    seconds(&mut rig, 3, share, adds);
    match rig.session.verdict(&LINK) {
        Verdict::Limited(limited) => (limited.limit, limited.confidence, limited.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn each_limit_is_told_by_what_was_measured_of_it() {
    let sender = TcpState { busy_us: 275_000, unsent_bytes: 0, ..sends(goodput(0.5)) };
    let receiver = TcpState { window_limited_us: 480_000, ..sends(goodput(0.4)) };
    let path = TcpState { retransmitted: 900, ..sends(goodput(0.47)) };
    let full_window = TcpState { unacked: 98, ..sends(goodput(0.47)) };
    let (limit, sure, text) = judged(0.5, &[sender]);
    assert_eq!((limit, sure), (Limit::Sender, Confidence::High));
    assert_eq!(text, "sender-bound: 45 % of the time nothing to send, link at 50.0 %");
    let (limit, _, text) = judged(0.4, &[receiver]);
    assert_eq!(limit, Limit::Receiver);
    assert_eq!(
        text,
        "receiver-bound: 96 % of the time the receiver's window is closed, link at 40.0 %"
    );
    let (limit, _, text) = judged(0.47, &[path]);
    assert_eq!(
        (limit, &*text),
        (Limit::Path, "path-bound: 1800 retransmissions/s, link at 47.0 %")
    );
    let (limit, _, text) = judged(0.47, &[full_window]);
    assert_eq!(limit, Limit::Path);
    assert_eq!(text, "path-bound: congestion window 98 % in use, link at 47.0 %");
    let (limit, sure, text) = judged(0.97, &[sends(goodput(0.97))]);
    assert_eq!((limit, sure, &*text), (Limit::Link, Confidence::High, "link full: TX at 97.0 %"));
    // Segment counters read low: the connections make up for it.
    let (limit, sure, _) = judged(0.92, &[sends(goodput(0.92))]);
    assert_eq!((limit, sure), (Limit::Link, Confidence::Fair));
}

#[test]
fn the_network_is_believed_only_where_something_confirms_it() {
    // A slow receiver behind a deep buffer: its window is open, the link is not full.
    let (limit, sure, text) = judged(0.44, &[sends(goodput(0.44))]);
    assert_eq!((limit, sure), (Limit::Mixed, Confidence::Low));
    assert_eq!(text, "mixed: waits: sender 0 %, receiver 0 %, network 100 %, link at 44.0 %");
}

#[test]
fn a_few_segments_sent_again_are_the_paths_where_they_cut_the_window() {
    let again = |window: u64| TcpState {
        retransmitted: 2,
        congestion_window: window,
        ..sends(goodput(0.44))
    };
    assert_eq!(judged(0.44, &[again(100)]).0, Limit::Mixed, "a probe");
    let mut rig = one_link();
    let mut told = Told::of(&mut rig, vec![flow(1, 3, 4_400)]);
    for window in [100, 100, 100, 70] {
        told.half(&mut rig, &[(1, at(0.44))], &[again(window)]);
    }
    let verdict = rig.session.verdict(&LINK).to_string();
    assert_eq!(verdict, "path-bound: 4 retransmissions/s, link at 44.0 %");
}

#[test]
fn several_connections_are_weighed_by_their_bytes() {
    let waits = TcpState { busy_us: 50_000, ..sends(goodput(0.05)) };
    let (limit, ..) =
        judged(0.5, &[waits, waits, TcpState { retransmitted: 900, ..sends(goodput(0.4)) }]);
    assert_eq!(limit, Limit::Path);
    let half = TcpState { busy_us: 50_000, ..sends(goodput(0.25)) };
    let closed = TcpState { window_limited_us: 400_000, ..sends(goodput(0.25)) };
    assert_eq!(judged(0.5, &[half, closed]).0, Limit::Mixed);
}

#[test]
fn connections_that_explain_little_of_the_link_say_nothing_of_it() {
    let mut rig = one_link();
    seconds(&mut rig, 3, 0.5, &[TcpState { busy_us: 1_000, ..sends(goodput(0.1)) }]);
    assert_eq!(rig.session.verdict(&LINK).to_string(), "not the wire: TX at 50.0 %");
}

#[test]
fn a_receiving_host_tells_its_own_reader_from_the_rest() {
    let received = |fill: u64| TcpState {
        received_bytes: goodput(0.5),
        receive_memory_bytes: fill,
        receive_buffer_bytes: 100,
        ..TcpState::default()
    };
    let verdict = |fill: u64| {
        let mut rig = one_link();
        let mut told = Told::of(&mut rig, vec![flow(1, 1, 50_000)]);
        for _ in 0..6 {
            told.half_received(&mut rig, &[(1, at(0.5))], &[received(fill)]);
        }
        rig.session.verdict(&LINK).to_string()
    };
    assert_eq!(verdict(95), "receiver-bound: receive buffers 95 % full here, link at 50.0 %");
    assert_eq!(verdict(2), "not the wire: RX at 50.0 %");
}

fn load(rig: &mut Rig, busy: u16, softirq: u16) {
    let (busy_permille, softirq_permille) = (vec![100, busy], vec![0, softirq]);
    let load = HostLoad { at: rig.at(), busy_permille, softirq_permille, ..HostLoad::default() };
    rig.session.apply(Event::Host(load));
}

#[test]
fn a_full_core_is_the_reason_where_it_came_with_the_traffic() {
    let starved = TcpState { busy_us: 300_000, ..sends(goodput(0.3)) };
    let told = |before: u16, during: u16, softirq: u16, share: f64| {
        let mut rig = one_link();
        rig.run(20, &[]);
        load(&mut rig, before, 0);
        seconds(&mut rig, 2, share, &[TcpState { acked_bytes: goodput(share), ..starved }]);
        load(&mut rig, during, softirq);
        rig.session.verdict(&LINK).to_string()
    };
    assert_eq!(
        told(200, 990, 700, 0.3),
        "core-bound: core 1 99 % busy (70 % softirq), link at 30.0 %"
    );
    assert_eq!(told(200, 990, 0, 0.3), "core-bound: core 1 99 % busy, link at 30.0 %");
    assert!(told(990, 990, 0, 0.3).starts_with("sender-bound"), "it was full before");
    assert!(told(200, 900, 0, 0.3).starts_with("sender-bound"));
    assert!(told(200, 990, 900, 0.97).starts_with("link full"));
}

#[test]
fn a_rate_that_keeps_to_a_known_cap_for_seconds_is_told_as_that() {
    let (limit, _, text) = {
        let goodput = 134_217_728 / 2;
        let counted = (goodput as f64 * 1_514.0 / 1_448.0 / 5.0) as u64;
        let mut rig = one_link();
        let mut told = Told::of(&mut rig, vec![flow(1, 3, 4_400)]);
        let mut limits = Vec::new();
        for _ in 0..8 {
            told.half(&mut rig, &[(1, counted)], &[TcpState { busy_us: 90_000, ..sends(goodput) }]);
            limits.extend(rig.session.verdict(&LINK).limited().map(|limited| limited.limit));
        }
        assert_eq!(limits[1], Limit::Sender, "a moment is no plateau");
        let verdict = rig.session.verdict(&LINK);
        let limited = verdict.limited().expect("told");
        (limited.limit, limited.advice(), limited.to_string())
    };
    assert_eq!(limit, Limit::Cap);
    assert!(text.contains("QEMU's default max-bandwidth of 128 MiB/s"), "{text}");
}

#[test]
fn a_trial_has_what_limited_it_for_most_of_its_active_time() {
    let mut rig = one_link();
    rig.run(30, &[]);
    rig.mark(MarkKind::Start, &[]);
    rig.run(20, &[]);
    let starved = TcpState { busy_us: 100_000, ..sends(goodput(0.3)) };
    seconds(&mut rig, 8, 0.3, &[starved]);
    seconds(&mut rig, 2, 0.97, &[sends(goodput(0.97))]);
    rig.run(20, &[]);
    rig.mark(MarkKind::Stop, &[]);
    let figures = rig.session.trials()[0].figures.clone().expect("ended");
    let limits = figures.limits;
    assert_eq!(limits.verdict(), Some(Limit::Sender));
    assert!((9..=11).contains(&limits.windows), "{limits:?}");
    assert!((0.6..0.9).contains(&limits.share(Limit::Sender)), "{limits:?}");
    assert!(limits.share(Limit::Link) >= 0.1, "{limits:?}");
    assert_eq!(figures.retransmissions, Some(0));
}

#[test]
fn shares_of_a_long_trial_stay_right_in_little_room() {
    let sender = |limit| {
        let limited = Limited {
            limit,
            direction: Direction::Tx,
            confidence: Confidence::High,
            evidence: Evidence::default(),
        };
        Verdict::Limited(limited)
    };
    let second = std::time::Duration::from_secs;
    let mut windows = Windows::default();
    for i in 1..=40_000 {
        let limit = if i % 4 == 0 { Limit::Path } else { Limit::Receiver };
        windows.take(second(i), &sender(limit), true);
    }
    let kept = windows.around(second(0), second(40_000));
    let limits = kept.between(second(0), second(40_000));
    assert_eq!((limits.windows, limits.verdict()), (40_000, Some(Limit::Receiver)));
    assert!((limits.share(Limit::Path) - 0.25).abs() < 1e-9);
    let half = kept.between(second(0), second(20_000));
    assert!(half.windows.abs_diff(20_000) < 100, "{}", half.windows);
}

#[test]
fn a_trials_verdict_is_mixed_or_none_where_nothing_holds_for_most_of_it() {
    let of = |counts: &[(Limit, u32)], windows: u32| {
        let mut limits = Limits::default();
        limits.windows = windows;
        for (limit, n) in counts {
            limits.set(*limit, *n);
        }
        limits.verdict()
    };
    assert_eq!(of(&[(Limit::Sender, 5), (Limit::Path, 5)], 10), Some(Limit::Mixed));
    assert_eq!(of(&[(Limit::Sender, 5)], 10), None);
    assert_eq!(of(&[(Limit::Sender, 2), (Limit::Cap, 5)], 10), Some(Limit::Cap));
    assert_eq!(of(&[(Limit::Sender, 5), (Limit::Core, 2)], 10), Some(Limit::Sender));
    assert_eq!(of(&[], 0), None);
}
