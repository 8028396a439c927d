//! Charts as pictures and as text: each kind at its sizes, and what no data may do to them.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use migtop::plot::chart::{
    Axis, BarRow, Bars, Chart, Dot, DotRow, Dots, Edges, Group, Level, Line, Lines, Plot, Point,
    Rates, Run, ShareRow, Shares, Standing,
};
use migtop::plot::scale::Quantity;
use migtop::plot::svg::{self, svg};
use migtop::plot::text::{self, Symbols};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

/// Seconds and peak in bytes/s of one cell.
type Figures = (f64, f64);

/// The founding table: configuration, speed of a member, then 1, 10 and 20 guests.
const TABLE: [(&str, f64, [Figures; 3]); 4] = [
    ("1x1GbE", 1e9, [(7.0, 119_509_089.0), (40.0, 121_625_798.0), (80.0, 122_842_926.0)]),
    ("1x10GbE", 1e10, [(5.0, 338_530_495.0), (13.0, 1_761_871_871.0), (21.0, 1_302_843_196.0)]),
    ("2x10GbE team", 1e10, [(5.0, 338_338_532.0), (14.0, 961_527_428.0), (21.0, 1_032_138_805.0)]),
    (
        "4x10GbE team",
        1e10,
        [(5.0, 284_852_698.0), (12.0, 1_090_935_398.0), (21.0, 1_025_444_980.0)],
    ),
];
const LOADS: [f64; 3] = [1.0, 10.0, 20.0];
const LABELS: [&str; 3] = ["1 VM", "10 VMs", "20 VMs"];
const MODEL: [(f64, f64); 4] =
    [(2.6015, 3.845), (4.3063, 0.8413), (4.6587, 0.8395), (3.9539, 0.8432)];

fn axis(label: &str, quantity: Quantity) -> Axis {
    Axis { label: label.into(), quantity }
}

fn chart(title: &str, summary: &str, plot: Plot) -> Chart {
    Chart { title: title.into(), summary: summary.into(), plot }
}

/// Small differences that are the same on every machine.
fn noise(n: usize) -> f64 {
    let mut x = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
}

fn dot(value: f64) -> Dot {
    Dot { value, ..Dot::default() }
}

/// Five runs a cell, one of them far off, one left out, and a cell of a single run.
fn dots() -> Chart {
    let row = |config: usize, load: usize| {
        let seconds = TABLE[config].2[load].0;
        let spread = |n: usize| dot(seconds * (1.0 + 0.06 * noise(n + 7 * load + 31 * config)));
        let mut row = DotRow {
            label: LABELS[load].into(),
            dots: (0..5).map(spread).collect(),
            mean: Some(seconds),
            interval: Some((seconds * 0.96, seconds * 1.04)),
        };
        match (config, load) {
            (0, 2) => row.dots[1] = Dot { standing: Standing::Outlier, ..dot(88.0) },
            (1, 1) => row.dots[0] = Dot { standing: Standing::Excluded, ..dot(30.0) },
            (3, 0) => (row.dots, row.interval) = (vec![dot(5.0)], None),
            _ => {}
        }
        row
    };
    let group = |config: usize| Group {
        name: TABLE[config].0.into(),
        rows: (0..3).map(|load| row(config, load)).collect(),
    };
    let dots = Dots {
        axis: axis("duration", Quantity::Seconds),
        groups: (0..TABLE.len()).map(group).collect(),
    };
    let summary = "1x1GbE takes 80 s for 20 VMs, every 10 GbE configuration 21 s.";
    chart("Time per evacuation", summary, Plot::Dots(dots))
}

fn lines() -> Chart {
    let line = |config: usize| {
        let (fixed, each) = MODEL[config];
        let at = |x: f64| fixed + each * x;
        let edge = |n: i32| {
            let x = f64::from(n);
            let reach = if config == 0 { 3.0 + 0.1 * x } else { 2.0 };
            Edges { x, low: at(x) - reach, high: at(x) + reach }
        };
        Line {
            name: TABLE[config].0.into(),
            points: (0..3)
                .map(|n| Point { x: LOADS[n], y: TABLE[config].2[n].0, hover: String::new() })
                .collect(),
            fit: vec![(0.0, at(0.0)), (20.0, at(20.0))],
            band: (0..=20).map(edge).collect(),
            hover: format!("{}: {fixed} s + {each} s per VM", TABLE[config].0),
        }
    };
    let lines = Lines {
        x: axis("VMs", Quantity::Plain),
        y: axis("duration", Quantity::Seconds),
        series: (0..TABLE.len()).map(line).collect(),
    };
    let summary = "A VM costs 3.85 s on 1 GbE and 0.84 s on every 10 GbE configuration.";
    chart("What a VM costs", summary, Plot::Lines(lines))
}

fn rates() -> Chart {
    let run = |repetition: usize| {
        let rate = |n: usize| {
            let ramp = (n as f64 / 8.0).min(1.0).min((210 - 6 * repetition - n) as f64 / 10.0);
            9.4e9 * ramp * (1.0 + 0.08 * noise(n + 1_000 * repetition))
        };
        let is_gap = |n: &usize| repetition == 2 && (90..110).contains(n);
        let rates = (0..200 - 6 * repetition).map(|n| Some(n).filter(|n| !is_gap(n)).map(rate));
        Run {
            name: format!("run {}", repetition + 1),
            start: 0.0,
            step: 0.1,
            rates: rates.collect(),
        }
    };
    let rates = Rates {
        x: axis("time since the start", Quantity::Seconds),
        y: axis("throughput", Quantity::BitsPerSec),
        runs: (0..3).map(run).collect(),
        ceiling: Some(Level { label: "attainable: 9.84 Gbit/s".into(), value: 9.844e9 }),
    };
    let summary = "Three runs reach the link's limit within a second and stay there for 20 s.";
    chart("Throughput over time, 1x10GbE with 20 VMs", summary, Plot::Rates(rates))
}

fn shares() -> Chart {
    let row =
        |label: &str, amounts: &[f64]| ShareRow { label: label.into(), amounts: amounts.into() };
    let group = |name: &str, rows| Group { name: name.into(), rows };
    let shares = Shares {
        label: "share of the bytes sent".into(),
        members: ["eth0", "eth1", "eth2", "eth3"].map(Into::into).into(),
        groups: vec![
            group("2x10GbE team", vec![row("1 VM", &[1.0, 0.0]), row("20 VMs", &[58.0, 42.0])]),
            group(
                "4x10GbE team",
                vec![
                    row("1 VM", &[0.0, 0.0, 1.0, 0.0]),
                    row("10 VMs", &[0.41, 0.04, 0.3, 0.25]),
                    row("20 VMs", &[30.0, 20.0, 27.0, 23.0]),
                    row("nobody", &[]),
                ],
            ),
        ],
    };
    let summary = "One VM uses one member; 20 VMs spread over all of them.";
    chart("Who carried how much", summary, Plot::Shares(shares))
}

fn bars() -> Chart {
    let row = |config: usize, load: usize| {
        let (_, speed, cells) = TABLE[config];
        let value = cells[load].1 * 8.0;
        let ideal = speed * 1514.0 / 1538.0;
        BarRow {
            label: LABELS[load].into(),
            value: Some(value),
            ideal: Some(ideal),
            impossible: value > 1.01 * ideal,
            ..BarRow::default()
        }
    };
    let group = |config: usize| Group {
        name: TABLE[config].0.into(),
        rows: (0..3).map(|load| row(config, load)).collect(),
    };
    let bars = Bars {
        axis: axis("peak throughput", Quantity::BitsPerSec),
        ideal: "attainable over one member".into(),
        groups: (0..TABLE.len()).map(group).collect(),
    };
    let summary = "Two peaks of 1x10GbE exceed what one direction of the link can carry.";
    chart("Peak throughput against what one member can carry", summary, Plot::Bars(bars))
}

/// One large guest over more and more connections.
fn connections() -> Chart {
    let rates = [(1, 13.6), (2, 31.5), (4, 60.7), (8, 96.5), (16, 89.6)];
    let row = |(connections, gigabits): (u32, f64)| BarRow {
        label: format!("{connections} connection{}", if connections == 1 { "" } else { "s" }),
        value: Some(gigabits * 1e9),
        interval: Some((gigabits * 0.96e9, gigabits * 1.03e9)),
        ideal: Some(98.4e9),
        ..BarRow::default()
    };
    let bars = Bars {
        axis: axis("mean throughput", Quantity::BitsPerSec),
        ideal: "attainable".into(),
        groups: vec![Group { name: String::new(), rows: rates.map(row).into() }],
    };
    let summary = "Throughput grows up to 8 connections and falls at 16.";
    chart("One guest of 50 GB over more connections", summary, Plot::Bars(bars))
}

/// 24 rows with names as long as people make them, and values close together.
fn crowd() -> Chart {
    let row = |n: usize| {
        let value = 80.0 + noise(n);
        DotRow {
            label: format!("{} guests over \"vSwitch <{n}>\" & jumbo frames", n + 1),
            dots: (0..n).map(|k| dot(value + 0.3 * noise(n * 40 + k))).collect(),
            mean: Some(value),
            interval: Some((value - 0.2, value + 0.2)),
        }
    };
    let group = Group { name: String::new(), rows: (0..24).map(row).collect() };
    let dots = Dots { axis: axis("duration", Quantity::Seconds), groups: vec![group] };
    let title = "A title that is longer than most titles and still has to be read by everybody, \
                 on a telephone too";
    chart(title, "All take about 80 s.", Plot::Dots(dots))
}

/// One dot in one row.
fn single() -> Chart {
    let row = DotRow { label: "20 VMs".into(), dots: vec![dot(21.0)], ..DotRow::default() };
    let group = Group { name: "1x10GbE".into(), rows: vec![row] };
    let dots = Dots { axis: axis("duration", Quantity::Seconds), groups: vec![group] };
    chart("Time per evacuation", "One run of 21 s.", Plot::Dots(dots))
}

/// Nothing in any of the kinds.
fn empty() -> [Chart; 5] {
    let (x, y) = (axis("x", Quantity::Plain), axis("y", Quantity::Seconds));
    let label = String::new;
    [
        Plot::Dots(Dots { axis: x.clone(), groups: Vec::new() }),
        Plot::Lines(Lines { x: x.clone(), y: y.clone(), series: Vec::new() }),
        Plot::Rates(Rates { x: x.clone(), y, runs: Vec::new(), ceiling: None }),
        Plot::Shares(Shares { label: label(), members: Vec::new(), groups: Vec::new() }),
        Plot::Bars(Bars { axis: x, ideal: label(), groups: Vec::new() }),
    ]
    .map(|plot| chart("", "", plot))
}

fn all() -> [(&'static str, Chart); 8] {
    [
        ("dots", dots()),
        ("lines", lines()),
        ("rates", rates()),
        ("shares", shares()),
        ("bars", bars()),
        ("connections", connections()),
        ("crowd", crowd()),
        ("single", single()),
    ]
}

#[test]
fn every_kind_as_a_picture() {
    for (name, chart) in all() {
        for (kind, width) in [("wide", 760.0), ("narrow", 380.0)] {
            let picture = svg(&chart, svg::Options { width, standalone: false });
            check_picture(&picture);
            insta::assert_snapshot!(format!("svg-{kind}-{name}"), picture);
        }
    }
    insta::assert_snapshot!("svg-alone", svg(&single(), svg::Options::default()));
}

#[test]
fn every_kind_as_text() {
    for (name, chart) in all() {
        for (kind, symbols) in SYMBOLS {
            let lines = text::lines(&chart, 80, symbols);
            insta::assert_snapshot!(format!("text-{kind}-{name}"), lines.join("\n"));
        }
        let lines = text::lines(&chart, 40, Symbols::Block);
        insta::assert_snapshot!(format!("text-narrow-{name}"), lines.join("\n"));
    }
}

const SYMBOLS: [(&str, Symbols); 3] =
    [("braille", Symbols::Braille), ("block", Symbols::Block), ("ascii", Symbols::Ascii)];

/// It is XML, holds no script, and no number in it is more exact than can be seen.
fn check_picture(picture: &str) {
    let document = roxmltree::Document::parse(picture).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(
        root.children().any(|child| child.has_tag_name(("http://www.w3.org/2000/svg", "desc")))
    );
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert_ne!(node.tag_name().name(), "script");
        for name in ["x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "width", "height", "r"] {
            let Some(number) = node.attribute(name).filter(|number| *number != "100%") else {
                continue;
            };
            assert!(number.parse::<f64>().is_ok_and(f64::is_finite), "{name}={number}");
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            assert!(decimals <= 2, "{name}={number}");
        }
    }
}

fn check_text(chart: &Chart, width: usize) {
    for (_, symbols) in SYMBOLS {
        for line in text::lines(chart, width, symbols) {
            assert!(line.width() <= width, "{} > {width}: {line:?}", line.width());
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(symbols != Symbols::Ascii || line.is_ascii(), "{line:?}");
        }
    }
}

#[test]
fn no_size_makes_it_panic() {
    for chart in all().map(|(_, chart)| chart).into_iter().chain(empty()) {
        for width in (0..44).chain([59, 60, 61, 80, 120, 300, 1_000]) {
            check_text(&chart, width);
        }
        for width in [-1.0, 0.0, 320.0, 519.0, 520.0, 5_000.0, f64::NAN] {
            check_picture(&svg(&chart, svg::Options { width, standalone: true }));
        }
    }
}

#[test]
fn a_long_recording_is_a_small_picture() {
    let mut chart = rates();
    let Plot::Rates(rates) = &mut chart.plot else { return };
    rates.runs[0].rates = (0..864_000).map(|n| Some(9e9 * (1.0 + noise(n)))).collect();
    let picture = svg(&chart, svg::Options::default());
    assert!(picture.len() < 100_000, "{}", picture.len());
    check_text(&chart, 120);
}

#[test]
fn every_mark_says_what_it_is() {
    for (name, chart) in all() {
        let picture = svg(&chart, svg::Options::default());
        let document = roxmltree::Document::parse(&picture).unwrap();
        let titles = document.descendants().filter(|node| node.has_tag_name(TITLE)).count();
        let marks = match &chart.plot {
            Plot::Dots(dots) => {
                dots.groups.iter().flat_map(|g| &g.rows).map(|r| r.dots.len()).sum()
            }
            Plot::Lines(lines) => lines.series.iter().map(|line| line.points.len() + 2).sum(),
            Plot::Rates(rates) => rates.runs.len(),
            Plot::Shares(_) => 9,
            Plot::Bars(bars) => bars.groups.iter().map(|group| group.rows.len()).sum::<usize>(),
        };
        assert!(titles > marks, "{name}: {titles} of {marks}");
    }
}

const TITLE: (&str, &str) = ("http://www.w3.org/2000/svg", "title");

/// Numbers as they come from anywhere.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1e3,
        2 => 1e6..1e11,
        1 => proptest::num::f64::ANY,
        1 => Just(f64::NAN),
        1 => Just(0.0),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(number(), 0..12)
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[ -~]{0,24}", 1 => ".{0,40}", 1 => Just("<b>\u{1b}[31m & \"❤️仮想\"".into())]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    use Quantity::{BitsPerSec, Plain, Seconds, Share};
    prop::sample::select(vec![Seconds, BitsPerSec, Share, Plain])
}

fn any_axis() -> impl Strategy<Value = Axis> {
    (words(), quantity()).prop_map(|(label, quantity)| Axis { label, quantity })
}

fn some_dots(values: &[f64]) -> Vec<Dot> {
    let standings = [Standing::Counted, Standing::Outlier, Standing::Excluded];
    let dot = |(n, value): (usize, &f64)| Dot { standing: standings[n % 3], ..dot(*value) };
    values.iter().enumerate().map(dot).collect()
}

fn pair(values: &[f64], at: usize) -> Option<(f64, f64)> {
    Some((*values.get(at)?, *values.get(at + 1)?))
}

fn groups<R: std::fmt::Debug + Clone>(
    row: impl Fn(String, Vec<f64>) -> R + Clone + 'static,
) -> impl Strategy<Value = Vec<Group<R>>> {
    let row = (words(), numbers()).prop_map(move |(label, values)| row(label, values));
    let rows = prop::collection::vec(row, 0..4);
    let group = (words(), rows).prop_map(|(name, rows)| Group { name, rows });
    prop::collection::vec(group, 0..4)
}

fn any_dots() -> impl Strategy<Value = Plot> {
    let row = |label, values: Vec<f64>| DotRow {
        label,
        dots: some_dots(&values),
        mean: values.first().copied(),
        interval: pair(&values, 1),
    };
    (any_axis(), groups(row)).prop_map(|(axis, groups)| Plot::Dots(Dots { axis, groups }))
}

fn any_bars() -> impl Strategy<Value = Plot> {
    let row = |label, values: Vec<f64>| BarRow {
        label,
        value: values.first().copied(),
        interval: pair(&values, 1),
        dots: some_dots(&values[values.len() / 2..]),
        ideal: values.last().copied(),
        impossible: values.len() % 2 == 1,
        hover: String::new(),
    };
    (any_axis(), words(), groups(row))
        .prop_map(|(axis, ideal, groups)| Plot::Bars(Bars { axis, ideal, groups }))
}

fn any_shares() -> impl Strategy<Value = Plot> {
    let members = prop::collection::vec(words(), 0..12);
    let row = |label, amounts| ShareRow { label, amounts };
    (words(), members, groups(row))
        .prop_map(|(label, members, groups)| Plot::Shares(Shares { label, members, groups }))
}

fn any_lines() -> impl Strategy<Value = Plot> {
    let line = (words(), numbers(), numbers()).prop_map(|(name, xs, ys)| {
        let both = || xs.iter().zip(&ys);
        Line {
            name,
            points: both().map(|(x, y)| Point { x: *x, y: *y, hover: String::new() }).collect(),
            fit: both().map(|(x, y)| (*x, *y)).collect(),
            band: both().map(|(x, y)| Edges { x: *x, low: y - 1.0, high: y + 1.0 }).collect(),
            hover: String::new(),
        }
    });
    (any_axis(), any_axis(), prop::collection::vec(line, 0..11))
        .prop_map(|(x, y, series)| Plot::Lines(Lines { x, y, series }))
}

fn any_rates() -> impl Strategy<Value = Plot> {
    let rates = prop::collection::vec(prop::option::of(number()), 0..300);
    let run = (words(), number(), number(), rates).prop_map(|(name, start, step, rates)| Run {
        name,
        start,
        step,
        rates,
    });
    let ceiling = (words(), number()).prop_map(|(label, value)| Level { label, value });
    (any_axis(), any_axis(), prop::collection::vec(run, 0..11), prop::option::of(ceiling))
        .prop_map(|(x, y, runs, ceiling)| Plot::Rates(Rates { x, y, runs, ceiling }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_the_data_the_picture_is_xml_and_the_text_fits(
        plot in prop_oneof![any_dots(), any_bars(), any_shares(), any_lines(), any_rates()],
        title in words(),
        width in 0_usize..300,
    ) {
        let chart = Chart { summary: title.clone(), title, plot };
        check_text(&chart, width);
        check_picture(&svg(&chart, svg::Options { width: width as f64 * 4.0, standalone: width % 2 == 0 }));
    }
}
