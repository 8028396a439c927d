//! Which theme is shown: the user's choice, what the terminal can show, and what is behind the text.

use super::theme::Theme;
use super::theme::built_in::{OnGrounds, THEMES};
use super::theme::colour::{Depth, Ground};

/// The choice, and what it depends on.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Whether to use colours.
    pub colour: bool,
    /// How many there are.
    pub depth: Depth,
    /// What is behind the text, where that is known.
    pub ground: Option<Ground>,
    /// The chosen theme, by its place; `None` is what fits best.
    chosen: Option<usize>,
    /// The user's own themes.
    own: Vec<(String, OnGrounds)>,
}

impl Look {
    /// With these themes besides those that are built in.
    pub fn with(own: Vec<(String, OnGrounds)>) -> Self {
        Self { own, ..Self::default() }
    }

    /// The names of the themes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.own.iter().map(|(name, _)| name.as_str());
        THEMES.iter().map(|(name, _)| *name).chain(own)
    }

    /// Chooses a theme by name; whether there is one.
    pub fn choose(&mut self, name: &str) -> bool {
        let place = self.names().position(|known| known == name);
        self.chosen = place.or(self.chosen);
        // Who chooses one of these says what is behind the text.
        match name {
            "dark" => self.ground = self.ground.or(Some(Ground::Dark)),
            "light" => self.ground = self.ground.or(Some(Ground::Light)),
            _ => {}
        }
        place.is_some()
    }

    /// Whether the terminal has to be asked for its background.
    pub fn asks(&self) -> bool {
        let depends = match self.chosen {
            None => self.depth != Depth::Sixteen,
            Some(place) => {
                let [dark, light] = self.at(place);
                dark != light
            }
        };
        self.colour && self.ground.is_none() && depends
    }

    /// The styles.
    pub fn theme(&self) -> Theme {
        if !self.colour {
            return Theme::new(false);
        }
        let [dark, light] = self.at(self.place());
        let theme = match self.ground() {
            Ground::Dark => dark,
            Ground::Light => light,
        };
        theme.at(self.depth)
    }

    /// What is behind the text; dark where that is not known.
    pub fn ground(&self) -> Ground {
        self.ground.unwrap_or_default()
    }

    /// Goes on to the next theme.
    pub fn go_on(&mut self) {
        self.chosen = Some((self.place() + 1) % self.names().count());
    }

    /// The theme's name; `None` where there are no colours to choose from.
    pub fn name(&self) -> Option<&str> {
        self.names().nth(self.place()).filter(|_| self.colour)
    }

    /// What was chosen, by the configuration's name.
    pub fn choice(&self) -> &str {
        self.chosen.and_then(|place| self.names().nth(place)).unwrap_or("auto")
    }

    fn place(&self) -> usize {
        let fits = match (self.depth, self.ground()) {
            (Depth::Sixteen, _) => "ansi",
            (_, Ground::Dark) => "dark",
            (_, Ground::Light) => "light",
        };
        self.chosen.or_else(|| self.names().position(|name| name == fits)).unwrap_or_default()
    }

    fn at(&self, place: usize) -> OnGrounds {
        let own = || self.own.get(place - THEMES.len()).map(|(_, own)| own);
        *THEMES.get(place).map(|(_, theme)| theme).or_else(own).unwrap_or(&THEMES[0].1)
    }
}
