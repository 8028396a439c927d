//! The session so far, kept as the frames of its own stream in an unnamed temporary file: what a
//! snapshot is made of. Memory does not grow with the session.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use crate::journal::{FrameWriter, JournalError};
use crate::model::Event;

/// The spool is not let grow beyond this: folders for temporary files may be in memory.
const LARGEST: u64 = 1 << 30;

/// The spool.
pub struct Spool {
    writer: FrameWriter<File>,
}

/// A stretch of the spool's file, as it was at one moment; written while the spool goes on.
pub struct Extract {
    file: File,
    length: u64,
}

impl Spool {
    /// An empty spool in the system's folder for temporary files.
    pub fn open() -> Result<Self, JournalError> {
        let file = tempfile::tempfile().map_err(JournalError::Write)?;
        Ok(Self { writer: FrameWriter::new(file)? })
    }

    /// Takes one event.
    pub fn push(&mut self, at: Duration, event: &Event) -> Result<(), JournalError> {
        self.writer.push(at, event)?;
        if self.writer.written() > LARGEST {
            let full = "the session is larger than 1 GiB";
            return Err(JournalError::Write(io::Error::new(io::ErrorKind::FileTooLarge, full)));
        }
        Ok(())
    }

    /// Everything up to now.
    pub fn extract(&mut self) -> Result<Extract, JournalError> {
        self.writer.flush()?;
        let file = self.writer.get_ref().try_clone().map_err(JournalError::Read)?;
        let length = file.metadata().map_err(JournalError::Read)?.len();
        Ok(Extract { file, length })
    }
}

impl Extract {
    /// Copies it to `out`. The file's position is shared with the spool, so it is read by offset.
    pub fn copy_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        io::copy(&mut ByOffset { file: &self.file, at: 0 }.take(self.length), out).map(drop)
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
