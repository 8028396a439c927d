//! How often a driver refreshes its counters, told from the changes alone.
//!
//! Some drivers copy their statistics only every 0.1 to 2 s (ice and ixgbe: 1 s watchdog; bnxt:
//! `stats-block-usecs`, 1 s by default). Sampled faster, such a counter reads 0, 0, 0, 4x and a
//! single sample's rate is wrong by that factor. Two signs give it away on a busy link: changes at
//! even distances of several samples, or changes whose size follows the time since the last one.

use std::time::Duration;

/// A change of fewer packets may be a lone keep-alive and tells nothing.
const TELLING_PACKETS: u64 = 10;
/// Even distances are believed after this many changes.
const EVEN_CHANGES: usize = 5;
/// Sizes that follow the distances are believed after this many.
const PROPORTIONAL_CHANGES: usize = 8;
/// Spread (sd / mean) of the rates from change to change that still counts as proportional.
const PROPORTIONAL_SPREAD: f64 = 0.15;
/// This many changes in adjacent samples prove that the counter is not late after all.
const PROMPT_CHANGES: u32 = 32;
const KEPT: usize = 16;

/// One change of the counter, and the distance from the change before it.
#[derive(Debug, Clone, Copy, Default)]
struct Change {
    distance: Duration,
    samples: u32,
    bytes: u64,
}

/// Watches one interface's changes; fixed size, nothing allocated.
#[derive(Debug, Clone, Default)]
pub struct Cadence {
    changes: [Change; KEPT],
    len: usize,
    next: usize,
    last_change: Option<Duration>,
    quiet_samples: u32,
    prompt: u32,
    late: Option<Duration>,
}

impl Cadence {
    /// Takes one sample in which the counter moved by `bytes` and `packets`.
    pub fn changed(&mut self, at: Duration, bytes: u64, packets: u64) {
        let samples = self.quiet_samples + 1;
        let last = self.last_change.replace(at);
        self.quiet_samples = 0;
        self.prompt = if samples == 1 { self.prompt.saturating_add(1) } else { 0 };
        let Some(last) = last.filter(|_| packets >= TELLING_PACKETS) else {
            self.forget_changes();
            return;
        };
        self.changes[self.next] = Change { distance: at.saturating_sub(last), samples, bytes };
        self.next = (self.next + 1) % KEPT;
        self.len = (self.len + 1).min(KEPT);
        if self.prompt >= PROMPT_CHANGES {
            self.late = None;
        } else if self.is_even() || self.is_proportional() {
            self.late = Some(self.mean_distance());
        }
    }

    /// Takes one sample in which the counter did not move.
    pub fn unchanged(&mut self) {
        self.quiet_samples = self.quiet_samples.saturating_add(1);
    }

    /// The refresh cadence where it is slower than the samples; `None` for a prompt counter, and
    /// until enough changes were seen.
    pub fn late(&self) -> Option<Duration> {
        self.late
    }

    /// Starts over after a gap; what was learnt about the driver is kept.
    pub fn interrupt(&mut self) {
        self.forget_changes();
        self.last_change = None;
        self.quiet_samples = 0;
    }

    fn forget_changes(&mut self) {
        self.len = 0;
        self.next = 0;
    }

    fn recent(&self) -> impl Iterator<Item = &Change> + Clone {
        self.changes[..self.len].iter()
    }

    fn mean_distance(&self) -> Duration {
        self.recent().map(|c| c.distance).sum::<Duration>() / self.len.max(1) as u32
    }

    /// Several samples apart, and never more than a sample from the mean.
    fn is_even(&self) -> bool {
        if self.len < EVEN_CHANGES {
            return false;
        }
        let least = self.recent().map(|c| c.samples).min().unwrap_or(0);
        let most = self.recent().map(|c| c.samples).max().unwrap_or(0);
        least >= 2 && most - least <= 1.max(least / 8)
    }

    /// Quiet samples in between, and every change as large as the time since the last one asks.
    fn is_proportional(&self) -> bool {
        if self.len < PROPORTIONAL_CHANGES || self.recent().all(|c| c.samples == 1) {
            return false;
        }
        let rates = self.recent().map(|c| c.bytes as f64 / c.distance.as_secs_f64().max(1e-9));
        let n = self.len as f64;
        let mean = rates.clone().sum::<f64>() / n;
        let variance = rates.map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
        variance.sqrt() <= PROPORTIONAL_SPREAD * mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(samples: impl IntoIterator<Item = u64>, tick: Duration) -> Cadence {
        let mut cadence = Cadence::default();
        for (i, bytes) in samples.into_iter().enumerate() {
            let at = tick * (i as u32 + 1);
            if bytes == 0 {
                cadence.unchanged();
            } else {
                cadence.changed(at, bytes, bytes / 1500);
            }
        }
        cadence
    }

    #[test]
    fn a_prompt_counter_is_not_late() {
        let cadence = watch((0..100).map(|i| 1_000_000 + i), Duration::from_millis(100));
        assert_eq!(cadence.late(), None);
    }

    #[test]
    fn a_counter_refreshed_every_second_is_found() {
        let samples = (1..=70).map(|i| if i % 10 == 0 { 100_000_000 } else { 0 });
        let cadence = watch(samples, Duration::from_millis(100));
        assert_eq!(cadence.late(), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_counter_about_as_slow_as_the_samples_is_found_by_its_doubled_changes() {
        let samples = [1, 1, 0, 2, 1, 1, 1, 0, 2, 1, 1, 0, 2, 1].map(|n| n * 100_000_000);
        assert!(watch(samples, Duration::from_secs(1)).late().is_some());
    }

    #[test]
    fn keep_alives_tell_nothing() {
        let samples = (1..=100).map(|i| if i % 10 == 0 { 1_500 } else { 0 });
        assert_eq!(watch(samples, Duration::from_millis(100)).late(), None);
    }

    #[test]
    fn irregular_bursts_are_traffic_and_not_a_cadence() {
        let samples = [9, 0, 0, 3, 8, 0, 5, 5, 0, 0, 0, 0, 1, 7, 0, 2, 6, 6].map(|n| n * 1_000_000);
        assert_eq!(watch(samples, Duration::from_millis(100)).late(), None);
    }

    #[test]
    fn a_driver_that_becomes_prompt_is_believed() {
        let late = (1..=60).map(|i| if i % 10 == 0 { 100_000_000 } else { 0 });
        let samples = late.chain(std::iter::repeat_n(10_000_000, 40));
        assert_eq!(watch(samples, Duration::from_millis(100)).late(), None);
    }
}
