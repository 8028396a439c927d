//! Where the running trial stands, looked at once a second.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::compare::{Earlier, SoFar, Standing, is_run_of};
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
    looked: Option<Duration>,
    /// When its traffic began, and what it had carried before.
    since: Option<(Duration, u64)>,
    /// What it had carried when, the latest last; nothing from before its traffic.
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
        let at = session.at();
        let last = self.looked.filter(|last| same && *last <= at);
        if last.is_some_and(|last| at.saturating_sub(last) < OFTEN) {
            return;
        }
        if last.is_none() {
            (self.since, self.standing) = (None, None);
            self.recent.clear();
            self.words.iter_mut().for_each(String::clear);
        }
        (self.trial, self.looked) = (Some((open.number, open.start)), Some(at));
        self.look(session, open);
    }

    fn look(&mut self, session: &Session, open: &Trial) {
        let print = print(session, open);
        if print != self.print {
            self.print = print;
            self.earlier = Earlier::of(session).unwrap_or_default();
        }
        if self.since.is_none() {
            self.since = session.running_since();
            self.recent.extend(self.since);
        }
        let Some((since, before)) = self.since else { return };
        let Some(figures) = session.running_figures() else { return };
        let now = (session.at(), figures.bytes[figures.direction]);
        let rate = |then: Option<&(Duration, u64)>| then.and_then(|then| rate(*then, now));
        let so_far = SoFar {
            elapsed: now.0.saturating_sub(since),
            bytes: now.1.saturating_sub(before),
            rate: rate(self.recent.front()),
            now: rate(self.recent.back()),
        };
        if self.recent.len() > LOOKS {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        let standing = self.earlier.standing(&so_far);
        self.words = [standing.to_string(), format!("{standing:#}")];
        self.standing = Some(standing);
    }
}

/// The mean rate from one look to another, bit/s.
fn rate((from, older): (Duration, u64), (to, newer): (Duration, u64)) -> Option<f64> {
    let bytes = Bytes(newer.saturating_sub(older));
    bytes.over(to.saturating_sub(from)).map(|rate| rate.0)
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
