//! The terminal: any size, any way out, stopped, blocked, gone.

use std::time::{Duration, Instant};

use migtop::model::{GapReason, MarkKind};
use rustix::process::Signal;

use super::gate::{can_run, say};
use super::process::{cpu_ticks, state, wait_until};
use super::stream::Stream;
use super::traffic::{INTERFACE, Pair};
use super::tty::{Launch, PATIENCE, Tty};

#[test]
fn every_size_is_drawn_and_a_storm_of_sizes_survived() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(300));
    pair.wait_for_flow();
    for (columns, rows) in [(20, 5), (1, 1), (40, 10), (80, 24), (300, 80)] {
        let tty = Launch::in_namespace(&pair.here).size(columns, rows).start();
        if columns >= 20 {
            tty.wait_for("the headline", has_rate);
        }
        std::thread::sleep(Duration::from_millis(300));
        tty.quit();
    }
    let tty = Launch::in_namespace(&pair.here).shown();
    tty.press(" ");
    tty.wait_for("a trial", |screen| screen.contains("trial 1 started"));
    for step in 0..200u16 {
        tty.resize(1 + step * 37 % 250, 1 + step * 13 % 70);
        std::thread::sleep(Duration::from_millis(7));
    }
    for (columns, rows) in [(40, 10), (20, 5)] {
        tty.resize(columns, rows);
        tty.wait_for("the headline and the trial's clock", |screen| {
            has_rate(screen) && screen.contains("trial 1 0")
        });
    }
    tty.resize(120, 40);
    let screen = tty.wait_for("all panels", |screen| {
        has_rate(screen) && screen.contains("interfaces by traffic") && screen.contains("quit")
    });
    // Nothing of an older size is left: drawn anew by a new terminal it looks the same.
    let lines: Vec<_> = screen.lines().collect();
    assert_eq!(lines.len(), 40, "{screen}");
    assert_eq!(screen.matches("interfaces by traffic").count(), 1, "{screen}");
    tty.press(" ");
    tty.wait_for("its end", |screen| screen.contains("trial 1 stopped"));
    tty.quit();
}

fn has_rate(screen: &str) -> bool {
    // Behind large digits where there is room for them.
    let headline = |line: &str| line.starts_with("TX ") || line.contains(" TX  ");
    screen.lines().any(|line| headline(line) && line.contains("bit/s"))
}

#[test]
fn signals_end_it_with_the_terminal_as_it_was() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let tty = Launch::in_namespace(&pair.here).shown();
        tty.check_taken();
        tty.signal(signal);
        assert_eq!(tty.status(), status, "{signal:?}");
        tty.check_restored();
    }
    // By key, with a trial running: the second time counts.
    let tty = Launch::in_namespace(&pair.here).shown();
    tty.press(" ");
    tty.wait_for("a trial", |screen| screen.contains("trial 1 started"));
    tty.press("\x03");
    tty.press("\x03");
    assert_eq!(tty.status(), 130);
    tty.check_restored();
}

/// Whole, late, in pieces, byte by byte as over a serial line: the colours change, and no key acts.
#[test]
fn the_terminals_answer_is_no_keys() {
    const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";
    const ANSWER: &str = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";
    /// Traffic in the light theme.
    const LIGHT: &[u8] = b"38;5;25";
    if !can_run(&[]) {
        return;
    }
    let has = |tty: &Tty, what: &[u8]| tty.raw().windows(what.len()).any(|bytes| bytes == what);
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(300));
    for (late, piece, pause) in [(0, 99, 0), (3_000, 99, 0), (0, 11, 2_000), (0, 1, 20)] {
        let tty = Launch::in_namespace(&pair.here).shown();
        assert!(has(&tty, QUESTION) && !has(&tty, LIGHT), "it asks, and does not wait");
        std::thread::sleep(Duration::from_millis(late));
        for piece in ANSWER.as_bytes().chunks(piece) {
            tty.press(std::str::from_utf8(piece).expect("ASCII"));
            std::thread::sleep(Duration::from_millis(pause));
        }
        assert!(wait_until(PATIENCE, || has(&tty, LIGHT)), "it stays dark: {late} {pause}");
        std::thread::sleep(Duration::from_millis(500));
        let screen = tty.text();
        for sign in ["KEY=VALUE", "names with", "note: ", "no trial to"] {
            assert!(!screen.contains(sign), "{late} {pause}: a key has acted\n{screen}");
        }
        tty.quit();
    }
}

#[test]
fn stopped_and_continued_it_is_as_before() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    let by_signal: fn(&Tty) = |tty| tty.signal(Signal::TSTP);
    let by_key: fn(&Tty) = |tty| tty.press("\x1a");
    for stop in [by_signal, by_key] {
        stop(&tty);
        assert!(wait_until(PATIENCE, || state(tty.pid()) == Some('T')), "it does not stop");
        std::thread::sleep(Duration::from_millis(300));
        tty.check_restored();
        tty.resize(100, 30);
        std::thread::sleep(Duration::from_millis(1_500));
        tty.signal(Signal::CONT);
        tty.wait_for("the screen", |screen| screen.contains(" migtop ") && screen.contains("quit"));
        tty.check_taken();
        tty.resize(120, 40);
        tty.wait_for("the full screen", |screen| screen.lines().count() == 40);
    }
    let stream = tty.snapshot();
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    // Held up for more than a second, twice, and said so.
    assert_eq!(stream.gaps(id), [GapReason::Stalled; 2]);
    tty.quit();
}

#[test]
fn a_blocked_terminal_loses_no_sample() {
    const BLOCKED: Duration = Duration::from_secs(60);
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let flow = pair.flow(Duration::from_secs(600));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    std::thread::sleep(Duration::from_secs(1));
    let ticks_before = cpu_ticks(tty.pid());
    tty.block();
    let begun = Instant::now();
    let came_before = tty.raw().len();
    fill(&tty);
    tty.press(" ");
    std::thread::sleep(BLOCKED.saturating_sub(begun.elapsed()));
    tty.press(" ");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(tty.raw().len(), came_before, "the terminal was not blocked");
    let ticks = cpu_ticks(tty.pid()) - ticks_before;
    tty.unblock();
    std::thread::sleep(Duration::from_millis(60));
    let held = tty.raw().len() - came_before;
    assert!((1..MOST_HELD).contains(&held), "{held} B came at once: it was never blocked");
    tty.wait_for("the screen of now", |screen| {
        has_rate(screen) && screen.contains("interfaces by traffic") && screen.contains("1  01:")
            || screen.contains("trial 1 stopped")
    });
    drop(flow);
    pair.wait_for_quiet();
    std::thread::sleep(Duration::from_millis(500));

    let stream = tty.snapshot();
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).is_empty(), "{:?}", stream.gaps(id));
    assert_eq!(stream.last(id).tx, pair.sent(), "no byte is lost");
    let kinds: Vec<_> = stream.marks().map(|mark| (mark.kind, mark.at)).collect();
    let [(MarkKind::Start, start), (MarkKind::Stop, stop)] = kinds[..] else { panic!("{kinds:?}") };
    assert!(stop > start + BLOCKED / 2, "keys act at once, also when nothing can be shown");
    let (samples, missed) = (stream.end().samples, stream.end().missed);
    let longest = stream.longest_tick();
    say(&format!(
        "blocked for {BLOCKED:?} with {held} B: {samples} samples, {missed} missed, the longest {longest:?}, \
         {ticks} ticks of CPU time"
    ));
    // A busy machine may hold even this thread up once; a blocked one would miss hundreds.
    assert!(missed * 100 <= samples, "{missed} of {samples} missed");
    assert!(longest < Duration::from_secs(1), "no tick for {longest:?}");
    tty.quit();
}

#[test]
fn a_blocked_terminal_does_not_keep_it_from_ending() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(300));
    for signal in [Signal::TERM, Signal::HUP] {
        let tty = Launch::in_namespace(&pair.here).shown();
        tty.block();
        fill(&tty);
        // A terminal that takes no frame may still take some bytes: let there be no room at all.
        tty.press(&"m".repeat(21));
        std::thread::sleep(Duration::from_secs(1));
        tty.signal(signal);
        let ended = wait_until(PATIENCE, || state(tty.pid()).is_none());
        tty.unblock();
        assert!(ended, "{signal:?} does not end it while its terminal is blocked");
        assert_eq!(tty.status(), 128 + signal.as_raw() as u32);
        tty.check_modes();
    }
}

/// A terminal's buffers hold less than this, and a minute of frames is more.
const MOST_HELD: usize = 80_000;

/// Has whole new screens drawn, until a terminal that nobody reads takes no more.
fn fill(tty: &Tty) {
    for _ in 0..60 {
        tty.press("?");
        std::thread::sleep(Duration::from_millis(110));
    }
}

/// Whether a screen answers a key.
type Shown = fn(&str) -> bool;

/// What 9600 baud are.
const SLOW: usize = 960;
const CLEAR: &[u8] = b"\x1b[2J";

#[test]
fn a_slow_terminal_answers_keys_and_loses_no_sample() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(600));
    pair.wait_for_flow();
    let recording = tempfile::tempdir().expect("a folder");
    let file = recording.path().join("slow.jsonl.zst");
    let output = file.to_str().expect("UTF-8");
    let tty = Launch::in_namespace(&pair.here)
        .arguments(&["-o", output, "--set", "config=slow"])
        .bytes_per_s(SLOW)
        .shown();
    let cleared = || tty.raw().windows(CLEAR.len()).filter(|bytes| *bytes == CLEAR).count();
    let begun = Instant::now();
    // Whole screens, there and back, until its buffers are full.
    let crowd = || {
        tty.press("?");
        std::thread::sleep(Duration::from_millis(150));
        tty.press("?");
        cleared() > 1
    };
    assert!(wait_until(2 * PATIENCE, crowd), "it is not known to be slow");
    let known = begun.elapsed();
    tty.wait_for("the screen", |screen| {
        rate(screen).contains("bit/s (") && screen.contains("TX 1 s")
    });

    let answers: [(&str, Shown); 12] = [
        (" ", |screen| screen.contains("trial 1 started")),
        ("n", |screen| !last(screen).contains("quit")),
        ("dark", |screen| last(screen).contains("dark")),
        ("\x1b", |screen| last(screen).contains("quit")),
        ("b", |screen| rate(screen).contains("B/s (")),
        ("b", |screen| rate(screen).contains("bit/s (")),
        ("z", |screen| screen.contains("FROZEN")),
        ("z", |screen| !screen.contains("FROZEN")),
        (":", |screen| !last(screen).contains("quit")),
        ("\x1b", |screen| last(screen).contains("quit")),
        (" ", |screen| screen.contains("trial 1 stopped")),
        ("u", |screen| screen.contains("undone")),
    ];
    let mut delays = Vec::new();
    for (n, (keys, answered)) in answers.into_iter().enumerate() {
        // Never at the same place between two frames.
        std::thread::sleep(Duration::from_millis(900 + n as u64 * 37));
        let pressed = Instant::now();
        tty.press(keys);
        let screen = tty.wait_for(keys, answered);
        delays.push((pressed.elapsed(), keys, screen));
    }
    delays.sort();
    let told: Vec<_> = delays.iter().map(|(delay, keys, _)| (*delay, *keys)).collect();
    say(&format!("at {SLOW} B/s: known after {known:?}; {told:?}"));
    let median = told[told.len() / 2].0;
    assert!(median < Duration::from_secs(1), "keys are answered after {median:?}");
    // A busy machine may hold one of them up.
    let late = told[told.len() - 2].0;
    assert!(late < Duration::from_millis(1_500), "keys are answered after {late:?}");

    tty.press("u");
    tty.wait_for("it is not started", |screen| screen.contains("undone: the trial"));
    tty.press("q");
    assert_eq!(tty.status(), 0, "{}", tty.text());
    let restored = || tty.raw().windows(LEAVE.len()).any(|bytes| bytes == LEAVE);
    assert!(wait_until(PATIENCE, restored), "the alternate screen is left");
    std::thread::sleep(Duration::from_secs(1));
    tty.check_restored();
    let stream = Stream::read(&file);
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).is_empty(), "{:?}", stream.gaps(id));
    let (samples, missed) = (stream.end().samples, stream.end().missed);
    let longest = stream.longest_tick();
    say(&format!("{samples} samples, {missed} missed, the longest {longest:?}"));
    // A busy machine may hold even that thread up once.
    assert!(missed * 100 <= samples, "{missed} of {samples} missed");
    assert!(longest < Duration::from_secs(1), "no tick for {longest:?}");
}

const LEAVE: &[u8] = b"\x1b[?1049l";

fn last(screen: &str) -> &str {
    screen.lines().last().unwrap_or_default()
}

/// The headline's.
fn rate(screen: &str) -> &str {
    screen.lines().find(|line| line.contains("TX  ")).unwrap_or_default()
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    let pid = tty.pid();
    tty.hang_up();
    assert!(wait_until(PATIENCE, || state(pid).is_none()), "it lives on without its terminal");
}
