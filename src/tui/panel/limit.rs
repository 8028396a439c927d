//! What limits the subject, why that is believed, and what to try.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cut::fitted;
use super::headline::subject;
use super::section;
use crate::model::printable;
use crate::session::{Session, Verdict};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

/// Title, verdict, advice.
pub const ROWS: u16 = 3;
/// The same where both may have two lines.
pub const ROWS_ROOMY: u16 = 5;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(subject) = subject(session, view) else { return };
    let verdict = session.verdict(&subject);
    let name = printable(session.name_of(&subject));
    let sure = verdict.limited().map(|limited| limited.confidence.label());
    let right = sure.map_or_else(String::new, |sure| format!("confidence: {sure}"));
    section(buf, area, view, format_args!("what limits {name}"), &right);
    let advice = match &verdict {
        Verdict::Limited(limited) => format!("try: {}", limited.advice()),
        Verdict::RoomLeft(..) | Verdict::NoCapacity(_) if session.flows().is_empty() => {
            "no connection of this host carries it: what it waits for is not known here".into()
        }
        _ => String::new(),
    };
    let width = area.width.saturating_sub(2);
    let rows = usize::from(area.height.saturating_sub(1));
    // A long verdict leaves a row to the advice.
    let verdict = fitted(&verdict.to_string(), width, rows.saturating_sub(1).max(1));
    let advice = fitted(&advice, width, rows.saturating_sub(verdict.len()));
    let verdict = verdict.iter().map(|line| (view.theme.strong(), line));
    let advice = advice.iter().map(|line| (view.theme.text(), line));
    for (row, (style, line)) in (1..area.height).zip(verdict.chain(advice)) {
        Pen::at(buf, area, row).put(style, format_args!("  {line}"));
    }
}
