//! The answer to the last action, or else the last thing that happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::printable;
use crate::session::{Session, Severity};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::units::Stopwatch;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 0);
    let style = |severity| match severity {
        Severity::Info => view.theme.text(),
        Severity::Warning => view.theme.warning(),
    };
    if let Some(answer) = view.fresh_answer(session.at()) {
        pen.put(style(answer.severity), format_args!(" {}", printable(&answer.text)));
    } else if let Some(notice) = session.notices().next_back() {
        let ago = Stopwatch(session.at().saturating_sub(notice.at));
        let mark = if notice.severity == Severity::Warning { "! " } else { "" };
        pen.put(style(notice.severity), format_args!(" {mark}{}", notice.text));
        pen.put(view.theme.faint(), format_args!("  {ago} ago"));
    }
}
