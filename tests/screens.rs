//! The screen at its sizes, and what no key and no size may do to it.

mod stage;

use std::fmt::Write as _;
use std::num::NonZero;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use migtop::model::{Event, Mark, MarkBy, MarkKind};
use migtop::session::{Order, Session};
use migtop::tui::compose::shows_connections;
use migtop::tui::frozen::Frozen;
use migtop::tui::screen::{Room, Screen};
use migtop::tui::theme::built_in::THEMES;
use migtop::tui::theme::colour::{Depth, Ground};
use migtop::tui::theme::{ASCII, BLOCK, BRAILLE};
use migtop::tui::view_state::{Settings, Sheet, View};
use migtop::tui::{self, Effect, Look, Replay, Theme, ViewState, capture};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
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

/// What each view is composed for.
const SIZES: [(u16, u16); 5] = [(40, 10), (80, 24), (120, 40), (200, 60), (300, 50)];

#[test]
fn the_live_view_at_its_sizes() {
    let stage = surrounded();
    for (width, height) in SIZES {
        let mut view = ViewState::default();
        view.connections_beside = shows_connections(Rect::new(0, 0, width, height));
        view.follow(&stage.session);
        let text = capture::text(&drawn(&stage.session, &view, width, height));
        insta::assert_snapshot!(format!("live-{width}x{height}"), text);
    }
}

#[test]
fn the_views_of_connections_and_of_the_host_at_their_sizes() {
    let stage = surrounded();
    for (name, shown) in [("flows", View::Flows), ("host", View::Host)] {
        for (width, height) in SIZES {
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

/// Colours add nothing that is not there without them, and ASCII is ASCII, wherever one looks.
#[test]
fn every_view_at_every_size_is_whole_without_colour_and_in_ascii() {
    let stage = surrounded();
    let looks = |symbols, colour, shown, (width, height)| {
        let mut view = ViewState::new(Settings { symbols, colour, ..Settings::default() });
        view.show(shown);
        view.connections_beside = shows_connections(Rect::new(0, 0, width, height));
        view.follow(&stage.session);
        drawn(&stage.session, &view, width, height)
    };
    for (shown, size) in View::ALL.into_iter().flat_map(|shown| SIZES.map(|size| (shown, size))) {
        let [coloured, plain] = [true, false].map(|colour| looks(&BLOCK, colour, shown, size));
        assert_eq!(capture::text(&coloured), capture::text(&plain), "{shown:?} {size:?}");
        assert!(plain.content.iter().all(|cell| (cell.fg, cell.bg) == Default::default()));
        let ascii = capture::text(&looks(&ASCII, false, shown, size));
        assert!(ascii.is_ascii(), "{shown:?} {size:?}\n{ascii}");
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
fn the_help_is_all_there_where_the_view_is() {
    for (width, height) in [(80, 24), (120, 40)] {
        for (name, replay, shown) in [
            ("help", None, View::Live),
            ("help-replay", Some(replay()), View::Live),
            ("help-flows", None, View::Flows),
            ("help-host", None, View::Host),
        ] {
            let mut view = ViewState::default();
            (view.sheet, view.replay) = (Some(Sheet::Help), replay);
            view.show(shown);
            let text = screen(&mut view, width, height);
            view.scroll(100);
            let rest = screen(&mut view, width, height);
            for binding in tui::keymap::KEYMAP.iter().filter(|b| b.holds(view.mode(), view.shown)) {
                let told = text.contains(binding.help) || rest.contains(binding.help);
                assert!(told, "{} at {width}x{height}", binding.help);
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

/// Each look of a screen once, with the first text that has it.
fn looks(screen: &Buffer) -> String {
    let mut looks: Vec<(Style, String)> = Vec::new();
    let rows = screen.content.chunks(usize::from(screen.area.width));
    for run in rows.flat_map(|row| row.chunk_by(|a, b| a.style() == b.style())) {
        let text: String = run.iter().map(Cell::symbol).collect();
        let known = looks.iter().any(|(style, _)| *style == run[0].style());
        if !known && !text.trim().is_empty() {
            looks.push((run[0].style(), text.trim().chars().take(30).collect()));
        }
    }
    let line = |(style, text): &(Style, String)| {
        let colour = |colour: Option<Color>| colour.unwrap_or_default().to_string();
        let modifier = format!("{:?}", style.add_modifier);
        format!("{:<9} on {:<6} {modifier:<24} {text}\n", colour(style.fg), colour(style.bg))
    };
    looks.iter().map(line).collect()
}

/// Two members, a ceiling, a running trial, a lost link and an answer.
#[test]
fn themes_change_colours_and_nothing_else() {
    let mut stage = Stage::new("hv07");
    stage.play("failover", secs(20), &[(secs(12), MarkKind::Start)]);
    let mut view = ViewState::default();
    view.follow(&stage.session);
    let text = capture::text(&drawn(&stage.session, &view, 120, 40));
    let mut told = String::new();
    for (name, grounds) in THEMES {
        for (ground, theme) in ["dark", "light"].into_iter().zip(grounds) {
            view.theme = theme;
            let screen = drawn(&stage.session, &view, 120, 40);
            assert_eq!(capture::text(&screen), text, "{name}");
            if ground == "dark" || grounds[0] != grounds[1] {
                let _ = writeln!(told, "{name} on {ground}:\n{}", looks(&screen));
            }
        }
    }
    insta::assert_snapshot!("themes", told);
}

#[test]
fn the_theme_and_the_symbols_are_changed_by_key() {
    let stage = evacuation();
    let mut look = Look::default();
    look.depth = Depth::Indexed;
    let mut view = ViewState::new(Settings { look, ..Settings::default() });
    let mut press = |key| {
        let modifiers = KeyModifiers::NONE;
        tui::update(&mut view, &stage.session, KeyEvent::new(KeyCode::Char(key), modifiers));
        let said = view.answers.back().map(|answer| answer.text.clone()).unwrap_or_default();
        (said, view.theme, view.symbols)
    };
    for (name, [theme, _]) in THEMES.iter().cycle().skip(1).take(THEMES.len()) {
        let (said, shown, _) = press('T');
        assert_eq!((said, shown), (format!("theme {name}"), *theme));
    }
    for (name, symbols) in [("braille", &BRAILLE), ("ascii", &ASCII), ("block", &BLOCK)] {
        let (said, _, shown) = press('y');
        assert_eq!((said, shown), (format!("symbols: {name}"), symbols));
    }
}

#[test]
fn without_colour_there_is_no_theme_to_choose() {
    let mut view = ViewState::new(Settings { colour: false, ..Settings::default() });
    assert_eq!(view.next_theme(), None);
    view.on(Ground::Light);
    assert_eq!(view.theme, Theme::new(false));
}

/// The answer comes while the screen is shown: colours change with it, unless they were chosen.
#[test]
fn the_background_decides_unless_a_theme_was_chosen() {
    let mut look = Look::default();
    look.depth = Depth::True;
    let mut view = ViewState::new(Settings { look, ..Settings::default() });
    let theme = |name: &str, ground: usize| {
        THEMES.iter().find(|(known, _)| *known == name).map(|(_, on)| on[ground])
    };
    assert_eq!(Some(view.theme), theme("dark", 0));
    view.on(Ground::Light);
    assert_eq!(Some(view.theme), theme("light", 1));
    view.next_theme();
    assert_eq!(Some(view.theme), theme("high-contrast", 1));
    view.on(Ground::Dark);
    assert_eq!(Some(view.theme), theme("high-contrast", 0));
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
    let sheets = [None, Some(Sheet::Help), Some(Sheet::Messages)];
    for (sheet, shown) in sheets.into_iter().flat_map(|s| View::ALL.map(|view| (s, view))) {
        let mut view = ViewState::default();
        view.sheet = sheet;
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

#[test]
fn interfaces_can_stand_by_team_and_the_order_can_be_held() {
    let stage = surrounded();
    let mut view = ViewState::default();
    let press = |view: &mut ViewState, c| {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        tui::update(view, &stage.session, key)
    };
    view.follow(&stage.session);
    press(&mut view, 'o');
    press(&mut view, 'o');
    let text = screen(&mut view, 120, 40);
    let rows: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let place = |name: &str| rows.iter().rposition(|first| *first == name).expect(name);
    assert!(text.contains("interfaces by team") && text.contains("2 of 2 members up"), "{text}");
    assert!(place("of") < place("eno1") && place("ens1f0") < place("of"), "{text}");
    press(&mut view, 'h');
    let held = view.rows.clone();
    view.listing.order = Order::Name;
    let text = screen(&mut view, 120, 40);
    assert!(view.rows == held && text.contains("held (h)"), "{text}");
}

#[test]
fn the_mouse_moves_a_trials_edge_and_a_click_beside_it_does_not() {
    let stage = twice();
    let mut view = ViewState::default();
    let area = Rect::new(0, 0, 80, 24);
    let mut screen = Screen::new(area);
    view.follow(&stage.session);
    screen.update(&stage.session, &view, &status(), &mut Vec::new()).expect("a buffer");
    view.chart.cells = screen.moments().expect("a chart");
    let trial = stage.session.trials().last().expect("one runs");
    let (now, start) = (stage.session.at().as_secs() as u16, trial.start.as_secs() as u16);
    // A cell is a second, and the last whole one stands at the right edge.
    let column = 79 - (now - 1 - start);
    let row = 17;
    assert_eq!(tui::update::click(&mut view, &stage.session, area, (column, row)), None);
    assert!(view.drag.is_some(), "{:?}", view.answers);
    let moved = tui::update::release(&mut view, &stage.session, area, (column - 5, row));
    let Some(Effect::Mark(mark)) = moved else { panic!("{moved:?}") };
    assert_eq!((mark.kind, mark.trial), (MarkKind::Edit, Some(trial.number)));
    assert_eq!(mark.start, Some(secs(u64::from(start - 5))));
    for (from, to) in [((column, row), (column, row)), ((column, row), (2, 2))] {
        tui::update::click(&mut view, &stage.session, area, from);
        assert_eq!(tui::update::release(&mut view, &stage.session, area, to), None);
        assert_eq!(view.drag, None);
    }
    tui::update::click(&mut view, &stage.session, area, (column + 4, row));
    assert_eq!(view.drag, None, "there is no edge");
}

#[test]
fn a_click_on_a_key_of_the_footer_presses_it() {
    let stage = surrounded();
    for (width, height) in [(80, 24), (120, 40), (300, 50)] {
        let mut view = ViewState::default();
        view.follow(&stage.session);
        let text = capture::text(&drawn(&stage.session, &view, width, height));
        let footer = text.lines().last().expect("a footer");
        let column = footer.find("4 host").expect("a key") as u16;
        let area = Rect::new(0, 0, width, height);
        let at = (column, height - 1);
        assert_eq!(tui::update::click(&mut view, &stage.session, area, at), None);
        assert_eq!(view.shown, View::Host);
        let beyond = (width - 1, height - 1);
        tui::update::click(&mut view, &stage.session, area, beyond);
    }
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

/// Two trials on a screen of 80 columns.
fn shown_twice() -> (Stage, ViewState, Screen) {
    let (stage, mut view) = (twice(), ViewState::default());
    let mut screen = Screen::new(Rect::new(0, 0, 80, 24));
    view.follow(&stage.session);
    screen.update(&stage.session, &view, &status(), &mut Vec::new()).expect("a buffer");
    (stage, view, screen)
}

#[test]
fn a_frozen_chart_is_read_while_the_session_goes_on() {
    let (mut stage, mut view, mut screen) = shown_twice();
    let (area, mut sent) = (screen.area(), Vec::new());
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
fn what_was_frozen_on_a_large_screen_is_shown_on_any() {
    let stage = twice();
    let mut view = ViewState::default();
    for (width, height) in [(300, 50), (200, 60), (80, 24)] {
        view.frozen = None;
        view.follow(&stage.session);
        let area = Rect::new(0, 0, width, height);
        view.frozen = Some(Frozen::take(&stage.session, &view, &status(), area));
        for (width, height) in [(60, 24), (40, 10), (1, 1), (300, 9), (20, 60), (300, 50)] {
            let mut screen = Screen::new(Rect::new(0, 0, width, height));
            screen.update(&stage.session, &view, &status(), &mut Vec::new()).expect("a buffer");
            assert_eq!(screen.cells(), &drawn(&stage.session, &view, width, height));
        }
    }
}

#[test]
fn what_is_done_to_trials_is_seen_in_a_frozen_view() {
    let (mut stage, mut view, mut screen) = shown_twice();
    let (area, mut sent) = (screen.area(), Vec::new());
    view.frozen = Some(Frozen::take(&stage.session, &view, &status(), area));
    let mut row = |stage: &Stage| {
        screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
        assert_eq!(screen.cells(), &drawn(&stage.session, &view, 80, 24));
        let text = capture::text(screen.cells());
        text.lines()
            .find(|line| line.starts_with("● 2") || line.starts_with("  2"))
            .map(str::to_owned)
    };
    let before = row(&stage).expect("the second trial");
    assert!(before.contains("running"), "{before}");
    stage.play("failover", secs(3), &[]);
    assert_eq!(row(&stage).as_ref(), Some(&before), "it is as it was");
    let stopped = Mark { at: stage.session.at(), ..Mark::new(MarkKind::Stop, MarkBy::Key) };
    stage.session.apply(Event::Mark(stopped));
    assert!(row(&stage).is_some_and(|row| row.contains("2 done")));
    let undone = Mark { at: stage.session.at(), ..Mark::new(MarkKind::Undo, MarkBy::Key) };
    stage.session.apply(Event::Mark(undone));
    assert_eq!(row(&stage), Some(before), "the frozen row is true again");
}

#[test]
fn the_mouse_has_the_charts_drawn_and_nothing_else() {
    let (mut stage, mut view, mut screen) = shown_twice();
    let (area, mut sent) = (screen.area(), Vec::new());
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However little is sent at a time: what is taken for shown is what a terminal shows, and after a
    /// while that is the whole screen.
    #[test]
    fn what_was_sent_in_pieces_is_what_the_terminal_shows(
        steps in proptest::collection::vec((proptest::option::of(key()), rooms()), 1..60),
        width in 1u16..140,
        height in 1u16..50,
    ) {
        let mut stage = Stage::new("hv07");
        stage.surrounded = true;
        let mut view = ViewState::default();
        let mut screen = Screen::new(Rect::new(0, 0, width, height));
        let cells = |count| NonZero::new(count).expect("not nothing");
        let mut terminal = vt100::Parser::new(cells(height), cells(width), 0);
        terminal.process(b"whatever it showed before");
        let mut frame = |screen: &mut Screen, stage: &Stage, view: &ViewState, room| {
            let mut sent = Vec::new();
            let all = screen.update_within(&stage.session, view, &status(), room, &mut sent);
            if let Some(room) = room {
                assert!(sent.len() <= room.bytes + MOST_BEYOND, "{} B in {room:?}", sent.len());
            }
            // The emulator leaves this one out, other terminals do not.
            let known = |text: &str| text.replace('\u{fffd}', "?");
            terminal.process(known(std::str::from_utf8(&sent).expect("text")).as_bytes());
            assert_eq!(known(&capture::text(screen.cells())), shown(&terminal, width, height));
            all.expect("a buffer")
        };
        for (n, (key, room)) in steps.into_iter().enumerate() {
            stage.play(if n < 30 { "failover" } else { "hotplug" }, secs(1), &[]);
            if let Some(key) = key {
                tui::update(&mut view, &stage.session, key);
                screen.begin_at_top();
            }
            view.follow(&stage.session);
            if frame(&mut screen, &stage, &view, room) {
                prop_assert_eq!(screen.cells(), &drawn(&stage.session, &view, width, height));
            }
        }
        let room = Some(Room { bytes: 100, answers: false });
        let frames = (0..10_000).take_while(|_| !frame(&mut screen, &stage, &view, room)).count();
        prop_assert_eq!(screen.cells(), &drawn(&stage.session, &view, width, height));
        prop_assert!(frames < usize::from(width) * usize::from(height), "{} frames", frames);
    }
}

/// A cell that is sent though there is no room for it, what was behind it, and what ends a frame.
const MOST_BEYOND: usize = 160;

fn rooms() -> impl Strategy<Value = Option<Room>> {
    let some = (0usize..400, any::<bool>()).prop_map(|(bytes, answers)| Room { bytes, answers });
    proptest::option::weighted(0.9, some)
}

/// What a terminal shows, as [`capture::text`] writes it.
fn shown(terminal: &vt100::Parser, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let cell = terminal.screen().cell(y, x).expect("on the screen");
        if cell.has_contents() {
            buffer[(x, y)].set_symbol(cell.contents());
        }
    }
    capture::text(&buffer)
}

/// A figure that changes all the time takes nothing from what stands below it.
#[test]
fn a_small_room_is_shared_by_the_whole_screen() {
    let mut stage = evacuation();
    let mut view = ViewState::default();
    let mut screen = Screen::new(Rect::new(0, 0, 120, 40));
    let room = Some(Room { bytes: 200, answers: false });
    for _ in 0..400 {
        stage.play("evacuation", stage::TICK, &[]);
        view.follow(&stage.session);
        let mut sent = Vec::new();
        screen.update_within(&stage.session, &view, &status(), room, &mut sent).expect("a buffer");
    }
    let text = capture::text(screen.cells());
    for told in ["migtop hv07", "bond0", "interfaces by traffic", "1 s a column", "trials", "quit"]
    {
        assert!(text.contains(told), "no {told:?} in\n{text}");
    }
}

#[test]
fn what_answers_a_key_goes_first() {
    let stage = evacuation();
    let mut view = ViewState::default();
    view.follow(&stage.session);
    let mut screen = Screen::new(Rect::new(0, 0, 120, 40));
    let mut sent = Vec::new();
    screen.update(&stage.session, &view, &status(), &mut sent).expect("a buffer");
    let key = KeyEvent::new(KeyCode::Char('n'), KeyModifiers::NONE);
    tui::update(&mut view, &stage.session, key);
    tui::prompt::paste(&mut view, "lights flicker");
    view.unit = migtop::units::RateUnit::Bytes;
    let room = Some(Room { bytes: 120, answers: true });
    sent.clear();
    let all = screen.update_within(&stage.session, &view, &status(), room, &mut sent);
    assert!(!all.expect("a buffer"), "there was no room for all");
    let text = capture::text(screen.cells());
    assert!(text.lines().last().is_some_and(|row| row.contains("lights flicker")), "{text}");
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
