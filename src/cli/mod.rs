//! Flags and environment, as the user wrote them, and what they come to.

pub mod args;
pub mod file;
pub mod nearest;
pub mod settings;
pub mod themes;

pub use args::{Args, Command, Format};
pub use file::ConfigFile;
pub use settings::{Settings, SettingsError, resolve};
