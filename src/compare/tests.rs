//! Trials as other modules' tests write them, and what whole tables come to.

use super::{Outcome, Settings, Study};
use crate::model::{Factors, attainable};

/// One that took so many seconds; its factors as `config=a vms=1`.
pub fn outcome(factors: &str, seconds: f64) -> Outcome {
    let pairs = factors.split_whitespace().filter_map(|word| word.split_once('='));
    let factors: Factors = pairs.map(|(key, value)| (key.into(), value.into())).collect();
    Outcome::timed(String::new(), "t.csv".into(), factors, seconds)
}

/// The same over `links` links of 10 Gbit/s, with a peak of this share of what counters can show.
pub fn carried(factors: &str, seconds: f64, links: usize, peak: f64) -> Outcome {
    let one = attainable(1e10, 1500);
    let all = one * links as f64;
    Outcome {
        links: Some(links),
        attainable: Some(all),
        member_attainable: Some(one),
        line_rate: Some(1e10 * links as f64),
        peak: Some(all * peak),
        impossible: peak > 1.01,
        ..outcome(factors, seconds)
    }
}

/// What they come to; ids are their numbers.
pub fn study(mut outcomes: Vec<Outcome>) -> Study {
    for (number, outcome) in outcomes.iter_mut().enumerate() {
        outcome.id = format!("t#{}", number + 1);
    }
    Study::of(outcomes, &Settings::default()).expect("can be compared")
}

/// A configuration, its links' speed and number, and for each number of guests seconds and peak.
type Row = (&'static str, f64, usize, [(u32, f64, f64); 3]);

/// The founding table, as published.
const FOUNDING: [Row; 4] = [
    (
        "1x1GbE",
        1e9,
        1,
        [(1, 7.0, 119_509_089.0), (10, 40.0, 121_625_798.0), (20, 80.0, 122_842_926.0)],
    ),
    (
        "1x10GbE",
        1e10,
        1,
        [(1, 5.0, 338_530_495.0), (10, 13.0, 1_761_871_871.0), (20, 21.0, 1_302_843_196.0)],
    ),
    (
        "2x10GbE",
        1e10,
        2,
        [(1, 5.0, 338_338_532.0), (10, 14.0, 961_527_428.0), (20, 21.0, 1_032_138_805.0)],
    ),
    (
        "4x10GbE",
        1e10,
        4,
        [(1, 5.0, 284_852_698.0), (10, 12.0, 1_090_935_398.0), (20, 21.0, 1_025_444_980.0)],
    ),
];

/// The founding table's trials.
pub fn founding() -> Vec<Outcome> {
    let row = |(config, speed, links, runs): &Row| {
        let one = attainable(*speed, 1500);
        let run = |(vms, seconds, peak): &(u32, f64, f64)| {
            let all = one * *links as f64;
            Outcome {
                resolution: 1.0,
                links: Some(*links),
                attainable: Some(all),
                member_attainable: Some(one),
                line_rate: Some(speed * *links as f64),
                peak: Some(peak * 8.0),
                impossible: peak * 8.0 > all * 1.01,
                memory: Some(536_870_912.0),
                ..outcome(&format!("config={config} vms={vms}"), *seconds)
            }
        };
        runs.iter().map(run).collect::<Vec<_>>()
    };
    FOUNDING.iter().flat_map(row).collect()
}

#[test]
fn the_founding_table_says_what_its_author_could_not() {
    let study = study(founding());
    let said: Vec<(&str, String)> =
        study.findings.iter().map(|f| (f.what.code(), f.what.seen())).collect();
    let expected = [
        ("above-attainable", "141 % of line rate at vms=10 and 104 % of line rate at vms=20"),
        (
            "sweet-spot",
            "1x10GbE is the smallest that is as fast as the best at every load: 0 s, 1 s and 0 s slower",
        ),
        ("no-gain", "2x10GbE is no faster than 1x10GbE at any load, in single runs"),
        ("no-gain", "4x10GbE is no faster than 1x10GbE at any load, in single runs"),
        ("saturated", "1x1GbE: peaks reach the wire's limit at every load: 97.1 to 99.8 %"),
        (
            "single-member",
            "2x10GbE and 4x10GbE never exceeded what one member can carry: 88.7 % of it at most",
        ),
        ("too-few-runs", "12 of 12 compared cells have 1 run"),
    ];
    for (code, words) in expected {
        assert!(
            said.iter().any(|(c, seen)| *c == code && seen.contains(words)),
            "{code}: {words} is not in {said:#?}"
        );
    }
    let lines = [(2.6015, 3.8450), (4.3063, 0.8413), (4.6587, 0.8395), (3.9539, 0.8432)];
    assert_eq!(study.models.len(), lines.len());
    for (model, (fixed, each)) in study.models.iter().zip(lines) {
        let line = &model.line;
        assert!((line.intercept.value - fixed).abs() < 5e-5, "{:?}", line.intercept);
        assert!((line.slope.value - each).abs() < 5e-5, "{:?}", line.slope);
    }
}
