//! The face that is handed on: results of sessions and of tables, compared, as pages.
//!
//! What a file is, and how results made elsewhere are read. Everything here is pure: text goes in.

pub mod input;
pub mod iperf3;
pub mod table;
