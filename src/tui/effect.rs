//! What a key comes to beyond the view.

use super::keymap::Play;
use crate::model::Mark;

/// What the loop has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Set a mark; in a live session at a reading taken now.
    Mark(Mark),
    /// Move in a recording.
    Play(Play),
    /// Write session and screen.
    Snapshot,
    /// Hold the screen as it is now.
    Freeze,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Go to the shell.
    Suspend,
    /// End; by Ctrl-C when true.
    Quit(bool),
}
