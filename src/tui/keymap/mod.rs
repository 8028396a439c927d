//! The one table of keys: handling, footer, help, command palette and configuration all read it.

mod command;
mod own;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub use self::command::{Command, Play};
pub use self::own::{Asked, Bound, Keymap, KeymapError};
use super::arrangement::Panel;
use super::view_state::{Mode, View};

/// A key with what is held down beside it; shift is in a character already.
pub type Key = (KeyCode, KeyModifiers);

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// What the configuration and the command palette call it.
    pub name: &'static str,
    /// The keys, the first one is shown.
    pub keys: &'static [Key],
    /// How the help writes them.
    pub written: &'static str,
    /// What they ask for.
    pub command: Command,
    /// A word for the footer; none where it is not shown there.
    pub short: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// In which mode it holds; in each if not said.
    pub only: Option<Mode>,
    /// In which views it holds; in each if not said.
    pub views: &'static [View],
}

/// Views of a moment, each with a list; the Trials view is of all moments.
const MOMENTS: [View; 3] = [View::Live, View::Flows, View::Host];
const NONE: KeyModifiers = KeyModifiers::NONE;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const fn bind(
    name: &'static str,
    keys: &'static [Key],
    written: &'static str,
    command: Command,
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { name, keys, written, command, short, help, only: None, views: &[] }
}

impl Binding {
    const fn live(self) -> Self {
        Self { only: Some(Mode::Live), ..self }
    }

    const fn replay(self) -> Self {
        Self { only: Some(Mode::Replay), ..self }
    }

    const fn at(self, views: &'static [View]) -> Self {
        Self { views, ..self }
    }

    /// Whether it holds in this mode of this view.
    pub fn holds(&self, mode: Mode, view: View) -> bool {
        self.only.is_none_or(|only| only == mode)
            && (self.views.is_empty() || self.views.contains(&view))
    }
}

/// In order of importance: the footer shows as many as fit.
#[rustfmt::skip]
pub const KEYMAP: &[Binding] = &[
    bind("trial", &[(KeyCode::Char(' '), NONE)], "Space", Command::ToggleTrial, "start/stop", "start or stop a trial").live(),
    bind("play", &[(KeyCode::Char(' '), NONE)], "Space", Command::Play(Play::Toggle), "play/hold", "replay: play or hold still").replay(),
    bind("help", &[(KeyCode::Char('?'), NONE)], "?", Command::ToggleHelp, "help", "show or hide this help"),
    bind("quit", &[(KeyCode::Char('q'), NONE)], "q", Command::Quit, "quit", "leave; asks if a trial runs"),
    bind("palette", &[(KeyCode::Char(':'), NONE)], ":", Command::Palette, "commands", "type a command's name"),
    bind("view-live", &[(KeyCode::Char('1'), NONE)], "1", Command::Show(View::Live), "live", "view: rates as they are now"),
    bind("view-trials", &[(KeyCode::Char('2'), NONE)], "2", Command::Show(View::Trials), "trials", "view: trials compared"),
    bind("view-flows", &[(KeyCode::Char('3'), NONE)], "3", Command::Show(View::Flows), "flows", "view: connections"),
    bind("view-host", &[(KeyCode::Char('4'), NONE)], "4", Command::Show(View::Host), "host", "view: guests and CPU"),
    bind("next-view", &[(KeyCode::Tab, NONE)], "Tab", Command::NextView, "", "the next view"),
    bind("runs", &[(KeyCode::Enter, NONE)], "Enter", Command::Open, "runs", "trials: runs of the cell").at(&[View::Trials]),
    bind("exclude", &[(KeyCode::Char('x'), NONE)], "x", Command::Exclude, "exclude", "trials: exclude or include").at(&[View::Trials]),
    bind("next-chart", &[(KeyCode::Char('v'), NONE)], "v", Command::NextChart, "chart", "trials: the next chart").at(&[View::Trials]),
    bind("snapshot", &[(KeyCode::Char('s'), NONE)], "s", Command::Snapshot, "snapshot", "write session and screen").live(),
    bind("next-mark", &[(KeyCode::Char('}'), NONE)], "}", Command::Play(Play::NextMark), "next mark", "replay: to the next mark").replay(),
    bind("mark-before", &[(KeyCode::Char('{'), NONE)], "{", Command::Play(Play::PreviousMark), "mark before", "replay: to the mark before").replay(),
    bind("forth", &[(KeyCode::Right, NONE)], "Right", Command::Play(Play::Forth), "forth", "replay: ten columns on").replay().at(&MOMENTS),
    bind("back", &[(KeyCode::Left, NONE)], "Left", Command::Play(Play::Back), "back", "replay: ten columns back").replay().at(&MOMENTS),
    bind("faster", &[(KeyCode::Char('>'), NONE)], ">", Command::Play(Play::Faster), "faster", "replay: twice as fast").replay(),
    bind("slower", &[(KeyCode::Char('<'), NONE)], "<", Command::Play(Play::Slower), "slower", "replay: half as fast").replay(),
    bind("save", &[(KeyCode::Char('w'), NONE)], "w", Command::Play(Play::Save), "save", "replay: save corrections").replay(),
    bind("note", &[(KeyCode::Char('n'), NONE)], "n", Command::Note, "note", "note something"),
    bind("factors", &[(KeyCode::Char('f'), NONE)], "f", Command::Factors, "factors", "factors of the trials"),
    bind("undo", &[(KeyCode::Char('u'), NONE)], "u", Command::Undo, "undo", "undo the last mark"),
    bind("edge-earlier", &[(KeyCode::Char('['), NONE)], "[", Command::EdgeEarlier, "", "nearest edge: earlier").at(&MOMENTS),
    bind("edge-later", &[(KeyCode::Char(']'), NONE)], "]", Command::EdgeLater, "", "nearest edge: later").at(&MOMENTS),
    bind("snap", &[(KeyCode::Char('a'), NONE)], "a", Command::Snap, "", "snap edges to the traffic"),
    bind("freeze", &[(KeyCode::Char('z'), NONE)], "z", Command::ToggleFreeze, "freeze", "freeze view; sampling goes on"),
    bind("sort", &[(KeyCode::Char('o'), NONE)], "o", Command::Sort, "sort", "the next order of rows").at(&MOMENTS),
    bind("filter", &[(KeyCode::Char('/'), NONE)], "/", Command::Filter, "filter", "names that contain a text").at(&MOMENTS),
    bind("units", &[(KeyCode::Char('b'), NONE)], "b", Command::ToggleUnit, "bits/bytes", "rates in bits or in bytes"),
    bind("messages", &[(KeyCode::Char('!'), NONE)], "!", Command::ToggleMessages, "messages", "what was said, what happened"),
    bind("packets", &[(KeyCode::Char('p'), NONE)], "p", Command::Capture, "packets", "capture packets, or end it").live().at(&[View::Flows]),
    bind("folded", &[(KeyCode::Char('i'), NONE)], "i", Command::ToggleFolded, "idle", "idle ones, loopback, taps").at(&[View::Live]),
    bind("pin", &[(KeyCode::Char('p'), NONE)], "p", Command::Pin, "pin", "keep selected one at the top").at(&[View::Live]),
    bind("hold", &[(KeyCode::Char('h'), NONE)], "h", Command::Hold, "", "hold the order of rows").at(&[View::Live]),
    bind("expand", &[(KeyCode::Enter, NONE)], "Enter", Command::ToggleExpand, "expand", "chart on the whole screen").at(&[View::Live]),
    bind("zoom-in", &[(KeyCode::Char('+'), NONE), (KeyCode::Char('='), NONE)], "+", Command::ZoomIn, "", "less time in the chart").at(&[View::Live]),
    bind("zoom-out", &[(KeyCode::Char('-'), NONE)], "-", Command::ZoomOut, "", "more time in the chart").at(&[View::Live]),
    bind("pan-earlier", &[(KeyCode::Char(','), NONE), (KeyCode::Left, SHIFT)], ",", Command::PanEarlier, "", "chart: earlier").at(&[View::Live]),
    bind("pan-later", &[(KeyCode::Char('.'), NONE), (KeyCode::Right, SHIFT)], ".", Command::PanLater, "", "chart: later, up to now").at(&[View::Live]),
    bind("read-earlier", &[(KeyCode::Left, NONE)], "Left", Command::Left, "", "chart: read it, earlier").live().at(&[View::Live]),
    bind("read-later", &[(KeyCode::Right, NONE)], "Right", Command::Right, "", "chart: read it, later").live().at(&[View::Live]),
    bind("log", &[(KeyCode::Char('L'), NONE)], "L", Command::ToggleLog, "", "chart: linear or logarithmic").at(&[View::Live]),
    bind("overlay", &[(KeyCode::Char('O'), NONE)], "O", Command::ToggleOverlay, "", "chart: earlier trials over it").at(&[View::Live]),
    bind("down", &[(KeyCode::Char('j'), NONE), (KeyCode::Down, NONE)], "j, Down", Command::Down, "", "select the next row"),
    bind("up", &[(KeyCode::Char('k'), NONE), (KeyCode::Up, NONE)], "k, Up", Command::Up, "", "select the row before"),
    bind("left", &[(KeyCode::Char('h'), NONE), (KeyCode::Left, NONE)], "h, Left", Command::Left, "", "trials: the load before").at(&[View::Trials]),
    bind("right", &[(KeyCode::Char('l'), NONE), (KeyCode::Right, NONE)], "l, Right", Command::Right, "", "trials: the next load").at(&[View::Trials]),
    bind("page-down", &[(KeyCode::PageDown, NONE)], "PgDn", Command::PageDown, "", "ten rows down; next finding"),
    bind("page-up", &[(KeyCode::PageUp, NONE)], "PgUp", Command::PageUp, "", "ten rows up; finding before"),
    bind("first", &[(KeyCode::Home, NONE), (KeyCode::Char('g'), NONE)], "Home, g", Command::First, "", "select the first row"),
    bind("last", &[(KeyCode::End, NONE), (KeyCode::Char('G'), NONE)], "End, G", Command::Last, "", "select the last row"),
    bind("headline", &[(KeyCode::Char('H'), NONE)], "H", Command::TogglePanel(Panel::Headline), "", "headline, or not").at(&[View::Live]),
    bind("interfaces", &[(KeyCode::Char('I'), NONE)], "I", Command::TogglePanel(Panel::Interfaces), "", "list of interfaces, or not").at(&[View::Live]),
    bind("chart", &[(KeyCode::Char('C'), NONE)], "C", Command::TogglePanel(Panel::Chart), "", "chart, or not").at(&[View::Live]),
    bind("trials", &[(KeyCode::Char('R'), NONE)], "R", Command::TogglePanel(Panel::Trials), "", "rows of trials, or not").at(&[View::Live]),
    bind("keep", &[(KeyCode::Char('W'), NONE)], "W", Command::Keep, "", "keep this look of the screen"),
    bind("cancel", &[(KeyCode::Char('c'), NONE)], "c", Command::CancelTrial, "", "give the running trial up").live(),
    bind("next-theme", &[(KeyCode::Char('T'), NONE)], "T", Command::NextTheme, "", "the next theme"),
    bind("next-symbols", &[(KeyCode::Char('y'), NONE)], "y", Command::NextSymbols, "", "blocks, braille or ASCII"),
    bind("mouse", &[(KeyCode::Char('m'), NONE)], "m", Command::ToggleMouse, "", "mouse off: select text"),
    bind("close", &[(KeyCode::Esc, NONE)], "Esc", Command::Escape, "", "close what is open"),
    bind("leave", &[(KeyCode::Char('c'), CTRL)], "Ctrl-C", Command::Interrupt, "", "leave; twice: in a trial too"),
    bind("suspend", &[(KeyCode::Char('z'), CTRL)], "Ctrl-Z", Command::Suspend, "", "to the shell; fg comes back"),
];

/// How a key press stands in the table. Shift is in a character already, and in a back tab.
fn key_of(event: KeyEvent) -> Key {
    let shifted = matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab);
    let held = if shifted { event.modifiers - KeyModifiers::SHIFT } else { event.modifiers };
    (event.code, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(key: KeyEvent, mode: Mode, view: View) -> Option<Command> {
        Keymap::default().command(key, mode, view)
    }

    #[test]
    fn each_line_has_a_name_of_its_own() {
        for (at, binding) in KEYMAP.iter().enumerate() {
            assert!(
                KEYMAP[..at].iter().all(|other| other.name != binding.name),
                "{}",
                binding.name
            );
        }
    }

    #[test]
    fn no_key_means_two_things() {
        let modes = [Mode::Live, Mode::Replay];
        let all = modes.iter().flat_map(|mode| View::ALL.map(|view| (*mode, view)));
        for (mode, view) in all {
            let held = KEYMAP.iter().filter(|binding| binding.holds(mode, view));
            let keys: Vec<_> = held.flat_map(|binding| binding.keys).collect();
            for (i, key) in keys.iter().enumerate() {
                assert!(!keys[..i].contains(key), "{key:?}");
            }
        }
    }

    #[test]
    fn a_capital_letter_is_found_with_its_shift() {
        let key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(asked(key, Mode::Live, View::Live), Some(Command::Last));
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(asked(key, Mode::Live, View::Live), Some(Command::Interrupt));
    }

    #[test]
    fn arrows_move_in_a_recording_in_the_matrix_or_in_the_chart() {
        let key = KeyEvent::new(KeyCode::Left, NONE);
        let asked = |mode, view| asked(key, mode, view);
        assert_eq!(asked(Mode::Replay, View::Live), Some(Command::Play(Play::Back)));
        assert_eq!(asked(Mode::Replay, View::Trials), Some(Command::Left));
        assert_eq!(asked(Mode::Live, View::Live), Some(Command::Left));
        assert_eq!(asked(Mode::Live, View::Host), None);
        let key = KeyEvent::new(KeyCode::Left, SHIFT);
        let asked = |mode, view| Keymap::default().command(key, mode, view);
        assert_eq!(asked(Mode::Replay, View::Live), Some(Command::PanEarlier));
        assert_eq!(asked(Mode::Replay, View::Host), Some(Command::Play(Play::Back)));
    }
}
