//! The parts that a screen is made of.

use ratatui::layout::Rect;

use super::trials_view::Chart;
use crate::model::Direction;

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
    ChartTitle(Direction),
    Plot(Direction),
    Trials,
    Matrix,
    Outside,
    Runs,
    Findings,
    StudyChart(Chart),
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
    Nothing,
}
