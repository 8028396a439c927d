//! A horizontal gauge with parts: a team's use of its capacity, member by member.

use ratatui::style::Style;

use crate::tui::pen::Pen;
use crate::tui::theme::Symbols;

/// Draws `cells` cells that stand for `whole`; each part is a share of it, drawn with its symbol
/// and style. Parts keep their order and are clipped at the end.
pub fn draw(
    pen: &mut Pen<'_>,
    cells: u16,
    whole: f64,
    parts: impl Iterator<Item = (f64, char, Style)>,
    symbols: &Symbols,
    empty: Style,
) {
    let cells = cells.min(pen.room());
    let per_cell = f64::from(cells) / whole.max(f64::MIN_POSITIVE);
    let (mut sum, mut drawn) = (0.0, 0u16);
    for (part, symbol, style) in parts.filter(|(part, ..)| *part > 0.0) {
        sum += part;
        let end = ((sum * per_cell).round() as u16).clamp(drawn, cells);
        pen.fill(end - drawn, |_| (symbol, style));
        drawn = end;
    }
    pen.fill(cells - drawn, |_| (symbols.empty, empty));
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::tui::theme::ASCII;

    fn drawn(parts: &[(f64, char)]) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 1));
        let area = buf.area;
        let parts = parts.iter().map(|(part, symbol)| (*part, *symbol, Style::new()));
        draw(&mut Pen::at(&mut buf, area, 0), 10, 20.0, parts, &ASCII, Style::new());
        buf
    }

    #[test]
    fn parts_stand_side_by_side() {
        assert_eq!(drawn(&[(10.0, '#'), (4.0, '=')]), Buffer::with_lines(["#####==..."]));
    }

    #[test]
    fn more_than_the_whole_is_clipped_and_next_to_nothing_is_nothing() {
        assert_eq!(drawn(&[(25.0, '#'), (4.0, '=')]), Buffer::with_lines(["##########"]));
        assert_eq!(drawn(&[(0.01, '#')]), Buffer::with_lines([".........."]));
        assert_eq!(drawn(&[(0.0, '#')]), Buffer::with_lines([".........."]));
    }
}
