//! Whatever is typed, clicked and resized, in whatever order: a screen that is whole, and no panic.

mod stage;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use migtop::session::Session;
use migtop::tui::compose::shows_connections;
use migtop::tui::frozen::Frozen;
use migtop::tui::screen::Screen;
use migtop::tui::theme::{ASCII, BLOCK, BRAILLE};
use migtop::tui::view_state::Settings;
use migtop::tui::{self, Effect, Replay, ViewState};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stage::{Stage, secs, status};

/// What a terminal may say.
#[derive(Debug, Clone)]
enum Input {
    Key(KeyCode, KeyModifiers),
    Click(u16, u16),
    Move(u16, u16),
    Release(u16, u16),
    Paste(String),
    Resize(u16, u16),
    /// Time goes on.
    Tick,
}

fn input() -> impl Strategy<Value = Input> {
    let table = tui::keymap::KEYMAP.iter().flat_map(|b| b.keys.iter().copied());
    // What leaves is pressed by hand below.
    let known: Vec<_> = table.collect();
    let typed = [KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::Backspace, KeyCode::Delete];
    prop_oneof![
        8 => proptest::sample::select(known).prop_map(|(code, held)| Input::Key(code, held)),
        2 => proptest::sample::select(typed.to_vec())
            .prop_map(|code| Input::Key(code, KeyModifiers::NONE)),
        1 => any::<char>().prop_map(|c| Input::Key(KeyCode::Char(c), KeyModifiers::NONE)),
        2 => (0u16..320, 0u16..90).prop_map(|(x, y)| Input::Click(x, y)),
        1 => (0u16..320, 0u16..90).prop_map(|(x, y)| Input::Move(x, y)),
        1 => (0u16..320, 0u16..90).prop_map(|(x, y)| Input::Release(x, y)),
        1 => ".{0,12}".prop_map(Input::Paste),
        1 => (1u16..320, 1u16..90).prop_map(|(width, height)| Input::Resize(width, height)),
        2 => Just(Input::Tick),
    ]
}

/// One screen, and what it is of.
struct Desk {
    stage: Stage,
    view: ViewState,
    screen: Screen,
}

impl Desk {
    fn new(settings: Settings, replay: Option<Replay>) -> Self {
        let mut stage = Stage::new("hv07");
        stage.surrounded = true;
        let marks =
            [(secs(1), migtop::model::MarkKind::Start), (secs(3), migtop::model::MarkKind::Stop)];
        stage.play("failover", secs(4), &marks);
        let mut view = ViewState::new(settings);
        view.replay = replay;
        Self { stage, view, screen: Screen::new(Rect::new(0, 0, 80, 24)) }
    }

    fn take(&mut self, input: &Input) {
        let Self { stage, view, screen } = self;
        let session = &stage.session;
        let effect = match input {
            Input::Key(code, held) => tui::update(view, session, KeyEvent::new(*code, *held)),
            Input::Click(x, y) => tui::update::click(view, session, screen.area(), (*x, *y)),
            Input::Move(x, y) => {
                tui::update::point(view, session, screen.area(), (*x, *y));
                None
            }
            Input::Release(x, y) => tui::update::release(view, session, screen.area(), (*x, *y)),
            Input::Paste(text) => {
                tui::prompt::paste(view, text);
                None
            }
            Input::Resize(width, height) => {
                let area = Rect::new(0, 0, *width, *height);
                *screen = Screen::new(area);
                view.connections_beside = shows_connections(area);
                None
            }
            Input::Tick => {
                stage.play("hotplug", secs(1), &[]);
                None
            }
        };
        match effect {
            Some(Effect::Mark(mark)) => self.stage.set(mark),
            Some(Effect::Freeze) => {
                let area = self.screen.area();
                self.view.frozen =
                    Some(Frozen::take(&self.stage.session, &self.view, &status(), area));
            }
            _ => {}
        }
    }
}

fn whole(session: &Session, view: &ViewState, area: Rect) -> Buffer {
    let mut buffer = Buffer::empty(area);
    tui::draw(session, view, &status(), area, &mut buffer);
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// 20 times 500 inputs.
    #[test]
    fn a_storm_of_inputs_is_survived(
        inputs in proptest::collection::vec(input(), 500),
        symbols in proptest::sample::select(vec![&ASCII, &BLOCK, &BRAILLE]),
        colour in any::<bool>(),
        replayed in any::<bool>(),
    ) {
        let replay = replayed.then_some(Replay { playing: true, unsaved: 1 });
        let mut desk = Desk::new(Settings { symbols, colour, ..Settings::default() }, replay);
        let mut sent = Vec::new();
        for input in &inputs {
            desk.take(input);
            desk.view.follow(&desk.stage.session);
            sent.clear();
            let Desk { stage, view, screen } = &mut desk;
            screen.update(&stage.session, view, &status(), &mut sent).expect("a buffer");
            if matches!(input, Input::Resize(..)) {
                let area = screen.area();
                prop_assert_eq!(screen.cells(), &whole(&stage.session, view, area));
            }
        }
    }
}
