//! The cells as a table: a row for each configuration, a column for each load.

use super::cells::Cell;
use super::study::Study;
use crate::model::Factors;

/// The table, with the cells by number; a study without cells has one without rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The loads, the smallest first.
    pub loads: Vec<String>,
    /// The smaller capacity first.
    pub rows: Vec<Row>,
}

/// One configuration, and the factors that are neither configuration nor load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its value; empty where nothing is called the configuration.
    pub configuration: String,
    /// The other factors that its cells have in common.
    pub others: Factors,
    /// A cell for each load; `None` where none was run.
    pub cells: Vec<Option<usize>>,
}

impl Matrix {
    /// The table of a study.
    pub fn of(study: &Study) -> Self {
        let mut loads: Vec<&Cell> = Vec::new();
        for cell in &study.cells {
            if !loads.iter().any(|known| known.load == cell.load) {
                loads.push(cell);
            }
        }
        let amount = |cell: &Cell| cell.amount.map_or(f64::INFINITY, |load| load.value);
        loads.sort_by(|a, b| amount(a).total_cmp(&amount(b)).then_with(|| a.load.cmp(&b.load)));
        let loads: Vec<String> = loads.iter().map(|cell| cell.load.clone()).collect();
        let mut rows: Vec<Row> = Vec::new();
        // Cells come in order of configuration and of the other factors.
        for (number, cell) in study.cells.iter().enumerate() {
            let known =
                |row: &Row| row.configuration == cell.configuration && row.others == cell.others;
            if !rows.last().is_some_and(known) {
                rows.push(Row {
                    configuration: cell.configuration.clone(),
                    others: cell.others.clone(),
                    cells: vec![None; loads.len()],
                });
            }
            let column = loads.iter().position(|load| *load == cell.load);
            if let (Some(row), Some(column)) = (rows.last_mut(), column) {
                row.cells[column] = Some(number);
            }
        }
        Self { loads, rows }
    }

    /// The cell at a place.
    pub fn at(&self, row: usize, column: usize) -> Option<usize> {
        *self.rows.get(row)?.cells.get(column)?
    }

    /// Where a cell is: row and column.
    pub fn place(&self, cell: usize) -> Option<(usize, usize)> {
        let find = |row: &Row| row.cells.iter().position(|at| *at == Some(cell));
        self.rows.iter().enumerate().find_map(|(number, row)| Some((number, find(row)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Settings;
    use crate::compare::tests::outcome;

    fn matrix(trials: &[&str]) -> Matrix {
        let trials = trials.iter().map(|factors| outcome(factors, 1.0)).collect();
        Matrix::of(&Study::of(trials, &Settings::default()).expect("nothing was asked for"))
    }

    #[test]
    fn loads_are_in_order_of_their_numbers_and_holes_stay_holes() {
        let matrix = matrix(&["config=a vms=9", "config=b vms=10", "config=a vms=10"]);
        assert_eq!(matrix.loads, ["9", "10"]);
        let cells: Vec<_> = matrix.rows.iter().map(|row| row.cells.clone()).collect();
        assert_eq!(cells, [[Some(0), Some(1)], [None, Some(2)]]);
        assert_eq!((matrix.at(1, 1), matrix.at(1, 0), matrix.at(7, 7)), (Some(2), None, None));
        assert_eq!(matrix.place(2), Some((1, 1)));
    }

    #[test]
    fn other_factors_make_rows_of_their_own() {
        let matrix = matrix(&["config=a vms=1 x=u", "config=a vms=2 x=v", "config=b vms=2 x=u"]);
        let rows: Vec<_> =
            matrix.rows.iter().map(|r| (&*r.configuration, r.others.len())).collect();
        assert_eq!(rows, [("a", 1), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn without_configuration_or_load_it_is_one_row_or_one_column() {
        assert_eq!(matrix(&["vms=1", "vms=2"]).rows.len(), 1);
        let column = matrix(&["config=a", "config=b"]);
        assert_eq!((column.loads.len(), column.rows.len()), (1, 2));
        let one = matrix(&["", ""]);
        assert_eq!((one.loads.len(), one.rows.len()), (1, 1));
        assert_eq!(matrix(&[]), Matrix::default());
    }
}
