//! Records a session: lines go into a bounded buffer, and a thread of its own brings them to disk.
//! Whatever the disk does, nobody who samples or draws waits for it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::extract::Extract;
use super::handover::{Shared, Trouble, why};
use super::record::write_line;
use super::sink::Sink;
use super::thinner::Thinner;
use super::writer::Writer;
use super::{Form, JournalError};
use crate::model::Event;

/// More than this does not wait for a disk that hangs.
const BACKLOG: usize = 16 << 20;
/// A disk that takes nothing for this long when the session ends is given up.
const PATIENCE: Duration = Duration::from_secs(10);

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
        Ok(Extract::new(file, length, self.form))
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::writer::PERIOD;
    use super::super::{Reader, header};
    use super::*;
    use crate::model::{End, Mark, MarkBy, MarkKind};
    use crate::place::User;

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

    fn copied(extract: &Extract) -> Vec<Event> {
        let mut copy = Vec::new();
        extract.copy_to(&end(), &mut copy).expect("copied");
        let mut reader = Reader::new(io::Cursor::new(copy), false).expect("a session");
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
        assert_eq!(copied(&extract)[1..], [sample(100), end()]);
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
        assert_eq!(copied(&extract)[1..], [sample(100), end()]);
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
