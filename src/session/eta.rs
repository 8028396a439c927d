//! How long an evacuation will still take: by the departures so far, and by the bytes that are still to
//! be carried.
//!
//! Neither tells it alone. Guests that migrate one after the other, or a few at a time, leave in a
//! steady row; guests that all migrate side by side leave together at the very end, and until then only
//! the bytes say how far they are. But how many bytes a guest takes is known only from those that have
//! left: memory that is empty is not sent, memory that is written to is sent again.
//!
//! Guests that set out together arrive together, and the next batch after them. So departures are
//! compared only with those a whole number of batches before: what the others on their way have already
//! had carried is the same at both.

use std::time::Duration;

use super::crew::Crew;
use super::guests::GuestState;
use super::{MemoryToGo, Session, Subject};
use crate::model::{Direction, Pair};
use crate::stats::quantile;

/// A line goes through so many of the last departures.
const LAST: usize = 32;
/// Before so many have left, their times say nothing.
const LEAST: usize = 3;
/// Guests that leave within this part of the time that the first one took set out with it.
const TOGETHER: f64 = 0.25;
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
    /// guest's memory is known, and no more was carried than that is: memory that is written to is
    /// sent again, nobody knows how often.
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
        let flow = self.outflow(since, crew);
        let at_once = match self.open_trial() {
            Some(_) => None,
            None => Some(self.sending(crew)),
        };
        let row = Row::of(since, crew, memory, flow.as_ref(), at_once);
        let by_departures = row.end().map(|end| (end - self.at().as_secs_f64()).max(0.0));
        let by_bytes = flow.filter(|_| memory.unknown == 0).and_then(|flow| {
            let to_go = row.bytes_per_memory(&flow) * memory.all as f64 - flow.carried;
            (flow.rate * 8.0 >= LEAST_RATE && to_go > 0.0).then(|| to_go / flow.rate)
        });
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

    /// Guests that are being carried now, as far as their connections tell.
    fn sending(&self, crew: &Crew<'_>) -> usize {
        let sends = |pid| {
            let mut its = self.flows().iter().filter(|flow| flow.facts.pid == Some(pid));
            its.any(|flow| flow.rate(Direction::Tx) >= LEAST_RATE)
        };
        crew.here.iter().filter(|guest| sends(guest.facts.pid)).count()
    }

    /// What the subject carries; `None` where nothing is known of that.
    fn outflow(&self, since: Duration, crew: &Crew<'_>) -> Option<Flow> {
        let subject = self.subject()?;
        let now = self.total(&subject);
        let (then, total) = self.guests.rate_since(&subject, since)?;
        let added = Pair { rx: now.rx.checked_sub(total.rx)?, tx: now.tx.checked_sub(total.tx)? };
        let direction = added.busier();
        let seconds = self.at().checked_sub(then).filter(|time| !time.is_zero())?.as_secs_f64();
        let carried = self.carried_by_crew(&subject, direction, crew)?;
        Some(Flow {
            rate: added[direction] as f64 / seconds,
            carried,
            before: now[direction] as f64 - carried,
            subject,
            direction,
        })
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

/// What a team or interface carries in its busier direction.
struct Flow {
    subject: Subject,
    direction: Direction,
    /// Bytes a second.
    rate: f64,
    /// Bytes since the evacuation began.
    carried: f64,
    /// Bytes before.
    before: f64,
}

/// The departures in their order.
struct Row {
    /// Memory of those that had left by then, this one included (or their number where any memory is
    /// not known), and when it was.
    times: Vec<Point>,
    /// The same memory, and the bytes carried by then; empty where they are not known of all.
    bytes: Vec<Point>,
    /// Of all guests.
    whole: f64,
    guests: usize,
    /// So many are on their way at a time.
    batch: usize,
    /// What had been carried is known from the begin on.
    from_begin: bool,
}

impl Row {
    /// `at_once`: the evacuation began, as far as is known, with a departure, when so many were on
    /// their way, and bytes of theirs had been carried before.
    fn of(
        since: Duration,
        crew: &Crew<'_>,
        memory: &MemoryToGo,
        flow: Option<&Flow>,
        at_once: Option<usize>,
    ) -> Self {
        let counted = memory.unknown > 0;
        let weight =
            |guest: &GuestState| if counted { 1.0 } else { guest.memory().unwrap_or(0) as f64 };
        let mut sum = 0.0;
        let mut row = Self {
            times: Vec::with_capacity(crew.left.len()),
            bytes: Vec::new(),
            whole: crew.guests().map(weight).sum(),
            guests: crew.guests().count(),
            batch: 1,
            from_begin: at_once.is_none(),
        };
        for guest in &crew.left {
            sum += weight(guest);
            row.times.push((sum, guest.left.unwrap_or_default().as_secs_f64()));
            let then = guest.carried.as_ref().zip(flow);
            let then = then.filter(|(then, flow)| then.subject == flow.subject);
            let carried = then.map(|(then, flow)| then.total[flow.direction] as f64 - flow.before);
            row.bytes.extend(carried.map(|carried| (sum, carried)));
        }
        if counted || row.bytes.len() < row.times.len() {
            row.bytes.clear();
        }
        row.batch = row.batch(since).max(at_once.unwrap_or(1)).min(row.guests.max(1));
        row
    }

    /// As many as left soon after the first, and as many as had been carried by then if memory is
    /// carried once.
    fn batch(&self, since: Duration) -> usize {
        let Some((_, first)) = self.times.first() else { return 1 };
        let soon = first + (first - since.as_secs_f64()) * TOGETHER;
        let by_time = self.times.iter().filter(|(_, at)| *at <= soon).count();
        let by_bytes =
            self.bytes.first().map_or(0.0, |(memory, carried)| (carried / memory).round());
        by_time.max(by_bytes as usize).clamp(1, self.guests)
    }

    /// When a line through the departures reaches the last guest, in seconds of the session. It runs
    /// over the memory that has left, for a large guest takes longer.
    fn end(&self) -> Option<f64> {
        let slope = slope(&self.times, self.batch).filter(|_| self.times.len() >= LEAST)?;
        // The last guest is the last of its batch.
        let place = |n: usize| (self.guests - 1 - n).is_multiple_of(self.batch);
        let recent = self.times.len().saturating_sub(LAST.max(self.batch));
        let points = self.times.iter().enumerate().skip(recent).filter(|(n, _)| place(*n));
        let height = median(points.map(|(_, (x, y))| y - slope * x).collect())?;
        Some(height + slope * self.whole)
    }

    /// How many bytes are carried for a byte of memory: one, until a batch has left; the more batches,
    /// the more what was carried from one to the next. Never less than if everything carried had been
    /// for all guests; never more than if it had been for those alone that had left, at any departure,
    /// where what had been carried is known.
    fn bytes_per_memory(&self, flow: &Flow) -> f64 {
        let ratios = self.bytes.iter().map(|(memory, carried)| carried / memory);
        let most = ratios.filter(|_| self.from_begin).fold(f64::INFINITY, f64::min);
        let least = flow.carried / self.whole;
        let batches = (self.bytes.len().saturating_sub(1) / self.batch) as f64;
        let slope = slope(&self.bytes, self.batch).unwrap_or(1.0);
        ((1.0 + slope * batches) / (1.0 + batches)).min(most).max(least)
    }
}

/// The slope of a line through the last points that outliers do not bend: the median of the slopes
/// between any two whose distance is a multiple of `apart` (H. Theil 1950; P. K. Sen, JASA 63 (1968)
/// 1379). `None` where there are no two.
fn slope(points: &[Point], apart: usize) -> Option<f64> {
    let points = &points[points.len().saturating_sub(LAST.max(2 * apart))..];
    let pairs = points
        .iter()
        .enumerate()
        .flat_map(|(n, a)| points[n..].iter().step_by(apart.max(1)).skip(1).map(move |b| (a, b)));
    median(pairs.filter(|(a, b)| b.0 > a.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect())
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
        points[6].1 += 1_000.0;
        assert!((slope(&points, 1).expect("of nine") - 2.0).abs() < 1e-9);
        assert_eq!(slope(&points[..1], 1), None);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)], 1), None);
    }

    #[test]
    fn batches_are_compared_with_batches() {
        // Four at a time, each batch in 3 s, its guests a moment apart.
        let points: Vec<Point> = (0..10)
            .map(|n| (f64::from(n + 1), f64::from(n / 4 * 3) + f64::from(n % 4) * 0.01))
            .collect();
        for known in 5..=10 {
            let slope = slope(&points[..known], 4).expect("a batch has left");
            assert!((slope - 0.75).abs() < 1e-9, "{known}: {slope}");
        }
        assert_eq!(slope(&points[..4], 4), None);
    }
}
