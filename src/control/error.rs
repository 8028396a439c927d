//! What can fail on either side of the control socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Listening or asking failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is nowhere to put a socket.
    #[error("no folder for the control socket; set XDG_RUNTIME_DIR or HOME")]
    NoFolder,
    /// The folder cannot be made.
    #[error("cannot make the folder `{}` for the control socket", folder.display())]
    MakeFolder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could put sockets into it.
    #[error(
        "the folder `{}` belongs to somebody else or is open to others; remove it, or set \
         XDG_RUNTIME_DIR to a folder of your own",
        folder.display()
    )]
    NotOurs {
        /// Which.
        folder: PathBuf,
    },
    /// The system allows no socket with so long a path.
    #[error(
        "the control socket's path `{}` has more than {limit} bytes; set XDG_RUNTIME_DIR to a \
         folder with a shorter name",
        path.display()
    )]
    TooLong {
        /// The path it would have.
        path: PathBuf,
        /// The longest that can be.
        limit: usize,
    },
    /// The socket cannot be made.
    #[error("cannot listen on the control socket `{}`", path.display())]
    Listen {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// This system has no such sockets.
    #[error("a running migtop cannot be reached on this system; set marks by key")]
    Unsupported,
    /// Nobody to ask.
    #[error("no migtop of this user is running; start one with `migtop`")]
    NoneRunning,
    /// More than one to ask.
    #[error("several migtops are running; choose one with --session NAME:{list}")]
    Several {
        /// A line for each.
        list: String,
    },
    /// `--session` names none.
    #[error("no running migtop is called `{session}`; there are:{list}")]
    NoSuchSession {
        /// What was asked for.
        session: String,
        /// A line for each.
        list: String,
    },
    /// `--session` names more than one.
    #[error("`{session}` is part of several names; there are:{list}")]
    Ambiguous {
        /// What was asked for.
        session: String,
        /// A line for each that it could be.
        list: String,
    },
    /// The connection failed.
    #[error("cannot ask the migtop `{session}`")]
    Ask {
        /// Which.
        session: String,
        /// Why.
        source: io::Error,
    },
    /// It is there and says nothing: stopped by Ctrl-Z, for instance.
    #[error("the migtop `{session}` gave no answer within {within:?}; is it stopped?")]
    NoAnswer {
        /// Which.
        session: String,
        /// How long we waited.
        within: Duration,
    },
    /// It said what this version does not understand.
    #[error("the migtop `{session}` gave an answer that cannot be read; is it of another version?")]
    BadAnswer {
        /// Which.
        session: String,
        /// Where it is wrong.
        source: serde_json::Error,
    },
    /// It said no, and why.
    #[error("{0}")]
    Refused(String),
}
