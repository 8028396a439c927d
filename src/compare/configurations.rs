//! The values of the configuration's factor, the smaller capacity first.

use std::collections::BTreeMap;

use super::axes::Axes;
use super::outcome::Outcome;

/// What is set up to carry the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Its value; empty where nothing is called the configuration.
    pub name: String,
    /// What counters can show at most, bit/s, as most of its trials say; `None` when none does.
    pub capacity: Option<f64>,
    /// How many links it has.
    pub links: Option<usize>,
}

/// The configurations by capacity; behind them those of which it is not known, in order of
/// appearance.
pub fn configurations(outcomes: &[Outcome], axes: &Axes) -> Vec<Configuration> {
    let mut found: Vec<(&str, Vec<&Outcome>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.counts()) {
        let name = axes.configuration.as_ref().and_then(|axis| outcome.factors.get(axis));
        let name = name.map_or("", String::as_str);
        let place = *places.entry(name).or_insert(found.len());
        if place == found.len() {
            found.push((name, Vec::new()));
        }
        found[place].1.push(outcome);
    }
    let mut configurations: Vec<Configuration> =
        found.into_iter().map(|(name, outcomes)| Configuration::of(name, &outcomes)).collect();
    configurations.sort_by(|a, b| {
        let capacity = |c: &Configuration| c.capacity.unwrap_or(f64::INFINITY);
        capacity(a).total_cmp(&capacity(b))
    });
    configurations
}

impl Configuration {
    fn of(name: &str, outcomes: &[&Outcome]) -> Self {
        let usual =
            |of: &dyn Fn(&Outcome) -> Option<f64>| middle(outcomes.iter().filter_map(|o| of(o)));
        Self {
            name: name.to_owned(),
            capacity: usual(&|outcome| outcome.attainable),
            links: usual(&|outcome| outcome.links.map(|links| links as f64)).map(|n| n as usize),
        }
    }

    /// Several links carry it together.
    pub fn is_team(&self) -> bool {
        self.links.is_some_and(|links| links > 1)
    }
}

/// The one in the middle: a trial in which a member was down does not make the team smaller.
fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
