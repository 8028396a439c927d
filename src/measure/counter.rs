//! What two readings of one counter say about the time between them.

use std::time::Duration;

/// Octet and packet counters of one direction, as read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Octets.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
}

/// The step from an older to a newer reading of the *same* interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What was added; a proven 32-bit wrap included.
    Advanced(Reading),
    /// The counter restarted: driver reload, or a link removed and made anew. Never a spike.
    Reset,
}

const TWO_TO_32: u64 = 1 << 32;
/// Room above attainable before a rate is called impossible (some drivers count the FCS).
pub const ATTAINABLE_TOLERANCE: f64 = 1.01;

/// Whether a rate is more than the wire can carry, both in bit/s; unknown is possible.
pub fn is_impossible(rate: f64, attainable: Option<f64>) -> bool {
    attainable.is_some_and(|attainable| rate > attainable * ATTAINABLE_TOLERANCE)
}

/// Difference of two readings taken `elapsed` apart, older first.
///
/// A decrease is a reset unless it is proven to be the wrap of a 32-bit octet counter: the older
/// value fits 32 bits, the packet counter went on, and the implied rate is one that the link can
/// carry (`attainable`, bit/s; without it nothing is proven).
pub fn step(older: Reading, newer: Reading, elapsed: Duration, attainable: Option<f64>) -> Step {
    match (newer.bytes.checked_sub(older.bytes), newer.packets.checked_sub(older.packets)) {
        (Some(bytes), Some(packets)) => Step::Advanced(Reading { bytes, packets }),
        (None, Some(packets)) if older.bytes < TWO_TO_32 && packets > 0 => {
            let bytes = newer.bytes + TWO_TO_32 - older.bytes;
            let carried =
                attainable.map(|rate| rate * ATTAINABLE_TOLERANCE * elapsed.as_secs_f64());
            match carried {
                Some(bits) if bytes as f64 * 8.0 <= bits => {
                    Step::Advanced(Reading { bytes, packets })
                }
                _ => Step::Reset,
            }
        }
        _ => Step::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);
    const TEN_GBE: Option<f64> = Some(9.844e9);

    fn reading(bytes: u64, packets: u64) -> Reading {
        Reading { bytes, packets }
    }

    #[test]
    fn counters_advance() {
        let step = step(reading(100, 1), reading(1_600, 2), TICK, None);
        assert_eq!(step, Step::Advanced(reading(1_500, 1)));
    }

    #[test]
    fn a_decrease_is_a_reset() {
        assert_eq!(step(reading(5_000, 9), reading(10, 1), TICK, TEN_GBE), Step::Reset);
        assert_eq!(step(reading(5_000, 9), reading(9_000, 1), TICK, TEN_GBE), Step::Reset);
    }

    #[test]
    fn a_wrap_is_accepted_only_when_width_and_rate_prove_it() {
        let near_the_top = reading((1 << 32) - 1_000, 50);
        let past_it = reading(2_000, 60);
        assert_eq!(step(near_the_top, past_it, TICK, TEN_GBE), Step::Advanced(reading(3_000, 10)));
        assert_eq!(step(near_the_top, past_it, TICK, None), Step::Reset, "no speed, no proof");
        let far_from_the_top = reading(1_000_000, 50);
        assert_eq!(step(far_from_the_top, past_it, TICK, TEN_GBE), Step::Reset, "34 Gbit/s");
        let wider = reading((1 << 32) + 5_000, 50);
        assert_eq!(step(wider, past_it, TICK, TEN_GBE), Step::Reset, "a 64-bit counter");
        let no_packet = reading(2_000, 50);
        assert_eq!(step(near_the_top, no_packet, TICK, TEN_GBE), Step::Reset, "no packet passed");
    }
}
