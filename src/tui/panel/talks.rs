//! Who captured packets were between, and how much of the interface's bytes that is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Maybe, section};
use crate::model::{Direction, Talk, printable};
use crate::session::{Capture, Session};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

/// More are not shown beside the connections.
const MOST: u16 = 12;

/// The capture that runs.
fn running(session: &Session) -> Option<&Capture> {
    session.capture().filter(|capture| capture.runs(session.at()))
}

/// Title, coverage, and a row each; nothing without a capture.
pub fn height(session: &Session) -> u16 {
    running(session).map_or(0, |capture| 2 + (capture.talks().len() as u16).clamp(1, MOST))
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(capture) = running(session).filter(|_| area.height > 0) else { return };
    let name = session.interface(capture.interface).map(|i| printable(&i.facts.name).into_owned());
    let name = name.unwrap_or_else(|| "?".into());
    let how = format!("{} ends the capture", view.asked(Command::Capture));
    section(buf, area, view, format_args!("packets on {name}"), &how);
    draw_coverage(view, capture, &mut Pen::at(buf, area, 1));
    if capture.talks().is_empty() {
        Pen::at(buf, area, 2).put(view.theme.faint(), format_args!("  none in the last second"));
    }
    for (row, talk) in (2..area.height).zip(capture.talks()) {
        let mut pen = Pen::at(buf, area, row);
        let style = view.theme.text();
        let Talk { protocol, .. } = &talk.facts;
        pen.put(style, format_args!("  {protocol:<6.6}"));
        pen.put(style, format_args!(" {:<47.47}", ends(&talk.facts)));
        for direction in [Direction::Tx, Direction::Rx] {
            let rate = Maybe(Some(talk.rates[direction]), view.unit);
            pen.put(view.theme.faint(), format_args!(" {}", direction.label()));
            pen.put(style, format_args!(" {rate:>11}"));
        }
    }
}

/// What was seen of the counters' bytes: what a capture shows is no more than that.
fn draw_coverage(view: &ViewState, capture: &Capture, pen: &mut Pen<'_>) {
    let share = |share: Option<f64>| {
        share.map_or_else(|| "not known yet".into(), |share| format!("{:.1} %", share * 100.0))
    };
    let second = share(capture.coverage_of_second().and_then(|coverage| coverage.share()));
    let whole = share(capture.coverage().share());
    pen.put(
        view.theme.text(),
        format_args!("  of its bytes seen: {second} in the last second, {whole} in all; "),
    );
    let lost = capture.lost_packets;
    let style = if lost > 0 { view.theme.warning() } else { view.theme.text() };
    pen.put(style, format_args!("{lost} packets lost"));
}

/// `10.0.0.1:22 - 10.0.0.2:50028`.
fn ends(talk: &Talk) -> String {
    let end = |address: Option<std::net::IpAddr>, port: Option<u16>| match (address, port) {
        (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, _) => "?".into(),
    };
    let local = end(talk.local, talk.local_port);
    format!("{local} - {}", end(talk.remote, talk.remote_port))
}
