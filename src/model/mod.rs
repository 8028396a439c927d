//! What is observed and what is said about it: the words every layer above shares.
//!
//! The types here are the session stream's own (one JSON object a line); they know neither where
//! they come from nor who reads them.

mod event;
mod interface;
mod mark;
mod misread;
mod nanos;

pub use event::{Counts, End, Event, Faults, GapReason, Header};
pub use interface::{
    DEFAULT_MTU, Direction, Interface, InterfaceId, Kind, Pair, Team, TeamOrigin, attainable,
    printable,
};
pub use mark::{Factors, Mark, MarkBy, MarkKind};
pub use misread::Misread;
