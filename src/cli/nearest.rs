//! The known word that a wrong one was meant to be.

/// Less alike than this is another word: clap takes the same for its own.
const ALIKE: f64 = 0.7;

/// The known word that is most like `word`, if one is.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.map(|known| (strsim::jaro(word, known), known));
    let best = alike.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(alike, _)| *alike > ALIKE).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let nearest = |word| nearest(word, ["dark", "light", "monochrome"].into_iter());
        assert_eq!(nearest("drak"), Some("dark"));
        assert_eq!(nearest("monocrome"), Some("monochrome"));
        assert_eq!(nearest("solarized"), None);
        assert_eq!(super::nearest("dark", std::iter::empty()), None);
    }
}
