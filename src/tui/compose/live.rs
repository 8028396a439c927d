//! The Live view, composed for the room there is.
//!
//! ```text
//! up to 180 columns     from 180 on              from 260 on
//! headline              headline                 headline
//! interfaces            interfaces │ limit       interfaces │ charts
//!                                  │ evacuation  limit      │
//! charts                           │ connections evacuation │
//!                       charts                   connections│
//! trials                trials                   trials
//! ```

use ratatui::layout::Rect;

use super::compose_charts;
use crate::session::Session;
use crate::tui::arrangement::Panel;
use crate::tui::panel;
use crate::tui::part::{Part, Placed};
use crate::tui::rows::Rows;
use crate::tui::view_state::ViewState;

/// Rows that a view has to have for more than one column.
const HIGH: u16 = 28;
/// From this width on what limits the traffic stands beside the list.
const WIDE: u16 = 180;
/// From this width on the charts stand beside everything else.
const WIDEST: u16 = 260;
/// The list of interfaces with both directions and its sparklines.
const LIST: u16 = 134;
/// Between columns.
const GAP: u16 = 2;
/// What limits it, how far it is, and a few connections.
const BESIDE: u16 = 14;

/// Whether a view of this size shows connections beside its interfaces.
pub fn shows_connections(area: Rect) -> bool {
    area.height >= HIGH && area.width >= WIDE
}

/// The parts of the Live view.
pub(super) fn compose(session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
    let shows = |panel| !view.hidden.contains(&panel);
    let mut rows = Rows::of(area);
    let height = area.height;
    let large = panel::headline::is_large((height, area.width));
    let headline = panel::headline::height(session, (height, area.width)).min(height * 2 / 5);
    let headline = rows.take(if shows(Panel::Headline) { headline.max(2) } else { 0 });
    let trials = panel::trials::height(session, height).min(height / 4).max(1);
    let trials = rows.take_last(if shows(Panel::Trials) { trials } else { 0 });
    let mut parts = vec![
        Placed { area: headline, part: Part::Headline { large } },
        Placed { area: trials, part: Part::Trials },
    ];
    let rest = rows.rest();
    if area.height < HIGH || area.width < WIDE {
        compose_column(session, view, rest, &mut parts);
    } else if area.width < WIDEST {
        compose_beside(session, view, rest, &mut parts);
    } else {
        compose_two(session, view, rest, &mut parts);
    }
    parts
}

/// Rows of the list, of `rest`; the chart has at least half of it where there is room for both.
fn list_rows(session: &Session, view: &ViewState, rest: u16) -> u16 {
    let chart = match rest {
        0..6 => 0,
        6..14 => rest / 2,
        _ => (rest / 2).max(8),
    };
    let chart = if view.hidden.contains(&Panel::Chart) { 0 } else { chart };
    if view.hidden.contains(&Panel::Interfaces) {
        return 0;
    }
    panel::interfaces::height(session, view).min(rest - chart)
}

/// List above charts.
fn compose_column(session: &Session, view: &ViewState, area: Rect, parts: &mut Vec<Placed>) {
    let mut rows = Rows::of(area);
    let list = list_rows(session, view, area.height);
    parts.push(Placed { area: rows.take(list), part: Part::Interfaces });
    place_charts(session, view, rows.rest(), parts);
}

/// The list with what limits the traffic beside it, above charts.
fn compose_beside(session: &Session, view: &ViewState, area: Rect, parts: &mut Vec<Placed>) {
    let mut rows = Rows::of(area);
    let list = list_rows(session, view, area.height).max(BESIDE.min(area.height / 2));
    let (left, right) = columns(rows.take(list), parts);
    parts.push(Placed { area: left, part: Part::Interfaces });
    compose_causes(right, parts);
    place_charts(session, view, rows.rest(), parts);
}

/// Charts on the right, everything else on the left.
fn compose_two(session: &Session, view: &ViewState, area: Rect, parts: &mut Vec<Placed>) {
    let (left, right) = columns(area, parts);
    let mut rows = Rows::of(left);
    let list = list_rows(session, view, left.height.saturating_sub(BESIDE) * 2);
    parts.push(Placed { area: rows.take(list), part: Part::Interfaces });
    compose_causes(rows.rest(), parts);
    place_charts(session, view, right, parts);
}

/// What limits the traffic, how far the guests are, whose connections it is.
fn compose_causes(area: Rect, parts: &mut Vec<Placed>) {
    let mut rows = Rows::of(area);
    parts.push(Placed { area: rows.take(panel::limit::ROWS_ROOMY), part: Part::Limit });
    parts.push(Placed { area: rows.take(panel::evacuation::ROWS), part: Part::Evacuation });
    parts.push(Placed { area: rows.rest(), part: Part::Flows });
}

fn place_charts(session: &Session, view: &ViewState, area: Rect, parts: &mut Vec<Placed>) {
    if view.hidden.contains(&Panel::Chart) {
        parts.push(Placed { area, part: Part::LeftOut });
    } else {
        parts.extend(compose_charts(session, view, area));
    }
}

/// A column as wide as the list, and the rest beside it.
fn columns(area: Rect, parts: &mut Vec<Placed>) -> (Rect, Rect) {
    let left = Rect { width: LIST.min(area.width), ..area };
    let gap = Rect { x: left.right(), width: GAP.min(area.width - left.width), ..area };
    let right = Rect { x: gap.right(), width: area.right() - gap.right(), ..area };
    parts.push(Placed { area: gap, part: Part::Nothing });
    (left, right)
}
