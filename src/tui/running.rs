//! Where the running trial stands, looked at once a second.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::compare::{Earlier, Standing, is_run_of};
use crate::session::{Session, Trial};
use crate::units::Bytes;

const OFTEN: Duration = Duration::from_secs(1);
/// The rate that it goes on at is the mean over so many looks.
const LOOKS: usize = 10;

/// What is remembered of the running trial.
#[derive(Debug, Default)]
pub struct Running {
    trial: Option<(u32, Duration)>,
    /// Of what `earlier` was made.
    print: u64,
    earlier: Earlier,
    /// What it had carried when, the latest last.
    recent: VecDeque<(Duration, u64)>,
    standing: Option<Standing>,
    /// The same in words, the longer ones first.
    words: [String; 2],
}

impl Running {
    /// How long it still takes; `None` when none runs, or that cannot be told.
    pub fn left(&self) -> Option<Duration> {
        self.standing.as_ref()?.left
    }

    /// How it stands, in words of at most so many columns where there are such; empty when there is
    /// nothing to say.
    pub fn words(&self, columns: u16) -> &str {
        let [long, short] = &self.words;
        if long.len() <= usize::from(columns) { long } else { short }
    }

    /// Looks again, when a second has passed or another trial runs.
    pub fn follow(&mut self, session: &Session) {
        let Some(open) = session.open_trial() else {
            if self.trial.is_some() {
                *self = Self::default();
            }
            return;
        };
        let same = self.trial == Some((open.number, open.start));
        let last = self.recent.back().map(|(at, _)| *at);
        let at = session.at();
        if same && last.is_some_and(|last| last <= at && at.saturating_sub(last) < OFTEN) {
            return;
        }
        if !same || last > Some(at) {
            self.recent.clear();
        }
        self.trial = Some((open.number, open.start));
        self.look(session, open);
    }

    fn look(&mut self, session: &Session, open: &Trial) {
        let print = print(session, open);
        if print != self.print || self.standing.is_none() {
            self.print = print;
            self.earlier = Earlier::of(session).unwrap_or_default();
        }
        let Some(figures) = session.running_figures() else { return };
        let (at, bytes) = (session.at(), figures.bytes[figures.direction]);
        if self.recent.len() > LOOKS {
            self.recent.pop_front();
        }
        self.recent.push_back((at, bytes));
        let since = self.recent.front().copied().unwrap_or_default();
        let rate = Bytes(bytes.saturating_sub(since.1))
            .over(at.saturating_sub(since.0))
            .map(|rate| rate.0);
        let standing = self.earlier.standing(open.duration(at), bytes, rate);
        self.words = [standing.to_string(), format!("{standing:#}")];
        self.standing = Some(standing);
    }
}

/// What the earlier runs and the plan depend on.
fn print(session: &Session, open: &Trial) -> u64 {
    let mut hash = DefaultHasher::new();
    (open.number, &open.factors).hash(&mut hash);
    for trial in session.trials().iter().filter(|trial| is_run_of(trial, open)) {
        (trial.number, trial.start, trial.end).hash(&mut hash);
    }
    hash.finish()
}
