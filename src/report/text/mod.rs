//! The report as text, for terminals and plain files: no line is wider than was asked for, and
//! nothing is told by colour alone.
//!
//! Everything becomes lines of [`Spans`] first, as the charts are; colours come last.

mod lines;
mod paint;
mod table;

use super::document::{Block, Report, Section, Statement};
use crate::compare::Weight;
use crate::plot::text::{Spans, Symbols, Tone};
use lines::{clean, column_width, wrapped};

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns, at least 40.
    pub width: usize,
    /// What charts and rules are drawn with; ASCII is seven bits throughout.
    pub symbols: Symbols,
    /// With SGR sequences of the 16 colours.
    pub colour: bool,
}

/// Narrower terminals get lines that are cut.
const LEAST_WIDTH: usize = 40;
/// Sentences and charts grow no wider than this.
const MOST_WIDTH: usize = 110;

/// The report in lines, each of them ended.
pub fn text(report: &Report, options: Options) -> String {
    let mut page = Page::new(options);
    page.heading(&report.title, ['=', '═']);
    for sentence in &report.lead {
        page.paragraph(sentence, Tone::Plain);
    }
    report.sections.iter().for_each(|section| page.section(section));
    if !report.written_by.is_empty() {
        page.blank();
        page.paragraph(&report.written_by, Tone::Faint);
    }
    paint::painted(&page.lines, options.colour)
}

/// The sections alone.
pub fn sections(report: &Report, options: Options) -> String {
    let mut page = Page::new(options);
    report.sections.iter().for_each(|section| page.section(section));
    paint::painted(&page.lines, options.colour)
}

/// What was laid out so far.
struct Page {
    width: usize,
    symbols: Symbols,
    lines: Vec<Spans>,
}

impl Page {
    fn new(Options { width, symbols, .. }: Options) -> Self {
        Self { width: width.max(LEAST_WIDTH), symbols, lines: Vec::new() }
    }

    fn section(&mut self, section: &Section) {
        self.blank();
        self.heading(section.title, ['-', '─']);
        let mut first = true;
        for block in &section.blocks {
            if !first {
                self.blank();
            }
            first = false;
            match block {
                Block::Text(text) => self.paragraph(text, Tone::Plain),
                Block::Statements(statements) => self.statements(statements),
                Block::Table(table) => {
                    self.lines.extend(table::lines(table, self.width, self.symbols));
                    self.paragraph(&table.note, Tone::Faint);
                }
                Block::Chart(chart) => {
                    let width = self.measure();
                    self.lines.extend(crate::plot::text::spans(chart, width, self.symbols));
                }
            }
        }
    }

    /// Underlined: with `signs[0]` in ASCII.
    fn heading(&mut self, text: &str, signs: [char; 2]) {
        let lines = wrapped(&clean(text, self.symbols), self.measure());
        let longest = lines.iter().map(|line| column_width(line)).max().unwrap_or(0);
        let sign = signs[usize::from(self.symbols != Symbols::Ascii)];
        self.lines.extend(lines.into_iter().map(|line| vec![(line, Tone::Strong)]));
        self.lines.push(vec![(sign.to_string().repeat(longest), Tone::Faint)]);
    }

    fn paragraph(&mut self, text: &str, tone: Tone) {
        let lines = wrapped(&clean(text, self.symbols), self.measure());
        self.lines.extend(lines.into_iter().map(|line| vec![(line, tone)]));
    }

    fn statements(&mut self, statements: &[Statement]) {
        for (n, statement) in statements.iter().enumerate() {
            if n > 0 {
                self.blank();
            }
            self.statement(statement);
        }
    }

    /// The sign, what was seen, and indented beneath what it means and what to try.
    fn statement(&mut self, statement: &Statement) {
        const INDENT: usize = 2;
        let (sign, _) = statement.weight.sign();
        let tone = match statement.weight {
            Weight::Error | Weight::Warning => Tone::Warning,
            Weight::Info => Tone::Plain,
        };
        let mut begin = (format!("{sign} "), tone);
        let parts = [
            (&statement.seen, Tone::Strong),
            (&statement.meaning, Tone::Plain),
            (&statement.advice, Tone::Plain),
        ];
        for (text, tone) in parts {
            for line in wrapped(&clean(text, self.symbols), self.measure() - INDENT) {
                let indent = (" ".repeat(INDENT), Tone::Plain);
                self.lines.push(vec![std::mem::replace(&mut begin, indent), (line, tone)]);
            }
        }
    }

    fn blank(&mut self) {
        self.lines.push(Spans::new());
    }

    fn measure(&self) -> usize {
        self.width.min(MOST_WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, founding, hostile_report, synthetic};
    use super::*;

    fn options(width: usize, symbols: Symbols) -> Options {
        Options { width, symbols, colour: false }
    }

    #[test]
    fn no_line_is_wider_than_was_asked_for() {
        for report in [founding(), synthetic(), hostile_report(), empty()] {
            for width in [0, 40, 41, 57, 80, 120, 300] {
                for symbols in [Symbols::Braille, Symbols::Block, Symbols::Ascii] {
                    let text = text(&report, options(width, symbols));
                    for line in text.lines() {
                        assert!(column_width(line) <= width.max(LEAST_WIDTH), "{width}: {line}");
                        assert!(!line.contains(char::is_control), "{line:?}");
                        assert!(symbols != Symbols::Ascii || line.is_ascii(), "{line}");
                    }
                    assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_word_of_a_finding_is_there_behind_its_sign() {
        let report = founding();
        let text = text(&report, options(300, Symbols::Block));
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let blocks = report.sections.iter().flat_map(|section| &section.blocks);
        let statements = blocks.filter_map(|block| match block {
            Block::Statements(statements) => Some(statements),
            _ => None,
        });
        for Statement { weight, seen, meaning, advice } in statements.flatten() {
            let (sign, _) = weight.sign();
            let told = format!("{sign} {seen} {meaning} {advice}");
            assert!(joined.contains(told.trim()), "{told}");
        }
    }

    #[test]
    fn colours_add_nothing_but_colours() {
        let report = synthetic();
        let plain = text(&report, options(100, Symbols::Block));
        let colour = text(&report, Options { colour: true, ..options(100, Symbols::Block) });
        let mut stripped = String::new();
        for piece in colour.split('\u{1b}').enumerate() {
            match piece {
                (0, text) => stripped += text,
                (_, text) => stripped += text.split_once('m').expect("an SGR sequence").1,
            }
        }
        assert_ne!(colour, plain);
        assert_eq!(stripped, plain);
    }
}
