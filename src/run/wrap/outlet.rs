//! Where a wrapped command's output goes.

use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::error::WrapError;
use crate::place::User;

/// Where the command's output goes.
#[derive(Debug)]
pub enum Outlet {
    /// Where ours goes.
    Through,
    /// Into a file, which is made when the runs begin.
    Into { path: PathBuf, replace: bool, file: Option<File> },
    /// Into an unnamed file, to be printed when the screen is free again.
    Held(Option<File>),
}

impl Outlet {
    /// A file of this name.
    ///
    /// # Errors
    /// When it exists and is not to be replaced.
    pub fn into(path: &Path, replace: bool) -> Result<Self, WrapError> {
        if !replace && path.is_file() {
            return Err(WrapError::OutputExists(path.display().to_string()));
        }
        Ok(Self::Into { path: path.to_owned(), replace, file: None })
    }

    /// Makes the file, for `user`.
    pub fn open(&mut self, user: &User) -> Result<(), WrapError> {
        match self {
            Self::Through => {}
            Self::Into { path, replace, file } => *file = Some(create(path, *replace, user)?),
            Self::Held(file) => {
                let source = |source| WrapError::Output { path: "a temporary file".into(), source };
                *file = Some(tempfile::tempfile().map_err(source)?);
            }
        }
        Ok(())
    }

    /// Standard output and standard error for the command.
    pub fn streams(&self) -> io::Result<(Stdio, Stdio)> {
        match self {
            Self::Into { file: Some(file), .. } | Self::Held(Some(file)) => {
                Ok((file.try_clone()?.into(), file.try_clone()?.into()))
            }
            _ => Ok((Stdio::inherit(), Stdio::inherit())),
        }
    }

    /// Whether lines of ours stand between the command's own.
    pub fn is_through(&self) -> bool {
        matches!(self, Self::Through)
    }

    /// Whether the screen is not the command's, and neither is the keyboard.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// Prints what was held back.
    pub fn release(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        if let Self::Held(Some(file)) = self {
            file.rewind()?;
            io::copy(file, out)?;
        }
        Ok(())
    }
}

/// A new file, or an old one emptied; what is no plain file, such as /dev/null, is only opened.
fn create(path: &Path, replace: bool, user: &User) -> Result<File, WrapError> {
    let name = || path.display().to_string();
    let mut options = File::options();
    options.append(true);
    let made = match options.clone().create_new(true).open(path) {
        Ok(file) => user.own_file(&file).map(|()| file),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if !path.is_file() => options.open(path),
        Err(_) if !replace => return Err(WrapError::OutputExists(name())),
        Err(_) => options.open(path).and_then(|file| file.set_len(0).map(|()| file)),
    };
    made.map_err(|source| WrapError::Output { path: name(), source })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_that_exists_is_kept_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.txt");
        std::fs::write(&path, "old").expect("written");
        assert!(matches!(Outlet::into(&path, false), Err(WrapError::OutputExists(_))));
        let mut outlet = Outlet::into(&path, true).expect("allowed");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "old");
        outlet.open(&User::current()).expect("opens");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "");
    }

    #[test]
    fn what_was_held_back_is_printed_at_the_end() {
        let mut outlet = Outlet::Held(None);
        outlet.open(&User::current()).expect("opens");
        if let Outlet::Held(Some(file)) = &mut outlet {
            file.write_all(b"said").expect("written");
        }
        let mut out = Vec::new();
        outlet.release(&mut out).expect("released");
        assert_eq!(out, b"said");
    }

    #[cfg(unix)]
    #[test]
    fn the_null_device_takes_everything() {
        let mut outlet = Outlet::into(Path::new("/dev/null"), false).expect("allowed");
        outlet.open(&User::current()).expect("opens");
    }
}
