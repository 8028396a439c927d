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

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Duration = Duration::from_micros(300);

    /// The seconds at which a dump is made, of looks a second apart; for each look, the sums and the
    /// segments of followed connections.
    fn dumps(looks: &[(u64, u64, u64)], cost: Duration, news: bool) -> Vec<u64> {
        let mut pace = Pace::default();
        let mut made = Vec::new();
        for (second, (opened, segments, explained)) in (0..).zip(looks) {
            let now = Duration::from_secs(second);
            let sums = Some(Sums { opened: *opened, segments: *segments });
            if pace.is_due(now, sums, *explained) {
                pace.dumped(now, cost, news);
                made.push(second);
            }
        }
        made
    }

    #[test]
    fn the_kernels_sums_are_read() {
        // Linux 6.18, IPv6's connections included.
        let table = "Ip: Forwarding DefaultTTL\nIp: 1 64\n\
            Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails \
            EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n\
            Tcp: 1 200 120000 -1 12 3 0 0 2 49211 48833 44 0 50 0\nUdp: InDatagrams\nUdp: 5\n";
        assert_eq!(Sums::parse(table), Some(Sums { opened: 15, segments: 98_044 }));
        assert_eq!(Sums::parse("Tcp: nonsense"), None);
    }

    #[test]
    fn a_host_at_rest_is_looked_at_seldom() {
        let looks: Vec<_> = (0..31).map(|second| (5, 10 * second, 0)).collect();
        assert_eq!(dumps(&looks, CHEAP, false), [0, 10, 20, 30]);
    }

    #[test]
    fn a_new_connection_is_looked_for_at_once() {
        let looks: Vec<_> = (0..8).map(|second| (5 + second / 4, 0, 0)).collect();
        assert_eq!(dumps(&looks, CHEAP, false), [0, 4]);
    }

    #[test]
    fn what_the_followed_connections_explain_is_not_looked_for() {
        let looks: Vec<_> = (0..9).map(|s| (5, 80_000 * s, 70_000 * s)).collect();
        assert_eq!(dumps(&looks, CHEAP, true), [0]);
    }

    #[test]
    fn what_stays_unexplained_is_looked_for_ever_less() {
        let looks: Vec<_> = (0..24).map(|second| (5, 80_000 * second, 0)).collect();
        assert_eq!(dumps(&looks, CHEAP, false), [0, 2, 6, 14, 22]);
        assert_eq!(dumps(&looks[..4], CHEAP, true), [0, 1, 2, 3], "while something is found");
    }

    #[test]
    fn looking_costs_a_hundredth_of_a_core_at_most() {
        let looks: Vec<_> = (0..20).map(|second| (second, 80_000 * second, 0)).collect();
        assert_eq!(dumps(&looks, Duration::from_millis(50), true), [0, 5, 10, 15]);
    }

    #[test]
    fn without_the_sums_every_look_is_worth_it() {
        let mut pace = Pace::default();
        for second in 0..3 {
            let now = Duration::from_secs(second);
            assert!(pace.is_due(now, None, 0));
            pace.dumped(now, CHEAP, false);
        }
    }
}
