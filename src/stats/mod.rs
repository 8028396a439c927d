//! Numbers in, numbers out: each formula alone, with its source.

mod jain;

pub use jain::jain;
