//! What the trials of a session that has just ended come to, in the words of the report.

use crate::compare::{Origin, Outcome, Settings, Study};
use crate::model::Factors;
use crate::report::text::{Options, sections};
use crate::report::{Block, Report, Section, Sources};
use crate::session::Session;

/// The conclusions about the cells of these factors, and how their runs lie; empty when there is
/// nothing to conclude.
pub fn brief(session: &Session, cells: &[&Factors], options: Options) -> String {
    let origin = Origin { name: "trial", file: "" };
    let mut outcomes = Outcome::of_session(session, origin);
    outcomes.retain(|outcome| cells.contains(&&outcome.factors));
    let Ok(study) = Study::of(outcomes, &Settings::default()) else { return String::new() };
    if study.findings.is_empty() {
        return String::new();
    }
    let mut report = Report::of(study, Sources::default());
    report.sections.retain_mut(is_brief);
    sections(&report, options)
}

/// The conclusions, and of the times the chart: the table of the runs stands above.
fn is_brief(section: &mut Section) -> bool {
    if section.title == "Time" {
        section.blocks.retain(|block| matches!(block, Block::Chart(_)));
    }
    matches!(section.title, "Conclusions" | "Time")
}
