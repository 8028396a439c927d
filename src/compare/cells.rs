//! Cells: all finished trials with equal factors, and what they come to together.

use std::collections::BTreeMap;

use super::axes::Axes;
use super::configurations::Configuration;
use super::load::{Load, Unit};
use super::outcome::Outcome;
use crate::model::Factors;
use crate::stats::{Summary, outliers};

/// Fewer runs than this prove next to nothing.
pub(super) const FEW: usize = 3;

/// Factors of these names count flows.
const FLOWS: [&str; 10] = [
    "vms",
    "vm",
    "guests",
    "guest",
    "connections",
    "streams",
    "flows",
    "channels",
    "parallel",
    "multifd",
];

/// What the trials of a cell come to in one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Mean, deviation, interval and the rest.
    pub summary: Summary,
    /// Trials that lie far off by the modified z-score, by number; shown, never dropped.
    pub outliers: Vec<usize>,
}

/// All finished trials with equal factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What they have in common.
    pub factors: Factors,
    /// Value of the configuration's factor; empty without one.
    pub configuration: String,
    /// The number of its configuration.
    pub rank: usize,
    /// Value of the load's factor, as written; empty without one.
    pub load: String,
    /// The same as a number.
    pub amount: Option<Load>,
    /// The factors that are neither.
    pub others: Factors,
    /// Its trials, by number, in their order.
    pub trials: Vec<usize>,
    /// Seconds.
    pub duration: Spread,
    /// bit/s, of the trials that have one; `None` when none has.
    pub mean: Option<Spread>,
    /// bit/s, of peaks that the wire can carry; `None` when there are none, or the windows differ.
    pub peak: Option<Spread>,
    /// The coarsest step in which one of its durations was written, in seconds.
    pub resolution: f64,
}

impl Spread {
    /// Of those trials that have the quantity, in order of `trials`; `None` when none has.
    fn of(trials: &[usize], quantity: impl Fn(usize) -> Option<f64>) -> Option<Self> {
        let known = trials.iter().filter_map(|trial| Some((*trial, quantity(*trial)?)));
        let (trials, values): (Vec<usize>, Vec<f64>) = known.unzip();
        let summary = Summary::of(values.iter().copied())?;
        let outliers = outliers(&values).into_iter().map(|i| trials[i]).collect();
        Some(Self { summary, outliers })
    }
}

impl Cell {
    fn new(
        outcomes: &[Outcome],
        factors: Factors,
        trials: Vec<usize>,
        axes: &Axes,
        ranks: &BTreeMap<&str, usize>,
    ) -> Option<Self> {
        let mut others = factors.clone();
        let mut take = |axis: &Option<String>| {
            axis.as_ref().and_then(|axis| others.remove(axis)).unwrap_or_default()
        };
        let (configuration, load) = (take(&axes.configuration), take(&axes.load));
        let of = |quantity: &dyn Fn(&Outcome) -> Option<f64>| {
            Spread::of(&trials, |trial| quantity(&outcomes[trial]))
        };
        let windows_differ = windows_differ(trials.iter().map(|trial| &outcomes[*trial]));
        let possible = |o: &Outcome| o.peak.filter(|_| !o.impossible);
        Some(Self {
            amount: Load::read(&load),
            rank: ranks.get(configuration.as_str()).copied().unwrap_or_default(),
            configuration,
            load,
            others,
            duration: of(&|o| Some(o.duration))?,
            mean: of(&|o| o.mean),
            peak: of(&possible).filter(|_| !windows_differ),
            resolution: trials.iter().map(|t| outcomes[*t].resolution).fold(0.0, f64::max),
            factors,
            trials,
        })
    }

    /// Only the load sets them apart.
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.configuration, &self.others) == (&other.configuration, &other.others)
    }

    /// Trials in it.
    pub fn n(&self) -> usize {
        self.trials.len()
    }

    /// How many flows there were at least, where a factor counts them: a guest is one or more.
    pub fn flows(&self) -> Option<u32> {
        let counted = self
            .factors
            .iter()
            .filter(|(name, _)| FLOWS.iter().any(|flows| flows.eq_ignore_ascii_case(name)));
        let loads = counted.filter_map(|(_, value)| Load::read(value));
        let numbers = loads.filter(|load| load.unit == Unit::Each).map(|load| load.value);
        let most = numbers.reduce(f64::max)?;
        (most >= 1.0 && most <= f64::from(u32::MAX)).then_some(most as u32)
    }

    /// Mean duration in seconds.
    pub fn seconds(&self) -> f64 {
        self.duration.summary.mean
    }

    /// What it has in common with those it is compared with.
    pub fn at(&self, axes: &Axes) -> Factors {
        let mut at = self.others.clone();
        if let Some(load) = axes.load.as_ref().filter(|_| !self.load.is_empty()) {
            at.insert(load.clone(), self.load.clone());
        }
        at
    }
}

/// Windows this much apart are the same: that of a late counter is a whole number of refreshes.
const SAME_WINDOW: f64 = 1.1;

/// Peaks over different windows are not compared; one that is not known is another one.
pub fn windows_differ<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> bool {
    let mut windows = outcomes.filter(|o| o.peak.is_some()).map(|o| o.peak_window);
    let Some(first) = windows.next() else { return false };
    let (mut least, mut most) = (first, first);
    for window in windows {
        (least, most) = (least.min(window), most.max(window));
    }
    match (least, most) {
        (Some(least), Some(most)) => most.as_secs_f64() > least.as_secs_f64() * SAME_WINDOW,
        (least, most) => least != most,
    }
}

/// The cells by configuration in the order given, then by the other factors, then by load.
pub fn cells(outcomes: &[Outcome], axes: &Axes, configurations: &[Configuration]) -> Vec<Cell> {
    let named = configurations.iter().enumerate();
    let ranks = named.map(|(rank, configuration)| (configuration.name.as_str(), rank)).collect();
    let mut groups: BTreeMap<&Factors, Vec<usize>> = BTreeMap::new();
    for (number, outcome) in outcomes.iter().enumerate().filter(|(_, o)| o.counts()) {
        groups.entry(&outcome.factors).or_default().push(number);
    }
    let cell = |(factors, trials): (&Factors, Vec<usize>)| {
        Cell::new(outcomes, factors.clone(), trials, axes, &ranks)
    };
    let mut cells: Vec<Cell> = groups.into_iter().filter_map(cell).collect();
    let amount = |cell: &Cell| cell.amount.map_or(f64::INFINITY, |load| load.value);
    cells.sort_by(|a, b| {
        (a.rank.cmp(&b.rank))
            .then_with(|| a.others.cmp(&b.others))
            .then_with(|| amount(a).total_cmp(&amount(b)))
            .then_with(|| a.load.cmp(&b.load))
    });
    cells
}
