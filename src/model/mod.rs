//! What is observed and what is said about it: the words every layer above shares.
//!
//! The types here are the session stream's own (one JSON object a line); they know neither where
//! they come from nor who reads them.

mod event;
mod flow;
mod guest;
mod host;
mod interface;
mod mark;
mod misread;
mod names;
mod nanos;
mod packets;

pub use event::{Counts, End, Event, Faults, GapReason, Header, beside, is_beside_counters};
pub use flow::{Flow, FlowId, TcpState};
pub use guest::{Guest, GuestId};
pub use host::HostLoad;
pub use interface::{
    DEFAULT_MTU, Direction, Interface, InterfaceId, Kind, Pair, Team, TeamOrigin, attainable,
};
pub use mark::{Factors, Mark, MarkBy, MarkKind, PlannedTrial};
pub use misread::Misread;
pub use names::{is_formula, printable};
pub use packets::{Captured, Seen, Talk};
