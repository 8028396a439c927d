//! How fast the terminal takes what it is sent, and how much it may be sent.
//!
//! A line of 9600 baud reads 960 bytes a second, and the kernel keeps 12 to 16 kB for it: whoever writes
//! until nothing more is taken has keys answered a quarter of a minute late. So such a line is given
//! no more than it has soon read. Whether it is one shows only when it takes no more, and then by what
//! it takes over some time: one that stood still and goes on is not slow.
//!
//! No clock here: times are passed in.

use std::time::{Duration, Instant};

/// Below this many bytes a second a terminal is slow.
const SLOW: f64 = 20e3;
/// No line is taken to be slower: 2400 baud.
const SLOWEST: f64 = 240.0;
/// What is sent of what was measured. The kernel frees its buffers piece by piece: a measurement may
/// be a third too high, and what is sent too fast is a delay that grows.
const SHARE: f64 = 0.65;
/// What may be on its way at once, in seconds of the limit.
const BURST: f64 = 0.35;
/// A frame waits until this much can be sent; one that answers a key only for the other.
const WORTHWHILE: f64 = 0.25;
const HASTY: f64 = 0.08;
/// What a terminal's own end still holds when the kernel was told to drop everything (n_tty.c,
/// N_TTY_BUF_SIZE).
const HELD: f64 = 4096.0;

/// Until then the kernel still makes room for itself.
const SETTLING: Duration = Duration::from_millis(500);
/// The least that is measured over, in time and in bytes, and the most of it that one pause may be.
const LEAST: Duration = Duration::from_secs(4);
const LEAST_TAKEN: usize = 6 << 10;
const ONE_PAUSE: f64 = 0.6;
/// A terminal that takes nothing for so long stands still.
const STANDSTILL: Duration = Duration::from_secs(10);
/// After so long without a refusal a line is free again.
const FREE: Duration = Duration::from_secs(3);
/// A limit is lifted after this, and after twice as long each time that it was needed again.
const FIRST_LIMIT: Duration = Duration::from_secs(60);
const LONGEST_LIMIT: Duration = Duration::from_secs(32 * 60);

/// A line to a terminal.
#[derive(Debug, Default)]
pub struct Line {
    jam: Option<Jam>,
    limit: Option<Limit>,
    /// How long the last limit was to hold.
    held: Duration,
}

/// A time in which the terminal did not take everything. Its buffers are as full at the end as they were
/// at the beginning: what they took between is what was read.
#[derive(Debug)]
struct Jam {
    begun: Instant,
    refused: Instant,
    /// What is counted begins here.
    since: Instant,
    /// When they were found full last, having taken something.
    full: Instant,
    taken: usize,
    taken_since_full: usize,
    longest_pause: Duration,
}

#[derive(Debug)]
struct Limit {
    bytes_per_s: f64,
    /// What may be sent; below zero when more is on its way than should be.
    credit: f64,
    at: Instant,
    until: Instant,
}

impl Line {
    /// Notes what the terminal took just now, and whether a rest is left. `true` when this proves it
    /// slow: what it has not read is to be dropped then.
    pub fn pushed(&mut self, now: Instant, taken: usize, behind: bool) -> bool {
        if let Some(limit) = &mut self.limit {
            limit.refill(now);
            limit.credit -= taken as f64;
        }
        let Some(jam) = &mut self.jam else {
            if behind {
                // A limit that is refused was none.
                self.limit = None;
                self.jam = Some(Jam::at(now));
            }
            return false;
        };
        jam.taken_since_full += taken;
        if !behind {
            if now - jam.refused > FREE {
                self.jam = None;
            }
            return false;
        }
        let Some(rate) = jam.refuse(now).filter(|rate| *rate < SLOW) else { return false };
        self.held = (self.held * 2).clamp(FIRST_LIMIT, LONGEST_LIMIT);
        self.limit = Some(Limit {
            bytes_per_s: (rate * SHARE).max(SLOWEST),
            credit: -HELD,
            at: now,
            until: now + self.held,
        });
        self.jam = None;
        true
    }

    /// Whether the terminal did not take everything lately: it is measured best in small pieces.
    pub fn is_jammed(&self) -> bool {
        self.jam.is_some()
    }

    /// How many bytes may be sent; `None` when there is no limit.
    pub fn room(&mut self, now: Instant) -> Option<usize> {
        let limit = self.limit.as_mut()?;
        if now >= limit.until {
            self.limit = None;
            return None;
        }
        limit.refill(now);
        Some(limit.credit.max(0.0) as usize)
    }

    /// How long until a frame can be sent, one that answers a key or any.
    pub fn wait(&self, now: Instant, answers: bool) -> Duration {
        let Some(limit) = self.limit.as_ref().filter(|limit| now < limit.until) else {
            return Duration::ZERO;
        };
        let wanted = if answers { HASTY } else { WORTHWHILE };
        let lacking = wanted - limit.credit_at(now) / limit.bytes_per_s;
        Duration::from_secs_f64(lacking.max(0.0))
    }
}

impl Jam {
    fn at(now: Instant) -> Self {
        Self {
            begun: now,
            refused: now,
            since: now,
            full: now,
            taken: 0,
            taken_since_full: 0,
            longest_pause: Duration::ZERO,
        }
    }

    /// Nothing more is taken for now; the bytes read a second where enough was seen.
    fn refuse(&mut self, now: Instant) -> Option<f64> {
        self.refused = now;
        if self.taken_since_full == 0 {
            return None;
        }
        let pause = now - std::mem::replace(&mut self.full, now);
        let taken = std::mem::take(&mut self.taken_since_full);
        if pause > STANDSTILL || now - self.begun < SETTLING {
            self.count_from(now);
            return None;
        }
        self.taken += taken;
        self.longest_pause = self.longest_pause.max(pause);
        let time = now - self.since;
        let enough = time >= LEAST && self.taken >= LEAST_TAKEN;
        if !enough || self.longest_pause > time.mul_f64(ONE_PAUSE) {
            return None;
        }
        let rate = self.taken as f64 / time.as_secs_f64();
        self.count_from(now);
        Some(rate)
    }

    fn count_from(&mut self, now: Instant) {
        (self.since, self.taken, self.longest_pause) = (now, 0, Duration::ZERO);
    }
}

impl Limit {
    fn credit_at(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.credit + passed * self.bytes_per_s).min(self.bytes_per_s * BURST)
    }

    fn refill(&mut self, now: Instant) {
        self.credit = self.credit_at(now);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that reads at a rate, or not at all, behind a kernel with buffers.
    struct Reader {
        line: Line,
        now: Instant,
        bytes_per_s: f64,
        held: f64,
        pending: usize,
        proved: usize,
    }

    const BUFFERS: f64 = 12e3;
    /// The kernel makes room in pieces.
    const PIECE: f64 = 2048.0;
    const STEP: Duration = Duration::from_millis(100);
    /// What frames hold while traffic flows.
    const FRAME: usize = 600;

    impl Reader {
        fn of(bytes_per_s: f64) -> Self {
            let (line, now) = (Line::default(), Instant::now());
            Self { line, now, bytes_per_s, held: 0.0, pending: 8_000, proved: 0 }
        }

        /// Ten frames a second, as much of each as may be sent.
        fn run(&mut self, time: Duration) {
            for _ in 0..time.as_millis() / STEP.as_millis() {
                self.now += STEP;
                self.held = (self.held - self.bytes_per_s * STEP.as_secs_f64()).max(0.0);
                if self.pending == 0 && self.line.wait(self.now, false).is_zero() {
                    self.pending = self.line.room(self.now).unwrap_or(FRAME).min(FRAME);
                }
                let room = ((BUFFERS - self.held) / PIECE).floor() * PIECE;
                let taken = self.pending.min(room as usize);
                self.held += taken as f64;
                self.pending -= taken;
                if self.line.pushed(self.now, taken, self.pending > 0) {
                    (self.proved, self.pending) = (self.proved + 1, 0);
                    self.held = self.held.min(HELD);
                }
            }
        }

        /// How late an answer would come.
        fn delay(&self) -> f64 {
            self.held / self.bytes_per_s
        }
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_slow_line_is_known_and_soon_nothing_is_late() {
        for bytes_per_s in [480.0, 960.0, 1_920.0, 3_840.0] {
            let mut reader = Reader::of(bytes_per_s);
            reader.run(secs(40));
            assert_eq!(reader.proved, 1, "{bytes_per_s} B/s");
            assert!(reader.delay() < 0.5, "{bytes_per_s} B/s: {} s late", reader.delay());
            let before = reader.held;
            reader.run(secs(10));
            assert!(reader.held <= before.max(bytes_per_s * 0.4), "it piles up");
        }
    }

    #[test]
    fn a_terminal_that_stood_still_is_not_slow() {
        let mut reader = Reader::of(1e6);
        for pause in [2, 5, 60, 1] {
            reader.run(secs(3));
            reader.bytes_per_s = 0.0;
            reader.run(secs(pause));
            reader.bytes_per_s = 1e6;
        }
        reader.run(secs(60));
        assert_eq!((reader.proved, reader.line.room(reader.now)), (0, None));
        assert!(!reader.line.is_jammed());
    }

    #[test]
    fn a_limit_is_lifted_and_holds_for_longer_when_it_was_needed_again() {
        let mut reader = Reader::of(960.0);
        reader.run(secs(60));
        assert_eq!(reader.proved, 1);
        reader.run(secs(60));
        assert_eq!(reader.proved, 2);
        reader.run(secs(60));
        assert_eq!(reader.proved, 2, "the second limit holds for two minutes");
        reader.bytes_per_s = 1e6;
        reader.run(secs(120));
        assert_eq!(reader.line.room(reader.now), None, "a line that became fast is free again");
    }

    #[test]
    fn an_answer_waits_for_less_than_another_frame() {
        let mut reader = Reader::of(960.0);
        reader.run(secs(30));
        assert!(reader.line.room(reader.now).is_some_and(|room| room < 400));
        let now = reader.now;
        let room = reader.line.room(now).unwrap_or_default();
        reader.line.pushed(now, room, false);
        assert!(reader.line.wait(now, true) < Duration::from_millis(100));
        assert!(reader.line.wait(now, false) > Duration::from_millis(200));
    }
}
