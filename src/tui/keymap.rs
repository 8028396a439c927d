//! The one table of keys: handling, footer and help all read it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::view_state::{Mode, View};

/// Where to go in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// Play, or hold still.
    Toggle,
    /// Twice as fast.
    Faster,
    /// Half as fast.
    Slower,
    /// A column of the chart later.
    Forth,
    /// A column of the chart earlier.
    Back,
    /// To the next mark.
    NextMark,
    /// To the mark before.
    PreviousMark,
    /// Move this trial's edges to its traffic's, as far as the whole recording tells.
    Snap(u32),
    /// Write the corrections into the file.
    Save,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Start a trial, or stop the running one.
    ToggleTrial,
    /// Give the running trial up.
    CancelTrial,
    /// Undo the last mark.
    Undo,
    /// Type a remark.
    Note,
    /// Type the factors of the running or the coming trials.
    Factors,
    /// Write the session and the screen.
    Snapshot,
    /// Move the nearest edge of a trial to an earlier moment.
    EdgeEarlier,
    /// Move it to a later one.
    EdgeLater,
    /// Move a trial's edges to its traffic's.
    Snap,
    /// Move in a recording.
    Play(Play),
    /// Hold the screen still.
    ToggleFreeze,
    /// Longer columns in the chart.
    ZoomOut,
    /// Shorter columns in the chart.
    ZoomIn,
    /// Earlier rates in the chart.
    PanEarlier,
    /// Later ones, up to now.
    PanLater,
    /// A linear or a logarithmic chart.
    ToggleLog,
    /// Earlier trials over the latest one in the chart.
    ToggleOverlay,
    /// Bits or bytes.
    ToggleUnit,
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// Many rows down.
    PageDown,
    /// Many rows up.
    PageUp,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// To the column on the left; in the chart, too.
    Left,
    /// To the column on the right; in the chart, too.
    Right,
    /// The other view.
    Show(View),
    /// The next view.
    NextView,
    /// Into the runs of the selected cell.
    Open,
    /// Take a trial out of the comparison, or back into it.
    Exclude,
    /// Another chart of the trials.
    NextChart,
    /// The chart alone, or everything.
    ToggleExpand,
    /// Type part of a name.
    Filter,
    /// The other order of rows.
    Sort,
    /// Keep the selected row at the top.
    Pin,
    /// Show the folded interfaces, too.
    ToggleFolded,
    /// Capture the packets of the selected interface, or end that.
    Capture,
    /// Give the mouse back to the terminal, or take it.
    ToggleMouse,
    /// Show the keys.
    ToggleHelp,
    /// Close what is open, or end.
    Quit,
    /// Leave what is open.
    Escape,
    /// End as a signal would.
    Interrupt,
    /// Stop the process, to be continued by the shell.
    Suspend,
}

/// One line of the table.
pub struct Binding {
    /// The keys, the first one is shown.
    pub keys: &'static [(KeyCode, KeyModifiers)],
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
    keys: &'static [(KeyCode, KeyModifiers)],
    written: &'static str,
    command: Command,
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, written, command, short, help, only: None, views: &[] }
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
    bind(&[(KeyCode::Char(' '), NONE)], "Space", Command::ToggleTrial, "start/stop", "start or stop a trial").live(),
    bind(&[(KeyCode::Char(' '), NONE)], "Space", Command::Play(Play::Toggle), "play/hold", "replay: play or hold still").replay(),
    bind(&[(KeyCode::Char('?'), NONE)], "?", Command::ToggleHelp, "help", "show or hide this help"),
    bind(&[(KeyCode::Char('q'), NONE)], "q", Command::Quit, "quit", "leave; asks if a trial runs"),
    bind(&[(KeyCode::Char('1'), NONE)], "1", Command::Show(View::Live), "live", "view: rates as they are now"),
    bind(&[(KeyCode::Char('2'), NONE)], "2", Command::Show(View::Trials), "trials", "view: trials compared"),
    bind(&[(KeyCode::Char('3'), NONE)], "3", Command::Show(View::Flows), "flows", "view: connections"),
    bind(&[(KeyCode::Char('4'), NONE)], "4", Command::Show(View::Host), "host", "view: guests and CPU"),
    bind(&[(KeyCode::Tab, NONE)], "Tab", Command::NextView, "", "the next view"),
    bind(&[(KeyCode::Enter, NONE)], "Enter", Command::Open, "runs", "trials: runs of the cell").at(&[View::Trials]),
    bind(&[(KeyCode::Char('x'), NONE)], "x", Command::Exclude, "exclude", "trials: exclude or include").at(&[View::Trials]),
    bind(&[(KeyCode::Char('v'), NONE)], "v", Command::NextChart, "chart", "trials: the next chart").at(&[View::Trials]),
    bind(&[(KeyCode::Char('s'), NONE)], "s", Command::Snapshot, "snapshot", "write session and screen").live(),
    bind(&[(KeyCode::Char('}'), NONE)], "}", Command::Play(Play::NextMark), "next mark", "replay: to the next mark").replay(),
    bind(&[(KeyCode::Char('{'), NONE)], "{", Command::Play(Play::PreviousMark), "mark before", "replay: to the mark before").replay(),
    bind(&[(KeyCode::Right, NONE)], "Right", Command::Play(Play::Forth), "forth", "replay: ten columns on").replay().at(&MOMENTS),
    bind(&[(KeyCode::Left, NONE)], "Left", Command::Play(Play::Back), "back", "replay: ten columns back").replay().at(&MOMENTS),
    bind(&[(KeyCode::Char('>'), NONE)], ">", Command::Play(Play::Faster), "faster", "replay: twice as fast").replay(),
    bind(&[(KeyCode::Char('<'), NONE)], "<", Command::Play(Play::Slower), "slower", "replay: half as fast").replay(),
    bind(&[(KeyCode::Char('w'), NONE)], "w", Command::Play(Play::Save), "save", "replay: save corrections").replay(),
    bind(&[(KeyCode::Char('n'), NONE)], "n", Command::Note, "note", "note something"),
    bind(&[(KeyCode::Char('f'), NONE)], "f", Command::Factors, "factors", "factors of the trials"),
    bind(&[(KeyCode::Char('u'), NONE)], "u", Command::Undo, "undo", "undo the last mark"),
    bind(&[(KeyCode::Char('['), NONE)], "[", Command::EdgeEarlier, "", "nearest edge: earlier").at(&MOMENTS),
    bind(&[(KeyCode::Char(']'), NONE)], "]", Command::EdgeLater, "", "nearest edge: later").at(&MOMENTS),
    bind(&[(KeyCode::Char('a'), NONE)], "a", Command::Snap, "", "snap edges to the traffic"),
    bind(&[(KeyCode::Char('z'), NONE)], "z", Command::ToggleFreeze, "freeze", "freeze view; sampling goes on"),
    bind(&[(KeyCode::Char('o'), NONE)], "o", Command::Sort, "sort", "the next order of rows").at(&MOMENTS),
    bind(&[(KeyCode::Char('/'), NONE)], "/", Command::Filter, "filter", "names that contain a text").at(&MOMENTS),
    bind(&[(KeyCode::Char('b'), NONE)], "b", Command::ToggleUnit, "bits/bytes", "rates in bits or in bytes"),
    bind(&[(KeyCode::Char('p'), NONE)], "p", Command::Capture, "packets", "capture packets, or end it").live().at(&[View::Flows]),
    bind(&[(KeyCode::Char('i'), NONE)], "i", Command::ToggleFolded, "idle", "idle ones, loopback, taps").at(&[View::Live]),
    bind(&[(KeyCode::Char('p'), NONE)], "p", Command::Pin, "pin", "keep selected one at the top").at(&[View::Live]),
    bind(&[(KeyCode::Enter, NONE)], "Enter", Command::ToggleExpand, "expand", "chart on the whole screen").at(&[View::Live]),
    bind(&[(KeyCode::Char('+'), NONE), (KeyCode::Char('='), NONE)], "+", Command::ZoomIn, "", "less time in the chart").at(&[View::Live]),
    bind(&[(KeyCode::Char('-'), NONE)], "-", Command::ZoomOut, "", "more time in the chart").at(&[View::Live]),
    bind(&[(KeyCode::Left, SHIFT), (KeyCode::Char(','), NONE)], "Shift-Left", Command::PanEarlier, "", "chart: earlier").at(&[View::Live]),
    bind(&[(KeyCode::Right, SHIFT), (KeyCode::Char('.'), NONE)], "Shift-Right", Command::PanLater, "", "chart: later, up to now").at(&[View::Live]),
    bind(&[(KeyCode::Left, NONE)], "Left", Command::Left, "", "chart: read it, earlier").live().at(&[View::Live]),
    bind(&[(KeyCode::Right, NONE)], "Right", Command::Right, "", "chart: read it, later").live().at(&[View::Live]),
    bind(&[(KeyCode::Char('L'), NONE)], "L", Command::ToggleLog, "", "chart: linear or logarithmic").at(&[View::Live]),
    bind(&[(KeyCode::Char('O'), NONE)], "O", Command::ToggleOverlay, "", "chart: earlier trials over it").at(&[View::Live]),
    bind(&[(KeyCode::Char('j'), NONE), (KeyCode::Down, NONE)], "j, Down", Command::Down, "", "select the next row"),
    bind(&[(KeyCode::Char('k'), NONE), (KeyCode::Up, NONE)], "k, Up", Command::Up, "", "select the row before"),
    bind(&[(KeyCode::Char('h'), NONE), (KeyCode::Left, NONE)], "h, Left", Command::Left, "", "trials: the load before").at(&[View::Trials]),
    bind(&[(KeyCode::Char('l'), NONE), (KeyCode::Right, NONE)], "l, Right", Command::Right, "", "trials: the next load").at(&[View::Trials]),
    bind(&[(KeyCode::PageDown, NONE)], "PgDn", Command::PageDown, "", "ten rows down; next finding"),
    bind(&[(KeyCode::PageUp, NONE)], "PgUp", Command::PageUp, "", "ten rows up; finding before"),
    bind(&[(KeyCode::Home, NONE), (KeyCode::Char('g'), NONE)], "Home, g", Command::First, "", "select the first row"),
    bind(&[(KeyCode::End, NONE), (KeyCode::Char('G'), NONE)], "End, G", Command::Last, "", "select the last row"),
    bind(&[(KeyCode::Char('c'), NONE)], "c", Command::CancelTrial, "", "give the running trial up").live(),
    bind(&[(KeyCode::Char('m'), NONE)], "m", Command::ToggleMouse, "", "mouse off: select text"),
    bind(&[(KeyCode::Esc, NONE)], "Esc", Command::Escape, "", "close what is open"),
    bind(&[(KeyCode::Char('c'), CTRL)], "Ctrl-C", Command::Interrupt, "", "leave; twice: in a trial too"),
    bind(&[(KeyCode::Char('z'), CTRL)], "Ctrl-Z", Command::Suspend, "", "to the shell; fg comes back"),
];

/// What `key` asks for. Shift is in a character already, and elsewhere holds where it is asked for.
pub fn command(key: KeyEvent, mode: Mode, view: View) -> Option<Command> {
    let held = || KEYMAP.iter().filter(|binding| binding.holds(mode, view));
    let bound = |pressed| held().find(|binding| binding.keys.contains(&pressed));
    let plain = (key.code, key.modifiers - SHIFT);
    bound((key.code, key.modifiers)).or_else(|| bound(plain)).map(|binding| binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(command(key, Mode::Live, View::Live), Some(Command::Last));
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(command(key, Mode::Live, View::Live), Some(Command::Interrupt));
    }

    #[test]
    fn arrows_move_in_a_recording_in_the_matrix_or_in_the_chart() {
        let key = KeyEvent::new(KeyCode::Left, NONE);
        let asked = |mode, view| command(key, mode, view);
        assert_eq!(asked(Mode::Replay, View::Live), Some(Command::Play(Play::Back)));
        assert_eq!(asked(Mode::Replay, View::Trials), Some(Command::Left));
        assert_eq!(asked(Mode::Live, View::Live), Some(Command::Left));
        assert_eq!(asked(Mode::Live, View::Host), None);
        let key = KeyEvent::new(KeyCode::Left, SHIFT);
        assert_eq!(command(key, Mode::Replay, View::Live), Some(Command::PanEarlier));
        assert_eq!(command(key, Mode::Replay, View::Host), Some(Command::Play(Play::Back)));
    }
}
