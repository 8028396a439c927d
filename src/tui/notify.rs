//! What is told beyond the screen, to somebody who looks elsewhere.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;

use crate::model::printable;
use crate::session::{Session, TrialState};

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// A trial ended, however.
    TrialEnd,
    /// What trials are about carried something and carries nothing any more.
    TrafficStop,
    /// A team has fewer members that are up.
    MemberLost,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// BEL: a sound, a flash, or a mark on the terminal's tab.
    Bell,
    /// A notification of the desktop, as iTerm2 introduced it (OSC 9).
    Osc9,
    /// The same with a title, as rxvt has it (OSC 777).
    Osc777,
}

/// What to tell, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What; nothing if not said.
    pub on: Vec<Occasion>,
    /// How.
    pub by: Vec<Way>,
    /// Traffic has stopped after so long without any.
    pub stopped_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on: Vec::new(), by: vec![Way::Bell], stopped_after: Duration::from_secs(5) }
    }
}

/// Traffic below this share of what the wire can carry is none.
const NOTHING: f64 = 0.01;
/// The same where that is not known, bit/s.
const NOTHING_RATE: f64 = 1e6;

/// Looks at the session after each batch and says what happened since.
#[derive(Debug)]
pub struct Watch {
    settings: Settings,
    ended: usize,
    up: Vec<(String, usize)>,
    /// The subject carried something.
    carried: bool,
    /// Since when it carries nothing.
    since: Option<Duration>,
    said: String,
}

impl Watch {
    /// Begins to look.
    pub fn new(settings: Settings) -> Self {
        let (up, said) = (Vec::new(), String::new());
        Self { settings, ended: 0, up, carried: false, since: None, said }
    }

    /// Appends to `out` what makes a terminal tell what has happened since the last look.
    pub fn look(&mut self, session: &Session, out: &mut Vec<u8>) {
        if self.settings.on.is_empty() {
            return;
        }
        self.said.clear();
        self.look_at_trials(session);
        self.look_at_traffic(session);
        self.look_at_members(session);
        if !self.said.is_empty() {
            write(&self.said, &self.settings.by, out);
        }
    }

    fn tell(&mut self, occasion: Occasion, text: std::fmt::Arguments<'_>) {
        if self.settings.on.contains(&occasion) {
            let between = if self.said.is_empty() { "" } else { "; " };
            // Into a string: this cannot fail.
            let _ = write!(self.said, "{between}{text}");
        }
    }

    fn look_at_trials(&mut self, session: &Session) {
        let over = |state| state != TrialState::Open;
        let ended = session.trials().iter().filter(|trial| over(trial.state)).count();
        if ended > self.ended
            && let Some(trial) = session.trials().iter().rfind(|trial| over(trial.state))
        {
            let took = crate::units::Stopwatch(trial.duration(session.at()));
            self.tell(Occasion::TrialEnd, format_args!("trial {} ended, {took}", trial.number));
        }
        self.ended = ended;
    }

    fn look_at_traffic(&mut self, session: &Session) {
        let Some(figures) = session.subject().and_then(|subject| session.figures(&subject)) else {
            return;
        };
        let Some(second) = figures.second else { return };
        let least = figures.attainable.map_or(NOTHING_RATE, |attainable| attainable * NOTHING);
        if second.rx.max(second.tx) >= least {
            (self.carried, self.since) = (true, None);
            return;
        }
        let since = *self.since.get_or_insert(session.at());
        let still = session.at().saturating_sub(since);
        if self.carried && still >= self.settings.stopped_after {
            self.carried = false;
            let subject = session.subject();
            let name = subject.as_ref().map_or("", |subject| session.name_of(subject));
            self.tell(Occasion::TrafficStop, format_args!("{name} carries nothing any more"));
        }
    }

    fn look_at_members(&mut self, session: &Session) {
        for team in session.teams() {
            let of_all = team.facts.members.len();
            let is_up = |id| session.interface(id).is_some_and(|i| i.present && i.facts.up);
            let up = team.facts.members.iter().filter(|id| is_up(**id)).count();
            let name = &team.facts.name;
            match self.up.iter().position(|(known, _)| known == name) {
                None => self.up.push((name.clone(), up)),
                Some(at) => {
                    let before = std::mem::replace(&mut self.up[at].1, up);
                    if up < before {
                        let text = format_args!("{name} lost a member: {up} of {of_all} are up");
                        self.tell(Occasion::MemberLost, text);
                    }
                }
            }
        }
    }
}

fn write(text: &str, by: &[Way], out: &mut Vec<u8>) {
    // A semicolon ends a part of OSC 777.
    let text = printable(text).replace(';', ",");
    for way in by {
        match way {
            Way::Bell => out.push(0x07),
            Way::Osc9 => out.extend_from_slice(format!("\x1b]9;{text}\x1b\\").as_bytes()),
            Way::Osc777 => {
                out.extend_from_slice(format!("\x1b]777;notify;migtop;{text}\x1b\\").as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_written_as_terminals_read_it() {
        let mut out = Vec::new();
        write("trial 1; a\x1b", &[Way::Bell, Way::Osc9, Way::Osc777], &mut out);
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            "\x07\x1b]9;trial 1, a\u{fffd}\x1b\\\x1b]777;notify;migtop;trial 1, a\u{fffd}\x1b\\"
        );
    }

    #[test]
    fn nothing_is_told_that_was_not_asked_for() {
        let mut out = Vec::new();
        Watch::new(Settings::default()).look(&Session::default(), &mut out);
        assert_eq!(out, b"");
    }
}
