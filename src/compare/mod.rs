//! Outcomes (stand-in until the room is wired).

pub mod load;
pub mod outcome;

pub use outcome::Outcome;
