//! What a run's trial measured, as far as the lines and the table about it go.

use std::time::Duration;

use crate::model::{Direction, printable};
use crate::session::Trial;
use crate::units::Bytes;

/// A trial that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Between its marks.
    pub duration: Duration,
    /// Of its subject, where it had one.
    pub traffic: Option<Traffic>,
}

/// What a trial's subject carried, in its direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// Subject and direction: `bond0 TX`.
    pub about: String,
    pub bytes: Bytes,
    /// Over the active time, else over the marked one; bit/s.
    pub mean: Option<f64>,
    /// bit/s
    pub peak: Option<f64>,
    pub peak_window: Duration,
    /// The peak is more than the wire can carry.
    pub impossible: bool,
    /// Bytes in them may be missing.
    pub gaps: u64,
}

impl Measured {
    /// Of a trial; as if it ended at `now` when it runs.
    pub fn of(trial: &Trial, now: Duration) -> Self {
        let duration = trial.duration(now);
        let traffic = trial.figures.as_ref().map(|figures| {
            let bytes = Bytes(figures.bytes[figures.direction]);
            Traffic {
                about: about(&figures.subject, figures.direction),
                bytes,
                mean: figures.mean.or(bytes.over(duration).map(|rate| rate.0)),
                peak: figures.peak,
                peak_window: figures.peak_window,
                impossible: figures.impossible,
                gaps: figures.gaps,
            }
        });
        Self { duration, traffic }
    }
}

fn about(subject: &str, direction: Direction) -> String {
    format!("{} {}", printable(subject), direction.label())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A run of so many seconds that carried 13.4 GB.
    pub fn measured(seconds: f64) -> Measured {
        let bytes = Bytes(13_400_000_000);
        Measured {
            duration: Duration::from_secs_f64(seconds),
            traffic: Some(Traffic {
                about: "bond0 TX".into(),
                bytes,
                mean: Some(bytes.0 as f64 * 8.0 / seconds),
                peak: Some(9.84e9),
                peak_window: Duration::from_secs(1),
                impossible: false,
                gaps: 0,
            }),
        }
    }
}
