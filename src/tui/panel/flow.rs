//! The selected connection's own figures, in words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::flows::whose;
use super::section;
use crate::model::printable;
use crate::session::Session;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::units::{Bytes, Micros};

/// Title and three rows.
pub const ROWS: u16 = 4;
/// From this width on it tells what waits to be read here.
const ROOMY: u16 = 100;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(flow) = view.flows.list.selected.and_then(|id| session.flow(id)) else { return };
    let facts = &flow.facts;
    let whose = whose(session, flow);
    let label = flow.label.as_ref().map_or_else(String::new, |label| format!("{label}"));
    section(buf, area, view, format_args!("{whose}"), &label);
    let name = facts.interface.and_then(|id| session.interface(id)).map(|i| &i.facts.name);
    let name = name.map_or_else(|| "?".into(), |name| printable(name));
    let process = facts.process.as_deref().map_or_else(|| "a process not known".into(), printable);
    let pid = facts.pid.map_or_else(String::new, |pid| format!(" {pid}"));
    let control = facts.congestion.as_deref().map_or_else(|| "?".into(), printable);
    let text = view.theme.text();
    let (local, remote) = (facts.local, facts.remote);
    Pen::at(buf, area, 1)
        .put(text, format_args!("  {local} to {remote} over {name}; {process}{pid}; {control}"));
    let Some(tcp) = flow.latest() else { return };
    let (sent, received) = (Bytes(flow.total.tx), Bytes(flow.total.rx));
    let again = flow.retransmitted;
    let (trip, least) = (Micros(tcp.rtt_us), Micros(tcp.min_rtt_us));
    Pen::at(buf, area, 2).put(
        text,
        format_args!(
            "  sent {sent}, received {received}, {again} segments again; \
             RTT {trip}, at best {least}"
        ),
    );
    let (window, unacked, unsent) = (tcp.congestion_window, tcp.unacked, Bytes(tcp.unsent_bytes));
    let closed = flow.pace().map_or(0.0, |pace| pace.window_limited * 100.0);
    let (queue, most) = (Bytes(tcp.receive_memory_bytes), Bytes(tcp.receive_buffer_bytes));
    let mut pen = Pen::at(buf, area, 3);
    pen.put(
        text,
        format_args!(
            "  window {window}, {unacked} under way; {unsent} unsent; \
             peer's window closed {closed:.0} %"
        ),
    );
    if area.width >= ROOMY {
        pen.put(text, format_args!("; to read {queue} of {most}"));
    }
}
