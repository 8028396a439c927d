//! How soon a step of traffic is on the screen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::gate::{can_run, say};
use super::plain::bits;
use super::traffic::{Pair, SHAPED};
use super::tty::Launch;

const STEPS: usize = 10;
/// On a machine that others use some never become a full link.
const LEAST: usize = 7;
const WINDOW: Duration = Duration::from_millis(100);
/// The budget is 0.20 s on a quiet machine; here others may be at work.
const LIMIT: f64 = 0.35;

#[test]
fn a_step_of_traffic_is_soon_on_the_screen() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    // The subject is the interface with most bytes, and its row has to be there before the step.
    pair.send("50M");
    let tty = Launch::in_namespace(&pair.here).arguments(&["--interval", "100ms"]).shown();
    let done = AtomicBool::new(false);
    let readings = std::thread::scope(|scope| {
        let kernel = scope.spawn(|| {
            let mut readings = Vec::new();
            while !done.load(Ordering::Relaxed) {
                readings.push((Instant::now(), pair.sent()));
                std::thread::sleep(Duration::from_millis(2));
            }
            readings
        });
        for step in 0..STEPS as u64 {
            let ended = pair.flow(Duration::from_secs(1)).finishes(Duration::from_secs(60));
            assert!(ended, "iperf3 did not end");
            // Never at the same place between two ticks.
            std::thread::sleep(Duration::from_millis(700 + step * 37));
        }
        done.store(true, Ordering::Relaxed);
        kernel.join().expect("the kernel is read")
    });
    let mut shown = Vec::new();
    tty.replay(|at, screen| shown.extend(now(screen).map(|rate| (at, rate))));
    let steps = steps(&readings);
    assert!(steps.len() >= LEAST, "{} steps as the kernel saw them", steps.len());
    let seen = |from: Instant| {
        let first = shown.iter().find(|(at, rate)| *at >= from && *rate >= 0.9 * full(&readings));
        first.map_or(f64::INFINITY, |(at, _)| (*at - from).as_secs_f64())
    };
    let from_begin = median(steps.iter().map(|(begin, _)| seen(*begin)).collect());
    let from_full = median(steps.iter().map(|(_, full)| seen(*full)).collect());
    say(&format!(
        "lag of `now` to 90 % of a step, median of {}: {from_begin:.3} s from the step, \
         {from_full:.3} s from the kernel's 90 % over 100 ms",
        steps.len()
    ));
    assert!(from_begin <= LIMIT && from_full <= LIMIT, "{from_begin} s, {from_full} s");
    tty.quit();
}

/// The rate over [`WINDOW`] before each reading.
fn rates(readings: &[(Instant, u64)]) -> impl Iterator<Item = (Instant, f64)> {
    let mut older = readings.iter().peekable();
    let mut start = readings.first().copied();
    readings.iter().filter_map(move |(at, bytes)| {
        while let Some(next) = older.next_if(|(then, _)| *at - *then >= WINDOW) {
            start = Some(*next);
        }
        let (then, before) = start?;
        let time = (*at - then).as_secs_f64();
        (*at - then >= WINDOW).then(|| (*at, (bytes - before) as f64 * 8.0 / time))
    })
}

/// What the shaper lets through: the median of what is near it.
fn full(readings: &[(Instant, u64)]) -> f64 {
    median(rates(readings).map(|(_, rate)| rate).filter(|rate| *rate > SHAPED / 2.0).collect())
}

/// When each step began, and when it was at 90 % over the window.
fn steps(readings: &[(Instant, u64)]) -> Vec<(Instant, Instant)> {
    let full = full(readings);
    let mut steps = Vec::new();
    let mut up = false;
    for (at, rate) in rates(readings) {
        if !up && rate >= 0.9 * full {
            // The window is full of traffic when it is over: the step is its beginning.
            let begin = at.checked_sub(WINDOW.mul_f64(rate / full)).expect("after it began");
            steps.push((begin, at));
        }
        up = if up { rate > 0.1 * full } else { rate >= 0.9 * full };
    }
    steps
}

/// `TX now` of the headline.
fn now(screen: &str) -> Option<f64> {
    // Behind large digits where there is room for them.
    let headline = |line: &'_ str| line.split_once("TX  ").map(|(_, rest)| rest.to_owned());
    let line = screen.lines().find_map(headline)?;
    let mut words = line.split_whitespace();
    let (number, unit) = (words.next()?, words.next()?);
    number.parse::<f64>().is_ok().then(|| bits(number, unit))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::INFINITY)
}
