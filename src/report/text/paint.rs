//! Lines of spans as one text, with the 16 colours or without.

use anstyle::{AnsiColor, Style};

use crate::plot::text::{Spans, Tone};

/// What series are drawn in; there are signs, too.
const SERIES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// All `lines`, each of them ended, without blanks at their ends.
pub fn painted(lines: &[Spans], colour: bool) -> String {
    let mut out = String::new();
    for line in lines {
        // Blanks at the end belong to no span then.
        let end = line.iter().rposition(|(text, _)| !text.trim_end().is_empty());
        let spans = end.map_or(&[][..], |end| &line[..=end]);
        for (n, (text, tone)) in spans.iter().enumerate() {
            let text = if Some(n) == end { text.trim_end() } else { text };
            span(&mut out, text, style(*tone).filter(|_| colour));
        }
        out.push('\n');
    }
    out
}

fn span(out: &mut String, text: &str, style: Option<Style>) {
    match style.filter(|_| !text.trim().is_empty()) {
        Some(style) => {
            out.push_str(&style.render().to_string());
            out.push_str(text);
            out.push_str(&style.render_reset().to_string());
        }
        None => out.push_str(text),
    }
}

fn style(tone: Tone) -> Option<Style> {
    match tone {
        Tone::Plain => None,
        Tone::Faint => Some(Style::new().dimmed()),
        Tone::Strong => Some(Style::new().bold()),
        Tone::Series(n) => Some(SERIES[n % SERIES.len()].on_default()),
        Tone::Warning => Some(AnsiColor::Red.on_default().bold()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_end_are_left_out() {
        let line = vec![("a ".into(), Tone::Strong), ("b  ".into(), Tone::Plain)];
        let blank = vec![(" ".into(), Tone::Faint), (String::new(), Tone::Plain)];
        let lines = [line, blank, Spans::new()];
        assert_eq!(painted(&lines, false), "a b\n\n\n");
        assert_eq!(painted(&lines, true), "\u{1b}[1ma \u{1b}[0mb\n\n\n");
    }
}
