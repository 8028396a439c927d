//! A style in words, as people write it: `green`, `#ff8700 bold`, `white on 24`.

use ratatui::style::{Color, Modifier, Style};

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

/// Every word besides `#rrggbb` and 0 to 255.
pub fn known() -> impl Iterator<Item = &'static str> {
    let colours = COLOURS.iter().map(|(name, _)| *name);
    colours.chain(MODIFIERS.iter().map(|(name, _)| *name)).chain(["on"])
}

/// The style that is said: a colour, `on` another one, modifiers, in any order.
///
/// # Errors
/// The word that says nothing here.
pub fn style(words: &str) -> Result<Style, &str> {
    let mut style = Style::new();
    let mut behind = None;
    for word in words.split_whitespace() {
        let modifier = MODIFIERS.iter().find(|(name, _)| *name == word);
        style = match (modifier, behind.take(), colour(word)) {
            (Some((_, modifier)), None, _) => style.add_modifier(*modifier),
            (None, Some(_), Some(colour)) if style.bg.is_none() => style.bg(colour),
            (None, None, Some(colour)) if style.fg.is_none() => style.fg(colour),
            (None, None, None) if word == "on" => {
                behind = Some(word);
                style
            }
            _ => return Err(word),
        };
    }
    behind.map_or(Ok(style), Err)
}

fn colour(word: &str) -> Option<Color> {
    if let Some(hex) = word.strip_prefix('#') {
        let digits = hex.len() == 6 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let [_, r, g, b] = u32::from_str_radix(hex, 16).ok().filter(|_| digits)?.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    let named = COLOURS.iter().find(|(name, _)| *name == word).map(|(_, colour)| *colour);
    named.or_else(|| word.parse().ok().map(Color::Indexed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_written_in_words() {
        let plain = Style::new();
        for (words, said) in [
            ("green", plain.fg(Color::Green)),
            ("#ff8700 bold", plain.fg(Color::Rgb(255, 135, 0)).add_modifier(Modifier::BOLD)),
            ("208", plain.fg(Color::Indexed(208))),
            ("white on 24", plain.fg(Color::White).bg(Color::Indexed(24))),
            ("reversed on default", plain.bg(Color::Reset).add_modifier(Modifier::REVERSED)),
            ("", plain),
        ] {
            assert_eq!(style(words), Ok(said), "{words}");
        }
    }

    #[test]
    fn the_word_that_says_nothing_is_told() {
        for (words, wrong) in [
            ("gren bold", "gren"),
            ("#ff870", "#ff870"),
            ("#+f8700", "#+f8700"),
            ("256", "256"),
            ("red blue", "blue"),
            ("red on", "on"),
            ("on bold", "bold"),
            ("on on red", "on"),
        ] {
            assert_eq!(style(words), Err(wrong), "{words}");
        }
    }
}
