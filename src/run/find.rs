//! From what the user calls a session to its file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::journal::{JournalError, Reader, Shelf};
use crate::model::printable;
use crate::place::User;

/// Neither a file nor a recording.
#[derive(Debug, thiserror::Error)]
#[error("there is no file `{name}`, and no recording of that name{folder}")]
pub struct NoSession {
    name: String,
    folder: String,
}

/// The file of a session: the path where there is one, else the recording of that name, as
/// `migtop sessions` lists it.
///
/// # Errors
/// When it is neither, or the folder of recordings cannot be read.
pub fn session(name: &Path, user: &User) -> Result<PathBuf> {
    // A file that may not be looked at is one.
    if name.try_exists().unwrap_or(true) {
        return Ok(name.to_owned());
    }
    if name.as_os_str() == "-" {
        return Err(JournalError::Pipe("standard input".into()).into());
    }
    let folder = user.state_folder();
    let entries = folder.map_or_else(|| Ok(Vec::new()), |folder| Shelf::new(folder).entries());
    let entries = entries.context("cannot read the folder of recordings")?;
    let found = entries.into_iter().find(|entry| name.as_os_str() == entry.name.as_str());
    found.map(|entry| entry.path).ok_or_else(|| {
        let folder = folder.map_or_else(String::new, |f| format!(" in {}", f.display()));
        NoSession { name: printable(&name.to_string_lossy()).into_owned(), folder }.into()
    })
}

/// Opens a session's file; an error names it once.
///
/// # Errors
/// When it cannot be read or is no session of a known version.
pub fn open(path: &Path, salvage: bool) -> Result<Reader> {
    match Reader::open(path, salvage) {
        Err(error @ (JournalError::Open { .. } | JournalError::Pipe(_))) => Err(error.into()),
        opened => opened.with_context(|| path.display().to_string()),
    }
}
