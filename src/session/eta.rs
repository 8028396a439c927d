//! How long an evacuation will still take: by the departures so far, and by the bytes that are still to
//! be carried.
//!
//! Neither tells it alone. Guests that migrate one after the other, or a few at a time, leave in a
//! steady row; guests that all migrate side by side leave together at the very end, and until then only
//! the bytes say how far they are. But how many bytes a guest takes is known only from those that have
//! left: memory that is empty is not sent, memory that is written to is sent again.

use std::time::Duration;

use super::crew::Crew;
use super::guests::GuestState;
use super::{MemoryToGo, Session, Subject};
use crate::model::{Direction, Pair};
use crate::stats::quantile;

/// A line goes through so many of the last points.
const LAST: usize = 32;
/// Departures closer than this part of their mean distance leave together.
const TOGETHER: f64 = 0.25;
/// Before so many have left, their times say nothing.
const LEAST: usize = 3;
/// Guests between whose departures less than this part of one's memory was carried leave together.
const SIDE_BY_SIDE: f64 = 0.5;
/// A rate below this (bit/s) carries no guest away.
const LEAST_RATE: f64 = 1e6;

/// How long it will still take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eta {
    /// The figure to show: the two below, the departures' weighing as much as the share of the guests
    /// that has left; where only one is known, that one.
    pub left: Duration,
    /// By the times at which guests have left: from three of them on, and not where all have left
    /// together.
    pub by_departures: Option<Duration>,
    /// By the bytes that are still to be carried, at the rate of the last five seconds; where every
    /// guest's memory is known.
    pub by_bytes: Option<Duration>,
}

/// What of the guests, or of the bytes, had left by when.
type Point = (f64, f64);

impl Session {
    /// `None` when all have left, and when nothing tells.
    pub(super) fn eta(&self, since: Duration, crew: &Crew<'_>, memory: &MemoryToGo) -> Option<Eta> {
        if crew.here.is_empty() {
            return None;
        }
        let by_departures = self.eta_by_departures(since, crew, memory);
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
    /// not known.
    fn eta_by_departures(
        &self,
        since: Duration,
        crew: &Crew<'_>,
        memory: &MemoryToGo,
    ) -> Option<f64> {
        if crew.left.len() < LEAST {
            return None;
        }
        let counted = memory.unknown > 0;
        let weight =
            |guest: &GuestState| if counted { 1.0 } else { guest.memory().unwrap_or(0) as f64 };
        let last = crew.left.last()?.left?;
        let mean = last.saturating_sub(since).as_secs_f64() / crew.left.len() as f64;
        let mut sum = 0.0;
        let mut points: Vec<Point> = Vec::new();
        for guest in &crew.left {
            sum += weight(guest);
            let at = guest.left?.as_secs_f64();
            points.pop_if(|(_, before)| at - *before < mean * TOGETHER);
            points.push((sum, at));
        }
        let end = sum + crew.here.iter().map(|guest| weight(guest)).sum::<f64>();
        let (height, slope) = robust_line(&points)?;
        Some((height + slope * end - self.at().as_secs_f64()).max(0.0))
    }

    /// Seconds until the subject has carried what is to be carried, at the rate of the last seconds.
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
        let per_memory = bytes_per_memory(crew, &subject, direction, carried, memory);
        Some((per_memory * memory.all as f64 - carried).max(0.0) / rate)
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

/// How many bytes are carried for a byte of memory: one, until guests have left; then the mean of that
/// and of what was carried from each departure to the next, those together taken as one. It is never
/// less than if everything carried had been for all guests, and never more than if it had been for those
/// alone that have left.
fn bytes_per_memory(
    crew: &Crew<'_>,
    subject: &Subject,
    direction: Direction,
    carried: f64,
    memory: &MemoryToGo,
) -> f64 {
    let mut sum = 0.0;
    let mut points: Vec<Point> = Vec::new();
    for guest in &crew.left {
        let own = guest.memory().unwrap_or(0) as f64;
        sum += own;
        let Some(then) = guest.carried.as_ref().filter(|then| &then.subject == subject) else {
            continue;
        };
        let then = then.total[direction] as f64;
        points.pop_if(|(_, before)| then - *before < own * SIDE_BY_SIDE);
        points.push((sum, then));
    }
    let least = carried / memory.all as f64;
    let most = if sum > 0.0 { carried / sum } else { f64::INFINITY };
    let distances = points.len().saturating_sub(1) as f64;
    let slope = robust_line(&points).map_or(1.0, |(_, slope)| slope);
    ((1.0 + slope * distances) / (1.0 + distances)).clamp(least, most.max(least))
}

/// Height at 0 and slope of a line through the last points that outliers do not bend: the median of the
/// slopes between any two, and of what they leave (H. Theil 1950; P. K. Sen, JASA 63 (1968) 1379).
/// `None` for fewer than two points.
fn robust_line(points: &[Point]) -> Option<(f64, f64)> {
    let points = &points[points.len().saturating_sub(LAST)..];
    let pairs =
        points.iter().enumerate().flat_map(|(n, a)| points[n + 1..].iter().map(move |b| (a, b)));
    let slopes = pairs.filter(|(a, b)| b.0 > a.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0));
    let slope = median(slopes.collect())?;
    let heights = points.iter().map(|(x, y)| y - slope * x);
    Some((median(heights.collect())?, slope))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_far_off_does_not_bend_the_line() {
        let mut points: Vec<Point> =
            (0..9).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        assert_eq!(robust_line(&points), Some((3.0, 2.0)));
        points[6].1 += 1_000.0;
        let (height, slope) = robust_line(&points).expect("of nine");
        assert!((slope - 2.0).abs() < 1e-9 && (height - 3.0).abs() < 1e-9, "{height} {slope}");
        assert_eq!(robust_line(&points[..1]), None);
        assert_eq!(robust_line(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }
}
