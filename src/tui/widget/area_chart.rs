//! Rates over time as a filled area, with the ceiling drawn across and trials told apart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::plot::scale::round_up;
use crate::tui::pen::Pen;
use crate::tui::theme::{Symbols, Theme};
use crate::units::{BitsPerSec, RateUnit};

/// What one column shows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bar {
    /// Mean rate in bit/s; `None` is a gap.
    pub rate: Option<f64>,
    /// It lies in a trial.
    pub in_trial: bool,
}

/// How the chart is scaled and drawn.
pub struct Scale<'a> {
    /// Rate at the upper edge, bit/s.
    pub top: f64,
    /// What the wire can carry, bit/s.
    pub ceiling: Option<f64>,
    /// How labels are written.
    pub unit: RateUnit,
    /// Symbols.
    pub symbols: &'a Symbols,
    /// Styles.
    pub theme: Theme,
}

/// Width of the labels at the left, the axis included.
pub const LABELS: u16 = 12;

/// A round rate at or a little above `rate`: 1, 1.5, 2, 3, 5 or 8 times a power of ten.
pub fn round_top(rate: f64) -> f64 {
    round_up(rate.max(1_000.0), &[1.0, 1.5, 2.0, 3.0, 5.0, 8.0])
}

/// Draws labels and one bar a column, newest at the right edge; `bars` are as many as
/// `area.width - LABELS`, further ones at the left are not drawn.
pub fn draw(buf: &mut Buffer, area: Rect, bars: &[Bar], scale: &Scale<'_>) {
    if area.is_empty() {
        return;
    }
    draw_labels(buf, area, scale);
    let plot = Rect {
        x: area.x + LABELS.min(area.width),
        width: area.width.saturating_sub(LABELS),
        ..area
    };
    let bars = &bars[bars.len().saturating_sub(usize::from(plot.width))..];
    let left = plot.right() - bars.len() as u16;
    let ceiling_row = scale.ceiling.and_then(|ceiling| row_of(ceiling, scale.top, plot.height));
    if let Some(row) = ceiling_row {
        let line = |_| (scale.symbols.ceiling, scale.theme.ceiling());
        Pen::at(buf, plot, row).fill(plot.width, line);
    }
    for (x, bar) in (left..).zip(bars) {
        draw_bar(buf, plot, x, *bar, scale);
    }
}

fn draw_bar(buf: &mut Buffer, plot: Rect, x: u16, bar: Bar, scale: &Scale<'_>) {
    let levels = scale.symbols.levels;
    let style = if bar.in_trial { scale.theme.trial() } else { scale.theme.traffic() };
    let height = bar.rate.map_or(0.0, |rate| rate / scale.top * f64::from(plot.height));
    let filled = (height * levels.len() as f64).round().max(0.0) as usize;
    let filled = if bar.rate.is_some_and(|rate| rate > 0.0) { filled.max(1) } else { filled };
    for row in 0..plot.height {
        let from_below = usize::from(plot.height - 1 - row);
        let in_cell = filled.saturating_sub(from_below * levels.len()).min(levels.len());
        let (symbol, style) = match (in_cell, bar.rate) {
            (0, None) if row + 1 == plot.height => (scale.symbols.gap, scale.theme.warning()),
            (0, _) => continue,
            (level, _) => (levels[level - 1], style),
        };
        if let Some(cell) = buf.cell_mut((x, plot.y + row)) {
            cell.set_char(symbol).set_style(style);
        }
    }
}

/// The row of a plot `height` rows high that `rate` falls in; `None` when it is above.
fn row_of(rate: f64, top: f64, height: u16) -> Option<u16> {
    let from_below = (rate / top * f64::from(height)).ceil() as u16;
    height.checked_sub(from_below.max(1))
}

/// Round rates at the left, and the ceiling's own.
fn draw_labels(buf: &mut Buffer, area: Rect, scale: &Scale<'_>) {
    let theme = scale.theme;
    let steps = if area.height >= 12 { 4.0 } else { 2.0 };
    let step = round_top(scale.top / steps);
    let ceiling = scale.ceiling.and_then(|c| Some((row_of(c, scale.top, area.height)?, c)));
    for row in 0..area.height {
        let mut pen = Pen::at(buf, area, row);
        let round = (0..=steps as u32)
            .map(|n| step * f64::from(n))
            .find(|rate| *rate <= scale.top && row_of(*rate, scale.top, area.height) == Some(row));
        match (ceiling, round) {
            (Some((at, rate)), _) if at == row => {
                let label = BitsPerSec(rate).in_unit(scale.unit);
                pen.put(theme.ceiling(), format_args!("{label:>11}"));
            }
            (_, Some(rate)) => {
                let label = BitsPerSec(rate).in_unit(scale.unit);
                pen.put(theme.faint(), format_args!("{label:>11}"));
            }
            _ => {}
        }
        pen.column(area.x + LABELS - 1).put(theme.faint(), format_args!("{}", scale.symbols.axis));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ASCII, BLOCK};

    fn chart(symbols: &Symbols, width: u16, height: u16, rates: &[Option<f64>]) -> Vec<String> {
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        let bars: Vec<Bar> =
            rates.iter().map(|rate| Bar { rate: *rate, in_trial: false }).collect();
        let scale = Scale {
            top: 8e9,
            ceiling: Some(7.5e9),
            unit: RateUnit::Bits,
            symbols,
            theme: Theme::new(false),
        };
        let area = buf.area;
        draw(&mut buf, area, &bars, &scale);
        (0..height)
            .map(|y| (LABELS.min(width)..width).map(|x| buf[(x, y)].symbol()).collect())
            .collect()
    }

    const RATES: [Option<f64>; 5] = [Some(8e9), Some(0.0), None, Some(1e6), Some(3e9)];

    #[test]
    fn bars_grow_from_below_under_the_ceiling_and_a_gap_is_not_zero() {
        assert_eq!(chart(&BLOCK, 18, 4, &RATES), ["╌█╌╌╌╌", " █    ", " █   ▄", " █ ·▁█"]);
        assert_eq!(chart(&ASCII, 18, 4, &RATES), ["-#----", " #    ", " #   :", " # ?_#"]);
    }

    #[test]
    fn no_size_makes_it_panic() {
        for (width, height) in [(0, 0), (1, 1), (12, 1), (13, 1), (200, 1), (14, 60)] {
            chart(&BLOCK, width, height, &RATES);
        }
    }

    #[test]
    fn the_top_is_round_and_above() {
        for (rate, top) in [(9.844e9, 10e9), (1.2e6, 1.5e6), (0.0, 1_000.0)] {
            assert!((round_top(rate) - top).abs() < 1e-3, "{rate}");
        }
    }
}
