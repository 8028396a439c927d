//! The selected team or interface over time, with the ceiling and the trials.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Maybe, section};
use crate::measure::history::Column;
use crate::model::{Direction, printable};
use crate::session::{Session, Subject};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::area_chart::{self, Bar, LABELS, Scale, round_top};
use crate::units::RateUnit;

/// From this height on both directions are drawn.
const BOTH: u16 = 16;
/// Less than this is no chart.
const LEAST: u16 = 3;
/// The ceiling is shown when the highest column reaches this share of it.
const NEAR_CEILING: f64 = 0.3;

/// Which directions are drawn where in `area`: the busier one first and large.
pub fn directions(session: &Session, view: &ViewState, area: Rect) -> Vec<(Direction, Rect)> {
    let Some(subject) = subject(session, view).filter(|_| area.height >= LEAST) else {
        return Vec::new();
    };
    let busier = session.total(&subject).busier();
    if area.height < BOTH {
        return vec![(busier, area)];
    }
    let upper = Rect { height: area.height * 2 / 3, ..area };
    let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
    vec![(busier, upper), (busier.other(), lower)]
}

fn subject(session: &Session, view: &ViewState) -> Option<Subject> {
    view.selected.clone().or_else(|| session.subject())
}

/// The first row: whose rates, and the rates of the moment.
pub fn draw_title(
    session: &Session,
    view: &ViewState,
    direction: Direction,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(subject) = subject(session, view) else { return };
    let Some(figures) = session.figures(&subject) else { return };
    let name = printable(session.name_of(&subject));
    let now = Maybe(figures.now.map(|rates| rates[direction]), view.unit);
    let second = Maybe(figures.second.map(|rates| rates[direction]), view.unit);
    let label = direction.label();
    let mut right = format!("{} a column (+ -)", span(view.column()));
    if let Some(cadence) = figures.cadence {
        let every = cadence.as_secs_f64();
        right = format!("driver updates its counters every {every:.1} s  {right}");
    }
    // The large chart names the subject; the small one below belongs to it.
    let large = session.total(&subject).busier() == direction;
    let name = if large { format!("{name} ") } else { String::new() };
    let title = format_args!("{name}{label} now {now:>11}  1 s {second:>11}");
    section(buf, area, view, title, &right);
}

/// What the plot depends on: while it stays the same, so does the plot.
pub fn fingerprint(session: &Session, view: &ViewState, direction: Direction) -> u64 {
    let mut hash = DefaultHasher::new();
    let subject = subject(session, view);
    let figures = subject.as_ref().and_then(|subject| session.figures(subject));
    let newest = session.newest_column(view.column());
    (subject, newest, view.zoom, direction.label()).hash(&mut hash);
    (view.unit == RateUnit::Bits, std::ptr::from_ref(view.symbols)).hash(&mut hash);
    figures.and_then(|f| f.attainable).map(f64::to_bits).hash(&mut hash);
    for trial in session.trials() {
        (trial.start, trial.end).hash(&mut hash);
    }
    session.departures().for_each(|(at, _)| at.hash(&mut hash));
    hash.finish()
}

/// What is drawn from, kept from frame to frame.
#[derive(Default)]
struct Scratch {
    columns: Vec<Option<Column>>,
    members: Vec<Option<Column>>,
    bars: Vec<Bar>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Everything below the title.
pub fn draw_plot(
    session: &Session,
    view: &ViewState,
    direction: Direction,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(subject) = subject(session, view) else { return };
    let Some(figures) = session.figures(&subject) else { return };
    let width = view.column();
    let plot = Rect { height: area.height.saturating_sub(1), ..area };
    let Some(newest) = session.newest_column(width) else {
        Pen::at(buf, plot, 0)
            .put(view.theme.faint(), format_args!("the first column is being filled"));
        return;
    };
    let cells = usize::from(plot.width.saturating_sub(LABELS));
    // Before the session began there is nothing to miss.
    let begun = cells.min(newest.saturating_add(1) as usize);
    SCRATCH.with_borrow_mut(|Scratch { columns, members, bars }| {
        columns.clear();
        columns.resize(begun, None);
        session.columns(&subject, direction, width, newest, columns, members);
        bars.clear();
        bars.extend((newest + 1 - begun as u64..=newest).zip(columns.iter()).map(
            |(number, column)| Bar {
                rate: column.map(|c| c.mean),
                in_trial: in_trial(session, number, width),
            },
        ));
        let most = columns.iter().flatten().fold(0f64, |most, c| most.max(c.mean));
        let ceiling = figures.attainable.filter(|ceiling| most >= ceiling * NEAR_CEILING);
        let scale = Scale {
            // A full link reaches the upper edge; without a ceiling the edge is round.
            top: ceiling.map_or_else(|| round_top(most), |ceiling| ceiling.max(most)),
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

/// The row under the plot: how far back it goes, the trials as brackets with their numbers, and a
/// tick where a guest left.
fn draw_axis(
    session: &Session,
    view: &ViewState,
    area: Rect,
    newest: u64,
    width: Duration,
    buf: &mut Buffer,
) {
    let Some(row) = area.height.checked_sub(1) else { return };
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
    for (at, _) in session.departures() {
        let cell = cell_of(at);
        if (0..cells).contains(&cell) {
            let mut pen = Pen::at(buf, area, row);
            pen.column(left + cell as u16);
            pen.fill(1, |_| (view.symbols.departure, view.theme.strong()));
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
