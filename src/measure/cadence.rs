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
/// With fewer samples to a change than this, a full ring of even changes is asked for.
const EVEN_FROM: f64 = 2.5;
/// Changes closer than this, in samples, are not told from traffic that pauses.
const LEAST_MEAN: f64 = 1.5;
/// The mean cadence is good to a sample over the whole run: this many make that 1 %.
const CERTAIN_SAMPLES: u32 = 100;
/// Sizes that follow the distances are believed after this many.
const PROPORTIONAL_CHANGES: usize = 8;
/// Spread (sd / mean) of the rates from change to change that still counts as proportional.
const PROPORTIONAL_SPREAD: f64 = 0.15;
/// A single change further from the mean rate than this is not proportional, however rare it is.
const PROPORTIONAL_LIMIT: f64 = 0.3;
/// A refresh never comes this much before its time: so many in a row are no refreshes.
const EARLY_CHANGES: u32 = 3;
/// This many changes in adjacent samples prove that the counter is not late after all.
const PROMPT_CHANGES: u32 = 32;
const KEPT: usize = 16;

/// One change of the counter, and the distance from the change before it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Change {
    distance: Duration,
    samples: u32,
    /// Bytes a second over the distance.
    rate: f64,
}

/// An unbroken run of refreshes that a cadence is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: Duration,
    refreshes: u32,
    samples: u32,
}

/// Watches one interface's changes; fixed size, nothing allocated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cadence {
    changes: [Change; KEPT],
    len: usize,
    next: usize,
    /// Those of all changes that are kept.
    samples: u32,
    last_change: Option<Duration>,
    quiet_samples: u32,
    prompt: u32,
    early: u32,
    late: Option<Duration>,
    run: Option<Run>,
    certain: bool,
    /// It was told, and is not learnt from changes.
    known: bool,
}

impl Cadence {
    /// A cadence that is known already: what was recorded is read again with it.
    pub fn known(late: Option<Duration>) -> Self {
        Self { late, certain: true, known: true, ..Self::default() }
    }

    /// Takes one sample in which the counter moved by `bytes` and `packets`.
    pub fn changed(&mut self, at: Duration, bytes: u64, packets: u64) {
        let samples = self.quiet_samples + 1;
        let last = self.last_change.replace(at);
        self.quiet_samples = 0;
        let early = |late| last.is_some_and(|last| at.saturating_sub(last) < late / 2);
        self.early = if self.late.is_some_and(early) { self.early + 1 } else { 0 };
        self.prompt = if samples == 1 { self.prompt.saturating_add(1) } else { 0 };
        let Some(last) = last.filter(|_| packets >= TELLING_PACKETS && !self.known) else {
            self.forget_changes();
            return;
        };
        self.keep(at.saturating_sub(last), samples, bytes);
        if self.prompt >= PROMPT_CHANGES || self.early >= EARLY_CHANGES {
            self.late = None;
            self.certain = false;
            self.forget_changes();
        } else if self.is_even() || self.is_proportional() {
            self.late = Some(self.measured(at));
        } else {
            self.run = None;
        }
    }

    fn keep(&mut self, distance: Duration, samples: u32, bytes: u64) {
        let rate = bytes as f64 / distance.as_secs_f64().max(1e-9);
        let kept = &mut self.changes[self.next];
        self.samples += samples;
        self.samples -= if self.len == KEPT { kept.samples } else { 0 };
        *kept = Change { distance, samples, rate };
        self.next = (self.next + 1) % KEPT;
        self.len = (self.len + 1).min(KEPT);
    }

    /// Mean distance of the refreshes of the whole run: one change is dated only to within a
    /// sample, so that the longer the run, the better the mean.
    fn measured(&mut self, at: Duration) -> Duration {
        let run = if let Some(run) = self.run {
            let newest = self.newest();
            Run {
                refreshes: run.refreshes.saturating_add(self.refreshes_in(newest)),
                samples: run.samples.saturating_add(newest.samples),
                ..run
            }
        } else {
            let spanned: Duration = self.recent().map(|c| c.distance).sum();
            Run {
                from: at.saturating_sub(spanned),
                refreshes: self.recent().map(|c| self.refreshes_in(*c)).sum(),
                samples: self.samples,
            }
        };
        self.run = Some(run);
        self.certain |= run.samples >= CERTAIN_SAMPLES;
        at.saturating_sub(run.from) / run.refreshes.max(1)
    }

    /// Where sizes follow distances, a change several times as far from the last as the nearest ones
    /// was that many refreshes; a change of an even beat is one.
    fn refreshes_in(&self, change: Change) -> u32 {
        if !self.is_proportional() {
            return 1;
        }
        let least = self.recent().map(|c| c.samples).min().unwrap_or(1).max(1);
        ((change.samples + least / 2) / least).max(1)
    }

    fn newest(&self) -> Change {
        self.changes[(self.next + KEPT - 1) % KEPT]
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

    /// The cadence is known to about 1 %, so that a peak may rest on it.
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// The last change came too soon after the one before to be a refresh.
    pub fn is_early(&self) -> bool {
        self.early > 0
    }

    /// Since when the counter is known to have been late.
    pub fn late_since(&self) -> Option<Duration> {
        self.late.and(self.run).map(|run| run.from)
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
        self.samples = 0;
        self.run = None;
    }

    fn recent(&self) -> impl Iterator<Item = &Change> + Clone {
        self.changes[..self.len].iter()
    }

    /// Every change within a sample of where an even beat has it. A refresh that falls together with
    /// a sample is seen now before, now after it: single distances differ by two samples then, and
    /// do not add up.
    fn is_even(&self) -> bool {
        let mean = f64::from(self.samples) / self.len.max(1) as f64;
        let enough = if mean >= EVEN_FROM { EVEN_CHANGES } else { KEPT };
        if self.len < enough || mean < LEAST_MEAN {
            return false;
        }
        // In order of time, the oldest first, once the ring is full.
        let start = if self.len == KEPT { self.next } else { 0 };
        let mut strayed = 0.0_f64;
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for i in 0..self.len {
            strayed += f64::from(self.changes[(start + i) % KEPT].samples) - mean;
            (low, high) = (low.min(strayed), high.max(strayed));
        }
        high - low <= 2.0
    }

    /// Quiet samples in between, and every change as large as the time since the last one asks.
    fn is_proportional(&self) -> bool {
        if self.len < PROPORTIONAL_CHANGES || self.samples as usize == self.len {
            return false;
        }
        let rates = self.recent().map(|c| c.rate);
        let n = self.len as f64;
        let mean = rates.clone().sum::<f64>() / n;
        if rates.clone().any(|r| (r - mean).abs() > PROPORTIONAL_LIMIT * mean) {
            return false;
        }
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
    fn traffic_between_even_bursts_shows_that_they_were_no_refreshes() {
        let bursts = (1..=60).map(|i| if i % 10 == 0 { 1_000_000 } else { 0 });
        let pausing = (0..40).map(|i| if i % 20 < 3 { 0 } else { 150_000 });
        let samples = bursts.chain(pausing);
        assert_eq!(watch(samples, Duration::from_millis(100)).late(), None);
    }

    #[test]
    fn a_driver_that_becomes_prompt_is_believed() {
        let late = (1..=60).map(|i| if i % 10 == 0 { 100_000_000 } else { 0 });
        let samples = late.chain(std::iter::repeat_n(10_000_000, 40));
        assert_eq!(watch(samples, Duration::from_millis(100)).late(), None);
    }
}
