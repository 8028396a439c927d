//! The parts that a screen is made of.

use ratatui::layout::Rect;

use super::panel::chart::Chart;
use super::trials_view;

/// One part of the screen in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub area: Rect,
    pub(super) part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    /// Alone when no row says what happened.
    Footer {
        alone: bool,
    },
    /// With large digits where there is room.
    Headline {
        large: bool,
    },
    Interfaces,
    ChartTitle(Chart),
    Plot(Chart),
    Trials,
    Matrix,
    Outside,
    Runs,
    Findings,
    StudyChart(trials_view::Chart),
    Limit,
    Flows,
    Flow,
    Talks,
    Evacuation,
    Guests,
    Cores,
    Notice,
    Help,
    Messages,
    Palette,
    Least,
    Frozen,
    FrozenBanner,
    /// Panels that the user has left out, in the room of the chart.
    LeftOut,
    Nothing,
}

impl Placed {
    /// The parts behind it stand on it: they are drawn when it is.
    pub fn lies_below(&self) -> bool {
        self.part == Part::Frozen
    }

    /// In a frozen view it is not always as it was.
    pub fn outlives_freezing(&self) -> bool {
        self.is_chart() || matches!(self.part, Part::Trials | Part::Notice)
    }

    /// It is a chart of the Live view, or its title.
    pub fn is_chart(&self) -> bool {
        matches!(self.part, Part::ChartTitle(_) | Part::Plot(_))
    }
}
