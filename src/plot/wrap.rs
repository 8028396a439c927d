//! Words broken into lines, whatever a word's width is measured in.

/// `text` in lines no wider than `width` as `measure` says; a word wider than that has a line of
/// its own.
pub fn wrap(text: &str, width: f64, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure(line) + measure(" ") + measure(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_alone() {
        let letters = |text: &str| text.len() as f64;
        assert_eq!(wrap("one two  three", 7.0, letters), ["one two", "three"]);
        assert_eq!(wrap("evacuation of", 3.0, letters), ["evacuation", "of"]);
        assert!(wrap(" ", 3.0, letters).is_empty());
    }
}
