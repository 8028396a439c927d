//! What limits the subject, why that is believed, and what to try.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cut::{Cut, lines};
use super::headline::subject;
use super::section;
use crate::model::printable;
use crate::session::{Session, Verdict};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

/// Title, verdict, advice.
pub const ROWS: u16 = 3;
/// The same where the advice may have two lines.
pub const ROWS_ROOMY: u16 = 4;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(subject) = subject(session, view) else { return };
    let verdict = session.verdict(&subject);
    let name = printable(session.name_of(&subject));
    let sure = verdict.limited().map(|limited| limited.confidence.label());
    let right = sure.map_or_else(String::new, |sure| format!("confidence: {sure}"));
    section(buf, area, view, format_args!("what limits {name}"), &right);
    Pen::at(buf, area, 1).put(view.theme.strong(), format_args!("  {verdict}"));
    let advice = match &verdict {
        Verdict::Limited(limited) => format!("try: {}", limited.advice()),
        Verdict::RoomLeft(..) | Verdict::NoCapacity(_) if session.flows().is_empty() => {
            "no connection of this host carries it: what it waits for is not known here".into()
        }
        _ => String::new(),
    };
    let rows = usize::from(area.height.saturating_sub(2));
    let width = area.width.saturating_sub(2);
    let mut lines: Vec<String> = lines(&advice, width).into_iter().map(str::to_owned).collect();
    if lines.len() > rows {
        let rest = lines.split_off(rows.saturating_sub(1)).join(" ");
        lines.push(Cut(&rest, width).to_string());
    }
    for (row, line) in (2..area.height).zip(lines) {
        Pen::at(buf, area, row).put(view.theme.text(), format_args!("  {line}"));
    }
}
