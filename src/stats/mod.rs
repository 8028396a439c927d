//! Numbers in, numbers out: each formula alone, with its source.

mod jain;
mod summary;

pub use jain::jain;
pub use summary::{Moments, Summary, mean_interval95, student_t};
