//! Rates over time as a filled area, with round rates and the ceiling drawn across and trials told
//! apart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::rate_axis::RateAxis;
use crate::tui::pen::Pen;
use crate::tui::theme::{Symbols, Theme};
use crate::units::{BitsPerSec, RateUnit};

/// What one cell of time shows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bar {
    /// Mean rates of its halves in bit/s; `None` is a gap.
    pub halves: [Option<f64>; 2],
    /// What the wire could carry then, in bit/s.
    pub ceiling: Option<f64>,
    /// It lies in a trial.
    pub in_trial: bool,
}

impl Bar {
    /// What is measured of it: half a cell's gap is filled from the other half.
    fn filled(&self) -> Option<[f64; 2]> {
        match self.halves {
            [Some(left), Some(right)] => Some([left, right]),
            [Some(one), None] | [None, Some(one)] => Some([one, one]),
            [None, None] => None,
        }
    }
}

/// How the chart is scaled and drawn.
pub struct Scale<'a> {
    /// Which rates its height stands for.
    pub axis: RateAxis,
    /// How labels are written.
    pub unit: RateUnit,
    /// Symbols.
    pub symbols: &'a Symbols,
    /// Styles.
    pub theme: Theme,
}

/// Width of the labels at the left, the axis included.
pub const LABELS: u16 = 12;
/// From this width on there is a word on the ceiling's line.
const WORDY: u16 = 24;

/// The part of `area` that has cells of time in it.
pub fn plot(area: Rect) -> Rect {
    Rect { x: area.x + LABELS.min(area.width), width: area.width.saturating_sub(LABELS), ..area }
}

/// Draws labels and one bar a cell, newest at the right edge; `bars` are as many as
/// `area.width - LABELS`, further ones at the left are not drawn.
pub fn draw(buf: &mut Buffer, area: Rect, bars: &[Bar], scale: &Scale<'_>) {
    if area.is_empty() {
        return;
    }
    draw_labels(buf, area, scale);
    let plot = plot(area);
    let bars = &bars[bars.len().saturating_sub(usize::from(plot.width))..];
    let left = plot.right() - bars.len() as u16;
    for (x, bar) in (left..).zip(bars) {
        draw_ceiling(buf, plot, x, *bar, scale);
        draw_bar(buf, plot, x, *bar, scale);
    }
}

/// Draws rates as points, one a cell from `left` on, over what is there: inverted where the area
/// fills a cell. Those above the chart are not drawn.
pub fn draw_points(
    buf: &mut Buffer,
    plot: Rect,
    left: u16,
    rates: impl Iterator<Item = Option<f64>>,
    scale: &Scale<'_>,
    (symbol, style): (char, Style),
) {
    let full = scale.symbols.levels[scale.symbols.levels.len() - 1];
    for (x, rate) in (left..plot.width).zip(rates) {
        let rate = rate.filter(|rate| *rate > 0.0);
        let row = rate.and_then(|rate| scale.axis.row_of(rate, plot.height));
        let cell = row.and_then(|row| buf.cell_mut((plot.x + x, plot.y + row)));
        if let Some(cell) = cell {
            let inside = cell.symbol().chars().eq([full]);
            let inverted = Style::new().add_modifier(Modifier::REVERSED);
            cell.set_char(symbol).set_style(if inside { inverted } else { style });
        }
    }
}

/// Draws a line down through cell `x` of the plot: above the area, and inverted in it; the cell
/// that it fills in part stays.
pub fn draw_cross(buf: &mut Buffer, plot: Rect, x: u16, bar: Option<&Bar>, scale: &Scale<'_>) {
    let highest = bar.and_then(Bar::filled).map_or(0.0, |[left, right]| left.max(right));
    let (filled, full) = (filled(highest, plot.height, scale), scale.symbols.levels.len());
    for row in 0..plot.height {
        let from_below = usize::from(plot.height - 1 - row) * full;
        let Some(cell) = buf.cell_mut((plot.x + x, plot.y + row)) else { continue };
        if filled >= from_below + full {
            // A full cell that is only inverted looks empty.
            cell.set_char(scale.symbols.axis);
            cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
        } else if filled <= from_below {
            let style = Style::reset().patch(scale.theme.strong());
            cell.set_char(scale.symbols.axis).set_style(style);
        }
    }
}

/// Moves the ceiling's line to where it was then.
fn draw_ceiling(buf: &mut Buffer, plot: Rect, x: u16, bar: Bar, scale: &Scale<'_>) {
    let row = |rate: Option<f64>| scale.axis.row_of(rate?, plot.height);
    let (now, then) = (scale.axis.ceiling, bar.ceiling);
    if now.is_none() || row(now) == row(then) {
        return;
    }
    let line = scale.symbols.ceiling;
    // The word on the line stays.
    let drawn = row(now).and_then(|row| buf.cell_mut((x, plot.y + row)));
    if let Some(cell) = drawn.filter(|cell| cell.symbol().chars().eq([line])) {
        cell.reset();
    }
    if let Some(cell) = row(then).and_then(|row| buf.cell_mut((x, plot.y + row))) {
        cell.set_char(line).set_style(Style::reset().patch(scale.theme.ceiling()));
    }
}

fn draw_bar(buf: &mut Buffer, plot: Rect, x: u16, bar: Bar, scale: &Scale<'_>) {
    let symbols = scale.symbols;
    let style = if bar.in_trial { scale.theme.trial() } else { scale.theme.traffic() };
    let Some(rates) = bar.filled() else {
        let row = plot.height.saturating_sub(1);
        if let Some(cell) = buf.cell_mut((x, plot.y + row)) {
            cell.set_char(symbols.gap).set_style(scale.theme.warning());
        }
        return;
    };
    let filled = rates.map(|rate| filled(rate, plot.height, scale));
    for row in 0..plot.height {
        let from_below = usize::from(plot.height - 1 - row) * symbols.levels.len();
        let [left, right] =
            filled.map(|filled| filled.saturating_sub(from_below).min(symbols.levels.len()));
        let symbol = match symbols.halves.get(left).and_then(|of_left| of_left.get(right)) {
            _ if left.max(right) == 0 => continue,
            Some(symbol) => *symbol,
            None => symbols.levels[left.max(right) - 1],
        };
        if let Some(cell) = buf.cell_mut((x, plot.y + row)) {
            cell.set_char(symbol).set_style(style);
        }
    }
}

/// Levels of cells that a rate fills from below; what is above zero fills one.
fn filled(rate: f64, height: u16, scale: &Scale<'_>) -> usize {
    let levels = scale.symbols.levels.len() as f64;
    let filled = (scale.axis.part(rate) * f64::from(height) * levels).round().max(0.0) as usize;
    if rate > 0.0 { filled.max(1) } else { filled }
}

/// Round rates at the left, and the ceiling's own, with a line across for each.
fn draw_labels(buf: &mut Buffer, area: Rect, scale: &Scale<'_>) {
    let (theme, symbols, plot) = (scale.theme, scale.symbols, plot(area));
    let ceiling = scale.axis.ceiling;
    let ceiling_row = ceiling.and_then(|rate| scale.axis.row_of(rate, area.height));
    for row in 0..area.height {
        let of_ceiling = ceiling.filter(|_| ceiling_row == Some(row));
        let round = scale.axis.mark_at(row, area.height);
        let (style, line) = match of_ceiling {
            Some(_) => (theme.ceiling(), Some(symbols.ceiling)),
            None => (theme.faint(), round.filter(|_| row + 1 < area.height).map(|_| symbols.grid)),
        };
        let mut pen = Pen::at(buf, area, row);
        if let Some(rate) = of_ceiling.or(round) {
            let label = BitsPerSec(rate).in_unit(scale.unit);
            pen.put(style, format_args!("{label:>11}"));
        }
        pen.column(area.x + LABELS - 1).put(theme.faint(), format_args!("{}", symbols.axis));
        if let Some(line) = line {
            pen.fill(plot.width, |_| (line, style));
        }
        if of_ceiling.is_some() && plot.width >= WORDY {
            Pen::at(buf, plot, row).column(plot.x + 1).put(style, format_args!(" attainable "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{ASCII, BLOCK, BRAILLE};

    const CEILING: Option<f64> = Some(7.5e9);

    fn scale(symbols: &Symbols, height: u16) -> Scale<'_> {
        Scale {
            axis: RateAxis::linear(8e9, CEILING, height, RateUnit::Bits),
            unit: RateUnit::Bits,
            symbols,
            theme: Theme::new(false),
        }
    }

    fn chart(symbols: &Symbols, width: u16, height: u16, bars: &[Bar]) -> Vec<String> {
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buf.area;
        draw(&mut buf, area, bars, &scale(symbols, height));
        lines(&buf)
    }

    fn lines(buf: &Buffer) -> Vec<String> {
        let Rect { width, height, .. } = buf.area;
        (0..height)
            .map(|y| (LABELS.min(width)..width).map(|x| buf[(x, y)].symbol()).collect())
            .collect()
    }

    const RATES: [Option<f64>; 5] = [Some(8e9), Some(0.0), None, Some(1e6), Some(3e9)];

    fn bars(rates: &[Option<f64>]) -> Vec<Bar> {
        let bar =
            |rate: &Option<f64>| Bar { halves: [*rate; 2], ceiling: CEILING, in_trial: false };
        rates.iter().map(bar).collect()
    }

    #[test]
    fn bars_grow_from_below_under_the_ceiling_and_a_gap_is_not_zero() {
        let bars = bars(&RATES);
        assert_eq!(chart(&BLOCK, 18, 4, &bars), ["╌█╌╌╌╌", "┈█┈┈┈┈", " █   ▄", " █ ·▁█"]);
        assert_eq!(chart(&ASCII, 18, 4, &bars), ["-#----", ".#....", " #   :", " # ?_#"]);
        assert_eq!(chart(&BRAILLE, 18, 4, &bars), ["╌⣿╌╌╌╌", "┈⣿┈┈┈┈", " ⣿   ⣤", " ⣿ ·⣀⣿"]);
    }

    #[test]
    fn the_ceiling_is_what_it_was_then() {
        let mut bars = bars(&RATES);
        bars[0].ceiling = Some(3.9e9);
        bars[1].ceiling = Some(3.9e9);
        bars[2].ceiling = None;
        assert_eq!(chart(&ASCII, 17, 4, &bars), ["#  --", "#....", "#-  :", "# ?_#"]);
    }

    #[test]
    fn braille_has_two_columns_a_cell_and_four_levels() {
        let bar = |left, right| Bar { halves: [left, right], ceiling: CEILING, in_trial: false };
        let bars = [
            bar(Some(0.5e9), Some(1e9)),
            bar(Some(4e9), Some(1.5e9)),
            bar(Some(0.0), Some(2e9)),
            bar(Some(3e9), Some(0.0)),
            bar(None, Some(1e9)),
            bar(None, None),
        ];
        assert_eq!(chart(&BRAILLE, 18, 4, &bars), ["╌╌╌╌╌╌", "┈┈┈┈┈┈", " ⡇ ⡄  ", "⣠⣷⢸⡇⣤·"]);
    }

    #[test]
    fn a_line_goes_down_where_rates_are_read() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 18, 4));
        let (area, bars) = (buf.area, bars(&RATES));
        let scale = scale(&BLOCK, 4);
        draw(&mut buf, area, &bars, &scale);
        for (x, bar) in [(2, &bars[1]), (5, &bars[4])] {
            draw_cross(&mut buf, plot(area), x, Some(bar), &scale);
        }
        assert_eq!(lines(&buf), ["╌█│╌╌│", "┈█│┈┈│", " █│  ▄", " █│·▁│"]);
        let reversed = |y| buf[(17, y)].modifier.contains(Modifier::REVERSED);
        assert_eq!([0, 1, 2, 3].map(reversed), [false, false, false, true]);
    }

    #[test]
    fn points_are_laid_over_the_area() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 18, 4));
        let (area, bars) = (buf.area, bars(&RATES));
        let scale = scale(&ASCII, 4);
        draw(&mut buf, area, &bars, &scale);
        let rates = [Some(3e9), None, Some(7e9), Some(0.0), Some(9e9), Some(1e9), Some(1e9)];
        let point = ('o', Style::new());
        draw_points(&mut buf, plot(area), 0, rates.into_iter(), &scale, point);
        assert_eq!(lines(&buf), ["-#o---", ".#....", "o#   :", " # ?_o"]);
        let inverted = |x, y| buf[(x, y)].modifier.contains(Modifier::REVERSED);
        assert!(inverted(17, 3) && !inverted(14, 0));
    }

    #[test]
    fn no_size_makes_it_panic() {
        for symbols in [&BLOCK, &BRAILLE, &ASCII] {
            for (width, height) in [(0, 0), (1, 1), (12, 1), (13, 1), (200, 1), (14, 60), (60, 9)] {
                chart(symbols, width, height, &bars(&RATES));
                let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                let plot = plot(buf.area);
                draw_cross(&mut buf, plot, 3, None, &scale(symbols, height));
            }
        }
    }
}
