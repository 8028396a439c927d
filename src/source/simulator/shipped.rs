//! The scenarios that come with migtop: their data files, their names and what there is to see.

use super::{Scenario, ScenarioError, Simulator};
use crate::source::SourceError;

/// What `--scenario` can play, and the data files.
const FILES: [(&str, &str); 9] = [
    ("evacuation", include_str!("../../../assets/scenarios/evacuation.toml")),
    ("saturated", include_str!("../../../assets/scenarios/saturated.toml")),
    ("skewed", include_str!("../../../assets/scenarios/skewed.toml")),
    ("failover", include_str!("../../../assets/scenarios/failover.toml")),
    ("capped", include_str!("../../../assets/scenarios/capped.toml")),
    ("matrix", include_str!("../../../assets/scenarios/matrix.toml")),
    ("late", include_str!("../../../assets/scenarios/late.toml")),
    ("wrap", include_str!("../../../assets/scenarios/wrap.toml")),
    ("hotplug", include_str!("../../../assets/scenarios/hotplug.toml")),
];

/// The scenarios that come with migtop.
pub const NAMES: [&str; FILES.len()] = {
    let mut names = [""; FILES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = FILES[i].0;
        i += 1;
    }
    names
};

/// Opens the scenario that comes with migtop under this name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn open(name: &str) -> Result<Simulator, SourceError> {
    let file = FILES.iter().find(|(known, _)| *known == name);
    let scenario = match file {
        Some((name, text)) => Scenario::parse(name, text),
        None => Err(ScenarioError::Unknown { existing: NAMES.join(", ") }),
    };
    let failed = |source| SourceError::Scenario { name: name.to_owned(), source };
    scenario.map(Simulator::new).map_err(failed)
}

/// What there is to see in the scenario of this name, in a line; empty for a name that is none. Read
/// from the text of its file: a command line that lists them all needs no reader of TOML.
pub fn summary(name: &str) -> &'static str {
    let file = FILES.iter().find(|(known, _)| *known == name);
    let mut lines = file.map_or("", |(_, text)| text).lines();
    let line = lines.find_map(|line| line.strip_prefix("summary = \"")?.strip_suffix('"'));
    line.unwrap_or_default()
}
