//! The thread that brings lines to disk, and tells how far they are safe.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::PoisonError;
use std::time::Duration;

use super::fdsync::Fdsync;
use super::frames::Packer;
use super::handover::{Shared, State, Trouble};
use super::sink::Sink;
use super::{Form, JournalError};

/// Lines are written at this distance, and synced every second time: on disk within a second.
pub(super) const PERIOD: Duration = Duration::from_millis(480);
/// A sync that somebody waits for is looked at this often; what came meanwhile is written then.
const LOOK: Duration = Duration::from_millis(120);

/// The thread's own part.
pub(super) struct Writer {
    sink: Sink,
    packer: Packer,
    /// Taken over and not in the file yet.
    pending: Vec<u8>,
    /// Bytes of lines taken over so far.
    taken: u64,
    length: u64,
    fdsync: Fdsync,
    /// Bytes of lines known to be on disk.
    safe: u64,
    /// For how many periods something has been written that no sync covers.
    unsynced: u32,
    /// The last sync failed.
    refused: bool,
}

impl Writer {
    pub fn new(sink: Sink) -> Result<Self, JournalError> {
        let packer = Packer::new().map_err(JournalError::Write)?;
        Ok(Self {
            sink,
            packer,
            pending: Vec::new(),
            taken: 0,
            length: 0,
            fdsync: Fdsync::default(),
            safe: 0,
            unsynced: 0,
            refused: false,
        })
    }

    /// Writes until the session ends, or nobody reads any more.
    pub fn run(&mut self, shared: &Shared, wake: &impl Fn()) {
        loop {
            let urgent = self.take(shared);
            let written = self.write().and_then(|()| self.sync(urgent));
            let mut state = shared.lock();
            let before = (state.safe, state.trouble.clone());
            state.length = self.length;
            state.safe = self.safe;
            match written {
                Ok(()) => state.trouble = None,
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    state.trouble = Some(Trouble::ReaderGone);
                    state.closing = true;
                }
                Err(error) => state.trouble = Some(Trouble::Refused(error.to_string())),
            }
            let (safe, length) = (state.safe, state.length);
            for (_, sender) in state.waiting.extract_if(.., |(upto, _)| *upto <= safe) {
                // Who asked may have given up.
                let _ = sender.send(length);
            }
            let troubled = before.1 != state.trouble;
            let told = troubled || urgent && before.0 != safe;
            let gone = state.trouble == Some(Trouble::ReaderGone);
            let complete = state.lines.is_empty() && safe == state.pushed;
            let over = gone || state.closing && (complete || state.trouble.is_some());
            state.closed = over;
            drop(state);
            shared.done.notify_all();
            if told {
                wake();
            }
            if over {
                return;
            }
        }
    }

    /// Waits until there is something to do and takes the lines over; whether it is urgent.
    fn take(&mut self, shared: &Shared) -> bool {
        let idle = |state: &mut State| {
            // What was refused is tried again at its time, not at once.
            let refused = !self.pending.is_empty();
            let urgent = state.wanted > self.taken
                || (self.sink.at_once && !state.lines.is_empty())
                || (state.wanted > self.safe && self.fdsync.is_under_way());
            !state.closing && (refused || !urgent)
        };
        let waited = shared.work.wait_timeout_while(shared.lock(), PERIOD, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Somebody waits for the length of exactly so much: what came later is for the next time.
        let upto = state.waiting.iter().map(|(upto, _)| *upto).min();
        let bytes = upto.map_or(state.lines.len(), |upto| (upto - self.taken) as usize);
        if self.pending.is_empty() && bytes == state.lines.len() {
            std::mem::swap(&mut self.pending, &mut state.lines);
        } else {
            self.pending.extend(state.lines.drain(..bytes));
        }
        self.taken += bytes as u64;
        state.wanted > state.safe || state.closing
    }

    /// Writes what is pending as one frame, whole or not at all.
    fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let packed;
        let bytes = match self.sink.form {
            Form::Lines => &self.pending,
            Form::Frames => {
                packed = self.packer.pack(&self.pending)?;
                &packed
            }
        };
        if self.length + bytes.len() as u64 > self.sink.largest {
            return Err(io::Error::other("the session is larger than 1 GiB"));
        }
        if let Err(error) = self.sink.file.write_all(bytes) {
            if self.sink.synced || self.sink.largest != u64::MAX {
                // A part may have been written; streams are beyond repair.
                self.sink.file.set_len(self.length)?;
                self.sink.file.seek(SeekFrom::Start(self.length))?;
            }
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.pending.clear();
        self.unsynced = self.unsynced.max(1);
        Ok(())
    }

    /// Has what was written brought to disk when it is due, or at once.
    fn sync(&mut self, urgent: bool) -> io::Result<()> {
        if !self.sink.synced {
            self.safe = self.taken;
            return Ok(());
        }
        let synced = self.sync_due(urgent);
        self.refused = synced.is_err();
        synced
    }

    /// `pending` is empty: whatever was taken is in the file.
    fn sync_due(&mut self, urgent: bool) -> io::Result<()> {
        let patience = if urgent { LOOK } else { Duration::ZERO };
        self.follow_sync(patience)?;
        let due = urgent || self.refused || self.unsynced > 1;
        self.unsynced += u32::from(self.unsynced > 0);
        // One at a time: a disk that hangs gets no second one.
        if !due || self.fdsync.is_under_way() || self.safe == self.taken {
            return Ok(());
        }
        // What was refused once is not safe until it has been taken, so that is waited for.
        if !self.refused && self.fdsync.submit(&self.sink.file, self.taken) {
            self.follow_sync(patience)?;
        } else {
            self.sink.file.sync_data()?;
            self.safe = self.taken;
        }
        self.unsynced = 0;
        Ok(())
    }

    /// Takes what the sync that is under way has come to. The system tells an error to one sync
    /// only, so none is passed over.
    fn follow_sync(&mut self, patience: Duration) -> io::Result<()> {
        if let Some(upto) = self.fdsync.finished(patience)? {
            self.safe = self.safe.max(upto);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::User;

    #[test]
    fn only_what_a_sync_covers_is_safe_with_and_without_one_in_the_background() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, fdsync) in [("a", Fdsync::default()), ("b", Fdsync::refused())] {
            let sink =
                Sink::create(&folder.path().join(name), false, &User::current()).expect("a file");
            let mut writer = Writer::new(sink).expect("a packer");
            writer.fdsync = fdsync;
            let wake = |writer: &mut Writer, bytes: u64, urgent: bool| {
                writer.pending.resize(bytes as usize, b'a');
                writer.taken += bytes;
                writer.write().and_then(|()| writer.sync(urgent)).expect("written");
                (writer.safe, writer.length)
            };
            assert_eq!(wake(&mut writer, 3, false), (0, 3));
            // Due at the second wake, even when nothing came meanwhile.
            wake(&mut writer, 0, false);
            // Written after the sync was asked for, so it is not covered, however long that takes.
            writer.pending.push(b'a');
            writer.taken += 1;
            writer.write().expect("written");
            while writer.fdsync.is_under_way() {
                writer.follow_sync(LOOK).expect("synced");
            }
            assert_eq!((writer.safe, writer.length), (3, 4));
            // A mark is on disk as soon as the disk allows, whatever was under way.
            for _ in 0..10 {
                wake(&mut writer, 1, false);
                let (mut safe, length) = wake(&mut writer, 1, true);
                while safe < length {
                    safe = wake(&mut writer, 0, true).0;
                }
                assert!(!writer.fdsync.is_under_way());
            }
        }
    }
}
