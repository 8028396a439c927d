//! The answer to the last action, or else what happened last.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::printable;
use crate::session::{Notice, Session, Severity};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::{Answer, ViewState};

/// A warning is not hidden within this time by what follows, unless that is of the same interface.
const STANDS: Duration = Duration::from_secs(15);

/// The latest warning while it is fresh and nothing else was told of its interface since, else the
/// latest notice.
fn latest(session: &Session) -> Option<&Notice> {
    let later = |n: usize| session.notices().rev().take(n);
    let holds = |n: usize, notice: &Notice| {
        notice.about.is_none() || later(n).all(|later| later.about != notice.about)
    };
    let is_fresh = |notice: &&Notice| session.at().saturating_sub(notice.at) < STANDS;
    let mut fresh = session.notices().rev().take_while(is_fresh).enumerate();
    let stands =
        |(n, notice): &(usize, &Notice)| notice.severity == Severity::Warning && holds(*n, notice);
    let warning = fresh.find(stands).map(|(_, notice)| notice);
    warning.or_else(|| session.notices().next_back())
}

/// What stands here.
enum Standing<'a> {
    Answer(&'a Answer),
    Notice(&'a Notice),
}

/// A fresh answer, but for a warning that came behind it; else what happened.
fn standing<'a>(session: &'a Session, view: &'a ViewState) -> Option<Standing<'a>> {
    let notice = latest(session);
    let warned = |at| notice.is_some_and(|n| n.severity == Severity::Warning && n.at > at);
    let answer = view.fresh_answer(session.at()).filter(|answer| !warned(answer.at));
    answer.map(Standing::Answer).or(notice.map(Standing::Notice))
}

/// Warnings that were not read in the messages, but for the one that stands here.
fn unread(session: &Session, view: &ViewState) -> usize {
    let new = |at: Duration| view.read_to.is_none_or(|read| at > read);
    let is = |severity: Severity, at| severity == Severity::Warning && new(at);
    let happened = session.notices().filter(|notice| is(notice.severity, notice.at)).count();
    let answered = view.answers.iter().filter(|answer| is(answer.severity, answer.at)).count();
    let stands = standing(session, view).is_some_and(|standing| match standing {
        Standing::Answer(answer) => is(answer.severity, answer.at),
        Standing::Notice(notice) => is(notice.severity, notice.at),
    });
    happened + answered - usize::from(stands)
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
    match standing(session, view) {
        Some(Standing::Answer(answer)) => {
            let mark = mark(answer.severity);
            pen.put(style(answer.severity), format_args!(" {mark}{}", printable(&answer.text)));
        }
        Some(Standing::Notice(notice)) => {
            let ago = session.at().saturating_sub(notice.at).as_secs();
            let mark = mark(notice.severity);
            pen.put(style(notice.severity), format_args!(" {mark}{}", notice.text));
            let (minutes, seconds) = (ago / 60, ago % 60);
            pen.put(view.theme.faint(), format_args!("  {minutes}:{seconds:02} ago"));
        }
        None => {}
    }
    let more = unread(session, view);
    if more > 0 && pen.room() > 26 {
        let plural = if more == 1 { "" } else { "s" };
        pen.put(view.theme.strong(), format_args!("  +{more} warning{plural}: "));
        pen.put(view.theme.key(), format_args!("{}", view.asked(Command::ToggleMessages)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Interface, Kind};

    #[test]
    fn a_warning_stands_until_another_state_of_its_interface_is_told() {
        let mut session = Session::default();
        let mut up = [true, true];
        let mut second = 0;
        let mut told = |changed: Option<usize>| {
            if let Some(n) = changed {
                up[n] = !up[n];
            }
            let link = |n: usize| Interface {
                up: up[n],
                ..Interface::new(n as u32 + 1, ["eth0", "eth1"][n], Kind::Ethernet)
            };
            let (at, interfaces) = (Duration::from_secs(second), [0, 1].map(link).into());
            session.apply(Event::Interfaces { at, interfaces, teams: Vec::new() });
            second += 1;
            latest(&session).map(|notice| notice.text.clone())
        };
        assert_eq!(told(None), None);
        assert_eq!(told(Some(0)).as_deref(), Some("eth0 lost its link"));
        assert_eq!(told(Some(1)).as_deref(), Some("eth1 lost its link"));
        assert_eq!(told(Some(1)).as_deref(), Some("eth0 lost its link"));
        assert_eq!(told(Some(0)).as_deref(), Some("eth0 has its link back"));
    }
}
