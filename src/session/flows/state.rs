//! One connection: what successive readings of it say.

use std::collections::VecDeque;
use std::time::Duration;

use super::columns::Columns;
use crate::known::ports::Label;
use crate::model::{Direction, Flow, Pair, TcpState};

/// What a pace is measured over, where readings allow it: a second, and readings come with jitter.
const WHOLE: Duration = Duration::from_millis(900);
/// Over less nothing is told: QEMU keeps to its rate limit in slices of 100 ms, and the kernel counts
/// busy time in jiffies of up to 10 ms.
const LEAST: Duration = Duration::from_millis(480);
/// Readings that are closer than this replace each other, so that a few cover the window.
const SPACING: Duration = Duration::from_millis(400);
/// A loss takes 30 % of cubic's congestion window (RFC 9438, section 4.6), half of Reno's.
const CUT: f64 = 0.9;
/// Readings kept.
const READINGS: usize = 4;

/// One connection of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowState {
    /// Its facts.
    pub facts: Flow,
    /// Which product's migration it is.
    pub label: Option<Label>,
    /// When it was first told of.
    pub since: Duration,
    /// When it was gone.
    pub closed: Option<Duration>,
    /// Octets since it was first read: acknowledged ones are `tx`, received ones `rx`; without
    /// headers and retransmissions.
    pub total: Pair<u64>,
    /// Segments sent again since it was first read.
    pub retransmitted: u64,
    readings: VecDeque<Reading>,
    pace: Option<Pace>,
    columns: Box<Columns>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    at: Duration,
    tcp: TcpState,
}

/// What a connection did over the last second, by two readings of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The second reading.
    pub at: Duration,
    /// How far the two are apart, 0.5 s at least.
    pub over: Duration,
    /// Octets acknowledged (`tx`) and received (`rx`), bit/s.
    pub rates: Pair<f64>,
    /// Segments sent again.
    pub retransmitted: u64,
    /// Share of the time in which there was something to send or to be acknowledged, 0..=1.
    pub busy: f64,
    /// Share of the time in which it waited for the receiver's window, 0..=1.
    pub window_limited: f64,
    /// Segments under way by the congestion window, mean of the readings.
    pub window_use: f64,
    /// The congestion window was cut by a tenth or more from one reading to the next.
    pub window_cut: bool,
    /// Octets written and not sent, mean of the readings.
    pub unsent: f64,
    /// Memory of received octets by what may be, mean of the readings: near 1 the process reads too
    /// slowly.
    pub receive_fill: f64,
}

impl Pace {
    /// It is about a whole second: one that was just found has less behind it.
    pub fn is_whole(&self) -> bool {
        self.over >= WHOLE
    }

    /// Segments sent again, a second.
    pub fn retransmissions(&self) -> f64 {
        self.retransmitted as f64 / self.over.as_secs_f64().max(1e-9)
    }
}

/// What a reading adds to the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub bytes: Pair<u64>,
    pub retransmitted: u64,
}

impl FlowState {
    pub(super) fn new(facts: Flow, label: Option<Label>, at: Duration) -> Self {
        Self {
            facts,
            label,
            since: at,
            closed: None,
            total: Pair::default(),
            retransmitted: 0,
            readings: VecDeque::with_capacity(READINGS),
            pace: None,
            columns: Box::default(),
        }
    }

    /// Its latest reading: queues, windows, round trip times.
    pub fn latest(&self) -> Option<&TcpState> {
        self.readings.back().map(|reading| &reading.tcp)
    }

    /// When that was.
    pub fn read_at(&self) -> Option<Duration> {
        self.readings.back().map(|reading| reading.at)
    }

    /// What it did over the last second before its latest reading; `None` until there are two
    /// readings half a second apart, and when its numbers have started over.
    pub fn pace(&self) -> Option<&Pace> {
        self.pace.as_ref()
    }

    /// Its rate in bit/s, one way; 0 when it is not known or over.
    pub fn rate(&self, direction: Direction) -> f64 {
        let pace = self.pace.as_ref().filter(|_| self.closed.is_none());
        pace.map_or(0.0, |pace| pace.rates[direction])
    }

    /// Its busier direction by the last second, else by all of it.
    pub fn direction(&self) -> Direction {
        let rates = self.pace.map(|pace| pace.rates).filter(|rates| rates.rx.max(rates.tx) > 0.0);
        rates.map_or_else(|| self.total.busier(), |rates| rates.busier())
    }

    /// Fills `out` with its rates in whole seconds, bit/s, the last one being that numbered
    /// `newest` (the session's second 0 is the first); `None` was not measured, or is too old.
    pub fn columns(&self, direction: Direction, newest: u64, out: &mut [Option<f64>]) {
        self.columns.fill(direction, newest, out);
    }

    /// Takes a reading; gives what it adds, nothing for the first one and where numbers started over.
    pub(super) fn take(&mut self, at: Duration, tcp: TcpState) -> Added {
        let Some(last) = self.readings.back().copied() else {
            self.readings.push_back(Reading { at, tcp });
            return Added::default();
        };
        if at <= last.at {
            return Added::default();
        }
        let Some(added) = added(&last.tcp, &tcp) else {
            self.readings.clear();
            self.readings.push_back(Reading { at, tcp });
            self.pace = None;
            return Added::default();
        };
        self.columns.add(last.at, at, added.bytes);
        self.total = self.total + added.bytes;
        self.retransmitted += added.retransmitted;
        self.push(Reading { at, tcp });
        self.pace = self.paced();
        added
    }

    fn push(&mut self, reading: Reading) {
        let close = self.readings.len() > 1 && {
            let before = self.readings[self.readings.len() - 2].at;
            let last = self.readings[self.readings.len() - 1].at;
            last.saturating_sub(before) < SPACING
        };
        if close {
            self.readings.pop_back();
        } else if self.readings.len() == READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }

    fn paced(&self) -> Option<Pace> {
        let last = self.readings.back()?;
        let since = |reading: &Reading| last.at.saturating_sub(reading.at);
        let whole = self.readings.iter().rposition(|reading| since(reading) >= WHOLE);
        let first = whole.unwrap_or(0);
        let base = &self.readings[first];
        let over = since(base);
        if over < LEAST {
            return None;
        }
        let added = added(&base.tcp, &last.tcp)?;
        let seconds = over.as_secs_f64();
        let share = |older: u64, newer: u64| {
            (newer.saturating_sub(older) as f64 * 1e-6 / seconds).clamp(0.0, 1.0)
        };
        let within = || self.readings.iter().skip(first + 1).map(|reading| &reading.tcp);
        let mean = |of: fn(&TcpState) -> f64| {
            within().map(of).sum::<f64>() / within().count().max(1) as f64
        };
        Some(Pace {
            at: last.at,
            over,
            rates: added.bytes.map(|bytes| bytes as f64 * 8.0 / seconds),
            retransmitted: added.retransmitted,
            busy: share(base.tcp.busy_us, last.tcp.busy_us),
            window_limited: share(base.tcp.window_limited_us, last.tcp.window_limited_us),
            window_use: mean(|tcp| part(tcp.unacked, tcp.congestion_window)),
            window_cut: self.readings.iter().skip(first).zip(within()).any(|(before, after)| {
                after.congestion_window as f64 <= before.tcp.congestion_window as f64 * CUT
            }),
            unsent: mean(|tcp| tcp.unsent_bytes as f64),
            receive_fill: mean(|tcp| part(tcp.receive_memory_bytes, tcp.receive_buffer_bytes)),
        })
    }
}

/// 0 of nothing.
fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

/// What `newer` has more; `None` when it has less: another connection, or one that started over.
fn added(older: &TcpState, newer: &TcpState) -> Option<Added> {
    newer.busy_us.checked_sub(older.busy_us)?;
    newer.window_limited_us.checked_sub(older.window_limited_us)?;
    Some(Added {
        bytes: Pair {
            tx: newer.acked_bytes.checked_sub(older.acked_bytes)?,
            rx: newer.received_bytes.checked_sub(older.received_bytes)?,
        },
        retransmitted: newer.retransmitted.checked_sub(older.retransmitted)?,
    })
}
