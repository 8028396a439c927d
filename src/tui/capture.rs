//! A screen as plain text and as SVG, for snapshots and pictures.

use std::borrow::Cow;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::theme::colour::{Ground, of_index};

/// The screen's characters, a line a row, without trailing blanks.
pub fn text(screen: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(screen) {
        let line: String = row.iter().map(Cell::symbol).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn rows(screen: &Buffer) -> impl Iterator<Item = &[Cell]> {
    screen.content.chunks(usize::from(screen.area.width).max(1))
}

/// Width and height at 14 px: a line of DejaVu Sans Mono is 1.164 times its size.
const CELL: (f64, f64) = (8.4, 16.3);
const MARGIN: f64 = 10.0;

/// What the terminal's own colours are.
struct Paper {
    foreground: &'static str,
    background: &'static str,
    /// From black to white.
    sixteen: [&'static str; 16],
}

const DARK: Paper = Paper {
    foreground: "#d8dee9",
    background: "#14181f",
    sixteen: [
        "#14181f", "#ec6a6a", "#7fc98b", "#e0b85a", "#6ea8ec", "#c792ea", "#68c5cf", "#d8dee9",
        "#8a94a6", "#ec6a6a", "#7fc98b", "#e0b85a", "#6ea8ec", "#c792ea", "#68c5cf", "#ffffff",
    ],
};
const LIGHT: Paper = Paper {
    foreground: "#1f2430",
    background: "#ffffff",
    sixteen: [
        "#1f2430", "#c62828", "#2e7d32", "#8a6100", "#1f5fb8", "#8e3fb0", "#0f7c87", "#c9ced8",
        "#687082", "#c62828", "#2e7d32", "#8a6100", "#1f5fb8", "#8e3fb0", "#0f7c87", "#ffffff",
    ],
};

/// The screen on a dark background as a picture that needs nothing but a monospace font.
pub fn svg(screen: &Buffer) -> String {
    svg_on(Ground::Dark, screen)
}

/// The same on this background.
pub fn svg_on(ground: Ground, screen: &Buffer) -> String {
    let paper = match ground {
        Ground::Dark => &DARK,
        Ground::Light => &LIGHT,
    };
    let (width, height) = (f64::from(screen.area.width), f64::from(screen.area.height));
    let (width, height) = (width * CELL.0 + 2.0 * MARGIN, height * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n",
        paper.background
    );
    for (y, row) in rows(screen).enumerate() {
        let top = MARGIN + y as f64 * CELL.1;
        let mut x = 0;
        while x < row.len() {
            let length = row[x..].iter().take_while(|cell| same_look(cell, &row[x])).count();
            push_run(paper, &mut out, &row[x..x + length], MARGIN + x as f64 * CELL.0, top);
            x += length;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn same_look(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

/// Cells of one look: their background where it is not the screen's, then their text.
fn push_run(paper: &Paper, out: &mut String, cells: &[Cell], left: f64, top: f64) {
    let look = &cells[0];
    let reversed = look.modifier.contains(Modifier::REVERSED);
    let fg = paper.css(look.fg).unwrap_or(paper.foreground.into());
    let bg = paper.css(look.bg);
    let (fg, bg) =
        if reversed { (bg.unwrap_or(paper.background.into()), Some(fg)) } else { (fg, bg) };
    let width = cells.len() as f64 * CELL.0;
    if let Some(bg) = bg {
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    let text: String = cells.iter().map(Cell::symbol).collect();
    if text.trim().is_empty() {
        return;
    }
    let attribute =
        |modifier, attribute| if look.modifier.contains(modifier) { attribute } else { "" };
    let weight = attribute(Modifier::BOLD, " font-weight=\"bold\"");
    let line = attribute(Modifier::UNDERLINED, " text-decoration=\"underline\"");
    let slant = attribute(Modifier::ITALIC, " font-style=\"italic\"");
    let dim = attribute(Modifier::DIM, " opacity=\"0.6\"");
    let baseline = top + CELL.1 * 0.76;
    let _ = write!(
        out,
        "<text x=\"{left:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{fg}\"{weight}{line}{slant}{dim}>"
    );
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push_str("</text>\n");
}

impl Paper {
    /// A colour for CSS; `None` is the default.
    fn css(&self, colour: Color) -> Option<Cow<'static, str>> {
        let [r, g, b] = match colour {
            Color::Reset => return None,
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(index @ 16..) => of_index(index),
            Color::Indexed(index) => return Some(self.sixteen[usize::from(index)].into()),
            named => return Some(self.sixteen[number(named)].into()),
        };
        Some(format!("#{r:02x}{g:02x}{b:02x}").into())
    }
}

/// The place of a named colour among the 16.
fn number(colour: Color) -> usize {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    NAMED.iter().position(|named| *named == colour).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_only_trailing_blanks() {
        assert_eq!(text(&Buffer::with_lines([" a  ", "b"])), " a\nb\n");
    }

    #[test]
    fn markup_in_names_is_escaped() {
        let picture = svg(&Buffer::with_lines(["<script>&"]));
        assert!(picture.contains("&lt;script&gt;&amp;"), "{picture}");
    }

    #[test]
    fn colours_are_those_of_the_theme_on_its_background() {
        let mut screen = Buffer::with_lines(["a", "b", "c"]);
        screen[(0, 0)].set_fg(Color::Indexed(75));
        screen[(0, 1)].set_fg(Color::Rgb(1, 2, 255)).set_bg(Color::Indexed(4));
        screen[(0, 2)].set_style(Modifier::REVERSED | Modifier::UNDERLINED);
        let picture = svg_on(Ground::Light, &screen);
        for part in ["\"#5fafff\">a", "\"#0102ff\">b", "\"#1f5fb8\"/>"] {
            assert!(picture.contains(part), "{part} {picture}");
        }
        assert!(picture.contains("\"#ffffff\" text-decoration=\"underline\">c"), "{picture}");
        assert!(picture.contains("fill=\"#1f2430\"/>"), "{picture}");
    }
}
