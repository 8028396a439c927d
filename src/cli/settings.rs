//! From flags and environment to what each layer is set to.

use std::path::PathBuf;
use std::time::Duration;

use glob::Pattern;

use super::args::{Args, ColorArg, Command, Common, RunArgs, SamplerArg, SymbolsArg, UnitsArg};
use super::file::{self, ConfigFile, OneOrMore, Size, Text};
use super::themes::{self, ThemeError};
use crate::journal::Limits;
use crate::measure::team::GivenTeam;
use crate::session::{self, AutoSettings};
use crate::source::inventory;
use crate::tui::chart_view::ChartView;
use crate::tui::keymap::{Keymap, KeymapError};
use crate::tui::theme::{ASCII, BLOCK, BRAILLE, Symbols};
use crate::tui::{notify, view_state};
use crate::units::RateUnit;

/// Shortest interval.
const SHORTEST: Duration = Duration::from_millis(10);
/// What is not asked for otherwise.
const USUAL: Duration = Duration::from_millis(100);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Longest interval.
const LONGEST: Duration = Duration::from_secs(10);

/// Flags, or keys of the configuration, that do not go together or are out of range.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not within 10 ms to 10 s.
    #[error("an interval of {0:?} is out of range; it can be 10ms to 10s")]
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
    /// Of an interface's name.
    #[error("[speeds]: `{name}`")]
    Speed {
        /// As it was written.
        name: String,
        /// Why it is no pattern.
        #[source]
        source: glob::PatternError,
    },
    /// It has none, or one twice.
    #[error("[teams]")]
    Team(#[source] crate::measure::team::TeamError),
    /// A chart cannot have such columns.
    #[error("[screen]: column can be 1s, 2s, 5s, 10s, 30s, 1m or 5m")]
    Column,
    /// Keys that cannot be.
    #[error(transparent)]
    Keys(#[from] KeymapError),
}

impl SettingsError {
    /// Whether the configuration says this, and not a flag.
    pub fn is_of_file(&self, flags: &Common) -> bool {
        match self {
            Self::Theme(ThemeError::NoTheme { .. }) => flags.theme.is_none(),
            Self::Speed { .. } | Self::Team(_) | Self::Column | Self::Keys(_) | Self::Theme(_) => {
                true
            }
            Self::Interval(_) => flags.interval.is_none(),
            _ => false,
        }
    }
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
    pub auto: Option<AutoSettings>,
    /// The last guest's departure stops the running trial.
    pub stop_when_empty: bool,
    /// Damage in a file is read around.
    pub salvage: bool,
    /// When to use colours.
    pub colour: ColorArg,
    /// How it looks at the start.
    pub view: view_state::Settings,
    /// What is told beyond the screen.
    pub notify: notify::Settings,
    /// The configuration that the user named.
    pub config: Option<PathBuf>,
}

/// Flags and environment into settings. Reads nothing: both inputs are parsed already.
pub fn resolve(
    args: &Args,
    file: &ConfigFile,
    environment: &Environment,
) -> Result<Settings, SettingsError> {
    let common = &args.common;
    let interval = common.interval.or(file.interval).unwrap_or(USUAL);
    if !(SHORTEST..=LONGEST).contains(&interval) {
        return Err(SettingsError::Interval(interval));
    }
    if let Some(Command::Run(run)) = &args.command {
        check_run(run, common)?;
    }
    if matches!(args.command, Some(Command::Demo { .. })) && common.packets.is_some() {
        return Err(SettingsError::DemoPackets);
    }
    let origin = match &args.command {
        Some(Command::Demo { scenario }) => Origin::Simulator(scenario.clone()),
        _ => Origin::Host(common.sampler.or(file.sampler).unwrap_or_default()),
    };
    let given =
        if matches!(origin, Origin::Host(_)) { teams(common, file)? } else { common.teams.clone() };
    Ok(Settings {
        origin,
        netns: common.netns.clone(),
        interval,
        inventory: inventory::Settings {
            include: common.include.clone(),
            exclude: excluded(common, file),
            speeds: common.speeds.iter().map(|(name, speed)| (name.clone(), speed.0)).collect(),
            usual_speeds: speeds(file)?,
            teams: given,
        },
        session: session::Settings {
            subject: common.subject.clone().or_else(|| subject(args, file)),
            ports: file.ports.clone(),
        },
        recording: recording(common, file),
        packets: common.packets.clone(),
        auto: common.auto.then(|| auto(&file.auto)),
        stop_when_empty: common.stop_when_empty,
        salvage: common.salvage,
        colour: common.color.or(file.color).unwrap_or_default(),
        notify: notify(&file.notify),
        config: common.config.clone(),
        view: view_state::Settings {
            factors: common.factors.iter().cloned().collect(),
            chosen: !common.include.is_empty(),
            keymap: keymap(file)?,
            hidden: file.screen.hidden.clone(),
            order: file.screen.order.unwrap_or_default(),
            idle_after: file.screen.idle_after,
            chart: chart(&file.screen)?,
            mouse: file.screen.mouse.unwrap_or(true),
            unit: match common.units.or(file.units).unwrap_or_default() {
                UnitsArg::Bits => RateUnit::Bits,
                UnitsArg::Bytes => RateUnit::Bytes,
            },
            colour: match common.color.or(file.color).unwrap_or_default() {
                ColorArg::Auto => !environment.no_color && environment.term != "dumb",
                ColorArg::Always => true,
                ColorArg::Never => false,
            },
            look: themes::look(
                common.theme.as_deref().or(file.theme.as_deref()),
                &file.themes,
                environment,
            )?,
            symbols: symbols(common, file, environment),
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

/// Those of the command line, then those of the file whose names they leave free.
fn teams(common: &Common, file: &ConfigFile) -> Result<Vec<GivenTeam>, SettingsError> {
    let mut teams = common.teams.clone();
    for (name, members) in &file.teams {
        if teams.iter().all(|team| team.name != *name) {
            let written = format!("{name}={}", members.join(","));
            teams.push(written.parse().map_err(SettingsError::Team)?);
        }
    }
    Ok(teams)
}

fn speeds(file: &ConfigFile) -> Result<Vec<(Pattern, u64)>, SettingsError> {
    let kept = file.speeds.iter().map(|(name, Text(speed))| {
        let failed = |source| SettingsError::Speed { name: name.clone(), source };
        Ok((Pattern::new(name).map_err(failed)?, speed.0))
    });
    kept.collect()
}

/// The file's subject is this host's: no scenario and no recording has to have it.
fn subject(args: &Args, file: &ConfigFile) -> Option<String> {
    let here = matches!(
        args.command,
        None | Some(Command::Watch | Command::Record { .. } | Command::Run(_))
    );
    file.subject.clone().filter(|_| here)
}

fn excluded(common: &Common, file: &ConfigFile) -> Vec<Pattern> {
    let kept = file.exclude.iter().map(|Text(pattern)| pattern.clone());
    common.exclude.iter().cloned().chain(kept).collect()
}

fn auto(file: &file::Auto) -> AutoSettings {
    let default = AutoSettings::default();
    AutoSettings {
        threshold: file.above.as_ref().map(|Text(speed)| speed.0 as f64).or(default.threshold),
        hold: file.hold.unwrap_or(default.hold),
        quiet: file.quiet.unwrap_or(default.quiet),
    }
}

fn notify(file: &file::Notify) -> notify::Settings {
    let default = notify::Settings::default();
    notify::Settings {
        on: file.on.clone(),
        by: if file.by.is_empty() { default.by } else { file.by.clone() },
        stopped_after: file.stopped_after.unwrap_or(default.stopped_after),
    }
}

fn keymap(file: &ConfigFile) -> Result<Keymap, SettingsError> {
    let keys = |keys: &OneOrMore| match keys {
        OneOrMore::One(key) => vec![key.clone()],
        OneOrMore::More(keys) => keys.clone(),
    };
    let wanted = file.keys.iter().map(|(name, wanted)| (name.clone(), keys(wanted))).collect();
    Ok(Keymap::new(&wanted)?)
}

fn chart(file: &file::Screen) -> Result<ChartView, SettingsError> {
    let column = file.column.unwrap_or(Duration::from_secs(1));
    ChartView::with_column(column, file.log.unwrap_or(false)).ok_or(SettingsError::Column)
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
        size: kept.max_size.as_ref().map_or(default.size, |Text(Size(size))| size.as_u64()),
        age: kept.max_age_days.map_or(default.age, |days| DAY * days),
    };
    Recording { output, replace: common.force, limits }
}

fn symbols(common: &Common, file: &ConfigFile, environment: &Environment) -> &'static Symbols {
    match common.symbols.or(file.symbols).unwrap_or_default() {
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
    fn the_file_speaks_of_this_host_and_flags_go_before_it() {
        let file = "interval = '200ms'\nunits = 'bytes'\nsubject = 'up'\n[teams]\nup = ['a', 'b']\n\
                    [speeds]\n'tap*' = '10G'";
        let file = ConfigFile::parse(file).expect("right");
        let settings = |words: &[&str]| {
            let args =
                Args::try_parse_from(std::iter::once(&"migtop").chain(words)).expect("parses");
            resolve(&args, &file, &Environment::default()).expect("valid")
        };
        let here = settings(&[]);
        assert_eq!((here.interval, here.view.unit), (Duration::from_millis(200), RateUnit::Bytes));
        assert_eq!(here.session.subject.as_deref(), Some("up"));
        assert_eq!((here.inventory.teams.len(), here.inventory.usual_speeds.len()), (1, 1));
        let told = settings(&["-n", "1s", "--units", "bits", "--subject", "eth0", "-t", "up=c,d"]);
        assert_eq!((told.interval, told.view.unit), (Duration::from_secs(1), RateUnit::Bits));
        assert_eq!(told.session.subject.as_deref(), Some("eth0"));
        assert_eq!(told.inventory.teams[0].members, ["c", "d"]);
        let demo = settings(&["demo"]);
        assert_eq!((demo.session.subject, demo.inventory.teams.len()), (None, 0));
        assert_eq!(settings(&["replay", "x"]).session.subject, None);
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
