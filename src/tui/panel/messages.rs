//! What was said and what happened, the latest first: nothing that stood on the screen for a moment is
//! lost.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::section;
use crate::model::printable;
use crate::session::{Session, Severity};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

/// A line, whoever said it.
struct Message<'a> {
    at: Duration,
    severity: Severity,
    text: &'a str,
    /// It answers a key.
    answer: bool,
}

fn messages<'a>(session: &'a Session, view: &'a ViewState) -> Vec<Message<'a>> {
    let happened = session.notices().map(|notice| Message {
        at: notice.at,
        severity: notice.severity,
        text: &notice.text,
        answer: false,
    });
    let answered = view.answers.iter().map(|answer| Message {
        at: answer.at,
        severity: answer.severity,
        text: &answer.text,
        answer: true,
    });
    let mut all: Vec<_> = happened.chain(answered).collect();
    all.sort_by_key(|message| std::cmp::Reverse(message.at));
    all
}

/// How far they can be scrolled.
pub fn last(session: &Session, view: &ViewState, area: Rect) -> usize {
    let all = session.notices().count() + view.answers.len();
    all.saturating_sub(usize::from(area.height.saturating_sub(1)))
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let all = messages(session, view);
    let rows = usize::from(area.height.saturating_sub(1));
    let first = view.scrolled.min(last(session, view, area));
    let shown = super::shown(first, rows.min(all.len()), all.len());
    let comma = if shown.is_empty() { "" } else { "  " };
    let right = format!("{shown}{comma}{} closes", view.asked(Command::Escape));
    section(buf, area, view, format_args!("messages, the latest first"), &right);
    if all.is_empty() {
        let mut pen = Pen::at(buf, area, 1);
        pen.put(view.theme.faint(), format_args!("  nothing has happened yet"));
    }
    for (row, message) in (1..area.height).zip(&all[first..]) {
        let mut pen = Pen::at(buf, area, row);
        let style = match message.severity {
            Severity::Info => view.theme.text(),
            Severity::Warning => view.theme.warning(),
        };
        let mark = if message.severity == Severity::Warning { '!' } else { ' ' };
        pen.put(view.theme.faint(), format_args!("  {} ", Clock(session, message.at)));
        let cursor = if message.answer { view.symbols.cursor } else { ' ' };
        pen.put(style, format_args!("{mark} {cursor} {}", printable(message.text)));
    }
}

/// The time of day of a moment of the session, where this machine is.
struct Clock<'a>(&'a Session, Duration);

impl std::fmt::Display for Clock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(session, at) = self;
        let started = session.header().and_then(|header| header.started.parse::<Timestamp>().ok());
        let moment = started.and_then(|started| started.checked_add(*at).ok());
        match moment {
            Some(moment) => {
                let zoned = moment.to_zoned(jiff::tz::TimeZone::system());
                write!(f, "{}", zoned.strftime("%H:%M:%S"))
            }
            None => f.write_str("--:--:--"),
        }
    }
}
