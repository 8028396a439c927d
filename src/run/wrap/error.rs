//! What can go wrong around a wrapped command, besides the command itself.

use std::io;

/// Why the runs could not be done, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    #[error("there is no command `{0}`; write it as in a shell: its name in PATH, or its path")]
    NoCommand(String),
    #[error("`{0}` cannot be executed; is it a program, and are its permissions right?")]
    NotExecutable(String),
    #[error("cannot start `{command}`")]
    Start {
        command: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot wait for `{command}`")]
    Wait {
        command: String,
        #[source]
        source: io::Error,
    },
    #[error("--prepare `{command}` failed before {turn} ({status}); what was done is kept")]
    Prepare { command: String, turn: String, status: String },
    #[error("{0} exists already; --force replaces it")]
    OutputExists(String),
    #[error("cannot write the command's output to {path}")]
    Output {
        path: String,
        #[source]
        source: io::Error,
    },
}
