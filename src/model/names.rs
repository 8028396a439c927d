//! Names from outside, for where they are written.

use std::borrow::Cow;

/// `name` without characters that steer a terminal or turn text around: each becomes U+FFFD.
/// Names come from outside and go to terminals.
pub fn printable(name: &str) -> Cow<'_, str> {
    if name.chars().any(steers) {
        name.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
    } else {
        Cow::Borrowed(name)
    }
}

/// Control characters, and the bidirectional ones of Unicode Standard Annex 9, section 2.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a spreadsheet would compute a field instead of showing it (OWASP, CSV Injection; the
/// full-width forms are read so by East Asian ones). An apostrophe before it makes it text.
pub fn is_formula(text: &str) -> bool {
    let acts = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    text.starts_with(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(printable("eth0"), "eth0");
        assert_eq!(printable("a\x1b[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(printable("e\u{202e}0hte"), "e\u{fffd}0hte");
    }
}
