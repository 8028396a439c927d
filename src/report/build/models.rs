//! Time over load: what is fixed, what each unit costs, and what was asked to be predicted.

use std::fmt::Write as _;

use super::super::charts;
use super::super::document::{Block, Section, Table};
use super::{chart, interval, or_dash};
use crate::compare::load::Unit;
use crate::compare::words::{list, place};
use crate::compare::{Study, TimeModel};
use crate::model::printable;
use crate::stats::Estimate;
use crate::units::{Bytes, Seconds};

/// One more unit of a load that is a size.
const GIB: f64 = 1_073_741_824.0;

pub fn section(study: &Study) -> Section {
    let mut blocks = Vec::new();
    if !study.models.is_empty() {
        blocks.push(Block::Text(costs(study)));
        blocks.push(Block::Table(table(study)));
        blocks.extend(chart(charts::models(study)));
        if study.models.iter().any(|model| !model.predictions.is_empty()) {
            blocks.push(Block::Table(predictions(study)));
        }
    }
    Section { title: "Time model", blocks }
}

fn per_unit(model: &TimeModel) -> Estimate {
    let scale = if model.unit == Unit::Octets { GIB } else { 1.0 };
    let slope = model.line.slope;
    Estimate {
        value: slope.value * scale,
        error: slope.error.map(|error| error * scale),
        interval95: slope.interval95.map(|(low, high)| (low * scale, high * scale)),
    }
}

fn unit(study: &Study, model: &TimeModel) -> String {
    match model.unit {
        Unit::Octets => "GiB".into(),
        Unit::Each => printable(study.axes.load.as_deref().unwrap_or("unit")).into_owned(),
    }
}

/// What one more unit costs on which configurations, and whether the fixed parts differ.
fn costs(study: &Study) -> String {
    let (grow, others): (Vec<&TimeModel>, Vec<&TimeModel>) =
        study.models.iter().partition(|model| model.grows());
    let unit = study.models.first().map_or_else(String::new, |model| unit(study, model));
    let mut text = String::new();
    if !others.is_empty() {
        let on = on(&others);
        let _ = write!(
            text,
            "Time does not grow with {unit}{on}: a straight line says nothing there. "
        );
    }
    if !grow.is_empty() {
        let _ = write!(text, "Time = fixed part + cost x {unit}. {}", growth(&grow));
    }
    text.trim_end().to_owned()
}

fn growth(models: &[&TimeModel]) -> String {
    let mut groups: Vec<Vec<&TimeModel>> = Vec::new();
    for model in models {
        let own = per_unit(model);
        let alike = |group: &Vec<&TimeModel>| group.iter().all(|m| overlap(per_unit(m), own));
        match groups.iter_mut().find(|group| alike(group)) {
            Some(group) => group.push(model),
            None => groups.push(vec![model]),
        }
    }
    let of = |group: &Vec<&TimeModel>| {
        let costs: Vec<f64> = group.iter().map(|model| per_unit(model).value).collect();
        format!("{}{}", span(&costs), on(group))
    };
    let each: Vec<String> = groups.iter().map(of).collect();
    let mut text = format!("One more of it costs {}.", list(&each));
    if groups.iter().any(|group| group.len() > 1) {
        text += " Costs named together are not told apart.";
    }
    if let [_, _, ..] = models {
        let fixed: Vec<Estimate> = models.iter().map(|model| model.line.intercept).collect();
        let values: Vec<f64> = fixed.iter().map(|estimate| estimate.value).collect();
        let alike = fixed.iter().all(|a| fixed.iter().all(|b| overlap(*a, *b)));
        let verdict = if alike { "are not told apart" } else { "differ" };
        let _ = write!(text, " The fixed parts, {}, {verdict}.", span(&values));
    }
    text
}

/// ` on 1x10GbE and 2x10GbE`; nothing where there is one that has no name.
fn on(models: &[&TimeModel]) -> String {
    let named = models.iter().filter(|model| !model.at.is_empty());
    let names: Vec<String> = named.map(|model| model.name()).collect();
    if names.is_empty() { String::new() } else { format!(" on {}", list(&names)) }
}

fn overlap(a: Estimate, b: Estimate) -> bool {
    match (a.interval95, b.interval95) {
        (Some((a_low, a_high)), Some((b_low, b_high))) => a_low <= b_high && b_low <= a_high,
        _ => true,
    }
}

fn span(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = (Seconds(low).to_string(), Seconds(high).to_string());
    if low == high { low } else { format!("{low} to {high}") }
}

fn table(study: &Study) -> Table {
    let unit = study.models.first().map_or_else(String::new, |model| unit(study, model));
    let each = format!("per {unit}>");
    let mut table = Table::new(&["", "n>", "fixed>", "95 %>", &each, "95 %>", "R²>"]);
    let seconds = |s: f64| Seconds(s).to_string();
    for model in &study.models {
        let (fixed, each) = (model.line.intercept, per_unit(model));
        table.rows.push(vec![
            model.name(),
            model.line.n.to_string(),
            precise(fixed.value),
            interval(fixed.interval95, seconds),
            precise(each.value),
            interval(each.interval95, seconds),
            or_dash(model.line.r2.map(|r2| format!("{r2:.5}"))),
        ]);
    }
    table
}

/// With the digits that a comparison with other tools needs.
fn precise(seconds: f64) -> String {
    format!("{seconds:.4} s")
}

fn predictions(study: &Study) -> Table {
    let mut table = Table::new(&["asked", "", "time>", "95 % of one run>", ""]);
    for model in &study.models {
        let (least, most) = model.measured();
        for prediction in &model.predictions {
            let beyond = format!(
                "beyond what was measured ({} to {})",
                load(model, least),
                load(model, most)
            );
            table.rows.push(vec![
                asked(study, model, prediction),
                printable(&place(&model.at)).into_owned(),
                Seconds(prediction.seconds).to_string(),
                interval(prediction.interval95, |s| Seconds(s.max(0.0)).to_string()),
                if prediction.extrapolates { beyond } else { String::new() },
            ]);
        }
    }
    table.note = "A straight line holds no further than it was measured.".into();
    table
}

/// As it was asked, with what it comes to in the load's own unit.
fn asked(study: &Study, model: &TimeModel, prediction: &crate::compare::Prediction) -> String {
    let own = study.axes.load.as_deref().unwrap_or_default();
    let asked = printable(&prediction.asked).into_owned();
    if prediction.asked.starts_with(&format!("{own}=")) {
        return asked;
    }
    format!("{asked} ({} {})", load(model, prediction.load), printable(own))
}

fn load(model: &TimeModel, load: f64) -> String {
    match model.unit {
        Unit::Octets => Bytes(load as u64).to_string(),
        Unit::Each => format!("{}", (load * 1e3).round() / 1e3),
    }
}
