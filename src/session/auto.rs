//! Trials that the traffic itself starts and stops: looks at the session after every batch and says
//! where a mark belongs. It sets none: the live loop does, and the mark is in the stream.

use std::time::Duration;

use super::marks::{ABOVE_ATTAINABLE, ABOVE_BACKGROUND, PAUSE};
use super::{Session, Subject};
use crate::model::{MarkBy, Pair};

/// Without a known link speed, a rate below this (bit/s) starts nothing.
const LEAST: f64 = 1e6;
/// The background is the mean over about this much quiet time.
const REMEMBERED: f64 = 10.0;
/// Nothing is known of the background before this much of it was seen.
const FIRST_LOOK: f64 = 1.0;
/// A rise is not broken by one that is shorter: a sample can come between two bursts.
const DIP: Duration = Duration::from_millis(200);
/// A mark that was asked for and is not there after this was not set.
const ANSWERED: Duration = Duration::from_secs(5);

/// When traffic makes a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AutoSettings {
    /// The rate that traffic has to exceed, bit/s; found if not given.
    pub threshold: Option<f64>,
    /// How long it has to stay above.
    pub hold: Duration,
    /// How long it has to stay below for the trial to end; a shorter pause belongs to it.
    pub quiet: Duration,
}

impl Default for AutoSettings {
    fn default() -> Self {
        Self { threshold: None, hold: Duration::from_secs(1), quiet: PAUSE }
    }
}

/// A mark that the traffic asks for: to be set now, and its edge to be moved to the traffic's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoMark {
    /// A trial has begun.
    Start {
        /// The end of the last sample without its traffic.
        began: Duration,
    },
    /// The trial has ended.
    Stop {
        /// The end of the last sample with its traffic.
        ended: Duration,
    },
}

/// Watches the subject's rate in its busier direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Auto {
    settings: AutoSettings,
    background: Background,
    state: State,
    /// The sample looked at last, and what the subject had carried by then.
    last: Option<(Duration, Pair<u64>)>,
    /// Since when the rate has been below.
    below: Option<Duration>,
    /// Since when it is known: a gap is no quiet time.
    known: Duration,
}

/// Where the watch is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Nothing is above.
    Quiet,
    /// Something is: since when, dips left out, and since when without one.
    Rising { began: Duration, since: Duration },
    /// A start was asked for.
    Asked { at: Duration },
    /// A trial that the traffic started runs; where it was last above.
    Own { last: Duration },
    /// A stop was asked for.
    Ending { at: Duration, last: Duration },
    /// A trial that someone else started runs.
    Foreign,
    /// Someone ended the trial: what still runs is not taken for another.
    Spent,
}

/// The mean rate of the quiet time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Background {
    bits: f64,
    seconds: f64,
    /// What the rate has been since it fell to less than a third.
    lower: (f64, f64),
}

/// One look at the subject.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Duration,
    /// Since the look before.
    length: Duration,
    /// Where the time that its rate is about begins.
    from: Duration,
    rate: f64,
    above: bool,
    /// Its counters moved.
    moved: bool,
}

impl Auto {
    /// A watch that has seen nothing yet.
    pub fn new(settings: AutoSettings) -> Self {
        Self {
            settings,
            background: Background::default(),
            state: State::Quiet,
            last: None,
            below: None,
            known: Duration::ZERO,
        }
    }

    /// Looks at the session after a batch; says what mark the traffic asks for.
    pub fn observe(&mut self, session: &Session) -> Option<AutoMark> {
        let at = session.at();
        let subject = session.subject()?;
        self.follow_trials(session);
        let total = session.total(&subject);
        let (then, before) = self.last.replace((at, total))?;
        if at <= then {
            return None;
        }
        let Some((rate, cadence)) = rate(session, &subject) else {
            (self.below, self.known) = (None, at);
            return None;
        };
        // A late counter's change is about the time since the change before it.
        let from = then.min(at.saturating_sub(cadence));
        let above = rate > self.threshold(session, &subject);
        let look =
            Look { at, length: at.saturating_sub(then), from, rate, above, moved: total != before };
        self.below = if above { None } else { self.below.or(Some(from)) };
        self.learn(look);
        self.step(look)
    }

    /// The rate above which traffic makes a trial, bit/s.
    fn threshold(&self, session: &Session, subject: &Subject) -> f64 {
        let attainable = session.figures(subject).and_then(|figures| figures.attainable);
        let least = attainable.map_or(LEAST, |attainable| attainable * ABOVE_ATTAINABLE);
        self.settings
            .threshold
            .unwrap_or_else(|| least.max(self.background.mean() * ABOVE_BACKGROUND))
    }

    /// Takes note of trials that began and ended since the look before.
    fn follow_trials(&mut self, session: &Session) {
        let by = session.open_trial().map(|trial| trial.by);
        let late = |asked: Duration| session.at().saturating_sub(asked) > ANSWERED;
        self.state = match (by, self.state) {
            (Some(MarkBy::Auto), State::Ending { at, last }) if late(at) => State::Own { last },
            (Some(MarkBy::Auto), state @ (State::Own { .. } | State::Ending { .. })) => state,
            (Some(MarkBy::Auto), State::Asked { at }) => State::Own { last: at },
            // One whose stop was undone is in other hands, too.
            (Some(_), _) => State::Foreign,
            (None, State::Asked { at }) if late(at) => State::Spent,
            (None, State::Ending { .. }) => State::Quiet,
            (None, State::Own { .. } | State::Foreign) => {
                let over = self.is_quiet(session.at(), self.settings.quiet);
                if over { State::Quiet } else { State::Spent }
            }
            (None, state) => state,
        };
    }

    fn is_quiet(&self, at: Duration, length: Duration) -> bool {
        self.below.is_some_and(|since| at.saturating_sub(since) >= length)
    }

    /// Only the time without a trial, and without what may become one, is background.
    fn learn(&mut self, look: Look) {
        let first_look = self.settings.threshold.is_none() && !self.background.is_known();
        if matches!(self.state, State::Quiet) && (first_look || !look.above) {
            let quiet = self.settings.quiet.as_secs_f64();
            self.background.add(look.rate, look.length.as_secs_f64(), quiet);
        }
    }

    fn step(&mut self, look: Look) -> Option<AutoMark> {
        let Look { at, from, above, moved, .. } = look;
        let ready = self.settings.threshold.is_some() || self.background.is_known();
        match self.state {
            State::Quiet if above && ready => {
                self.state = State::Rising { began: from, since: from };
                self.rise(at)
            }
            State::Rising { began, .. } if !above => {
                if self.is_quiet(at, self.settings.hold) {
                    self.state = State::Quiet;
                } else if self.is_quiet(at, DIP) {
                    self.state = State::Rising { began, since: at };
                }
                None
            }
            State::Rising { .. } => self.rise(at),
            State::Own { .. } if above => {
                if moved {
                    self.state = State::Own { last: at };
                }
                None
            }
            State::Own { last }
                if at.saturating_sub(last.max(self.known)) >= self.settings.quiet =>
            {
                self.state = State::Ending { at, last };
                Some(AutoMark::Stop { ended: last })
            }
            State::Spent if self.is_quiet(at, self.settings.quiet) => {
                self.state = State::Quiet;
                None
            }
            _ => None,
        }
    }

    fn rise(&mut self, at: Duration) -> Option<AutoMark> {
        match self.state {
            State::Rising { began, since } if at.saturating_sub(since) >= self.settings.hold => {
                self.state = State::Asked { at };
                Some(AutoMark::Start { began })
            }
            _ => None,
        }
    }
}

/// The subject's rate of the moment in its busier direction, bit/s, and how late its counters are;
/// `None` is not known. What has gone carries nothing.
fn rate(session: &Session, subject: &Subject) -> Option<(f64, Duration)> {
    let figures = session.figures(subject)?;
    let is_there = match subject {
        Subject::Interface(id) => session.interface(*id).is_some_and(|i| i.present),
        Subject::Team(name) => {
            session.team(name).is_some_and(|t| session.members(t).any(|m| m.interface.present))
        }
    };
    if !is_there {
        return Some((0.0, Duration::ZERO));
    }
    let now = figures.now?;
    Some((now[now.busier()], figures.cadence.unwrap_or_default()))
}

impl Background {
    fn is_known(&self) -> bool {
        self.seconds >= FIRST_LOOK
    }

    fn mean(&self) -> f64 {
        if self.seconds > 0.0 { self.bits / self.seconds } else { 0.0 }
    }

    /// Takes a stretch of quiet time. Traffic that was there first and has been away for `quiet`
    /// seconds is no background any more.
    fn add(&mut self, rate: f64, seconds: f64, quiet: f64) {
        if rate * ABOVE_BACKGROUND < self.mean() {
            self.lower = (self.lower.0 + rate * seconds, self.lower.1 + seconds);
        } else {
            self.lower = (0.0, 0.0);
        }
        self.bits += rate * seconds;
        self.seconds += seconds;
        if self.lower.1 >= quiet {
            (self.bits, self.seconds) = std::mem::take(&mut self.lower);
        }
        if self.seconds > REMEMBERED {
            self.bits *= REMEMBERED / self.seconds;
            self.seconds = REMEMBERED;
        }
    }
}
