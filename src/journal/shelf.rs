//! The folder that recordings are kept in: their names, which are there, and which have to go.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Form, JournalError, Sink};
use crate::place::User;

/// More recordings than this may not begin in one second.
const SAME_SECOND: u32 = 100;
/// Of a host's name this much is in a file's.
const LONGEST_HOST: usize = 32;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all recordings together.
    pub size: u64,
    /// Since one was last written to.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 5_000_000_000, age: Duration::from_secs(90 * 24 * 3_600) }
    }
}

/// One recording in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is called: its file's name without the ending.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// When it was last written to.
    pub modified: SystemTime,
    /// A migtop is writing to it.
    pub running: bool,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// Recordings in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a new recording's file, named by when (`20261122-140211`, local time) and where.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn create(
        &self,
        host: &str,
        started: SystemTime,
        user: &User,
    ) -> Result<Sink, JournalError> {
        let create =
            |path: &Path, source| JournalError::Create { path: path.display().to_string(), source };
        user.make_folder(&self.folder).map_err(|source| create(&self.folder, source))?;
        let stem = stem(host, started);
        for number in 1..=SAME_SECOND {
            let again = if number == 1 { String::new() } else { format!("-{number}") };
            let path = self.folder.join(format!("{stem}{again}{}", Form::Frames.ending()));
            match Sink::create(&path, false, user) {
                Err(JournalError::Exists(_)) => {}
                made => return made,
            }
        }
        Err(JournalError::Exists(self.folder.join(stem).display().to_string()))
    }

    /// Every recording, oldest first; none when there is no folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let files = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files?,
        };
        // What vanishes while we look was not there.
        let mut entries: Vec<Entry> = files.flatten().filter_map(|f| entry(f.path())).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Removes recordings that are too old, then the oldest of those that are too much; never one
    /// that is being written to. Returns what was removed.
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn prune(&self, limits: Limits, now: SystemTime) -> io::Result<Vec<Entry>> {
        let entries = self.entries()?;
        let mut size: u64 = entries.iter().map(|entry| entry.size).sum();
        let mut removed = Vec::new();
        let mut idle: Vec<Entry> = entries.into_iter().filter(|entry| !entry.running).collect();
        idle.sort_by_key(|entry| entry.modified);
        for entry in idle {
            let old = now.duration_since(entry.modified).is_ok_and(|age| age > limits.age);
            if old || size > limits.size {
                std::fs::remove_file(&entry.path)?;
                size -= entry.size;
                removed.push(entry);
            }
        }
        Ok(removed)
    }
}

/// What a file is as a recording, if it is one by its name.
fn entry(path: PathBuf) -> Option<Entry> {
    let file_name = path.file_name()?.to_str()?;
    let name = file_name.strip_suffix(Form::Frames.ending())?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let ours = name.len() > 16 && name.is_char_boundary(16) && {
        let (date, rest) = name.split_at(8);
        digits(date) && rest.starts_with('-') && digits(&rest[1..7]) && rest[7..].starts_with('-')
    };
    let data = std::fs::symlink_metadata(&path).ok().filter(|data| ours && data.is_file())?;
    let running = is_locked(&path);
    let (name, size, modified) = (name.to_owned(), data.len(), data.modified().ok()?);
    Some(Entry { name, path, size, modified, running })
}

/// Whether a migtop is writing to the file.
pub fn is_locked(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    // Shared, so that two who look do not see each other.
    matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock))
}

/// `20261122-140211-hv07`: sorts by time, harmless in any shell.
fn stem(host: &str, started: SystemTime) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let host: String = host.chars().take(LONGEST_HOST).map(harmless).collect();
    let started = jiff::Timestamp::try_from(started).unwrap_or_default();
    let started = started.to_zoned(jiff::tz::TimeZone::system());
    format!("{}-{host}", started.strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> (tempfile::TempDir, Shelf) {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(&folder.path().join("state/migtop"));
        (folder, shelf)
    }

    fn names(shelf: &Shelf) -> Vec<String> {
        shelf.entries().expect("readable").into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn recordings_of_one_second_have_names_of_their_own() {
        let (_folder, shelf) = shelf();
        assert_eq!(names(&shelf), [""; 0], "there is no folder yet");
        let create =
            || shelf.create("hv/07", SystemTime::UNIX_EPOCH, &User::current()).expect("a file");
        let (_first, _second) = (create(), create());
        let names = names(&shelf);
        assert!(names[0].ends_with("-hv_07") && names[1].ends_with("-hv_07-2"), "{names:?}");
    }

    #[test]
    fn the_old_and_then_the_oldest_go_and_nothing_else() {
        let (_folder, shelf) = shelf();
        User::current().make_folder(shelf.folder()).expect("made");
        let now = SystemTime::now();
        let day = Duration::from_secs(24 * 3_600);
        for (name, age) in [
            ("20260101-000000-a.jsonl.zst", 9),
            ("20260102-000000-a.jsonl.zst", 3),
            ("20260103-000000-a.jsonl.zst", 2),
            ("20260104-000000-a.jsonl.zst", 1),
            ("migtop-a-20260101-000000.jsonl.zst", 9),
            ("notes.txt", 9),
        ] {
            let path = shelf.folder().join(name);
            std::fs::write(&path, [0; 100]).expect("written");
            let file = std::fs::File::options().write(true).open(&path).expect("there");
            file.set_modified(now - day * age).expect("aged");
        }
        // The second oldest is being written to.
        let held = shelf.folder().join("20260102-000000-a.jsonl.zst");
        let held = std::fs::File::open(held).expect("there");
        held.lock().expect("locked");
        let limits = Limits { size: 200, age: day * 5 };
        let removed = shelf.prune(limits, now).expect("pruned");
        let removed: Vec<_> = removed.into_iter().map(|entry| entry.name).collect();
        assert_eq!(removed, ["20260101-000000-a", "20260103-000000-a"]);
        assert_eq!(names(&shelf), ["20260102-000000-a", "20260104-000000-a"]);
        assert!(shelf.folder().join("notes.txt").exists());
        assert!(shelf.folder().join("migtop-a-20260101-000000.jsonl.zst").exists());
    }
}
