//! What the survey asks of the system's processes, and the portable answer.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::super::SourceError;
use super::roll::Handle;
use crate::model::GuestId;

/// A process that may be a guest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// Whose child it is.
    pub parent: u32,
    /// When it started, in the system's own count.
    pub started: u64,
}

/// The system's processes.
pub trait Processes: Send {
    /// Fills `pids` with all there are, in order; whether it did: not when there is none that was not
    /// there the last time.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn list(&mut self, pids: &mut Vec<u32>) -> Result<bool, SourceError>;

    /// Its arguments, each ended by NUL, into `cmdline`; empty where they cannot be read.
    fn command_line(&mut self, pid: u32, cmdline: &mut Vec<u8>);

    /// Where it comes from; `None` when it has ended.
    fn birth(&mut self, pid: u32) -> Option<Birth>;

    /// Memory that it holds, in bytes.
    fn resident(&mut self, pid: u32) -> Option<u64>;

    /// Something that will tell of its end as that of `id`, where there is such a thing.
    fn watch(&mut self, pid: u32, id: GuestId) -> Option<Handle>;
}

/// All processes are listed at every how many looks.
const LISTED: u32 = 3;

/// By the `sysinfo` crate.
pub struct Portable {
    system: Option<System>,
    looks: u32,
}

impl Default for Portable {
    fn default() -> Self {
        Self { system: System::new().ok(), looks: 0 }
    }
}

impl Portable {
    fn refresh(&mut self, pid: u32, kind: ProcessRefreshKind) -> Option<&sysinfo::Process> {
        let pid = Pid::from_u32(pid);
        let system = self.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        system.process(pid)
    }
}

impl Processes for Portable {
    fn list(&mut self, pids: &mut Vec<u32>) -> Result<bool, SourceError> {
        let system = self.system.as_mut().ok_or(SourceError::NotTold("its processes"))?;
        self.looks += 1;
        if self.looks % LISTED != 1 {
            return Ok(false);
        }
        let kind = ProcessRefreshKind::nothing().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        pids.clear();
        pids.extend(system.processes().keys().map(|pid| pid.as_u32()));
        pids.sort_unstable();
        Ok(true)
    }

    fn command_line(&mut self, pid: u32, cmdline: &mut Vec<u8>) {
        cmdline.clear();
        let kind = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always).without_tasks();
        for argument in self.refresh(pid, kind).into_iter().flat_map(sysinfo::Process::cmd) {
            cmdline.extend_from_slice(argument.as_encoded_bytes());
            cmdline.push(0);
        }
    }

    fn birth(&mut self, pid: u32) -> Option<Birth> {
        let process = self.refresh(pid, ProcessRefreshKind::nothing().without_tasks())?;
        let ended = matches!(
            process.status(),
            sysinfo::ProcessStatus::Zombie | sysinfo::ProcessStatus::Dead
        );
        let parent = process.parent().map_or(0, Pid::as_u32);
        (!ended).then(|| Birth { parent, started: process.start_time() })
    }

    fn resident(&mut self, pid: u32) -> Option<u64> {
        let kind = ProcessRefreshKind::nothing().with_memory().without_tasks();
        Some(self.refresh(pid, kind)?.memory())
    }

    fn watch(&mut self, _pid: u32, _id: GuestId) -> Option<Handle> {
        None
    }
}
