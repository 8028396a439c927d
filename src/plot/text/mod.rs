//! A chart as lines of text, for terminals and plain files.
//!
//! No colours are chosen here: each piece of a line says what it is ([`Tone`]), and whoever shows it
//! may colour it. Nothing is told by the tone alone.

mod along;
mod canvas;
mod cells;
mod plane;
mod signs;

use unicode_width::UnicodeWidthStr;

use super::chart::{Chart, Plot};
use super::wrap::wrap;

/// What lines are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Braille patterns: the finest.
    Braille,
    /// Block elements: in nearly every font.
    Block,
    /// Seven-bit characters alone.
    Ascii,
}

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Axes, and what can be overlooked.
    Faint,
    /// Titles, and what matters most.
    Strong,
    /// Of the nth series, group or member.
    Series(usize),
    /// What needs attention.
    Warning,
}

/// One line: pieces from left to right.
pub type Spans = Vec<(String, Tone)>;

/// `chart` in lines of at most `width` columns. Below 40 columns labels are cut hard.
pub fn spans(chart: &Chart, width: usize, symbols: Symbols) -> Vec<Spans> {
    let title = cells::clean(&chart.title, symbols);
    let title = wrap(&title, width as f64, |text| text.width() as f64);
    let mut lines: Vec<Spans> = title.into_iter().map(|line| vec![(line, Tone::Strong)]).collect();
    lines.extend(match &chart.plot {
        Plot::Dots(dots) => along::dots(dots, width, symbols),
        Plot::Lines(lines) => plane::lines(lines, width, symbols),
        Plot::Rates(rates) => plane::rates(rates, width, symbols),
        Plot::Shares(shares) => along::shares(shares, width, symbols),
        Plot::Bars(bars) => along::bars(bars, width, symbols),
    });
    lines.into_iter().map(|line| fitted(line, width, symbols)).collect()
}

/// The same without tones and without blanks at the ends of lines.
pub fn lines(chart: &Chart, width: usize, symbols: Symbols) -> Vec<String> {
    let joined = |line: Spans| {
        let mut text: String = line.into_iter().map(|(text, _)| text).collect();
        text.truncate(text.trim_end().len());
        text
    };
    spans(chart, width, symbols).into_iter().map(joined).collect()
}

/// `line` cut where it would leave `width`.
fn fitted(line: Spans, width: usize, symbols: Symbols) -> Spans {
    let mut left = width;
    let mut fitted = Spans::new();
    for (text, tone) in line {
        let text = cells::cut(&text, left, symbols);
        left = left.saturating_sub(text.width());
        fitted.push((text, tone));
    }
    fitted
}

/// A tick's label with the room around it.
fn tick_width(label: &str) -> f64 {
    label.width() as f64 + 2.0
}

/// A sign and what it stands for.
fn entry(sign: String, tone: Tone, words: &str) -> Spans {
    vec![(sign, tone), (format!(" {words}"), Tone::Plain)]
}

/// Entries one after the other, in as many lines as they need.
fn legend(entries: Vec<Spans>, width: usize, symbols: Symbols) -> Vec<Spans> {
    const BETWEEN: usize = 3;
    let mut lines: Vec<Spans> = Vec::new();
    let mut used = 0;
    for entry in entries {
        let entry: Spans =
            entry.into_iter().map(|(text, tone)| (cells::clean(&text, symbols), tone)).collect();
        let length: usize = entry.iter().map(|(text, _)| text.width()).sum();
        match lines.last_mut() {
            Some(line) if used + BETWEEN + length <= width => {
                line.push((" ".repeat(BETWEEN), Tone::Plain));
                line.extend(entry);
                used += BETWEEN + length;
            }
            _ => {
                lines.push(entry);
                used = length;
            }
        }
    }
    lines
}
