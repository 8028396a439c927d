//! A connection's rates in whole seconds: what a sparkline shows.

use std::time::Duration;

use crate::model::{Direction, Pair};

/// Seconds kept.
pub const COLUMNS: usize = 60;

/// The last minute, a ring by the second's number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// Number of the newest second that anything is known of.
    newest: u64,
    bits: [Pair<f32>; COLUMNS],
    /// Which of them were measured.
    measured: u64,
}

impl Default for Columns {
    fn default() -> Self {
        Self { newest: 0, bits: [Pair { rx: 0.0, tx: 0.0 }; COLUMNS], measured: 0 }
    }
}

fn slot(second: u64) -> usize {
    (second % COLUMNS as u64) as usize
}

impl Columns {
    /// Adds what was carried between two instants, evenly.
    pub fn add(&mut self, from: Duration, to: Duration, bytes: Pair<u64>) {
        let last = to.as_secs();
        self.advance(last);
        let oldest = (last + 1).saturating_sub(COLUMNS as u64);
        let whole = to.saturating_sub(from).as_secs_f64();
        if whole <= 0.0 {
            return;
        }
        for second in from.as_secs().max(oldest)..=last {
            let begin = Duration::from_secs(second);
            let (begin, end) = (from.max(begin), to.min(begin + Duration::from_secs(1)));
            let share = end.saturating_sub(begin).as_secs_f64() / whole;
            if share <= 0.0 {
                continue;
            }
            let bits = bytes.map(|bytes| (bytes as f64 * 8.0 * share) as f32);
            let kept = &mut self.bits[slot(second)];
            *kept = *kept + bits;
            self.measured |= 1 << slot(second);
        }
    }

    /// Makes room up to `second`.
    fn advance(&mut self, second: u64) {
        let fresh = second.saturating_sub(self.newest).min(COLUMNS as u64);
        for new in 0..fresh {
            let at = slot(second - new);
            self.bits[at] = Pair::default();
            self.measured &= !(1 << at);
        }
        self.newest = self.newest.max(second);
    }

    /// The rates of the seconds up to `newest`, bit/s.
    pub fn fill(&self, direction: Direction, newest: u64, out: &mut [Option<f64>]) {
        for (back, value) in out.iter_mut().rev().enumerate() {
            let second = newest.checked_sub(back as u64);
            *value = second
                .filter(|second| self.has(*second))
                .map(|second| f64::from(self.bits[slot(second)][direction]));
        }
    }

    fn has(&self, second: u64) -> bool {
        let kept = second <= self.newest && self.newest - second < COLUMNS as u64;
        kept && self.measured & (1 << slot(second)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tx(columns: &Columns, newest: u64, n: usize) -> Vec<Option<f64>> {
        let mut out = vec![None; n];
        columns.fill(Direction::Tx, newest, &mut out);
        out
    }

    #[test]
    fn what_spans_seconds_is_divided_among_them_and_the_oldest_give_way() {
        let ms = Duration::from_millis;
        let mut columns = Columns::default();
        columns.add(ms(500), ms(1_500), Pair { rx: 0, tx: 1_000 });
        columns.add(ms(1_500), ms(2_000), Pair { rx: 0, tx: 500 });
        assert_eq!(tx(&columns, 1, 3), [None, Some(4_000.0), Some(8_000.0)]);
        columns.add(ms(61_000), ms(61_500), Pair { rx: 0, tx: 1 });
        assert_eq!(tx(&columns, 61, 2), [None, Some(8.0)], "time without a reading is no zero");
        assert_eq!(tx(&columns, 1, 2), [None, None]);
    }
}
