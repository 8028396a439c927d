//! What the columns of a table are: known quantities in base units, or factors.
//!
//! A known quantity under another name or in another unit is refused: as a factor it would part
//! every run from every other.

use std::collections::HashMap;

use csv::StringRecord;

use super::error::{Fault, Wrong};
use super::number::Range;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// A known quantity.
    Known(Known),
    /// A factor of this name.
    Factor(String),
}

/// A quantity that has a column of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Duration,
    Peak,
    Mean,
    Bytes,
    Speed,
    Members,
    Mtu,
    Memory,
}

use Known::{Bytes, Duration, Mean, Members, Memory, Mtu, Peak, Speed};

impl Known {
    /// How many there are.
    pub const COUNT: usize = ALL.len();

    /// The column's name, and its unit in words.
    fn name_and_unit(self) -> (&'static str, &'static str) {
        match self {
            Duration => ("duration_s", "in seconds"),
            Peak => ("peak_bytes_per_s", "in bytes a second"),
            Mean => ("mean_bytes_per_s", "in bytes a second"),
            Bytes => ("bytes", "in bytes"),
            Speed => ("speed_bits_per_s", "in bits a second of one link"),
            Members => ("members", "a number of links"),
            Mtu => ("mtu", "in bytes"),
            Memory => ("memory_bytes", "in bytes of one guest"),
        }
    }

    fn name(self) -> &'static str {
        self.name_and_unit().0
    }

    /// What its values can be.
    pub fn range(self) -> Range {
        match self {
            Duration | Speed | Memory => Range::Positive,
            Peak | Mean | Bytes => Range::NotNegative,
            Members | Mtu => Range::Count,
        }
    }
}

const ALL: [Known; 8] = [Duration, Peak, Mean, Bytes, Speed, Members, Mtu, Memory];

/// The columns of a table, in order.
#[derive(Debug)]
pub(super) struct Columns {
    all: Vec<Column>,
    duration: usize,
}

impl Columns {
    /// What a header says.
    pub fn read(header: &StringRecord) -> Result<Self, Wrong> {
        let names = || header.iter().map(str::trim);
        let mut places = HashMap::new();
        let mut all = Vec::with_capacity(header.len());
        for (i, name) in names().enumerate() {
            all.push(Column::named(name).map_err(|fault| Wrong::cell(i, fault))?);
            if let Some(first) = places.insert(name, i) {
                return Err(Wrong::cell(i, Fault::Duplicate(first + 1)));
            }
        }
        let duration = all.iter().position(|column| *column == Column::Known(Duration));
        let like = || names().find(|name| LIKE_DURATION.contains(&&*folded(name)));
        let none = || Wrong::record(Fault::NoDuration(like().map(str::to_owned)));
        let duration = duration.ok_or_else(none)?;
        Ok(Self { all, duration })
    }

    /// In order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.all.iter()
    }

    /// Which one is the duration.
    pub fn duration(&self) -> usize {
        self.duration
    }

    /// A row has a cell for each.
    pub fn check_length(&self, row: &StringRecord) -> Result<(), Wrong> {
        let (cells, columns) = (row.len(), self.all.len());
        match cells.cmp(&columns) {
            std::cmp::Ordering::Less => Err(Wrong::record(Fault::Short { cells, columns })),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(Wrong::record(Fault::Long { cells, columns })),
        }
    }
}

impl Column {
    fn named(name: &str) -> Result<Self, Fault> {
        if name.is_empty() {
            return Err(Fault::Unnamed);
        }
        if let Some(known) = ALL.into_iter().find(|known| known.name() == name) {
            return Ok(Self::Known(known));
        }
        let folded = folded(name);
        if let Some(known) = ALL.into_iter().find(|known| known.name() == folded) {
            return Err(Fault::Misnamed(known.name()));
        }
        match in_another_unit(&folded) {
            Some(known) => {
                let (column, unit) = known.name_and_unit();
                Err(Fault::OtherUnit { column, unit })
            }
            None => Ok(Self::Factor(name.to_owned())),
        }
    }
}

/// Factors by name, but where there is no duration they may be it.
const LIKE_DURATION: [&str; 10] = [
    "time",
    "seconds",
    "secs",
    "sec",
    "s",
    "runtime",
    "run_time",
    "total_time",
    "migration_time",
    "time_taken",
];

/// `Peak (Gbit/s)` as `peak_gbit_per_s`.
fn folded(name: &str) -> String {
    let name = name.to_lowercase().replace('/', "_per_");
    let words =
        name.split(|c: char| c.is_whitespace() || matches!(c, '_' | '-' | '(' | ')' | '[' | ']'));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// The known quantity that a folded name means without being its column's.
fn in_another_unit(name: &str) -> Option<Known> {
    let (quantity, unit) = name.split_once('_').unwrap_or((name, ""));
    match quantity {
        "duration" | "elapsed" if unit.is_empty() || is_time(unit) => Some(Duration),
        "time" if is_time(unit) => Some(Duration),
        "peak" if unit.is_empty() || is_rate(unit) => Some(Peak),
        "mean" | "average" | "avg" if unit.is_empty() || is_rate(unit) => Some(Mean),
        "max" | "maximum" if is_rate(unit) => Some(Peak),
        "speed" if is_rate(unit) => Some(Speed),
        "memory" if is_size(unit) => Some(Memory),
        _ if name != "b" && is_size(name) => Some(Bytes),
        _ => None,
    }
}

fn is_time(unit: &str) -> bool {
    let units = [
        "s",
        "sec",
        "secs",
        "seconds",
        "ms",
        "us",
        "ns",
        "milliseconds",
        "microseconds",
        "min",
        "mins",
        "minutes",
        "h",
        "hours",
    ];
    units.contains(&unit)
}

fn is_rate(unit: &str) -> bool {
    let ends = ["_per_second", "_per_sec", "_per_s", "_s", "ps"];
    ends.iter().find_map(|end| unit.strip_suffix(end)).is_some_and(is_size)
}

/// Bits or bytes, in whatever multiple.
fn is_size(unit: &str) -> bool {
    let bare = |unit: &str| matches!(unit, "b" | "bit" | "bits" | "byte" | "bytes");
    let multiples = [
        "ki", "mi", "gi", "ti", "kibi", "mebi", "gibi", "tebi", "kilo", "mega", "giga", "tera",
        "k", "m", "g", "t",
    ];
    bare(unit) || multiples.iter().filter_map(|m| unit.strip_prefix(m)).any(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_quantity_has_its_place() {
        for (i, known) in ALL.into_iter().enumerate() {
            assert_eq!(known as usize, i);
            assert_eq!(Column::named(known.name()), Ok(Column::Known(known)));
        }
    }

    #[test]
    fn a_known_quantity_in_another_unit_is_no_factor() {
        for (name, column) in [
            ("duration", "duration_s"),
            ("duration_ms", "duration_s"),
            ("Duration (min)", "duration_s"),
            ("elapsed", "duration_s"),
            ("time_s", "duration_s"),
            ("peak", "peak_bytes_per_s"),
            ("peak_bits_per_s", "peak_bytes_per_s"),
            ("Peak (Gbit/s)", "peak_bytes_per_s"),
            ("peak_mbps", "peak_bytes_per_s"),
            ("mean_bits_per_s", "mean_bytes_per_s"),
            ("avg_MiB_s", "mean_bytes_per_s"),
            ("max_gbit_s", "peak_bytes_per_s"),
            ("speed_gbit_per_s", "speed_bits_per_s"),
            ("speed_bytes_per_s", "speed_bits_per_s"),
            ("memory_gib", "memory_bytes"),
            ("bits", "bytes"),
            ("GB", "bytes"),
            ("megabytes", "bytes"),
        ] {
            let fault = Column::named(name).expect_err(name);
            assert!(
                matches!(fault, Fault::OtherUnit { column: said, .. } if said == column),
                "{name}: {fault}"
            );
        }
        for name in ["Duration_S", "duration s", "MTU", "Peak (bytes/s)", "memory-bytes"] {
            assert!(matches!(Column::named(name), Err(Fault::Misnamed(_))), "{name}");
        }
    }

    #[test]
    fn every_other_name_is_a_factor() {
        for name in [
            "config",
            "vms",
            "time",
            "seconds",
            "speed",
            "memory",
            "max_bandwidth",
            "peak_hours",
            "members_up",
            "a",
            "b",
            "g",
            "\u{3bc}",
        ] {
            assert_eq!(Column::named(name), Ok(Column::Factor(name.to_owned())));
        }
    }
}
