//! Reports that the forms' tests lay out.

use std::time::Duration;

use super::document::{Block, Report, Section, Statement, Table};
use super::{Capacity, Sources};
use crate::compare::{Asked, Member, Outcome, Settings, Study, Weight};
use crate::model::{Direction, Factors, Pair};
use crate::session::TrialState;

/// What byte counters show of a link's speed at most, at MTU 1500.
const ATTAINABLE: f64 = 1514.0 / 1538.0;

/// A name as nobody should choose it.
pub const HOSTILE: &str = "<script>alert(1)</script> a|b `c` *d* _e_ ![x](http://a.example/x.png) \
                           \"f\" 'g' &lt; \\ @name #1 https://b.example/ \u{202e}txet\u{202c}\n- h";

/// The founding table: four configurations, three loads, one run each.
pub fn founding() -> Report {
    let table = [
        ("1x1GbE", 1e9, 1, [(7.0, 119_509_089.0), (40.0, 121_625_798.0), (80.0, 122_842_926.0)]),
        (
            "1x10GbE",
            1e10,
            1,
            [(5.0, 338_530_495.0), (13.0, 1_761_871_871.0), (21.0, 1_302_843_196.0)],
        ),
        (
            "2x10GbE",
            1e10,
            2,
            [(5.0, 338_338_532.0), (14.0, 961_527_428.0), (21.0, 1_032_138_805.0)],
        ),
        (
            "4x10GbE",
            1e10,
            4,
            [(5.0, 284_852_698.0), (12.0, 1_090_935_398.0), (21.0, 1_025_444_980.0)],
        ),
    ];
    let mut trials = Vec::new();
    for (config, speed, links, cells) in table {
        for (vms, (seconds, peak)) in ["1", "10", "20"].into_iter().zip(cells) {
            let mut outcome = timed(trials.len() + 1, &[("config", config), ("vms", vms)], seconds);
            carried_by(&mut outcome, speed, links);
            outcome.peak = Some(peak * 8.0);
            outcome.impossible = outcome.utilisation().is_some_and(|used| used > 1.01);
            outcome.resolution = 1.0;
            trials.push(outcome);
        }
    }
    report(trials, &Settings::default(), "ws2012-live-migration.csv", None)
}

/// Ten runs a cell over one link and a team, with courses, members, trials that do not count, a
/// prediction and a measured path.
pub fn synthetic() -> Report {
    let mut trials = Vec::new();
    for (config, links, cost) in [("1x10GbE", 1, 1.6), ("2x10GbE", 2, 0.9)] {
        for vms in ["4", "8", "16"] {
            for run in 1..=10 {
                let load: f64 = vms.parse().expect("a number");
                let noise = noise(trials.len());
                let seconds = 3.0 + cost * load + noise;
                let factors = [("config", config), ("vms", vms)];
                let mut outcome = timed(trials.len() + 1, &factors, seconds);
                outcome.repetition = run;
                carried_by(&mut outcome, 1e10, links);
                measured(&mut outcome, f64::from(links) * 0.93e10 * (1.0 + noise / 30.0));
                trials.push(outcome);
            }
        }
    }
    let last = trials.len() - 1;
    trials[last].excluded = true;
    trials[last].because = Some("a backup ran".into());
    trials[last - 1].duration += 30.0;
    trials[last - 2].state = TrialState::Failed;
    trials[last - 2].exit_status = Some(3);
    trials[0].notes.push("first after boot".into());
    let asked = Asked { factor: "vms".into(), value: "200".into() };
    let settings = Settings { predict: vec![asked], ..Settings::default() };
    let path = Capacity {
        file: "path.json".into(),
        bits_per_s: 9.41e9,
        received: true,
        direction: Direction::Tx,
        opposite: None,
        streams: 1,
        protocol: "TCP".into(),
        seconds: 10.0,
        started: None,
        host: None,
        retransmits: Some(3),
    };
    report(trials, &settings, "evacuations.jsonl.zst", Some(path))
}

/// Everything in it is called [`HOSTILE`], factor names too.
pub fn hostile_report() -> Report {
    let mut trials = Vec::new();
    for (n, vms) in ["1", "2", "3"].iter().enumerate() {
        for config in [HOSTILE.to_owned(), format!("{HOSTILE} 2")] {
            let mut outcome = timed(trials.len() + 1, &[(HOSTILE, &config), ("vms", vms)], 9.0);
            outcome.id = format!("{HOSTILE}#{}", trials.len() + 1);
            outcome.duration += n as f64;
            carried_by(&mut outcome, 1e9, 2);
            measured(&mut outcome, 0.9e9);
            outcome.members[0].interface = HOSTILE.into();
            outcome.notes = vec![HOSTILE.into()];
            outcome.subject = Some(HOSTILE.into());
            trials.push(outcome);
        }
    }
    trials[0].excluded = true;
    trials[0].because = Some(HOSTILE.into());
    let mut report = report(trials, &Settings::default(), HOSTILE, None);
    // Beyond what the builder lets through: the forms must hold by themselves.
    let mut table = Table::new(&[HOSTILE, HOSTILE]);
    table.rows.push(vec![HOSTILE.into(), HOSTILE.into()]);
    table.note = HOSTILE.into();
    let statement = Statement {
        weight: Weight::Warning,
        seen: HOSTILE.into(),
        meaning: HOSTILE.into(),
        advice: HOSTILE.into(),
    };
    let blocks =
        vec![Block::Text(HOSTILE.into()), Block::Statements(vec![statement]), Block::Table(table)];
    report.sections.push(Section { title: "Hostile", blocks });
    report.title = HOSTILE.into();
    report.lead = vec![HOSTILE.into()];
    report.written_by = HOSTILE.into();
    report
}

/// Of no trials.
pub fn empty() -> Report {
    report(Vec::new(), &Settings::default(), "nothing.csv", None)
}

fn report(trials: Vec<Outcome>, settings: &Settings, file: &str, path: Option<Capacity>) -> Report {
    let study = Study::of(trials, settings).expect("axes that can be");
    let sources = Sources {
        files: vec![file.into()],
        capacities: path.into_iter().collect(),
        written_by: "migtop 0.1.0".into(),
        ..Sources::default()
    };
    Report::of(study, sources)
}

fn timed(number: usize, factors: &[(&str, &str)], seconds: f64) -> Outcome {
    let factors: Factors =
        factors.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Outcome::timed(format!("t#{number}"), "t".into(), factors, seconds)
}

fn carried_by(outcome: &mut Outcome, speed: f64, links: u32) {
    let together = speed * f64::from(links);
    outcome.links = Some(links as usize);
    outcome.line_rate = Some(together);
    outcome.attainable = Some(together * ATTAINABLE);
    outcome.member_attainable = Some(speed * ATTAINABLE);
}

/// As a session has it.
fn measured(outcome: &mut Outcome, rate: f64) {
    let links = outcome.links.expect("carried by links");
    let moved = rate / 8.0 * outcome.duration;
    let share = |n: usize| if n == 0 { 0.7 } else { 0.3 / (links - 1) as f64 };
    let member = |n: usize| Member {
        interface: format!("ens1f{n}"),
        bytes: Pair { rx: 1_000, tx: (moved * share(n)) as u64 },
        share: Some(share(n)),
    };
    outcome.direction = Some(Direction::Tx);
    outcome.bytes = Some(Pair { rx: 1_000, tx: moved as u64 });
    outcome.moved = Some(moved);
    outcome.mean = Some(rate);
    outcome.peak = Some(rate * 1.04);
    outcome.peak_window = Some(Duration::from_secs(1));
    outcome.saturated = Some(0.4);
    outcome.members = if links > 1 { (0..links).map(member).collect() } else { Vec::new() };
    let step = outcome.duration / 60.0;
    let at = |n: u32| {
        let ramp = (f64::from(n) / 4.0).min(f64::from(60 - n) / 6.0).min(1.0);
        let rate = rate * ramp * (1.0 + 0.05 * noise(n as usize));
        (step * f64::from(n + 1), (n != 30).then_some(rate))
    };
    outcome.course = (0..60).map(at).collect();
}

/// Small differences that are the same on every machine.
fn noise(n: usize) -> f64 {
    ((n as u64).wrapping_mul(2_654_435_761) % 1_000) as f64 / 1_000.0 - 0.5
}
