//! The first row: where, when, how, and what is recorded.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::compare::Left;
use crate::model::printable;
use crate::session::Session;
use crate::tui::keymap::{Command, Play};
use crate::tui::pen::Pen;
use crate::tui::status::Status;
use crate::tui::view_state::ViewState;
use crate::units::Stopwatch;

const ROOMY: u16 = 60;
/// From this width on it says how long the running trial still takes, and how long a replay is.
const WIDE: u16 = 100;

/// What the row depends on; `None` while a trial's clock runs in it.
pub fn fingerprint(session: &Session, view: &ViewState, status: &Status) -> Option<u64> {
    let mut hash = DefaultHasher::new();
    (status, view.replay.map(|replay| replay.unsaved)).hash(&mut hash);
    session.open_trial().is_none().then(|| hash.finish())
}

pub fn draw(session: &Session, view: &ViewState, status: &Status, area: Rect, buf: &mut Buffer) {
    let style = view.theme.bar();
    let mut pen = Pen::at(buf, area, 0);
    let host = session.header().map_or("", |h| h.host.as_str());
    // Where there is little room the clocks come before names.
    if area.width >= ROOMY {
        pen.put(style, format_args!(" migtop {:.12} ", printable(host)));
    }
    pen.put(style, format_args!(" {}", status.clock));
    // Corrections are the only thing that leaving a replay can lose.
    if let Some(replay) = view.replay.filter(|replay| replay.unsaved > 0) {
        let save = view.asked(Command::Play(Play::Save));
        pen.put(style, format_args!("  "));
        pen.put(view.theme.alarm(), format_args!("{} unsaved ({save})", replay.unsaved));
    }
    if put_trial(&mut pen, session, view)
        && let Some(left) = view.running.left().filter(|_| area.width >= WIDE)
    {
        pen.put(style, format_args!(", about {}", Left(left)));
    }
    // What is not being kept matters more than how it is measured.
    put_recorded(&mut pen, view, status);
    if area.width >= WIDE {
        pen.put(recorded_style(view, status), format_args!("{}", status.further));
    }
    if let Some(header) = session.header() {
        let every = format_args!("  every {} ms", header.interval.as_millis()).to_string();
        put_if_room(&mut pen, view, &format!("{every}, {}", status.sampler));
    }
    if status.missed > 0 {
        put_if_room(&mut pen, view, &format!("  {} ticks missed", status.missed));
    }
    let rest = pen.room();
    pen.fill(rest, |_| (' ', style));
}

/// The running trial's clock; whether there is one.
pub fn put_trial(pen: &mut Pen<'_>, session: &Session, view: &ViewState) -> bool {
    let Some(trial) = session.open_trial() else { return false };
    let time = Stopwatch(trial.duration(session.at()));
    let running = view.symbols.running;
    pen.put(view.theme.bar(), format_args!("  {running} trial {} {time}", trial.number));
    true
}

/// Where it is recorded, or that it is not.
pub fn put_recorded(pen: &mut Pen<'_>, view: &ViewState, status: &Status) {
    let style = recorded_style(view, status);
    pen.put(view.theme.bar(), format_args!("  ")).put(style, format_args!("{}", status.recorded));
}

fn recorded_style(view: &ViewState, status: &Status) -> Style {
    if status.alarm { view.theme.alarm() } else { view.theme.bar() }
}

fn put_if_room(pen: &mut Pen<'_>, view: &ViewState, text: &str) {
    if text.chars().count() < usize::from(pen.room()) {
        pen.put(view.theme.bar(), format_args!("{text}"));
    }
}
