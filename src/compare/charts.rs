//! A study as charts; what they are drawn with is the faces' business.

use super::cells::Cell;
use super::outcome::Outcome;
use super::study::Study;
use super::words::place;
use crate::model::printable;
use crate::plot::Chart;
use crate::plot::chart::{Axis, Dot, DotRow, Dots, Group, Level, Plot, Rates, Run, Standing};
use crate::plot::scale::Quantity;
use crate::units::Seconds;

impl Study {
    /// How long every cell took: each run a dot, a row a cell; `None` without cells.
    pub fn times_chart(&self) -> Option<Chart> {
        let groups = self.cells.chunk_by(Cell::is_like).map(|cells| self.dots_of(cells)).collect();
        let axis = Axis { label: "time".into(), quantity: Quantity::Seconds };
        let plot = Plot::Dots(Dots { axis, groups });
        let repeated = self.cells.iter().any(|cell| cell.n() > 1);
        let means = if repeated { ", with the mean of its cell and its 95 % interval" } else { "" };
        let summary = format!("Every trial as a dot{means}.");
        let title = "Time per cell".into();
        (!self.cells.is_empty()).then_some(Chart { title, summary, plot })
    }

    fn dots_of(&self, cells: &[Cell]) -> Group<DotRow> {
        let first = &cells[0];
        let others = place(&first.others);
        let name = format!("{} {others}", first.configuration);
        let row = |cell: &Cell| {
            let load = self.axes.load.as_deref().filter(|_| !cell.load.is_empty());
            let label = load.map(|load| format!("{load}={}", cell.load));
            DotRow {
                label: printable(&label.unwrap_or_default()).into_owned(),
                dots: self.dots(cell),
                mean: Some(cell.seconds()),
                interval: cell.duration.summary.interval95,
            }
        };
        let name = printable(name.trim()).into_owned();
        Group { name, rows: cells.iter().map(row).collect() }
    }

    /// The trials of a cell, and those with its factors that were excluded.
    fn dots(&self, cell: &Cell) -> Vec<Dot> {
        let counted = cell.trials.iter().map(|trial| {
            let outlier = cell.duration.outliers.contains(trial);
            let standing = if outlier { Standing::Outlier } else { Standing::Counted };
            dot(&self.trials[*trial], standing)
        });
        let excluded = |trial: &&Outcome| trial.excluded && trial.factors == cell.factors;
        let excluded = self.trials.iter().filter(excluded);
        counted.chain(excluded.map(|trial| dot(trial, Standing::Excluded))).collect()
    }

    /// The throughput of trials over the time since each one's start, with what the link can carry;
    /// `name` says what a trial is called. `None` where no rate is known.
    pub fn rates_chart(&self, trials: &[usize], name: impl Fn(usize) -> String) -> Option<Chart> {
        let run = |trial: &usize| {
            let course = &self.trials[*trial].course;
            let step = course.last()?.0 / course.len() as f64;
            let rates = course.iter().map(|(_, rate)| *rate).collect();
            (step > 0.0).then(|| Run { name: name(*trial), start: 0.0, step, rates })
        };
        let runs: Vec<Run> = trials.iter().filter_map(run).collect();
        let attainable = trials.iter().filter_map(|trial| self.trials[*trial].attainable);
        let ceiling =
            attainable.reduce(f64::min).map(|value| Level { label: "attainable".into(), value });
        let x = Axis { label: "since the start".into(), quantity: Quantity::Seconds };
        let y = Axis { label: "throughput".into(), quantity: Quantity::BitsPerSec };
        let summary = "The rate of each run over the time since its start".into();
        let title = "Throughput".into();
        let chart =
            |runs| Chart { title, summary, plot: Plot::Rates(Rates { x, y, runs, ceiling }) };
        (!runs.is_empty()).then(|| chart(runs))
    }
}

/// A trial's time; hovering says which it is, and why it does not count.
fn dot(trial: &Outcome, standing: Standing) -> Dot {
    let (id, time) = (printable(&trial.id), Seconds(trial.duration));
    let hover = match standing {
        Standing::Counted => format!("{id}: {time}"),
        Standing::Outlier => format!("{id}: {time}, far from the others"),
        Standing::Excluded => {
            let because = trial.because.as_deref().unwrap_or("no reason given");
            format!("{id}: {time}, left out: {}", printable(because))
        }
    };
    Dot { value: trial.duration, standing, hover }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Settings;
    use crate::compare::tests::outcome;

    #[test]
    fn every_run_is_a_dot_and_an_excluded_one_is_told_apart() {
        let excluded = Outcome { excluded: true, ..outcome("config=a vms=1", 9.0) };
        let trials = [outcome("config=a vms=1", 5.0), outcome("config=b vms=1", 4.0), excluded];
        let study =
            Study::of(trials.to_vec(), &Settings::default()).expect("nothing was asked for");
        let Some(Chart { plot: Plot::Dots(dots), .. }) = study.times_chart() else {
            panic!("dots");
        };
        let names: Vec<&str> = dots.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        let row = &dots.groups[0].rows[0];
        let standings: Vec<Standing> = row.dots.iter().map(|dot| dot.standing).collect();
        assert_eq!(standings, [Standing::Counted, Standing::Excluded]);
        assert_eq!((row.label.as_str(), row.mean), ("vms=1", Some(5.0)));
    }

    #[test]
    fn without_cells_or_rates_there_is_no_chart() {
        let study = Study::of(Vec::new(), &Settings::default()).expect("nothing was asked for");
        assert_eq!((study.times_chart(), study.rates_chart(&[], |_| String::new())), (None, None));
    }

    #[test]
    fn a_run_has_its_rates_and_the_ceiling_is_the_least() {
        let course = vec![(1.0, Some(1e9)), (2.0, None)];
        let measured = |attainable| Outcome {
            course: course.clone(),
            attainable: Some(attainable),
            ..outcome("vms=1", 2.0)
        };
        let study = Study::of(vec![measured(2e9), measured(1e9)], &Settings::default())
            .expect("nothing was asked for");
        let chart = study.rates_chart(&[0, 1], |trial| format!("run {}", trial + 1));
        let Some(Chart { plot: Plot::Rates(rates), .. }) = chart else { panic!("rates") };
        assert_eq!((rates.runs[1].name.as_str(), rates.runs[1].step), ("run 2", 1.0));
        assert_eq!(rates.runs[0].rates, [Some(1e9), None]);
        assert_eq!(rates.ceiling.map(|level| level.value), Some(1e9));
    }
}
