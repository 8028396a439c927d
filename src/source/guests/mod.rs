//! The guests of this host, found by their hypervisors' processes.
//!
//! All processes are listed only when there are new ones, and each is looked at a few times while it
//! is young: whoever starts a guest forks first and becomes it a moment later. What cannot be read is
//! no guest, and holds up nobody but the surveyor.

pub mod processes;
pub mod roll;
pub mod table;

use std::sync::Arc;
use std::time::Duration;

use super::SourceError;
use super::survey::{Companion, Survey};
use crate::clock::SessionClock;
use crate::model::{Event, Guest, beside};
use processes::{Portable, Processes};
use roll::{Entry, Roll};
use table::Table;

/// A process is looked at again at these many looks after its first; it is none of a guest's then.
const LOOKED_AT: [u8; 7] = [0, 1, 2, 4, 8, 16, 32];
/// What was there before the session is looked at once, and once more when it is this many looks old.
const OLD: u8 = 17;
/// How far apart guests are asked for the memory that they hold.
const RESIDENT: Duration = Duration::from_secs(10);
/// A change of it by less than this part is not told by itself.
const CHANGED: u64 = 16;

/// The survey, and what follows departures more closely where there is something that does.
pub fn open() -> (Box<dyn Survey>, Option<Box<dyn Companion>>) {
    let roll = Arc::new(Roll::default());
    #[cfg(target_os = "linux")]
    if let Ok((processes, departures)) = super::linux::guests::open(&roll) {
        let survey = GuestSurvey { tells: false, ..GuestSurvey::new(processes, roll) };
        return (Box::new(survey), Some(departures));
    }
    (Box::new(GuestSurvey::new(Box::new(Portable::default()), roll)), None)
}

/// Looks for guests.
pub struct GuestSurvey {
    processes: Box<dyn Processes>,
    table: Table,
    roll: Arc<Roll>,
    /// Processes and how many looks old they are, in order; those that are old enough as well.
    known: Vec<(u32, u8)>,
    pids: Vec<u32>,
    cmdline: Vec<u8>,
    asked: Option<Duration>,
    looked: bool,
    told: u64,
    /// Nobody else tells the roll.
    tells: bool,
}

impl GuestSurvey {
    /// Enters what it finds by `processes` into `roll`.
    pub fn new(processes: Box<dyn Processes>, roll: Arc<Roll>) -> Self {
        Self {
            processes,
            table: Table::built_in(),
            roll,
            known: Vec::new(),
            pids: Vec::new(),
            cmdline: Vec::new(),
            asked: None,
            looked: false,
            told: 0,
            tells: true,
        }
    }

    /// Merges the list of processes into those that are known.
    fn merge(&mut self) {
        let first = if self.looked { 0 } else { OLD };
        let mut known = std::mem::take(&mut self.known).into_iter().peekable();
        self.known = self
            .pids
            .iter()
            .map(|pid| {
                while known.next_if(|(before, _)| before < pid).is_some() {}
                known.next_if(|(before, _)| before == pid).unwrap_or((*pid, first))
            })
            .collect();
    }

    /// Looks at what is young, and enters those that are guests; whether there were any.
    fn find(&mut self) -> bool {
        let mut found = false;
        for n in 0..self.known.len() {
            let (pid, age) = self.known[n];
            let due = LOOKED_AT.contains(&age) || !self.looked;
            self.known[n].1 = age.saturating_add(1);
            if !due {
                continue;
            }
            if let Some(entry) = self.recognise(pid) {
                self.known[n].1 = u8::MAX;
                self.roll.here().push(entry);
                found = true;
            } else if !self.looked && self.is_becoming(pid) {
                self.known[n].1 = 1;
            }
        }
        found
    }

    /// Whether the process that was just looked at has no command line yet: kernel threads, which are
    /// Linux's second process's children, never have one.
    fn is_becoming(&mut self, pid: u32) -> bool {
        const KTHREADD: u32 = 2;
        self.cmdline.is_empty()
            && pid != KTHREADD
            && self.processes.birth(pid).is_some_and(|birth| birth.parent != KTHREADD)
    }

    fn recognise(&mut self, pid: u32) -> Option<Entry> {
        self.processes.command_line(pid, &mut self.cmdline);
        self.table.recognise(&self.cmdline)?;
        let birth = self.processes.birth(pid)?;
        // What a guest's process forks looks like it until it becomes something else.
        let is_helper = |entry: &Entry| entry.guest.pid == birth.parent;
        if self.roll.here().iter().any(is_helper) {
            return None;
        }
        let id = self.roll.next_id();
        let handle = self.processes.watch(pid, id);
        // Read again: the process may have ended, and its number be another's, before it was watched.
        self.processes.command_line(pid, &mut self.cmdline);
        let recognised = self.table.recognise(&self.cmdline)?;
        let resident = recognised.resident.then(|| self.processes.resident(pid)).flatten();
        let guest = Guest {
            id,
            pid,
            name: recognised.name.unwrap_or_else(|| format!("{} {pid}", recognised.hypervisor)),
            hypervisor: recognised.hypervisor,
            memory_bytes: recognised.memory_bytes,
            resident_bytes: resident,
        };
        let started = birth.started;
        Some(Entry { guest, started, resident: recognised.resident, handle })
    }

    /// Strikes those whose end nothing tells of; whether there were any.
    fn miss(&mut self) -> bool {
        let here: Vec<_> = {
            let roll = self.roll.here();
            let unwatched = roll.iter().filter(|entry| entry.handle.is_none());
            unwatched.map(|entry| (entry.guest.id, entry.guest.pid, entry.started)).collect()
        };
        let is_gone = |&(_, pid, started): &(_, u32, u64)| {
            self.processes.birth(pid).is_none_or(|birth| birth.started != started)
        };
        let gone: Vec<_> = here.into_iter().filter(is_gone).map(|(id, ..)| id).collect();
        if !gone.is_empty() {
            self.roll.strike(&gone);
        }
        !gone.is_empty()
    }

    /// Asks guests for the memory that they hold; whether any has changed much.
    fn weigh(&mut self, at: Duration) -> bool {
        if self.asked.is_some_and(|asked| at.saturating_sub(asked) < RESIDENT) {
            return false;
        }
        self.asked = Some(at);
        let pids: Vec<_> = {
            let roll = self.roll.here();
            roll.iter().filter(|e| e.resident).map(|e| (e.guest.id, e.guest.pid)).collect()
        };
        let mut changed = false;
        for (id, pid) in pids {
            let Some(now) = self.processes.resident(pid).filter(|bytes| *bytes > 0) else {
                continue;
            };
            let mut roll = self.roll.here();
            let Some(entry) = roll.iter_mut().find(|entry| entry.guest.id == id) else { continue };
            let told = entry.guest.resident_bytes;
            if told.is_none_or(|told| told.abs_diff(now) > told / CHANGED) {
                entry.guest.resident_bytes = Some(now);
                changed = true;
            }
        }
        changed
    }
}

impl Survey for GuestSurvey {
    fn name(&self) -> &'static str {
        beside::GUESTS
    }

    fn look(&mut self, clock: &SessionClock, out: &mut Vec<Event>) -> Result<(), SourceError> {
        if self.processes.list(&mut self.pids)? {
            self.merge();
        }
        let mut changed = !self.looked | self.find();
        self.looked = true;
        changed |= self.miss();
        changed |= self.weigh(clock.now());
        if changed {
            self.roll.changed();
        }
        if self.tells {
            self.roll.tell(&mut self.told, clock.now(), out);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
