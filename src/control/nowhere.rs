//! Systems with neither Unix sockets nor named pipes: nothing can be reached.

use std::io;
use std::path::{Path, PathBuf};

use super::error::ControlError;
use crate::place::User;

/// Cannot be.
#[derive(Debug)]
pub enum Listener {}

/// Cannot be.
#[derive(Debug)]
pub enum Place {}

/// Says that it cannot be done.
pub fn listen(_user: &User, _name: &str) -> Result<(Listener, Place), ControlError> {
    Err(ControlError::Unsupported)
}

impl Listener {
    /// Never.
    pub async fn accept(&mut self) -> io::Result<Option<tokio::io::DuplexStream>> {
        match *self {}
    }
}

/// Drops it.
pub fn refuse(_stream: tokio::io::DuplexStream, _line: &[u8]) {}

impl Place {
    /// Never.
    pub fn name(&self) -> &str {
        match *self {}
    }

    /// Never.
    pub fn path(&self) -> PathBuf {
        match *self {}
    }

    /// Never.
    pub fn remove(&self) {
        match *self {}
    }
}

/// Nothing to do.
pub async fn remove_stale(_own: PathBuf) {}

/// Nothing has a name.
pub fn name(_path: &Path) -> Option<&str> {
    None
}

/// None.
pub fn candidates(_user: &User) -> [Vec<PathBuf>; 2] {
    [Vec::new(), Vec::new()]
}

/// Cannot be.
pub fn connect(_path: &Path) -> io::Result<std::fs::File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Never.
pub fn is_live(_path: &Path) -> bool {
    false
}
