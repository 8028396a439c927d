//! The connections that carry traffic, those over one interface together.
//!
//! ```text
//! connections by rate ───────────────────────── 20, they explain 98 % of bond0 TX, migrations 97 %
//!   whose            to                      what             TX     again     RTT  busy window ...
//! eth0  4.71 Gbit/s TX in 10 streams
//! ▶ vm03             10.77.0.2:49152         QEMU      479 Mbit/s     0/s  4.36 ms 100 %    0 % ▃▅▆▇
//! ```

use std::cell::RefCell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::headline::subject;
use super::{Maybe, section, shown};
use crate::model::{Direction, FlowId, InterfaceId, printable};
use crate::session::{FlowState, Pace, Session};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::{View, ViewState};
use crate::tui::widget::sparkline;
use crate::units::{Bytes, Micros};

/// Longest sparkline: what is kept.
const LONGEST: u16 = 60;

/// What fits on a row besides whose, rate, retransmissions, round trip and busy time.
#[derive(Clone, Copy)]
struct Columns {
    whose: usize,
    to: usize,
    /// The product; none where there is no room.
    what: usize,
    /// Window and unsent octets.
    queues: bool,
}

impl Columns {
    fn fitting(width: u16) -> Self {
        match width {
            0..72 => Self { whose: 14, to: 0, what: 0, queues: false },
            72..100 => Self { whose: 14, to: 21, what: 0, queues: false },
            100..140 => Self { whose: 16, to: 22, what: 22, queues: false },
            _ => Self { whose: 20, to: 30, what: 30, queues: true },
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// The interface of those below.
    Interface(Option<InterfaceId>),
    /// A connection, and its place among them.
    Flow(usize, FlowId),
}

/// All rows; interfaces are named where there are several.
fn rows(session: &Session, view: &ViewState) -> Vec<Row> {
    let flows = &view.flows.list.rows;
    let over = |id: &FlowId| session.flow(*id).and_then(|flow| flow.facts.interface);
    let several = flows.windows(2).any(|pair| over(&pair[0]) != over(&pair[1]));
    let mut rows = Vec::with_capacity(flows.len() + 4);
    let mut last = None;
    for (place, id) in flows.iter().enumerate() {
        let interface = over(id);
        if several && last != Some(interface) {
            rows.push(Row::Interface(interface));
            last = Some(interface);
        }
        rows.push(Row::Flow(place, *id));
    }
    rows
}

/// First row shown, so that the selected one is among `room`.
fn scroll(view: &ViewState, rows: &[Row], room: usize) -> usize {
    let selected =
        |row: &Row| matches!(row, Row::Flow(_, id) if Some(*id) == view.flows.list.selected);
    rows.iter().position(selected).map_or(0, |at| (at + 1).saturating_sub(room))
}

/// Which connection is at row `row` of this panel when it is `height` high.
pub fn row_at(session: &Session, view: &ViewState, height: u16, row: u16) -> Option<usize> {
    let room = usize::from(height.saturating_sub(2));
    let at = usize::from(row.checked_sub(2)?);
    let rows = rows(session, view);
    let first = scroll(view, &rows, room);
    match rows.get(first + at).filter(|_| at < room)? {
        Row::Flow(place, _) => Some(*place),
        Row::Interface(_) => None,
    }
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let rows = rows(session, view);
    let room = usize::from(area.height - 2);
    let first = scroll(view, &rows, room);
    draw_title(session, view, shown(first, room, rows.len()), area, buf);
    let columns = Columns::fitting(area.width);
    if rows.is_empty() {
        let text = if view.flows.listing.filter.is_empty() {
            "no TCP connection of this host carries anything"
        } else {
            &format!("none with that text; {} shows all", view.asked(Command::Escape))
        };
        Pen::at(buf, area, 1).put(view.theme.faint(), format_args!("  {text}"));
        return;
    }
    draw_heading(view, columns, area, buf);
    for (row, what) in (2..).zip(rows.into_iter().skip(first).take(room)) {
        let mut pen = Pen::at(buf, area, row);
        match what {
            Row::Interface(interface) => draw_interface(session, view, interface, &mut pen),
            Row::Flow(_, id) => {
                if let Some(flow) = session.flow(id) {
                    draw_flow(session, view, flow, columns, &mut pen);
                }
            }
        }
    }
}

fn draw_title(session: &Session, view: &ViewState, part: String, area: Rect, buf: &mut Buffer) {
    let subject = subject(session, view);
    let busier = subject.as_ref().and_then(|subject| session.figures(subject)?.second);
    let busier = busier.map_or(Direction::Tx, |rates| rates.busier());
    let explained = subject.as_ref().and_then(|subject| session.explained(subject, busier));
    let mut right = part;
    if let (Some(explained), Some(subject)) = (explained, &subject) {
        let comma = if right.is_empty() { "" } else { "; " };
        let name = printable(session.name_of(subject)).into_owned();
        let (share, labelled) = (explained.share * 100.0, explained.labelled * 100.0);
        let direction = busier.label();
        right = format!("{right}{comma}they are {share:.0} % of {name} {direction}");
        if area.width >= 100 {
            right = format!("{right}, known migrations {labelled:.0} %");
        }
    }
    let order = view.flows.listing.order.label();
    let filter = &view.flows.listing.filter;
    if filter.is_empty() {
        section(buf, area, view, format_args!("connections {order}"), &right);
    } else {
        let title = format_args!("connections {order}, with `{}`", printable(filter));
        section(buf, area, view, title, &right);
    }
}

fn draw_heading(view: &ViewState, columns: Columns, area: Rect, buf: &mut Buffer) {
    let Columns { whose, to, what, queues } = columns;
    let mut pen = Pen::at(buf, area, 1);
    let style = view.theme.faint();
    pen.put(style, format_args!("  {:<whose$} ", "whose"));
    if to > 0 {
        pen.put(style, format_args!("{:<to$} ", "with"));
    }
    if what > 0 {
        pen.put(style, format_args!("{:<what$} ", "what"));
    }
    pen.put(style, format_args!("   {:>11} {:>6} {:>7} {:>5}", "rate", "again", "RTT", "busy"));
    if queues {
        pen.put(style, format_args!(" {:>6} {:>8}", "window", "unsent"));
    }
}

fn draw_interface(
    session: &Session,
    view: &ViewState,
    interface: Option<InterfaceId>,
    pen: &mut Pen<'_>,
) {
    let state = interface.and_then(|id| session.interface(id));
    let (Some(state), Some(id)) = (state, interface) else {
        pen.put(view.theme.strong(), format_args!("leaving by no interface that is watched"));
        return;
    };
    let streams = session.streams_over(id);
    let plural = if streams == 1 { "stream" } else { "streams" };
    pen.put(view.theme.strong(), format_args!("{}", printable(&state.facts.name)));
    pen.put(view.theme.faint(), format_args!("  {streams} {plural}"));
}

/// Whose connection it is: the guest's, else the process's.
pub(super) fn whose(session: &Session, flow: &FlowState) -> String {
    let guest = session.guest_of(flow).map(|guest| guest.facts.name.as_str());
    let name = guest.or(flow.facts.process.as_deref());
    name.map_or_else(|| "?".into(), |name| printable(name).into_owned())
}

fn draw_flow(
    session: &Session,
    view: &ViewState,
    flow: &FlowState,
    columns: Columns,
    pen: &mut Pen<'_>,
) {
    let theme = view.theme;
    // Beside the interfaces it is their list that has the selection.
    let selected = view.shown == View::Flows && view.flows.list.selected == Some(flow.facts.id);
    let style = match (selected, flow.closed) {
        (true, _) => theme.selected(),
        (false, Some(_)) => theme.faint(),
        (false, None) => theme.text(),
    };
    let cursor = if selected { view.symbols.cursor } else { ' ' };
    let width = columns.whose;
    pen.put(style, format_args!("{cursor} {:<width$.width$} ", whose(session, flow)));
    let width = columns.to;
    if width > 0 {
        pen.put(style, format_args!("{:<width$.width$} ", flow.facts.remote.to_string()));
    }
    let width = columns.what;
    if width > 0 {
        let label = flow.label.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        pen.put(style, format_args!("{label:<width$.width$} "));
    }
    if let Some(closed) = flow.closed {
        let ago = session.at().saturating_sub(closed).as_secs();
        let total = Bytes(flow.total.rx.max(flow.total.tx));
        pen.put(style, format_args!("closed {ago} s ago after {total}"));
        return;
    }
    let direction = flow.direction();
    let pace = flow.pace();
    let rate = Maybe(pace.map(|pace| pace.rates[direction]), view.unit);
    pen.put(theme.faint(), format_args!("{} ", direction.label()));
    pen.put(style, format_args!("{rate:>11}"));
    match pace.map(Pace::retransmissions) {
        Some(again) if again >= 0.5 => pen.put(theme.warning(), format_args!(" {again:>4.0}/s")),
        Some(_) => pen.put(theme.faint(), format_args!(" {:>6}", "0")),
        None => pen.put(theme.faint(), format_args!(" {:>6}", "-")),
    };
    match flow.latest() {
        Some(tcp) => pen.put(style, format_args!(" {:>7}", Micros(tcp.rtt_us))),
        None => pen.put(theme.faint(), format_args!(" {:>7}", "-")),
    };
    draw_share(view, pace.map(|pace| pace.busy), 5, pen);
    if columns.queues {
        draw_share(view, pace.map(|pace| pace.window_limited), 6, pen);
        let unsent = pace.map_or_else(|| "-".into(), |pace| Bytes(pace.unsent as u64).to_string());
        pen.put(style, format_args!(" {unsent:>8}"));
    }
    pen.put(style, format_args!(" "));
    draw_sparkline(session, view, flow, direction, pen);
}

fn draw_share(view: &ViewState, share: Option<f64>, width: usize, pen: &mut Pen<'_>) {
    let text = share.map_or_else(|| "-".into(), |share| format!("{:.0} %", share * 100.0));
    pen.put(view.theme.text(), format_args!(" {text:>width$}"));
}

thread_local! {
    /// Columns of one sparkline, kept from row to row and frame to frame.
    static COLUMNS: RefCell<Vec<Option<f64>>> = RefCell::default();
}

fn draw_sparkline(
    session: &Session,
    view: &ViewState,
    flow: &FlowState,
    direction: Direction,
    pen: &mut Pen<'_>,
) {
    let Some(newest) = session.at().as_secs().checked_sub(1) else { return };
    let begun = newest.saturating_sub(flow.since.as_secs()).saturating_add(1);
    let room = pen.room().min(LONGEST);
    let cells = room.min(begun.min(u64::from(u16::MAX)) as u16);
    pen.fill(room - cells, |_| (' ', view.theme.text()));
    COLUMNS.with_borrow_mut(|columns| {
        columns.clear();
        columns.resize(usize::from(cells), None);
        flow.columns(direction, newest, columns);
        let top = columns.iter().flatten().fold(0f64, |most, rate| most.max(*rate));
        sparkline::draw(pen, columns.iter().copied(), top, view.symbols, view.theme.traffic());
    });
}
