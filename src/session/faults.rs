//! Errors and drops since session start, from absolute values that may start over.

use crate::model::{Faults, Pair};

/// Packets that were lost, both directions together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub errors: u64,
    pub drops: u64,
}

impl Lost {
    /// What was lost after `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            errors: self.errors.saturating_sub(earlier.errors),
            drops: self.drops.saturating_sub(earlier.drops),
        }
    }

    /// Both together.
    pub fn sum(self) -> u64 {
        self.errors + self.drops
    }
}

/// One interface's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FaultCount {
    /// As last read; an interface that was never told of has none.
    read: Option<Faults>,
    pub lost: Lost,
}

impl FaultCount {
    /// What was there before the session is not its own.
    pub fn base(&mut self, faults: Faults) {
        self.read = Some(faults);
    }

    /// Takes a reading.
    pub fn take(&mut self, faults: Faults) {
        let before = self.read.replace(faults);
        let (errors, drops) = before.map_or_else(Default::default, |f| (f.errors, f.dropped));
        self.lost.errors += added(errors, faults.errors);
        self.lost.drops += added(drops, faults.dropped);
    }

    /// The counters restarted.
    pub fn restart(&mut self) {
        self.read = None;
    }
}

/// A smaller value has started over.
fn added(before: Pair<u64>, now: Pair<u64>) -> u64 {
    let of = |before: u64, now: u64| now.checked_sub(before).unwrap_or(now);
    of(before.rx, now.rx) + of(before.tx, now.tx)
}
