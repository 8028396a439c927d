//! How the Trials view is split.
//!
//! ```text
//! config         vms=5               vms=20  ──────────── mean, ±95 %, runs      matrix
//! 1x10GbE        21.3 s ±0.63 n=3  ▶ 41.5 s ±5.72 n=2
//! in no cell ──────────────────────────────────────────────────────────────     outside
//!   trial 4   excluded: backup was running
//!   trial time      mean         peak(1 s) ───────── config=1x10GbE vms=20      runs
//!   5     41.1 s    13.8 Gbit/s  19.7 Gbit/s
//! findings ───────────────────────────   Time per cell ────────────────────     findings, chart
//! • info  1x10GbE is the smallest ...      • one run  ├─●─┤ mean and ...
//! ```

use ratatui::layout::Rect;

use super::panel;
use super::panel::study_chart::{COLUMNS, ROWS};
use super::rows::Rows;
use super::trials_view::{Chart, Place};
use super::view_state::ViewState;

/// Findings beside a chart keep at least so many columns and rows.
const LEAST: (u16, u16) = (56, 10);

/// Where each part is; together they cover the area.
pub struct TrialsPlan {
    pub matrix: Rect,
    pub outside: Rect,
    pub runs: Rect,
    pub findings: Rect,
    pub chart: Option<Rect>,
}

impl TrialsPlan {
    /// The matrix and the runs get what they need, up to a share; what is in no cell stands below
    /// the matrix, where there is room; findings and chart have the rest.
    pub fn of(view: &ViewState, area: Rect) -> Self {
        let mut rows = Rows::of(area);
        let most = (area.height / 2).max(3);
        let compared = view.trials.compared();
        let matrix = rows.take(compared.map_or(0, |c| panel::matrix::height(c, area.width, most)));
        let left = area.height - matrix.height;
        let outside = compared.map_or(0, panel::outside::height);
        // A row of it at least where something is selected in it.
        let least = 2 * u16::from(matches!(view.trials.place(), Some(Place::Outside(_))));
        let outside = outside.min((left / 5).max(least));
        let outside = rows.take(if outside < 2 { 0 } else { outside });
        let left = left - outside.height;
        let runs = rows.take(panel::runs::height(view).min((left / 2).max(2)));
        let (findings, chart) = beside(view, rows.rest());
        if chart.is_some() || !view.trials.asked || view.trials.chart == Chart::None {
            return Self { matrix, outside, runs, findings, chart };
        }
        // The chart was asked for, and there is room for nothing else.
        let none = Rect { height: 0, ..area };
        let (matrix, outside, runs, findings) = (none, none, none, none);
        Self { matrix, outside, runs, findings, chart: Some(area) }
    }
}

/// Findings and chart side by side, or one above the other; no chart where there is no room.
fn beside(view: &ViewState, area: Rect) -> (Rect, Option<Rect>) {
    let wanted = view.trials.chart != Chart::None && view.trials.place().is_some();
    if wanted && area.height >= ROWS && area.width >= LEAST.0 + COLUMNS {
        let left = (area.width / 2).min(area.width - COLUMNS);
        let chart = Rect { x: area.x + left, width: area.width - left, ..area };
        return (Rect { width: left, ..area }, Some(chart));
    }
    if wanted && area.height >= ROWS + LEAST.1 && area.width >= COLUMNS {
        let findings = Rect { height: area.height - ROWS, ..area };
        return (findings, Some(Rect { y: findings.bottom(), height: ROWS, ..area }));
    }
    (area, None)
}
