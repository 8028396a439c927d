//! Words in columns: what can be printed, how wide it is, and where it breaks.

use std::borrow::Cow;

use textwrap::core::display_width;
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use crate::plot::text::Symbols;

/// Columns that `text` takes.
pub fn column_width(text: &str) -> usize {
    display_width(text)
}

/// `text` on one line, without what moves the cursor or widens the character before it; in ASCII
/// with seven bits.
pub fn clean(text: &str, symbols: Symbols) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => clean.push(' '),
            '\u{fe0f}' => {}
            c if c.is_ascii() || symbols != Symbols::Ascii => clean.push(c),
            c => clean.push_str(seven_bits(c)),
        }
    }
    clean
}

/// What stands for `c` where there is only ASCII.
fn seven_bits(c: char) -> &'static str {
    match c {
        '±' => "+-",
        '²' => "2",
        '×' => "x",
        '…' => "...",
        '\u{2010}'..='\u{2015}' | '−' => "-",
        '‘' | '’' => "'",
        '“' | '”' => "\"",
        '\u{a0}' | '\u{202f}' => " ",
        _ => "?",
    }
}

/// `text` in lines of at most `width` columns, broken between words while those fit; no line of
/// nothing.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width.max(2))
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    match text.trim() {
        "" => Vec::new(),
        text => textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_inside_of_those_that_do_not_fit() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("2x10GbE-team of four", 8), ["2x10GbE-", "team of", "four"]);
        assert_eq!(wrapped("日本語日本語", 5), ["日本", "語日", "本語"]);
        assert!(wrapped("  ", 7).is_empty() && wrapped("", 0).is_empty());
    }

    #[test]
    fn what_moves_the_cursor_is_no_text() {
        assert_eq!(clean("a\nb\tc\u{1b}[0m", Symbols::Block), "a b c [0m");
        assert_eq!(clean("R² of 21 s ±0.2, 日", Symbols::Ascii), "R2 of 21 s +-0.2, ?");
    }
}
