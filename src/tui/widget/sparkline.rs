//! Rates on one row, newest at the right edge.

use ratatui::style::Style;

use crate::tui::pen::Pen;
use crate::tui::theme::Symbols;

/// Draws one cell a rate; `None` is a missing sample, drawn apart from a rate of zero. `top` is the
/// rate of a full cell; what is above it is drawn full.
pub fn draw(
    pen: &mut Pen<'_>,
    rates: impl ExactSizeIterator<Item = Option<f64>>,
    top: f64,
    symbols: &Symbols,
    style: Style,
) {
    let cells = rates.len() as u16;
    // A full cell would touch the row above.
    let levels = match symbols.levels {
        [lower @ .., _] if lower.len() >= FINE => lower,
        levels => levels,
    };
    let mut rates = rates;
    pen.fill(cells, |_| {
        let symbol = match rates.next().flatten() {
            None => symbols.gap,
            Some(rate) => level(rate, top, levels),
        };
        (symbol, style)
    });
}

/// So many levels are enough without the full one.
const FINE: usize = 7;

/// The symbol for `rate`; anything above zero shows.
fn level(rate: f64, top: f64, levels: &[char]) -> char {
    if rate <= 0.0 || top <= 0.0 {
        return ' ';
    }
    let filled = (rate / top * levels.len() as f64).ceil() as usize;
    levels[filled.clamp(1, levels.len()) - 1]
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::tui::theme::{ASCII, BLOCK};

    fn drawn(symbols: &Symbols) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        let area = buf.area;
        let rates = [Some(0.0), None, Some(4e9), Some(8e9), Some(9e9)].into_iter();
        draw(&mut Pen::at(&mut buf, area, 0), rates, 8e9, symbols, Style::new());
        buf
    }

    #[test]
    fn a_missing_sample_is_not_drawn_as_zero() {
        assert_eq!(drawn(&BLOCK), Buffer::with_lines([" ·▄▇▇ "]));
        assert_eq!(drawn(&ASCII), Buffer::with_lines([" ?:## "]));
    }
}
