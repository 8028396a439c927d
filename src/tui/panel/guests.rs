//! The guests of this host: those that are here, and those that have left.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{section, shown};
use crate::model::{Direction, printable};
use crate::session::{GuestState, Session};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::units::{BitsPerSec, Memory, Stopwatch};

/// From this width on process and product are shown.
const ROOMY: u16 = 70;
/// From this width on the time at which a guest left.
const WIDE: u16 = 100;

/// First row shown, so that the selected one is among `room`.
fn scroll(view: &ViewState, room: usize) -> usize {
    view.host.list.place().map_or(0, |at| (at + 1).saturating_sub(room))
}

/// Which guest is at row `row` of this panel when it is `height` high.
pub fn row_at(view: &ViewState, height: u16, row: u16) -> Option<usize> {
    let room = usize::from(height.saturating_sub(2));
    let at = usize::from(row.checked_sub(2)?);
    Some(scroll(view, room) + at).filter(|place| at < room && *place < view.host.list.rows.len())
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let room = usize::from(area.height - 2);
    let first = scroll(view, room);
    let part = shown(first, room, view.host.list.rows.len());
    let order = view.host.order.label();
    if view.host.filter.is_empty() {
        section(buf, area, view, format_args!("guests {order}"), &part);
    } else {
        let filter = printable(&view.host.filter);
        section(buf, area, view, format_args!("guests {order}, with `{filter}`"), &part);
    }
    if view.host.list.rows.is_empty() {
        let text = if session.guests().len() > 0 {
            &format!("none with that text; {} shows all", view.asked(Command::Escape))
        } else {
            "no process of a guest was found"
        };
        Pen::at(buf, area, 1).put(view.theme.faint(), format_args!("  {text}"));
        return;
    }
    let mut pen = Pen::at(buf, area, 1);
    let style = view.theme.faint();
    pen.put(style, format_args!("  {:<20} {:>9}", "name", "memory"));
    if area.width >= ROOMY {
        pen.put(style, format_args!("  {:<12} {:>8}", "product", "process"));
    }
    pen.put(style, format_args!("  state"));
    let shown = view.host.list.rows.iter().skip(first).take(room);
    for (row, id) in (2..).zip(shown) {
        let Some(guest) = session.guests().find(|guest| guest.facts.id == *id) else { continue };
        draw_guest(session, view, guest, area.width, &mut Pen::at(buf, area, row));
    }
}

fn draw_guest(
    session: &Session,
    view: &ViewState,
    guest: &GuestState,
    width: u16,
    pen: &mut Pen<'_>,
) {
    let theme = view.theme;
    let selected = view.host.list.selected == Some(guest.facts.id);
    let style = match (selected, guest.left) {
        (true, _) => theme.selected(),
        (false, Some(_)) => theme.faint(),
        (false, None) => theme.text(),
    };
    let cursor = if selected { view.symbols.cursor } else { ' ' };
    let facts = &guest.facts;
    let memory = guest.memory().map_or_else(|| "?".into(), |bytes| Memory(bytes).to_string());
    pen.put(style, format_args!("{cursor} {:<20.20} {memory:>9}", printable(&facts.name)));
    if width >= ROOMY {
        let product = printable(&facts.hypervisor);
        pen.put(style, format_args!("  {product:<12.12} {:>8}", facts.pid));
    }
    let Some(left) = guest.left else {
        pen.put(style, format_args!("  here"));
        let rate = sends(session, facts.pid);
        if rate > 0.0 {
            pen.put(style, format_args!(", TX {}", BitsPerSec(rate).in_unit(view.unit)));
        }
        return;
    };
    let ago = session.at().saturating_sub(left);
    pen.put(style, format_args!("  left {} ago", Stopwatch(ago)));
    if width >= WIDE {
        pen.put(style, format_args!(", at {}", Stopwatch(left)));
    }
}

/// What the connections of a process send, bit/s.
fn sends(session: &Session, pid: u32) -> f64 {
    let of_it = session.flows().iter().filter(|flow| flow.facts.pid == Some(pid));
    of_it.map(|flow| flow.rate(Direction::Tx)).sum()
}
