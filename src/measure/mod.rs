//! From two readings to a rate, from rates to history: the rules of measurement, each alone.
//!
//! Nothing here knows where readings come from or who looks at the rates.

pub mod cadence;
pub mod counter;
pub mod history;
pub mod meter;
pub mod team;
