//! The configuration file: TOML, every key named here, nothing guessed.

use std::io;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use serde::Deserialize;

use crate::known::ports::Entry;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigFile {
    /// What is kept in the state folder.
    pub sessions: Sessions,
    /// `[[ports]]`: whose migrations are told by which ports, before those that are known.
    pub ports: Vec<Entry>,
}

/// `[sessions]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// All recordings together, such as `"5GB"`.
    pub max_size: Option<ByteSize>,
    /// Since a recording was last written to.
    pub max_age_days: Option<u32>,
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
        source: Box<toml::de::Error>,
    },
}

impl ConfigFile {
    /// Reads the file named by the user, or the usual one, which need not be there.
    ///
    /// # Errors
    /// When the named one is not there, or either is not as it should be.
    pub fn read(named: Option<&Path>, usual: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = named.or(usual) else { return Ok(Self::default()) };
        // A folder that we may not enter is not ours: HOME is root's after some ways to become
        // somebody else.
        if named.is_none() && std::fs::metadata(path).is_err() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| ConfigError::Read { path: path.into(), source })?;
        let parsed = toml::from_str(&text);
        parsed.map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        ConfigFile::read(None, Some(&path)).map_err(|e| format!("{:#}", anyhow::Error::from(e)))
    }

    #[test]
    fn what_is_kept_can_be_set() {
        let file = parse("[sessions]\nmax_size = \"20GB\"\nmax_age_days = 365\n").expect("right");
        assert_eq!(file.sessions.max_size, Some(ByteSize::gb(20)));
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
    fn what_is_wrong_is_said_with_its_place() {
        for (text, said) in [
            ("[[ports]]\nproduct = \"x\"\nports = \"10-9\"\n", "49152-49215"),
            ("[sessions]\nmax_sise = \"1GB\"\n", "max_sise"),
            ("[sessions]\nmax_size = \"much\"\n", "max_size"),
            ("[sessions]\nmax_age_days = -1\n", "max_age_days"),
            ("sessions", "line 1"),
        ] {
            let error = parse(text).expect_err("wrong");
            assert!(error.contains("config.toml") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_missing_file_matters_only_when_it_was_named() {
        let missing = Path::new("/nonexistent/config.toml");
        assert_eq!(ConfigFile::read(None, Some(missing)).expect("none"), ConfigFile::default());
        let error = ConfigFile::read(Some(missing), None).expect_err("missing");
        assert!(error.to_string().contains("/nonexistent/config.toml"), "{error}");
    }
}
