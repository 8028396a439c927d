//! Composition: sources, channels, the loop.

mod answer;
mod configuration;
mod control;
mod doctor;
mod export;
mod face;
mod find;
mod interfaces;
mod live;
mod open;
mod output;
mod plain;
mod player;
mod progress;
mod record;
mod recording;
mod replay;
mod report;
mod sessions;
mod signals;
mod snapshot;
mod station;
mod summary;
mod teller;
mod wrap;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;

use crate::cli::file::ConfigError;
use crate::cli::man::ManError;
use crate::cli::settings::{Environment, Output};
use crate::cli::{self, Args, Command, SettingsError};
use crate::compare::StudyError;
use crate::control::ControlError;
use crate::place::User;
use crate::source::SourceError;
use crate::source::inventory::ChoiceError;
use crate::source::packets::PacketsError;

/// Does what the arguments say; the exit code is the program's.
///
/// # Errors
/// What failed, with its causes; see [`is_usage`] and [`is_broken_pipe`].
pub fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut cli::command(), "migtop", &mut script);
            print(&script)
        }
        Some(Command::Man { of }) => print(&cli::man::page(of)?),
        Some(Command::Demo { scenario }) if scenario == cli::scenario::HELP => {
            print(cli::scenario::list().as_bytes())
        }
        Some(Command::Mark { kind, text, asking }) => control::mark(args, *kind, text, asking),
        Some(Command::Status { asking }) => control::status(asking),
        Some(Command::Config { action }) => configuration::run(args, *action, &environment()),
        command => {
            let settings = configuration::settings(args, &environment())?;
            let streams = settings.recording.output == Output::Standard;
            if looks_at_this_machine(command.as_ref()) {
                open::enter_namespace(&settings)?;
            }
            match command {
                Some(Command::Interfaces { format }) => interfaces::print(&settings, *format),
                Some(Command::Doctor { format }) => doctor::run(&settings, *format),
                Some(Command::Export { file, format, anonymise }) => {
                    let asked = export::Asked { file, format: *format, anonymise: *anonymise };
                    export::run(&settings, &asked)
                }
                Some(Command::Report(asked)) => report::run(&settings, asked),
                Some(Command::Sessions { action, format }) => {
                    sessions::run(&settings, action.as_ref(), *format)
                }
                Some(Command::Replay { file, pace, start_at }) => {
                    let file = find::session(file, &User::current())?;
                    let (pace, start_at, salvage) = (*pace, *start_at, settings.salvage);
                    let wanted = replay::Wanted { path: &file, pace, start_at, salvage };
                    replay::run(&settings, &wanted, can_draw())
                }
                Some(Command::Record { duration }) => record::run(&settings, *duration),
                Some(Command::Run(asked)) => {
                    let prepared = wrap::prepare(&settings, asked, can_draw())?;
                    if prepared.watched {
                        live::around(&settings, prepared.driver, asked.ignore_failure)
                    } else {
                        wrap::run(&settings, prepared, asked.ignore_failure)
                    }
                }
                _ if streams => record::run(&settings, None),
                _ if can_draw() => live::run(&settings),
                _ => plain::run(&settings),
            }
        }
    }
}

/// Whether it opens the kernel's counters.
fn looks_at_this_machine(command: Option<&Command>) -> bool {
    use Command::{Doctor, Interfaces, Record, Run, Watch};
    matches!(
        command,
        None | Some(Watch | Record { .. } | Run(_) | Interfaces { .. } | Doctor { .. })
    )
}

/// Standard output is a terminal that can be drawn on.
fn can_draw() -> bool {
    std::io::stdout().is_terminal() && environment().term != "dumb"
}

fn print(bytes: &[u8]) -> Result<ExitCode> {
    std::io::stdout().write_all(bytes)?;
    Ok(ExitCode::SUCCESS)
}

/// The reader of our output has gone: that is how pipes end, not a failure. A migtop that breaks off
/// while it is asked is one: a script must not take its mark for set.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    !error.is::<ControlError>()
        && error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        })
}

/// The user asked for something that cannot be.
pub fn is_usage(error: &anyhow::Error) -> bool {
    let asked = |e: &SourceError| {
        matches!(e, SourceError::Scenario { .. } | SourceError::NoNamespace { .. })
    };
    error.is::<SettingsError>()
        || error.is::<ManError>()
        || error.is::<ChoiceError>()
        || error.is::<ConfigError>()
        || error.is::<export::Refusal>()
        || error.is::<report::Refusal>()
        || error.is::<StudyError>()
        || error.downcast_ref().is_some_and(asked)
        || error.downcast_ref().is_some_and(PacketsError::is_choice)
}

fn environment() -> Environment {
    let text = |name: &str| std::env::var(name).unwrap_or_default();
    let first = |names: &[&str]| names.iter().map(|n| text(n)).find(|v| !v.is_empty());
    Environment {
        no_color: !text("NO_COLOR").is_empty(),
        term: text("TERM"),
        colorterm: text("COLORTERM"),
        colorfgbg: text("COLORFGBG"),
        locale: first(&["LC_ALL", "LC_CTYPE", "LANG"]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_output_ends_quietly() {
        let broken = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let output = anyhow::Error::from(broken()).context("printing");
        assert!(is_broken_pipe(&output));
        let asked = ControlError::Ask { session: "s".into(), source: broken() };
        assert!(!is_broken_pipe(&asked.into()), "it would look like a mark that is set");
    }
}
