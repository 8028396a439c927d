//! Corrections of a recording that has ended: marks behind its end; what is there stays.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::frames::Packer;
use super::{Form, JournalError, Reader, write_line};
use crate::model::{Event, Mark};

/// Appends `marks` to the recording in `path`, behind its last complete line; a torn tail is cut.
///
/// # Errors
/// When it is being recorded, cannot be written to, or is damaged before its tail.
pub fn append_marks(path: &Path, marks: &[Mark]) -> Result<(), JournalError> {
    let name = || path.display().to_string();
    let open = |source| JournalError::Open { path: name(), source };
    let mut file = File::options().read(true).write(true).open(path).map_err(open)?;
    if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
        return Err(JournalError::Busy(name()));
    }
    let (form, end) = end(&file)?;
    let mut lines = Vec::new();
    for mark in marks {
        write_line(&Event::Mark(mark.clone()), &mut lines)?;
    }
    if form == Form::Frames {
        lines = Packer::new().and_then(|mut p| p.pack(&lines)).map_err(JournalError::Write)?;
    }
    let written = file
        .set_len(end)
        .and_then(|()| file.seek(SeekFrom::Start(end)))
        .and_then(|_| file.write_all(&lines))
        .and_then(|()| file.sync_data());
    written.map_err(|source| {
        // All of it or nothing: a part would look like a crash.
        let _ = file.set_len(end);
        JournalError::Write(source)
    })
}

/// How the file is written, and where its good part ends.
fn end(file: &File) -> Result<(Form, u64), JournalError> {
    let again = file.try_clone().map_err(JournalError::Read)?;
    let mut reader = Reader::new(again, true)?;
    while reader.read()?.is_some() {}
    let (_, length) = reader.progress();
    Ok((reader.form(), length - reader.recovery().torn_bytes))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::header;
    use super::*;
    use crate::model::{MarkBy, MarkKind};

    fn first() -> Vec<u8> {
        let header = header("h".into(), SystemTime::UNIX_EPOCH, Duration::from_millis(100));
        let mut line = Vec::new();
        write_line(&Event::Session(header), &mut line).expect("encodes");
        line
    }

    #[test]
    fn what_is_appended_stands_behind_the_last_good_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let frame = Packer::new().expect("zstd").pack(&first()).expect("packed");
        for (name, good) in [("a.jsonl", first()), ("a.jsonl.zst", frame)] {
            let path = folder.path().join(name);
            // A torn line, or a torn frame.
            let torn = [&good[..], &good[..good.len() / 2]].concat();
            std::fs::write(&path, torn).expect("written");
            let mark = Mark { trial: Some(1), ..Mark::new(MarkKind::Edit, MarkBy::Key) };
            append_marks(&path, std::slice::from_ref(&mark)).expect("appended");
            let mut reader = Reader::open(&path, false).expect("a session");
            assert!(matches!(reader.read(), Ok(Some(Event::Session(_)))), "{name}");
            assert_eq!(reader.read().expect("readable"), Some(Event::Mark(mark)), "{name}");
            assert_eq!(reader.read().expect("readable"), None);
            assert_eq!(reader.recovery().torn_bytes, 0);
        }
    }

    #[test]
    fn a_recording_that_runs_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, first()).expect("written");
        let running = File::open(&path).expect("there");
        running.lock().expect("locked");
        let error = append_marks(&path, &[]).expect_err("refused");
        assert!(error.to_string().contains("is being recorded"), "{error}");
    }
}
