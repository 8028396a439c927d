//! What every formula's tests share.

use super::Summary;

/// To nine digits, as the project promises to agree with scipy.
pub(super) fn close(value: f64, truth: f64) {
    assert!((value - truth).abs() <= 1e-9 * truth.abs(), "{value:e} is not {truth:e}");
}

pub(super) fn summary(values: &[f64]) -> Summary {
    Summary::of(values.iter().copied()).expect("is defined")
}

/// Every table of `tests/fixtures/statistics.json`, whose form and making stand in
/// `tests/fixtures/statistics.py`.
mod tables {
    use std::collections::BTreeMap;
    use std::iter::zip;

    use serde_json::Value;

    use super::super::{Line, Summary, holm, ratio_of_means, welch};
    use super::close;

    const TABLES: &str = include_str!("../../tests/fixtures/statistics.json");

    /// One row's duration with its configuration and load.
    struct Row<'a> {
        config: &'a str,
        vms: &'a str,
        duration: f64,
    }

    fn rows<'a>(csv: &'a str) -> Vec<Row<'a>> {
        let row = |line: &'a str| {
            let cells: Vec<&str> = line.split(',').collect();
            let duration = cells[4].parse().expect("is a number");
            Row { config: cells[0], vms: cells[1], duration }
        };
        csv.lines().skip(1).map(row).collect()
    }

    fn summaries<'a>(rows: &[Row<'a>]) -> BTreeMap<(&'a str, &'a str), Summary> {
        let mut cells: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for row in rows {
            cells.entry((row.config, row.vms)).or_default().push(row.duration);
        }
        let summary = |values: Vec<f64>| Summary::of(values).expect("is defined");
        cells.into_iter().map(|(cell, values)| (cell, summary(values))).collect()
    }

    fn tables() -> Vec<Value> {
        let mut recorded: Value = serde_json::from_str(TABLES).expect("is JSON");
        let tables = recorded["tables"].take();
        let tables = tables.as_array().expect("is a list").clone();
        assert_eq!(tables.len(), 200);
        tables
    }

    fn text<'a>(of: &'a Value, field: &str) -> &'a str {
        of[field].as_str().expect("is text")
    }

    fn list<'a>(of: &'a Value, field: &str) -> &'a [Value] {
        of[field].as_array().expect("is a list")
    }

    fn number(of: &Value, field: &str, found: Option<f64>) {
        assert_eq!(of[field].is_null(), found.is_none(), "{field} of {of}");
        of[field].as_f64().into_iter().zip(found).for_each(|(truth, found)| close(found, truth));
    }

    fn interval(of: &Value, field: &str, found: Option<(f64, f64)>) {
        assert_eq!(of[field].is_null(), found.is_none(), "{field} of {of}");
        if let Some((low, high)) = found {
            close(low, of[field][0].as_f64().expect("is a number"));
            close(high, of[field][1].as_f64().expect("is a number"));
        }
    }

    #[test]
    fn cells_are_those_of_scipy() {
        for table in tables() {
            let summaries = summaries(&rows(text(&table, "csv")));
            assert_eq!(list(&table, "cells").len(), summaries.len());
            for cell in list(&table, "cells") {
                let summary = summaries[&(text(cell, "config"), text(cell, "vms"))];
                assert_eq!(cell["n"], summary.n);
                number(cell, "mean", Some(summary.mean));
                number(cell, "sd", summary.sd);
                interval(cell, "ci95", summary.interval95);
                number(cell, "median", Some(summary.median));
                number(cell, "min", Some(summary.min));
                number(cell, "max", Some(summary.max));
                number(cell, "cv", summary.cv);
            }
        }
    }

    #[test]
    fn comparisons_are_those_of_scipy() {
        for table in tables() {
            let summaries = summaries(&rows(text(&table, "csv")));
            let comparisons = list(&table, "comparisons");
            let mut probabilities = Vec::new();
            for comparison in comparisons {
                let cell = |side| &summaries[&(text(comparison, side), text(comparison, "vms"))];
                let (candidate, baseline) = (cell("candidate"), cell("baseline"));
                let ratio = ratio_of_means(candidate, baseline).expect("is defined");
                number(comparison, "ratio", Some(ratio.value));
                interval(comparison, "ratio_ci95", ratio.interval95);
                let p = welch(candidate, baseline).map(|test| test.p);
                number(comparison, "p_value", p);
                probabilities.push(p);
            }
            for (comparison, adjusted) in zip(comparisons, holm(&probabilities)) {
                number(comparison, "p_adjusted", adjusted);
            }
        }
    }

    #[test]
    fn models_are_those_of_scipy() {
        for table in tables() {
            let rows = rows(text(&table, "csv"));
            for model in list(&table, "models") {
                let of_model = rows.iter().filter(|row| row.config == text(model, "config"));
                let points: Vec<(f64, f64)> = of_model
                    .map(|row| (row.vms.parse().expect("is a number"), row.duration))
                    .collect();
                let line = Line::fit(&points).expect("is defined");
                number(model, "fixed", Some(line.intercept.value));
                interval(model, "fixed_ci95", line.intercept.interval95);
                number(model, "per_unit", Some(line.slope.value));
                interval(model, "per_unit_ci95", line.slope.interval95);
                number(model, "r2", line.r2);
                let load = model["load"].as_f64().expect("is a number");
                let prediction = line.predict(load).expect("is finite");
                number(model, "seconds", Some(prediction.value));
                interval(model, "interval95", prediction.interval95);
            }
        }
    }
}
