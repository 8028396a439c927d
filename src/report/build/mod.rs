//! Builds the document: which sections, in which order, with which words.

mod comparisons;
mod models;
mod throughput;
mod times;
mod trials;

use std::collections::BTreeSet;

use super::document::{Block, Report, Section, Statement};
use super::iperf3::Capacity;
use crate::compare::{Finding, Outcome, Study};
use crate::model::printable;

/// What a report is made of besides the trials.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sources {
    /// Names of the files.
    pub files: Vec<String>,
    /// What must be known of them, a sentence each.
    pub remarks: Vec<String>,
    /// Measured capacities of the path.
    pub capacities: Vec<Capacity>,
    /// What writes the report.
    pub written_by: String,
}

impl Report {
    /// The report of what was compared.
    pub fn of(study: Study, sources: Sources) -> Self {
        let sections = [
            conclusions(&study),
            times::section(&study),
            comparisons::section(&study),
            models::section(&study),
            throughput::section(&study, &sources.capacities),
            trials::section(&study),
            method(),
        ];
        let sections = sections.into_iter().filter(|section| !section.blocks.is_empty()).collect();
        Self {
            title: title(&sources.files),
            lead: lead(&study, &sources),
            sections,
            written_by: sources.written_by,
            capacities: sources.capacities,
            study,
        }
    }
}

fn title(files: &[String]) -> String {
    match files {
        [] => "Trials compared".into(),
        [one] => format!("Trials compared: {}", printable(one)),
        [first, rest @ ..] => {
            format!("Trials compared: {} and {} more", printable(first), rest.len())
        }
    }
}

/// Where the figures come from.
fn lead(study: &Study, sources: &Sources) -> Vec<String> {
    let counted = study.trials.iter().filter(|outcome| outcome.counts()).count();
    let mut text =
        format!("{} in {}", number(counted, "finished trial"), number(study.cells.len(), "cell"));
    let axis = |name: &str, axis: &Option<String>| {
        axis.as_ref().map_or_else(String::new, |axis| format!("; {name}: {}", printable(axis)))
    };
    text += &axis("configuration", &study.axes.configuration);
    text += &axis("load", &study.axes.load);
    text.push('.');
    let mut lead = vec![text];
    if let Some(hosts) = several(study, |outcome| outcome.host.as_deref()) {
        lead.push(format!("Trials of several hosts: {hosts}."));
    }
    if let Some(subjects) = several(study, |outcome| outcome.subject.as_deref()) {
        lead.push(format!("They are about different links: {subjects}."));
    }
    let coarsest = study.cells.iter().map(|cell| cell.resolution).fold(0.0, f64::max);
    if coarsest > 0.0 {
        let step = crate::compare::words::Step(coarsest);
        lead.push(format!("Durations were written in {step}."));
    }
    lead.extend(unknown_capacity(study));
    lead.extend(never_repeated(study));
    lead.extend(sources.remarks.iter().map(|remark| format!("{}.", remark.trim_end_matches('.'))));
    lead
}

/// What the trials differ in though nobody varied it; `None` when they are all the same.
fn several<'a>(study: &'a Study, of: impl Fn(&'a Outcome) -> Option<&'a str>) -> Option<String> {
    const MOST: usize = 6;
    let mut names: Vec<&str> =
        study.trials.iter().filter(|outcome| outcome.counts()).filter_map(of).collect();
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > MOST { " and more" } else { "" };
    let shown: Vec<_> = names.iter().take(MOST).map(|name| printable(name)).collect();
    (names.len() > 1).then(|| format!("{}{more}", shown.join(", ")))
}

/// Why there is no sweet spot where one could be looked for.
fn unknown_capacity(study: &Study) -> Option<String> {
    let unknown = study.configurations.iter().filter(|c| c.capacity.is_none());
    let names: Vec<String> = unknown
        .take(6)
        .map(|c| printable(&c.name).into_owned())
        .filter(|n| !n.is_empty())
        .collect();
    let compared = study.axes.configuration.is_some() && study.configurations.len() > 1;
    (compared && !names.is_empty()).then(|| {
        let whose = crate::compare::words::list(&names);
        format!(
            "The capacity of {whose} is not known, so none is said to be the smallest that is \
             enough: give speed_bits_per_s and members in a table, --speed for a session."
        )
    })
}

/// A factor that is another one in every run: no run is repeated then.
fn never_repeated(study: &Study) -> Option<String> {
    const LEAST: usize = 4;
    let counted = || study.trials.iter().filter(|outcome| outcome.counts());
    let n = counted().count();
    if n < LEAST || study.cells.len() < n {
        return None;
    }
    let axes = [&study.axes.configuration, &study.axes.load];
    let names: BTreeSet<&String> = counted().flat_map(|outcome| outcome.factors.keys()).collect();
    let name = names.into_iter().find(|name| {
        let values: BTreeSet<_> = counted().filter_map(|o| o.factors.get(*name)).collect();
        values.len() == n && !axes.iter().any(|axis| axis.as_ref() == Some(*name))
    })?;
    let name = printable(name);
    Some(format!(
        "`{name}` is another one in every run, so none is repeated: leave it out of the table."
    ))
}

fn conclusions(study: &Study) -> Section {
    let mut statements: Vec<Statement> = Vec::new();
    let mut last = "";
    for Finding { weight, what, .. } in &study.findings {
        let (seen, meaning) = (format!("{}.", what.seen()), format!("{}.", what.meaning()));
        let advice = what.advice();
        match statements.last_mut() {
            // What means the same is said once.
            Some(said)
                if last == what.code() && (&said.meaning, &said.advice) == (&meaning, &advice) =>
            {
                said.seen.push(seen);
                said.weight = said.weight.min(*weight);
            }
            _ => statements.push(Statement { weight: *weight, seen: vec![seen], meaning, advice }),
        }
        last = what.code();
    }
    let blocks = match (statements.is_empty(), study.cells.is_empty()) {
        (false, _) => vec![Block::Statements(statements)],
        (true, true) => {
            vec![Block::Text("No trial is finished: there is nothing to compare.".into())]
        }
        (true, false) => vec![Block::Text("Nothing stands out.".into())],
    };
    Section { title: "Conclusions", blocks }
}

/// How the figures were made.
fn method() -> Section {
    const METHOD: [&str; 6] = [
        "Conclusions are marked by what they are: ! a figure that is wrong, ~ something to mind, \
         - a finding.",
        "A cell is all finished trials with equal factors. Intervals are 95 % intervals of the mean by \
         Student's t; a single run has none. Nothing is dropped for being far off.",
        "Configurations are compared at equal load by Welch's t, two-sided, with Holm's correction over \
         all comparisons; the ratio's interval is Fieller's. Not distinguishable means that these runs \
         cannot tell, not that the two are equal.",
        "The time model is a straight line by least squares over all trials; a prediction's interval is \
         that of one new run.",
        "The sweet spot is the smallest capacity whose mean time exceeds the best by no more than 5 %, \
         or by the step in which durations were written.",
        "Attainable is what byte counters can show at most: speed x (MTU + 14) / (MTU + 38), an MTU that \
         is not known being taken as 1500. A peak more than 1 % above it is impossible.",
    ];
    let blocks = METHOD.iter().map(|text| Block::Text((*text).into())).collect();
    Section { title: "How to read this", blocks }
}

/// So many of what is called so.
fn number(n: usize, name: &str) -> String {
    format!("{n} {name}{}", if n == 1 { "" } else { "s" })
}

/// An interval as `11.41 to 13.39 s`: a unit that both ends have is written once. `-` for none.
fn interval(interval: Option<(f64, f64)>, written: impl Fn(f64) -> String) -> String {
    let Some((low, high)) = interval else { return "-".into() };
    let (low, high) = (written(low), written(high));
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, unit)), Some((other, same)))
            if unit == same && !number.contains(' ') && !other.contains(' ') =>
        {
            format!("{number} to {high}")
        }
        _ => format!("{low} to {high}"),
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

/// A chart as a block, where there is one.
fn chart(chart: Option<crate::plot::Chart>) -> impl Iterator<Item = Block> {
    chart.into_iter().map(Block::Chart)
}
