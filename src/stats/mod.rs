//! Numbers in, numbers out: each formula alone, with its source.
//!
//! What is not defined is `None`, never NaN: no values, too few of them, no spread, and whatever is
//! not finite.

mod holm;
mod jain;
mod line;
mod moments;
mod outlier;
mod quantile;
mod ranks;
mod ratio;
mod sample_size;
mod satterthwaite;
mod student;
mod summary;
mod tail;
mod welch;

#[cfg(test)]
mod recorded;

pub use holm::holm;
pub use jain::jain;
pub use line::{Estimate, Line, Prediction};
pub use outlier::outliers;
pub use quantile::quantile;
pub use ratio::{Ratio, ratio_of_means};
pub use sample_size::runs_needed;
pub use summary::Summary;
pub use welch::{Welch, welch};
