//! Where a recording goes: a file of its own, standard output, a device, or a file without a name.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{Form, JournalError};
use crate::place::User;

/// A recording without a name is not let grow beyond this: such folders may be in memory.
const LARGEST_TEMPORARY: u64 = 1 << 30;

/// Where a recording goes.
#[derive(Debug)]
pub struct Sink {
    pub(super) file: File,
    pub(super) path: Option<PathBuf>,
    pub(super) form: Form,
    /// Written with every batch: somebody may be reading.
    pub(super) at_once: bool,
    /// Brought to disk, not only to the system.
    pub(super) synced: bool,
    /// It is not let grow beyond this.
    pub(super) largest: u64,
}

impl Sink {
    /// A file of its own, readable for `user` alone; its form follows its name.
    ///
    /// # Errors
    /// When it exists and is not to be replaced, is being recorded, or cannot be made.
    pub fn create(path: &Path, replace: bool, user: &User) -> Result<Self, JournalError> {
        let name = || path.display().to_string();
        let create = |source| JournalError::Create { path: name(), source };
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => return Err(create(io::ErrorKind::IsADirectory.into())),
            Ok(data) if !data.is_file() => return Self::device(path),
            _ => {}
        }
        let mut options = File::options();
        options.read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.clone().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && replace => {
                options.open(path)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(JournalError::Exists(name()));
            }
            made => made,
        }
        .map_err(create)?;
        // Some file systems have no locks; there nobody is warned.
        if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            return Err(JournalError::Busy(name()));
        }
        file.set_len(0).and_then(|()| user.own_file(&file)).map_err(create)?;
        sync_folder(path);
        let (form, at_once, synced) = (Form::of(path), false, true);
        Ok(Self { file, path: Some(path.to_owned()), form, at_once, synced, largest: u64::MAX })
    }

    /// What is there and is no file: a pipe that somebody reads, `/dev/stdout`.
    fn device(path: &Path) -> Result<Self, JournalError> {
        let create = |source| JournalError::Create { path: path.display().to_string(), source };
        let file = File::options().write(true).open(path).map_err(create)?;
        let (form, at_once, synced) = (Form::of(path), true, false);
        Ok(Self { file, path: Some(path.to_owned()), form, at_once, synced, largest: u64::MAX })
    }

    /// Standard output, as plain lines.
    ///
    /// # Errors
    /// When it is closed.
    pub fn standard_output() -> Result<Self, JournalError> {
        let create = |source| JournalError::Create { path: "standard output".into(), source };
        #[cfg(unix)]
        let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
        #[cfg(windows)]
        let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
        let file = own.map_err(create)?.into();
        let (form, at_once, synced) = (Form::Lines, true, false);
        Ok(Self { file, path: None, form, at_once, synced, largest: u64::MAX })
    }

    /// A file without a name, gone with the session.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn temporary() -> Result<Self, JournalError> {
        let create = |source| JournalError::Create { path: "a temporary file".into(), source };
        let file = tempfile::tempfile().map_err(create)?;
        let (at_once, synced, largest) = (false, false, LARGEST_TEMPORARY);
        Ok(Self { file, path: None, form: Form::Frames, at_once, synced, largest })
    }
}

/// A new file is there after a power loss only when its folder is on disk as well.
fn sync_folder(path: &Path) {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        // Some file systems cannot; the file itself is synced all the same.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    let _ = path;
}
