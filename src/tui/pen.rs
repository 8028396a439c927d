//! Writes formatted text straight into cells: what is drawn every tick does not allocate.

use std::fmt::{self, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthChar;

/// Tells that something has no room.
pub const LEFT_OUT: char = '~';

/// A place on one row of an area; text moves it right and is cut at the edge.
pub struct Pen<'a> {
    buf: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
    style: Style,
}

impl<'a> Pen<'a> {
    /// At the left end of row `row` of `area`; draws nothing when the row is outside.
    pub fn at(buf: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(buf.area);
        let end = if row < area.height { area.right() } else { area.left() };
        Self { x: area.left(), y: area.top().saturating_add(row), end, buf, style: Style::new() }
    }

    /// Writes in `style`.
    pub fn put(&mut self, style: Style, text: fmt::Arguments<'_>) -> &mut Self {
        self.style = style;
        // Cells take anything: what does not fit is cut.
        let _ = self.write_fmt(text);
        self
    }

    /// Writes all of it, or a sign, where there is a cell for it, that it is left out with whatever comes
    /// behind it: half a figure is a wrong one.
    pub fn put_whole(&mut self, style: Style, text: fmt::Arguments<'_>) -> &mut Self {
        let mut width = Width(0);
        let _ = width.write_fmt(text);
        if width.0 <= usize::from(self.room()) {
            return self.put(style, text);
        }
        let blank = if self.room() > 1 { " " } else { "" };
        self.put(style, format_args!("{blank}{LEFT_OUT}"));
        self.x = self.end;
        self
    }

    /// Moves right to column `at` of the screen; never back over what is written.
    pub fn column(&mut self, at: u16) -> &mut Self {
        self.x = self.x.max(at).min(self.end);
        self
    }

    /// Cells left on this row.
    pub fn room(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Fills the next `cells` with `symbol(i)`.
    pub fn fill(&mut self, cells: u16, mut symbol: impl FnMut(u16) -> (char, Style)) -> &mut Self {
        for i in 0..cells.min(self.room()) {
            let (c, style) = symbol(i);
            self.style = style;
            self.cell(c, 1);
        }
        self
    }

    fn cell(&mut self, c: char, width: u16) {
        if self.x + width > self.end {
            self.x = self.end;
            return;
        }
        if let Some(cell) = self.buf.cell_mut((self.x, self.y)) {
            cell.set_char(c).set_style(self.style);
        }
        for x in self.x + 1..self.x + width {
            if let Some(cell) = self.buf.cell_mut((x, self.y)) {
                cell.reset();
            }
        }
        self.x += width;
    }
}

/// Counts the cells of a text.
struct Width(usize);

impl fmt::Write for Width {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().map(|c| c.width().unwrap_or(1)).sum::<usize>();
        Ok(())
    }
}

impl fmt::Write for Pen<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c.width() {
                None => self.cell('\u{fffd}', 1),
                Some(0) => {}
                Some(width) => self.cell(c, width as u16),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_the_edge_and_control_characters_are_replaced() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 5, 1));
        let area = buf.area;
        Pen::at(&mut buf, area, 0).put(Style::new(), format_args!("a\x1bb{}", "cdef"));
        assert_eq!(buf, Buffer::with_lines(["a\u{fffd}bcd"]));
    }

    #[test]
    fn what_has_no_room_is_left_out_whole() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        let area = buf.area;
        let mut pen = Pen::at(&mut buf, area, 0);
        for (word, number) in [("a", 1), ("b", 41), ("c", 2)] {
            pen.put_whole(Style::new(), format_args!(" {word}{number}"));
        }
        assert_eq!(buf, Buffer::with_lines([" a1 ~ "]));
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
        for area in [Rect::new(0, 0, 3, 1), Rect::new(0, 0, 0, 0), Rect::new(7, 7, 9, 9)] {
            Pen::at(&mut buf, area, 1).put(Style::new(), format_args!("xyz"));
        }
        assert_eq!(buf, Buffer::with_lines(["   "]));
    }
}
