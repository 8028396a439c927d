//! How the user has arranged the screen: what is worth keeping from one session to the next.

use std::time::Duration;

use serde::Deserialize;

use super::view_state::ViewState;
use crate::units::RateUnit;

/// A part of the Live view that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// The team's or the interface's use of the wire.
    Headline,
    /// The list.
    Interfaces,
    /// Rates over time.
    Chart,
    /// What was tried.
    Trials,
}

impl Panel {
    /// All of them, from above.
    pub const ALL: [Self; 4] = [Self::Headline, Self::Interfaces, Self::Chart, Self::Trials];

    /// As the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Interfaces => "interfaces",
            Self::Chart => "chart",
            Self::Trials => "trials",
        }
    }
}

/// What is kept, by the configuration's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// How rates are written.
    pub units: &'static str,
    /// How it looks.
    pub theme: String,
    /// What charts are drawn with; `None` when nobody chose it here: it may follow the terminal.
    pub symbols: Option<&'static str>,
    /// Panels that are left out.
    pub hidden: Vec<&'static str>,
    /// Order of the interfaces.
    pub order: &'static str,
    /// A column of the chart; `None` while that follows the session's length.
    pub column: Option<Duration>,
    /// Whether the chart is logarithmic.
    pub log: bool,
    /// Whether the mouse is migtop's.
    pub mouse: bool,
}

impl Arrangement {
    /// That of a view.
    pub fn of(view: &ViewState) -> Self {
        Self {
            units: match view.unit {
                RateUnit::Bits => "bits",
                RateUnit::Bytes => "bytes",
            },
            theme: view.look.choice().to_owned(),
            symbols: view.symbols_chosen.then(|| view.symbols.name()),
            hidden: view.hidden.iter().map(|panel| panel.name()).collect(),
            order: view.listing.order.name(),
            column: view.chart.chosen_column(),
            log: view.chart.log,
            mouse: view.mouse,
        }
    }
}
