//! The report: what trials say together, as a document in several forms.
//!
//! One [`Report`] value fixes what is said, its order, its units and its rounding; each form only
//! lays it out. [`json`] and [`csv`] are for programs and carry base units. `anstyle` and
//! `textwrap` stay in [`text`].

mod build;
mod charts;
pub mod csv;
mod document;
pub mod html;
pub mod input;
pub mod iperf3;
pub mod json;
pub mod markdown;
pub mod svg;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;

pub use build::Sources;
pub use document::{Align, Block, Heading, Report, Section, Statement, Table};
pub use iperf3::Capacity;
