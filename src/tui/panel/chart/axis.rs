//! The rows under the plot: what happened when, and times of day.

use std::fmt;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::window::Window;
use crate::clock;
use crate::session::{LinkChange, Session, Subject, Trial};
use crate::tui::pen::Pen;
use crate::tui::status::Status;
use crate::tui::view_state::ViewState;
use crate::tui::widget::area_chart::plot;
use crate::tui::widget::time_axis::{TimeOfDay, ticks};

const SECOND: i128 = 1_000_000_000;

/// What the rows are drawn from.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub session: &'a Session,
    pub view: &'a ViewState,
    pub status: &'a Status,
    pub window: &'a Window,
}

/// The session's begin on the local wall clock, in nanoseconds since 1970; `None` when that is not
/// known.
pub fn local_start(session: &Session, status: &Status) -> Option<i128> {
    let start = clock::moment(&session.header()?.started, Duration::ZERO)?;
    Some(start.as_nanosecond() + i128::from(status.ahead_of_utc) * SECOND)
}

/// A moment of the session as people tell it: by the clock, else from the session's begin.
pub fn time_of(session: &Session, status: &Status, at: Duration) -> TimeOfDay {
    let local = local_start(session, status).unwrap_or(0) + at.as_nanos() as i128;
    TimeOfDay::of(local.div_euclid(SECOND) as i64, true)
}

/// Draws how much time is shown, and round times of day, but for those that the time of the column
/// that is read stands on.
pub fn draw_times(shown: Shown<'_>, area: Rect, buf: &mut Buffer) {
    let Shown { session, view, status, window } = shown;
    let faint = view.theme.faint();
    Pen::at(buf, area, 0).put(faint, format_args!("{:>11} ", Span(window.span())));
    let plot = plot(area);
    let read = read_time(shown);
    let Some(start) = local_start(session, status) else { return };
    for (cell, time) in ticks(start + window.begin(), window.width, window.cells) {
        let end = cell + 1 + time.width();
        if read.is_some_and(|(left, read)| cell <= left + read.width() && left <= end) {
            continue;
        }
        let mut pen = Pen::at(buf, plot, 0);
        pen.column(plot.x + cell).put(faint, format_args!("{}", view.symbols.tick));
        if time.width() <= pen.room() {
            pen.put(faint, format_args!("{time}"));
        }
    }
}

/// Draws the time of the column that is read, over whatever else is there.
pub fn draw_read_time(shown: Shown<'_>, area: Rect, buf: &mut Buffer) {
    let plot = plot(area);
    if let Some((left, time)) = read_time(shown) {
        let style = Style::reset().patch(shown.view.theme.bar());
        Pen::at(buf, plot, 0).column(plot.x + left).put(style, format_args!("{time}"));
    }
}

/// The time of the column that is read, and the cell that its text begins in.
fn read_time(shown: Shown<'_>) -> Option<(u16, TimeOfDay)> {
    let Shown { session, view, status, window } = shown;
    let back = view.chart.cross?.back;
    let time = time_of(session, status, window.begin_of(window.column_back(back)?));
    let left = (window.cells - 1 - back).saturating_sub(time.width() / 2);
    Some((left.min(window.cells.saturating_sub(time.width())), time))
}

/// Draws the trials as brackets with their numbers, and a tick where a guest left, something was
/// noted, or a link changed.
pub fn draw_marks(shown: Shown<'_>, subject: &Subject, area: Rect, buf: &mut Buffer) {
    let Shown { session, view, window, .. } = shown;
    let plot = plot(area);
    let brackets = || session.trials().iter().filter_map(|t| Bracket::of(t, session, view, window));
    for bracket in brackets() {
        bracket.draw(view, plot, buf);
    }
    for_each_tick(session, view, subject, |at, tick| {
        if let Some(cell) = window.cell_of(at) {
            let (symbol, style) = tick.drawn(view);
            Pen::at(buf, plot, 0).column(plot.x + cell).fill(1, |_| (symbol, style));
        }
    });
    // What a trial is called is not hidden by what happened in it.
    for bracket in brackets().filter(|bracket| bracket.length() >= NAMED) {
        let mut pen = Pen::at(buf, plot, 0);
        pen.column(plot.x + bracket.first() + 1);
        pen.put(view.theme.trial(), format_args!(" {} ", bracket.number));
    }
}

/// Brackets of so many cells have a number in them.
const NAMED: u16 = 5;

/// A trial in cells, of which those beside the chart are not drawn.
struct Bracket {
    number: u32,
    from: i64,
    to: i64,
    /// It has ended by the moment that is shown.
    ended: bool,
    last: i64,
}

impl Bracket {
    /// `None` when all of it is beside the chart.
    fn of(trial: &Trial, session: &Session, view: &ViewState, window: &Window) -> Option<Self> {
        let now = view.moment(session);
        let end = trial.end.filter(|end| *end <= now);
        let (from, to) = (window.place_of(trial.start), window.place_of(end.unwrap_or(now)));
        let last = i64::from(window.cells) - 1;
        let seen = trial.start <= now && to >= 0 && from <= last;
        seen.then_some(Self { number: trial.number, from, to, ended: end.is_some(), last })
    }

    /// The first cell that is drawn.
    fn first(&self) -> u16 {
        self.from.max(0) as u16
    }

    /// How many are.
    fn length(&self) -> u16 {
        (self.to.min(self.last) - self.from.max(0) + 1) as u16
    }

    fn draw(&self, view: &ViewState, plot: Rect, buf: &mut Buffer) {
        let [start, middle, stop] = view.symbols.span;
        let mut pen = Pen::at(buf, plot, 0);
        pen.column(plot.x + self.first()).fill(self.length(), |i| {
            let symbol = match i64::from(self.first()) + i64::from(i) {
                at if at == self.from => start,
                at if at == self.to && self.ended => stop,
                _ => middle,
            };
            (symbol, view.theme.trial())
        });
    }
}

/// Something that happened at a moment; where several fall into one cell the last of these is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tick {
    Departure,
    Note,
    Link(LinkChange),
}

impl Tick {
    fn drawn(self, view: &ViewState) -> (char, Style) {
        let [lost, back, speed] = view.symbols.link;
        match self {
            Self::Departure => (view.symbols.departure, view.theme.strong()),
            Self::Note => (view.symbols.note, view.theme.strong()),
            Self::Link(LinkChange::Lost) => (lost, view.theme.warning()),
            Self::Link(LinkChange::Back) => (back, view.theme.strong()),
            Self::Link(LinkChange::Speed) => (speed, view.theme.warning()),
        }
    }
}

/// Whatever has a tick under the chart of a subject, up to the moment that is shown.
pub fn for_each_tick(
    session: &Session,
    view: &ViewState,
    subject: &Subject,
    mut take: impl FnMut(Duration, Tick),
) {
    let now = view.moment(session);
    let departures = session.departures().map(|(at, _)| (at, Tick::Departure));
    let notes = session.remarks().map(|(at, _)| (at, Tick::Note));
    let links = session.link_changes(subject).map(|(at, _, change)| (at, Tick::Link(change)));
    for (at, tick) in departures.chain(notes).chain(links).filter(|(at, _)| *at <= now) {
        take(at, tick);
    }
}

/// `1 min 48 s`
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let text = match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, s) => format!("{s} s"),
            (0, m, 0) => format!("{m} min"),
            (0, m, s) => format!("{m} min {s} s"),
            (h, 0, _) => format!("{h} h"),
            (h, m, _) => format!("{h} h {m} min"),
        };
        f.pad(&text)
    }
}
