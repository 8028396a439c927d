//! What the Trials view shows, and what is selected in it.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::compare::{Matrix, Origin, Outcome, Settings, Study};
use crate::model::Factors;
use crate::session::{Session, TrialState};

/// A place that can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A cell of the matrix, run or not.
    Cell {
        /// Row of the matrix.
        row: usize,
        /// Column of it.
        column: usize,
    },
    /// One of the trials that are in no cell.
    Outside(usize),
}

/// The charts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Chart {
    /// Durations of every cell with that load.
    #[default]
    Times,
    /// Throughput of the selected cell's runs over their time.
    Rates,
    /// None: the findings alone.
    None,
}

/// The trials of a session, compared.
#[derive(Debug)]
pub struct Compared {
    /// Its trials are the session's, in the same order.
    pub study: Study,
    /// Its cells.
    pub matrix: Matrix,
    /// Numbers of the trials, as the session counts them.
    pub numbers: Vec<u32>,
    /// Trials that are in no cell, by their place in the study.
    pub outside: Vec<usize>,
}

/// The view's own state.
#[derive(Debug, Default)]
pub struct TrialsView {
    compared: Option<Compared>,
    /// Of what it was made.
    print: u64,
    place: Option<Place>,
    /// The run that is selected in the cell, by its number.
    run: Option<u32>,
    /// The user moved the selection: it no longer follows the latest trial.
    steered: bool,
    /// The finding shown first.
    first: usize,
    /// What is charted.
    pub chart: Chart,
    /// The chart was asked for: it is shown in place of the findings where there is no room for both.
    pub asked: bool,
}

/// What was selected, so that it is found again among other trials.
struct Anchor {
    row: Option<(String, Factors)>,
    load: Option<String>,
    trial: Option<u32>,
}

impl Compared {
    fn of(session: &Session) -> Self {
        let trials = Outcome::of_session(session, Origin { name: "", file: "" });
        let outside = (0..trials.len()).filter(|trial| !trials[*trial].counts()).collect();
        let study = Study::of(trials, &Settings::default()).expect("nothing is asked for");
        let matrix = Matrix::of(&study);
        let numbers = session.trials().iter().map(|trial| trial.number).collect();
        Self { study, matrix, numbers, outside }
    }

    /// The cell at a place.
    pub fn cell(&self, place: Place) -> Option<usize> {
        match place {
            Place::Cell { row, column } => self.matrix.at(row, column),
            Place::Outside(_) => None,
        }
    }

    /// The trials that a place stands for, by their place in the study: a cell's finished ones, the
    /// excluded among them, or the one that is in no cell.
    pub fn runs(&self, place: Place) -> Vec<usize> {
        if let Place::Outside(at) = place {
            return self.outside.get(at).copied().into_iter().collect();
        }
        let Some(cell) = self.cell(place).map(|cell| &self.study.cells[cell]) else {
            return Vec::new();
        };
        let of_it = |(at, trial): (usize, &Outcome)| {
            let alike = trial.state == TrialState::Finished && trial.factors == cell.factors;
            alike.then_some(at)
        };
        self.study.trials.iter().enumerate().filter_map(of_it).collect()
    }

    /// Where a trial of this number is: in its cell, else outside.
    fn place_of(&self, number: u32) -> Option<Place> {
        let trial = self.numbers.iter().position(|n| *n == number)?;
        let cells = &self.study.cells;
        let finished = self.study.trials[trial].state == TrialState::Finished;
        let factors = &self.study.trials[trial].factors;
        let cell = cells.iter().position(|cell| finished && &cell.factors == factors);
        if let Some((row, column)) = cell.and_then(|cell| self.matrix.place(cell)) {
            return Some(Place::Cell { row, column });
        }
        self.outside.iter().position(|at| *at == trial).map(Place::Outside)
    }

    fn anchor(&self, place: Place, run: Option<u32>) -> Anchor {
        let last = self.runs(place).last().map(|trial| self.numbers[*trial]);
        let (row, load) = match place {
            Place::Cell { row, column } => {
                (self.matrix.rows.get(row), self.matrix.loads.get(column))
            }
            Place::Outside(_) => (None, None),
        };
        let row = row.map(|row| (row.configuration.clone(), row.others.clone()));
        // A run is followed wherever it goes; a cell is where it is.
        let row = row.filter(|_| run.is_none());
        Anchor { row, load: load.cloned(), trial: run.or(last) }
    }

    fn find(&self, anchor: &Anchor) -> Option<Place> {
        let named = anchor.row.as_ref().zip(anchor.load.as_ref());
        let cell = named.and_then(|((configuration, others), load)| {
            let row = self
                .matrix
                .rows
                .iter()
                .position(|row| (&row.configuration, &row.others) == (configuration, others))?;
            let column = self.matrix.loads.iter().position(|known| known == load)?;
            Some(Place::Cell { row, column })
        });
        cell.or_else(|| self.place_of(anchor.trial?))
    }

    /// The place of the trial that ended last.
    fn latest(&self) -> Option<Place> {
        let ended = |trial: &&usize| self.study.trials[**trial].state != TrialState::Open;
        let all: Vec<usize> = (0..self.numbers.len()).collect();
        let counting = all.iter().rev().find(|trial| self.study.trials[**trial].counts());
        let latest = counting.or_else(|| all.iter().rev().find(ended)).or(all.last())?;
        self.place_of(self.numbers[*latest])
    }
}

impl TrialsView {
    /// The trials compared, once the view was shown.
    pub fn compared(&self) -> Option<&Compared> {
        self.compared.as_ref()
    }

    /// What is selected.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The run that is selected in the cell, by its number.
    pub fn run(&self) -> Option<u32> {
        self.run
    }

    /// The number of the finding that is shown first.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Compares again when the trials have changed.
    pub fn follow(&mut self, session: &Session) {
        let print = print(session);
        if self.compared.is_some() && print == self.print {
            return;
        }
        let old = self.compared.as_ref().zip(self.place);
        let anchor = old.map(|(compared, place)| compared.anchor(place, self.run));
        let compared = Compared::of(session);
        let again = anchor.filter(|_| self.steered).and_then(|anchor| compared.find(&anchor));
        self.place = again.or_else(|| compared.latest());
        let runs = self.place.map_or_else(Vec::new, |place| compared.runs(place));
        self.run = self.run.filter(|run| runs.iter().any(|trial| compared.numbers[*trial] == *run));
        self.steered &= again.is_some();
        self.first = self.first.min(compared.study.findings.len().saturating_sub(1));
        (self.compared, self.print) = (Some(compared), print);
    }

    /// What everything drawn of it depends on.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        (self.print, self.place, self.run, self.first, self.chart, self.asked).hash(&mut hash);
        hash.finish()
    }

    /// The trial that corrections are for: the selected run, or the selected cell's last one.
    pub fn trial_at_hand(&self) -> Option<u32> {
        let (compared, place) = (self.compared.as_ref()?, self.place?);
        let last = || compared.runs(place).last().map(|trial| compared.numbers[*trial]);
        self.run.or_else(last)
    }

    /// Selects a place.
    pub fn select(&mut self, place: Place) {
        (self.place, self.run, self.first, self.steered) = (Some(place), None, 0, true);
    }

    /// Moves by rows: among the runs of a cell, else through the matrix and what is below it.
    pub fn go(&mut self, steps: isize) {
        let (Some(compared), Some(place)) = (&self.compared, self.place) else { return };
        if let Some(run) = self.run {
            let runs = compared.runs(place);
            let at = runs.iter().position(|trial| compared.numbers[*trial] == run).unwrap_or(0);
            let to = at.saturating_add_signed(steps).min(runs.len().saturating_sub(1));
            self.run = runs.get(to).map(|trial| compared.numbers[*trial]);
            return;
        }
        let rows = compared.matrix.rows.len();
        let at = match place {
            Place::Cell { row, .. } => row,
            Place::Outside(at) => rows + at,
        };
        let last = (rows + compared.outside.len()).saturating_sub(1);
        let to = at.saturating_add_signed(steps).min(last);
        let column = self.column();
        let to =
            if to < rows { Place::Cell { row: to, column } } else { Place::Outside(to - rows) };
        self.select(to);
    }

    fn column(&self) -> usize {
        match self.place {
            Some(Place::Cell { column, .. }) => column,
            Some(Place::Outside(_)) | None => 0,
        }
    }

    /// Moves by columns of the matrix.
    pub fn go_aside(&mut self, steps: isize) {
        let (Some(compared), Some(Place::Cell { row, column })) = (&self.compared, self.place)
        else {
            return;
        };
        let last = compared.matrix.loads.len().saturating_sub(1);
        let column = column.saturating_add_signed(steps).min(last);
        self.select(Place::Cell { row, column });
    }

    /// Into the runs of the selected cell: to its last one.
    pub fn enter(&mut self) {
        if self.run.is_none() {
            self.run = self.trial_at_hand();
            self.steered |= self.run.is_some();
            self.asked = false;
        }
    }

    /// Away from a chart that was asked for, and back to the cell; `false` when that is where we are.
    pub fn leave(&mut self) -> bool {
        let inside = self.run.take().is_some();
        std::mem::take(&mut self.asked) || inside
    }

    /// Shows another finding first.
    pub fn turn(&mut self, steps: isize) {
        let findings = self.compared.as_ref().map_or(0, |compared| compared.study.findings.len());
        self.first = self.first.saturating_add_signed(steps).min(findings.saturating_sub(1));
    }

    /// Shows the next chart.
    pub fn next_chart(&mut self) {
        self.asked = true;
        self.chart = match self.chart {
            Chart::Times => Chart::Rates,
            Chart::Rates => Chart::None,
            Chart::None => Chart::Times,
        };
    }
}

/// What the study depends on.
fn print(session: &Session) -> u64 {
    let mut hash = DefaultHasher::new();
    for trial in session.trials() {
        (trial.number, trial.start, trial.end, trial.state as u8).hash(&mut hash);
        (&trial.factors, &trial.notes, trial.excluded, &trial.because).hash(&mut hash);
        trial.exit_status.hash(&mut hash);
    }
    hash.finish()
}
