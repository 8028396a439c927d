//! From flags and environment to what each layer is set to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::args::{Args, ColorArg, Command, Common, RunArgs, SamplerArg, SymbolsArg, UnitsArg};
use super::file::ConfigFile;
use super::themes::{self, ThemeError};
use crate::journal::Limits;
use crate::session;
use crate::source::inventory;
use crate::tui::theme::{ASCII, BLOCK, BRAILLE, Symbols};
use crate::tui::view_state;
use crate::units::RateUnit;

/// Shortest interval.
const SHORTEST: Duration = Duration::from_millis(10);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Longest interval.
const LONGEST: Duration = Duration::from_secs(10);

/// Flags that do not go together, or are out of range.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not within 10 ms to 10 s.
    #[error("--interval {0:?} is out of range; it can be 10ms to 10s")]
    Interval(Duration),
    /// The command's output and the session would stand in one stream.
    #[error(
        "migtop run cannot record to standard output, where the command prints; -o names a file"
    )]
    StandardOutput,
    /// The same name for two files.
    #[error("-o and --command-output name the same file, {}", .0.display())]
    SameFile(PathBuf),
    /// A theme that cannot be.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// A scenario's interfaces have counters and nothing else.
    #[error("a demo has no packets; leave --packets out")]
    DemoPackets,
}

/// Where readings come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This machine.
    Host(SamplerArg),
    /// A scenario.
    Simulator(String),
}

/// Where a session is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// In a new file in the state folder.
    Folder,
    /// In this file.
    File(PathBuf),
    /// On standard output.
    Standard,
    /// Not at all.
    Nowhere,
}

/// How a session is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Where.
    pub output: Output,
    /// A file that exists is replaced.
    pub replace: bool,
    /// How much is kept in the state folder.
    pub limits: Limits,
}

/// What the environment says; read once, at the edge.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// NO_COLOR is set and not empty (no-color.org).
    pub no_color: bool,
    /// TERM.
    pub term: String,
    /// COLORTERM.
    pub colorterm: String,
    /// COLORFGBG.
    pub colorfgbg: String,
    /// The locale for characters: LC_ALL, else LC_CTYPE, else LANG.
    pub locale: String,
}

/// Everything the live view needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where readings come from.
    pub origin: Origin,
    /// The network namespace to join, where it is not our own.
    pub netns: Option<String>,
    /// Distance of the samples.
    pub interval: Duration,
    /// What to watch.
    pub inventory: inventory::Settings,
    /// What trials are about.
    pub session: session::Settings,
    /// How it is kept.
    pub recording: Recording,
    /// The interface whose packets are captured from the start.
    pub packets: Option<String>,
    /// The traffic starts and stops trials.
    pub auto: bool,
    /// The last guest's departure stops the running trial.
    pub stop_when_empty: bool,
    /// Damage in a file is read around.
    pub salvage: bool,
    /// When to use colours.
    pub colour: ColorArg,
    /// How it looks at the start.
    pub view: view_state::Settings,
}

/// Flags and environment into settings. Reads nothing: both inputs are parsed already.
pub fn resolve(
    args: &Args,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<Settings, SettingsError> {
    let common = &args.common;
    if !(SHORTEST..=LONGEST).contains(&common.interval) {
        return Err(SettingsError::Interval(common.interval));
    }
    if let Some(Command::Run(run)) = &args.command {
        check_run(run, common)?;
    }
    if matches!(args.command, Some(Command::Demo { .. })) && common.packets.is_some() {
        return Err(SettingsError::DemoPackets);
    }
    let origin = match &args.command {
        Some(Command::Demo { scenario }) => Origin::Simulator(scenario.clone()),
        _ => Origin::Host(common.sampler),
    };
    Ok(Settings {
        origin,
        netns: common.netns.clone(),
        interval: common.interval,
        inventory: inventory::Settings {
            include: common.include.clone(),
            exclude: common.exclude.clone(),
            speeds: common.speeds.iter().map(|(name, speed)| (name.clone(), speed.0)).collect(),
            teams: common.teams.clone(),
        },
        session: session::Settings { subject: common.subject.clone(), ports: file.ports.clone() },
        recording: recording(common, file),
        packets: common.packets.clone(),
        auto: common.auto,
        stop_when_empty: common.stop_when_empty,
        salvage: common.salvage,
        colour: common.color,
        view: view_state::Settings {
            factors: common.factors.iter().cloned().collect(),
            chosen: !common.include.is_empty(),
            unit: match common.units {
                UnitsArg::Bits => RateUnit::Bits,
                UnitsArg::Bytes => RateUnit::Bytes,
            },
            colour: match common.color {
                ColorArg::Auto => !environment.no_color && environment.term != "dumb",
                ColorArg::Always => true,
                ColorArg::Never => false,
            },
            look: themes::look(common.theme.as_deref(), &BTreeMap::new(), environment)?,
            symbols: symbols(common, environment),
        },
    })
}

fn check_run(run: &RunArgs, common: &Common) -> Result<(), SettingsError> {
    match &common.output {
        Some(path) if path.as_os_str() == "-" => Err(SettingsError::StandardOutput),
        Some(path) if run.command_output.as_ref() == Some(path) => {
            Err(SettingsError::SameFile(path.clone()))
        }
        _ => Ok(()),
    }
}

fn recording(common: &Common, file: &ConfigFile) -> Recording {
    let output = match &common.output {
        _ if common.no_record => Output::Nowhere,
        None => Output::Folder,
        Some(path) if path.as_os_str() == "-" => Output::Standard,
        Some(path) => Output::File(path.clone()),
    };
    let kept = &file.sessions;
    let default = Limits::default();
    let limits = Limits {
        size: kept.max_size.map_or(default.size, |size| size.0),
        age: kept.max_age_days.map_or(default.age, |days| DAY * days),
    };
    Recording { output, replace: common.force, limits }
}

fn symbols(common: &Common, environment: &Environment) -> &'static Symbols {
    match common.symbols {
        _ if common.ascii => &ASCII,
        SymbolsArg::Ascii => &ASCII,
        SymbolsArg::Braille => &BRAILLE,
        SymbolsArg::Block => &BLOCK,
        SymbolsArg::Auto => {
            let locale = environment.locale.to_ascii_lowercase();
            let utf8 = locale.contains("utf-8") || locale.contains("utf8");
            // The Linux console's font has few of the block elements.
            if utf8 && environment.term != "linux" { &BLOCK } else { &ASCII }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn settings(words: &[&str], environment: &Environment) -> Result<Settings, SettingsError> {
        let args = Args::try_parse_from(std::iter::once(&"migtop").chain(words)).expect("parses");
        resolve(&args, &ConfigFile::default(), environment)
    }

    #[test]
    fn the_interval_has_a_range() {
        for interval in ["9ms", "11s", "0s"] {
            let error = settings(&["-n", interval], &Environment::default()).expect_err("refused");
            assert!(error.to_string().contains("10ms to 10s"), "{error}");
        }
        assert!(settings(&["-n", "10ms"], &Environment::default()).is_ok());
    }

    #[test]
    fn a_wrapped_command_and_the_recording_have_files_of_their_own() {
        let refused = |words: &[&str]| {
            settings(words, &Environment::default()).expect_err("refused").to_string()
        };
        let error = refused(&["run", "-o", "-", "--", "true"]);
        assert!(error.contains("-o names a file"), "{error}");
        let error = refused(&["run", "-o", "a", "--command-output", "a", "--", "true"]);
        assert!(error.contains("the same file, a"), "{error}");
    }

    #[test]
    fn colours_and_symbols_follow_flags_then_environment() {
        let utf8 = Environment { locale: "de_DE.UTF-8".into(), ..Environment::default() };
        let plain = settings(&[], &utf8).expect("valid").view;
        assert!(plain.colour && *plain.symbols == BLOCK);
        let ascii = settings(&["--ascii"], &utf8).expect("valid").view;
        assert!(*ascii.symbols == ASCII);
        let quiet = Environment { no_color: true, ..Environment::default() };
        let none = settings(&[], &quiet).expect("valid").view;
        assert!(!none.colour && *none.symbols == ASCII);
        assert!(settings(&["--color", "always"], &quiet).expect("valid").view.colour);
    }
}
