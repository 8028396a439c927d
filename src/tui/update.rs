//! A command changes the view; whatever must touch the world is handed back as an effect.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::arrangement::Panel;
use super::compose;
use super::drag;
use super::edges::{nudge, snap};
use super::effect::Effect;
use super::keymap::{Command, Play};
use super::prompt::{ask, ask_exclusion, ask_factors, type_key};
use super::view_state::{Purpose, Sheet, View, ViewState};
use crate::model::{Mark, MarkBy, MarkKind};
use crate::session::{Order, Session, Severity, Subject};
use crate::units::RateUnit;

const PAGE: isize = 10;

/// Takes a key press.
pub fn update(view: &mut ViewState, session: &Session, key: KeyEvent) -> Option<Effect> {
    if view.prompt.is_some() {
        return type_key(view, session, key);
    }
    let asked = view.keymap.command(key, view.mode(), view.shown);
    asked.and_then(|command| act(view, session, command))
}

/// Takes a click at a column and a row of a screen of this size: on a key of the footer it is that key.
pub fn click(
    view: &mut ViewState,
    session: &Session,
    screen: Rect,
    (column, row): (u16, u16),
) -> Option<Effect> {
    let at = Position { x: column, y: row };
    if let Some(command) = compose::command_at(session, view, screen, at) {
        return act(view, session, command);
    }
    if let Some(back) = compose::moment_at(session, view, screen, at)
        && drag::take(view, session, back)
    {
        return None;
    }
    match view.shown {
        View::Live | View::Flows | View::Host => {
            if let Some(row) = compose::row_at(session, view, screen, at) {
                match view.shown {
                    View::Flows => view.flows.list.select(row),
                    View::Host => view.host.list.select(row),
                    View::Live | View::Trials => view.select_row(row),
                }
            }
        }
        View::Trials => {
            if let Some(place) = compose::place_at(session, view, screen, at) {
                view.trials.select(place);
            }
        }
    }
    None
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
            let text = view.filter().clone();
            ask(view, Purpose::Filter, text);
        }
        Command::Snapshot => return Some(Effect::Snapshot),
        Command::EdgeEarlier => return nudge(view, session, false),
        Command::EdgeLater => return nudge(view, session, true),
        Command::Snap => return snap(view, session),
        // What is frozen is not played: it is read.
        Command::Play(Play::Back | Play::Forth)
            if view.frozen.is_some() && view.shown == View::Live =>
        {
            view.chart.move_cross(command == Command::Play(Play::Forth));
        }
        Command::Play(play) => return Some(Effect::Play(play)),
        Command::ToggleFreeze if view.frozen.is_some() => view.frozen = None,
        Command::ToggleFreeze => return Some(Effect::Freeze),
        Command::ZoomOut => view.chart.zoom_out(view.moment(session)),
        Command::ZoomIn => view.chart.zoom_in(view.moment(session)),
        Command::PanEarlier => pan(view, session, false),
        Command::PanLater => pan(view, session, true),
        Command::ToggleLog => view.chart.log = !view.chart.log,
        Command::ToggleOverlay => overlay(view, session),
        Command::ToggleUnit => {
            view.unit = match view.unit {
                RateUnit::Bits => RateUnit::Bytes,
                RateUnit::Bytes => RateUnit::Bits,
            };
        }
        Command::Show(shown) => view.show(shown),
        Command::NextView => view.show(view.shown.next()),
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
        Command::Sort => sort(view),
        Command::Pin => pin(view, session),
        Command::Hold => hold(view, session),
        Command::Capture => return capture(view, session),
        Command::ToggleFolded => {
            view.listing.unfolded = !view.listing.unfolded;
            view.reorder();
        }
        Command::TogglePanel(panel) => toggle_panel(view, session, panel),
        Command::Keep => return Some(Effect::Keep),
        Command::NextTheme => next_theme(view, session),
        Command::NextSymbols => {
            let name = view.next_symbols();
            view.say(session.at(), Severity::Info, format!("symbols: {name}"));
        }
        Command::ToggleMouse => {
            view.mouse = !view.mouse;
            let what = if view.mouse { "migtop's" } else { "the terminal's, to select text" };
            view.say(session.at(), Severity::Info, format!("the mouse is {what}"));
            return Some(Effect::Mouse(view.mouse));
        }
        Command::ToggleHelp => view.toggle(Sheet::Help),
        Command::ToggleMessages => {
            view.toggle(Sheet::Messages);
            view.read_to = Some(session.at());
        }
        Command::Palette => ask(view, Purpose::Palette, String::new()),
        Command::Escape => close(view),
        Command::Quit if view.sheet.is_some() => view.sheet = None,
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
    if view.sheet.is_some() {
        view.scroll(rows);
        return;
    }
    let trials = &mut view.trials;
    match (view.shown, command) {
        (View::Trials, Command::Left) => trials.go_aside(-1),
        (View::Trials, Command::Right) => trials.go_aside(1),
        (View::Trials, Command::PageDown | Command::PageUp) => trials.turn(rows.signum()),
        (View::Trials, _) => trials.go(rows),
        (View::Flows, _) => view.flows.list.go(rows),
        (View::Host, _) => view.host.list.go(rows),
        (View::Live, Command::Left) => view.chart.move_cross(false),
        (View::Live, Command::Right) => view.chart.move_cross(true),
        (View::Live, _) => view.select(rows),
    }
}

fn hold(view: &mut ViewState, session: &Session) {
    view.held = !view.held;
    let what = if view.held { "held" } else { "free again" };
    view.say(session.at(), Severity::Info, format!("the order of rows is {what}"));
    view.reorder();
}

fn next_theme(view: &mut ViewState, session: &Session) {
    let said = match view.next_theme() {
        Some(name) => format!("theme {name}"),
        None => "there are no colours to choose from: --color, NO_COLOR".into(),
    };
    view.say(session.at(), Severity::Info, said);
}

/// Leaves a panel out, or shows it again; the last one stays.
fn toggle_panel(view: &mut ViewState, session: &Session, panel: Panel) {
    match view.hidden.iter().position(|hidden| *hidden == panel) {
        Some(at) => {
            view.hidden.remove(at);
            let said = format!("{} shown again", panel.name());
            view.say(session.at(), Severity::Info, said);
        }
        None if view.hidden.len() + 1 == Panel::ALL.len() => {
            view.say(session.at(), Severity::Info, "one panel has to stay");
        }
        None => {
            view.hidden.push(panel);
            let name = panel.name();
            view.say(
                session.at(),
                Severity::Info,
                format!("{name} left out; {} shows it", view.asked(Command::TogglePanel(panel))),
            );
        }
    }
}

/// Moves the chart's time.
fn pan(view: &mut ViewState, session: &Session, later: bool) {
    let now = view.moment(session);
    if !view.chart.pan(now, later) {
        let what = if later { "ends now" } else { "shows the whole session" };
        view.say(session.at(), Severity::Info, format!("the chart {what}"));
    }
}

/// Lays earlier trials over the latest one, or takes them away.
fn overlay(view: &mut ViewState, session: &Session) {
    view.chart.overlay = !view.chart.overlay && session.trials().len() > 1;
    if session.trials().len() < 2 {
        view.say(session.at(), Severity::Info, "there is no earlier trial to lay over another");
    }
}

/// Takes a move of the mouse; whether it changed what a chart shows.
pub fn point(
    view: &mut ViewState,
    session: &Session,
    screen: Rect,
    (column, row): (u16, u16),
) -> bool {
    let back = compose::moment_at(session, view, screen, Position { x: column, y: row });
    view.chart.point(back)
}

/// Lets the mouse's button go: what was in its hand is laid down.
pub fn release(
    view: &mut ViewState,
    session: &Session,
    screen: Rect,
    (column, row): (u16, u16),
) -> Option<Effect> {
    let back = compose::moment_at(session, view, screen, Position { x: column, y: row });
    drag::lay(view, session, back)
}

/// The next order of the list that is shown.
fn sort(view: &mut ViewState) {
    match view.shown {
        View::Flows => view.flows.sort(),
        View::Host => view.host.sort(),
        View::Live | View::Trials => {
            let at = Order::ALL.iter().position(|order| *order == view.listing.order);
            view.listing.order = Order::ALL[at.map_or(0, |at| (at + 1) % Order::ALL.len())];
            view.held = false;
        }
    }
    view.reorder();
}

/// Begins to capture where the selected connection goes, else on the first of the subject's links.
fn capture(view: &mut ViewState, session: &Session) -> Option<Effect> {
    if session.capture().is_some_and(|capture| capture.runs(session.at())) {
        view.say(session.at(), Severity::Info, "the capture ends");
        return Some(Effect::Capture(None));
    }
    let of_flow = view.flows.list.selected.and_then(|id| session.flow(id)?.facts.interface);
    let subject = view.selected.clone().or_else(|| session.subject());
    let of_subject = subject.and_then(|subject| match subject {
        Subject::Interface(id) => Some(id),
        Subject::Team(name) => session.team(&name)?.facts.members.first().copied(),
    });
    let found = of_flow.or(of_subject);
    if found.is_none() {
        view.say(session.at(), Severity::Info, "there is no interface to capture on");
    }
    found.map(|id| Effect::Capture(Some(id)))
}

fn mark(kind: MarkKind) -> Effect {
    Effect::Mark(Mark::new(kind, MarkBy::Key))
}

fn close(view: &mut ViewState) {
    if view.sheet.is_some() {
        view.sheet = None;
    } else if view.shown == View::Live && view.chart.close() {
        // One thing at a time.
    } else if view.shown == View::Trials {
        if !view.trials.leave() {
            view.frozen = None;
        }
    } else if view.expanded && view.shown == View::Live {
        view.expanded = false;
    } else if !view.filter().is_empty() {
        view.filter().clear();
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

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn press(view: &mut ViewState, code: KeyCode) -> Option<Effect> {
        update(view, &Session::default(), KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn views_are_changed_by_number_and_in_turn() {
        let mut view = ViewState::default();
        for (key, shown) in [
            (KeyCode::Char('2'), View::Trials),
            (KeyCode::Char('2'), View::Trials),
            (KeyCode::Tab, View::Flows),
            (KeyCode::Tab, View::Host),
            (KeyCode::Tab, View::Live),
            (KeyCode::Tab, View::Trials),
            (KeyCode::Char('4'), View::Host),
            (KeyCode::Char('3'), View::Flows),
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
}
