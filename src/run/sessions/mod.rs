//! `migtop sessions`: what is recorded.

mod list;
mod remove;
mod show;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cli::args::SessionsAction;
use crate::cli::{Format, Settings};
use crate::clock::moment;
use crate::journal::Shelf;
use crate::place::User;

/// Does what was asked, of the user's folder of recordings.
///
/// # Errors
/// When it cannot be read, or what was named is not there.
pub fn run(
    settings: &Settings,
    action: Option<&SessionsAction>,
    format: Format,
) -> Result<ExitCode> {
    let user = User::current();
    let text = match action {
        None => list::list(&shelf(&user)?, settings.salvage, format)?,
        Some(SessionsAction::List { format }) => {
            list::list(&shelf(&user)?, settings.salvage, *format)?
        }
        Some(SessionsAction::Show { file, format }) => show::show(file, settings, &user, *format)?,
        Some(SessionsAction::Rm { names }) => remove::remove(&shelf(&user)?, names)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn shelf(user: &User) -> Result<Shelf> {
    let folder = user.state_folder();
    folder.map(Shelf::new).context("there is no home, and so no folder of recordings")
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ending {
    /// It has not.
    Running,
    /// As it should.
    Ended,
    /// Without its last line: a crash.
    CutOff,
    /// It cannot be told.
    Unreadable(String),
}

impl Ending {
    fn of(running: bool, ended: bool) -> Self {
        match (running, ended) {
            (true, _) => Self::Running,
            (false, true) => Self::Ended,
            (false, false) => Self::CutOff,
        }
    }

    /// For programs.
    fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::CutOff => "cut-off",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CutOff => f.write_str("cut off"),
            Self::Unreadable(why) => write!(f, "unreadable: {why}"),
            other => f.write_str(other.word()),
        }
    }
}

/// A moment of a session as people tell it: in local time; `-` for what is no time.
fn local(started: &str, at: Duration) -> String {
    moment(started, at).map_or_else(
        || "-".into(),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %T").to_string(),
    )
}
