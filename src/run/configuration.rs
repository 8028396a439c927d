//! The configuration file: found, read, and `migtop config`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::output::Output;
use crate::cli::args::ConfigAction;
use crate::cli::file::{ConfigError, TEMPLATE};
use crate::cli::settings::Environment;
use crate::cli::{self, Args, ConfigFile, Settings};
use crate::place::User;
use crate::session::Severity;
use crate::tui::arrangement::Arrangement;

/// Its name in the user's folder for it.
const NAME: &str = "config.toml";

/// Where the user's own is, or would be.
fn usual() -> Option<PathBuf> {
    User::current().config_folder().map(|folder| folder.join(NAME))
}

/// What flags, the file and the environment come to.
///
/// # Errors
/// When the file cannot be read or is not right, or what the flags ask for cannot be.
pub fn settings(args: &Args, environment: &Environment) -> Result<Settings> {
    let usual = usual();
    let path = ConfigFile::chosen(args.common.config.as_deref(), usual.as_deref());
    let file = ConfigFile::read(path)?;
    resolve(args, &file, path, environment)
}

/// What is wrong with the file names it.
fn resolve(
    args: &Args,
    file: &ConfigFile,
    path: Option<&Path>,
    environment: &Environment,
) -> Result<Settings> {
    cli::resolve(args, file, environment).map_err(|error| match path {
        Some(path) if error.is_of_file(&args.common) => {
            ConfigError::Settings { path: path.into(), source: Box::new(error) }.into()
        }
        _ => error.into(),
    })
}

/// Writes what the screen looks like into the configuration, and leaves everything else in it as it is;
/// where it is.
///
/// # Errors
/// When there is no place for it, it is not right as it is, or cannot be written.
fn keep(named: Option<&Path>, arrangement: &Arrangement) -> Result<PathBuf> {
    let path = named.map(Path::to_owned).or_else(usual).context("there is no home for it")?;
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => TEMPLATE.to_owned(),
        text => text.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let kept = cli::keep::kept(&text, arrangement)?;
    write(&path, &kept, true)?;
    Ok(path)
}

/// The same, and what is said of it.
pub fn kept(named: Option<&Path>, arrangement: &Arrangement) -> (Severity, String) {
    match keep(named, arrangement) {
        Ok(path) => (Severity::Info, format!("kept for the next session: {}", path.display())),
        Err(error) => (Severity::Warning, format!("not kept: {error:#}")),
    }
}

fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
    let user = User::current();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        user.make_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut output = Output::create(Some(path), replace, &user)?;
    output.write_all(text.as_bytes())?;
    output.keep()
}

/// `migtop config`.
///
/// # Errors
/// When there is no place for it, it is there already, or it is not right.
pub fn run(args: &Args, action: ConfigAction, environment: &Environment) -> Result<ExitCode> {
    let path = args.common.config.clone().or_else(usual);
    let path = path.context("there is no home for a configuration; --config names a file")?;
    let mut out = std::io::stdout();
    match action {
        ConfigAction::Path => writeln!(out, "{}", path.display())?,
        ConfigAction::Init => {
            write(&path, TEMPLATE, args.common.force)?;
            writeln!(out, "{}", path.display())?;
        }
        ConfigAction::Check => {
            if !path.exists() {
                bail!("there is no {}; `migtop config init` writes one", path.display());
            }
            let file = ConfigFile::read(Some(&path))?;
            resolve(args, &file, Some(&path), environment)?;
            writeln!(out, "{} is right", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
