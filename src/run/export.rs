//! `migtop export`: a recorded session as a table, in two passes over its file; in three
//! where edges of trials were moved.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::find;
use super::output::Output;
use super::progress::Bar;
use super::summary;
use crate::cli::Settings;
use crate::cli::args::ExportFormat;
use crate::cli::settings;
use crate::export::{self, Form, Outline, Rows, TrialSpan};
use crate::journal::{Reader, Recovery};
use crate::model::printable;
use crate::place::User;
use crate::session::Session;
use crate::source::inventory::ChoiceError;

/// What cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("standard output is a terminal: a parquet file is not text, name a file with -o")]
    OnTerminal,
    #[error("{0} is the session itself; name another file with -o")]
    OntoItself(String),
}

/// What is asked of an export besides the settings.
pub struct Asked<'a> {
    /// A session's file or name.
    pub file: &'a Path,
    /// How it is written.
    pub format: Option<ExportFormat>,
    /// Without what says whose host it is.
    pub anonymise: bool,
}

/// Exports a session.
///
/// # Errors
/// When there is none, it is damaged, or the rows cannot be written.
pub fn run(settings: &Settings, asked: &Asked<'_>) -> Result<ExitCode> {
    let user = User::current();
    let path = find::session(asked.file, &user)?;
    let to = match &settings.recording.output {
        settings::Output::File(to) => Some(to.as_path()),
        _ => None,
    };
    let form = form(asked.format, to);
    refuse(form, &path, to)?;
    let outline = outline(settings, &path)?;
    check(settings, outline.names())?;
    let trials = outline.trials().map_or_else(|| trials(settings, &path), Ok)?;
    let mut output = Output::create(to, settings.recording.replace, &user)?;
    let rows = Rows::new(
        export::Settings {
            include: settings.inventory.include.clone(),
            exclude: settings.inventory.exclude.clone(),
            anonymise: asked.anonymise,
        },
        trials,
        outline.into_stand_ins(),
    );
    let reader = write(settings, &path, rows, form, &mut output)?;
    output.keep()?;
    tell(reader.recovery());
    Ok(ExitCode::SUCCESS)
}

/// Says what was left out, on standard error.
fn tell(left_out: &Recovery) {
    let Some(text) = summary::recovery(left_out) else { return };
    let missing = match left_out.skipped.len() {
        0 => "",
        _ => "; what was carried there is in no row",
    };
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "migtop: {text}{missing}");
}

/// What was asked for, else what the file's ending says, else CSV.
fn form(asked: Option<ExportFormat>, to: Option<&Path>) -> Form {
    let by_ending = || Form::of_ending(to?.extension()?.to_str()?);
    match asked {
        Some(ExportFormat::Csv) => Form::Csv,
        Some(ExportFormat::Jsonl) => Form::JsonLines,
        Some(ExportFormat::Parquet) => Form::Parquet,
        None => by_ending().unwrap_or_default(),
    }
}

fn refuse(form: Form, session: &Path, to: Option<&Path>) -> Result<(), Refusal> {
    if to.is_none() && form.is_binary() && std::io::stdout().is_terminal() {
        return Err(Refusal::OnTerminal);
    }
    let real = |path: &Path| path.canonicalize().ok();
    match to {
        Some(to) if real(to).is_some_and(|to| Some(to) == real(session)) => {
            Err(Refusal::OntoItself(to.display().to_string()))
        }
        _ => Ok(()),
    }
}

/// The first pass: without a look into the samples.
fn outline(settings: &Settings, path: &Path) -> Result<Outline> {
    let mut outline = Outline::default();
    let mut reader = find::open(path, settings.salvage)?;
    let bar = Bar::new(&reader, "trials");
    while let Some(event) = reader.read_rare().with_context(|| of(path))? {
        outline.take(event);
        bar.show(&reader);
    }
    Ok(outline)
}

/// Where the trials lie, by folding the whole session.
fn trials(settings: &Settings, path: &Path) -> Result<Vec<TrialSpan>> {
    let mut session = Session::new(settings.session.clone());
    let mut reader = find::open(path, settings.salvage)?;
    let bar = Bar::new(&reader, "edges of the trials");
    bar.watch(&mut reader, |event| {
        session.apply(event);
        Ok(())
    })
    .with_context(|| of(path))?;
    Ok(TrialSpan::of(session.trials()))
}

/// Holds the user's choice against what is in the session, before anything is written.
fn check(settings: &Settings, names: &[String]) -> Result<(), ChoiceError> {
    for pattern in &settings.inventory.include {
        if !names.iter().any(|name| pattern.matches(name)) {
            return Err(ChoiceError::NoMatch {
                pattern: printable(pattern.as_str()).into_owned(),
                existing: printable(&names.join(", ")).into_owned(),
            });
        }
    }
    Ok(())
}

/// The second pass.
fn write(
    settings: &Settings,
    path: &Path,
    mut rows: Rows,
    form: Form,
    output: &mut Output,
) -> Result<Reader> {
    let mut reader = find::open(path, settings.salvage)?;
    // A bar among rows on a terminal would spoil both.
    let spoils = matches!(output, Output::Standard(_)) && std::io::stdout().is_terminal();
    let bar = if spoils { Bar::hidden() } else { Bar::new(&reader, "rows") };
    let mut sheet = export::sheet(form, output)?;
    bar.watch(&mut reader, |event| Ok(rows.take(event, |row| sheet.write(row))?))
        .with_context(|| of(path))?;
    sheet.finish()?;
    Ok(reader)
}

fn of(path: &Path) -> String {
    path.display().to_string()
}
