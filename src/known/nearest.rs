//! Which known word is meant by one that is not.

use std::fmt;

/// Less alike than this is another word, of 1 for equal ones: clap takes the same for its own.
const ALIKE: f64 = 0.7;

/// The known word that comes nearest, as the end of a sentence: `; do you mean ...?`, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest(Option<String>);

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(word) => write!(f, "; do you mean `{word}`?"),
            None => Ok(()),
        }
    }
}

/// The one of `known` that is most like `word`, if any is.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Nearest {
    let alike = known.into_iter().map(|known| (strsim::jaro(word, known), known));
    let best = alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    Nearest(best.map(|(_, known)| known.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_what_is_far_off_is_not() {
        let known = ["max_size", "max_age_days"];
        assert_eq!(nearest("max_sise", known).to_string(), "; do you mean `max_size`?");
        assert_eq!(nearest("colour", known).to_string(), "");
    }
}
