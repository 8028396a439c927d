//! Small words of findings: lists, shares, places.

use std::fmt;

use crate::model::{Factors, printable};

/// `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `vms=20`, or `mtu=9000 vms=20`; names are as they came.
pub fn place(factors: &Factors) -> String {
    let words = factors.iter().map(|(key, value)| format!("{key}={value}"));
    words.collect::<Vec<_>>().join(" ")
}

/// A share as `88.7 %`.
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} %", self.0 * 100.0)
    }
}

/// Where something holds: ` at every load`, ` at vms=1 and vms=10`, or nothing.
pub struct At<'a> {
    /// The loads.
    pub loads: &'a [String],
    /// What is said when there are several and no others: `every`, or `any` behind a `no`.
    pub all: Option<&'static str>,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More than these are not written out.
        const MOST: usize = 6;
        if let Some(all) = self.all.filter(|_| self.loads.len() > 1) {
            return write!(f, " at {all} load");
        }
        let loads: Vec<String> = self
            .loads
            .iter()
            .filter(|load| !load.is_empty())
            .take(MOST)
            .map(|load| printable(load).into_owned())
            .collect();
        if loads.is_empty() {
            return Ok(());
        }
        write!(f, " at {}", list(&loads))?;
        if self.loads.len() > MOST { write!(f, " and more") } else { Ok(()) }
    }
}

/// The step in which durations were written: `whole seconds`, `steps of 0.1 s`.
pub struct Step(pub f64);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.0 - 1.0).abs() < f64::EPSILON {
            f.write_str("whole seconds")
        } else {
            write!(f, "steps of {} s", self.0)
        }
    }
}
