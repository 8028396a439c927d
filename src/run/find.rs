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

/// So many names are told where one is meant.
const MOST: usize = 5;

/// A part of a name that is in several.
#[derive(Debug, thiserror::Error)]
#[error("`{part}` is a part of several recordings' names: {names}; write more of it")]
pub struct Several {
    part: String,
    names: String,
}

/// The file of a session: the path where there is one, else the recording of that name, or with that
/// part of a name that no other has, as `migtop sessions` lists it.
///
/// # Errors
/// When it is neither, or means several, or the folder of recordings cannot be read.
pub fn session(name: &Path, user: &User) -> Result<PathBuf> {
    // A file that may not be looked at is one.
    if name.try_exists().unwrap_or(true) && !name.is_dir() {
        return Ok(name.to_owned());
    }
    if name.as_os_str() == "-" {
        return Err(JournalError::Pipe("standard input".into()).into());
    }
    let folder = user.state_folder();
    let entries = folder.map_or_else(|| Ok(Vec::new()), |folder| Shelf::new(folder).entries());
    let entries = entries.context("cannot read the folder of recordings")?;
    let asked = name.to_string_lossy();
    let (mut exact, mut parts): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .filter(|entry| entry.name.contains(&*asked))
        .partition(|entry| *entry.name == *asked);
    if exact.is_empty() && parts.len() > 1 {
        let names = parts.iter().take(MOST).map(|entry| printable(&entry.name).into_owned());
        let more = if parts.len() > MOST { ", ..." } else { "" };
        let names = names.collect::<Vec<_>>().join(", ") + more;
        return Err(Several { part: printable(&asked).into_owned(), names }.into());
    }
    let found = exact.pop().or_else(|| parts.pop().filter(|_| !asked.is_empty()));
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
