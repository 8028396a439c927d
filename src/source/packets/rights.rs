//! The right to capture, held no longer and by no more threads than needed (capabilities(7)).
//!
//! Capabilities are a thread's own, and a thread begins with those of the thread that starts it. So
//! the program lays CAP_NET_RAW down while it is one thread ([`lower`]); the capture's thread takes
//! it up to open its socket, and then gives it up for good ([`raised`]).

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

const RAW: CapabilitySet = CapabilitySet::NET_RAW;

fn change(change: impl FnOnce(&mut CapabilitySets)) -> io::Result<()> {
    let mut sets = capabilities(None)?;
    change(&mut sets);
    Ok(set_capabilities(None, sets)?)
}

/// Lays the right down: this thread, and those it starts, can take it up again. Where that fails
/// there is nothing to be laid down.
pub fn lower() {
    let _ = change(|sets| sets.effective.remove(RAW));
}

/// Gives the right up for good, with this thread and those it starts from now on.
pub fn forget() {
    let _ = change(|sets| {
        sets.effective.remove(RAW);
        sets.permitted.remove(RAW);
    });
}

/// Does `privileged` with the right taken up, if this thread may, and gives it up for good behind it.
pub fn raised<T>(privileged: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let permitted = capabilities(None)?.permitted.contains(RAW);
    if permitted {
        change(|sets| sets.effective.insert(RAW))?;
    }
    let done = privileged();
    if permitted {
        forget();
    }
    done
}
