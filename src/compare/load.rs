//! A factor's value as a number: how many guests, how many bytes.

use bytesize::ByteSize;

use crate::model::Factors;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// It was written without a unit: guests, connections.
    Each,
    /// Octets, written as `10GiB` or `512MB`.
    Octets,
}

/// A number with what it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// In units, or in bytes.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
}

/// The factor that tells one guest's memory, and the column of a table that does.
pub const MEMORY: &str = "memory";

impl Load {
    /// `20`, `2.5`, `512MiB`; `None` for what is no number, not finite, or negative.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        if let Ok(value) = text.parse::<f64>() {
            return value.is_finite().then_some(Self { value, unit: Unit::Each });
        }
        let size: ByteSize = text.parse().ok()?;
        Some(Self { value: size.as_u64() as f64, unit: Unit::Octets })
    }
}

/// Names of the factor that counts the guests.
const GUESTS: [&str; 3] = ["vms", "vm", "guests"];

/// What the factors say is to be carried, in bytes: as many guests as there are, with the memory of
/// one each.
pub fn planned(factors: &Factors) -> Option<f64> {
    let guests = GUESTS.iter().find_map(|name| Load::read(factors.get(*name)?))?;
    (guests.unit == Unit::Each).then_some(guests.value * guest_memory(factors)?)
}

/// What the factors say of one guest's memory, in bytes.
pub fn guest_memory(factors: &Factors) -> Option<f64> {
    let load = Load::read(factors.get(MEMORY)?)?;
    (load.unit == Unit::Octets).then_some(load.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_guests_times_memory() {
        let plan = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into()));
            planned(&pairs.collect())
        };
        assert_eq!(plan(&[("memory", "10GB"), ("vms", "20")]), Some(2e11));
        assert_eq!(plan(&[("memory", "10"), ("vms", "20")]), None);
        assert_eq!(plan(&[("memory", "10GB")]), None);
    }

    #[test]
    fn numbers_are_read_with_what_they_count() {
        for (text, value, unit) in [
            ("20", 20.0, Unit::Each),
            (" 2.5 ", 2.5, Unit::Each),
            ("1e3", 1000.0, Unit::Each),
            ("512MiB", 536_870_912.0, Unit::Octets),
            ("10 GB", 1e10, Unit::Octets),
        ] {
            assert_eq!(Load::read(text), Some(Load { value, unit }), "{text}");
        }
        for text in ["", "2x10GbE", "-3", "inf", "NaN", "ten", "+1", "1,5", "10 apples"] {
            assert_eq!(Load::read(text), None, "{text}");
        }
    }
}
