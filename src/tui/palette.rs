//! The command palette: every command of the view by its name, completed as it is typed.

use crossterm::event::KeyCode;

use super::effect::Effect;
use super::keymap::{Bound, Command};
use super::prompt;
use super::update::act;
use super::view_state::{Prompt, ViewState};
use crate::session::{Session, Severity};

/// The commands that a typed line may mean, likeliest first: names that begin with its first word,
/// then names and helps with that word in them.
pub fn candidates<'a>(view: &'a ViewState, text: &str) -> Vec<Bound<'a>> {
    let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    let rank = |bound: &Bound<'_>| match bound.binding.name {
        name if name == word => Some(0),
        name if name.starts_with(&word) => Some(1),
        name if name.contains(&word) => Some(2),
        _ if bound.binding.help.to_lowercase().contains(&word) => Some(3),
        _ => None,
    };
    let held = view.keymap.held(view.mode(), view.shown);
    let others = held.filter(|bound| bound.binding.command != Command::Palette);
    let mut ranked: Vec<_> = others.filter_map(|bound| Some((rank(&bound)?, bound))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, bound)| bound).collect()
}

/// Takes a key that moves or completes the choice; `false` where it is a key of any typed line.
pub(super) fn choose(view: &mut ViewState, prompt: &mut Prompt, key: KeyCode) -> bool {
    let (name, last) = {
        let found = candidates(view, &prompt.text);
        let name = found.get(prompt.choice).map(|bound| bound.binding.name);
        (name, found.len().saturating_sub(1))
    };
    match key {
        KeyCode::Down => prompt.choice = (prompt.choice + 1).min(last),
        KeyCode::Up => prompt.choice = prompt.choice.saturating_sub(1),
        KeyCode::Tab => {
            if let Some(name) = name {
                (prompt.text, prompt.choice) = (format!("{name} "), 0);
            }
        }
        _ => return false,
    }
    true
}

/// Does what the chosen command does. What follows its name is entered for it, where it asks for a
/// line.
pub(super) fn enter(view: &mut ViewState, session: &Session, typed: &Prompt) -> Option<Effect> {
    let found = candidates(view, &typed.text).get(typed.choice).map(|bound| bound.binding.command);
    let Some(command) = found else {
        let word = typed.text.trim();
        view.say(session.at(), Severity::Warning, format!("there is no command `{word}` here"));
        return None;
    };
    let rest = typed.text.trim().split_once(char::is_whitespace).map(|(_, rest)| rest.trim());
    if let Some(refusal) = refusal(session, command, &typed.text, rest) {
        view.say(session.at(), Severity::Warning, refusal);
        return None;
    }
    let effect = act(view, session, command);
    match (rest, view.prompt.take()) {
        (Some(rest), Some(asked)) if asked.purpose.takes_text() => {
            prompt::enter(view, session, Prompt { text: rest.to_owned(), ..asked })
        }
        (_, asked) => {
            view.prompt = asked;
            effect
        }
    }
}

/// Why a line does not do what it seems to ask for, if so.
fn refusal(session: &Session, command: Command, typed: &str, rest: Option<&str>) -> Option<String> {
    let takes_text =
        matches!(command, Command::Note | Command::Factors | Command::Filter | Command::Exclude);
    let typed = typed.trim().to_lowercase();
    let is = |word: &str| typed.len() > 2 && word.starts_with(&typed);
    match (command, session.open_trial()) {
        // One command does both by its key; by a word only what the word says.
        (Command::ToggleTrial, Some(trial)) if is("start") => {
            Some(format!("trial {} is running already", trial.number))
        }
        (Command::ToggleTrial, None) if is("stop") => Some("no trial is running".into()),
        _ if takes_text => None,
        _ => rest.map(|rest| format!("`{rest}` says nothing there; nothing was done")),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, KeyModifiers};

    use super::*;
    use crate::model::{Mark, MarkBy, MarkKind};
    use crate::tui::update;
    use crate::tui::view_state::{Purpose, Sheet, View};

    fn typed(view: &mut ViewState, text: &str, then: &[KeyCode]) -> Option<Effect> {
        let characters = text.chars().map(KeyCode::Char);
        let keys = characters.chain(then.iter().copied());
        let press = |view: &mut ViewState, code| {
            update(view, &Session::default(), KeyEvent::new(code, KeyModifiers::NONE))
        };
        keys.map(|code| press(view, code)).last().flatten()
    }

    #[test]
    fn a_command_is_found_by_the_beginning_of_its_name_or_by_what_it_does() {
        let view = ViewState::default();
        let first = |text| candidates(&view, text).first().map(|bound| bound.binding.name);
        assert_eq!(first("snapsh"), Some("snapshot"));
        assert_eq!(first("snap"), Some("snap"), "the whole name goes first");
        assert_eq!(first("bytes"), Some("units"), "by its help");
        assert_eq!(first("xyzzy"), None);
    }

    #[test]
    fn everything_that_keys_do_is_there() {
        let view = ViewState::default();
        let found = candidates(&view, "");
        for bound in view.keymap.held(view.mode(), View::Live) {
            let named = |other: &Bound<'_>| other.binding.name == bound.binding.name;
            assert!(bound.binding.name == "palette" || found.iter().any(named));
        }
    }

    #[test]
    fn enter_does_what_was_chosen() {
        let mut view = ViewState::default();
        assert_eq!(typed(&mut view, ":snapsh", &[KeyCode::Enter]), Some(Effect::Snapshot));
        assert_eq!(view.prompt, None);
        typed(&mut view, ":view-", &[KeyCode::Down, KeyCode::Tab, KeyCode::Enter]);
        assert_eq!(view.shown, View::Trials);
        typed(&mut view, ":help", &[KeyCode::Enter]);
        assert_eq!(view.sheet, Some(Sheet::Help));
        typed(&mut view, ":xyzzy", &[KeyCode::Enter]);
        assert!(view.answers.back().is_some_and(|said| said.text.contains("`xyzzy`")));
    }

    #[test]
    fn what_follows_a_name_is_entered_for_it() {
        let mut view = ViewState::default();
        let noted = typed(&mut view, ":note two words", &[KeyCode::Enter]);
        let text = Some("two words".to_owned());
        let note = Mark { text, ..Mark::new(MarkKind::Note, MarkBy::Key) };
        assert_eq!((noted, view.prompt.take()), (Some(Effect::Mark(note)), None));
        typed(&mut view, ":filter eth", &[KeyCode::Enter]);
        assert_eq!((view.filter().clone(), view.prompt.take()), ("eth".to_owned(), None));
        typed(&mut view, ":note", &[KeyCode::Enter]);
        assert_eq!(view.prompt.map(|prompt| prompt.purpose), Some(Purpose::Note));
    }

    #[test]
    fn what_a_line_does_not_mean_is_not_done() {
        let mut view = ViewState::default();
        assert_eq!(typed(&mut view, ":theme dakr", &[KeyCode::Enter]), None);
        assert_eq!(view.look.choice(), "auto", "the next theme would be another choice");
        assert!(view.answers.back().is_some_and(|said| said.text.contains("`dakr`")));
        assert_eq!(typed(&mut view, ":Sto", &[KeyCode::Enter]), None);
        assert!(view.answers.back().is_some_and(|said| said.text == "no trial is running"));
        assert!(matches!(typed(&mut view, ":start", &[KeyCode::Enter]), Some(Effect::Mark(_))));
    }

    #[test]
    fn quitting_by_name_asks_as_the_key_does() {
        let mut view = ViewState::default();
        assert_eq!(typed(&mut view, ":quit", &[KeyCode::Enter]), Some(Effect::Quit(false)));
    }
}
