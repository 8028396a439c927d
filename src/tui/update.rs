//! A command changes the view; whatever must touch the world is handed back as an effect.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};

use super::draw;
use super::keymap::{self, Command, Play};
use super::view_state::{Prompt, Purpose, View, ViewState, ZOOM};
use crate::model::{Factors, InterfaceId, Mark, MarkBy, MarkKind};
use crate::session::{Order, Session, Severity, Subject, Trial, TrialState};
use crate::units::RateUnit;

/// What the loop has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Set a mark; in a live session at a reading taken now.
    Mark(Mark),
    /// Move in a recording.
    Play(Play),
    /// Write session and screen.
    Snapshot,
    /// Capture packets on this interface and no other; `None` ends the capture.
    Capture(Option<InterfaceId>),
    /// Hold the screen as it is now.
    Freeze,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Go to the shell.
    Suspend,
    /// End; by Ctrl-C when true.
    Quit(bool),
}

/// Traffic has ended when it has been away for so long.
const PAUSE: Duration = Duration::from_millis(500);
const PAGE: isize = 10;
/// A typed line is not longer than this.
const LONGEST_LINE: usize = 200;

/// Takes a key press.
pub fn update(view: &mut ViewState, session: &Session, key: KeyEvent) -> Option<Effect> {
    if view.prompt.is_some() {
        return type_key(view, session, key);
    }
    let (mode, shown) = (view.mode(), view.shown);
    keymap::command(key, mode, shown).and_then(|command| act(view, session, command))
}

/// Takes pasted text: it goes into a prompt and nowhere else.
pub fn paste(view: &mut ViewState, text: &str) {
    if let Some(prompt) = view.prompt.as_mut().filter(|p| p.purpose.takes_text()) {
        let room = LONGEST_LINE.saturating_sub(prompt.text.chars().count());
        prompt.text.extend(text.chars().filter(|c| !c.is_control()).take(room));
    }
}

/// Takes a click at a column and a row of a screen of this size.
pub fn click(view: &mut ViewState, session: &Session, screen: Rect, (column, row): (u16, u16)) {
    match view.shown {
        View::Live => {
            if let Some(row) = draw::row_at(session, view, screen, row) {
                view.select_row(row);
            }
        }
        View::Trials => {
            let at = Position { x: column, y: row };
            if let Some(place) = draw::place_at(session, view, screen, at) {
                view.trials.select(place);
            }
        }
    }
}

/// Takes a command, from a key or the mouse.
pub fn act(view: &mut ViewState, session: &Session, command: Command) -> Option<Effect> {
    let open = session.open_trial().is_some();
    match command {
        Command::ToggleTrial if open => return Some(mark(MarkKind::Stop)),
        Command::ToggleTrial => {
            let set = Some(view.factors.clone());
            return Some(Effect::Mark(Mark { set, ..Mark::new(MarkKind::Start, MarkBy::Key) }));
        }
        Command::CancelTrial if open => return Some(mark(MarkKind::Cancel)),
        Command::CancelTrial => {
            view.say(session.at(), Severity::Info, "no trial is running");
        }
        Command::Undo => return Some(mark(MarkKind::Undo)),
        Command::Note => ask(view, Purpose::Note, String::new()),
        Command::Factors => ask_factors(view, session),
        Command::Exclude => ask_exclusion(view, session),
        Command::Filter => {
            let text = view.listing.filter.clone();
            ask(view, Purpose::Filter, text);
        }
        Command::Snapshot => return Some(Effect::Snapshot),
        Command::EdgeEarlier => return nudge(view, session, false),
        Command::EdgeLater => return nudge(view, session, true),
        Command::Snap => return snap(view, session),
        Command::Play(play) => return Some(Effect::Play(play)),
        Command::ToggleFreeze if view.frozen.is_some() => view.frozen = None,
        Command::ToggleFreeze => return Some(Effect::Freeze),
        Command::ZoomOut => view.zoom = (view.zoom + 1).min(ZOOM.len() - 1),
        Command::ZoomIn => view.zoom = view.zoom.saturating_sub(1),
        Command::ToggleUnit => {
            view.unit = match view.unit {
                RateUnit::Bits => RateUnit::Bytes,
                RateUnit::Bytes => RateUnit::Bits,
            };
        }
        Command::Show(shown) => view.shown = shown,
        Command::NextView => {
            view.shown = match view.shown {
                View::Live => View::Trials,
                View::Trials => View::Live,
            };
        }
        Command::Down
        | Command::Up
        | Command::Left
        | Command::Right
        | Command::PageDown
        | Command::PageUp
        | Command::First
        | Command::Last => go(view, command),
        Command::Open => view.trials.enter(),
        Command::NextChart => view.trials.next_chart(),
        Command::ToggleExpand => view.expanded = !view.expanded,
        Command::Sort => {
            view.listing.order = match view.listing.order {
                Order::Traffic => Order::Name,
                Order::Name => Order::Traffic,
            };
            view.reorder();
        }
        Command::Pin => pin(view, session),
        Command::ToggleFolded => {
            view.listing.unfolded = !view.listing.unfolded;
            view.reorder();
        }
        Command::ToggleMouse => {
            view.mouse = !view.mouse;
            let what = if view.mouse { "migtop's" } else { "the terminal's, to select text" };
            view.say(session.at(), Severity::Info, format!("the mouse is {what}"));
            return Some(Effect::Mouse(view.mouse));
        }
        Command::ToggleHelp => view.help = !view.help,
        Command::Escape => close(view),
        Command::Quit if view.help => view.help = false,
        Command::Quit | Command::Interrupt if view.holds(session) => {
            ask(view, Purpose::Quit, String::new());
        }
        Command::Quit => return Some(Effect::Quit(false)),
        Command::Interrupt => return Some(Effect::Quit(true)),
        Command::Suspend => return Some(Effect::Suspend),
    }
    None
}

/// Moves the selection of the view that is shown.
fn go(view: &mut ViewState, command: Command) {
    /// Beyond both ends of any list.
    const FAR: isize = isize::MAX;
    let rows = match command {
        Command::Down => 1,
        Command::Up => -1,
        Command::PageDown => PAGE,
        Command::PageUp => -PAGE,
        Command::First => -FAR,
        _ => FAR,
    };
    let trials = &mut view.trials;
    match (view.shown, command) {
        (View::Trials, Command::Left) => trials.go_aside(-1),
        (View::Trials, Command::Right) => trials.go_aside(1),
        (View::Trials, Command::PageDown | Command::PageUp) => trials.turn(rows.signum()),
        (View::Trials, _) => trials.go(rows),
        (View::Live, _) => view.select(rows),
    }
}

fn mark(kind: MarkKind) -> Effect {
    Effect::Mark(Mark::new(kind, MarkBy::Key))
}

fn edit(trial: &Trial) -> Mark {
    Mark { trial: Some(trial.number), ..Mark::new(MarkKind::Edit, MarkBy::Key) }
}

/// The trial that remarks and factors belong to: the selected one where trials are compared, else
/// the running one; in a recording the one nearest.
fn trial_at_hand<'a>(view: &ViewState, session: &'a Session) -> Option<&'a Trial> {
    match (view.shown, view.replay) {
        (View::Trials, _) => trial(session, view.trials.trial_at_hand()?),
        (View::Live, None) => session.open_trial(),
        (View::Live, Some(_)) => Some(nearest_edge(session)?.0),
    }
}

/// The trial of this number.
fn trial(session: &Session, number: u32) -> Option<&Trial> {
    session.trials().iter().find(|trial| trial.number == number)
}

/// The trial that a line was typed for.
fn trial_asked<'a>(view: &ViewState, session: &'a Session, prompt: &Prompt) -> Option<&'a Trial> {
    match prompt.trial {
        Some(number) => trial(session, number),
        None => trial_at_hand(view, session),
    }
}

/// The edge of a trial that is nearest to the present moment, and whether it is its end.
fn nearest_edge(session: &Session) -> Option<(&Trial, bool, Duration)> {
    let edges = session.trials().iter().flat_map(|trial| {
        let end = trial.end.map(|end| (trial, true, end));
        std::iter::once((trial, false, trial.start)).chain(end)
    });
    // Of two as near the later one: it is what was just done.
    edges.rev().min_by_key(|(.., edge)| edge.abs_diff(session.at()))
}

/// Moves the nearest edge by one sample.
fn nudge(view: &mut ViewState, session: &Session, later: bool) -> Option<Effect> {
    let Some((trial, ends, edge)) = nearest_edge(session) else {
        view.say(session.at(), Severity::Info, "there is no trial whose edge could be moved");
        return None;
    };
    let step = session.header().map_or(Duration::from_millis(100), |header| header.interval);
    let to = if later { edge + step } else { edge.saturating_sub(step) };
    let (start, stop) = if ends { (None, Some(to)) } else { (Some(to), None) };
    Some(Effect::Mark(Mark { start, stop, ..edit(trial) }))
}

/// Moves both edges of the nearest trial to its traffic's own.
fn snap(view: &mut ViewState, session: &Session) -> Option<Effect> {
    let trial = match view.shown {
        View::Live => nearest_edge(session).map(|(trial, ..)| trial),
        View::Trials => trial_at_hand(view, session),
    };
    if let (Some(trial), Some(_)) = (trial, view.replay) {
        return Some(Effect::Play(Play::Snap(trial.number)));
    }
    let snapped = trial.and_then(|trial| snapped(session, trial.number));
    if snapped.is_none() {
        view.say(session.at(), Severity::Info, NO_TRAFFIC);
    }
    snapped.map(Effect::Mark)
}

/// What is said of a trial that cannot be snapped.
pub const NO_TRAFFIC: &str = "there is no trial with traffic to snap to";

/// The correction that moves a trial's edges to its traffic's, where it has any.
pub fn snapped(session: &Session, number: u32) -> Option<Mark> {
    let trial = trial(session, number)?;
    let (start, stop) = session.traffic_edges(number)?;
    // Traffic that still flows has no end to move to.
    let ended = stop + PAUSE <= session.at();
    let stop = trial.end.filter(|_| ended).map(|_| stop);
    Some(Mark { start: Some(start), stop, ..edit(trial) })
}

/// Asks for a line; where trials are compared it is for the one that is selected now, whatever is
/// selected once it is typed.
fn ask(view: &mut ViewState, purpose: Purpose, text: String) {
    let about_trial = !matches!(purpose, Purpose::Filter | Purpose::Quit);
    let selected = view.trials.trial_at_hand().filter(|_| view.shown == View::Trials);
    view.prompt = Some(Prompt { purpose, text, trial: selected.filter(|_| about_trial) });
}

fn ask_factors(view: &mut ViewState, session: &Session) {
    let trial = trial_at_hand(view, session);
    let factors = trial.map_or(&view.factors, |trial| &trial.factors);
    let text = factors.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
    ask(view, Purpose::Factors, text);
}

/// Why a trial leaves the comparisons; of one that is in none the bar says so, and takes the keys of
/// a reason that is typed all the same.
fn ask_exclusion(view: &mut ViewState, session: &Session) {
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
    view.prompt = Some(Prompt { purpose: Purpose::Nothing, text: why_not, trial: None });
}

fn close(view: &mut ViewState) {
    if view.help {
        view.help = false;
    } else if view.shown == View::Trials {
        if !view.trials.leave() {
            view.frozen = None;
        }
    } else if view.expanded {
        view.expanded = false;
    } else if !view.listing.filter.is_empty() {
        view.listing.filter.clear();
        view.reorder();
    } else {
        view.frozen = None;
    }
}

fn pin(view: &mut ViewState, session: &Session) {
    let Some(Subject::Interface(id)) = view.selected else {
        view.say(session.at(), Severity::Info, "only an interface can be pinned");
        return;
    };
    let pinned = &mut view.listing.pinned;
    match pinned.iter().position(|p| *p == id) {
        Some(at) => {
            pinned.remove(at);
        }
        None => pinned.push(id),
    }
    view.reorder();
}

fn type_key(view: &mut ViewState, session: &Session, key: KeyEvent) -> Option<Effect> {
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
    match key.code {
        KeyCode::Enter => return entered(view, session, prompt),
        KeyCode::Esc => {
            if prompt.purpose == Purpose::Filter {
                view.listing.filter.clear();
                view.reorder();
            }
            return None;
        }
        _ if interrupt => return None,
        KeyCode::Backspace => {
            prompt.text.pop();
        }
        KeyCode::Char('u') if control => prompt.text.clear(),
        KeyCode::Char(c) if !control && prompt.text.chars().count() < LONGEST_LINE => {
            prompt.text.push(c);
        }
        _ => {}
    }
    if prompt.purpose == Purpose::Filter {
        view.listing.filter.clone_from(&prompt.text);
        view.reorder();
    }
    view.prompt = Some(prompt);
    None
}

fn entered(view: &mut ViewState, session: &Session, prompt: Prompt) -> Option<Effect> {
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
        Purpose::Note | Purpose::Filter | Purpose::Quit | Purpose::Nothing => None,
    }
}

/// Says why a line is not taken; it stays to be mended.
fn refuse(view: &mut ViewState, session: &Session, prompt: Prompt, why: &str) -> Option<Effect> {
    view.say(session.at(), Severity::Warning, why);
    view.prompt = Some(prompt);
    None
}

/// `config=2x10GbE vms=20`; the word that is none is the error.
pub fn parse_factors(text: &str) -> Result<Factors, String> {
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
        assert!(view.answer.is_some_and(|a| a.text.contains("`x` is not KEY=VALUE")));
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
    fn views_are_changed_by_number_and_in_turn() {
        let mut view = ViewState::default();
        for (key, shown) in [
            (KeyCode::Char('2'), View::Trials),
            (KeyCode::Char('2'), View::Trials),
            (KeyCode::Tab, View::Live),
            (KeyCode::Tab, View::Trials),
            (KeyCode::Char('1'), View::Live),
        ] {
            assert_eq!(press(&mut view, key), None);
            assert_eq!(view.shown, shown, "{key:?}");
        }
    }

    #[test]
    fn without_a_trial_the_keys_of_trials_do_nothing() {
        let mut view = ViewState::default();
        press(&mut view, KeyCode::Char('2'));
        view.follow(&Session::default());
        for key in [KeyCode::Down, KeyCode::Left, KeyCode::End, KeyCode::Enter, KeyCode::PageDown] {
            assert_eq!(press(&mut view, key), None);
        }
        assert_eq!((view.trials.place(), view.trials.run()), (None, None));
        press(&mut view, KeyCode::Char('x'));
        let said = view.prompt.as_ref().map(|p| (p.purpose, p.text.as_str()));
        assert_eq!(said, Some((Purpose::Nothing, "no trial is selected")));
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
