//! Splits the screen between the panels of the view that is shown.
//!
//! Rows are given out from the top in order of importance; what has no room is left out.

mod live;

use ratatui::layout::{Position, Rect};

pub use self::live::shows_connections;
use super::keymap::Command;
use super::panel;
use super::part::{Part, Placed};
use super::rows::Rows;
use super::trials_plan::TrialsPlan;
use super::trials_view::{Chart, Place};
use super::view_state::{Sheet, View, ViewState};
use super::widget::area_chart;
use crate::session::Session;

/// The least that is composed; below it only the headline is shown.
const LEAST: (u16, u16) = (40, 10);
/// From this height on a row says what happened last.
const NOTICE_FROM: u16 = 16;

/// The parts of the screen; together they cover it.
pub fn compose(session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
    let whole = |part| vec![Placed { area, part }];
    if let Some(frozen) = view.frozen.as_ref().filter(|_| view.sheet.is_none()) {
        return frozen.parts(session, view, area);
    }
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return whole(Part::Least);
    }
    let mut rows = Rows::of(area);
    let chart_alone = view.expanded && view.shown == View::Live;
    // The messages have their own answers.
    let alone = match view.sheet {
        Some(sheet) => sheet == Sheet::Help,
        None => chart_alone || area.height < NOTICE_FROM,
    };
    let mut parts = vec![
        Placed { area: rows.take(1), part: Part::Header },
        Placed { area: rows.take_last(1), part: Part::Footer { alone } },
    ];
    parts.extend(palette(view, &mut rows));
    if let Some(sheet) = view.sheet {
        let part = match sheet {
            Sheet::Help => Part::Help,
            Sheet::Messages => Part::Messages,
        };
        parts.push(Placed { area: rows.rest(), part });
        return parts;
    }
    if !alone {
        parts.push(Placed { area: rows.take_last(1), part: Part::Notice });
    }
    let rest = rows.rest();
    parts.extend(match view.shown {
        View::Live if view.expanded => compose_charts(session, view, rest),
        View::Live => live::compose(session, view, rest),
        View::Trials => compose_trials(view, rest),
        View::Flows => compose_flows(session, view, rest),
        View::Host => compose_host(session, rest),
    });
    parts
}

/// The candidates for a command's name, while one is typed, above the rows taken.
pub(super) fn palette(view: &ViewState, rows: &mut Rows) -> Option<Placed> {
    let wanted = panel::palette::height(view).min(rows.left() / 2);
    (wanted > 0).then(|| Placed { area: rows.take_last(wanted), part: Part::Palette })
}

fn compose_charts(session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
    let charts = panel::chart::charts(session, view, area);
    if charts.is_empty() {
        return vec![Placed { area, part: Part::Nothing }];
    }
    let split = |(chart, area): (_, Rect)| {
        let title = Rect { height: 1, ..area };
        let plot = Rect { y: area.y + 1, height: area.height - 1, ..area };
        [
            Placed { area: title, part: Part::ChartTitle(chart) },
            Placed { area: plot, part: Part::Plot(chart) },
        ]
    };
    charts.into_iter().flat_map(split).collect()
}

/// The parts of the Trials view.
fn compose_trials(view: &ViewState, area: Rect) -> Vec<Placed> {
    let plan = TrialsPlan::of(view, area);
    let parts = [
        (plan.matrix, Part::Matrix),
        (plan.outside, Part::Outside),
        (plan.runs, Part::Runs),
        (plan.findings, Part::Findings),
    ];
    let mut parts: Vec<Placed> = parts.map(|(area, part)| Placed { area, part }).into();
    let Some(chart) = plan.chart else { return parts };
    let mut rows = Rows::of(chart);
    let charts = match view.trials.chart {
        Chart::Times => [Chart::Times, Chart::Rates],
        Chart::Rates | Chart::None => [Chart::Rates, Chart::Times],
    };
    let [first, second] = charts.map(Part::StudyChart);
    // Where there is room for both, the one that was not asked for stands below.
    if chart.height >= 2 * panel::study_chart::ROWS {
        parts.push(Placed { area: rows.take(chart.height / 2), part: first });
        parts.push(Placed { area: rows.rest(), part: second });
    } else {
        parts.push(Placed { area: rows.rest(), part: first });
    }
    parts
}

/// The parts of the Flows view: the list has what the others leave.
fn compose_flows(session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
    let mut rows = Rows::of(area);
    let limit = rows.take(if area.height > 8 { panel::limit::ROWS } else { 2 });
    let talks = panel::talks::height(session).min(area.height / 3);
    let talks = rows.take_last(talks);
    let roomy = area.height >= 16 && view.flows.list.selected.is_some();
    let detail = rows.take_last(if roomy { panel::flow::ROWS } else { 0 });
    vec![
        Placed { area: limit, part: Part::Limit },
        Placed { area: rows.rest(), part: Part::Flows },
        Placed { area: detail, part: Part::Flow },
        Placed { area: talks, part: Part::Talks },
    ]
}

/// The parts of the Host view.
fn compose_host(session: &Session, area: Rect) -> Vec<Placed> {
    let mut rows = Rows::of(area);
    let evacuation = rows.take(panel::evacuation::ROWS);
    let cores = panel::cores::height(session, area.width).min(area.height / 3);
    let cores = rows.take_last(cores);
    vec![
        Placed { area: evacuation, part: Part::Evacuation },
        Placed { area: rows.rest(), part: Part::Guests },
        Placed { area: cores, part: Part::Cores },
    ]
}

/// Which row of the list that is shown is at a position of the screen, for the mouse.
pub fn row_at(session: &Session, view: &ViewState, area: Rect, at: Position) -> Option<usize> {
    let parts = compose(session, view, area);
    let placed = parts.iter().find(|placed| placed.area.contains(at))?;
    let (height, row) = (placed.area.height, at.y - placed.area.y);
    match placed.part {
        Part::Interfaces => panel::interfaces::row_at(session, view, height, row),
        Part::Flows => panel::flows::row_at(session, view, height, row),
        Part::Guests => panel::guests::row_at(view, height, row),
        _ => None,
    }
}

/// What a click on a key of the footer asks for.
pub fn command_at(
    session: &Session,
    view: &ViewState,
    area: Rect,
    at: Position,
) -> Option<Command> {
    let parts = compose(session, view, area);
    let placed = parts.iter().find(|placed| placed.area.contains(at))?;
    match placed.part {
        Part::Footer { alone } => {
            panel::footer::command_at(session, view, alone, area.width, at.x - placed.area.x)
        }
        _ => None,
    }
}

/// How far what lies over the view can be scrolled.
pub fn scrolls(session: &Session, view: &ViewState, area: Rect) -> usize {
    let parts = compose(session, view, area);
    let last = |placed: &Placed| match placed.part {
        Part::Help => Some(panel::help::last(view, placed.area)),
        Part::Messages => Some(panel::messages::last(session, view, placed.area)),
        _ => None,
    };
    parts.iter().find_map(last).unwrap_or(0)
}

/// Which cell of a chart, counted from the last one, is at a position of the screen, for the mouse.
pub fn moment_at(session: &Session, view: &ViewState, area: Rect, at: Position) -> Option<u16> {
    let parts = compose(session, view, area);
    let is_plot = |placed: &&Placed| matches!(placed.part, Part::Plot(_));
    let area = parts.iter().filter(is_plot).find(|placed| placed.area.contains(at))?.area;
    (at.x >= area_chart::plot(area).x).then(|| area.right() - 1 - at.x)
}

/// Which cell of the matrix is at a position of the screen, for the mouse.
pub fn place_at(session: &Session, view: &ViewState, area: Rect, at: Position) -> Option<Place> {
    let parts = compose(session, view, area);
    let matrix = parts.iter().find(|placed| placed.part == Part::Matrix)?;
    panel::matrix::place_at(view, matrix.area, at)
}
