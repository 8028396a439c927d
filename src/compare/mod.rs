//! Trials compared, wherever they were measured: cells, comparisons, time models, sweet spots and
//! findings. Pure: outcomes in, a [`Study`] out, which both faces show.

mod axes;
mod cell_word;
mod cells;
mod charts;
mod configurations;
mod finding;
pub mod load;
mod matrix;
mod outcome;
mod pairs;
mod rules;
mod standing;
mod study;
mod sweet_spots;
mod telling;
mod time_model;
pub mod words;

#[cfg(test)]
mod tests;

pub use axes::{Axes, AxesError};
pub use cell_word::CellWord;
pub use cells::{Cell, Spread, windows_differ};
pub use configurations::Configuration;
pub use finding::{Finding, Weight, What};
pub use matrix::{Matrix, Row};
pub use outcome::{Member, Origin, Outcome};
pub use pairs::Comparison;
pub use standing::{Earlier, Left, SoFar, Standing, is_run_of};
pub use study::{Settings, Study, StudyError};
pub use sweet_spots::{Reason, SweetSpot, WITHIN};
pub use time_model::{Asked, PredictError, Prediction, TimeModel};
