//! The answer to the last action, or else what happened last.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::printable;
use crate::session::{Notice, Session, Severity};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

/// A warning is not hidden by what follows within this time.
const STANDS: Duration = Duration::from_secs(15);

/// The latest warning while it is fresh, else the latest notice.
fn latest(session: &Session) -> Option<&Notice> {
    let fresh = |notice: &&Notice| {
        notice.severity == Severity::Warning && session.at().saturating_sub(notice.at) < STANDS
    };
    session.notices().rev().find(fresh).or_else(|| session.notices().next_back())
}

/// Warnings that were not read in the messages, but for the one that stands here.
fn unread(session: &Session, view: &ViewState) -> usize {
    let new = |at: Duration| view.read_to.is_none_or(|read| at > read);
    let is = |severity: Severity, at| severity == Severity::Warning && new(at);
    let happened = session.notices().filter(|notice| is(notice.severity, notice.at)).count();
    let answered = view.answers.iter().filter(|answer| is(answer.severity, answer.at)).count();
    (happened + answered).saturating_sub(1)
}

/// What the row depends on.
pub fn fingerprint(session: &Session, view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    view.fresh_answer(session.at()).map(|answer| answer.at).hash(&mut hash);
    view.answers.back().map(|answer| &answer.text).hash(&mut hash);
    unread(session, view).hash(&mut hash);
    let notice = latest(session);
    notice.map(|n| (n.at, &n.text, session.at().saturating_sub(n.at).as_secs())).hash(&mut hash);
    hash.finish()
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 0);
    let style = |severity| match severity {
        Severity::Info => view.theme.text(),
        Severity::Warning => view.theme.warning(),
    };
    let mark = |severity| if severity == Severity::Warning { "! " } else { "" };
    let notice = latest(session);
    let warned = |at| notice.is_some_and(|n| n.severity == Severity::Warning && n.at > at);
    if let Some(answer) = view.fresh_answer(session.at()).filter(|answer| !warned(answer.at)) {
        let mark = mark(answer.severity);
        pen.put(style(answer.severity), format_args!(" {mark}{}", printable(&answer.text)));
    } else if let Some(notice) = notice {
        let ago = session.at().saturating_sub(notice.at).as_secs();
        let mark = mark(notice.severity);
        pen.put(style(notice.severity), format_args!(" {mark}{}", notice.text));
        let (minutes, seconds) = (ago / 60, ago % 60);
        pen.put(view.theme.faint(), format_args!("  {minutes}:{seconds:02} ago"));
    }
    let more = unread(session, view);
    if more > 0 && pen.room() > 26 {
        pen.put(view.theme.strong(), format_args!("  +{more} warnings: "));
        pen.put(view.theme.key(), format_args!("!"));
    }
}
