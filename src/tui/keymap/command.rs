//! What can be asked for, by a key, the mouse or a name.

use crate::tui::arrangement::Panel;
use crate::tui::view_state::View;

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
    /// Keep the rows in the order that they have.
    Hold,
    /// Show the folded interfaces, too.
    ToggleFolded,
    /// Capture the packets of the selected interface, or end that.
    Capture,
    /// Leave a panel of the Live view out, or show it again.
    TogglePanel(Panel),
    /// Keep what the screen looks like for the next session.
    Keep,
    /// The next theme.
    NextTheme,
    /// The next set of symbols.
    NextSymbols,
    /// Give the mouse back to the terminal, or take it.
    ToggleMouse,
    /// Show the keys, or what was there before.
    ToggleHelp,
    /// Show what was said and what happened, or what was there before.
    ToggleMessages,
    /// Type a command's name.
    Palette,
    /// Close what is open, or end.
    Quit,
    /// Leave what is open.
    Escape,
    /// End as a signal would.
    Interrupt,
    /// Stop the process, to be continued by the shell.
    Suspend,
}
