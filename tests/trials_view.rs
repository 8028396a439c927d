//! The Trials view at its sizes, and what its keys do.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

mod stage;

use std::sync::LazyLock;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use migtop::model::{Event, Mark, MarkKind};
use migtop::session::Session;
use migtop::tui::screen::Screen;
use migtop::tui::theme::{ASCII, BRAILLE};
use migtop::tui::view_state::{Settings, Sheet, View};
use migtop::tui::{self, Effect, Replay, ViewState, capture};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stage::{Stage, secs, status};

/// So many seconds of an evacuation, of which all but the first three are a trial.
fn run(stage: &mut Stage, factors: &'static [(&'static str, &'static str)], tenths: u64) {
    stage.factors = factors;
    let stop = Duration::from_millis(tenths * 100);
    let marks = [(secs(3), MarkKind::Start), (stop, MarkKind::Stop)];
    stage.play("evacuation", stop + secs(1), &marks);
}

/// Factors of a cell, and how long its runs take, in tenths of a second.
type Cell = (&'static [(&'static str, &'static str)], [u64; 3]);

const CELLS: [Cell; 4] = [
    (&[("config", "plain"), ("vms", "5")], [241, 246, 243]),
    (&[("config", "plain"), ("vms", "10")], [438, 441, 450]),
    (&[("config", "multifd"), ("vms", "5")], [189, 192, 187]),
    (&[("config", "multifd"), ("vms", "10")], [352, 350, 357]),
];

/// Two configurations, two loads, three runs each; one is excluded, one is given up, one runs.
static MEASURED: LazyLock<Session> = LazyLock::new(|| {
    let mut stage = Stage::new("hv07");
    for (factors, lengths) in CELLS {
        for tenths in lengths {
            run(&mut stage, factors, tenths);
        }
    }
    let given_up = [(secs(3), MarkKind::Start), (secs(9), MarkKind::Cancel)];
    stage.play("evacuation", secs(10), &given_up);
    let exclude = Mark {
        trial: Some(4),
        excluded: Some(true),
        because: Some("backup was running".into()),
        text: Some("seen in the log of hv09".into()),
        ..Mark::new(MarkKind::Edit, migtop::model::MarkBy::Key)
    };
    stage.session.apply(Event::Mark(exclude));
    stage.play("evacuation", secs(20), &[(secs(3), MarkKind::Start)]);
    stage.session
});

fn compared(settings: Settings) -> ViewState {
    let mut view = ViewState::new(settings);
    view.shown = View::Trials;
    view.follow(&MEASURED);
    view
}

fn drawn(view: &ViewState, width: u16, height: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    tui::draw(&MEASURED, view, &status(), area, &mut buffer);
    buffer
}

fn text(view: &ViewState, width: u16, height: u16) -> String {
    capture::text(&drawn(view, width, height))
}

fn press(view: &mut ViewState, code: KeyCode) -> Option<Effect> {
    let effect = tui::update(view, &MEASURED, KeyEvent::new(code, KeyModifiers::NONE));
    view.follow(&MEASURED);
    effect
}

fn type_line(view: &mut ViewState, text: &str) -> Option<Effect> {
    for c in text.chars() {
        assert_eq!(press(view, KeyCode::Char(c)), None);
    }
    press(view, KeyCode::Enter)
}

fn mark(effect: Option<Effect>) -> Mark {
    match effect {
        Some(Effect::Mark(mark)) => mark,
        other => panic!("no mark: {other:?}"),
    }
}

#[test]
fn the_view_at_its_sizes() {
    for (width, height) in [(40, 10), (80, 24), (120, 40), (200, 60), (300, 50)] {
        let text = text(&compared(Settings::default()), width, height);
        insta::assert_snapshot!(format!("trials-{width}x{height}"), text);
    }
}

#[test]
fn in_ascii_it_has_seven_bits_and_no_colour() {
    let view = compared(Settings { symbols: &ASCII, colour: false, ..Settings::default() });
    let text = text(&view, 80, 24);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("trials-ascii", text);
    for cell in drawn(&view, 120, 40).content {
        assert_eq!((cell.fg, cell.bg), Default::default());
    }
}

#[test]
fn the_runs_of_a_cell_are_entered_and_left() {
    let mut view = compared(Settings::default());
    assert_eq!(view.trials.trial_at_hand(), Some(12), "the latest cell's last run");
    press(&mut view, KeyCode::Up);
    press(&mut view, KeyCode::Enter);
    assert_eq!(view.trials.run(), Some(6));
    press(&mut view, KeyCode::Home);
    assert_eq!(view.trials.run(), Some(4));
    insta::assert_snapshot!("trials-run", text(&view, 80, 24));
    press(&mut view, KeyCode::Esc);
    press(&mut view, KeyCode::Left);
    assert_eq!((view.trials.run(), view.trials.trial_at_hand()), (None, Some(3)));
}

#[test]
fn corrections_are_edits_of_the_selected_run() {
    let mut view = compared(Settings::default());
    press(&mut view, KeyCode::Char('n'));
    let note = mark(type_line(&mut view, "switch was warm"));
    assert_eq!((note.kind, note.trial), (MarkKind::Edit, Some(12)));
    assert_eq!(note.text.as_deref(), Some("switch was warm"));
    press(&mut view, KeyCode::Char('f'));
    let edit = mark(type_line(&mut view, " mtu=9000"));
    assert_eq!(edit.set.unwrap().into_keys().collect::<Vec<_>>(), ["config", "mtu", "vms"]);
    assert!(view.factors.is_empty(), "the coming trials' are left alone");
}

#[test]
fn a_trial_is_excluded_for_a_reason_and_included_without_one() {
    let mut view = compared(Settings::default());
    press(&mut view, KeyCode::Char('x'));
    assert_eq!(type_line(&mut view, "  "), None);
    assert!(view.prompt.is_some() && !view.answers.is_empty(), "it asks again");
    let mark_out = mark(type_line(&mut view, "backup"));
    assert_eq!((mark_out.trial, mark_out.excluded), (Some(12), Some(true)));
    assert_eq!(mark_out.because.as_deref(), Some("backup"));
    press(&mut view, KeyCode::Up);
    press(&mut view, KeyCode::Enter);
    press(&mut view, KeyCode::Home);
    press(&mut view, KeyCode::Char('x'));
    let mark_in = mark(type_line(&mut view, ""));
    assert_eq!((mark_in.trial, mark_in.excluded, mark_in.because), (Some(4), Some(false), None));
}

#[test]
fn what_is_in_no_cell_is_below_the_matrix_and_says_why() {
    let mut view = compared(Settings::default());
    press(&mut view, KeyCode::End);
    let shown = text(&view, 80, 40);
    for why in ["excluded: backup was running", "given up", "running"] {
        assert!(shown.contains(why), "{why}: {shown}");
    }
}

/// A reason typed for a trial that cannot be excluded used to act as commands.
#[test]
fn what_is_in_no_cell_cannot_be_excluded_and_its_reason_does_nothing() {
    let mut view = compared(Settings::default());
    press(&mut view, KeyCode::End);
    for why in ["trial 14 is running: nothing to", "trial 13 was given up: nothing to"] {
        press(&mut view, KeyCode::Char('x'));
        let before = text(&view, 80, 24);
        assert!(before.contains(&format!(" {why} exclude; Esc")), "{before}");
        for c in "wrong MTU, snaps? 1 2 q".chars() {
            assert_eq!(press(&mut view, KeyCode::Char(c)), None, "{c}");
        }
        tui::prompt::paste(&mut view, "q");
        assert_eq!(text(&view, 80, 24), before);
        press(&mut view, KeyCode::Enter);
        assert!(view.prompt.is_none());
        press(&mut view, KeyCode::Up);
    }
}

#[test]
fn the_selection_stays_with_a_run_whose_factors_are_mended() {
    let mut view = compared(Settings::default());
    press(&mut view, KeyCode::Enter);
    press(&mut view, KeyCode::Char('f'));
    let edit = mark(type_line(&mut view, "0"));
    let mut session = MEASURED.clone();
    session.apply(Event::Mark(edit));
    view.follow(&session);
    assert_eq!(view.trials.run(), Some(12));
    let compared = view.trials.compared().unwrap();
    assert_eq!(compared.matrix.loads, ["5", "10", "100"]);
}

#[test]
fn the_help_of_the_view_fits() {
    let mut view = compared(Settings::default());
    view.sheet = Some(Sheet::Help);
    let shown = text(&view, 80, 24);
    for binding in tui::keymap::KEYMAP.iter().filter(|b| b.holds(view.mode(), View::Trials)) {
        assert!(shown.contains(binding.help), "{}: {shown}", binding.help);
    }
    insta::assert_snapshot!("trials-help", shown);
}

#[test]
fn a_chart_has_the_screen_where_there_is_room_for_nothing_else() {
    let mut view = compared(Settings { symbols: &BRAILLE, ..Settings::default() });
    press(&mut view, KeyCode::Char('v'));
    insta::assert_snapshot!("trials-rates-80x24", text(&view, 80, 24));
    press(&mut view, KeyCode::Char('v'));
    assert!(text(&view, 80, 24).contains("findings"), "no chart");
    press(&mut view, KeyCode::Char('v'));
    insta::assert_snapshot!("trials-times-80x24", text(&view, 80, 24));
}

#[test]
fn a_click_selects_a_cell() {
    let mut view = compared(Settings::default());
    let screen = Rect::new(0, 0, 80, 24);
    tui::update::click(&mut view, &MEASURED, screen, (20, 2));
    assert_eq!(view.trials.trial_at_hand(), Some(3));
    tui::update::click(&mut view, &MEASURED, screen, (79, 23));
    assert_eq!(view.trials.trial_at_hand(), Some(3), "nothing is there");
}

#[test]
fn an_empty_session_says_what_to_do() {
    let session = Session::default();
    for replay in [None, Some(Replay { playing: true, unsaved: 0 })] {
        let mut view = ViewState::default();
        (view.shown, view.replay) = (View::Trials, replay);
        view.follow(&session);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        let area = buffer.area;
        tui::draw(&session, &view, &status(), area, &mut buffer);
        let name = if replay.is_some() { "trials-none-replay" } else { "trials-none" };
        insta::assert_snapshot!(name, capture::text(&buffer));
    }
}

#[test]
fn the_running_trial_is_held_against_the_earlier_runs_of_its_cell() {
    let mut stage = Stage::new("hv07");
    for tenths in [410, 430] {
        run(&mut stage, CELLS[1].0, tenths);
    }
    let mut view = ViewState::default();
    stage.play("evacuation", secs(9), &[(secs(3), MarkKind::Start)]);
    view.follow(&stage.session);
    stage.play("evacuation", secs(20), &[]);
    view.follow(&stage.session);
    for width in [40, 80, 160] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, if width < 60 { 10 } else { 30 }));
        let area = buffer.area;
        tui::draw(&stage.session, &view, &status(), area, &mut buffer);
        let shown = capture::text(&buffer);
        let told: Vec<&str> = shown.lines().filter(|l| l.contains(" left")).collect();
        insta::assert_snapshot!(format!("standing-{width}"), told.join("\n"));
    }
}

/// What is told of a trial at this second of its scenario, whose key was pressed at that one.
fn told(pressed: u64, until: u64) -> String {
    let mut stage = Stage::new("hv07");
    run(&mut stage, CELLS[1].0, 410);
    // The traffic of the run before has long ended.
    for _ in 0..6 {
        stage.play("evacuation", secs(2), &[]);
    }
    stage.play("evacuation", secs(until), &[(secs(pressed), MarkKind::Start)]);
    let mut view = ViewState::default();
    view.follow(&stage.session);
    view.running.words(80).to_owned()
}

/// The percentage used to tell how late the key was pressed.
#[test]
fn a_standing_is_measured_from_where_the_traffic_began() {
    assert_eq!(told(1, 4), "", "before its traffic");
    let level = told(3, 30);
    assert!(level.starts_with("level with the run before, about"), "{level}");
    assert_eq!(told(0, 30), level);
}

#[test]
fn no_size_makes_it_panic() {
    let mut view = compared(Settings { symbols: &BRAILLE, ..Settings::default() });
    for key in [KeyCode::Enter, KeyCode::Char('v'), KeyCode::End, KeyCode::Char('v')] {
        for width in (0..60).chain([79, 80, 121, 400]) {
            for height in (0..26).chain([70]) {
                drawn(&view, width, height);
            }
        }
        press(&mut view, key);
    }
}

fn key() -> impl Strategy<Value = KeyCode> {
    let keys = tui::keymap::KEYMAP.iter().filter(|b| b.holds(view_mode(), View::Trials));
    let known: Vec<_> = keys.flat_map(|b| b.keys.iter().map(|(code, _)| *code)).collect();
    proptest::sample::select(known)
}

fn view_mode() -> tui::view_state::Mode {
    ViewState::default().mode()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// What is kept from frame to frame is what would be drawn anew, whatever keys are pressed.
    #[test]
    fn a_frame_is_the_same_as_if_it_were_drawn_whole(
        keys in proptest::collection::vec(key(), 1..40),
        width in 1u16..160,
        height in 1u16..60,
    ) {
        let mut view = compared(Settings::default());
        let mut session = MEASURED.clone();
        let mut screen = Screen::new(Rect::new(0, 0, width, height));
        let mut sent = Vec::new();
        for key in keys {
            let event = KeyEvent::new(key, KeyModifiers::NONE);
            if let Some(Effect::Mark(mark)) = tui::update(&mut view, &session, event) {
                session.apply(Event::Mark(Mark { at: session.at(), ..mark }));
            }
            view.follow(&session);
            sent.clear();
            screen.update(&session, &view, &status(), &mut sent).unwrap();
            let mut whole = Buffer::empty(Rect::new(0, 0, width, height));
            let area = whole.area;
            tui::draw(&session, &view, &status(), area, &mut whole);
            prop_assert_eq!(screen.cells(), &whole);
        }
    }
}
