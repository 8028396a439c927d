//! The list of recordings: of each its first line, its end, and seldom more.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Ending, local};
use crate::cli::Format;
use crate::journal::{Entry, JournalError, Reader, Shelf};
use crate::model::{End, Event, Header, MarkKind, printable};
use crate::session::Session;
use crate::units::{Bytes, Stopwatch};

/// The last line is looked for in this much of a file's end, first.
const NEAR_END: [u64; 2] = [16 << 10, 256 << 10];

/// The list, ready to be printed; with `salvage`, damage is read around.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(shelf: &Shelf, salvage: bool, format: Format) -> Result<String> {
    let folder = shelf.folder().display();
    let entries = shelf.entries().with_context(|| format!("cannot read {folder}"))?;
    let rows: Vec<Listed> = entries.into_iter().map(|e| Listed::of(e, salvage)).collect();
    Ok(match format {
        Format::Json => {
            let rows: Vec<Value> = rows.iter().map(as_json).collect();
            serde_json::to_string_pretty(&json!({ "sessions": rows }))? + "\n"
        }
        Format::Text if rows.is_empty() => format!("nothing is recorded in {folder}\n"),
        Format::Text => as_text(&rows),
    })
}

/// What the list says of a recording; what is not known is not there.
#[derive(Debug)]
struct Listed {
    entry: Entry,
    header: Option<Header>,
    length: Option<Duration>,
    trials: Option<usize>,
    ending: Ending,
}

impl Listed {
    fn of(entry: Entry, salvage: bool) -> Self {
        let header = match Reader::open(&entry.path, salvage).and_then(|mut reader| reader.read()) {
            Ok(Some(Event::Session(header))) => header,
            // One that has just begun.
            Err(JournalError::Empty) if entry.running => {
                let (header, length, trials) = (None, None, None);
                return Self { entry, header, length, trials, ending: Ending::Running };
            }
            Err(error) => return Self::unreadable(entry, None, error),
            Ok(_) => return Self::unreadable(entry, None, JournalError::Foreign),
        };
        match Tail::read(&entry.path, salvage) {
            Ok(tail) => {
                let ending = Ending::of(entry.running, tail.end.is_some());
                let (length, trials) = (Some(tail.length), Some(tail.trials));
                Self { entry, header: Some(header), length, trials, ending }
            }
            Err(error) => Self::unreadable(entry, Some(header), error),
        }
    }

    fn unreadable(entry: Entry, header: Option<Header>, error: JournalError) -> Self {
        let why = format!("{:#}", anyhow::Error::from(error));
        let ending = Ending::Unreadable(printable(&why).into_owned());
        Self { entry, header, length: None, trials: None, ending }
    }
}

/// What stands at a recording's end.
#[derive(Debug)]
struct Tail {
    end: Option<End>,
    length: Duration,
    trials: usize,
}

impl Tail {
    /// Reads no more than the end of a file that ended well.
    fn read(path: &Path, salvage: bool) -> Result<Self, JournalError> {
        let mut reader = Reader::open(path, salvage)?;
        let mut length = Duration::ZERO;
        for bytes in NEAR_END {
            reader.seek_near_end(bytes)?;
            let near = Near::read(&mut reader)?;
            length = near.at;
            if let (Some(end @ End { trials: Some(trials), .. }), false) = (near.end, near.undone) {
                return Ok(Self { end: Some(end), length: end.at, trials: trials as usize });
            }
        }
        Self::read_whole(path, salvage, length)
    }

    /// Counts the trials themselves.
    fn read_whole(path: &Path, salvage: bool, length: Duration) -> Result<Self, JournalError> {
        let mut reader = Reader::open(path, salvage)?;
        let (mut marks, mut end) = (Session::default(), None);
        while let Some(event) = reader.read_rare()? {
            match event {
                Event::Mark(_) => marks.apply(event),
                Event::End(last) => end = Some(last),
                _ => {}
            }
        }
        let length = end.map_or(length, |end: End| end.at);
        Ok(Self { end, length, trials: marks.trials().len() })
    }
}

/// What the last lines say.
#[derive(Debug, Default)]
struct Near {
    end: Option<End>,
    /// A mark behind the end takes another back, so that its count of trials may not hold.
    undone: bool,
    at: Duration,
}

impl Near {
    fn read(reader: &mut Reader) -> Result<Self, JournalError> {
        let mut near = Self::default();
        while let Some(event) = reader.read()? {
            match event {
                Event::Sample { at, .. } | Event::Counters { at, .. } => near.at = at,
                Event::End(end) => near.end = Some(end),
                Event::Mark(mark) if near.end.is_some() => {
                    near.undone |= mark.kind == MarkKind::Undo;
                }
                _ => {}
            }
        }
        Ok(near)
    }
}

fn as_json(listed: &Listed) -> Value {
    let header = listed.header.as_ref();
    let why = match &listed.ending {
        Ending::Unreadable(why) => Some(why),
        _ => None,
    };
    json!({
        "name": listed.entry.name,
        "file": listed.entry.path.to_string_lossy(),
        "started": header.map(|header| &header.started),
        "host": header.map(|header| &header.host),
        "length_s": listed.length.map(|length| length.as_secs_f64()),
        "trials": listed.trials,
        "size_bytes": listed.entry.size,
        "state": listed.ending.word(),
        "why": why,
    })
}

fn as_text(rows: &[Listed]) -> String {
    let host = |row: &Listed| {
        row.header.as_ref().map_or("-".into(), |header| printable(&header.host).into_owned())
    };
    let widest = |of: &dyn Fn(&Listed) -> usize, least: usize| {
        rows.iter().map(of).max().unwrap_or_default().max(least)
    };
    let names = widest(&|row| row.entry.name.chars().count(), 4);
    let hosts = widest(&|row| host(row).chars().count(), 4);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<names$}  {:<19}  {:<hosts$}  {:>9}  {:>6}  {:>7}  ended",
        "name", "start", "host", "length", "trials", "size"
    );
    for row in rows {
        let unknown = || "-".to_owned();
        let started = row.header.as_ref().map(|header| local(&header.started, Duration::ZERO));
        let _ = writeln!(
            out,
            "{:<names$}  {:<19}  {:<hosts$}  {:>9}  {:>6}  {:>7}  {}",
            printable(&row.entry.name),
            started.unwrap_or_else(unknown),
            host(row),
            row.length.map_or_else(unknown, |length| Stopwatch(length).to_string()),
            row.trials.map_or_else(unknown, |trials| trials.to_string()),
            Bytes(row.entry.size),
            row.ending,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::journal::{self, Form};
    use crate::model::{Mark, MarkBy};

    fn shelf() -> (tempfile::TempDir, Shelf) {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::new(folder.path());
        (folder, shelf)
    }

    fn sample(seconds: u64) -> Event {
        let at = Duration::from_secs(seconds);
        Event::Sample { at, read: Duration::ZERO, delta: Vec::new(), faults: Vec::new() }
    }

    fn mark(kind: MarkKind, seconds: u64) -> Event {
        let at = Duration::from_secs(seconds);
        Event::Mark(Mark { at, ..Mark::new(kind, MarkBy::Key) })
    }

    fn end(trials: Option<u32>) -> Event {
        Event::End(End {
            at: Duration::from_secs(70),
            own_cpu: Duration::ZERO,
            own_peak_rss_bytes: None,
            samples: 1,
            missed: 0,
            trials,
        })
    }

    /// A recording of plain lines, which is told by its first bytes whatever its name is.
    fn record(shelf: &Shelf, name: &str, events: &[Event]) {
        let header = journal::header("hv07".into(), SystemTime::UNIX_EPOCH, Duration::from_secs(1));
        let mut lines = Vec::new();
        for event in [Event::Session(header)].iter().chain(events) {
            journal::write_line(event, &mut lines).expect("encoded");
        }
        write(shelf, name, &lines);
    }

    fn write(shelf: &Shelf, name: &str, bytes: &[u8]) {
        let file = shelf.folder().join(format!("{name}{}", Form::Frames.ending()));
        std::fs::write(file, bytes).expect("written");
    }

    fn listed(shelf: &Shelf) -> Vec<(Value, Value, Value)> {
        let text = list(shelf, false, Format::Json).expect("listed");
        let mut object: Value = serde_json::from_str(&text).expect("JSON");
        let rows = object["sessions"].as_array_mut().expect("rows").drain(..);
        rows.map(|row| (row["state"].clone(), row["trials"].clone(), row["length_s"].clone()))
            .collect()
    }

    #[test]
    fn a_recording_says_how_it_ended_and_how_many_trials_it_has() {
        let (_folder, shelf) = shelf();
        let marks = [mark(MarkKind::Start, 1), mark(MarkKind::Stop, 2), sample(3)];
        let with = |more: &[Event]| [&marks[..], more].concat();
        record(&shelf, "20260101-000000-a", &with(&[end(Some(9))]));
        record(&shelf, "20260101-000001-a", &with(&[end(Some(9)), mark(MarkKind::Edit, 80)]));
        record(&shelf, "20260101-000002-a", &with(&[end(Some(9)), mark(MarkKind::Undo, 80)]));
        record(&shelf, "20260101-000003-a", &with(&[end(None)]));
        record(&shelf, "20260101-000004-a", &marks);
        write(&shelf, "20260101-000005-a", b"");
        write(&shelf, "20260101-000006-a", b"hello\n");
        let of =
            |state: &str, trials: u32, length: f64| (json!(state), json!(trials), json!(length));
        let unreadable = || (json!("unreadable"), Value::Null, Value::Null);
        assert_eq!(
            listed(&shelf),
            [
                of("ended", 9, 70.0),
                of("ended", 9, 70.0),
                of("ended", 1, 70.0),
                of("ended", 1, 70.0),
                of("cut-off", 1, 3.0),
                unreadable(),
                unreadable(),
            ]
        );
    }

    #[test]
    fn one_that_is_being_written_to_runs_from_its_first_moment() {
        let (_folder, shelf) = shelf();
        write(&shelf, "20260101-000000-a", b"");
        record(&shelf, "20260101-000001-a", &[sample(3)]);
        let hold = |entry: Entry| {
            let file = std::fs::File::open(entry.path).expect("there");
            file.lock().expect("locked");
            file
        };
        let _held: Vec<_> = shelf.entries().expect("readable").into_iter().map(hold).collect();
        let states: Vec<Value> = listed(&shelf).into_iter().map(|row| row.0).collect();
        assert_eq!(states, ["running", "running"]);
    }

    #[test]
    fn the_end_is_found_behind_much_and_before_much() {
        let (_folder, shelf) = shelf();
        let many: Vec<Event> = (0..9_000).map(sample).collect();
        record(&shelf, "20260101-000000-a", &[&many[..], &[end(Some(2))]].concat());
        let edits: Vec<Event> = (0..9_000).map(|n| mark(MarkKind::Edit, n)).collect();
        record(&shelf, "20260101-000001-a", &[&[end(Some(2))], &edits[..]].concat());
        let rows = listed(&shelf);
        assert_eq!(rows[0], (json!("ended"), json!(2), json!(70.0)));
        assert_eq!(rows[1], (json!("ended"), json!(0), json!(70.0)), "the marks were counted");
    }

    #[test]
    fn a_damaged_one_is_listed_where_damage_is_read_around() {
        let (_folder, shelf) = shelf();
        record(&shelf, "20260101-000000-a", &[mark(MarkKind::Start, 1), sample(3)]);
        let file = shelf.entries().expect("readable").remove(0).path;
        let text = std::fs::read_to_string(&file).expect("there");
        let text = text + "{\"event\":\"sample\",\n" + "{\"event\":\"mark\",\"at_ns\":7}\n";
        write(&shelf, "20260101-000000-a", text.as_bytes());
        assert_eq!(listed(&shelf)[0].0, json!("unreadable"));
        let text = list(&shelf, true, Format::Json).expect("listed");
        let rows: Value = serde_json::from_str(&text).expect("JSON");
        let row = &rows["sessions"][0];
        assert_eq!((&row["state"], &row["trials"]), (&json!("cut-off"), &json!(1)));
    }

    #[test]
    fn people_read_columns() {
        let (_folder, shelf) = shelf();
        assert!(
            list(&shelf, false, Format::Text)
                .expect("listed")
                .starts_with("nothing is recorded in")
        );
        record(&shelf, "20260101-000000-hv07", &[end(Some(3))]);
        write(&shelf, "20260101-000001-hv07", b"hello\n");
        let text = list(&shelf, false, Format::Text).expect("listed");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("name  ") && lines[0].ends_with("  ended"), "{text}");
        let words: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!((words[3], words[4], words[5]), ("hv07", "01:10.0", "3"), "{text}");
        assert!(lines[2].ends_with("unreadable: this is not a migtop session"), "{text}");
    }
}
