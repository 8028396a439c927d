//! The rules that find something, each a function of what was compared.

mod choice;
mod limited;
mod quality;
mod runs;
mod team;
mod wire;

#[cfg(test)]
mod tests;

use super::finding::Finding;
use super::study::Study;
use super::words::place;

/// What one rule finds.
type Found = Vec<Finding>;

/// Everything that is found, what matters most first.
pub fn findings(study: &Study) -> Vec<Finding> {
    let rules: [fn(&Study) -> Found; 21] = [
        choice::sweet_spots,
        choice::knee,
        wire::above_attainable,
        quality::link_change,
        choice::faster,
        choice::no_gain,
        wire::saturated,
        team::single_member,
        team::imbalance,
        wire::cap_plateau,
        wire::not_link_bound,
        limited::limited,
        choice::fixed_cost,
        runs::too_few_runs,
        runs::first_run_slow,
        quality::no_traffic,
        quality::background_traffic,
        quality::wrong_interface,
        quality::errors_or_drops,
        quality::peaks,
        quality::gaps,
    ];
    rules.iter().flat_map(|rule| rule(study)).collect()
}

/// The load and the other factors of a cell: `vms=20`.
fn at(study: &Study, cell: usize) -> String {
    place(&study.cells[cell].at(&study.axes))
}

/// A cell's configuration and place: `4x10GbE at vms=10`.
fn cell_name(study: &Study, cell: usize) -> String {
    match (study.cells[cell].configuration.as_str(), at(study, cell)) {
        ("", at) => at,
        (name, at) if at.is_empty() => name.to_owned(),
        (name, at) => format!("{name} at {at}"),
    }
}

/// The cells of each configuration, in order, with its number.
fn by_configuration(study: &Study) -> impl Iterator<Item = (&super::Configuration, Vec<usize>)> {
    let mut cells = vec![Vec::new(); study.configurations.len()];
    for (number, cell) in study.cells.iter().enumerate() {
        cells[cell.rank].push(number);
    }
    study.configurations.iter().zip(cells)
}

/// The trials of cells.
fn trials(study: &Study, cells: &[usize]) -> Vec<usize> {
    cells.iter().flat_map(|cell| study.cells[*cell].trials.iter().copied()).collect()
}
