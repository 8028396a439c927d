//! What is told beyond the screen, on the traffic of scenarios.

#[allow(dead_code, reason = "the stage of the tests that draw; only its traffic is of use here")]
mod stage;

use std::time::Duration;

use migtop::model::{Mark, MarkBy, MarkKind};
use migtop::tui::notify::{Occasion, Settings, Watch, Way};
use stage::{Stage, secs};

/// Everything that is told while a scenario plays, one line each.
fn told(stage: &mut Stage, watch: &mut Watch, scenario: &str, length: Duration) -> Vec<String> {
    let mut out = Vec::new();
    stage.follow(scenario, length, |session| {
        watch.look(session, &mut out);
        None
    });
    let text = String::from_utf8(out).expect("text");
    let lines = text.split("\x1b\\").filter(|line| !line.is_empty());
    lines.map(|line| line.trim_start_matches("\x1b]9;").to_owned()).collect()
}

fn watch(on: &[Occasion]) -> Watch {
    Watch::new(Settings { on: on.to_vec(), by: vec![Way::Osc9], ..Settings::default() })
}

const ALL: [Occasion; 3] = [Occasion::TrialEnd, Occasion::TrafficStop, Occasion::MemberLost];

#[test]
fn a_lost_member_is_told_once() {
    let mut watch = watch(&ALL);
    let told = told(&mut Stage::new("hv07"), &mut watch, "failover", secs(40));
    assert_eq!(told, ["bond0 lost a member: 1 of 2 are up"]);
}

#[test]
fn traffic_that_stops_is_told_when_it_has_been_away_for_a_while() {
    let mut watch = watch(&ALL);
    let told = told(&mut Stage::new("hv07"), &mut watch, "evacuation", secs(120));
    assert_eq!(told, ["bond0 carries nothing any more"]);
}

#[test]
fn the_end_of_a_trial_is_told_and_what_was_not_asked_for_is_not() {
    for (on, expected) in [(&ALL[..1], 1), (&ALL[1..], 0)] {
        let (mut stage, mut watch) = (Stage::new("hv07"), watch(on));
        for kind in [MarkKind::Start, MarkKind::Stop] {
            let told = told(&mut stage, &mut watch, "saturated", secs(2));
            assert_eq!(told, Vec::<String>::new());
            stage.set(Mark::new(kind, MarkBy::Key));
        }
        let told = told(&mut stage, &mut watch, "saturated", secs(2));
        assert_eq!(told.len(), expected, "{told:?}");
        assert!(told.iter().all(|line| line.starts_with("trial 1 ended, 00:02")), "{told:?}");
    }
}
