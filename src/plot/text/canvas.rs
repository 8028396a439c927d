//! An area of cells that points and lines are drawn into, finer than a cell where symbols allow.

use super::cells::Cells;
use super::{Spans, Symbols, Tone};

/// Points, lines and series' signs.
pub struct Canvas {
    width: usize,
    height: usize,
    symbols: Symbols,
    cells: Vec<Cell>,
}

#[derive(Clone, Default)]
struct Cell {
    /// Which of its finer points are set, as the symbols count them.
    points: u8,
    /// What the points are drawn with in ASCII.
    stroke: char,
    /// Of what set points last.
    tone: Option<Tone>,
    /// Which series have a sign here, a bit each.
    signed: u8,
    /// A character that lies below everything.
    below: Option<char>,
}

impl Canvas {
    pub fn new(width: usize, height: usize, symbols: Symbols) -> Self {
        Self { width, height, symbols, cells: vec![Cell::default(); width * height] }
    }

    /// How many points a cell has across and up.
    pub fn grain(&self) -> (usize, usize) {
        match self.symbols {
            Symbols::Braille => (2, 4),
            Symbols::Block => (1, 2),
            Symbols::Ascii => (1, 1),
        }
    }

    /// Points across the whole canvas.
    pub fn points_across(&self) -> usize {
        self.width * self.grain().0
    }

    fn cell(&mut self, column: usize, row: usize) -> Option<&mut Cell> {
        (column < self.width).then(|| self.cells.get_mut(row * self.width + column)).flatten()
    }

    /// Column and row, from above, of the finer point at `x` and `y`, both 0 to 1.
    fn point(&self, x: f64, y: f64) -> (usize, usize) {
        let (across, up) = self.grain();
        let on = |part: f64, points: usize| {
            (part.clamp(0.0, 1.0) * points.saturating_sub(1) as f64).round() as usize
        };
        (on(x, self.width * across), on(1.0 - y, self.height * up))
    }

    fn set(&mut self, (x, y): (usize, usize), tone: Tone, stroke: char) {
        let (across, up) = self.grain();
        let bit = match self.symbols {
            Symbols::Braille => BRAILLE[y % up][x % across],
            Symbols::Block => 1 << (y % up),
            Symbols::Ascii => 1,
        };
        if let Some(cell) = self.cell(x / across, y / up) {
            cell.points |= bit;
            (cell.tone, cell.stroke) = (Some(tone), stroke);
        }
    }

    /// A straight line between two places.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), tone: Tone, stroke: char) {
        let ((x0, y0), (x1, y1)) = (self.point(from.0, from.1), self.point(to.0, to.1));
        let steps = x0.abs_diff(x1).max(y0.abs_diff(y1)).max(1);
        for n in 0..=steps {
            let part = n as f64 / steps as f64;
            let at =
                |a: usize, b: usize| (a as f64 + (b as f64 - a as f64) * part).round() as usize;
            self.set((at(x0, x1), at(y0, y1)), tone, stroke);
        }
    }

    /// The sign of series `n` at a place, over all points.
    pub fn sign(&mut self, (x, y): (f64, f64), n: usize) {
        let (across, up) = self.grain();
        let (x, y) = self.point(x, y);
        if let Some(cell) = self.cell(x / across, y / up) {
            cell.signed |= 1 << (n % 8);
        }
    }

    /// A line across below everything.
    pub fn level(&mut self, y: f64, sign: char) {
        let row = self.row(y);
        for column in 0..self.width {
            if let Some(cell) = self.cell(column, row) {
                cell.below = Some(sign);
            }
        }
    }

    /// The row that `y` lies in.
    pub fn row(&self, y: f64) -> usize {
        self.point(0.0, y).1 / self.grain().1
    }

    /// Some cell holds the signs of several series.
    pub fn has_shared(&self) -> bool {
        self.cells.iter().any(|cell| cell.signed.count_ones() > 1)
    }

    /// Its rows from above.
    pub fn into_rows(self) -> impl Iterator<Item = Spans> {
        let (width, symbols) = (self.width, self.symbols);
        (0..self.height).map(move |row| {
            let mut line = Cells::blank(width);
            for (column, cell) in self.cells[row * width..(row + 1) * width].iter().enumerate() {
                if let Some((c, tone)) = cell.drawn(symbols) {
                    line.put(column, c, tone);
                }
            }
            line.into_spans()
        })
    }
}

/// Braille's points by row and column (Unicode 16, section 21.1: dots 1-3 and 7 at the left).
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Cell {
    fn drawn(&self, symbols: Symbols) -> Option<(char, Tone)> {
        let tone = self.tone.unwrap_or(Tone::Plain);
        match (self.signed.count_ones(), self.points) {
            (0, 0) => self.below.map(|c| (c, Tone::Faint)),
            (0, points) => Some((self.stroked(points, symbols), tone)),
            (1, _) => {
                let n = self.signed.trailing_zeros() as usize;
                Some((symbols.signs().series[n], Tone::Series(n)))
            }
            (several, _) => Some((char::from_digit(several, 10)?, Tone::Strong)),
        }
    }

    fn stroked(&self, points: u8, symbols: Symbols) -> char {
        match symbols {
            Symbols::Braille => char::from_u32(0x2800 + u32::from(points)).unwrap_or(' '),
            Symbols::Block => ['▀', '▄', '█'][usize::from(points.clamp(1, 3)) - 1],
            Symbols::Ascii => self.stroke,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(symbols: Symbols, draw: impl FnOnce(&mut Canvas)) -> Vec<String> {
        let mut canvas = Canvas::new(4, 2, symbols);
        draw(&mut canvas);
        let text = |spans: Spans| spans.into_iter().map(|(text, _)| text).collect();
        canvas.into_rows().map(text).collect()
    }

    #[test]
    fn a_rising_line_in_all_symbols() {
        let draw = |canvas: &mut Canvas| canvas.line((0.0, 0.0), (1.0, 1.0), Tone::Series(0), '.');
        assert_eq!(drawn(Symbols::Braille, draw), ["  ⡠⠊", "⡠⠊  "]);
        assert_eq!(drawn(Symbols::Block, draw), ["  ▄▀", "▄▀  "]);
        assert_eq!(drawn(Symbols::Ascii, draw), ["  ..", "..  "]);
    }

    #[test]
    fn signs_lie_above_lines_and_those_in_one_place_are_counted() {
        let rows = drawn(Symbols::Ascii, |canvas| {
            canvas.level(1.0, '-');
            canvas.line((0.0, 0.0), (1.0, 0.0), Tone::Series(0), '.');
            canvas.sign((0.0, 0.0), 1);
            canvas.sign((1.0, 0.0), 1);
            canvas.sign((1.0, 0.0), 2);
            assert!(canvas.has_shared());
        });
        assert_eq!(rows, ["----", "x..2"]);
    }
}
