//! A screen as plain text and as SVG, for snapshots and pictures.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

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
const FOREGROUND: &str = "#d8dee9";
const BACKGROUND: &str = "#14181f";

/// The screen as a picture that needs nothing but a monospace font.
pub fn svg(screen: &Buffer) -> String {
    let (width, height) = (f64::from(screen.area.width), f64::from(screen.area.height));
    let (width, height) = (width * CELL.0 + 2.0 * MARGIN, height * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n"
    );
    for (y, row) in rows(screen).enumerate() {
        let top = MARGIN + y as f64 * CELL.1;
        let mut x = 0;
        while x < row.len() {
            let length = row[x..].iter().take_while(|cell| same_look(cell, &row[x])).count();
            push_run(&mut out, &row[x..x + length], MARGIN + x as f64 * CELL.0, top);
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
fn push_run(out: &mut String, cells: &[Cell], left: f64, top: f64) {
    let look = &cells[0];
    let reversed = look.modifier.contains(Modifier::REVERSED);
    let (fg, bg) = (css(look.fg).unwrap_or(FOREGROUND), css(look.bg));
    let (fg, bg) = if reversed { (bg.unwrap_or(BACKGROUND), Some(fg)) } else { (fg, bg) };
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
    let weight = if look.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let baseline = top + CELL.1 * 0.76;
    let _ = write!(
        out,
        "<text x=\"{left:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{fg}\"{weight}>"
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

/// The 16 colours as this picture has them; `None` is the default.
fn css(colour: Color) -> Option<&'static str> {
    match colour {
        Color::Red | Color::LightRed => Some("#ec6a6a"),
        Color::Green | Color::LightGreen => Some("#7fc98b"),
        Color::Yellow | Color::LightYellow => Some("#e0b85a"),
        Color::Blue | Color::LightBlue => Some("#6ea8ec"),
        Color::Magenta | Color::LightMagenta => Some("#c792ea"),
        Color::Cyan | Color::LightCyan => Some("#68c5cf"),
        Color::DarkGray => Some("#8a94a6"),
        Color::Black => Some(BACKGROUND),
        _ => None,
    }
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
}
