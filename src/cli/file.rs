//! The configuration file: TOML, every key named here, nothing guessed.
//!
//! A flag goes before what the file says, and the file before what is built in. `assets/config.toml`
//! is what `migtop config init` writes: every key with its default and a word about it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use glob::Pattern;
use serde::{Deserialize, Deserializer};

use super::args::{ColorArg, SamplerArg, SymbolsArg, UnitsArg, parse_duration};
use super::themes::ThemeEntry;
use crate::known::nearest::nearest;
use crate::known::ports::Entry;
use crate::session::Order;
use crate::tui::arrangement::Panel;
use crate::tui::notify::{Occasion, Way};
use crate::units::LinkSpeed;

/// The file as it comes: every key, none of them set.
pub const TEMPLATE: &str = include_str!("../../assets/config.toml");

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigFile {
    /// Distance of the samples.
    #[serde(deserialize_with = "duration")]
    pub interval: Option<Duration>,
    /// How counters are read.
    pub sampler: Option<SamplerArg>,
    /// How rates are written.
    pub units: Option<UnitsArg>,
    /// When to use colours.
    pub color: Option<ColorArg>,
    /// What charts are drawn with.
    pub symbols: Option<SymbolsArg>,
    /// How it looks: a theme that is built in, or one of `themes`.
    pub theme: Option<String>,
    /// Interfaces that are not watched.
    pub exclude: Vec<Text<Pattern>>,
    /// The team or interface that trials are about.
    pub subject: Option<String>,
    /// `[teams]`: a name, and its members' names.
    pub teams: BTreeMap<String, Vec<String>>,
    /// `[speeds]`: an interface's name or pattern, and its link's speed.
    pub speeds: BTreeMap<String, Text<LinkSpeed>>,
    /// `[auto]`: when traffic makes a trial.
    pub auto: Auto,
    /// `[sessions]`: what is kept.
    pub sessions: Sessions,
    /// `[screen]`: how it looks at the start.
    pub screen: Screen,
    /// `[keys]`: a command's name, and its keys.
    pub keys: BTreeMap<String, OneOrMore>,
    /// `[themes.NAME]`: themes of the user's own.
    pub themes: BTreeMap<String, ThemeEntry>,
    /// `[notify]`: what is told beyond the screen.
    pub notify: Notify,
    /// `[[ports]]`: whose migrations are told by which ports, before those that are known.
    pub ports: Vec<Entry>,
}

/// `[auto]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auto {
    /// The rate that traffic has to exceed.
    pub above: Option<Text<LinkSpeed>>,
    /// How long it has to stay above.
    #[serde(deserialize_with = "duration")]
    pub hold: Option<Duration>,
    /// How long it has to stay below.
    #[serde(deserialize_with = "duration")]
    pub quiet: Option<Duration>,
}

/// `[sessions]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// All recordings together, such as `"5GB"`.
    pub max_size: Option<Text<Size>>,
    /// Since a recording was last written to.
    pub max_age_days: Option<u32>,
}

/// `[screen]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Screen {
    /// Panels of the Live view that are not shown.
    pub hidden: Vec<Panel>,
    /// Order of the interfaces.
    pub order: Option<Order>,
    /// An idle interface is folded after this.
    #[serde(deserialize_with = "duration")]
    pub idle_after: Option<Duration>,
    /// A column of the chart.
    #[serde(deserialize_with = "duration")]
    pub column: Option<Duration>,
    /// Whether the chart is logarithmic.
    pub log: Option<bool>,
    /// Whether migtop takes the mouse.
    pub mouse: Option<bool>,
}

/// `[notify]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// What for.
    pub on: Vec<Occasion>,
    /// How.
    pub by: Vec<Way>,
    /// Traffic has stopped after so long without any.
    #[serde(deserialize_with = "duration")]
    pub stopped_after: Option<Duration>,
}

/// Bytes, written with their unit: `5GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub ByteSize);

/// Less than this holds no recording.
const LEAST: ByteSize = ByteSize::mb(1);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Who leaves the unit out does not mean bytes.
        let size = text.parse().ok().filter(|_| text.ends_with(char::is_alphabetic));
        match size {
            None => Err(format!("`{text}` is not a size; write it with its unit, such as 5GB")),
            Some(size) if size < LEAST => {
                Err(format!("{text} holds no recording; 1MB is the least"))
            }
            Some(size) => Ok(Self(size)),
        }
    }
}

/// One text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a key such as \"F5\", or a list of keys")]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several, or none.
    More(Vec<String>),
}

/// What is written as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<T>(pub T);

impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Why a configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It says what is not understood.
    #[error("the configuration {path} is not right")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Where, and what.
        #[source]
        source: Box<Problem>,
    },
    /// Flags and file together are not.
    #[error("the configuration {path} is not right")]
    Settings {
        /// Which.
        path: PathBuf,
        /// What.
        #[source]
        source: Box<super::SettingsError>,
    },
}

/// What is wrong in the text, where, and what may be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Problem {
    what: String,
}

impl Problem {
    /// serde names what it expected in back quotes behind what it found (`Error::unknown_field` and
    /// `Error::unknown_variant`): the nearest of these is what was meant.
    fn new(error: &toml::de::Error) -> Self {
        let message = error.message();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let meant = match quoted.next() {
            Some(found) if message.starts_with("unknown ") => nearest(found, quoted).to_string(),
            _ => String::new(),
        };
        let what = error.to_string().replacen(message, &format!("{message}{meant}"), 1);
        Self { what: what.trim_end().to_owned() }
    }
}

impl ConfigFile {
    /// The file to read: the one that the user named, or the usual one if it is there.
    pub fn chosen<'a>(named: Option<&'a Path>, usual: Option<&'a Path>) -> Option<&'a Path> {
        // A folder that we may not enter is not ours: HOME is root's after some ways to become
        // somebody else.
        named.or_else(|| usual.filter(|path| std::fs::metadata(path).is_ok()))
    }

    /// Reads the chosen file; without one nothing is set.
    ///
    /// # Errors
    /// When it is not there, or not as it should be.
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| ConfigError::Read { path: path.into(), source })?;
        Self::parse(&text)
            .map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is not as it should be.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| Problem::new(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        ConfigFile::read(Some(&path)).map_err(|e| format!("{:#}", anyhow::Error::from(e)))
    }

    #[test]
    fn what_is_kept_can_be_set() {
        let file = parse("[sessions]\nmax_size = \"20GB\"\nmax_age_days = 365\n").expect("right");
        let size = Some(Text(Size(ByteSize::gb(20))));
        assert_eq!(file.sessions.max_size, size);
        assert_eq!(parse("[sessions]\nmax_size = '20G'").expect("right").sessions.max_size, size);
        assert_eq!(file.sessions.max_age_days, Some(365));
        assert_eq!(parse("").expect("right"), ConfigFile::default());
    }

    #[test]
    fn ports_can_be_added() {
        let file = parse(
            "[[ports]]\nproduct = \"our migrations\"\nports = \"7000-7010\"\nshared = true\n",
        );
        let ports = file.expect("right").ports;
        assert_eq!((ports.len(), &*ports[0].product, ports[0].shared), (1, "our migrations", true));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_what_may_be_meant() {
        for (text, said) in [
            ("[[ports]]\nproduct = \"x\"\nports = \"10-9\"\n", "49152-49215"),
            ("[sessions]\nmax_sise = \"1GB\"\n", "do you mean `max_size`?"),
            ("intervall = \"1s\"\n", "do you mean `interval`?"),
            ("symbols = \"brail\"\n", "do you mean `braille`?"),
            ("units = \"furlongs\"\n", "expected `bits` or `bytes`"),
            ("[sessions]\nmax_size = \"much\"\n", "such as 5GB"),
            ("[sessions]\nmax_size = \"5\"\n", "such as 5GB"),
            ("[sessions]\nmax_size = \"5XB\"\n", "such as 5GB"),
            ("[sessions]\nmax_size = \"5kB\"\n", "1MB is the least"),
            ("[speeds]\neth0 = \"10000\"\n", "10G"),
            ("[sessions]\nmax_age_days = -1\n", "max_age_days"),
            ("[notify]\non = [\"trial-ent\"]\n", "do you mean `trial-end`?"),
            ("[speeds]\n\"tap*\" = \"fast\"\n", "10G"),
            ("interval = \"soon\"\n", "250ms"),
            ("interval = 1\n", "line 1"),
            ("sessions", "line 1"),
        ] {
            let error = parse(text).expect_err("wrong");
            assert!(error.contains("config.toml") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_missing_file_matters_only_when_it_was_named() {
        let missing = Path::new("/nonexistent/config.toml");
        assert_eq!(ConfigFile::chosen(None, Some(missing)), None);
        assert_eq!(ConfigFile::read(None).expect("none"), ConfigFile::default());
        let chosen = ConfigFile::chosen(Some(missing), None);
        let error = ConfigFile::read(chosen).expect_err("missing");
        assert!(error.to_string().contains("/nonexistent/config.toml"), "{error}");
    }

    #[test]
    fn what_init_writes_sets_nothing() {
        assert_eq!(ConfigFile::parse(TEMPLATE), Ok(ConfigFile::default()));
    }

    /// Every key of the template, with the comment signs taken away.
    fn filled() -> String {
        let lines = TEMPLATE.lines().filter_map(|line| match line.strip_prefix("#") {
            Some(line) if !line.starts_with(' ') => Some(line),
            Some(_) => None,
            None => Some(line),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_key_stands_in_what_init_writes_with_its_default() {
        let filled = filled();
        let file = ConfigFile::parse(&filled).expect("right");
        // A key that is set in no section of the template shows as its type's default.
        let unset: Vec<_> = format!("{file:#?}")
            .lines()
            .filter(|line| {
                line.ends_with(": None,") || line.ends_with("[],") || line.ends_with("{},")
            })
            .map(|line| line.trim().to_owned())
            .collect();
        assert_eq!(unset, Vec::<String>::new(), "{filled}");
    }
}
