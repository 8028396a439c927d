//! What a key comes to beyond the view.

use super::keymap::Play;
use crate::model::{InterfaceId, Mark};

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
    /// Write what the screen looks like into the configuration.
    Keep,
    /// Hold the screen as it is now.
    Freeze,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Go to the shell.
    Suspend,
    /// End; by Ctrl-C when true.
    Quit(bool),
}
