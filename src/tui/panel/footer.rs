//! The last row: the keys that matter now, or the line being typed.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::printable;
use crate::session::Session;
use crate::tui::keymap::{Command, Play};
use crate::tui::pen::Pen;
use crate::tui::view_state::{Prompt, Purpose, ViewState};

/// What the row depends on.
pub fn fingerprint(session: &Session, view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    view.prompt.as_ref().map(|p| (p.purpose as u8, &p.text, p.trial)).hash(&mut hash);
    view.shown.hash(&mut hash);
    (session.open_trial().is_some(), view.frozen.is_some()).hash(&mut hash);
    view.replay.map(|replay| replay.playing).hash(&mut hash);
    answer(session, view, true).hash(&mut hash);
    hash.finish()
}

/// The fresh answer where there is no other row for it.
fn answer<'a>(session: &Session, view: &'a ViewState, alone: bool) -> Option<&'a str> {
    let answer = view.fresh_answer(session.at()).filter(|_| alone)?;
    Some(answer.text.as_str())
}

/// Draws the row; `alone` when no row says what happened.
pub fn draw(session: &Session, view: &ViewState, alone: bool, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 0);
    if let Some(prompt) = &view.prompt {
        draw_prompt(view, prompt, area.width, &mut pen);
        return;
    }
    if let Some(answer) = answer(session, view, alone) {
        pen.put(view.theme.strong(), format_args!(" {}", printable(answer)));
        return;
    }
    for Entry { written, word, .. } in entries(session, view, area.width) {
        pen.put(view.theme.key(), format_args!(" {written}"));
        pen.put(view.theme.text(), format_args!(" {word} "));
    }
}

/// A key and what it does.
struct Entry<'a> {
    written: &'a str,
    word: &'static str,
    command: Command,
    /// Cells with the blanks around it.
    width: u16,
}

/// As many as fit, from the left.
fn entries<'a>(
    session: &Session,
    view: &'a ViewState,
    mut room: u16,
) -> impl Iterator<Item = Entry<'a>> {
    let open = session.open_trial().is_some();
    let held = view.keymap.held(view.mode(), view.shown).filter(|bound| !bound.keys.is_empty());
    let other = held.filter(|bound| bound.binding.command != Command::Show(view.shown));
    let named = other.filter(|bound| !bound.binding.short.is_empty()).map(move |bound| {
        let word = match bound.binding.command {
            Command::ToggleTrial if open => "stop trial",
            Command::ToggleTrial => "start trial",
            Command::Play(Play::Toggle) if view.replay.is_some_and(|r| r.playing) => "hold",
            Command::Play(Play::Toggle) => "play",
            Command::ToggleFreeze if view.frozen.is_some() => "go on",
            _ => bound.binding.short,
        };
        let written = bound.shown();
        let width = (written.chars().count() + word.len() + 3) as u16;
        Entry { written, word, command: bound.binding.command, width }
    });
    named.take_while(move |entry| {
        let fits = entry.width <= room;
        room = room.saturating_sub(entry.width);
        fits
    })
}

/// What a click on column `column` of the row asks for; nothing while something else stands there.
pub fn command_at(
    session: &Session,
    view: &ViewState,
    alone: bool,
    width: u16,
    column: u16,
) -> Option<Command> {
    if view.prompt.is_some() || answer(session, view, alone).is_some() {
        return None;
    }
    let mut end = 0;
    let at = |entry: &Entry<'_>| {
        end += entry.width;
        column < end
    };
    entries(session, view, width).find(at).map(|entry| entry.command)
}

fn draw_prompt(view: &ViewState, prompt: &Prompt, width: u16, pen: &mut Pen<'_>) {
    let style = view.theme.bar();
    if prompt.purpose == Purpose::Nothing {
        pen.put(style, format_args!(" {}; Esc", printable(&prompt.text)));
        pen.fill(width, |_| (' ', style));
        return;
    }
    let question = match prompt.purpose {
        Purpose::Note => "note",
        Purpose::Factors => "factors, KEY=VALUE",
        Purpose::Exclude => "exclude it, because",
        Purpose::Include => "include it again, because (may be empty)",
        Purpose::Filter => "names with",
        Purpose::Palette => "command; Tab completes, Enter does it",
        Purpose::Quit if view.replay.is_some() => {
            "corrections are not saved: leave? y leaves, n goes back"
        }
        Purpose::Quit => "a trial is running: leave? y leaves, n goes back",
        Purpose::Nothing => "",
    };
    match prompt.trial {
        Some(trial) => pen.put(style, format_args!(" trial {trial}: {question}: ")),
        None => pen.put(style, format_args!(" {question}: ")),
    };
    let text = printable(&prompt.text);
    // The end of a long line is what is being typed.
    let shown = usize::from(pen.room().saturating_sub(2));
    let skipped = text.chars().count().saturating_sub(shown);
    for c in text.chars().skip(skipped) {
        pen.put(style, format_args!("{c}"));
    }
    if prompt.purpose.takes_text() {
        pen.put(style, format_args!("_"));
    }
    pen.fill(width, |_| (' ', style));
}
