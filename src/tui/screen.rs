//! What the terminal shows, and the least that has to be sent to change it.
//!
//! Only the parts that can have changed are drawn and compared: most of a screen is a chart that
//! gains a column a second, while the figures beside it change ten times as often.

use std::io;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::compose::compose;
use super::part::Placed;
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

    /// Appends to `out` what makes the terminal show this state.
    pub fn update(
        &mut self,
        session: &Session,
        view: &ViewState,
        status: &Status,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let drawn_with = Some((view.theme, view.symbols));
        if self.drawn_with != drawn_with {
            self.drawn_with = drawn_with;
            self.kept.clear();
        }
        let mut kept = Vec::with_capacity(self.kept.len());
        let mut parts = compose(session, view, self.area());
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
        self.send(&parts, (session, view, status), out)
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
        let stale = || parts.iter().flat_map(|part| rows(part.area, self.next.area));
        let (shown, next) = (&self.shown, &self.next);
        backend.draw(stale().flat_map(|row| Changes { shown, next, row, forced: false }))?;
        for row in stale() {
            self.shown.content[row.clone()].clone_from_slice(&self.next.content[row]);
        }
        Ok(())
    }
}

/// The cells of each row of `area`, as places in a buffer's content.
fn rows(area: Rect, buffer: Rect) -> impl Iterator<Item = std::ops::Range<usize>> {
    let area = area.intersection(buffer);
    let width = usize::from(buffer.width);
    (area.top()..area.bottom()).map(move |y| {
        let left = usize::from(y - buffer.y) * width + usize::from(area.x - buffer.x);
        left..left + usize::from(area.width)
    })
}

/// The cells of a row that have to be sent.
struct Changes<'a> {
    shown: &'a Buffer,
    next: &'a Buffer,
    row: std::ops::Range<usize>,
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
