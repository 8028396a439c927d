//! The screen as it was when it was frozen; its charts alone go on to be read.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::compose::{compose, palette};
use super::draw::draw;
use super::keymap::Command;
use super::panel;
use super::part::{Part, Placed};
use super::pen::Pen;
use super::rows::Rows;
use super::status::Status;
use super::view_state::ViewState;
use crate::session::{Session, Subject};

/// What is kept of it.
#[derive(Debug)]
pub struct Frozen {
    /// Every cell.
    cells: Buffer,
    /// What goes on: charts, to be read; what is said; and trials, once something is done to them.
    alive: Vec<Placed>,
    /// How many marks stood, and when the last of them was set.
    marks: (usize, Option<Duration>),
    /// When it was frozen.
    pub at: Duration,
    /// What the charts are about.
    pub subject: Option<Subject>,
}

impl Frozen {
    /// The screen as it is now; the view follows the session already.
    pub fn take(session: &Session, view: &ViewState, status: &Status, area: Rect) -> Self {
        let mut cells = Buffer::empty(area);
        draw(session, view, status, area, &mut cells);
        let mut alive = compose(session, view, area);
        alive.retain(Placed::outlives_freezing);
        let subject = panel::chart::subject(session, view);
        Self { cells, alive, marks: marks(session), at: session.at(), subject }
    }

    /// Its parts on a screen of this size.
    pub(super) fn parts(&self, session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
        let mut rows = Rows::of(area);
        let alone = !self.alive.iter().any(|placed| placed.part == Part::Notice);
        let mut parts = vec![
            Placed { area, part: Part::Frozen },
            Placed { area: rows.take(1), part: Part::FrozenBanner },
            Placed { area: rows.take_last(1), part: Part::Footer { alone } },
        ];
        parts.extend(palette(view, &mut rows));
        let rest = rows.rest();
        let placed = |placed: &Placed| Placed { area: placed.area.intersection(rest), ..*placed };
        let is_alive = |placed: &&Placed| match placed.part {
            Part::Trials => self.is_marked(session),
            // What the charts are about may have no rates left to be drawn.
            _ => self.subject.is_some() || !placed.is_chart(),
        };
        // On a smaller screen than it was frozen on some have no place.
        let alive = self.alive.iter().filter(is_alive).map(placed);
        parts.extend(alive.filter(|placed| !placed.area.is_empty()));
        parts
    }

    /// A mark was set, or taken back.
    fn is_marked(&self, session: &Session) -> bool {
        marks(session) != self.marks
    }

    /// Tells it from others, and from itself when something else stands on it.
    pub fn fingerprint(&self, session: &Session, view: &ViewState) -> u64 {
        let mut hash = DefaultHasher::new();
        (self.at, self.is_marked(session), self.cells.content.as_ptr()).hash(&mut hash);
        panel::palette::height(view).hash(&mut hash);
        hash.finish()
    }

    /// Draws the cells as they were, but for those that other parts stand on.
    pub fn draw(&self, session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
        let [_, others @ ..] = &self.parts(session, view, area)[..] else { return };
        for at in self.cells.area.intersection(area).positions() {
            if !others.iter().any(|other| other.area.contains(at)) {
                buf[at] = self.cells[at].clone();
            }
        }
    }
}

fn marks(session: &Session) -> (usize, Option<Duration>) {
    (session.marks(), session.last_mark())
}

/// From this width on the banner says that nothing is missed meanwhile.
const WIDE: u16 = 100;

/// The row that says so; what is recorded and which trial runs is as it is now.
pub fn draw_banner(
    session: &Session,
    view: &ViewState,
    status: &Status,
    area: Rect,
    buf: &mut Buffer,
) {
    let style = view.theme.bar();
    let mut pen = Pen::at(buf, area, 0);
    pen.put(style, format_args!(" FROZEN: {} goes on", view.asked(Command::ToggleFreeze)));
    if view.replay.is_none() && area.width >= WIDE {
        pen.put(style, format_args!("; sampling goes on all the time"));
    }
    panel::header::put_trial(&mut pen, session, view);
    panel::header::put_recorded(&mut pen, view, status);
    let rest = pen.room();
    pen.fill(rest, |_| (' ', style));
}
