//! Everything that trials say together: the one value that both faces show.

use super::axes::{Axes, AxesError};
use super::cells::{Cell, cells};
use super::configurations::{Configuration, configurations};
use super::finding::Finding;
use super::outcome::Outcome;
use super::pairs::{Comparison, comparisons};
use super::rules;
use super::sweet_spots::{SweetSpot, sweet_spots};
use super::time_model::{Asked, PredictError, TimeModel, models, predict};
use crate::model::printable;

/// What the reader chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The factor whose values are compared.
    pub configuration: Option<String>,
    /// The factor that says how much there was to do.
    pub load: Option<String>,
    /// The configuration that all others are compared with.
    pub baseline: Option<String>,
    /// Loads to predict the time of.
    pub predict: Vec<Asked>,
}

/// What was asked for that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudyError {
    /// A role that a factor cannot have.
    #[error(transparent)]
    Axes(#[from] AxesError),
    /// There is no such configuration.
    #[error("no configuration is called `{asked}`; there is {known}")]
    Baseline {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A prediction that cannot be made.
    #[error(transparent)]
    Predict(#[from] PredictError),
}

/// Trials compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// All of them, those that enter no cell too.
    pub trials: Vec<Outcome>,
    /// What the configuration and the load are.
    pub axes: Axes,
    /// The configurations, the smaller capacity first.
    pub configurations: Vec<Configuration>,
    /// The cells, in order of configuration and load.
    pub cells: Vec<Cell>,
    /// Every pair of configurations at equal load.
    pub comparisons: Vec<Comparison>,
    /// Pairs that were left out because they are too many.
    pub pairs_left_out: usize,
    /// Time over load, for each configuration with enough loads.
    pub models: Vec<TimeModel>,
    /// The smallest capacity that is enough, for each load.
    pub sweet_spots: Vec<SweetSpot>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Study {
    /// Compares `trials`.
    ///
    /// # Errors
    /// When something was asked for that cannot be.
    pub fn of(trials: Vec<Outcome>, settings: &Settings) -> Result<Self, StudyError> {
        let (configuration, load) = (settings.configuration.as_deref(), settings.load.as_deref());
        let axes = Axes::find(&trials, configuration, load)?;
        let configurations = configurations(&trials, &axes);
        let names: Vec<String> = configurations.iter().map(|c| c.name.clone()).collect();
        let baseline = settings.baseline.as_deref();
        if let Some(asked) = baseline.filter(|asked| !names.iter().any(|name| name == asked)) {
            let known: Vec<_> = names.iter().map(|name| printable(name)).collect();
            let (asked, known) = (printable(asked).into_owned(), known.join(", "));
            return Err(StudyError::Baseline { asked, known });
        }
        let cells = cells(&trials, &axes, &configurations);
        let (comparisons, pairs_left_out) = comparisons(&cells, &axes, baseline);
        let mut models = models(&trials, &cells, &axes);
        for asked in &settings.predict {
            predict(&mut models, &trials, &axes, asked)?;
        }
        let sweet_spots = sweet_spots(&cells, &axes, &configurations);
        let findings = Vec::new();
        let mut study = Self {
            trials,
            axes,
            configurations,
            cells,
            comparisons,
            pairs_left_out,
            models,
            sweet_spots,
            findings,
        };
        study.findings = rules::findings(&study);
        Ok(study)
    }
}
