//! The counters of one link: exact integrals of its rates, shown the way its driver shows them.
//!
//! Knows nothing of flows, names or other links.

use std::time::Duration;

use crate::model::Pair;

/// One octet, in the unit of the integrals: bit/s times ns.
const OCTET: u128 = 8 * 1_000_000_000;

/// How a driver shows its counters.
#[derive(Debug, Clone, Copy)]
pub struct Show {
    /// What both octet counters read at the session's start.
    pub start: u64,
    /// Counters are those of the last whole multiple of this; zero is a prompt counter.
    pub refresh: Duration,
    /// What octet counters are cut to.
    pub mask: u64,
    /// Octets a packet holds.
    pub packet: u64,
}

/// Octet and packet counters of both directions.
#[derive(Debug, Clone)]
pub struct Counter {
    show: Show,
    /// Everything carried so far, in bit/s times ns: nothing is rounded away.
    carried: Pair<u128>,
    /// The part of `carried` that the driver has shown.
    shown: Pair<u128>,
    /// The octets, `start` included, at the last reset.
    forgotten: Pair<u64>,
}

impl Counter {
    /// A counter at the session's start.
    pub fn new(show: Show) -> Self {
        Self { show, carried: Pair::default(), shown: Pair::default(), forgotten: Pair::default() }
    }

    /// Carries `rate` bit/s from `from` to `to`.
    pub fn carry(&mut self, from: Duration, to: Duration, rate: Pair<u64>) {
        let until = |t: Duration| {
            let elapsed = t.saturating_sub(from).as_nanos();
            self.carried + rate.map(|r| u128::from(r) * elapsed)
        };
        let refreshed = match self.show.refresh {
            Duration::ZERO => to,
            refresh => floor(to, refresh),
        };
        if refreshed > from {
            self.shown = until(refreshed);
        }
        self.carried = until(to);
    }

    /// Restarts at 0, as after a reload of the driver.
    pub fn reset(&mut self) {
        self.shown = self.carried;
        self.forgotten = self.total();
    }

    /// Octets shown since ever, whatever was reset or cut off: what the links above add up.
    pub fn total(&self) -> Pair<u64> {
        self.shown.map(|bit_ns| self.show.start + (bit_ns / OCTET) as u64)
    }

    /// The packets of [`Self::total`].
    pub fn total_packets(&self) -> Pair<u64> {
        self.total().map(|octets| octets / self.show.packet)
    }

    /// Octets and packets as the driver shows them.
    pub fn read(&self) -> (Pair<u64>, Pair<u64>) {
        let total = self.total();
        let since = Pair { rx: total.rx - self.forgotten.rx, tx: total.tx - self.forgotten.tx };
        (since.map(|octets| octets & self.show.mask), since.map(|octets| octets / self.show.packet))
    }
}

/// The last whole multiple of `step` up to `at`; `step` is not zero.
pub fn floor(at: Duration, step: Duration) -> Duration {
    let (at, step) = (at.as_nanos() as u64, step.as_nanos() as u64);
    Duration::from_nanos(at - at % step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PROMPT: Show = Show { start: 0, refresh: Duration::ZERO, mask: u64::MAX, packet: 1500 };

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn tx(rate: u64) -> Pair<u64> {
        Pair { rx: 0, tx: rate }
    }

    #[test]
    fn an_integral_does_not_depend_on_where_it_is_cut() {
        let mut once = Counter::new(PROMPT);
        once.carry(Duration::ZERO, SECOND, tx(999_999_999));
        let mut often = Counter::new(PROMPT);
        for ns in (0..1_000_000_000).step_by(7_000_003) {
            let to = Duration::from_nanos((ns + 7_000_003).min(1_000_000_000));
            often.carry(Duration::from_nanos(ns), to, tx(999_999_999));
        }
        assert_eq!(once.read().0.tx, 124_999_999, "an eighth of an octet short of 125 MB");
        assert_eq!(once.read(), often.read());
    }

    #[test]
    fn a_late_counter_shows_its_last_refresh() {
        let mut counter = Counter::new(Show { refresh: SECOND, ..PROMPT });
        let mut seen = Vec::new();
        for ms in (0..2_500).step_by(250) {
            counter.carry(at(ms), at(ms + 250), tx(8_000_000));
            seen.push(counter.read().0.tx / 1000);
        }
        assert_eq!(seen, [0, 0, 0, 1000, 1000, 1000, 1000, 2000, 2000, 2000]);
        counter.carry(at(2_500), at(5_999), tx(8_000_000));
        assert_eq!(counter.read().0.tx, 5_000_000, "refreshes in between are not missed");
    }

    #[test]
    fn a_narrow_counter_wraps_and_its_packets_do_not() {
        let narrow = Show { mask: u64::from(u32::MAX), start: (1 << 32) - 1000, ..PROMPT };
        let mut counter = Counter::new(narrow);
        let before = counter.read();
        counter.carry(Duration::ZERO, SECOND, tx(8 * 4000));
        let after = counter.read();
        assert_eq!((before.0.tx, after.0.tx), ((1 << 32) - 1000, 3000));
        assert!(after.1.tx > before.1.tx);
        assert_eq!(counter.total().tx, (1 << 32) + 3000);
    }

    #[test]
    fn a_reset_counter_starts_at_zero_and_its_total_goes_on() {
        for refresh in [Duration::ZERO, SECOND] {
            let mut counter = Counter::new(Show { start: 5000, refresh, ..PROMPT });
            counter.carry(Duration::ZERO, at(1_500), tx(8000));
            counter.reset();
            assert_eq!(counter.read(), (Pair::default(), Pair::default()));
            counter.carry(at(1_500), at(3_000), tx(8000));
            assert_eq!((counter.read().0.tx, counter.total().tx), (1500, 8000));
        }
    }
}
