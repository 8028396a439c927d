//! The guests of a session: who runs here, who has left, and when.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Session, Subject};
use crate::model::{Guest, Pair, printable};

/// Of those that have left, so many are remembered.
const REMEMBERED: usize = 2_048;
/// A rate is the mean over about this long.
const RATE: Duration = Duration::from_secs(5);
/// The subject's total is noted this often.
const NOTED: Duration = Duration::from_millis(500);

/// A guest, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestState {
    /// What was last told of it.
    pub facts: Guest,
    /// When it was first seen here.
    pub since: Duration,
    /// It was there when the session first looked.
    pub from_start: bool,
    /// When it was seen to have left; `None` while it runs here.
    pub left: Option<Duration>,
    /// What its subject had carried by then.
    pub(super) carried: Option<Carried>,
}

/// What a team or interface had carried at some time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carried {
    pub subject: Subject,
    pub total: Pair<u64>,
}

impl GuestState {
    /// Whether it ran here at `at`; at the moment at which it leaves it still does.
    pub fn is_here_at(&self, at: Duration) -> bool {
        self.since <= at && self.left.is_none_or(|left| left >= at)
    }

    /// What there is of it to be carried away: the memory it was given, else what its process held.
    pub fn memory(&self) -> Option<u64> {
        self.facts.memory_bytes.or(self.facts.resident_bytes)
    }
}

/// All guests of the session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Guests {
    /// In order of id; the oldest of very many that have left are forgotten.
    pub all: Vec<GuestState>,
    /// How many of them have left.
    gone: usize,
    /// Somebody has looked.
    pub looked: bool,
    /// The subject's totals of the last seconds.
    noted: VecDeque<(Duration, Carried)>,
}

impl Guests {
    /// What `subject` had carried about five seconds ago, no earlier than `from`, and when that was.
    pub fn rate_since(&self, subject: &Subject, from: Duration) -> Option<(Duration, Pair<u64>)> {
        let mut of_subject =
            self.noted.iter().filter(|(at, c)| *at >= from && &c.subject == subject);
        of_subject.next().map(|(at, carried)| (*at, carried.total))
    }

    fn forget(&mut self) {
        if self.gone <= REMEMBERED {
            return;
        }
        let mut most = self.gone - REMEMBERED / 2;
        self.gone -= most;
        self.all.retain(|guest| {
            let forgotten = guest.left.is_some() && most > 0;
            most -= usize::from(forgotten);
            !forgotten
        });
    }
}

impl Session {
    pub(super) fn take_guests(&mut self, at: Duration, mut listed: Vec<Guest>) {
        let carried = self.carried();
        let first = !std::mem::replace(&mut self.guests.looked, true);
        listed.sort_by_key(|guest| guest.id);
        let mut left = Vec::new();
        for state in &mut self.guests.all {
            match listed.binary_search_by_key(&state.facts.id, |guest| guest.id) {
                // An id is never another guest's; one that was missing is told again.
                Ok(n) => (state.facts, state.left) = (listed[n].clone(), None),
                Err(_) if state.left.is_none() => {
                    (state.left, state.carried) = (Some(at), carried.clone());
                    left.push(state.facts.name.clone());
                }
                Err(_) => {}
            }
        }
        let known = self.guests.all.len();
        for facts in listed {
            let is_its = |state: &GuestState| state.facts.id.cmp(&facts.id);
            if self.guests.all[..known].binary_search_by(is_its).is_err() {
                let state =
                    GuestState { facts, since: at, from_start: first, left: None, carried: None };
                self.guests.all.push(state);
            }
        }
        self.guests.all.sort_by_key(|state| state.facts.id);
        self.guests.gone = self.guests.all.iter().filter(|state| state.left.is_some()).count();
        self.guests.forget();
        if let [first, more @ ..] = &left[..] {
            let more =
                if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            let stay = self.guests_here().count();
            let text = format!("{}{more} left; guests here: {stay}", printable(first));
            self.notices.push(at, super::Severity::Info, text);
        }
    }

    /// Notes what the subject has carried, while there are guests.
    pub(super) fn note_carried(&mut self, at: Duration) {
        let due =
            self.guests.noted.back().is_none_or(|(then, _)| at.saturating_sub(*then) >= NOTED);
        if self.guests.all.is_empty() || !due {
            return;
        }
        let Some(carried) = self.carried() else { return };
        // The one before the window stays: the rate is over the whole of it.
        while self.guests.noted.get(1).is_some_and(|(then, _)| at.saturating_sub(*then) >= RATE) {
            self.guests.noted.pop_front();
        }
        self.guests.noted.push_back((at, carried));
    }

    fn carried(&self) -> Option<Carried> {
        let subject = self.subject()?;
        let total = self.total(&subject);
        Some(Carried { subject, total })
    }

    /// Whether anybody looks for guests in this session, and has looked.
    pub fn knows_guests(&self) -> bool {
        self.guests.looked
    }

    /// Every guest of the session in order of id, those that have left included; of those at least
    /// the latest thousand.
    pub fn guests(
        &self,
    ) -> impl DoubleEndedIterator<Item = &GuestState> + ExactSizeIterator + Clone {
        self.guests.all.iter()
    }

    /// Those that run here now.
    pub fn guests_here(&self) -> impl Iterator<Item = &GuestState> + Clone {
        self.guests().filter(|guest| guest.left.is_none())
    }

    /// When guests were seen to leave, and which; in no order. For ticks on a chart.
    pub fn departures(&self) -> impl Iterator<Item = (Duration, &GuestState)> + Clone {
        self.guests().filter_map(|guest| Some((guest.left?, guest)))
    }

    /// How many guests left between two edges, and when the last of them did.
    pub(super) fn left_between(&self, from: Duration, to: Duration) -> (u32, Option<Duration>) {
        let inside = self.departures().map(|(at, _)| at).filter(|at| (from..=to).contains(at));
        inside.fold((0, None), |(count, last), at| (count + 1, last.max(Some(at))))
    }

    /// The same from `from` on.
    pub(super) fn left_since(&self, from: Duration) -> (u32, Option<Duration>) {
        self.left_between(from, Duration::MAX)
    }
}
