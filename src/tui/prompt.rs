//! The line that is typed below: what it asks for, and what it comes to.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::at_hand::{edit, trial, trial_at_hand};
use super::effect::Effect;
use super::palette;
use super::view_state::{Prompt, Purpose, View, ViewState};
use crate::model::{Factors, Mark, MarkBy, MarkKind};
use crate::session::{Session, Severity, Trial, TrialState};

/// A typed line is not longer than this.
const LONGEST_LINE: usize = 200;

/// Takes pasted text: it goes into a prompt and nowhere else.
pub fn paste(view: &mut ViewState, text: &str) {
    if let Some(prompt) = view.prompt.as_mut().filter(|p| p.purpose.takes_text()) {
        let room = LONGEST_LINE.saturating_sub(prompt.text.chars().count());
        prompt.text.extend(text.chars().filter(|c| !c.is_control()).take(room));
    }
}

/// Asks for a line; where trials are compared it is for the one that is selected now, whatever is
/// selected once it is typed.
pub(super) fn ask(view: &mut ViewState, purpose: Purpose, text: String) {
    let about_trial = !matches!(purpose, Purpose::Filter | Purpose::Palette | Purpose::Quit);
    let selected = view.trials.trial_at_hand().filter(|_| view.shown == View::Trials);
    let trial = selected.filter(|_| about_trial);
    view.prompt = Some(Prompt { purpose, text, trial, choice: 0 });
}

pub(super) fn ask_factors(view: &mut ViewState, session: &Session) {
    let trial = trial_at_hand(view, session);
    let factors = trial.map_or(&view.factors, |trial| &trial.factors);
    let text = factors.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
    ask(view, Purpose::Factors, text);
}

/// Why a trial leaves the comparisons; of one that is in none the bar says so, and takes the keys of
/// a reason that is typed all the same.
pub(super) fn ask_exclusion(view: &mut ViewState, session: &Session) {
    let why_not = match trial_at_hand(view, session) {
        Some(trial) if trial.excluded => return ask(view, Purpose::Include, String::new()),
        Some(Trial { number, state, .. }) => match state {
            TrialState::Finished => return ask(view, Purpose::Exclude, String::new()),
            TrialState::Open => format!("trial {number} is running: nothing to exclude"),
            TrialState::Cancelled => format!("trial {number} was given up: nothing to exclude"),
            TrialState::Failed => format!("trial {number} failed: nothing to exclude"),
        },
        None => "no trial is selected".into(),
    };
    view.prompt = Some(Prompt { purpose: Purpose::Nothing, text: why_not, trial: None, choice: 0 });
}

/// The trial that a line was typed for.
fn trial_asked<'a>(view: &ViewState, session: &'a Session, prompt: &Prompt) -> Option<&'a Trial> {
    match prompt.trial {
        Some(number) => trial(session, number),
        None => trial_at_hand(view, session),
    }
}

/// Takes a key while a line is typed.
pub(super) fn type_key(view: &mut ViewState, session: &Session, key: KeyEvent) -> Option<Effect> {
    let mut prompt = view.prompt.take()?;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let interrupt = control && key.code == KeyCode::Char('c');
    if prompt.purpose == Purpose::Quit {
        let leave = interrupt || matches!(key.code, KeyCode::Char('y' | 'Y'));
        let back = matches!(key.code, KeyCode::Esc | KeyCode::Char('n' | 'N'));
        if !leave && !back {
            view.prompt = Some(prompt);
        }
        return leave.then_some(Effect::Quit(interrupt));
    }
    if prompt.purpose == Purpose::Nothing {
        let read = interrupt || matches!(key.code, KeyCode::Esc | KeyCode::Enter);
        view.prompt = Some(prompt).filter(|_| !read);
        return None;
    }
    if prompt.purpose == Purpose::Palette && palette::choose(view, &mut prompt, key.code) {
        view.prompt = Some(prompt);
        return None;
    }
    match key.code {
        KeyCode::Enter => return enter(view, session, prompt),
        KeyCode::Esc => {
            if prompt.purpose == Purpose::Filter {
                view.filter().clear();
                view.reorder();
            }
            return None;
        }
        _ if interrupt => return None,
        KeyCode::Backspace => {
            prompt.text.pop();
            prompt.choice = 0;
        }
        KeyCode::Char('u') if control => prompt.text.clear(),
        KeyCode::Char(c) if !control && prompt.text.chars().count() < LONGEST_LINE => {
            prompt.text.push(c);
            prompt.choice = 0;
        }
        _ => {}
    }
    if prompt.purpose == Purpose::Filter {
        view.filter().clone_from(&prompt.text);
        view.reorder();
    }
    view.prompt = Some(prompt);
    None
}

/// Does what a line comes to that was entered.
pub(super) fn enter(view: &mut ViewState, session: &Session, prompt: Prompt) -> Option<Effect> {
    let text = prompt.text.trim();
    match prompt.purpose {
        Purpose::Note if !text.is_empty() => {
            let text = Some(text.to_owned());
            let mark = match (view.replay, prompt.trial) {
                (None, None) => Mark { text, ..Mark::new(MarkKind::Note, MarkBy::Key) },
                _ => Mark { text, ..edit(trial_asked(view, session, &prompt)?) },
            };
            Some(Effect::Mark(mark))
        }
        Purpose::Factors => match parse_factors(text) {
            Ok(factors) => {
                if prompt.trial.is_none() {
                    view.factors.clone_from(&factors);
                }
                let trial = trial_asked(view, session, &prompt)?;
                Some(Effect::Mark(Mark { set: Some(factors), ..edit(trial) }))
            }
            Err(word) => {
                let text = format!("`{word}` is not KEY=VALUE; nothing was changed");
                refuse(view, session, prompt, &text)
            }
        },
        Purpose::Exclude if text.is_empty() => {
            refuse(view, session, prompt, "a trial is excluded for a reason; Esc leaves it in")
        }
        Purpose::Exclude | Purpose::Include => {
            let because = (!text.is_empty()).then(|| text.to_owned());
            let excluded = Some(prompt.purpose == Purpose::Exclude);
            let trial = trial_asked(view, session, &prompt)?;
            Some(Effect::Mark(Mark { excluded, because, ..edit(trial) }))
        }
        Purpose::Palette => palette::enter(view, session, &prompt),
        Purpose::Filter => {
            view.filter().clone_from(&prompt.text);
            view.reorder();
            None
        }
        Purpose::Note | Purpose::Quit | Purpose::Nothing => None,
    }
}

/// Says why a line is not taken; it stays to be mended.
fn refuse(view: &mut ViewState, session: &Session, prompt: Prompt, why: &str) -> Option<Effect> {
    view.say(session.at(), Severity::Warning, why);
    view.prompt = Some(prompt);
    None
}

/// `config=2x10GbE vms=20`; the word that is none is the error.
fn parse_factors(text: &str) -> Result<Factors, String> {
    text.split_whitespace()
        .map(|word| match word.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                Ok((key.to_owned(), value.to_owned()))
            }
            _ => Err(word.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::update::update;
    use super::*;

    fn press(view: &mut ViewState, code: KeyCode) -> Option<Effect> {
        update(view, &Session::default(), KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn space_starts_a_trial_with_the_factors_given() {
        let mut view = ViewState::default();
        press(&mut view, KeyCode::Char('f'));
        for c in "vms=20".chars() {
            assert_eq!(press(&mut view, KeyCode::Char(c)), None);
        }
        assert_eq!(press(&mut view, KeyCode::Enter), None);
        let effect = press(&mut view, KeyCode::Char(' '));
        let set = Some(Factors::from([("vms".into(), "20".into())]));
        let start = Mark { set, ..Mark::new(MarkKind::Start, MarkBy::Key) };
        assert_eq!(effect, Some(Effect::Mark(start)));
    }

    #[test]
    fn a_word_that_is_no_factor_is_named_and_stays_to_be_mended() {
        let mut view = ViewState::default();
        press(&mut view, KeyCode::Char('f'));
        press(&mut view, KeyCode::Char('x'));
        press(&mut view, KeyCode::Enter);
        assert_eq!(view.prompt.map(|p| p.text).as_deref(), Some("x"));
        assert!(view.answers.back().is_some_and(|a| a.text.contains("`x` is not KEY=VALUE")));
    }

    #[test]
    fn keys_typed_into_a_prompt_do_nothing_else() {
        let mut view = ViewState::default();
        press(&mut view, KeyCode::Char('n'));
        assert_eq!(press(&mut view, KeyCode::Char('q')), None);
        assert_eq!(press(&mut view, KeyCode::Esc), None);
        assert_eq!(view.prompt, None);
        assert_eq!(press(&mut view, KeyCode::Char('q')), Some(Effect::Quit(false)));
    }

    #[test]
    fn pasted_text_never_acts() {
        let mut view = ViewState::default();
        paste(&mut view, "qqq   ");
        press(&mut view, KeyCode::Char('n'));
        paste(&mut view, "two\nlines\x1b");
        assert_eq!(view.prompt.map(|p| p.text).as_deref(), Some("twolines"));
    }
}
