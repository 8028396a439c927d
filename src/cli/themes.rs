//! Which theme was asked for, by flag or configuration; themes of the user's own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settings::Environment;
use crate::known::nearest::{Nearest, nearest};
use crate::tui::look::Look;
use crate::tui::theme::built_in::{OnGrounds, THEMES};
use crate::tui::theme::colour::{Depth, Ground};
use crate::tui::theme::{Theme, words};

/// What fits the terminal's background.
const AUTO: &str = "auto";

/// `[themes.NAME]`: what is not said is as in the base.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ThemeEntry {
    /// A theme that is built in; `dark` if not said.
    #[serde(default = "usual_base")]
    pub base: String,
    /// Styles by role, such as `trial = "#87d787 bold"` or `ceiling = 203`.
    #[serde(flatten)]
    pub roles: BTreeMap<String, StyleEntry>,
}

fn usual_base() -> String {
    "dark".into()
}

/// A style as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a style is words such as \"green bold\", or a colour from 0 to 255")]
pub enum StyleEntry {
    /// A colour of the 256.
    Index(u8),
    /// Colours and modifiers.
    Words(String),
}

/// A theme that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No theme of this name.
    #[error("there is no theme `{name}`{meant}; there are {known}")]
    NoTheme {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        meant: Nearest,
        /// All of them.
        known: String,
    },
    /// A name that means something else.
    #[error("[themes.{0}]: `{0}` is built in; give the theme another name, and base = \"{0}\"")]
    Taken(String),
    /// Its base is not built in.
    #[error("[themes.{theme}]: there is no built-in theme `{base}` to begin with{meant}")]
    Base {
        /// Whose.
        theme: String,
        /// What was asked for.
        base: String,
        /// What may have been meant.
        meant: Nearest,
    },
    /// No role of this name.
    #[error("[themes.{theme}]: there is no role `{role}`{meant}")]
    Role {
        /// Whose.
        theme: String,
        /// What was asked for.
        role: String,
        /// What may have been meant.
        meant: Nearest,
    },
    /// No colour and no modifier.
    #[error(
        "[themes.{theme}]: {role}: `{word}` {wrong}{meant}; \
         write it like \"green\", \"#ff8700 bold\" or \"white on 24\""
    )]
    Word {
        /// Whose.
        theme: String,
        /// Where.
        role: String,
        /// What was written.
        word: String,
        /// What is wrong with it.
        wrong: &'static str,
        /// What may have been meant.
        meant: Nearest,
    },
}

/// The theme of this name (`auto` if not said) among those that are built in and the user's own.
///
/// # Errors
/// When there is none, or one of the user's own cannot be.
pub fn look(
    name: Option<&str>,
    own: &BTreeMap<String, ThemeEntry>,
    environment: &Environment,
) -> Result<Look, ThemeError> {
    let own = own.iter().map(|(name, entry)| Ok((name.clone(), entry.theme(name)?)));
    let mut look = Look::with(own.collect::<Result<_, _>>()?);
    look.ground = ground(&environment.colorfgbg);
    look.depth = depth(environment);
    match name {
        None | Some(AUTO) => {}
        Some(name) if look.choose(name) => {
            // Who names a theme has the colours for it.
            if look.depth == Depth::Sixteen {
                look.depth = Depth::Indexed;
            }
        }
        Some(name) => {
            let known: Vec<&str> = std::iter::once(AUTO).chain(look.names()).collect();
            let meant = nearest(name, known.iter().copied());
            return Err(ThemeError::NoTheme { name: name.into(), meant, known: known.join(", ") });
        }
    }
    Ok(look)
}

impl ThemeEntry {
    fn theme(&self, name: &str) -> Result<OnGrounds, ThemeError> {
        let built_in = || THEMES.iter().map(|(name, _)| *name);
        if name == AUTO || built_in().any(|known| known == name) {
            return Err(ThemeError::Taken(name.into()));
        }
        let base = THEMES.iter().find(|(known, _)| *known == self.base);
        let (_, mut themes) = *base.ok_or_else(|| ThemeError::Base {
            theme: name.into(),
            base: self.base.clone(),
            meant: nearest(&self.base, built_in()),
        })?;
        for (role, style) in &self.roles {
            for theme in &mut themes {
                style.set(name, role, theme)?;
            }
        }
        Ok(themes)
    }
}

impl StyleEntry {
    fn set(&self, name: &str, role: &str, theme: &mut Theme) -> Result<(), ThemeError> {
        let roles = Theme::ROLES.iter().map(|(role, _)| *role);
        let style = theme.role(role).ok_or_else(|| ThemeError::Role {
            theme: name.into(),
            role: role.into(),
            meant: nearest(role, roles),
        })?;
        let words = match self {
            Self::Index(index) => &index.to_string(),
            Self::Words(words) => words,
        };
        *style = words::style(words).map_err(|word| {
            let known = words::known().any(|known| known == word);
            let meant = nearest(word, words::known().filter(|_| !known));
            let wrong =
                if known { "says nothing there" } else { "is no colour and no modifier here" };
            ThemeError::Word {
                theme: name.into(),
                role: role.into(),
                word: word.into(),
                wrong,
                meant,
            }
        })?;
        Ok(())
    }
}

/// What `15;0` says: the last field is the background, as one of the terminal's 16 colours; 7 and
/// those from 9 on are light (as Vim and Emacs take it).
fn ground(colorfgbg: &str) -> Option<Ground> {
    match colorfgbg.rsplit(';').next()?.parse().ok()? {
        0..=6 | 8 => Some(Ground::Dark),
        7 | 9..16 => Some(Ground::Light),
        _ => None,
    }
}

/// Terminals that have every colour; ssh and sudo carry TERM alone.
const TRUE: [&str; 6] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour"];

fn depth(environment: &Environment) -> Depth {
    let term = environment.term.as_str();
    match environment.colorterm.as_str() {
        "truecolor" | "24bit" => Depth::True,
        _ if TRUE.contains(&term) || term.ends_with("-direct") => Depth::True,
        _ if term.contains("256color") => Depth::Indexed,
        _ => Depth::Sixteen,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    fn xterm() -> Environment {
        Environment { term: "xterm-256color".into(), ..Environment::default() }
    }

    fn themes(text: &str) -> BTreeMap<String, ThemeEntry> {
        toml::from_str(text).expect("parses")
    }

    fn named(name: Option<&str>, own: &str, environment: &Environment) -> Result<Theme, String> {
        let look = look(name, &themes(own), environment).map_err(|error| error.to_string());
        look.map(|mut look| {
            look.colour = true;
            look.theme()
        })
    }

    fn built_in(name: &str) -> OnGrounds {
        THEMES.iter().find(|(known, _)| *known == name).expect("it is there").1
    }

    #[test]
    fn what_fits_depends_on_the_terminal() {
        let with = |term: &str, colorterm: &str, colorfgbg: &str| {
            let environment = Environment {
                term: term.into(),
                colorterm: colorterm.into(),
                colorfgbg: colorfgbg.into(),
                ..Environment::default()
            };
            let mut look = look(None, &BTreeMap::new(), &environment).expect("auto");
            look.colour = true;
            (look.name().unwrap_or_default().to_owned(), look.asks())
        };
        for (term, colorterm, colorfgbg, name, asks) in [
            ("xterm-256color", "", "", "dark", true),
            ("xterm", "truecolor", "", "dark", true),
            ("xterm-kitty", "", "", "dark", true),
            ("xterm-256color", "", "0;15", "light", false),
            ("xterm-256color", "", "15;default;0", "dark", false),
            ("xterm-256color", "", "0;default", "dark", true),
            ("xterm", "", "0;15", "ansi", false),
            ("linux", "", "", "ansi", false),
        ] {
            assert_eq!(with(term, colorterm, colorfgbg), (name.into(), asks), "{term} {colorfgbg}");
        }
    }

    #[test]
    fn a_named_theme_is_taken_wherever_it_is_named() {
        let linux = Environment { term: "linux".into(), ..Environment::default() };
        for (name, [dark, _]) in THEMES {
            assert_eq!(named(Some(name), "", &linux), Ok(dark), "{name}");
        }
    }

    #[test]
    fn a_theme_of_ones_own_differs_from_its_base_where_it_says_so() {
        let own = "[mine]\nbase = \"high-contrast\"\ntrial = \"#010203 on 24\"\nceiling = 208\n";
        let mut mine = named(Some("mine"), own, &xterm()).expect("right");
        let [mut base, _] = built_in("high-contrast");
        assert_eq!(mine.trial().fg, Some(Color::Indexed(16)), "the nearest of the 256");
        assert_eq!(mine.ceiling().fg, Some(Color::Indexed(208)));
        for (role, style) in Theme::ROLES {
            let same = style(&mut mine) == style(&mut base);
            assert_eq!(same, role != "trial" && role != "ceiling", "{role}");
        }
        let all = Environment { colorterm: "truecolor".into(), ..xterm() };
        let mine = named(Some("mine"), own, &all).expect("right");
        assert_eq!(mine.trial().fg, Some(Color::Rgb(1, 2, 3)));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_was_meant() {
        for (name, own, said) in [
            ("drak", "", "no theme `drak`; do you mean `dark`?; there are auto, dark, light"),
            (
                "x",
                "[mine]\n",
                "there are auto, dark, light, high-contrast, colour-blind, ansi, monochrome, mine",
            ),
            ("auto", "[dark]\n", "[themes.dark]: `dark` is built in"),
            ("auto", "[m]\nbase = \"ligth\"\n", "`ligth` to begin with; do you mean `light`?"),
            (
                "auto",
                "[m]\ntrail = \"red\"\n",
                "[themes.m]: there is no role `trail`; do you mean `trial`?",
            ),
            (
                "auto",
                "[m]\ntrial = \"gren bold\"\n",
                "trial: `gren` is no colour and no modifier here; do you mean `green`?",
            ),
            ("auto", "[m]\ntrial = \"#12\"\n", "trial: `#12` is no colour"),
        ] {
            let error = named(Some(name), own, &xterm()).expect_err("wrong");
            assert!(error.contains(said), "{error}");
        }
        let error = toml::from_str::<BTreeMap<String, ThemeEntry>>("[m]\ntrial = 256\n");
        assert!(error.expect_err("wrong").to_string().contains("0 to 255"));
    }
}
