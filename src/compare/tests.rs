//! Trials as other modules' tests write them, and what whole tables come to.

use super::Outcome;
use crate::model::Factors;

/// One that took so many seconds; its factors as `config=a vms=1`.
pub fn outcome(factors: &str, seconds: f64) -> Outcome {
    let pairs = factors.split_whitespace().filter_map(|word| word.split_once('='));
    let factors: Factors = pairs.map(|(key, value)| (key.into(), value.into())).collect();
    Outcome::timed("t#1".into(), "t.csv".into(), factors, seconds)
}
