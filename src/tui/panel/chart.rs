//! The selected team or interface over time, with the ceiling and the trials.

use std::cell::RefCell;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Maybe, section};
use crate::measure::history::Column;
use crate::model::{Direction, printable};
use crate::session::{Session, Subject};
use crate::tui::draw::newest_column;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::area_chart::{self, Bar, LABELS, Scale, round_top};

/// From this height on both directions are drawn.
const BOTH: u16 = 16;
/// The ceiling is shown when the highest column reaches this share of it.
const NEAR_CEILING: f64 = 0.3;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let Some(subject) = view.selected.clone().or_else(|| session.subject()) else { return };
    let direction = total(session, &subject).busier();
    if area.height < BOTH {
        draw_one(session, view, &subject, direction, area, buf);
        return;
    }
    let upper = Rect { height: area.height * 2 / 3, ..area };
    let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
    // The busier direction is large; the title says which is which.
    draw_one(session, view, &subject, direction.other(), lower, buf);
    draw_one(session, view, &subject, direction, upper, buf);
}

fn total(session: &Session, subject: &Subject) -> crate::model::Pair<u64> {
    match subject {
        Subject::Interface(id) => session.interface(*id).map(|i| i.total).unwrap_or_default(),
        Subject::Team(name) => session.team(name).map_or_else(Default::default, |team| {
            session.members(team).fold(Default::default(), |sum, m| sum + m.interface.total)
        }),
    }
}

thread_local! {
    /// Columns of the chart, kept from frame to frame.
    static BARS: RefCell<(Vec<Option<Column>>, Vec<Option<Column>>, Vec<Bar>)> = RefCell::default();
}

fn draw_one(
    session: &Session,
    view: &ViewState,
    subject: &Subject,
    direction: Direction,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(figures) = session.figures(subject) else { return };
    let name = printable(session.name_of(subject));
    let now = Maybe(figures.now.map(|rates| rates[direction]), view.unit);
    let second = Maybe(figures.second.map(|rates| rates[direction]), view.unit);
    let label = direction.label();
    let width = view.column();
    let mut right = format!("{} a column (+ -)", span(width));
    if let Some(cadence) = figures.cadence {
        let every = cadence.as_secs_f64();
        right = format!("driver updates its counters every {every:.1} s  {right}");
    }
    section(
        buf,
        area,
        view,
        format_args!("{name} {label} now {now:>11}  1 s {second:>11}"),
        &right,
    );
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    let Some(newest) = newest_column(session, width) else {
        Pen::at(buf, plot, 0)
            .put(view.theme.faint(), format_args!("the first column is being filled"));
        return;
    };
    let cells = usize::from(plot.width.saturating_sub(LABELS));
    BARS.with_borrow_mut(|(columns, scratch, bars)| {
        columns.clear();
        columns.resize(cells, None);
        session.columns(subject, direction, width, newest, columns, scratch);
        let first = (newest + 1) as i64 - cells as i64;
        bars.clear();
        // Before the session began there is nothing to miss.
        let since = (first..).take_while(|n| *n < 0).count().min(cells);
        bars.extend((first..).zip(columns.iter()).skip(since).map(|(number, column)| Bar {
            rate: column.map(|c| c.mean),
            in_trial: in_trial(session, number as u64, width),
        }));
        let most = columns.iter().flatten().fold(0f64, |most, c| most.max(c.mean));
        let ceiling = figures.attainable.filter(|ceiling| most >= ceiling * NEAR_CEILING);
        let scale = Scale {
            top: round_top(most.max(ceiling.unwrap_or(0.0))),
            ceiling,
            unit: view.unit,
            symbols: view.symbols,
            theme: view.theme,
        };
        area_chart::draw(buf, plot, bars, &scale);
    });
    draw_axis(session, view, area, newest, width, buf);
}

fn in_trial(session: &Session, column: u64, width: Duration) -> bool {
    let middle = width * column as u32 + width / 2;
    session.trials().iter().rev().any(|t| t.start <= middle && t.end.is_none_or(|end| middle < end))
}

/// The row under the plot: how far back it goes, and the trials as brackets with their numbers.
fn draw_axis(
    session: &Session,
    view: &ViewState,
    area: Rect,
    newest: u64,
    width: Duration,
    buf: &mut Buffer,
) {
    let row = area.height - 1;
    let left = area.x + LABELS;
    let cells = i64::from(area.width.saturating_sub(LABELS));
    let back = width * cells as u32;
    let mut pen = Pen::at(buf, area, row);
    pen.put(view.theme.faint(), format_args!("{:>11} ", Back(back)));
    let first = (newest + 1) as i64 - cells;
    let cell_of = |at: Duration| (at.as_nanos() / width.as_nanos()) as i64 - first;
    for trial in session.trials() {
        let from = cell_of(trial.start);
        let to = cell_of(trial.end.unwrap_or(session.at())).min(cells - 1);
        if to < 0 {
            continue;
        }
        let mut pen = Pen::at(buf, area, row);
        pen.column(left + from.max(0) as u16);
        let [start, middle, end] = view.symbols.span;
        let length = (to - from.max(0) + 1) as u16;
        pen.fill(length, |i| {
            let symbol = match i64::from(i) + from.max(0) {
                at if at == from => start,
                at if at == to && trial.end.is_some() => end,
                _ => middle,
            };
            (symbol, view.theme.trial())
        });
        if length >= 5 {
            let mut pen = Pen::at(buf, area, row);
            pen.column(left + from.max(0) as u16 + 1);
            pen.put(view.theme.trial(), format_args!(" {} ", trial.number));
        }
    }
}

/// `1 min 40 s ago`, short.
struct Back(Duration);

impl std::fmt::Display for Back {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("-{}", span(self.0)))
    }
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
