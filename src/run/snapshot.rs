//! A snapshot: the session so far as a complete session file, and the screen as text and picture
//! beside it. Nothing is ever overwritten.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use ratatui::buffer::Buffer;

use crate::journal::Extract;
use crate::model::{End, Event};
use crate::place::User;
use crate::tui::capture;
use crate::tui::theme::colour::Ground;

/// What is written.
pub struct Snapshot {
    /// The stream up to now.
    pub stream: Extract,
    /// Its last line.
    pub end: End,
    /// The screen, where there is one.
    pub screen: Option<Buffer>,
    /// What is behind it.
    pub ground: Ground,
    /// The host, for the name.
    pub host: String,
    /// The wall clock, for the name.
    pub taken: SystemTime,
    /// Whose files they are.
    pub user: User,
}

/// More snapshots than this in one second are refused.
const SAME_SECOND: u32 = 1000;

impl Snapshot {
    /// Writes it into the current directory if that is writable, else into the state folder;
    /// returns the session file's path.
    ///
    /// # Errors
    /// When neither takes it; what was begun is removed.
    pub fn write(&self) -> Result<PathBuf> {
        let here = std::env::current_dir().context("no current directory");
        here.and_then(|folder| self.write_into(&folder)).or_else(|error| {
            let Some(folder) = self.user.state_folder() else { return Err(error) };
            let made = self.user.make_folder(folder);
            made.with_context(|| format!("cannot make {}", folder.display()))
                .and_then(|()| self.write_into(folder))
                .with_context(|| format!("{error:#}; nor there"))
        })
    }

    /// Writes it into `folder`.
    pub fn write_into(&self, folder: &Path) -> Result<PathBuf> {
        let session =
            self.write_beside(folder, |out| self.stream.copy_to(&Event::End(self.end), out))?;
        let stem = self.stem();
        for number in 0..SAME_SECOND {
            let again = if number == 0 { String::new() } else { format!("-{number}") };
            let sibling = |ending| folder.join(format!("{stem}{again}{ending}"));
            let path = sibling(self.stream.form().ending());
            let (text, picture) = (sibling(".txt"), sibling(".svg"));
            if text.exists() || picture.exists() || !keep(&session, &path)? {
                continue;
            }
            if let Some(screen) = &self.screen {
                for (path, content) in
                    [(text, capture::text(screen)), (picture, capture::svg_on(self.ground, screen))]
                {
                    let file =
                        self.write_beside(folder, |out| out.write_all(content.as_bytes()))?;
                    keep(&file, &path)?;
                }
            }
            return Ok(path);
        }
        anyhow::bail!("{} holds too many snapshots of this second", folder.display())
    }

    /// `migtop-hv07-20261122-140211`: sorts by time, harmless in any shell.
    fn stem(&self) -> String {
        let harmless =
            |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let host: String = self.host.chars().take(64).map(harmless).collect();
        let taken = jiff::Timestamp::try_from(self.taken).unwrap_or_default();
        let taken = taken.to_zoned(jiff::tz::TimeZone::system());
        format!("migtop-{host}-{}", taken.strftime("%Y%m%d-%H%M%S"))
    }

    /// Writes a file without a name of its own in `folder`, complete and on disk.
    fn write_beside(
        &self,
        folder: &Path,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<tempfile::TempPath> {
        let write = || -> io::Result<tempfile::TempPath> {
            let (mut file, path) =
                tempfile::Builder::new().prefix(".migtop-").tempfile_in(folder)?.into_parts();
            fill(&mut file)?;
            file.sync_all()?;
            self.user.own_file(&file)?;
            Ok(path)
        };
        write().with_context(|| format!("cannot write a snapshot into {}", folder.display()))
    }
}

/// Gives a finished file its name unless that is taken: `false` then.
fn keep(file: &Path, path: &Path) -> Result<bool> {
    match std::fs::hard_link(file, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some file systems have no hard links: take the name first, then fill it.
        Err(_) => match File::create_new(path) {
            Ok(_) => std::fs::copy(file, path)
                .map(|_| true)
                .inspect_err(|_| drop(std::fs::remove_file(path)))
                .with_context(|| format!("cannot write {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::{self, Reader, Recorder, Sink};

    fn snapshot() -> Snapshot {
        let taken = SystemTime::UNIX_EPOCH;
        let header = journal::header("hv/07".into(), taken, Duration::from_millis(100));
        let sink = Sink::temporary().expect("a temporary file");
        let mut recorder = Recorder::start(sink, &Event::Session(header), || {}).expect("started");
        Snapshot {
            stream: recorder.extract().expect("readable"),
            end: End {
                at: Duration::from_secs(1),
                own_cpu: Duration::ZERO,
                own_peak_rss_bytes: None,
                samples: 0,
                missed: 0,
                trials: None,
            },
            screen: Some(Buffer::with_lines(["screen"])),
            ground: Ground::Dark,
            host: "hv/07".into(),
            taken,
            user: User::current(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_snapshot_is_a_complete_session_with_its_screen_and_overwrites_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = snapshot().write_into(folder.path()).expect("written");
        let second = snapshot().write_into(folder.path()).expect("written");
        assert_ne!(first, second);
        assert_eq!(names(folder.path()).len(), 6, "and nothing left over");
        let mut reader = Reader::open(&first, false).expect("a session");
        let events: Vec<Event> = std::iter::from_fn(|| reader.read().expect("readable")).collect();
        assert!(matches!(events[..], [Event::Session(_), Event::End(_)]));
        assert_eq!(
            std::fs::read_to_string(first.with_extension("").with_extension("txt")).expect("there"),
            "screen\n"
        );
    }

    #[test]
    fn a_failed_snapshot_says_where_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("gone");
        let error = snapshot().write_into(&missing).expect_err("no folder");
        assert!(format!("{error:#}").contains("cannot write a snapshot into"), "{error:#}");
        assert_eq!(names(folder.path()).len(), 0);
    }
}
