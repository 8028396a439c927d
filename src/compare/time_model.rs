//! How long an evacuation takes as a straight line in its load: T = a + b * N.

use super::axes::Axes;
use super::cells::Cell;
use super::load::{Load, MEMORY, Unit};
use super::outcome::Outcome;
use super::words::place;
use crate::model::{Factors, printable};
use crate::stats::{self, Line};

/// Nobody means a load so many times what was measured.
const FARTHEST: f64 = 1e3;
/// A line through fewer loads says nothing of its shape.
const LEAST_LOADS: usize = 3;

/// The line of one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeModel {
    /// The configuration, and the other factors of its trials.
    pub at: Factors,
    /// The configuration alone.
    pub configuration: String,
    /// What the load counts.
    pub unit: Unit,
    /// Seconds over load.
    pub line: Line,
    /// Its trials with their load and their seconds.
    pub points: Vec<(usize, f64, f64)>,
    /// What was asked for.
    pub predictions: Vec<Prediction>,
}

/// How long it would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// As it was asked for.
    pub asked: String,
    /// The load.
    pub load: f64,
    /// Seconds.
    pub seconds: f64,
    /// 95 % interval of a single new run.
    pub interval95: Option<(f64, f64)>,
    /// It lies outside of the loads that were measured.
    pub extrapolates: bool,
}

/// A load that was asked for: `vms=200`, `memory=192GiB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The factor.
    pub factor: String,
    /// Its value.
    pub value: String,
}

/// Why there is no answer to what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    /// What was asked for is no number.
    #[error("cannot predict `{0}`: it is no number, nor a size such as 192GiB")]
    NoNumber(String),
    /// Another factor is the load.
    #[error("cannot predict by `{asked}`: the load is `{load}`")]
    OtherLoad {
        /// What was asked.
        asked: String,
        /// What the load is.
        load: String,
    },
    /// No factor is.
    #[error("cannot predict by `{0}`: no factor is a load (--load FACTOR says which)")]
    NoLoad(String),
    /// One guest's memory is not known.
    #[error("cannot predict by memory: the trials do not say one guest's memory, or not the same")]
    NoMemory,
    /// A number of one thing for a number of another.
    #[error("cannot predict `{0}`: the trials' loads are sizes, or it is one and they are not")]
    OtherUnit(String),
    /// There is no line to predict from.
    #[error("cannot predict: no configuration was run with three different loads")]
    NoModel,
    /// Times do not rise with the load.
    #[error("cannot predict: on no configuration the time grows with the load")]
    NoGrowth,
    /// Far beyond all that was measured.
    #[error("cannot predict `{0}`: that is more than a thousand times what was measured")]
    TooFar(String),
}

/// A line for each configuration, and other factors, with enough loads.
pub fn models(outcomes: &[Outcome], cells: &[Cell], axes: &Axes) -> Vec<TimeModel> {
    cells.chunk_by(Cell::is_like).filter_map(|cells| model(outcomes, cells, axes)).collect()
}

fn model(outcomes: &[Outcome], cells: &[Cell], axes: &Axes) -> Option<TimeModel> {
    let first = cells.first()?;
    let unit = cells.iter().find_map(|cell| cell.amount)?.unit;
    let mut loads = Vec::new();
    let mut points = Vec::new();
    for cell in cells {
        // What says nothing of its load has no place on the line.
        let Some(Load { value: load, .. }) = cell.amount.filter(|load| load.unit == unit) else {
            continue;
        };
        if loads.last() != Some(&load) {
            loads.push(load);
        }
        points.extend(cell.trials.iter().map(|trial| (*trial, load, outcomes[*trial].duration)));
    }
    if loads.len() < LEAST_LOADS {
        return None;
    }
    let pairs: Vec<(f64, f64)> =
        points.iter().map(|(_, load, seconds)| (*load, *seconds)).collect();
    let mut at = first.others.clone();
    if let Some(axis) = axes.configuration.as_ref().filter(|_| !first.configuration.is_empty()) {
        at.insert(axis.clone(), first.configuration.clone());
    }
    let configuration = first.configuration.clone();
    let line = Line::fit(&pairs)?;
    Some(TimeModel { at, configuration, unit, line, points, predictions: Vec::new() })
}

/// Answers what was asked, on every model.
///
/// # Errors
/// When there is no answer on any of them.
pub fn predict(
    models: &mut [TimeModel],
    outcomes: &[Outcome],
    axes: &Axes,
    asked: &Asked,
) -> Result<(), PredictError> {
    let text = || format!("{}={}", asked.factor, asked.value);
    let load = axes.load.as_deref().ok_or_else(|| PredictError::NoLoad(text()))?;
    let wanted = Load::read(&asked.value).ok_or_else(|| PredictError::NoNumber(text()))?;
    if models.is_empty() {
        return Err(PredictError::NoModel);
    }
    let wanted = if asked.factor == load {
        wanted
    } else if asked.factor == MEMORY {
        let guests = wanted.value / one_guest(outcomes).ok_or(PredictError::NoMemory)?;
        Load { value: guests, unit: Unit::Each }
    } else {
        let (asked, load) = (asked.factor.clone(), load.to_owned());
        return Err(PredictError::OtherLoad { asked, load });
    };
    let any_unit = models.iter().any(|model| model.unit == wanted.unit);
    let most = models.iter().map(|model| model.measured().1).fold(0.0, f64::max);
    if any_unit && wanted.value > most * FARTHEST {
        return Err(PredictError::TooFar(text()));
    }
    let mut answered = false;
    for model in models.iter_mut().filter(|model| model.unit == wanted.unit) {
        let prediction = model.predict(text(), wanted.value);
        answered |= prediction.is_some();
        model.predictions.extend(prediction);
    }
    match (answered, any_unit) {
        (true, _) => Ok(()),
        (false, true) => Err(PredictError::NoGrowth),
        (false, false) => Err(PredictError::OtherUnit(text())),
    }
}

/// One guest's memory, where all trials say the same.
fn one_guest(outcomes: &[Outcome]) -> Option<f64> {
    let mut said = outcomes.iter().filter(|o| o.counts()).map(|o| o.memory);
    let first = said.next()??;
    said.all(|memory| memory == Some(first)).then_some(first)
}

impl TimeModel {
    /// What it is called: by its configuration alone where there are no other factors.
    pub fn name(&self) -> String {
        match self.at.len() {
            0 => "all trials".into(),
            1 if !self.configuration.is_empty() => printable(&self.configuration).into_owned(),
            _ => printable(&place(&self.at)).into_owned(),
        }
    }

    /// The load range that was measured.
    pub fn measured(&self) -> (f64, f64) {
        let loads = || self.points.iter().map(|(_, load, _)| *load);
        (loads().fold(f64::INFINITY, f64::min), loads().fold(0.0, f64::max))
    }

    /// Time grows with the load, as it must for the line to say anything.
    pub fn grows(&self) -> bool {
        self.line.slope.value > 0.0
    }

    fn predict(&self, asked: String, load: f64) -> Option<Prediction> {
        if !self.grows() {
            return None;
        }
        let stats::Prediction { value: seconds, interval95 } = self.line.predict(load)?;
        let (least, most) = self.measured();
        let extrapolates = load < least || load > most;
        Some(Prediction { asked, load, seconds, interval95, extrapolates })
    }
}
