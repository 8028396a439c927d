//! The screen as it was when it was frozen; its charts alone go on to be read.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::compose::{compose, palette};
use super::draw::draw;
use super::panel;
use super::part::{Part, Placed};
use super::pen::Pen;
use super::rows::Rows;
use super::status::Status;
use super::view_state::ViewState;
use crate::session::{Session, Subject};
use crate::units::Stopwatch;

/// What is kept of it.
#[derive(Debug)]
pub struct Frozen {
    /// Every cell.
    cells: Buffer,
    /// Where charts stand: they are drawn from what is kept of that time.
    charts: Vec<Placed>,
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
        let mut charts = compose(session, view, area);
        charts.retain(Placed::is_chart);
        let subject = panel::chart::subject(session, view);
        Self { cells, charts, at: session.at(), subject }
    }

    /// Its parts on a screen of this size.
    pub(super) fn parts(&self, view: &ViewState, area: Rect) -> Vec<Placed> {
        let mut rows = Rows::of(area);
        let mut parts = vec![
            Placed { area, part: Part::Frozen },
            Placed { area: rows.take(1), part: Part::FrozenBanner },
            Placed { area: rows.take_last(1), part: Part::Footer { alone: true } },
        ];
        parts.extend(palette(view, &mut rows));
        let rest = rows.rest();
        let placed = |chart: &Placed| Placed { area: chart.area.intersection(rest), ..*chart };
        // What the charts are about may have no rates left to be drawn.
        parts.extend(self.charts.iter().filter(|_| self.subject.is_some()).map(placed));
        parts
    }

    /// Tells it from others, and from itself when something else stands on it.
    pub fn fingerprint(&self, view: &ViewState) -> u64 {
        let mut hash = DefaultHasher::new();
        (self.at, self.cells.content.as_ptr()).hash(&mut hash);
        panel::palette::height(view).hash(&mut hash);
        hash.finish()
    }

    /// Draws the cells as they were, but for those that other parts stand on.
    pub fn draw(&self, view: &ViewState, area: Rect, buf: &mut Buffer) {
        let [_, others @ ..] = &self.parts(view, area)[..] else { return };
        for at in self.cells.area.intersection(area).positions() {
            if !others.iter().any(|other| other.area.contains(at)) {
                buf[at] = self.cells[at].clone();
            }
        }
    }
}

/// The row that says so.
pub fn draw_banner(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 0);
    let meanwhile = if view.replay.is_some() { "" } else { "; sampling goes on all the time" };
    pen.put(view.theme.bar(), format_args!(" FROZEN: z goes on{meanwhile} "));
    if let Some(trial) = session.open_trial() {
        let time = Stopwatch(trial.duration(session.at()));
        pen.put(view.theme.bar(), format_args!(" trial {} {time}", trial.number));
    }
    let rest = pen.room();
    pen.fill(rest, |_| (' ', view.theme.bar()));
}
