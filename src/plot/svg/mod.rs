//! A chart as an SVG picture: it scales, follows light and dark, prints, and needs no script.
//!
//! Text stays text; what stands behind a mark shows on hovering it. The elements are written here
//! and nowhere else, so that no name from outside gets into a picture unescaped.

mod along;
mod mark;
mod plane;
mod rows;
mod style;
mod writer;

pub use style::css;

use std::fmt::Write as _;

use super::chart::{Chart, Plot};
use super::wrap::wrap;
use writer::{Anchor, N, Words, Writer, text_width};

/// How a picture is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Its natural width in CSS pixels: text is drawn at its usual size at this width, and below 520
    /// the layout is one for phones.
    pub width: f64,
    /// It brings its style and its paper, as a file of its own must; a page brings [`css`] once for
    /// all of its charts.
    pub standalone: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 760.0, standalone: true }
    }
}

/// Narrower pictures could not hold their labels.
const LEAST_WIDTH: f64 = 280.0;
const TITLE: f64 = 15.0;

/// `chart` as one `<svg>` element.
pub fn svg(chart: &Chart, options: Options) -> String {
    let width = options.width.max(LEAST_WIDTH).round();
    let (marks, height) = draw(chart, width);
    let own = if options.standalone { own() } else { String::new() };
    format!(
        "{}<title>{}</title>\n<desc>{}</desc>\n{own}{marks}</svg>\n",
        opening(width, height),
        Words(&chart.title),
        Words(&chart.summary),
    )
}

/// All `charts`, one beneath the other, as one `<svg>` element for a file of its own.
pub fn stacked(title: &str, charts: &[&Chart], width: f64) -> String {
    let width = width.max(LEAST_WIDTH).round();
    let mut groups = String::new();
    let mut top = 0.0;
    for chart in charts {
        let (marks, height) = draw(chart, width);
        let (title, summary) = (Words(&chart.title), Words(&chart.summary));
        // A string takes anything.
        let _ = writeln!(
            groups,
            "<g transform=\"translate(0 {})\">\n<title>{title}</title>\n<desc>{summary}</desc>\n\
             {marks}</g>",
            N(top),
        );
        top += height;
    }
    let (opening, title, own) = (opening(width, top), Words(title), own());
    format!("{opening}<title>{title}</title>\n{own}{groups}</svg>\n")
}

/// The marks of `chart`, and how high they are.
fn draw(chart: &Chart, width: f64) -> (String, f64) {
    let mut pen = Writer::default();
    let top = draw_title(&mut pen, &chart.title, width);
    let height = match &chart.plot {
        Plot::Dots(dots) => along::dots(&mut pen, dots, width, top),
        Plot::Lines(lines) => plane::lines(&mut pen, lines, width, top),
        Plot::Rates(rates) => plane::rates(&mut pen, rates, width, top),
        Plot::Shares(shares) => along::shares(&mut pen, shares, width, top),
        Plot::Bars(bars) => along::bars(&mut pen, bars, width, top),
    };
    (pen.finish(), height.ceil())
}

fn opening(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n",
        width = N(width),
        height = N(height),
    )
}

/// Style and paper of a file of its own.
fn own() -> String {
    let sheet = css();
    format!("<style>\n{sheet}</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n")
}

/// Gives where the chart may begin.
fn draw_title(pen: &mut Writer, title: &str, width: f64) -> f64 {
    let room = width - 2.0 * rows::MARGIN;
    let lines = wrap(title, room, |text| text_width(text, TITLE * 1.12));
    let mut y = 8.0;
    for line in &lines {
        y += 19.0;
        pen.text("title", Anchor::Start, (rows::MARGIN, y), line);
    }
    y + 13.0
}
