//! Flags and environment, as the user wrote them, and what they come to.

pub mod args;
pub mod examples;
pub mod file;
pub mod keep;
pub mod man;
pub mod scenario;
pub mod settings;
pub mod themes;

pub use args::{Args, Command, Format};
pub use file::ConfigFile;
pub use settings::{Settings, SettingsError, resolve};

/// The command line as it is parsed, and as help, completions and man pages describe it.
pub fn command() -> clap::Command {
    examples::teach(<Args as clap::CommandFactory>::command())
}
