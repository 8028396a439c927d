//! What limits a migration besides the wire: known software caps, and what hashing flows onto links
//! leaves of a team. All of it stands in `assets/limits.toml`, with its sources.

use std::sync::LazyLock;

use serde::Deserialize;

/// A plateau may lie this much below a cap, and above it: headers are counted, too.
const BELOW: f64 = 0.97;
const ABOVE: f64 = 1.06;

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    #[serde(rename = "cap")]
    caps: Vec<Cap>,
    hashed: Vec<Hashed>,
}

/// A rate that software keeps to.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Whose it is.
    pub name: String,
    bytes_per_s: f64,
    per: Per,
    /// What can be done about it.
    pub remedy: String,
    /// Where that stands.
    pub source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Per {
    Migration,
    Host,
}

/// A cap that a rate is near to.
#[derive(Debug, Clone, Copy)]
pub struct Near<'a> {
    /// Which.
    pub cap: &'a Cap,
    /// So many of them at once.
    pub times: u32,
}

/// Flows hashed onto so many links.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashed {
    links: usize,
    flows: Vec<u32>,
    busiest: Vec<f64>,
    #[serde(rename = "use")]
    used: Vec<f64>,
}

/// What is to be expected of flows that are hashed onto links.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Share of the flows on the busiest link.
    pub busiest: f64,
    /// Share of the team in use until that link is done.
    pub used: f64,
}

/// The table.
pub static LIMITS: LazyLock<Limits> = LazyLock::new(|| {
    toml::from_str(include_str!("../../assets/limits.toml")).expect("the table is right")
});

impl Cap {
    /// bit/s
    pub fn rate(&self) -> f64 {
        self.bytes_per_s * 8.0
    }
}

impl Limits {
    /// The cap that `rate` (bit/s) is near to: one, or as many as there were migrations at once.
    pub fn near(&self, rate: f64, migrations: Option<u32>) -> Option<Near<'_>> {
        let times = |cap: &Cap| match (cap.per, migrations) {
            (Per::Migration, Some(many)) if many > 1 => vec![1, many],
            _ => vec![1],
        };
        let near = self
            .caps
            .iter()
            .flat_map(|cap| times(cap).into_iter().map(move |times| Near { cap, times }));
        let apart = |near: &Near<'_>| rate / (near.cap.rate() * f64::from(near.times));
        near.filter(|near| (BELOW..=ABOVE).contains(&apart(near)))
            .min_by(|a, b| (apart(a) - 1.0).abs().total_cmp(&(apart(b) - 1.0).abs()))
    }

    /// For so many flows on so many links; of more flows than the table has, its last.
    pub fn hashed(&self, flows: u32, links: usize) -> Option<Expected> {
        let table = self.hashed.iter().find(|table| table.links == links)?;
        let at = table.flows.partition_point(|n| *n <= flows).checked_sub(1)?;
        Some(Expected { busiest: *table.busiest.get(at)?, used: *table.used.get(at)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_whole_and_every_cap_has_a_source() {
        for table in &LIMITS.hashed {
            assert!(table.flows.len() == table.busiest.len());
            assert!(table.flows.len() == table.used.len());
            assert!(table.flows.is_sorted());
        }
        assert!(LIMITS.caps.iter().all(|cap| !cap.source.is_empty() && !cap.remedy.is_empty()));
    }

    #[test]
    fn two_flows_on_two_links_meet_every_other_time() {
        // Apart: half each, all in use. Together: all on one, half in use.
        let expected = LIMITS.hashed(2, 2).expect("in the table");
        assert_eq!(expected, Expected { busiest: 0.75, used: 0.75 });
        assert_eq!(LIMITS.hashed(1_000, 2), LIMITS.hashed(64, 2));
        assert_eq!(LIMITS.hashed(0, 2), None);
        assert_eq!(LIMITS.hashed(2, 5), None);
    }

    #[test]
    fn a_plateau_is_told_by_its_cap() {
        let name = |rate: f64, migrations| {
            LIMITS.near(rate, migrations).map(|near| (near.cap.name.clone(), near.times))
        };
        let (qemu, once) = name(134_217_728.0 * 8.0 * 1.04, None).expect("near");
        assert!(qemu.contains("128 MiB/s") && once == 1);
        let (older, four) = name(67_108_864.0 * 8.0 * 4.1, Some(4)).expect("near");
        assert!(older.contains("64 MiB/s") && four == 4);
        assert!(name(134_217_728.0 * 8.0 * 1.2, None).is_none());
        assert!(name(375e6 * 8.0 * 3.0, Some(3)).is_none(), "it is the host's");
    }
}
