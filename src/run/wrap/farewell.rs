//! How a command is brought to its end: it is asked, and killed if it does not listen. Reads no
//! clock and sends nothing.

use std::time::{Duration, Instant};

/// A terminal's Ctrl-C has reached the command as well: it is given this long before it is asked
/// again.
const HEARD: Duration = Duration::from_millis(500);
/// A command that was asked is killed after this.
const PATIENCE: Duration = Duration::from_secs(5);

/// A command on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Farewell {
    /// The signal that we were given first.
    pub signal: u8,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// To be forwarded at this time.
    Heard(Instant),
    /// To be killed at this time.
    Asked(Instant),
    Killed,
}

/// What is to be done to the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It is sent this signal.
    Forward(u8),
    /// It is killed.
    Kill,
}

impl Farewell {
    /// Begins with a signal, which the command may have got as well.
    pub fn heard(signal: u8, now: Instant) -> Self {
        Self { signal, stage: Stage::Heard(now + HEARD) }
    }

    /// Begins with a key or the like, of which the command knows nothing.
    pub fn asked(signal: u8, now: Instant) -> Self {
        Self { signal, stage: Stage::Heard(now) }
    }

    /// When there is something to do next.
    pub fn due(&self) -> Option<Instant> {
        match self.stage {
            Stage::Heard(due) | Stage::Asked(due) => Some(due),
            Stage::Killed => None,
        }
    }

    /// What is to be done now, if it is time.
    pub fn act(&mut self, now: Instant) -> Option<Act> {
        match self.stage {
            Stage::Heard(due) if now >= due => {
                self.stage = Stage::Asked(now + PATIENCE);
                Some(Act::Forward(self.signal))
            }
            Stage::Asked(due) if now >= due => Some(self.insist()),
            _ => None,
        }
    }

    /// A second signal kills at once.
    pub fn insist(&mut self) -> Act {
        self.stage = Stage::Killed;
        Act::Kill
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_forwarded_after_a_moment_and_the_command_killed_after_a_while() {
        let start = Instant::now();
        let mut farewell = Farewell::heard(2, start);
        assert_eq!(farewell.act(start + Duration::from_millis(499)), None);
        let asked = farewell.due().expect("to be forwarded");
        assert_eq!(asked, start + HEARD);
        assert_eq!(farewell.act(asked), Some(Act::Forward(2)));
        assert_eq!(farewell.act(asked), None);
        let killed = farewell.due().expect("to be killed");
        assert_eq!(killed, asked + PATIENCE);
        assert_eq!(farewell.act(killed), Some(Act::Kill));
        assert_eq!((farewell.due(), farewell.act(killed + PATIENCE)), (None, None));
    }

    #[test]
    fn what_the_command_cannot_have_heard_is_forwarded_at_once() {
        let now = Instant::now();
        assert_eq!(Farewell::asked(15, now).act(now), Some(Act::Forward(15)));
    }

    #[test]
    fn a_second_signal_kills_at_once() {
        let now = Instant::now();
        let mut farewell = Farewell::heard(2, now);
        assert_eq!((farewell.insist(), farewell.due()), (Act::Kill, None));
        assert_eq!(farewell.signal, 2);
    }
}
