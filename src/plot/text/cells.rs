//! One line in the making: cells with tones, then spans.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Spans, Symbols, Tone};

/// A stretch of single-column cells that marks are put into.
pub struct Cells {
    cells: Vec<(char, Tone)>,
}

impl Cells {
    pub fn blank(width: usize) -> Self {
        Self { cells: vec![(' ', Tone::Plain); width] }
    }

    pub fn width(&self) -> usize {
        self.cells.len()
    }

    /// Puts `c`, one column wide, at column `at`; nowhere when that is outside.
    pub fn put(&mut self, at: usize, c: char, tone: Tone) {
        if let Some(cell) = self.cells.get_mut(at) {
            *cell = (c, tone);
        }
    }

    pub fn fill(&mut self, columns: std::ops::Range<usize>, c: char, tone: Tone) {
        for at in columns {
            self.put(at, c, tone);
        }
    }

    /// Puts `words` from column `at` on where all of them fit and only blanks would be covered.
    pub fn try_words(&mut self, at: usize, words: &str, tone: Tone) -> bool {
        let end = at + words.chars().count();
        let is_free = |cells: &[(char, Tone)]| cells.iter().all(|(c, _)| *c == ' ');
        let free = words.width() == words.chars().count()
            && self.cells.get(at..end).is_some_and(is_free)
            && (at == 0 || self.cells[at - 1].0 == ' ');
        if free {
            for (n, c) in words.chars().enumerate() {
                self.put(at + n, c, tone);
            }
        }
        free
    }

    /// Where `part` of the width, 0 to 1, lies.
    pub fn column(&self, part: f64) -> usize {
        (part.clamp(0.0, 1.0) * self.width().saturating_sub(1) as f64).round() as usize
    }

    pub fn into_spans(self) -> Spans {
        let mut spans = Spans::new();
        for (c, tone) in self.cells {
            match spans.last_mut() {
                Some((text, last)) if *last == tone => text.push(c),
                _ => spans.push((c.to_string(), tone)),
            }
        }
        spans
    }
}

/// `text` without what moves the cursor or widens the character before it; seven bits in ASCII.
pub fn clean(text: &str, symbols: Symbols) -> String {
    let kept = |c: char| match symbols {
        Symbols::Ascii if !c.is_ascii() => '?',
        _ => c,
    };
    let shown = |c: &char| c.width().is_some() && *c != '\u{fe0f}';
    text.chars().filter(shown).map(kept).collect()
}

/// `text` in at most `width` columns, with an ellipsis where it was cut.
pub fn cut(text: &str, width: usize, symbols: Symbols) -> String {
    let text = clean(text, symbols);
    if text.width() <= width {
        return text;
    }
    let ellipsis = if symbols == Symbols::Ascii { '~' } else { '…' };
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| match left.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if width > 0 {
        cut.push(ellipsis);
    }
    cut
}

/// `text` cut or filled to `width` columns at its right.
pub fn left(text: &str, width: usize, symbols: Symbols) -> String {
    let text = cut(text, width, symbols);
    let blanks = width.saturating_sub(text.width());
    text + &" ".repeat(blanks)
}

/// `text` cut or filled to `width` columns at its left.
pub fn right(text: &str, width: usize, symbols: Symbols) -> String {
    let text = cut(text, width, symbols);
    " ".repeat(width.saturating_sub(text.width())) + &text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_and_loses_control_characters() {
        for (text, width, cut_text) in [
            ("a\x1b[1mb", 9, "a[1mb"),
            ("evacuation", 5, "evac…"),
            ("仮想化", 5, "仮想…"),
            ("仮想化", 4, "仮…"),
            ("x", 0, ""),
        ] {
            assert_eq!(cut(text, width, Symbols::Block), cut_text);
        }
        assert_eq!(cut("仮想化 host", 5, Symbols::Ascii), "??? ~");
        assert_eq!(left("仮想化", 4, Symbols::Block), "仮… ");
        assert_eq!(right("ab", 4, Symbols::Block), "  ab");
    }

    #[test]
    fn cells_of_one_tone_are_one_span() {
        let mut cells = Cells::blank(5);
        cells.fill(1..3, '#', Tone::Series(0));
        assert!(!cells.try_words(2, "abc", Tone::Faint));
        assert!(cells.try_words(4, "a", Tone::Faint));
        let spans = cells.into_spans();
        let texts: Vec<&str> = spans.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, [" ", "##", " ", "a"]);
    }
}
