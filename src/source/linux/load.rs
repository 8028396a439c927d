//! The host's load from files of /proc that are kept open: a look costs three reads.
//!
//! Layouts: proc_stat(5), proc_meminfo(5), proc_pid_statm(5); times in `/proc/stat` are in
//! hundredths of a second (USER_HZ is 100 on every port of Linux), so that a share of a second is
//! known to one in a hundred.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::super::survey::Survey;
use super::SourceError;
use crate::clock::{self, SessionClock};
use crate::model::{Event, HostLoad, beside};

const STAT: &str = "/proc/stat";
const MEMINFO: &str = "/proc/meminfo";
const STATM: &str = "/proc/self/statm";

/// The files, and the cores' times of the look before.
pub struct HostSurvey {
    stat: File,
    meminfo: File,
    statm: File,
    text: Vec<u8>,
    cores: Vec<Core>,
    last: Option<Duration>,
    page: u64,
}

/// What a core has done so far, in hundredths of a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Core {
    number: u32,
    busy: u64,
    idle: u64,
    softirq: u64,
}

impl HostSurvey {
    /// Opens the files.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn open() -> Result<Self, SourceError> {
        let open = |path| File::open(path).map_err(|source| SourceError::Read { path, source });
        Ok(Self {
            stat: open(STAT)?,
            meminfo: open(MEMINFO)?,
            statm: open(STATM)?,
            text: vec![0; 4_096],
            cores: Vec::new(),
            last: None,
            page: rustix::param::page_size() as u64,
        })
    }
}

impl Survey for HostSurvey {
    fn name(&self) -> &'static str {
        beside::HOST
    }

    fn look(&mut self, clock: &SessionClock, out: &mut Vec<Event>) -> Result<(), SourceError> {
        read_cores(&self.stat, &mut self.text)?;
        let at = clock.now();
        let mut load = HostLoad { at, ..HostLoad::default() };
        take_shares(&self.text, &mut self.cores, &mut load);
        let Some(last) = self.last.replace(at) else { return Ok(()) };
        load.over = at.saturating_sub(last);
        read(&self.meminfo, MEMINFO, &mut self.text)?;
        (load.memory_bytes, load.memory_used_bytes) = memory(&self.text);
        read(&self.statm, STATM, &mut self.text)?;
        load.own_rss_bytes = second_number(&self.text).map(|pages| pages * self.page);
        load.own_cpu = clock::own_cpu();
        out.push(Event::Host(load));
        Ok(())
    }
}

/// Reads the whole of a small file into `text`.
fn read(file: &File, path: &'static str, text: &mut Vec<u8>) -> Result<(), SourceError> {
    read_until(file, path, text, |_| false)
}

/// Reads `/proc/stat` as far as its cores go: what follows is a number for every interrupt.
fn read_cores(stat: &File, text: &mut Vec<u8>) -> Result<(), SourceError> {
    read_until(stat, STAT, text, |text| memchr::memmem::find(text, b"\nintr").is_some())
}

fn read_until(
    file: &File,
    path: &'static str,
    text: &mut Vec<u8>,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<(), SourceError> {
    let mut length = 0;
    text.resize(text.capacity(), 0);
    loop {
        if text.len() - length < 1_024 {
            text.resize(text.len() * 2, 0);
        }
        let got = file
            .read_at(&mut text[length..], length as u64)
            .map_err(|source| SourceError::Read { path, source })?;
        length += got;
        if got == 0 || enough(&text[..length]) {
            text.truncate(length);
            return Ok(());
        }
    }
}

/// Shares since the times in `before`, which are replaced. A core that has come tells nothing yet.
///
/// Busy is all that is not idle and not waiting for a disk. What another guest of the machine below
/// took (steal) is busy, too: this core could not have done more.
fn take_shares(text: &[u8], before: &mut Vec<Core>, load: &mut HostLoad) {
    let mut kept = 0;
    for core in cores(text) {
        // Those that have gone in between are passed over.
        if let Some(gone) = before[kept..].iter().position(|then| then.number == core.number) {
            before.drain(kept..kept + gone);
            let then = before[kept];
            let busy = core.busy.saturating_sub(then.busy);
            // A core's idle time may fall by a hundredth when it is read anew.
            let all = busy + core.idle.saturating_sub(then.idle);
            let permille =
                |part: u64| (part * 1_000).checked_div(all).unwrap_or(0).min(1_000) as u16;
            load.busy_permille.push(permille(busy));
            load.softirq_permille.push(permille(core.softirq.saturating_sub(then.softirq)));
            before[kept] = core;
        } else {
            before.insert(kept, core);
        }
        kept += 1;
    }
    before.truncate(kept);
}

/// The `cpuN` lines.
fn cores(text: &[u8]) -> impl Iterator<Item = Core> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.strip_prefix(b"cpu")?;
        let mut words = line.split(|byte| *byte == b' ').map(number);
        let number = words.next()?? as u32;
        // user nice system idle iowait irq softirq steal; time of guests is in user's.
        let mut times = [0; 8];
        for (time, word) in times.iter_mut().zip(words) {
            *time = word?;
        }
        let idle = times[3] + times[4];
        let busy = times.iter().sum::<u64>() - idle;
        Some(Core { number, busy, idle, softirq: times[6] })
    })
}

fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// The host's memory and what of it is not available, in bytes.
fn memory(text: &[u8]) -> (Option<u64>, Option<u64>) {
    let of = |name: &[u8]| {
        let mut lines = text.split(|byte| *byte == b'\n');
        let line = lines.find_map(|line| line.strip_prefix(name))?;
        Some(number(line.trim_ascii().strip_suffix(b" kB")?.trim_ascii())? * 1_024)
    };
    let total = of(b"MemTotal:");
    let used = total.zip(of(b"MemAvailable:")).map(|(all, left)| all.saturating_sub(left));
    (total, used)
}

/// `size resident shared ...` in pages.
fn second_number(text: &[u8]) -> Option<u64> {
    number(text.split(|byte| *byte == b' ').nth(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on Linux 6.18; the interrupts' line is cut.
    const RECORDED: &[u8] = b"\
cpu  1203498 3432 402341 5003212 12012 0 34012 120 0 0
cpu0 601234 1700 201100 2501000 6000 0 30000 60 0 0
cpu1 602264 1732 201241 2502212 6012 0 4012 60 0 0
intr 123 0 0";

    fn shares(before: &[u8], after: &[u8]) -> HostLoad {
        let mut known = Vec::new();
        take_shares(before, &mut known, &mut HostLoad::default());
        let mut load = HostLoad::default();
        take_shares(after, &mut known, &mut load);
        load
    }

    #[test]
    fn a_core_is_busy_when_it_neither_idles_nor_waits_for_a_disk() {
        let core0 = cores(RECORDED).next().expect("two");
        let busy = 601_234 + 1_700 + 201_100 + 30_000 + 60;
        assert_eq!(core0, Core { number: 0, busy, idle: 2_507_000, softirq: 30_000 });
        assert_eq!(cores(RECORDED).count(), 2, "the sum of all is no core");
    }

    #[test]
    fn shares_are_of_the_time_between_two_looks() {
        let after = b"cpu0 601244 1700 201110 2501050 6010 0 30020 60 0 0\n\
                      cpu1 602264 1732 201241 2502312 6012 0 4012 60 0 0\n";
        let load = shares(RECORDED, after);
        assert_eq!(load.busy_permille, [400, 0]);
        assert_eq!(load.softirq_permille, [200, 0]);
    }

    #[test]
    fn a_core_that_was_taken_offline_leaves_the_others_alone() {
        let all = b"cpu0 10 0 0 10 0 0 0 0\ncpu1 10 0 0 10 0 0 0 0\ncpu2 10 0 0 10 0 0 0 0\n";
        let fewer = b"cpu0 20 0 0 10 0 0 0 0\ncpu2 15 0 0 15 0 0 0 0\n";
        assert_eq!(shares(all, fewer).busy_permille, [1_000, 500]);
        assert_eq!(shares(fewer, all).busy_permille.len(), 2, "one that came tells nothing yet");
        let mut known = Vec::new();
        for text in [&all[..], fewer, all, b""] {
            take_shares(text, &mut known, &mut HostLoad::default());
            assert_eq!(known.len(), cores(text).count());
        }
    }

    #[test]
    fn idle_time_that_falls_is_no_work() {
        let load = shares(b"cpu0 10 0 0 100 0 0 0 0\n", b"cpu0 10 0 0 99 0 0 0 0\n");
        assert_eq!(load.busy_permille, [0]);
    }

    #[test]
    fn memory_in_use_is_what_is_not_available() {
        let text = b"MemTotal:       16384000 kB\nMemFree:  100 kB\nMemAvailable:   6384000 kB\n";
        assert_eq!(memory(text), (Some(16_384_000 << 10), Some(10_000_000 << 10)));
        assert_eq!(memory(b"MemTotal:       1024 kB\n"), (Some(1 << 20), None));
        assert_eq!(second_number(b"2345 678 90 1 0 2 0\n"), Some(678));
    }
}
