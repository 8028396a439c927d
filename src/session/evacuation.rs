//! An evacuation: how many guests there were, how many have left, what is still to be carried and
//! when it will be over.
//!
//! It begins with the running trial. Without one it begins with the first departure: guests that leave
//! within a minute of each other leave together, and those of a trial that has ended belong to it.

use std::time::Duration;

use super::guests::GuestState;
use super::{Session, Subject, TrialState};
use crate::model::{Direction, Pair};
use crate::stats::quantile;

/// A departure this long after the one before begins another evacuation, where no trial says.
const PAUSE: Duration = Duration::from_secs(60);
/// A line through fewer departures says nothing.
const LEAST: usize = 3;
/// The line goes through so many of the last.
const LAST: usize = 48;
/// A rate below this (bit/s) carries no guest away.
const LEAST_RATE: f64 = 1e6;

/// How far the guests are on their way.
#[derive(Debug, Clone, PartialEq)]
pub struct Evacuation {
    /// When it began: the trial's start, or the first departure.
    pub since: Duration,
    /// Guests that were there at its begin, or have come during it; one that left and is back counts
    /// once.
    pub guests: usize,
    /// How many of them have left, and are not back.
    pub left: usize,
    /// How many have come during it, those that are back left out.
    pub came: usize,
    /// How many left and are back.
    pub back: usize,
    /// When the last one left; none of those that are back.
    pub last_left: Option<Duration>,
    /// Their memory.
    pub memory: MemoryToGo,
    /// When it will be over, if anything tells; `None` when it is.
    pub eta: Option<Eta>,
}

/// The guests' memory: what each was given, else what its process held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryToGo {
    /// Of all guests of which it is known, in bytes.
    pub all: u64,
    /// Of those of them that are still here.
    pub to_go: u64,
    /// Guests of which it is not known, in `all`.
    pub unknown: usize,
    /// Those of them that are still here.
    pub unknown_to_go: usize,
}

/// How long it will still take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eta {
    /// The figure to show: the two below, the departures' weighing as much as the share of the guests
    /// that has left.
    pub left: Duration,
    /// By the times at which guests have left; from three of them on.
    pub by_departures: Option<Duration>,
    /// By the bytes that are still to be carried, at the rate of the last seconds.
    pub by_bytes: Option<Duration>,
}

impl Evacuation {
    /// Guests still here.
    pub fn here(&self) -> usize {
        self.guests - self.left
    }
}

impl Session {
    /// The running evacuation, or the last one; `None` when nobody has left and no trial runs, and
    /// where there are no guests.
    pub fn evacuation(&self) -> Option<Evacuation> {
        let since = self.evacuation_start()?;
        let crew = Crew::of(self, since);
        let mut memory = MemoryToGo::default();
        for guest in crew.guests() {
            let here = guest.left.is_none();
            match guest.memory() {
                Some(bytes) => {
                    memory.all += bytes;
                    memory.to_go += if here { bytes } else { 0 };
                }
                None => {
                    memory.unknown += 1;
                    memory.unknown_to_go += usize::from(here);
                }
            }
        }
        let guests = crew.guests().count();
        (guests > 0).then(|| Evacuation {
            since,
            guests,
            left: crew.left.len(),
            came: crew.came,
            back: crew.back,
            last_left: crew.left.iter().filter_map(|guest| guest.left).max(),
            memory,
            eta: self.eta(since, &crew, &memory),
        })
    }

    /// When the evacuation began that is told now.
    fn evacuation_start(&self) -> Option<Duration> {
        if let Some(open) = self.open_trial() {
            return Some(open.start);
        }
        let mut times: Vec<Duration> = self.departures().map(|(at, _)| at).collect();
        times.sort_unstable();
        let last = *times.last()?;
        let together = |pair: &&[Duration]| pair[1].saturating_sub(pair[0]) <= PAUSE;
        let first = times.len() - 1 - times.windows(2).rev().take_while(together).count();
        let first = times[first];
        let of_trial = self.trials().iter().rev().find(|trial| {
            trial.state != TrialState::Cancelled
                && trial.start <= last
                && trial.end.is_none_or(|end| end >= first)
        });
        Some(of_trial.map_or(first, |trial| trial.start))
    }

    fn eta(&self, since: Duration, crew: &Crew<'_>, memory: &MemoryToGo) -> Option<Eta> {
        if crew.here.is_empty() {
            return None;
        }
        let by_departures = self.eta_by_departures(crew, memory);
        let by_bytes = self.eta_by_bytes(since, crew, memory);
        let share = crew.left.len() as f64 / (crew.left.len() + crew.here.len()) as f64;
        let left = match (by_departures, by_bytes) {
            (Some(departures), Some(bytes)) => departures * share + bytes * (1.0 - share),
            (one, other) => one.or(other)?,
        };
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        Some(Eta {
            left: time(left)?,
            by_departures: by_departures.and_then(time),
            by_bytes: by_bytes.and_then(time),
        })
    }

    /// Seconds until a line through the departures reaches the last guest. It runs over the memory
    /// that has left, for a large guest takes longer, or over the number of guests where any memory is
    /// not known. Its slope is the median of those between any two departures, its height the median
    /// of what they leave (H. Theil 1950; P. K. Sen, JASA 63 (1968) 1379): a guest that was held up
    /// does not bend it.
    fn eta_by_departures(&self, crew: &Crew<'_>, memory: &MemoryToGo) -> Option<f64> {
        let counted = memory.unknown > 0;
        let weight = |guest: &GuestState| {
            if counted { 1.0 } else { guest.memory().unwrap_or(0) as f64 }
        };
        let mut sum = 0.0;
        let mut points = Vec::with_capacity(crew.left.len());
        for guest in &crew.left {
            sum += weight(guest);
            points.push((sum, guest.left?.as_secs_f64()));
        }
        let end = sum + crew.here.iter().map(|guest| weight(guest)).sum::<f64>();
        let line = robust_line(&points[points.len().saturating_sub(LAST)..])?;
        Some((line.0 + line.1 * end - self.at().as_secs_f64()).max(0.0))
    }

    /// Seconds until the subject has carried what is to be carried, at the rate of the last seconds.
    ///
    /// A guest's memory is taken to be carried once, until three have left. From then on each byte of
    /// memory takes as many as between those departures. Where that makes less in all than was already
    /// carried, the guests leave side by side, and what is left of them is that much more.
    fn eta_by_bytes(&self, since: Duration, crew: &Crew<'_>, memory: &MemoryToGo) -> Option<f64> {
        if memory.unknown > 0 || memory.all == 0 {
            return None;
        }
        let subject = self.subject()?;
        let now = self.total(&subject);
        let (then, total) = self.guests.rate_since(&subject, since)?;
        let added = Pair { rx: now.rx.checked_sub(total.rx)?, tx: now.tx.checked_sub(total.tx)? };
        let direction = added.busier();
        let seconds = self.at().checked_sub(then).filter(|time| !time.is_zero())?.as_secs_f64();
        let rate = added[direction] as f64 / seconds;
        if rate * 8.0 < LEAST_RATE {
            return None;
        }
        let carried = self.carried_by_crew(&subject, direction, crew)?;
        let all = memory.all as f64;
        let to_go = match bytes_per_memory(crew, &subject, direction) {
            Some(per_memory) if per_memory * all >= carried => per_memory * all - carried,
            Some(per_memory) => per_memory * memory.to_go as f64,
            None => (all - carried).max(0.0),
        };
        Some(to_go / rate)
    }

    /// What the subject has carried since the evacuation began.
    fn carried_by_crew(
        &self,
        subject: &Subject,
        direction: Direction,
        crew: &Crew<'_>,
    ) -> Option<f64> {
        if let (Some(_), Some(figures)) = (self.open_trial(), self.running_figures()) {
            return Some(figures.bytes[direction] as f64);
        }
        // Without a trial it began with a departure: that guest's part has been carried before.
        let first = crew.left.first()?;
        let carried = first.carried.as_ref().filter(|carried| &carried.subject == subject)?;
        let since = self.total(subject)[direction].checked_sub(carried.total[direction])?;
        Some(since as f64 + first.memory().unwrap_or(0) as f64)
    }
}

/// The guests of one evacuation.
struct Crew<'a> {
    /// Those that have left, in order of their departures.
    left: Vec<&'a GuestState>,
    here: Vec<&'a GuestState>,
    came: usize,
    back: usize,
}

impl<'a> Crew<'a> {
    fn of(session: &'a Session, since: Duration) -> Self {
        let members = session.guests().filter(|guest| guest.left.is_none_or(|left| left >= since));
        let (mut left, mut here): (Vec<_>, Vec<_>) =
            members.partition(|guest| guest.left.is_some());
        left.sort_by_key(|guest| guest.left);
        let (mut came, mut back) = (0, 0);
        for guest in here.iter().filter(|guest| guest.since > since && !guest.from_start) {
            // It is back: its departure was none. Of several of its name the latest has come back.
            match left.iter().rposition(|gone| is_earlier(gone, guest)) {
                Some(gone) => {
                    left.remove(gone);
                    back += 1;
                }
                None => came += 1,
            }
        }
        // The same of those that have left again.
        let mut n = 0;
        while n < left.len() {
            let guest = left[n];
            let again = guest.since > since && !guest.from_start;
            match left[..n].iter().rposition(|gone| is_earlier(gone, guest)) {
                Some(gone) if again => {
                    left.remove(gone);
                }
                _ => {
                    came += usize::from(again);
                    n += 1;
                }
            }
        }
        here.sort_by_key(|guest| guest.facts.id);
        Self { left, here, came, back }
    }

    fn guests(&self) -> impl Iterator<Item = &'a GuestState> {
        self.left.iter().chain(&self.here).copied()
    }
}

/// `gone` left before `guest` came, and has its name.
fn is_earlier(gone: &GuestState, guest: &GuestState) -> bool {
    gone.facts.name == guest.facts.name && gone.left.is_some_and(|left| left <= guest.since)
}

/// Bytes carried for each byte of memory between the first and the last departure.
fn bytes_per_memory(crew: &Crew<'_>, subject: &Subject, direction: Direction) -> Option<f64> {
    let of_subject = crew.left.iter().filter_map(|guest| {
        let carried = guest.carried.as_ref().filter(|carried| &carried.subject == subject)?;
        Some((guest.memory()?, carried.total[direction]))
    });
    let points: Vec<(u64, u64)> = of_subject.collect();
    let ([(_, first), rest @ ..], true) = (&points[..], points.len() >= LEAST) else { return None };
    let memory: u64 = rest.iter().map(|(memory, _)| memory).sum();
    let carried = rest.last()?.1.checked_sub(*first)?;
    (memory > 0).then(|| carried as f64 / memory as f64)
}

/// Height at 0 and slope of a line that outliers do not bend; `None` for fewer than three points.
fn robust_line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < LEAST {
        return None;
    }
    let pairs =
        points.iter().enumerate().flat_map(|(n, a)| points[n + 1..].iter().map(move |b| (a, b)));
    let slopes = pairs.filter(|(a, b)| b.0 > a.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0));
    let slope = median(slopes.collect())?;
    let heights = points.iter().map(|(x, y)| y - slope * x);
    Some((median(heights.collect())?, slope))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}
