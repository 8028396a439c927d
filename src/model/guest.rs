//! Guests of the host: the processes that virtual machines run in.

use serde::{Deserialize, Serialize};

/// Names one guest process for the length of a session; never reused in it.
pub type GuestId = u32;

/// A guest that runs here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Which.
    pub id: GuestId,
    /// Its process.
    pub pid: u32,
    /// What it is called; may hold anything.
    pub name: String,
    /// The product that runs it, in the pattern table's word.
    pub hypervisor: String,
    /// Memory it was given; `None` where its command line does not say.
    pub memory_bytes: Option<u64>,
    /// Memory its process held when it was last looked at.
    pub resident_bytes: Option<u64>,
}
