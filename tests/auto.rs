//! Trials that the traffic starts and stops, on evacuations played in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

#[allow(dead_code, reason = "these tests draw nothing")]
mod stage;

use std::time::Duration;

use migtop::model::{Mark, MarkBy, MarkKind};
use migtop::session::{Auto, AutoMark, AutoSettings, Session};
use stage::{Stage, TICK, secs};

/// What the live loop makes of it: the mark, and the edit that gives the trial the traffic's edge.
fn marks(session: &Session, mark: AutoMark) -> (Mark, Mark) {
    let trials = session.trials().len() as u32;
    let (kind, number, start, stop) = match mark {
        AutoMark::Start { began } => (MarkKind::Start, trials + 1, Some(began), None),
        AutoMark::Stop { ended } => (MarkKind::Stop, trials, None, Some(ended)),
    };
    let new = |kind| Mark { trial: Some(number), ..Mark::new(kind, MarkBy::Auto) };
    (new(kind), Mark { at: session.at(), start, stop, ..new(MarkKind::Edit) })
}

fn watched(scenario: &str, length: Duration) -> Session {
    let mut stage = Stage::new("hv07");
    let mut auto = Auto::new(AutoSettings::default());
    stage
        .follow(scenario, length, |session| auto.observe(session).map(|mark| marks(session, mark)));
    stage.session
}

#[test]
fn an_evacuation_is_one_trial_with_the_traffics_own_edges() {
    // Its first guest leaves at 6 s, its last one is gone after 78.5 s; in between are pauses.
    let session = watched("evacuation", secs(90));
    let [trial] = session.trials() else { panic!("{:?}", session.trials()) };
    let edges = (trial.start, trial.end.unwrap());
    assert!(edges.0.abs_diff(secs(6)) <= TICK, "{edges:?}");
    assert!(edges.1.abs_diff(Duration::from_millis(78_500)) <= TICK, "{edges:?}");
    assert_eq!(session.traffic_edges(1), Some(edges));
    let figures = trial.figures.as_ref().unwrap();
    assert_eq!(figures.subject, "bond0");
    assert_eq!(figures.active, Some(edges));
}

#[test]
fn late_counters_give_no_trial_of_partial_refreshes() {
    for trial in watched("late", secs(60)).trials() {
        let figures = trial.figures.as_ref().unwrap();
        assert!(!figures.impossible, "{figures:?}");
    }
}
