//! The roll of those guests that run here: the survey enters who has come, whoever sees a guest leave
//! strikes it, and one of them tells the list when it has changed.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::{Event, Guest, GuestId};

/// What tells of a process's end as long as it is held.
#[cfg(target_os = "linux")]
pub type Handle = std::os::fd::OwnedFd;
/// Nothing does.
#[cfg(not(target_os = "linux"))]
pub type Handle = std::convert::Infallible;

/// A guest that runs here.
#[derive(Debug)]
pub struct Entry {
    /// What is told of it.
    pub guest: Guest,
    /// When its process started, in the system's own count: tells it from a later one of its number.
    pub started: u64,
    /// Its memory is its process's.
    pub resident: bool,
    /// Tells of its end.
    pub handle: Option<Handle>,
}

/// The roll; shared by threads of which none may wait long.
#[derive(Debug, Default)]
pub struct Roll {
    here: Mutex<Vec<Entry>>,
    next: AtomicU64,
    count: AtomicUsize,
    /// Counts what is new to tell; 0 before the first look.
    revision: AtomicU64,
}

impl Roll {
    /// Everything on it, in order of id. Held for moments only.
    pub fn here(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the guest that comes next; none is given twice.
    pub fn next_id(&self) -> GuestId {
        self.next.fetch_add(1, Ordering::Relaxed) as GuestId + 1
    }

    /// How many are on it.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Has it told anew.
    pub fn changed(&self) {
        self.count.store(self.here().len(), Ordering::Relaxed);
        self.revision.fetch_add(1, Ordering::Release);
    }

    /// Strikes those who have left.
    pub fn strike(&self, left: &[GuestId]) {
        self.here().retain(|entry| !left.contains(&entry.guest.id));
        self.changed();
    }

    /// Appends the list if it has changed since `told`.
    pub fn tell(&self, told: &mut u64, at: Duration, out: &mut Vec<Event>) {
        let revision = self.revision.load(Ordering::Acquire);
        if std::mem::replace(told, revision) != revision {
            let guests = self.here().iter().map(|entry| entry.guest.clone()).collect();
            out.push(Event::Guests { at, guests });
        }
    }
}
