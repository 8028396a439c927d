//! The screen's rows, given out to its parts.

use ratatui::layout::Rect;

/// Gives out rows of an area from both ends.
pub struct Rows {
    area: Rect,
    top: u16,
    bottom: u16,
}

impl Rows {
    /// All of them.
    pub fn of(area: Rect) -> Self {
        Self { area, top: 0, bottom: area.height }
    }

    /// The next ones from above, as many as there are.
    pub fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.bottom - self.top);
        let taken = Rect { y: self.area.y + self.top, height: rows, ..self.area };
        self.top += rows;
        taken
    }

    /// The next ones from below.
    pub fn take_last(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.bottom - self.top);
        self.bottom -= rows;
        Rect { y: self.area.y + self.bottom, height: rows, ..self.area }
    }

    /// How many are left.
    pub fn left(&self) -> u16 {
        self.bottom - self.top
    }

    /// All that are left.
    pub fn rest(&mut self) -> Rect {
        self.take(self.bottom - self.top)
    }
}
