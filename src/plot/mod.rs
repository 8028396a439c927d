//! Charts as data, drawn as SVG or as lines of text.
//!
//! A [`Chart`] holds numbers in base units (seconds, bit/s) with everything named that a reader
//! needs; what the numbers mean is the caller's business. [`svg`] and [`text`] draw the same chart:
//! what one shows the other does not contradict. Numbers that are not finite are not drawn.

pub mod chart;
mod reading;
pub mod scale;
pub mod svg;
pub mod text;
mod wrap;

pub use chart::Chart;
