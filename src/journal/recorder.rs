//! Records a session: lines go into a bounded buffer, and a thread of its own brings them to disk.
//! Whatever the disk does, nobody who samples or draws waits for it.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::fdsync::Fdsync;
use super::frames::Packer;
use super::record::write_line;
use super::thinner::Thinner;
use super::{Form, JournalError};
use crate::model::{Event, GapReason};
use crate::place::User;

/// Lines are written at this distance, and synced every second time: on disk within a second.
const PERIOD: Duration = Duration::from_millis(480);
/// More than this does not wait for a disk that hangs.
const BACKLOG: usize = 16 << 20;
/// A disk that takes nothing for this long when the session ends is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// A recording without a name is not let grow beyond this: such folders may be in memory.
const LARGEST_TEMPORARY: u64 = 1 << 30;

/// Where a recording goes.
#[derive(Debug)]
pub struct Sink {
    file: File,
    path: Option<PathBuf>,
    form: Form,
    /// Written with every batch: somebody may be reading.
    at_once: bool,
    /// Brought to disk, not only to the system.
    synced: bool,
    largest: u64,
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

/// Why nothing is being written right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It was refused, and is tried again: what the system said.
    Refused(String),
    /// It takes longer than the buffer lasts.
    Slow,
    /// Nobody reads any more; it is over.
    ReaderGone,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::Slow => f.write_str("the disk does not keep up"),
            Self::ReaderGone => f.write_str("nobody reads the stream any more"),
        }
    }
}

/// What is handed between the session and the thread that writes.
#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Bytes of lines ever handed over, and how many of them are safe.
    pushed: u64,
    safe: u64,
    /// Up to here it is urgent.
    wanted: u64,
    /// Who waits for the file's length once so many bytes are safe.
    waiting: Vec<(u64, mpsc::Sender<u64>)>,
    /// Of the file, whole frames only.
    length: u64,
    trouble: Option<Trouble>,
    closing: bool,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running recording.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    thinner: Thinner,
    path: Option<PathBuf>,
    form: Form,
    at_once: bool,
    file: File,
}

impl Recorder {
    /// Starts recording into `sink`; `wake` is called from another thread whenever what
    /// [`Self::safe`] or [`Self::trouble`] say may have changed.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        sink: Sink,
        header: &Event,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared::default());
        let (path, form, at_once) = (sink.path.clone(), sink.form, sink.at_once);
        let file = sink.file.try_clone().map_err(JournalError::Write)?;
        let mut writer = Writer::new(sink)?;
        let thread = {
            let shared = Arc::clone(&shared);
            let run = move || writer.run(&shared, &wake);
            std::thread::Builder::new().name("journal".into()).spawn(run)
        };
        let thread = Some(thread.map_err(JournalError::Write)?);
        let thinner = Thinner::default();
        let mut recorder = Self { shared, thread, thinner, path, form, at_once, file };
        recorder.push(std::slice::from_ref(header))?;
        recorder.commit();
        Ok(recorder)
    }

    /// The file, where it has a name.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// How lines stand in it.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Takes the events of one instant. While the disk takes nothing, plain ticks are added up and
    /// everything else waits.
    ///
    /// # Errors
    /// When an event cannot be encoded.
    pub fn push(&mut self, batch: &[Event]) -> Result<(), JournalError> {
        let mut guard = self.shared.lock();
        let state = &mut *guard;
        if state.trouble.is_none() && state.lines.len() > BACKLOG {
            state.trouble = Some(Trouble::Slow);
        }
        let before = state.lines.len();
        let mut encoded = Ok(());
        self.thinner.pass(batch, why(state.trouble.as_ref()), |event| {
            let written = write_line(event, &mut state.lines);
            encoded = std::mem::replace(&mut encoded, Ok(())).and(written);
        });
        state.pushed += (state.lines.len() - before) as u64;
        drop(guard);
        if self.at_once {
            self.shared.work.notify_one();
        }
        encoded
    }

    /// There is room again after trouble: the recording goes on with the next absolute values.
    pub fn wants_proof(&self) -> bool {
        self.thinner.wants_proof(why(self.shared.lock().trouble.as_ref()))
    }

    /// Has everything pushed so far brought to disk at once; it is there when [`Self::safe`] has
    /// reached the number returned.
    pub fn commit(&mut self) -> u64 {
        let mut state = self.shared.lock();
        state.wanted = state.pushed;
        self.shared.work.notify_one();
        state.wanted
    }

    /// How much of what was pushed is on disk, in the numbers of [`Self::commit`].
    pub fn safe(&self) -> u64 {
        self.shared.lock().safe
    }

    /// Why nothing is being written, if so.
    pub fn trouble(&self) -> Option<Trouble> {
        self.shared.lock().trouble.clone()
    }

    /// Bytes in the file.
    pub fn length(&self) -> u64 {
        self.shared.lock().length
    }

    /// Everything up to now, to be copied while recording goes on.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn extract(&mut self) -> Result<Extract, JournalError> {
        let (sender, length) = mpsc::channel();
        let file = self.file.try_clone().map_err(JournalError::Read)?;
        let mut state = self.shared.lock();
        state.wanted = state.pushed;
        let upto = state.pushed;
        state.waiting.push((upto, sender));
        self.shared.work.notify_one();
        Ok(Extract { file, length, known: OnceCell::new(), form: self.form })
    }

    /// Writes `last` and what is left, and ends; the file's length.
    ///
    /// # Errors
    /// When the disk does not take it, or not in time.
    pub fn finish(mut self, last: &Event) -> Result<u64, JournalError> {
        self.push(std::slice::from_ref(last))?;
        self.close(PATIENCE);
        let state = self.shared.lock();
        let failed = |text: &str| Err(JournalError::Write(io::Error::other(text.to_owned())));
        match &state.trouble {
            _ if !state.closed => failed("it took nothing for ten seconds"),
            Some(Trouble::ReaderGone) => Err(JournalError::Write(io::ErrorKind::BrokenPipe.into())),
            Some(trouble) => failed(&trouble.to_string()),
            None => Ok(state.length),
        }
    }

    /// Has what is left written, and waits for it as long as this.
    fn close(&mut self, patience: Duration) {
        let mut state = self.shared.lock();
        state.closing = true;
        self.shared.work.notify_one();
        let waited = self.shared.done.wait_timeout_while(state, patience, |state| !state.closed);
        let closed = waited.unwrap_or_else(PoisonError::into_inner).0.closed;
        // A thread that is stuck in the system ends with the process.
        if let Some(thread) = self.thread.take().filter(|_| closed) {
            let _ = thread.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.close(PATIENCE / 5);
        }
    }
}

fn why(trouble: Option<&Trouble>) -> Option<GapReason> {
    trouble.map(|trouble| match trouble {
        Trouble::Refused(_) => GapReason::DiskFull,
        Trouble::Slow | Trouble::ReaderGone => GapReason::Stalled,
    })
}

/// The thread's own part.
struct Writer {
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
    fn new(sink: Sink) -> Result<Self, JournalError> {
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

    fn run(&mut self, shared: &Shared, wake: &impl Fn()) {
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
            let over = gone || state.closing && (state.lines.is_empty() || state.trouble.is_some());
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
            let urgent =
                state.wanted > self.taken || (self.sink.at_once && !state.lines.is_empty());
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
        // The system tells an error to one sync only, so none is passed over.
        if let Some(upto) = self.fdsync.finished(urgent)? {
            self.safe = self.safe.max(upto);
        }
        // What was refused once is not safe until it has been taken, so that is waited for.
        let at_once = urgent || self.refused;
        let due = at_once || self.unsynced > 1;
        self.unsynced += u32::from(self.unsynced > 0);
        // A disk that hangs gets no second one, unless somebody waits for it anyway.
        let busy = self.fdsync.is_under_way() && !at_once;
        if !due || busy || self.safe == self.taken {
            return Ok(());
        }
        if at_once || !self.fdsync.submit(&self.sink.file, self.taken) {
            self.sink.file.sync_data()?;
            self.safe = self.taken;
        }
        self.unsynced = 0;
        Ok(())
    }
}

/// A recording as it was at one moment.
#[derive(Debug)]
pub struct Extract {
    file: File,
    length: mpsc::Receiver<u64>,
    known: OnceCell<u64>,
    form: Form,
}

impl Extract {
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::{Reader, header};
    use super::*;
    use crate::model::{End, Mark, MarkBy, MarkKind};

    fn first() -> Event {
        Event::Session(header("h".into(), SystemTime::UNIX_EPOCH, Duration::from_millis(100)))
    }

    fn sample(ms: u64) -> Event {
        let at = Duration::from_millis(ms);
        Event::Sample { at, read: Duration::ZERO, delta: Vec::new(), faults: Vec::new() }
    }

    fn end() -> Event {
        let (own_cpu, at) = (Duration::ZERO, Duration::from_secs(1));
        let (own_peak_rss_bytes, samples, missed) = (None, 1, 0);
        Event::End(End { at, own_cpu, own_peak_rss_bytes, samples, missed, trials: None })
    }

    fn user() -> User {
        User::current()
    }

    fn start(path: &Path) -> Recorder {
        let sink = Sink::create(path, false, &user()).expect("a new file");
        Recorder::start(sink, &first(), || {}).expect("started")
    }

    fn events(path: &Path) -> Vec<Event> {
        let mut reader = Reader::open(path, false).expect("a session");
        std::iter::from_fn(|| reader.read().expect("readable")).collect()
    }

    /// Until the number is reached; a disk may be slow.
    fn wait_for(recorder: &Recorder, number: u64) {
        for _ in 0..3_000 {
            if recorder.safe() >= number {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("not on disk: {:?}", recorder.trouble());
    }

    #[test]
    fn what_is_committed_is_in_the_file_while_recording_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a.jsonl", "a.jsonl.zst"] {
            let path = folder.path().join(name);
            let mut recorder = start(&path);
            let mark = Event::Mark(Mark::new(MarkKind::Note, MarkBy::Key));
            recorder.push(&[sample(100), mark.clone()]).expect("encoded");
            let number = recorder.commit();
            wait_for(&recorder, number);
            assert_eq!(events(&path)[1..], [sample(100), mark.clone()]);
            recorder.push(&[sample(200)]).expect("encoded");
            let length = recorder.finish(&end()).expect("written");
            assert_eq!(events(&path)[1..], [sample(100), mark, sample(200), end()]);
            assert_eq!(std::fs::metadata(&path).expect("there").len(), length);
        }
    }

    #[test]
    fn only_what_a_sync_covers_is_safe_with_and_without_one_in_the_background() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, fdsync) in [("a", Fdsync::default()), ("b", Fdsync::refused())] {
            let sink = Sink::create(&folder.path().join(name), false, &user()).expect("a file");
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
            let mut safe = writer.safe;
            while safe == 0 {
                // Written after the sync was asked for, so it is not covered.
                std::thread::yield_now();
                safe = wake(&mut writer, 1, false).0;
            }
            assert_eq!(safe, 3);
            // A mark is on disk when this returns, whatever was under way.
            for _ in 0..10 {
                wake(&mut writer, 1, false);
                let (safe, length) = wake(&mut writer, 1, true);
                assert_eq!((safe, writer.fdsync.is_under_way()), (length, false));
            }
        }
    }

    #[test]
    fn a_file_is_for_its_owner_and_is_not_replaced_by_mistake() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jsonl");
        let recorder = start(&path);
        let refused = |force| Sink::create(&path, force, &user()).expect_err("refused").to_string();
        assert!(refused(false).ends_with("exists already; --force replaces it"));
        assert!(refused(true).ends_with("is being recorded by a running migtop"));
        recorder.finish(&end()).expect("written");
        Sink::create(&path, true, &user()).expect("replaced");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let missing = folder.path().join("no/such/folder.jsonl");
        assert!(matches!(Sink::create(&missing, false, &user()), Err(JournalError::Create { .. })));
    }

    #[test]
    fn an_extract_ends_where_it_was_taken() {
        let sink = Sink::temporary().expect("a file");
        let mut recorder = Recorder::start(sink, &first(), || {}).expect("started");
        recorder.push(&[sample(100)]).expect("encoded");
        let extract = recorder.extract().expect("a file");
        recorder.push(&[sample(200)]).expect("encoded");
        let mut copy = Vec::new();
        extract.copy_to(&end(), &mut copy).expect("copied");
        let mut reader = Reader::new(io::Cursor::new(copy), false).expect("a session");
        let read: Vec<Event> = std::iter::from_fn(|| reader.read().expect("readable")).collect();
        assert_eq!(read[1..], [sample(100), end()]);
    }

    #[test]
    fn an_extract_ends_where_it_was_taken_though_lines_are_written_and_not_yet_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut recorder = start(&folder.path().join("a.jsonl"));
        let number = recorder.commit();
        wait_for(&recorder, number);
        recorder.push(&[sample(100)]).expect("encoded");
        // Long enough to be written, not to be synced.
        std::thread::sleep(PERIOD + PERIOD / 2);
        let extract = recorder.extract().expect("a file");
        recorder.push(&[sample(200)]).expect("encoded");
        let mut copy = Vec::new();
        extract.copy_to(&end(), &mut copy).expect("copied");
        let mut reader = Reader::new(io::Cursor::new(copy), false).expect("a session");
        let read: Vec<Event> = std::iter::from_fn(|| reader.read().expect("readable")).collect();
        assert_eq!(read[1..], [sample(100), end()]);
    }

    #[cfg(unix)]
    #[test]
    fn a_reader_that_goes_is_told_and_one_that_is_slow_holds_up_nobody() {
        let (read, write) = io::pipe().expect("a pipe");
        let file: File = std::os::fd::OwnedFd::from(write).into();
        let (form, at_once, synced, largest) = (Form::Lines, true, false, u64::MAX);
        let sink = Sink { file, path: None, form, at_once, synced, largest };
        let mut recorder = Recorder::start(sink, &first(), || {}).expect("started");
        // More than a pipe holds; nobody reads.
        for n in 0..10_000 {
            recorder.push(&[sample(n)]).expect("encoded");
        }
        drop(read);
        recorder.commit();
        let gone = |recorder: &Recorder| recorder.trouble() == Some(Trouble::ReaderGone);
        for _ in 0..3_000 {
            if gone(&recorder) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(gone(&recorder));
        assert!(recorder.finish(&end()).is_err());
    }
}
