//! A number in digits three rows high.

use ratatui::style::Style;

use crate::tui::pen::Pen;

/// Rows of a digit.
pub const ROWS: u16 = 3;
/// Cells of a digit without the gap behind it.
const WIDTH: usize = 3;

/// Which of a digit's 3 x 5 points are set, row by row from above.
const POINTS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b001, 0b001],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];
/// The same as the segments of a pocket calculator, in seven-bit characters.
const SEGMENTS: [[&str; 3]; 10] = [
    [" _ ", "| |", "|_|"],
    ["   ", "  |", "  |"],
    [" _ ", " _|", "|_ "],
    [" _ ", " _|", " _|"],
    ["   ", "|_|", "  |"],
    [" _ ", "|_ ", " _|"],
    [" _ ", "|_ ", "|_|"],
    [" _ ", "  |", "  |"],
    [" _ ", "|_|", "|_|"],
    [" _ ", "|_|", " _|"],
];

/// Draws row `row` of `number`, which is made of digits and a point; `halves` are the upper half of a
/// cell, the lower half and the whole of it, where there are such characters.
pub fn draw(pen: &mut Pen<'_>, row: u16, number: &str, halves: Option<[char; 3]>, style: Style) {
    let row = usize::from(row.min(ROWS - 1));
    for c in number.chars() {
        let Some(digit) = c.to_digit(10) else {
            let point = if row == 2 { halves.map_or('.', |[upper, ..]| upper) } else { ' ' };
            let point = if c == '.' { point } else { ' ' };
            pen.put(style, format_args!("{point} "));
            continue;
        };
        let (points, segments) = (POINTS[digit as usize], SEGMENTS[digit as usize]);
        for column in 0..WIDTH {
            let is_set = |line: usize| points.get(line).is_some_and(|l| l >> (2 - column) & 1 == 1);
            let symbol = match (halves, is_set(2 * row), is_set(2 * row + 1)) {
                (None, ..) => char::from(segments[row].as_bytes()[column]),
                (Some([upper, ..]), true, false) => upper,
                (Some([_, lower, _]), false, true) => lower,
                (Some([.., whole]), true, true) => whole,
                (Some(_), false, false) => ' ',
            };
            pen.put(style, format_args!("{symbol}"));
        }
        pen.put(style, format_args!(" "));
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    fn drawn(number: &str, halves: Option<[char; 3]>) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, 14, 3));
        let area = buf.area;
        for row in 0..ROWS {
            draw(&mut Pen::at(&mut buf, area, row), row, number, halves, Style::new());
        }
        buf
    }

    #[test]
    fn digits_are_three_rows_high() {
        let lines = ["▄█  █▀█   ▀▀█ ", " █  ▀▀█     █ ", "▀▀▀ ▀▀▀ ▀   ▀ "];
        assert_eq!(drawn("19.7", Some(['▀', '▄', '█'])), Buffer::with_lines(lines));
    }

    #[test]
    fn without_blocks_they_are_segments() {
        let lines = ["     _     _  ", "  | |_|     | ", "  |  _| .   | "];
        assert_eq!(drawn("19.7", None), Buffer::with_lines(lines));
    }
}
