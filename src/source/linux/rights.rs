//! What this process may do beyond what everybody may: capabilities(7).

use rustix::thread::{CapabilitySet, capabilities};

fn has(wanted: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.permitted.contains(wanted))
}

/// Whose connection it is can be told for other users' processes, too: reading their /proc/PID/fd
/// (proc_pid_fd(5)).
pub fn sees_others_processes() -> bool {
    has(CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH)
}

/// Another network namespace can be joined (setns(2)).
pub fn joins_namespaces() -> bool {
    has(CapabilitySet::SYS_ADMIN)
}
