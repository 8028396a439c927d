//! Which factor is the configuration and which the load: found, or said.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Load;
use super::outcome::Outcome;
use crate::model::printable;

/// Names by which a load is told where several factors are numbers, the most telling first.
const LOADS: [&str; 8] =
    ["vms", "vm", "guests", "load", "n", "count", "connections", super::load::MEMORY];
/// The same of a configuration.
const CONFIGURATIONS: [&str; 6] = ["config", "configuration", "setup", "team", "nics", "links"];

/// What the two roles fall to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Axes {
    /// The factor whose values are compared.
    pub configuration: Option<String>,
    /// The factor that says how much there was to do.
    pub load: Option<String>,
}

/// What was asked for that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AxesError {
    /// No trial has it.
    #[error("no trial has a factor `{asked}`; there is {known}")]
    Unknown {
        /// The factor.
        asked: String,
        /// Those that there are.
        known: String,
    },
    /// A value of it is no number.
    #[error("`{factor}` cannot be the load: `{value}` is no number (a load is like 20 or 10GiB)")]
    NoNumber {
        /// The factor.
        factor: String,
        /// Its value.
        value: String,
    },
    /// Its values count different things.
    #[error("`{factor}` cannot be the load: some of its values have a unit of bytes and some none")]
    MixedUnits {
        /// The factor.
        factor: String,
    },
    /// One factor for two roles.
    #[error("`{0}` cannot be both the configuration and the load")]
    Both(String),
}

/// The values of every factor over all outcomes that count.
struct Values<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl Axes {
    /// Finds the roles, but for those that were given.
    ///
    /// # Errors
    /// When a factor that was asked for is not there, or cannot have its role.
    pub fn find(
        outcomes: &[Outcome],
        configuration: Option<&str>,
        load: Option<&str>,
    ) -> Result<Self, AxesError> {
        let values = Values::of(outcomes);
        for asked in [configuration, load].into_iter().flatten() {
            values.check(asked)?;
        }
        if let Some(load) = load {
            values.check_numbers(load)?;
            if configuration == Some(load) {
                return Err(AxesError::Both(printable(load).into_owned()));
            }
        }
        let load = load.or_else(|| values.load(configuration));
        let configuration = configuration.or_else(|| values.configuration(load));
        Ok(Self { configuration: configuration.map(str::to_owned), load: load.map(str::to_owned) })
    }
}

impl<'a> Values<'a> {
    fn of(outcomes: &'a [Outcome]) -> Self {
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, value) in outcomes.iter().filter(|o| o.counts()).flat_map(|o| &o.factors) {
            values.entry(key).or_default().insert(value);
        }
        Self(values)
    }

    fn check(&self, asked: &str) -> Result<(), AxesError> {
        if self.0.contains_key(asked) {
            return Ok(());
        }
        let known: Vec<_> = self.0.keys().map(|key| printable(key)).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        Err(AxesError::Unknown { asked: printable(asked).into_owned(), known })
    }

    fn check_numbers(&self, factor: &str) -> Result<(), AxesError> {
        let values = &self.0[factor];
        let name = || printable(factor).into_owned();
        match values.iter().find(|value| Load::read(value).is_none()) {
            Some(value) => {
                let value = printable(value).into_owned();
                Err(AxesError::NoNumber { factor: name(), value })
            }
            None if !self.are_numbers(factor) => Err(AxesError::MixedUnits { factor: name() }),
            None => Ok(()),
        }
    }

    /// All are, and count the same.
    fn are_numbers(&self, factor: &str) -> bool {
        let mut loads = self.0[factor].iter().map(|value| Load::read(value));
        let first = loads.next().flatten();
        first.is_some_and(|first| loads.all(|l| l.is_some_and(|l| l.unit == first.unit)))
    }

    fn varies(&self, factor: &str) -> bool {
        self.0[factor].len() > 1
    }

    /// A factor of numbers: one that varies before one that does not, then the most telling name,
    /// then the most values. What does not vary must have a telling name.
    fn load(&self, configuration: Option<&str>) -> Option<&'a str> {
        let known = |factor: &str| rank(&LOADS, factor);
        let numbers = self.0.keys().copied().filter(|f| self.are_numbers(f));
        numbers
            .filter(|f| Some(*f) != configuration)
            .filter(|f| self.varies(f) || known(f) < LOADS.len())
            .min_by_key(|f| (!self.varies(f), known(f), usize::MAX - self.0[*f].len()))
    }

    /// Of the others the same, words before numbers.
    fn configuration(&self, load: Option<&str>) -> Option<&'a str> {
        let known = |factor: &str| rank(&CONFIGURATIONS, factor);
        let others = self.0.keys().copied().filter(|f| Some(*f) != load);
        others.filter(|f| self.varies(f) || known(f) < CONFIGURATIONS.len()).min_by_key(|f| {
            (!self.varies(f), known(f), self.are_numbers(f), usize::MAX - self.0[*f].len())
        })
    }
}

fn rank(names: &[&str], factor: &str) -> usize {
    names.iter().position(|name| name.eq_ignore_ascii_case(factor)).unwrap_or(names.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::outcome;

    fn found(rows: &[&str], asked: (Option<&str>, Option<&str>)) -> Result<Axes, AxesError> {
        let outcomes: Vec<Outcome> = rows.iter().map(|factors| outcome(factors, 1.0)).collect();
        Axes::find(&outcomes, asked.0, asked.1)
    }

    fn axes(configuration: &str, load: &str) -> Axes {
        let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        Axes { configuration: some(configuration), load: some(load) }
    }

    #[test]
    fn numbers_are_the_load_and_words_the_configuration() {
        for (rows, expected) in [
            (&["config=a vms=1", "config=b vms=10"][..], axes("config", "vms")),
            (&["nic=a vms=1 mtu=1500", "nic=b vms=9 mtu=9000"], axes("nic", "vms")),
            (&["connections=1", "connections=2"], axes("", "connections")),
            (&["config=a", "config=b"], axes("config", "")),
            (&["config=a vms=20", "config=b vms=20"], axes("config", "vms")),
            (&["os=x memory=1GiB", "os=y memory=2GiB"], axes("os", "memory")),
            (&["os=x memory=1GiB", "os=y memory=2"], axes("memory", "")),
            (&["a=1 b=1", "a=2 b=1", "a=3 b=2"], axes("b", "a")),
            (&["note=x"], axes("", "")),
            (&[""], axes("", "")),
        ] {
            assert_eq!(found(rows, (None, None)), Ok(expected), "{rows:?}");
        }
    }

    #[test]
    fn what_was_said_holds_and_what_cannot_be_is_an_error() {
        let rows = ["config=a vms=1 mtu=1500", "config=b vms=2 mtu=9000"];
        assert_eq!(found(&rows, (Some("mtu"), None)), Ok(axes("mtu", "vms")));
        assert_eq!(found(&rows, (None, Some("mtu"))), Ok(axes("config", "mtu")));
        assert_eq!(found(&rows, (Some("vms"), None)), Ok(axes("vms", "mtu")));
        for (asked, said) in [
            ((Some("nic"), None), "config, mtu, vms"),
            ((None, Some("config")), "`a` is no number"),
            ((Some("vms"), Some("vms")), "both"),
        ] {
            let error = found(&rows, asked).expect_err("refused").to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
