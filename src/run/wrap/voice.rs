//! Where the lines about the runs are said: on standard error at once, or on the screen.

use std::collections::VecDeque;
use std::io::Write;

use indicatif::ProgressBar;

/// Who says them.
pub enum Voice {
    /// Standard error, around the line of progress that may stand there.
    Aloud(ProgressBar),
    /// Kept for the screen to show.
    Kept(VecDeque<String>),
    /// Nobody: the terminal has gone, or stands still and takes nothing.
    Unheard,
}

impl Voice {
    /// Says a line; where nobody listens there is nobody to tell.
    pub fn say(&mut self, line: String) {
        match self {
            Self::Aloud(bar) => bar.suspend(|| {
                let _ = writeln!(std::io::stderr(), "migtop: {line}");
            }),
            Self::Kept(lines) => lines.push_back(line),
            Self::Unheard => {}
        }
    }

    /// What the screen has to show.
    pub fn kept(&mut self) -> Option<String> {
        match self {
            Self::Kept(lines) => lines.pop_front(),
            Self::Aloud(_) | Self::Unheard => None,
        }
    }

    /// Whether nobody is there to be told anything.
    pub fn is_unheard(&self) -> bool {
        matches!(self, Self::Unheard)
    }
}
