//! Linux: processes from files of /proc, and departures from the kernel itself.
//!
//! A pidfd is readable from the moment on at which its process has ended, also before anybody has
//! waited for it (pidfd_open(2), Linux 5.3). All of them are in one epoll set: whether any guest has
//! left is one system call that waits for nothing.

use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::fs::{RawDir, SeekFrom};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::super::guests::processes::{Birth, Processes};
use super::super::guests::roll::{Handle, Roll};
use super::super::survey::Companion;
use super::SourceError;
use crate::model::{Event, GuestId, InterfaceId};

const PROC: &str = "/proc";
const LOADAVG: &str = "/proc/loadavg";
/// The list is read anew after this many looks whatever `/proc/loadavg` says.
const LISTED: u32 = 27;
/// No command line is read further.
const LONGEST: u64 = 64 << 10;

/// What [`open`] gives.
pub type Opened = (Box<dyn Processes>, Box<dyn Companion>);

/// The processes of this PID namespace, and the companion that sees guests leave.
///
/// # Errors
/// When there is no /proc, or no epoll.
pub fn open(roll: &Arc<Roll>) -> Result<Opened, SourceError> {
    let wrong = |path| move |source: std::io::Error| SourceError::Read { path, source };
    let folder = File::open(PROC).map_err(wrong(PROC))?;
    let loadavg = File::open(LOADAVG).map_err(wrong(LOADAVG))?;
    let set = epoll::create(epoll::CreateFlags::CLOEXEC)
        .map_err(|error| SourceError::Read { path: PROC, source: error.into() })?;
    let set = Arc::new(set);
    let processes = ProcFiles {
        folder,
        loadavg,
        page: rustix::param::page_size() as u64,
        last_pid: None,
        looks: 0,
        text: Vec::new(),
        departures: Arc::clone(&set),
    };
    let departures = Departures { set, roll: Arc::clone(roll), left: Vec::new(), told: 0 };
    Ok((Box::new(processes), Box::new(departures)))
}

struct ProcFiles {
    folder: File,
    loadavg: File,
    page: u64,
    last_pid: Option<u32>,
    looks: u32,
    text: Vec<u8>,
    departures: Arc<OwnedFd>,
}

impl ProcFiles {
    /// The number that was given to a process last; another one when there was a fork.
    fn newest(&self) -> Option<u32> {
        let mut text = [0; 128];
        let length = self.loadavg.read_at(&mut text, 0).ok()?;
        newest(&text[..length])
    }

    /// Reads a file of `pid`'s into the buffer; `None` when that cannot be done.
    fn read(&mut self, pid: u32, file: &str) -> Option<&[u8]> {
        self.text.clear();
        let file = File::open(format!("{PROC}/{pid}/{file}")).ok()?;
        file.take(LONGEST).read_to_end(&mut self.text).ok()?;
        Some(&self.text)
    }
}

impl Processes for ProcFiles {
    fn list(&mut self, pids: &mut Vec<u32>) -> Result<bool, SourceError> {
        let newest = self.newest();
        self.looks += 1;
        if newest.is_some() && newest == self.last_pid && self.looks < LISTED {
            return Ok(false);
        }
        let wrong =
            |error: rustix::io::Errno| SourceError::Read { path: PROC, source: error.into() };
        rustix::fs::seek(&self.folder, SeekFrom::Start(0)).map_err(wrong)?;
        let mut room = [MaybeUninit::uninit(); 8_192];
        let mut entries = RawDir::new(&self.folder, &mut room);
        pids.clear();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(wrong)?;
            let name = std::str::from_utf8(entry.file_name().to_bytes()).ok();
            pids.extend(name.and_then(|name| name.parse::<u32>().ok()));
        }
        pids.sort_unstable();
        (self.last_pid, self.looks) = (newest, 0);
        Ok(true)
    }

    fn command_line(&mut self, pid: u32, cmdline: &mut Vec<u8>) {
        cmdline.clear();
        if let Some(text) = self.read(pid, "cmdline") {
            cmdline.extend_from_slice(text);
        }
    }

    fn birth(&mut self, pid: u32) -> Option<Birth> {
        birth(self.read(pid, "stat")?)
    }

    fn resident(&mut self, pid: u32) -> Option<u64> {
        let page = self.page;
        let text = std::str::from_utf8(self.read(pid, "statm")?).ok()?;
        Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * page)
    }

    fn watch(&mut self, pid: u32, id: GuestId) -> Option<Handle> {
        let handle = pidfd_open(Pid::from_raw(pid as i32)?, PidfdFlags::empty()).ok()?;
        let data = epoll::EventData::new_u64(u64::from(id));
        epoll::add(&*self.departures, handle.as_fd(), data, epoll::EventFlags::IN).ok()?;
        Some(handle)
    }
}

/// The last word of `0.20 0.18 0.12 1/80 11206`, proc_loadavg(5).
fn newest(loadavg: &[u8]) -> Option<u32> {
    std::str::from_utf8(loadavg).ok()?.trim_end().rsplit(' ').next()?.parse().ok()
}

/// Parent and start of a process that has not ended, proc_pid_stat(5): the name in brackets may hold
/// anything.
fn birth(stat: &[u8]) -> Option<Birth> {
    let stat = String::from_utf8_lossy(stat);
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // The third and fourth field; the twenty-second is `starttime`.
    let started = fields.nth(17)?.parse().ok()?;
    (!matches!(state, "Z" | "X" | "x")).then_some(Birth { parent, started })
}

/// Sees guests leave.
struct Departures {
    set: Arc<OwnedFd>,
    roll: Arc<Roll>,
    left: Vec<GuestId>,
    told: u64,
}

impl Companion for Departures {
    fn follow(
        &mut self,
        at: Duration,
        _id_of: &dyn Fn(u32) -> Option<InterfaceId>,
        out: &mut Vec<Event>,
    ) {
        const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        while self.roll.count() > 0 {
            let mut room = [MaybeUninit::uninit(); 64];
            let Ok((ended, rest)) = epoll::wait(&*self.set, &mut room, Some(&NO_WAIT)) else {
                break;
            };
            self.left.clear();
            self.left.extend(ended.iter().map(|event| event.data.u64() as GuestId));
            if self.left.is_empty() {
                break;
            }
            let all = !rest.is_empty();
            // Struck, its descriptor is closed, and is in the set no more.
            self.roll.strike(&self.left);
            if all {
                break;
            }
        }
        self.roll.tell(&mut self.told, at, out);
    }

    fn is_quick(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_process_is_the_last_word_of_loadavg() {
        assert_eq!(newest(b"0.20 0.18 0.12 1/80 11206\n"), Some(11_206));
        assert_eq!(newest(b""), None);
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_has_ended() {
        // Recorded on Linux 6.18, cut behind the start.
        let stat = |state: &str| {
            format!(
                "4242 (a (b) c) {state} 4100 4242 4100 0 -1 4194304 1 0 0 0 2 3 0 0 20 0 1 0 \
                 987654 0"
            )
        };
        let told = Some(Birth { parent: 4_100, started: 987_654 });
        assert_eq!(birth(stat("S").as_bytes()), told);
        assert_eq!(birth(stat("Z").as_bytes()), None);
        assert_eq!(birth(b"4242 (cut"), None);
    }
}
