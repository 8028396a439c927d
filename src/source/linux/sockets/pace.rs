//! When all sockets are looked at: where something may be found, and as seldom as it is dear.
//!
//! A dump walks the kernel's whole table: 0.25 ms on a small host, 8 ms with 10,000 sockets. The
//! kernel's sums over all connections (/proc/net/snmp, 20 us) say whether it is worth it:
//!
//! - connections were opened since the last dump: at once;
//! - a quarter of all segments since the last look is not the followed connections', and there are
//!   some hundreds: at once, then after 1, 3, 7 more looks while nothing new is found;
//! - in any case after [`LONGEST`];
//! - but what looking costs stays under 1 % of a core: a dump of 20 ms is not made before 2 s have passed.

use std::time::Duration;

/// No dump is longer ago, unless it is dearer than [`SHARE`] by then.
const LONGEST: Duration = Duration::from_secs(10);
/// Looking costs one part of so many.
const SHARE: u32 = 100;
/// Fewer segments between two looks are not worth a dump.
const FEW: u64 = 300;
/// The longest wait for what goes on unexplained, in looks.
const MOST_FRUITLESS: u32 = 8;

/// Sums over all connections of the network namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Connections opened, from here and from outside.
    pub opened: u64,
    /// Segments sent and received.
    pub segments: u64,
}

impl Sums {
    /// Of /proc/net/snmp: ActiveOpens, PassiveOpens, InSegs, OutSegs of its Tcp line (RFC 4022).
    pub fn parse(table: &str) -> Option<Self> {
        let mut lines = table.lines().filter_map(|line| line.strip_prefix("Tcp: "));
        let (names, values) = (lines.next()?, lines.next()?);
        let mut sums = Self::default();
        for (name, value) in names.split(' ').zip(values.split(' ')) {
            let sum = match name {
                "ActiveOpens" | "PassiveOpens" => &mut sums.opened,
                "InSegs" | "OutSegs" => &mut sums.segments,
                _ => continue,
            };
            *sum = sum.wrapping_add(value.parse().ok()?);
        }
        Some(sums)
    }
}

/// What is remembered between looks.
#[derive(Debug, Default)]
pub struct Pace {
    sums: Option<Sums>,
    explained: u64,
    opened: u64,
    dumped: Option<Duration>,
    rest: Duration,
    /// Looks to be passed over, and how many the next time.
    waiting: u32,
    fruitless: u32,
}

impl Pace {
    /// Whether to dump at `now`. `explained` are the segments that followed connections have moved
    /// since the beginning; without `sums` each look is worth it.
    pub fn is_due(&mut self, now: Duration, sums: Option<Sums>, explained: u64) -> bool {
        let before = self.sums.take();
        self.sums = sums;
        let own = explained.wrapping_sub(std::mem::replace(&mut self.explained, explained));
        let Some(dumped) = self.dumped else { return true };
        let since = now.saturating_sub(dumped);
        if since < self.rest {
            return false;
        }
        let (Some(sums), Some(before)) = (sums, before) else { return true };
        if since >= LONGEST || sums.opened != self.opened {
            return true;
        }
        let moved = sums.segments.wrapping_sub(before.segments);
        let unexplained = moved.saturating_sub(own);
        if unexplained < FEW || unexplained < moved / 4 {
            return false;
        }
        let waited = self.waiting == 0;
        self.waiting = self.waiting.saturating_sub(1);
        waited
    }

    /// A dump was made; with everything behind it, it took `cost` of CPU time. `news` when it found
    /// a connection to follow.
    pub fn dumped(&mut self, now: Duration, cost: Duration, news: bool) {
        self.dumped = Some(now);
        self.rest = cost * SHARE;
        self.opened = self.sums.map_or(0, |sums| sums.opened);
        self.fruitless = if news { 0 } else { (self.fruitless * 2 + 1).min(MOST_FRUITLESS - 1) };
        self.waiting = self.fruitless;
    }
}
