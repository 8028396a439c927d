//! A file that is there whole or not at all: written beside its place, and renamed into it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::journal::JournalError;
use crate::place::User;

/// Where a result goes.
pub enum Output {
    /// To standard output.
    Standard(io::Stdout),
    /// Into a device or a pipe, which keep their names.
    Stream(File),
    /// Into a file.
    File {
        /// What is written.
        beside: NamedTempFile,
        /// What it will be called.
        path: PathBuf,
        /// In the place of what is called so.
        replace: bool,
    },
}

impl Output {
    /// A file of `user`'s with the usual mode; standard output without a name or for `-`.
    ///
    /// # Errors
    /// When it exists and is not to be replaced, or cannot be made.
    pub fn create(path: Option<&Path>, replace: bool, user: &User) -> Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self::Standard(io::stdout()));
        };
        let cannot = || format!("cannot write {}", path.display());
        // What a link points at is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Ok(data) = path.metadata() {
            if !data.is_file() && !data.is_dir() {
                let stream = File::options().write(true).open(&path);
                return stream.map(Self::Stream).with_context(cannot);
            }
            if !replace {
                return Err(JournalError::Exists(path.display().to_string()).into());
            }
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".migtop-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let beside = builder.tempfile_in(folder.unwrap_or(Path::new("."))).with_context(cannot)?;
        user.own_file(beside.as_file()).with_context(cannot)?;
        Ok(Self::File { beside, path, replace })
    }

    /// It is whole: it gets its name.
    ///
    /// # Errors
    /// When it cannot be brought to disk, or somebody else has taken the name.
    pub fn keep(self) -> Result<()> {
        let Self::File { beside, path, replace } = self else { return Ok(()) };
        let cannot = || format!("cannot write {}", path.display());
        beside.as_file().sync_all().with_context(cannot)?;
        let named = if replace { beside.persist(&path) } else { beside.persist_noclobber(&path) };
        match named {
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(JournalError::Exists(path.display().to_string()).into())
            }
            named => named.map(drop).map_err(|e| e.error).with_context(cannot),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::Stream(out) => out.write(bytes),
            Self::File { beside, .. } => beside.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Stream(out) => out.flush(),
            Self::File { beside, .. } => beside.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
        let mut output = Output::create(Some(path), replace, &User::current())?;
        output.write_all(text.as_bytes())?;
        output.keep()
    }

    fn names(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn a_file_is_there_when_it_is_whole_and_replaced_only_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        let mut half = Output::create(Some(&path), false, &User::current()).expect("made");
        half.write_all(b"half").expect("written");
        drop(half);
        assert_eq!(names(folder.path()), 0, "nothing is left of it");
        write(&path, "one", false).expect("written");
        let error = write(&path, "two", false).expect_err("refused");
        assert!(error.to_string().contains("--force"), "{error}");
        write(&path, "three", true).expect("replaced");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "three");
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn a_name_taken_meanwhile_stays_whose_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        let late = Output::create(Some(&path), false, &User::current()).expect("made");
        std::fs::write(&path, "theirs").expect("written");
        assert!(late.keep().is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "theirs");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_one() {
        write(Path::new("/dev/null"), "rows", false).expect("written");
        assert!(!Path::new("/dev/null").is_file());
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_usual() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        write(&ours, "", false).expect("written");
        std::fs::write(&usual, "").expect("written");
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
    }
}
