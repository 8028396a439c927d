//! A copy of a recording that goes on: what a snapshot is made of.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use super::Form;
use super::frames::Packer;
use super::record::write_line;
use crate::model::Event;

/// A disk that takes nothing for this long has no copy to give.
const PATIENCE: Duration = Duration::from_secs(10);

/// A recording as it was at one moment.
#[derive(Debug)]
pub struct Extract {
    file: File,
    length: mpsc::Receiver<u64>,
    known: OnceCell<u64>,
    form: Form,
}

impl Extract {
    /// Of `file`, up to the length that comes out of `length` once so much is safe.
    pub(super) fn new(file: File, length: mpsc::Receiver<u64>, form: Form) -> Self {
        Self { file, length, known: OnceCell::new(), form }
    }

    /// How lines stand in it.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Copies it to `out`, with `last` as its last line.
    ///
    /// # Errors
    /// When the recording is not on disk within ten seconds, or `out` does not take it.
    pub fn copy_to(&self, last: &Event, out: &mut impl Write) -> io::Result<()> {
        if self.known.get().is_none() {
            let late =
                |_| io::Error::new(io::ErrorKind::TimedOut, "the recording does not keep up");
            let length = self.length.recv_timeout(PATIENCE).map_err(late)?;
            self.known.get_or_init(|| length);
        }
        let length = self.known.get().copied().unwrap_or_default();
        // The file's position is the recorder's, so it is read by offset.
        io::copy(&mut ByOffset { file: &self.file, at: 0 }.take(length), out)?;
        let mut line = Vec::new();
        write_line(last, &mut line).map_err(io::Error::other)?;
        match self.form {
            Form::Lines => out.write_all(&line),
            Form::Frames => out.write_all(&Packer::new()?.pack(&line)?),
        }
    }
}

struct ByOffset<'a> {
    file: &'a File,
    at: u64,
}

impl Read for ByOffset<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
