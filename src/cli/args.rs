//! Every flag, with its help: the doc comments are what `--help`, the man page and completions say.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use glob::Pattern;
use serde::Deserialize;

use super::scenario::ScenarioName;
use crate::measure::team::GivenTeam;
use crate::units::LinkSpeed;

/// Watch network throughput live while virtual machines leave this host
///
/// migtop shows what every interface and every NIC team carries against what the wire can carry,
/// lets you mark where a trial starts and stops, and writes what it measured to files on a key. With no terminal on
/// standard output it prints a plain line a second and team or interface instead.
#[derive(Debug, Parser)]
#[command(name = "migtop", version, max_term_width = 100)]
pub struct Args {
    /// What to do; `watch` when nothing is said
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Flags of every subcommand
    #[command(flatten)]
    pub common: Common,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch this host live (the default)
    Watch,
    /// Watch a simulated evacuation: 20 guests leave over a team of two 10 Gbit/s links
    Demo {
        /// Which scenario to play
        #[arg(long, value_name = "NAME", default_value = "evacuation", value_parser = ScenarioName)]
        scenario: String,
    },
    /// Record without a screen, until a signal or for a set time
    Record {
        /// Stop after this long
        #[arg(long, value_name = "TIME", value_parser = parse_length)]
        duration: Option<Duration>,
    },
    /// Write a session's samples as a table: one row for each interface and sample
    ///
    /// The columns are time, at_s, host, interface, team (the innermost one that the interface is a
    /// member of), rx_bytes, tx_bytes, rx_packets, tx_packets (since the sample before),
    /// rx_bits_per_s, tx_bits_per_s (unknown right behind a gap) and trial. -i and -x choose
    /// interfaces, -o names the file.
    Export {
        /// A session's file, or the name of a recorded session
        file: PathBuf,

        /// How to write it; what the output file's ending says if not given, else csv
        #[arg(long, value_enum)]
        format: Option<ExportFormat>,

        /// Replace what says whose host this is by stand-ins, the same throughout the file: the
        /// host, guests' interfaces, and names with the host's or a guest's name or an address in
        /// them. Other names (eth0, bond0), times, trials and all numbers stay
        #[arg(long)]
        anonymise: bool,
    },
    /// Compare trials: which configuration, and what limits it
    ///
    /// Reads sessions (files, or names of recordings), CSV tables of results made elsewhere, and
    /// iperf3's --json output as the measured capacity of a path, in any mix. A table needs a column
    /// duration_s; it may have peak_bytes_per_s, mean_bytes_per_s, bytes, speed_bits_per_s (of one
    /// link), members, mtu and memory_bytes (of one guest); every other column is a factor.
    Report(ReportArgs),
    /// List recorded sessions, show one, or remove some
    #[command(args_conflicts_with_subcommands = true)]
    Sessions {
        /// What to do; `list` when nothing is said
        #[command(subcommand)]
        action: Option<SessionsAction>,

        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Play a recording on the same screen: pause, seek, correct trials' edges
    Replay {
        /// A session's file, or the name of a recorded session
        file: PathBuf,
        /// Seconds of the recording in a second
        #[arg(long, default_value_t = 1.0, value_parser = parse_pace)]
        pace: f64,
        /// Where to begin, such as 1m20s
        #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s")]
        start_at: Duration,
    },
    /// Set a mark in a running migtop, from a script or another terminal
    Mark {
        /// What to mark
        #[arg(value_enum, value_name = "KIND")]
        kind: MarkArg,
        /// Words to keep with the mark; a note needs some
        #[arg(value_name = "TEXT", required_if_eq("kind", "note"))]
        text: Vec<String>,
        /// Whom to ask
        #[command(flatten)]
        asking: Asking,
    },
    /// Show what a running migtop is doing
    Status {
        /// Whom to ask
        #[command(flatten)]
        asking: Asking,
    },
    /// Run a command, each run a trial, and sum the runs up
    ///
    /// The command finds the run's number in MIGTOP_RUN, which is 0 while it warms up, and that of
    /// its trial in MIGTOP_TRIAL.
    Run(RunArgs),
    /// List interfaces and teams with all that is known of them
    Interfaces {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell what works here, what does not, and the command that would change that
    Doctor {
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Write a configuration to begin with, tell where it is, or check it
    Config {
        /// What to do
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man {
        /// A subcommand, for its own page: report, or sessions show
        #[arg(value_name = "SUBCOMMAND", num_args = 0..)]
        of: Vec<String>,
    },
}

/// What to do with recorded sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsAction {
    /// List them, oldest first: start, host, length, trials, size, how it ended (the default)
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show one: what it is about, its gaps and its trials
    Show {
        /// Its name or its file
        file: PathBuf,

        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Remove recordings for good
    Rm {
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigAction {
    /// Write one with every key and its default; --force replaces one that is there
    Init,
    /// Print where it is, or would be
    Path,
    /// Read it and tell what is wrong
    Check,
}

/// What is compared, and how it is told.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Sessions, tables of results, iperf3 --json
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// How to write it; what the output file's ending says if not given, else text
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,

    /// The factor whose values are compared; found if not given
    #[arg(long, value_name = "FACTOR")]
    pub configuration: Option<String>,

    /// The factor that says how much there was to do, a number; found if not given
    #[arg(long, value_name = "FACTOR")]
    pub load: Option<String>,

    /// Compare all configurations with this one instead of each with each
    #[arg(long, value_name = "VALUE")]
    pub baseline: Option<String>,

    /// Only trials with this factor; of several values of one factor any will do (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_factor)]
    pub only: Vec<(String, String)>,

    /// Leave this trial out of every cell; it stays in the report, with the reason (repeatable)
    #[arg(long, value_name = "TRIAL", requires = "because")]
    pub drop: Vec<String>,

    /// Why; one for each --drop, or one for all of them
    #[arg(long, value_name = "TEXT", requires = "drop", value_parser = NonEmptyStringValueParser::new())]
    pub because: Vec<String>,

    /// Say how long this load would take on each configuration: vms=200, memory=192GiB (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_factor)]
    pub predict: Vec<(String, String)>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Words, tables and charts in the terminal's width
    Text,
    /// For a wiki, an issue or a pull request
    Markdown,
    /// One file for a browser, a phone or a printer
    Html,
    /// The cells, in base units
    Csv,
    /// Everything, for programs
    Json,
    /// The charts alone
    Svg,
}

/// How a session is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values; a name that a spreadsheet would compute has an apostrophe before it
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet, compressed with zstd
    Parquet,
}

/// What a mark from outside does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MarkArg {
    /// A trial begins
    Start,
    /// The running trial ends
    Stop,
    /// The running trial is given up
    Cancel,
    /// The last mark is undone
    Undo,
    /// A remark
    Note,
}

/// Which running migtop is asked, and how its answer is printed.
#[derive(Debug, clap::Args)]
pub struct Asking {
    /// Which one, when several are running: its name, a part of it, or its process number
    #[arg(long, value_name = "NAME")]
    pub session: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What is run, and how often.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// How often to run the command; each run is a trial
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,

    /// Runs before them that are no trials
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub warmup: u32,

    /// A line for the shell, done before every run and outside its trial
    #[arg(long, value_name = "CMD")]
    pub prepare: Option<String>,

    /// Wait this long after every run but the last
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub cooldown: Option<Duration>,

    /// Write what the command prints to this file; - lets it through to standard output
    #[arg(long, value_name = "FILE")]
    pub command_output: Option<PathBuf>,

    /// Exit with 0 though a run of the command failed
    #[arg(long)]
    pub ignore_failure: bool,

    /// Show the live view around it
    #[arg(long)]
    pub watch: bool,

    /// The command and its arguments, behind --
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// How a listing is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Text,
    /// One JSON object for programs
    Json,
}

/// Flags that mean the same in every subcommand.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Common {
    /// Watch only interfaces and teams that match (repeatable)
    #[arg(short, long = "interface", value_name = "GLOB", global = true, value_parser = Pattern::new)]
    pub include: Vec<Pattern>,

    /// Do not watch interfaces that match (repeatable)
    #[arg(short = 'x', long, value_name = "GLOB", global = true, value_parser = Pattern::new)]
    pub exclude: Vec<Pattern>,

    /// Treat interfaces as a team (repeatable)
    #[arg(short, long = "team", value_name = "NAME=IF,IF", global = true)]
    pub teams: Vec<GivenTeam>,

    /// State a link's speed where the driver has none (veth, tap, virtio) (repeatable)
    #[arg(long = "speed", value_name = "IF=10G", global = true, value_parser = parse_speed)]
    pub speeds: Vec<(Pattern, LinkSpeed)>,

    /// Distance of the samples, 10ms to 10s [default: 100ms]
    #[arg(short = 'n', long, value_name = "TIME", global = true, value_parser = parse_duration)]
    pub interval: Option<Duration>,

    /// A factor of the coming trials (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE", global = true, value_parser = parse_factor)]
    pub factors: Vec<(String, String)>,

    /// The team or interface that trials are about
    #[arg(long, value_name = "NAME", global = true)]
    pub subject: Option<String>,

    /// How counters are read
    #[arg(long, value_enum, global = true)]
    pub sampler: Option<SamplerArg>,

    /// Capture the packets of this interface to tell who its traffic is between, where no socket of
    /// this host does; needs CAP_NET_RAW
    #[arg(long, value_name = "IF", global = true)]
    pub packets: Option<String>,

    /// Watch another network namespace: one that ip netns lists, or that of the process with this
    /// number. All of migtop joins it, and what run starts; needs root
    #[arg(long, value_name = "NAME|PID", global = true)]
    pub netns: Option<String>,

    /// Record into this file (.jsonl, or .jsonl.zst compressed; - is standard output) instead of
    /// the state folder; what is exported goes there
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Option<PathBuf>,

    /// Record nothing
    #[arg(long, global = true, conflicts_with = "output")]
    pub no_record: bool,

    /// Let the traffic start and stop trials: above three times its background and 1 % of what the
    /// wire can carry for a second, below for three
    #[arg(long, global = true)]
    pub auto: bool,

    /// Stop the running trial when the last of its guests has left this host: of those that were
    /// there when it started, and that came during it
    #[arg(long, global = true)]
    pub stop_when_empty: bool,

    /// Replace the output file if it exists
    #[arg(long, global = true)]
    pub force: bool,

    /// Read around damage in a recording instead of stopping at it
    #[arg(long, global = true)]
    pub salvage: bool,

    /// Configuration to use instead of the user's own
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// How rates are written
    #[arg(long, value_enum, global = true)]
    pub units: Option<UnitsArg>,

    /// When to use colours; NO_COLOR in the environment turns them off as well
    #[arg(long, value_enum, value_name = "WHEN", global = true)]
    pub color: Option<ColorArg>,

    /// How it looks: auto (what fits the terminal's background), dark, light, high-contrast,
    /// colour-blind, ansi (the terminal's own 16 colours), monochrome
    #[arg(long, value_name = "NAME", global = true)]
    pub theme: Option<String>,

    /// What charts are drawn with
    #[arg(long, value_enum, global = true)]
    pub symbols: Option<SymbolsArg>,

    /// Draw with ASCII alone: short for --symbols ascii
    #[arg(long, global = true)]
    pub ascii: bool,
}

/// `--sampler`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamplerArg {
    /// The best that works here
    #[default]
    Auto,
    /// The kernel's statistics dump (Linux)
    Netlink,
    /// /proc/net/dev (Linux)
    Proc,
    /// The portable one
    Sysinfo,
}

/// `--units`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitsArg {
    /// 9.84 Gbit/s
    #[default]
    Bits,
    /// 1.23 GB/s
    Bytes,
}

/// `--color`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// `--symbols`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SymbolsArg {
    /// Blocks where the locale is UTF-8, ASCII elsewhere
    #[default]
    Auto,
    /// Braille patterns
    Braille,
    /// Block elements
    Block,
    /// ASCII
    Ascii,
}

fn parse_speed(text: &str) -> Result<(Pattern, LinkSpeed), String> {
    let (name, speed) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not IF=SPEED, such as eth0=10G"))?;
    let pattern = Pattern::new(name).map_err(|error| format!("`{name}`: {error}"))?;
    Ok((pattern, speed.parse().map_err(|error: crate::units::LinkSpeedError| error.to_string())?))
}

fn parse_factor(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err(format!("`{text}` is not KEY=VALUE, such as vms=20")),
    }
}

fn parse_pace(text: &str) -> Result<f64, String> {
    let explain = || format!("`{text}` is not a pace; write it like 4 or 0.5 (0.125 to 1024)");
    let pace: f64 = text.parse().map_err(|_| explain())?;
    if (0.125..=1024.0).contains(&pace) { Ok(pace) } else { Err(explain()) }
}

/// A time as people write it: `250ms`, `10s`, `1m30s`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let explain = || format!("`{text}` is not a time; write it like 250ms, 10s or 1m30s");
    let duration: jiff::SignedDuration = text.parse().map_err(|_| explain())?;
    Duration::try_from(duration).map_err(|_| explain())
}

fn parse_length(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text)?;
    if length.is_zero() { Err("it must be longer than 0".into()) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        for text in ["", "100", "fast", "-1s", "1e99s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_recording_has_a_length() {
        assert_eq!(parse_length("1ms"), Ok(Duration::from_millis(1)));
        assert!(parse_length("0s").is_err_and(|said| said.contains("longer than 0")));
        assert!(parse_length("soon").is_err_and(|said| said.contains("1m30s")));
    }

    #[test]
    fn a_flag_means_the_same_before_and_behind_the_subcommand() {
        for words in [["migtop", "-n", "50ms", "demo"], ["migtop", "demo", "-n", "50ms"]] {
            let args = Args::try_parse_from(words).expect("parses");
            assert_eq!(args.common.interval, Some(Duration::from_millis(50)));
        }
    }

    #[test]
    fn a_bad_value_says_how_to_write_it() {
        for (flag, value, hint) in [
            ("--speed", "eth0", "eth0=10G"),
            ("--speed", "eth0=fast", "10G"),
            ("--set", "vms", "vms=20"),
            ("--team", "t=a,a", "more than once"),
            ("--interval", "soon", "250ms"),
        ] {
            let error = Args::try_parse_from(["migtop", flag, value]).expect_err("refused");
            assert!(error.to_string().contains(hint), "{error}");
        }
    }
}
