//! The list of interfaces: the busy ones, with their last seconds.

use std::cell::RefCell;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Maybe, section};
use crate::measure::history::Column;
use crate::model::{Direction, printable};
use crate::session::{Figures, InterfaceState, Order, Session, Subject};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::sparkline;

const RATE: usize = 11;
/// Sparklines are at most this long: a minute.
const LONGEST_SPARKLINE: u16 = 60;

/// A row of the list.
enum Row<'a> {
    /// Whose members stand below; `None` is of no team.
    Team(Option<usize>),
    /// An interface, and its row among all of the view.
    Interface(usize, &'a InterfaceState),
}

/// Title, heading, and a row each.
pub fn height(session: &Session, view: &ViewState) -> u16 {
    2 + rows(session, view).count().max(1) as u16
}

/// All rows; by team each team has one of its own.
fn rows<'a>(session: &'a Session, view: &'a ViewState) -> impl Iterator<Item = Row<'a>> {
    let by_team = view.listing.order == Order::Team && !session.teams().is_empty();
    let interfaces = view.rows.iter().enumerate().filter_map(|(n, row)| match row {
        Subject::Interface(id) => Some((n, session.interface(*id)?)),
        Subject::Team(_) => None,
    });
    let mut last = None;
    interfaces.flat_map(move |(n, interface)| {
        let team = session.team_index(interface.facts.id);
        let is_new = by_team && last.replace(team) != Some(team);
        is_new.then_some(Row::Team(team)).into_iter().chain([Row::Interface(n, interface)])
    })
}

/// First row shown, so that the selected one is among `shown`.
fn scroll(session: &Session, view: &ViewState, shown: usize) -> usize {
    let is_selected = |row| match row {
        Row::Interface(n, _) => view.rows.get(n) == view.selected.as_ref(),
        Row::Team(_) => false,
    };
    let selected = rows(session, view).position(is_selected);
    selected.map_or(0, |at| (at + 1).saturating_sub(shown))
}

/// Which row of the view is at row `row` of this panel when it is `height` high.
pub fn row_at(session: &Session, view: &ViewState, height: u16, row: u16) -> Option<usize> {
    let shown = usize::from(height.saturating_sub(2));
    let at = usize::from(row.checked_sub(2)?);
    let first = scroll(session, view, shown);
    match rows(session, view).nth(first + at).filter(|_| at < shown)? {
        Row::Interface(n, _) => Some(n),
        Row::Team(_) => None,
    }
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let shown = usize::from(area.height - 2);
    let all = rows(session, view).count();
    let mut right = String::new();
    if all > shown {
        right = format!("{shown} of {all}");
    }
    if view.folded > 0 {
        let comma = if right.is_empty() { "" } else { ", " };
        right =
            format!("{right}{comma}{} folded ({})", view.folded, view.asked(Command::ToggleFolded));
    }
    let order = view.listing.order.label();
    let held =
        if view.held { format!(", held ({})", view.asked(Command::Hold)) } else { String::new() };
    if view.listing.filter.is_empty() {
        section(buf, area, view, format_args!("interfaces {order}{held}"), &right);
    } else {
        let filter = printable(&view.listing.filter);
        section(buf, area, view, format_args!("interfaces {order}{held}, with `{filter}`"), &right);
    }
    let columns = Columns::fitting(area.width);
    heading(view, area, columns, buf);
    if all == 0 {
        let key = view.asked(Command::ToggleFolded);
        let mut pen = Pen::at(buf, area, 2);
        pen.put(view.theme.faint(), format_args!("  all is quiet; {key} shows idle interfaces"));
    }
    let first = scroll(session, view, shown);
    for (row, what) in (2..).zip(rows(session, view).skip(first).take(shown)) {
        let mut pen = Pen::at(buf, area, row);
        match what {
            Row::Team(team) => draw_team(session, view, team, &mut pen),
            Row::Interface(n, interface) => {
                let selected = view.rows.get(n) == view.selected.as_ref();
                draw_row(session, view, interface, selected, columns, &mut pen);
            }
        }
    }
}

/// The row above a team's members.
fn draw_team(session: &Session, view: &ViewState, team: Option<usize>, pen: &mut Pen<'_>) {
    let Some(team) = team.and_then(|team| session.teams().get(team)) else {
        pen.put(view.theme.strong(), format_args!("of no team"));
        return;
    };
    let up = session.members(team).filter(|member| member.interface.is_up()).count();
    let all = team.facts.members.len();
    pen.put(view.theme.strong(), format_args!("{}", printable(&team.facts.name)));
    pen.put(view.theme.faint(), format_args!("  {up} of {all} members up"));
}

/// What fits on a row besides name, peak, use, faults and sparkline.
#[derive(Clone, Copy)]
enum Columns {
    /// Both directions.
    Both,
    /// The busier direction alone.
    Busier,
}

impl Columns {
    fn fitting(width: u16) -> Self {
        if width >= 110 { Self::Both } else { Self::Busier }
    }

    fn name_width(self) -> usize {
        match self {
            Self::Both => 15,
            Self::Busier => 12,
        }
    }
}

fn heading(view: &ViewState, area: Rect, columns: Columns, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 1);
    let style = view.theme.faint();
    pen.put(style, format_args!("  {:<width$} ", "", width = columns.name_width()));
    match columns {
        Columns::Both => {
            pen.put(style, format_args!("{:>RATE$} {:>RATE$}", "TX now", "RX now"));
            pen.put(style, format_args!(" {:>RATE$} {:>RATE$}", "TX 1 s", "RX 1 s"));
        }
        Columns::Busier => {
            pen.put(style, format_args!("   {:>RATE$} {:>RATE$}", "now", "1 s"));
        }
    }
    pen.put(style, format_args!(" {:>13} {:>7} {:>6}", "peak(1 s) ", "used", "faults"));
}

fn draw_row(
    session: &Session,
    view: &ViewState,
    interface: &InterfaceState,
    selected: bool,
    columns: Columns,
    pen: &mut Pen<'_>,
) {
    let theme = view.theme;
    let facts = &interface.facts;
    let subject = Subject::Interface(facts.id);
    let Some(figures) = session.figures(&subject) else { return };
    let style = if selected { theme.selected() } else { theme.text() };
    let pinned = view.listing.pinned.contains(&facts.id);
    let mark = match (selected, pinned) {
        (true, _) => view.symbols.cursor,
        (false, true) => view.symbols.pin,
        (false, false) => ' ',
    };
    let (name, width) = (printable(&facts.name), columns.name_width());
    pen.put(style, format_args!("{mark} {name:<width$.width$} "));
    if !interface.is_up() {
        let what = if interface.present { "link down" } else { "gone" };
        pen.put(theme.warning(), format_args!("{what}"));
        return;
    }
    let busier = figures.second.map_or(Direction::Tx, |rates| rates.busier());
    let now = |d| Maybe(figures.now.map(|rates| rates[d]), view.unit);
    let second = |d| Maybe(figures.second.map(|rates| rates[d]), view.unit);
    match columns {
        Columns::Both => {
            for rate in [now(Direction::Tx), now(Direction::Rx)] {
                pen.put(style, format_args!("{rate:>RATE$} "));
            }
            let (tx, rx) = (second(Direction::Tx), second(Direction::Rx));
            pen.put(style, format_args!("{tx:>RATE$} {rx:>RATE$}"));
        }
        Columns::Busier => {
            pen.put(theme.faint(), format_args!("{} ", busier.label()));
            pen.put(style, format_args!("{:>RATE$} {:>RATE$}", now(busier), second(busier)));
        }
    }
    draw_peak(view, &figures, busier, pen);
    match figures.utilisation(busier) {
        Some(used) => pen.put(style, format_args!(" {used:>7}")),
        None => pen.put(theme.faint(), format_args!(" {:>7}", "-")),
    };
    match interface.faults() {
        0 => pen.put(theme.faint(), format_args!(" {:>6}", 0)),
        faults => pen.put(theme.warning(), format_args!(" {faults:>6}")),
    };
    pen.put(style, format_args!(" "));
    draw_sparkline(session, view, &subject, &figures, busier, pen);
}

/// The peak; its window where that is not 1 s; `!` where it is impossible.
fn draw_peak(view: &ViewState, figures: &Figures, direction: Direction, pen: &mut Pen<'_>) {
    let peak = figures.peak.rates[direction];
    let impossible = figures.peak.impossible[direction];
    let style = if impossible { view.theme.warning() } else { view.theme.text() };
    let mark = if impossible { '!' } else { ' ' };
    let window = figures.window.as_secs_f64();
    if window > 1.5 {
        pen.put(style, format_args!("{mark}{window:.0}s:{:>RATE$}", Maybe(peak, view.unit)));
    } else {
        pen.put(style, format_args!("{mark} {:>RATE$} ", Maybe(peak, view.unit)));
    }
}

thread_local! {
    /// Columns of one sparkline, kept from row to row and frame to frame.
    static COLUMNS: RefCell<Vec<Option<Column>>> = RefCell::default();
}

fn draw_sparkline(
    session: &Session,
    view: &ViewState,
    subject: &Subject,
    figures: &Figures,
    direction: Direction,
    pen: &mut Pen<'_>,
) {
    let width = Duration::from_secs(1);
    let Some(newest) = session.newest_column(width) else { return };
    // Before the session began there is nothing to miss.
    let cells = pen.room().min(LONGEST_SPARKLINE);
    let begun = cells.min(newest.saturating_add(1).min(u64::from(u16::MAX)) as u16);
    pen.fill(cells - begun, |_| (' ', view.theme.text()));
    let cells = usize::from(begun);
    COLUMNS.with_borrow_mut(|columns| {
        columns.clear();
        columns.resize(cells, None);
        session.columns(subject, direction, width, newest, columns, &mut Vec::new());
        let most = columns.iter().flatten().fold(0f64, |most, c| most.max(c.mean));
        let top = figures.attainable.unwrap_or(most);
        let rates = columns.iter().map(|c| c.map(|c| c.mean));
        sparkline::draw(pen, rates, top, view.symbols, view.theme.traffic());
    });
}
