//! Text in no more columns than there are, and text in lines.

use std::fmt::{self, Write as _};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tui::pen::LEFT_OUT;

/// Text cut to so many columns; what was cut off is told by a [`LEFT_OUT`].
pub struct Cut<'a>(pub &'a str, pub u16);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, width) = *self;
        let mut room = usize::from(width);
        if text.width() <= room {
            return f.write_str(text);
        }
        for c in text.chars() {
            let wide = c.width().unwrap_or(1);
            if wide >= room {
                break;
            }
            f.write_char(c)?;
            room -= wide;
        }
        if width > 0 { f.write_char(LEFT_OUT) } else { Ok(()) }
    }
}

/// `text` in lines of at most `width` columns, broken between words; a longer word is cut where it
/// is drawn.
pub fn lines(text: &str, width: u16) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut end) = (0, 0);
    for word in text.split_inclusive(' ') {
        let next = end + word.len();
        let longer = text[start..next].trim_end().width() > usize::from(width);
        if longer && start < end {
            lines.push(text[start..end].trim_end());
            start = end;
        }
        end = next;
    }
    if start < end {
        lines.push(text[start..end].trim_end());
    }
    lines
}

/// A text in no more than so many lines; that there is more of it is told by a [`LEFT_OUT`].
pub fn fitted(text: &str, width: u16, rows: usize) -> Vec<String> {
    let mut lines: Vec<String> = lines(text, width).into_iter().map(str::to_owned).collect();
    if lines.len() > rows {
        let rest = lines.split_off(rows.saturating_sub(1)).join(" ");
        lines.push(Cut(&rest, width).to_string());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_is_told() {
        for (width, cut) in [(0, ""), (1, "~"), (3, "ab~"), (4, "abcd"), (9, "abcd")] {
            assert_eq!(Cut("abcd", width).to_string(), cut, "{width}");
        }
        assert_eq!(Cut("\u{6f22}\u{5b57}", 3).to_string(), "\u{6f22}~");
    }

    #[test]
    fn lines_break_between_words_alone() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("evacuation of", 4), ["evacuation", "of"]);
        assert_eq!(lines("", 4), [""; 0]);
    }

    #[test]
    fn what_does_not_fit_into_the_lines_is_told() {
        assert_eq!(fitted("one two three", 7, 2), ["one two", "three"]);
        assert_eq!(fitted("one two three", 7, 1), ["one tw~"]);
        assert_eq!(fitted("one two three", 20, 1), ["one two three"]);
    }
}
