//! `migtop report`: files in, one comparison, out in the form that was asked for.

mod brief;
mod choose;
mod read;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::output::Output;
use crate::cli::Settings;
use crate::cli::args::{ColorArg, ReportArgs, ReportFormat};
use crate::cli::settings;
use crate::compare::{self, Asked, Study};
use crate::place::User;
use crate::report::text::Options;
use crate::report::{self, Report};

pub use brief::brief;
pub use choose::Refusal;

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;
/// Columns of the least that is laid out, and of the most that can be read.
const LEAST: usize = 40;
const MOST: usize = 160;

/// Reads, compares and writes.
///
/// # Errors
/// When a file cannot be read, something was asked for that cannot be, or the report cannot be
/// written.
pub fn run(settings: &Settings, asked: &ReportArgs) -> Result<ExitCode> {
    let user = User::current();
    let to = match &settings.recording.output {
        settings::Output::File(to) => Some(to.as_path()),
        _ => None,
    };
    let form = form(asked.format, to)?;
    let mut input = read::read(settings, &asked.files, to, &user)?;
    choose::choose(&mut input.outcomes, asked)?;
    let study = Study::of(input.outcomes, &chosen(asked))?;
    let report = Report::of(study, input.sources);
    let mut output = Output::create(to, settings.recording.replace, &user)?;
    write(&report, form, settings, &mut output).context("cannot write the report")?;
    output.keep()?;
    Ok(ExitCode::SUCCESS)
}

fn chosen(asked: &ReportArgs) -> compare::Settings {
    let predict = asked
        .predict
        .iter()
        .map(|(factor, value)| Asked { factor: factor.clone(), value: value.clone() });
    compare::Settings {
        configuration: asked.configuration.clone(),
        load: asked.load.clone(),
        baseline: asked.baseline.clone(),
        predict: predict.collect(),
    }
}

/// What was asked for, else what the file's ending says; text without a file.
fn form(asked: Option<ReportFormat>, to: Option<&Path>) -> Result<ReportFormat, Refusal> {
    let (None, Some(to)) = (asked, to) else { return Ok(asked.unwrap_or(ReportFormat::Text)) };
    let ending = to.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        None | Some("txt" | "text") => Ok(ReportFormat::Text),
        Some("md" | "markdown") => Ok(ReportFormat::Markdown),
        Some("html" | "htm") => Ok(ReportFormat::Html),
        Some("csv") => Ok(ReportFormat::Csv),
        Some("json") => Ok(ReportFormat::Json),
        Some("svg") => Ok(ReportFormat::Svg),
        Some(_) => Err(Refusal::Ending(to.display().to_string())),
    }
}

fn write(
    report: &Report,
    form: ReportFormat,
    settings: &Settings,
    output: &mut Output,
) -> Result<()> {
    let text = match form {
        ReportFormat::Json => {
            report::json::write(report, output)?;
            String::new()
        }
        ReportFormat::Csv => {
            report::csv::write(&report.study, &mut *output)?;
            String::new()
        }
        ReportFormat::Text => as_text(report, settings, output),
        ReportFormat::Markdown => report::markdown::markdown(report),
        ReportFormat::Html => report::html::html(report),
        ReportFormat::Svg => report::svg::svg(report).ok_or(Refusal::NoChart)?,
    };
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}

/// As wide as the terminal that it goes to, and with colours where it has them.
fn as_text(report: &Report, settings: &Settings, output: &Output) -> String {
    report::text::text(report, layout(settings, matches!(output, Output::Standard(_))))
}

/// How text is laid out, on standard output or elsewhere.
pub fn layout(settings: &Settings, standard: bool) -> Options {
    let terminal = standard && std::io::stdout().is_terminal();
    let colour = settings.colour == ColorArg::Always || (terminal && settings.view.colour);
    let columns = columns().filter(|_| terminal);
    let width = columns.map_or(WIDTH, |columns| columns.clamp(LEAST, MOST));
    Options { width, symbols: settings.view.symbols.in_plots(), colour }
}

/// Columns of the terminal on standard output.
#[cfg(unix)]
fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn columns() -> Option<usize> {
    None
}
