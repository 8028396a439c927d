//! The selected team or interface over time: its rates, the ceiling, the trials and what happened.

mod axis;
mod overlay;
mod readout;
mod window;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::axis::{Shown, Span, time_of};
use self::overlay::{Laid, Legend};
use self::readout::Readout;
pub use self::window::Window;
use super::{Maybe, section};
use crate::measure::history::Column;
use crate::model::{Direction, printable};
use crate::session::{Session, Subject, Trial};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::status::Status;
use crate::tui::view_state::ViewState;
use crate::tui::widget::area_chart::{self, Bar, Scale};
use crate::tui::widget::rate_axis::RateAxis;
use crate::units::RateUnit;

/// From this height on both directions are drawn.
const BOTH: u16 = 16;
/// Less than this is no chart.
const LEAST: u16 = 3;
/// From this height on times and marks have a row each.
const ROOMY: u16 = 5;
/// The ceiling is shown when the highest column reaches this share of it.
const NEAR_CEILING: f64 = 0.3;

/// One of the charts: the large one is the busier direction's, and has the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chart {
    pub direction: Direction,
    pub large: bool,
}

/// Which charts are drawn where in `area`: the busier direction first and large.
pub fn charts(session: &Session, view: &ViewState, area: Rect) -> Vec<(Chart, Rect)> {
    let Some(subject) = subject(session, view).filter(|_| area.height >= LEAST) else {
        return Vec::new();
    };
    let large = Chart { direction: session.total(&subject).busier(), large: true };
    if area.height < BOTH {
        return vec![(large, area)];
    }
    let small = Chart { direction: large.direction.other(), large: false };
    let upper = Rect { height: area.height * 2 / 3, ..area };
    let lower = Rect { y: upper.bottom(), height: area.height - upper.height, ..area };
    vec![(large, upper), (small, lower)]
}

/// What the charts are about.
pub fn subject(session: &Session, view: &ViewState) -> Option<Subject> {
    match &view.frozen {
        Some(frozen) => frozen.subject.clone(),
        None => view.selected.clone().or_else(|| session.subject()),
    }
}

/// The first row: whose rates, and those of the moment, or of the one that is pointed at.
pub fn draw_title(
    session: &Session,
    view: &ViewState,
    status: &Status,
    chart: Chart,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(subject) = subject(session, view) else { return };
    let Some(figures) = session.figures(&subject) else { return };
    let direction = chart.direction;
    // The large chart names the subject; the small one below belongs to it.
    let name = printable(session.name_of(&subject));
    let name = if chart.large { format!("{name} ") } else { String::new() };
    let label = direction.label();
    let until = view.chart.until(view.moment(session));
    let key = |command| view.asked(command);
    let window = Window::of(session, view, area_chart::plot(area).width);
    if let Some(readout) = window.and_then(|w| Readout::of(session, view, &subject, chart, &w)) {
        let at = time_of(session, status, readout.at);
        let title = format_args!("{name}{label} at {at}  {readout}");
        section(buf, area, view, title, "");
    } else if until.is_some() || view.frozen.is_some() {
        let right = chart_words(session, view, area);
        let at = time_of(session, status, until.unwrap_or(view.moment(session)));
        let back = until.map_or_else(String::new, |_| format!("; {}: now", key(Command::Escape)));
        section(buf, area, view, format_args!("{name}{label} until {at}{back}"), &right);
    } else {
        let mut right = chart_words(session, view, area);
        if let Some(cadence) = figures.cadence {
            let every = cadence.as_secs_f64();
            right = format!("driver updates its counters every {every:.1} s  {right}");
        }
        let now = Maybe(figures.now.map(|rates| rates[direction]), view.unit);
        let second = Maybe(figures.second.map(|rates| rates[direction]), view.unit);
        let title = format_args!("{name}{label} now {now:>11}  1 s {second:>11}");
        section(buf, area, view, title, &right);
    }
}

/// How the chart is drawn, in words.
fn chart_words(session: &Session, view: &ViewState, area: Rect) -> String {
    let mut words = String::new();
    // Into memory: this cannot fail.
    if let Some(laid) = Laid::of(session, view) {
        let _ = write!(words, "{}  ", Legend(&laid, view.symbols));
    }
    if view.chart.log {
        words.push_str("log  ");
    }
    if view.chart.is_whole() {
        words.push_str("whole session, ");
    }
    let width = view.chart.column(view.moment(session), area_chart::plot(area).width);
    let plain = words.is_empty();
    let _ = write!(words, "{} a column", Span(width));
    if plain {
        let [less, more] = [Command::ZoomIn, Command::ZoomOut].map(|command| view.asked(command));
        let _ = write!(words, " ({less} {more})");
    }
    words
}

/// What the plot depends on: while it stays the same, so does the plot.
pub fn fingerprint(
    session: &Session,
    view: &ViewState,
    status: &Status,
    chart: Chart,
    area: Rect,
) -> u64 {
    let mut hash = DefaultHasher::new();
    let subject = subject(session, view);
    let window = Window::of(session, view, area_chart::plot(area).width);
    (window, view.chart, chart.direction.label(), status.ahead_of_utc).hash(&mut hash);
    (view.unit == RateUnit::Bits, std::ptr::from_ref(view.symbols)).hash(&mut hash);
    // What is known of the past can change while it is frozen: a gap is found, a team is given up.
    view.frozen.as_ref().map(|frozen| (frozen.at, session.at().as_secs())).hash(&mut hash);
    for trial in session.trials() {
        (trial.start, trial.end).hash(&mut hash);
    }
    if let Some(subject) = &subject {
        let ceiling = window.and_then(|window| window.ceiling(session, subject, window.newest));
        ceiling.map(f64::to_bits).hash(&mut hash);
        axis::for_each_tick(session, view, subject, |at, tick| (at, tick).hash(&mut hash));
    }
    subject.hash(&mut hash);
    hash.finish()
}

/// What is drawn from, kept from frame to frame.
#[derive(Default)]
struct Scratch {
    columns: Vec<Option<Column>>,
    members: Vec<Option<Column>>,
    bars: Vec<Bar>,
    earlier: [Vec<Option<Column>>; overlay::MOST],
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Everything below the title.
pub fn draw_plot(
    session: &Session,
    view: &ViewState,
    status: &Status,
    chart: Chart,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(subject) = subject(session, view) else { return };
    let rows = match area.height {
        // One below the other, both charts have the same time.
        height if height >= ROOMY && chart.large => 2,
        _ => 1,
    };
    let body = Rect { height: area.height.saturating_sub(rows), ..area };
    let Some(window) = Window::of(session, view, area_chart::plot(area).width) else {
        Pen::at(buf, body, 0)
            .put(view.theme.faint(), format_args!("the first column is being filled"));
        return;
    };
    SCRATCH.with_borrow_mut(|scratch| {
        draw_body(session, view, (&subject, chart.direction), &window, body, scratch, buf);
    });
    let below = Rect { y: body.bottom(), height: area.height - body.height, ..area };
    let times = Rect { y: below.bottom().saturating_sub(1), height: below.height.min(1), ..below };
    let shown = Shown { session, view, status, window: &window };
    axis::draw_times(shown, times, buf);
    if chart.large {
        axis::draw_marks(shown, &subject, below, buf);
    }
    axis::draw_read_time(shown, times, buf);
}

fn draw_body(
    session: &Session,
    view: &ViewState,
    (subject, direction): (&Subject, Direction),
    window: &Window,
    area: Rect,
    scratch: &mut Scratch,
    buf: &mut Buffer,
) {
    let Scratch { columns, members, bars, earlier } = scratch;
    fill_bars(session, view, (subject, direction), window, (columns, members, bars));
    let laid = Laid::of(session, view);
    let trials = laid.as_ref().map_or(&[][..], |laid| laid.trials);
    for (trial, columns) in trials.iter().zip(earlier.iter_mut()) {
        let Some((_, newest, count)) = laid.as_ref().map(|laid| laid.place(trial, window)) else {
            continue;
        };
        columns.clear();
        columns.resize(count, None);
        session.columns(subject, direction, window.width, newest, columns, members);
    }
    let drawn = earlier.iter().take(trials.len()).flatten().chain(columns.iter()).flatten();
    let most = drawn.fold(0f64, |most, c| most.max(c.mean));
    // The newest that the traffic came near: of a link that is down nothing is known now.
    let mut ceilings = bars.iter().rev().filter_map(|bar| bar.ceiling);
    let ceiling = ceilings.find(|ceiling| most >= ceiling * NEAR_CEILING);
    let axis = if view.chart.log {
        RateAxis::logarithmic(most, ceiling, view.unit)
    } else {
        RateAxis::linear(most, ceiling, area.height, view.unit)
    };
    let scale = Scale { axis, unit: view.unit, symbols: view.symbols, theme: view.theme };
    area_chart::draw(buf, area, bars, &scale);
    let plot = area_chart::plot(area);
    let lines = trials.iter().zip(earlier.iter()).zip(view.symbols.lines);
    for (n, ((trial, columns), symbol)) in lines.enumerate() {
        let Some((first, ..)) = laid.as_ref().map(|laid| laid.place(trial, window)) else {
            continue;
        };
        let rates = columns.iter().map(|column| column.map(|c| c.mean));
        let drawn = (symbol, view.theme.line(n));
        area_chart::draw_points(buf, plot, first, rates, &scale, drawn);
    }
    let back = view.chart.cross.map(|cross| cross.back);
    if let Some(back) = back.filter(|back| window.column_back(*back).is_some()) {
        let bar = bars.len().checked_sub(1 + usize::from(back)).map(|n| &bars[n]);
        area_chart::draw_cross(buf, plot, window.cells - 1 - back, bar, &scale);
    }
}

/// What the cells show, from the history.
fn fill_bars(
    session: &Session,
    view: &ViewState,
    (subject, direction): (&Subject, Direction),
    window: &Window,
    (columns, members, bars): (&mut Vec<Option<Column>>, &mut Vec<Option<Column>>, &mut Vec<Bar>),
) {
    let halves = if view.symbols.halves.is_empty() { 1 } else { 2 };
    let known = window.known(session);
    columns.clear();
    columns.resize(known * halves, None);
    let newest = (window.newest + 1) * halves as u64 - 1;
    let width = window.width / halves as u32;
    session.columns(subject, direction, width, newest, columns, members);
    bars.clear();
    let first = window.newest + 1 - known as u64;
    bars.extend((first..).zip(columns.chunks_exact(halves)).map(|(number, of_cell)| {
        let rate = |column: &Option<Column>| column.map(|c| c.mean);
        Bar {
            halves: [rate(&of_cell[0]), rate(&of_cell[halves - 1])],
            ceiling: window.ceiling(session, subject, number),
            in_trial: trial_at(session, view, window.middle_of(number)).is_some(),
        }
    }));
}

/// The trial that a moment lies in, as far as it is known at the one that is shown.
fn trial_at<'a>(session: &'a Session, view: &ViewState, at: Duration) -> Option<&'a Trial> {
    let now = view.moment(session);
    let end = |end: Option<Duration>| end.filter(|end| *end <= now);
    let mut trials = session.trials().iter().rev().filter(|trial| trial.start <= now);
    trials.find(|t| t.start <= at && end(t.end).is_none_or(|end| at < end))
}
