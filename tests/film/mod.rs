//! A short film of the live view, as one animated SVG: an evacuation is marked, played in virtual time,
//! and its trial compared with earlier ones. The script stands in [`shoot`]; every frame is what the
//! program draws, every key goes through its own table.

mod reel;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use migtop::model::MarkKind;
use migtop::session::{Session, Severity};
use migtop::tui::view_state::{Settings, View};
use migtop::tui::{self, Effect, ViewState, capture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::reel::Reel;
use super::stage::{Stage, TICK, secs, status_of};

const SIZE: Rect = Rect::new(0, 0, 100, 30);
/// Of the scenario, between two frames.
const STEP: Duration = Duration::from_secs(3);
/// Of the film, for a frame.
const FRAME: Duration = Duration::from_millis(500);
/// The evacuation begins at 6 s, and its last guest is gone after 79 s.
const START: u64 = 6;
const STOP: u64 = 80;
/// Frames in which somebody looks at what has come.
const PAUSE: usize = 5;

/// Plays it, and gives the film.
pub fn shoot() -> String {
    let mut stage = Stage::new("hv07");
    stage.surrounded = true;
    rehearse(&mut stage);
    let begun = stage.session.at() + TICK;
    let mut camera = Camera { view: ViewState::new(Settings::default()), reel: Reel::new(FRAME) };
    stage.factors = &[("config", "2x10GbE"), ("vms", "20")];
    stage.perform("evacuation", secs(84), |session| {
        let played = session.at().saturating_sub(begun);
        if played.as_nanos().is_multiple_of(STEP.as_nanos()) {
            camera.take(session);
        }
        [START, STOP].map(secs).contains(&played).then(|| camera.press(session, ' ')).flatten()
    });
    camera.press(&stage.session, '2');
    (0..PAUSE).for_each(|_| camera.take(&stage.session));
    camera.press(&stage.session, 'v');
    (0..PAUSE).for_each(|_| camera.take(&stage.session));
    assert_eq!(camera.view.shown, View::Trials);
    camera.reel.develop(camera.reel.length() / 3)
}

/// The trials that were there before: of the first five guests, of ten, and of all.
fn rehearse(stage: &mut Stage) {
    let runs: [(&'static [(&'static str, &'static str)], u32); 5] = [
        (&[("config", "2x10GbE"), ("vms", "5")], 229),
        (&[("config", "2x10GbE"), ("vms", "5")], 233),
        (&[("config", "2x10GbE"), ("vms", "10")], 394),
        (&[("config", "2x10GbE"), ("vms", "10")], 398),
        (&[("config", "2x10GbE"), ("vms", "20")], 791),
    ];
    for (factors, ticks) in runs {
        stage.factors = factors;
        let stop = TICK * ticks;
        let marks = [(secs(START), MarkKind::Start), (stop, MarkKind::Stop)];
        stage.play("evacuation", stop, &marks);
    }
}

struct Camera {
    view: ViewState,
    reel: Reel,
}

impl Camera {
    /// Presses a key, and says what the live loop would say.
    fn press(&mut self, session: &Session, key: char) -> Option<MarkKind> {
        let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        let Some(Effect::Mark(mark)) = tui::update(&mut self.view, session, key) else {
            return None;
        };
        let open = session.open_trial().map_or(session.next_trial(), |trial| trial.number);
        let did = if mark.kind == MarkKind::Start { "started" } else { "stopped" };
        self.view.say(session.at(), Severity::Info, format!("trial {open} {did}"));
        Some(mark.kind)
    }

    fn take(&mut self, session: &Session) {
        self.view.follow(session);
        let mut buffer = Buffer::empty(SIZE);
        tui::draw(session, &self.view, &status_of(session), SIZE, &mut buffer);
        self.reel.add(&capture::svg(&buffer));
    }
}
