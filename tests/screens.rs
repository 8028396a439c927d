//! The screen at its sizes, and what no key and no size may do to it.

mod stage;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use migtop::model::{Event, Mark, MarkBy, MarkKind};
use migtop::session::Session;
use migtop::tui::frozen::Frozen;
use migtop::tui::screen::Screen;
use migtop::tui::theme::{ASCII, BLOCK, BRAILLE};
use migtop::tui::view_state::{Settings, View};
use migtop::tui::{self, Effect, Replay, ViewState, capture};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stage::{Stage, secs, status};

/// 50 s into an evacuation that was marked.
fn evacuation() -> Stage {
    let mut stage = Stage::new("hv07");
    stage.play("evacuation", secs(50), &[(secs(6), MarkKind::Start)]);
    stage
}

/// The same, with guests, connections and cores.
fn surrounded() -> Stage {
    let mut stage = Stage::new("hv07");
    stage.surrounded = true;
    stage.play("evacuation", secs(50), &[(secs(6), MarkKind::Start)]);
    stage
}

fn drawn(session: &Session, view: &ViewState, width: u16, height: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    tui::draw(session, view, &status(), area, &mut buffer);
    buffer
}

fn screen(view: &mut ViewState, width: u16, height: u16) -> String {
    let stage = evacuation();
    view.follow(&stage.session);
    capture::text(&drawn(&stage.session, view, width, height))
}

#[test]
fn the_live_view_at_its_sizes() {
    for (width, height) in [(40, 10), (80, 24), (120, 40), (200, 60), (300, 80)] {
        let text = screen(&mut ViewState::default(), width, height);
        insta::assert_snapshot!(format!("live-{width}x{height}"), text);
    }
}

#[test]
fn the_views_of_connections_and_of_the_host_at_their_sizes() {
    let stage = surrounded();
    for (name, shown) in [("flows", View::Flows), ("host", View::Host)] {
        for (width, height) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
            let mut view = ViewState::default();
            view.show(shown);
            view.follow(&stage.session);
            let text = capture::text(&drawn(&stage.session, &view, width, height));
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), text);
        }
        let settings = Settings { symbols: &ASCII, colour: false, ..Settings::default() };
        let mut view = ViewState::new(settings);
        view.show(shown);
        view.follow(&stage.session);
        let text = capture::text(&drawn(&stage.session, &view, 80, 24));
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn the_live_view_in_ascii_has_seven_bits() {
    let settings = Settings { symbols: &ASCII, colour: false, ..Settings::default() };
    let text = screen(&mut ViewState::new(settings), 80, 24);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("live-ascii", text);
}

#[test]
fn the_live_view_in_braille() {
    let settings = Settings { symbols: &BRAILLE, ..Settings::default() };
    let text = screen(&mut ViewState::new(settings), 80, 24);
    insta::assert_snapshot!("live-braille", text);
}

#[test]
fn the_help_fits_where_the_view_does() {
    for (width, height) in [(80, 24), (120, 40)] {
        for (name, replay, shown) in [
            ("help", None, View::Live),
            ("help-replay", Some(replay()), View::Live),
            ("help-flows", None, View::Flows),
            ("help-host", None, View::Host),
        ] {
            let mut view = ViewState::default();
            (view.help, view.replay) = (true, replay);
            view.show(shown);
            let text = screen(&mut view, width, height);
            for binding in tui::keymap::KEYMAP.iter().filter(|b| b.holds(view.mode(), view.shown)) {
                assert!(text.contains(binding.help), "{} at {width}x{height}", binding.help);
            }
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), text);
        }
    }
}

fn replay() -> Replay {
    Replay { playing: true, unsaved: 1 }
}

#[test]
fn a_replay_looks_like_the_live_view_with_its_own_keys() {
    let mut view = ViewState::default();
    view.replay = Some(replay());
    insta::assert_snapshot!("replay-80x24", screen(&mut view, 80, 24));
}

/// They were written last, and cut off on an ordinary screen.
#[test]
fn unsaved_corrections_are_told_at_every_width() {
    let mut view = ViewState::default();
    view.replay = Some(replay());
    for (width, height) in [(40, 10), (59, 16), (80, 24), (120, 40)] {
        let text = screen(&mut view, width, height);
        assert!(text.lines().next().is_some_and(|l| l.contains("1 unsaved (w)")), "{text}");
    }
}

#[test]
fn without_colour_there_is_none() {
    let stage = evacuation();
    let mut view = ViewState::new(Settings { colour: false, ..Settings::default() });
    view.follow(&stage.session);
    for cell in drawn(&stage.session, &view, 120, 40).content {
        assert_eq!((cell.fg, cell.bg), Default::default());
    }
}

#[test]
fn headline_and_trial_clock_are_kept_at_the_smallest_size() {
    let text = screen(&mut ViewState::default(), 40, 10);
    assert!(text.contains("trial 1 00:44.0"), "{text}");
    assert!(text.contains("Gbit/s ("), "{text}");
    let text = screen(&mut ViewState::default(), 20, 5);
    assert!(text.contains("trial 1 00:44") && text.contains("TX "), "{text}");
}

#[test]
fn no_size_makes_it_panic() {
    let stage = surrounded();
    for (help, shown) in [false, true].into_iter().flat_map(|h| View::ALL.map(|view| (h, view))) {
        let mut view = ViewState::default();
        view.help = help;
        view.show(shown);
        view.follow(&stage.session);
        for width in (0..60).chain([79, 80, 81, 500]) {
            for height in (0..26).chain([200]) {
                drawn(&stage.session, &view, width, height);
            }
        }
    }
}

#[test]
fn an_empty_session_has_a_screen() {
    let mut view = ViewState::default();
    let session = Session::default();
    view.follow(&session);
    let text = capture::text(&drawn(&session, &view, 80, 24));
    assert!(text.contains("nothing to watch here"), "{text}");
}

/// Two trials; in the second one, which still runs, a link was lost and something was noted.
fn twice() -> Stage {
    let mut stage = Stage::new("hv07");
    stage.surrounded = true;
    stage.play("failover", secs(40), &[(secs(6), MarkKind::Start), (secs(30), MarkKind::Stop)]);
    stage.play("failover", secs(45), &[(secs(5), MarkKind::Start)]);
    let (at, text) = (secs(72), Some("half of it".into()));
    let note = Mark { at, text, ..Mark::new(MarkKind::Note, MarkBy::Key) };
    stage.session.apply(Event::Mark(note));
    stage
}

fn press(view: &mut ViewState, session: &Session, keys: &[(KeyCode, KeyModifiers)]) {
    for (code, modifiers) in keys {
        tui::update(view, session, KeyEvent::new(*code, *modifiers));
    }
}

#[test]
fn the_chart_in_all_its_states() {
    let stage = twice();
    let plain = |code| (code, KeyModifiers::NONE);
    let earlier = (KeyCode::Left, KeyModifiers::SHIFT);
    for (name, keys) in [
        ("now", &[][..]),
        ("log", &[plain(KeyCode::Char('L'))]),
        ("overlay", &[plain(KeyCode::Char('O'))]),
        ("whole", &[plain(KeyCode::Char('-')); 7]),
        ("earlier", &[earlier; 2]),
        ("read", &[plain(KeyCode::Left); 31]),
    ] {
        for symbols in [&BLOCK, &BRAILLE, &ASCII] {
            let mut view = ViewState::new(Settings { symbols, ..Settings::default() });
            view.expanded = true;
            view.chart.cells = 68;
            view.follow(&stage.session);
            press(&mut view, &stage.session, keys);
            let text = capture::text(&drawn(&stage.session, &view, 80, 24));
            match symbols {
                symbols if *symbols == ASCII => assert!(text.is_ascii(), "{text}"),
                symbols if *symbols == BRAILLE && name != "now" => {}
                symbols => {
                    let set = if *symbols == BRAILLE { "-braille" } else { "" };
                    insta::assert_snapshot!(format!("chart-{name}{set}"), text);
                }
            }
        }
    }
}

#[test]
fn a_frozen_chart_is_read_while_the_session_goes_on() {
    let mut stage = twice();
    let mut view = ViewState::default();
    let area = Rect::new(0, 0, 80, 24);
    let mut screen = Screen::new(area);
    let mut sent = Vec::new();
    view.follow(&stage.session);
    screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
    view.frozen = Some(Frozen::take(&stage.session, &view, &status(), area));
    let before = drawn(&stage.session, &view, 80, 24);
    stage.play("failover", secs(9), &[]);
    for n in 0..4 {
        view.follow(&stage.session);
        press(&mut view, &stage.session, &[(KeyCode::Left, KeyModifiers::NONE)]);
        screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
        let now = drawn(&stage.session, &view, 80, 24);
        assert_eq!(screen.cells(), &now, "{n}");
        let same = |y| (0..80).all(|x| before[(x, y)] == now[(x, y)]);
        assert!((1..12).all(same), "{}", capture::text(&now));
    }
    insta::assert_snapshot!("frozen-80x24", capture::text(screen.cells()));
}

#[test]
fn the_mouse_has_the_charts_drawn_and_nothing_else() {
    let mut stage = twice();
    let mut view = ViewState::default();
    let area = Rect::new(0, 0, 80, 24);
    let mut screen = Screen::new(area);
    let mut sent = Vec::new();
    view.follow(&stage.session);
    screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
    let before = screen.cells().clone();
    stage.play("failover", secs(1), &[]);
    assert!(!tui::update::point(&mut view, &stage.session, area, (40, 3)));
    assert!(tui::update::point(&mut view, &stage.session, area, (60, 16)));
    assert!(!tui::update::point(&mut view, &stage.session, area, (60, 17)));
    screen.update_charts(&stage.session, &view, &status(), &mut sent).expect("a buffer");
    let now = screen.cells();
    let changed = |y: u16| (0..80).any(|x| before[(x, y)] != now[(x, y)]);
    let rows: Vec<_> = (0..24).filter(|y| changed(*y)).collect();
    let text = capture::text(now);
    let title = text.lines().position(|line| line.contains(" TX at 14:0")).expect("a title");
    assert!(!rows.is_empty() && rows.iter().all(|y| (title..title + 8).contains(&usize::from(*y))));
    assert!(tui::update::point(&mut view, &stage.session, area, (5, 2)));
    assert_eq!(view.chart.cross, None);
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let known: Vec<_> = tui::keymap::KEYMAP.iter().flat_map(|b| b.keys.iter().copied()).collect();
    let any = any::<char>().prop_map(|c| (KeyCode::Char(c), KeyModifiers::NONE));
    prop_oneof![4 => proptest::sample::select(known), 1 => any]
        .prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// What is kept from frame to frame is what would be drawn anew, whatever keys are pressed.
    #[test]
    fn a_frame_is_the_same_as_if_it_were_drawn_whole(
        keys in proptest::collection::vec(proptest::option::of(key()), 1..60),
        width in 1u16..140,
        height in 1u16..50,
        mouse: (u16, u16),
        symbols in proptest::sample::select(&[&ASCII, &BLOCK, &BRAILLE]),
    ) {
        let mut stage = Stage::new("hv07");
        stage.surrounded = true;
        let mut view = ViewState::new(Settings { symbols, ..Settings::default() });
        let mut screen = Screen::new(Rect::new(0, 0, width, height));
        let mut sent = Vec::new();
        for (n, key) in keys.into_iter().enumerate() {
            let scenario = if n < 30 { "failover" } else { "hotplug" };
            stage.play(scenario, secs(1), &[]);
            if let Some(key) = key
                && let Some(Effect::Freeze) = tui::update(&mut view, &stage.session, key)
            {
                let area = screen.area();
                view.frozen = Some(Frozen::take(&stage.session, &view, &status(), area));
            }
            let at = (mouse.0 % width, mouse.1 % height);
            tui::update::point(&mut view, &stage.session, screen.area(), at);
            view.follow(&stage.session);
            sent.clear();
            screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
            prop_assert_eq!(screen.cells(), &drawn(&stage.session, &view, width, height));
        }
    }
}

/// Three guests left within a second and a half, and were carried side by side before: the others take
/// as long as their memory does, not half a second each.
#[test]
fn the_time_left_is_no_guess_from_guests_that_left_together() {
    let mut stage = Stage::new("hv07");
    stage.surrounded = true;
    stage.play("evacuation", secs(18), &[]);
    let eta = stage.session.evacuation().and_then(|evacuation| evacuation.eta).expect("told");
    assert!((35..80).contains(&eta.left.as_secs()), "{eta:?}");
}
