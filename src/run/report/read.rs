//! The files of a report: sessions are folded, tables and measured capacities read.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use glob::Pattern;

use super::Refusal;
use crate::cli::Settings;
use crate::compare::{Origin, Outcome};
use crate::model::{Event, Factors, printable};
use crate::place::User;
use crate::report::input::{Kind, kind};
use crate::report::{Sources, iperf3, table};
use crate::run::progress::Bar;
use crate::run::{find, summary};
use crate::session::{Session, TrialState};

/// This much of a file tells what it is.
const TELLING: u64 = 64 << 10;

/// What was read.
#[derive(Debug, Default)]
pub struct Input {
    /// Trials in order of start, then rows in order.
    pub outcomes: Vec<Outcome>,
    /// Where they come from.
    pub sources: Sources,
}

/// One file that was named.
struct Named {
    path: PathBuf,
    /// What ids begin with.
    name: String,
}

/// Reads all of `files`; the report goes `to`.
///
/// # Errors
/// When one of them cannot be read, or stands for another.
pub fn read(
    settings: &Settings,
    files: &[PathBuf],
    to: Option<&Path>,
    user: &User,
) -> Result<Input> {
    let files = names(files, to, user)?;
    let mut input = Input::default();
    input.sources.written_by = crate::journal::TOOL.into();
    let (mut of_sessions, mut of_tables) = (Vec::new(), Vec::new());
    let mut ids: Vec<(String, String)> = Vec::new();
    let mut tables: Vec<(Vec<u8>, String)> = Vec::new();
    for file in &files {
        let shown = file.path.display().to_string();
        input.sources.files.push(file_name(&file.path));
        match kind_of(&file.path)? {
            Kind::Session => {
                let session = session(settings, file, &mut input.sources)?;
                let id = session.header().map_or_else(String::new, |header| header.id.clone());
                if let Some((_, other)) = ids.iter().find(|(known, _)| *known == id) {
                    return Err(Refusal::SameSession(other.clone(), shown).into());
                }
                ids.push((id, shown.clone()));
                let origin = Origin { name: &file.name, file: &shown };
                of_sessions.extend(Outcome::of_session(&session, origin));
            }
            Kind::Table => {
                let bytes = whole(&file.path)?;
                if let Some((_, other)) = tables.iter().find(|(known, _)| *known == bytes) {
                    return Err(Refusal::SameTable(other.clone(), shown).into());
                }
                let table = table::read(&bytes, &shown, &file.name)?;
                let name = file_name(&file.path);
                let alone = files.len() == 1;
                let of = |said: String| if alone { said } else { format!("{name}: {said}") };
                input.sources.remarks.extend(table.remarks.into_iter().map(of));
                tables.push((bytes, shown));
                of_tables.extend(table.outcomes);
            }
            Kind::Iperf3 => {
                let bytes = whole(&file.path)?;
                input.sources.capacities.push(iperf3::read(&bytes, &shown)?);
            }
        }
    }
    of_sessions.sort_by(|a, b| a.started.cmp(&b.started));
    of_sessions.append(&mut of_tables);
    count_repetitions(&mut of_sessions);
    input.outcomes = of_sessions;
    Ok(input)
}

/// Counts finished trials with equal factors over all files.
fn count_repetitions(outcomes: &mut [Outcome]) {
    let mut finished: HashMap<Factors, u32> = HashMap::new();
    for outcome in outcomes {
        let before = finished.get(&outcome.factors).copied().unwrap_or(0);
        outcome.repetition = before + 1;
        if outcome.state == TrialState::Finished {
            finished.insert(outcome.factors.clone(), before + 1);
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// Each file once, with a short name that no other has.
fn names(files: &[PathBuf], to: Option<&Path>, user: &User) -> Result<Vec<Named>> {
    let real = |path: &Path| path.canonicalize().ok();
    let to = to.and_then(real);
    let mut named: Vec<Named> = Vec::new();
    for file in files {
        let path = find::session(file, user)?;
        let shown = || path.display().to_string();
        if real(&path).is_some() && named.iter().any(|other| real(&other.path) == real(&path)) {
            return Err(Refusal::Twice(shown()).into());
        }
        if to.is_some() && real(&path) == to {
            return Err(Refusal::OntoInput(shown()).into());
        }
        let name = short(&path);
        named.push(Named { path, name });
    }
    let several: Vec<bool> = named
        .iter()
        .map(|one| named.iter().filter(|other| other.name == one.name).count() > 1)
        .collect();
    for (one, _) in named.iter_mut().zip(several).filter(|(_, several)| *several) {
        one.name = one.path.display().to_string();
    }
    Ok(named)
}

/// A file's name without its ending.
fn short(path: &Path) -> String {
    let name = file_name(path);
    let endings = [".jsonl.zst", ".jsonl", ".csv", ".json"];
    let stem = endings.iter().find_map(|ending| name.strip_suffix(ending));
    stem.filter(|stem| !stem.is_empty()).map_or(name.clone(), str::to_owned)
}

fn kind_of(path: &Path) -> Result<Kind> {
    let shown = || format!("cannot read {}", path.display());
    let mut first = Vec::new();
    let file = File::open(path).with_context(shown)?;
    let file_type = file.metadata().with_context(shown)?.file_type();
    if file_type.is_dir() {
        anyhow::bail!("{} is a folder; name the files in it", path.display());
    }
    if !file_type.is_file() {
        anyhow::bail!("{} is no file; write it into one first", path.display());
    }
    file.take(TELLING).read_to_end(&mut first).with_context(shown)?;
    Ok(kind(&first, &path.display().to_string())?)
}

fn whole(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Speeds stated now go before those that were known when it was recorded.
fn state_speeds(event: &mut Event, speeds: &[(Pattern, u64)]) {
    let Event::Interfaces { interfaces, .. } = event else { return };
    for interface in interfaces {
        let stated = speeds.iter().find(|(pattern, _)| pattern.matches(&interface.name));
        if let Some((_, speed)) = stated {
            (interface.speed_bits_per_s, interface.speed_stated) = (Some(*speed), true);
        }
    }
}

/// Folds a session.
fn session(settings: &Settings, file: &Named, sources: &mut Sources) -> Result<Session> {
    let shown = || file.path.display().to_string();
    let mut reader = find::open(&file.path, settings.salvage)?;
    let mut session = Session::for_trials(settings.session.clone());
    let bar = Bar::new(&reader, file_name(&file.path));
    bar.watch(&mut reader, |mut event| {
        state_speeds(&mut event, &settings.inventory.speeds);
        session.apply(event);
        Ok(())
    })
    .with_context(shown)?;
    if let Some(name) = &settings.session.subject
        && session.named(name).is_none()
    {
        anyhow::bail!("{}: there is no interface or team `{}` in it", shown(), printable(name));
    }
    if let Some(left_out) = summary::recovery(reader.recovery()) {
        sources.remarks.push(format!("{}: {left_out}.", file_name(&file.path)));
    }
    if session.trials().is_empty() {
        sources.remarks.push(format!("{} has no trials.", file_name(&file.path)));
    }
    Ok(session)
}
