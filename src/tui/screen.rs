//! What the terminal shows, and the least that has to be sent to change it.
//!
//! Only the parts that can have changed are drawn and compared: most of a screen is a chart that
//! gains a column a second, while the figures beside it change ten times as often.
//!
//! Where only so much may be sent, what is left over stays different from what is shown, and comes with
//! a later frame: a sweep over the screen goes on where it stopped, so nothing waits for ever.

use std::io;
use std::ops::Range;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::compose::compose;
use super::part::{Part, Placed};
use super::status::Status;
use super::theme::{Symbols, Theme};
use super::view_state::ViewState;
use super::widget::area_chart;
use crate::session::Session;

/// The terminal's cells as they are and as they are to be.
#[derive(Debug)]
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    /// Parts as they were last drawn, with their fingerprints.
    kept: Vec<(Placed, u64)>,
    /// What they were drawn with.
    drawn_with: Option<(Theme, &'static Symbols)>,
    blank: bool,
    /// Not everything that was drawn has been sent.
    behind: bool,
    /// The cell at which the sweep goes on.
    turn: usize,
}

/// What a frame may send.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// About so much; what the last cell needs beyond it, too.
    pub bytes: usize,
    /// A key was pressed: rows that say what it did go first.
    pub answers: bool,
}

impl Screen {
    /// A screen of this size, whatever the terminal shows.
    pub fn new(area: Rect) -> Self {
        let buffer = Buffer::empty(area);
        Self {
            shown: buffer.clone(),
            next: buffer,
            kept: Vec::new(),
            drawn_with: None,
            blank: false,
            behind: false,
            turn: 0,
        }
    }

    /// Its size.
    pub fn area(&self) -> Rect {
        self.next.area
    }

    /// What the terminal shows once everything sent has arrived.
    pub fn cells(&self) -> &Buffer {
        &self.shown
    }

    /// The next frame that may not send everything begins at the top.
    pub fn begin_at_top(&mut self) {
        self.turn = 0;
    }

    /// Appends to `out` what makes the terminal show this state.
    pub fn update(
        &mut self,
        session: &Session,
        view: &ViewState,
        status: &Status,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.update_within(session, view, status, None, out).map(drop)
    }

    /// Appends to `out` what brings the terminal nearer to this state, in so much room; whether it
    /// shows all of it then.
    pub fn update_within(
        &mut self,
        session: &Session,
        view: &ViewState,
        status: &Status,
        room: Option<Room>,
        out: &mut Vec<u8>,
    ) -> io::Result<bool> {
        if room.is_none() && std::mem::take(&mut self.behind) {
            self.kept.clear();
        }
        let drawn_with = Some((view.theme, view.symbols));
        if self.drawn_with != drawn_with {
            self.drawn_with = drawn_with;
            self.kept.clear();
        }
        let mut kept = Vec::with_capacity(self.kept.len());
        let mut parts = compose(session, view, self.area());
        let answers = room.filter(|room| room.answers).map(|_| self.answers(&parts));
        let mut covered = false;
        parts.retain(|part| match part.fingerprint(session, view, status) {
            None => true,
            Some(print) => {
                kept.push((*part, print));
                let stale = covered || !self.kept.contains(&(*part, print));
                covered |= stale && part.lies_below();
                stale
            }
        });
        self.kept = kept;
        let Some(room) = room else {
            return self.send(&parts, (session, view, status), out).map(|()| true);
        };
        let mut backend = self.draw(&parts, (session, view, status), out)?;
        let cells = self.choose(room.bytes, answers.unwrap_or_default());
        let cell = |at: usize| {
            let (x, y) = self.next.pos_of(at);
            (x, y, &self.next.content[at])
        };
        backend.draw(cells.into_iter().map(cell))?;
        Ok(!self.behind)
    }

    /// The same for the charts alone: nothing else has changed.
    pub fn update_charts(
        &mut self,
        session: &Session,
        view: &ViewState,
        status: &Status,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut parts = compose(session, view, self.area());
        parts.retain(Placed::is_chart);
        for part in &parts {
            if let Some(print) = part.fingerprint(session, view, status) {
                self.kept.retain(|(kept, _)| kept != part);
                self.kept.push((*part, print));
            }
        }
        self.send(&parts, (session, view, status), out)
    }

    /// How many cells of time the chart has, where there is one.
    pub fn moments(&self) -> Option<u16> {
        let plot = self.kept.iter().find(|(part, _)| part.is_chart())?;
        Some(area_chart::plot(plot.0.area).width)
    }

    /// Draws parts and sends what differs.
    fn send(
        &mut self,
        parts: &[Placed],
        (session, view, status): (&Session, &ViewState, &Status),
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut backend = self.draw(parts, (session, view, status), out)?;
        let stale = || parts.iter().flat_map(|part| rows(part.area, self.next.area));
        let (shown, next) = (&self.shown, &self.next);
        backend.draw(stale().flat_map(|row| Changes { shown, next, row, forced: false }))?;
        for row in stale() {
            self.shown.content[row.clone()].clone_from_slice(&self.next.content[row]);
        }
        Ok(())
    }

    /// Draws parts; what sends them.
    fn draw<'a>(
        &mut self,
        parts: &[Placed],
        (session, view, status): (&Session, &ViewState, &Status),
        out: &'a mut Vec<u8>,
    ) -> io::Result<CrosstermBackend<&'a mut Vec<u8>>> {
        let mut backend = CrosstermBackend::new(out);
        if !std::mem::replace(&mut self.blank, true) {
            backend.clear()?;
        }
        for part in parts {
            for row in rows(part.area, self.next.area) {
                self.next.content[row].fill(Cell::EMPTY);
            }
            part.draw(session, view, status, &mut self.next);
        }
        Ok(backend)
    }

    /// Where keys are answered, the most telling first: message, prompt or footer, palette, header.
    fn answers(&self, parts: &[Placed]) -> Vec<Range<usize>> {
        let area = self.area();
        let first = Rect { height: area.height.min(1), ..area };
        let last = Rect { y: area.bottom() - first.height, ..first };
        let place =
            |part| parts.iter().find(|placed| placed.part == part).map(|placed| placed.area);
        let areas = [place(Part::Notice), Some(last), place(Part::Palette), Some(first)];
        areas.into_iter().flatten().flat_map(|answering| rows(answering, area)).collect()
    }

    /// Chooses cells to send, and takes them for shown.
    fn choose(&mut self, bytes: usize, answers: Vec<Range<usize>>) -> Vec<usize> {
        let mut chosen = Chosen::within(bytes);
        let turn = self.boundary(self.turn);
        let width = usize::from(self.area().width).max(1);
        let (above, below) = (turn / width * width, (turn / width + 1) * width);
        let end = self.next.content.len();
        let whole =
            |from: usize, to: usize| (from..to).step_by(width).map(move |at| at..at + width);
        let sweep = std::iter::once(turn..below.min(end))
            .chain(whole(below, end))
            .chain(whole(0, above))
            .chain(std::iter::once(above..turn));
        let answered = answers.into_iter().all(|row| self.choose_of(row, &mut chosen).is_none());
        let stopped = if answered {
            sweep.into_iter().find_map(|row| self.choose_of(row, &mut chosen))
        } else {
            Some(turn)
        };
        self.behind = stopped.is_some();
        self.turn = stopped.unwrap_or(0);
        chosen.cells
    }

    /// Chooses cells of a row; the first one that there was no room for.
    fn choose_of(&mut self, row: Range<usize>, chosen: &mut Chosen) -> Option<usize> {
        let (shown, next, end) = (&self.shown, &self.next, row.end);
        let mut changes = Changes { shown, next, row, forced: false };
        let before = chosen.cells.len();
        let stopped = loop {
            let forced = changes.forced;
            let Some((x, y, cell)) = changes.next() else { break None };
            let at = next.index_of(x, y);
            if !chosen.takes(at, cell) && !forced {
                break Some(at);
            }
            chosen.add(at, cell);
        };
        for &at in &chosen.cells[before..] {
            let covered = is_wide(&self.next.content[at]) && at + 1 < end;
            let cells = at..at + 1 + usize::from(covered);
            self.shown.content[cells.clone()].clone_from_slice(&self.next.content[cells]);
        }
        stopped
    }

    /// The beginning of the character at this cell, as it is and as it is to be.
    fn boundary(&self, mut at: usize) -> usize {
        let width = usize::from(self.area().width).max(1);
        let wide = |at: usize| is_wide(&self.shown.content[at]) || is_wide(&self.next.content[at]);
        while !at.is_multiple_of(width) && wide(at - 1) {
            at -= 1;
        }
        at
    }
}

/// Cells that are to be sent, in order, and the room that is left.
struct Chosen {
    cells: Vec<usize>,
    room: usize,
    look: (Color, Color, Modifier),
}

/// What the backend writes at most, about: to go elsewhere, to change the look but for its colours, to
/// end.
const MOVE: usize = 8;
const MODIFIER: usize = 8;
const END: usize = 14;

/// The same for a colour.
fn colour(colour: Color) -> usize {
    match colour {
        Color::Reset => 4,
        Color::Rgb(..) => 18,
        _ => 10,
    }
}

impl Chosen {
    fn within(bytes: usize) -> Self {
        let look = (Color::Reset, Color::Reset, Modifier::empty());
        Self { cells: Vec::new(), room: bytes.saturating_sub(END), look }
    }

    fn cost(&self, at: usize, cell: &Cell) -> usize {
        let (fg, bg, modifier) = self.look;
        let elsewhere = self.cells.last().is_none_or(|last| last + 1 != at);
        cell.symbol().len()
            + if elsewhere { MOVE } else { 0 }
            + if (cell.fg, cell.bg) == (fg, bg) { 0 } else { colour(cell.fg) + colour(cell.bg) }
            + if cell.modifier == modifier { 0 } else { MODIFIER }
    }

    /// Whether there is room for it; for the first one always is.
    fn takes(&self, at: usize, cell: &Cell) -> bool {
        self.cells.is_empty() || self.cost(at, cell) <= self.room
    }

    fn add(&mut self, at: usize, cell: &Cell) {
        self.room = self.room.saturating_sub(self.cost(at, cell));
        self.look = (cell.fg, cell.bg, cell.modifier);
        self.cells.push(at);
    }
}

/// The cells of each row of `area`, as places in a buffer's content.
fn rows(area: Rect, buffer: Rect) -> impl Iterator<Item = Range<usize>> {
    let area = area.intersection(buffer);
    let width = usize::from(buffer.width);
    // One that lies beside the buffer still has a height.
    let rows = if area.is_empty() { 0..0 } else { area.top()..area.bottom() };
    rows.map(move |y| {
        let left = usize::from(y - buffer.y) * width + usize::from(area.x - buffer.x);
        left..left + usize::from(area.width)
    })
}

/// The cells of a row that have to be sent.
struct Changes<'a> {
    shown: &'a Buffer,
    next: &'a Buffer,
    row: Range<usize>,
    /// A wide character stood here: what is behind it is no longer on the terminal.
    forced: bool,
}

impl<'a> Iterator for Changes<'a> {
    type Item = (u16, u16, &'a Cell);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.row.next()?;
            let (old, new) = (&self.shown.content[at], &self.next.content[at]);
            let same = !std::mem::take(&mut self.forced) && old == new;
            let wide = is_wide(new);
            if wide {
                // The cell behind it is covered by it.
                self.row.next();
            }
            if same {
                continue;
            }
            self.forced = !wide && is_wide(old);
            let (x, y) = self.next.pos_of(at);
            return Some((x, y, new));
        }
    }
}

fn is_wide(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() > 1 && symbol.width() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(old: &str, new: &str) -> String {
        let (shown, next) = (Buffer::with_lines([old]), Buffer::with_lines([new]));
        let row = 0..next.content.len();
        let changes = Changes { shown: &shown, next: &next, row, forced: false };
        changes.fold(String::new(), |sent, (x, _, cell)| sent + &format!("{x}{}", cell.symbol()))
    }

    #[test]
    fn only_what_differs_is_sent() {
        assert_eq!(sent("abcd", "abXd"), "2X");
        assert_eq!(sent("abcd", "abcd"), "");
    }

    #[test]
    fn wide_characters_cover_two_cells() {
        assert_eq!(sent("abcd", "a\u{6f22}d"), "1\u{6f22}");
        assert_eq!(sent("a\u{6f22}d", "abcd"), "1b2c");
    }
}
