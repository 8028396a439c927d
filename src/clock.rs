//! The only place where clocks and our own cost are read, and where the session's two clocks are tied
//! together.
//!
//! Everything inside is an offset on the monotonic clock; the wall clock is for people and file
//! names, steps with NTP, and is never subtracted.

use std::time::{Duration, Instant, SystemTime};

/// The session's monotonic clock, tied once to the wall clock at its start.
#[derive(Debug, Clone, Copy)]
pub struct SessionClock {
    mono: Instant,
    wall: SystemTime,
}

impl SessionClock {
    /// Starts the session's time now.
    pub fn start() -> Self {
        Self { mono: Instant::now(), wall: SystemTime::now() }
    }

    /// Time since session start: what rates divide by and what the journal stores.
    pub fn now(&self) -> Duration {
        self.mono.elapsed()
    }

    /// The wall clock at session start.
    pub fn started(&self) -> SystemTime {
        self.wall
    }
}

/// The wall clock now, for the screen's clock and file names.
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// A moment of a session on the wall clock; `started` is that of its start, RFC 3339. `None` when it
/// is no time, or beyond what can be written.
pub fn moment(started: &str, at: Duration) -> Option<jiff::Timestamp> {
    started.parse::<jiff::Timestamp>().ok()?.checked_add(at).ok()
}

/// How long the machine has slept since boot; zero where that cannot be told.
///
/// Linux: `CLOCK_BOOTTIME` counts suspended time, `CLOCK_MONOTONIC` does not (clock_gettime(2)).
pub fn slept() -> Duration {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let read = |id| {
            let t = clock_gettime(id);
            Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
        };
        let mono = read(ClockId::Monotonic);
        read(ClockId::Boottime).saturating_sub(mono)
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

/// CPU time of this process so far, all threads; zero where it cannot be told.
pub fn own_cpu() -> Duration {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// CPU time of the calling thread so far; zero where it cannot be told.
pub fn thread_cpu() -> Duration {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// The most memory this process has held, in bytes: VmHWM of proc(5); `None` where there is none.
pub fn own_peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
