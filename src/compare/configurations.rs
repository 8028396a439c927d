//! The values of the configuration's factor, the smaller capacity first.

use std::collections::BTreeMap;

use super::axes::Axes;
use super::outcome::Outcome;

/// What is set up to carry the load.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Its value; empty where nothing is called the configuration.
    pub name: String,
    /// What counters can show at most, bit/s; the least that a trial of it says. `None` when one
    /// does not say.
    pub capacity: Option<f64>,
    /// The same of one link.
    pub of_one: Option<f64>,
    /// How many links it has.
    pub links: Option<usize>,
    /// Nominal speed of all links together.
    pub line_rate: Option<f64>,
}

/// The configurations by capacity; where one is not known, in order of appearance.
pub fn configurations(outcomes: &[Outcome], axes: &Axes) -> Vec<Configuration> {
    let mut found: Vec<Configuration> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.counts()) {
        let name = axes.configuration.as_ref().and_then(|axis| outcome.factors.get(axis));
        let name = name.map_or("", String::as_str);
        if let Some(place) = places.get(name) {
            found[*place].join(outcome);
        } else {
            places.insert(name, found.len());
            found.push(Configuration::new(name, outcome));
        }
    }
    if found.iter().all(|configuration| configuration.capacity.is_some()) {
        found.sort_by(|a, b| {
            let capacity = |c: &Configuration| c.capacity.unwrap_or(f64::INFINITY);
            capacity(a).total_cmp(&capacity(b))
        });
    }
    found
}

impl Configuration {
    fn new(name: &str, outcome: &Outcome) -> Self {
        Self {
            name: name.to_owned(),
            capacity: outcome.attainable,
            of_one: outcome.member_attainable,
            links: outcome.links,
            line_rate: outcome.line_rate,
        }
    }

    fn join(&mut self, outcome: &Outcome) {
        self.capacity = less(self.capacity, outcome.attainable);
        self.of_one = less(self.of_one, outcome.member_attainable);
        self.line_rate = less(self.line_rate, outcome.line_rate);
        self.links = self.links.zip(outcome.links).map(|(a, b)| a.max(b));
    }

    /// Several links carry it together.
    pub fn is_team(&self) -> bool {
        self.links.is_some_and(|links| links > 1)
    }
}

fn less(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.zip(b).map(|(a, b)| a.min(b))
}
