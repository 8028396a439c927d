//! From disk to events, in whatever state a crash has left the file: a torn tail is cut and
//! counted, damage in the middle is an error that names its place, or is read around and is a gap
//! there.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use memchr::memchr;

use super::frames::{MAGIC, Next, Unpacker};
use super::record::{is_plentiful, parse_header, parse_line};
use super::{Form, JournalError};
use crate::model::{Event, GapReason};

/// Plain lines are read in blocks of this size.
const BLOCK: usize = 256 << 10;
/// No line of ours comes near this; what does is no line.
const LONGEST_LINE: usize = 64 << 20;

/// What was left out of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of the file behind its last complete line or frame.
    pub torn_bytes: u64,
    /// What was damaged and read around.
    pub skipped: Vec<Skip>,
}

/// A damaged stretch that was read around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The damaged line, counted from 1; of a frame the line that would have been its first.
    pub line: u64,
    /// Where it begins in the file; of a line in a frame, where the frame does.
    pub offset: u64,
    /// Its length in the file; 0 for a line in a frame.
    pub bytes: u64,
}

/// A place to which a reader can return: in front of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Of the frame, or of the line where there are none.
    offset: u64,
    /// Decoded bytes of the frame that are in front of the line.
    skip: u64,
    /// Lines in front of it.
    line: u64,
    /// Time of the last reading in front of it.
    last: Duration,
    /// What stood directly in front of it is damaged, and no gap has said so.
    hole: bool,
}

const START: Position = Position { offset: 0, skip: 0, line: 0, last: Duration::ZERO, hole: false };

impl Position {
    /// Lines in front of it.
    pub fn line(self) -> u64 {
        self.line
    }
}

/// Reads a session's events in order; memory does not grow with the file.
pub struct Reader<S = File> {
    input: Input<S>,
    length: u64,
    salvage: bool,
    /// Decoded bytes, of which `taken` have been given out.
    buffer: Vec<u8>,
    taken: usize,
    /// Which stretches of the file `buffer` came from, by where they begin in it.
    stretches: Vec<Stretch>,
    line: u64,
    /// Time of the last sample or absolute values that were given out.
    last: Duration,
    /// Something was read around since the last event.
    hole: bool,
    /// The event behind a hole, and where it stands; the gap in front of it is given out.
    held: Option<(Position, Event)>,
    /// Where reading went on last.
    sought: Position,
    ended: bool,
    recovery: Recovery,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    begin: usize,
    offset: u64,
    skip: u64,
}

enum Input<S> {
    Plain { source: S, offset: u64 },
    Frames(Unpacker<S>),
}

impl Reader<File> {
    /// Opens the session in `path`; with `salvage`, damage is read around.
    ///
    /// # Errors
    /// When it cannot be read or is no session of a known version.
    pub fn open(path: &Path, salvage: bool) -> Result<Self, JournalError> {
        let open = |source| JournalError::Open { path: path.display().to_string(), source };
        let file = File::open(path).map_err(open)?;
        Self::new(file, salvage).map_err(|error| match error {
            JournalError::Read(source) if source.kind() == io::ErrorKind::NotSeekable => {
                JournalError::Pipe(path.display().to_string())
            }
            other => other,
        })
    }
}

impl<S: Read + Seek> Reader<S> {
    /// Reads a session from anything that holds one; its form is told by its first bytes.
    ///
    /// # Errors
    /// When it cannot be read or is no session of a known version.
    pub fn new(mut source: S, salvage: bool) -> Result<Self, JournalError> {
        let (form, length) = probe(&mut source).map_err(JournalError::Read)?;
        let input = match form {
            Form::Lines => Input::Plain { source, offset: 0 },
            Form::Frames => Input::Frames(Unpacker::new(source).map_err(JournalError::Read)?),
        };
        let mut reader = Self {
            input,
            length,
            salvage,
            buffer: Vec::new(),
            taken: 0,
            stretches: Vec::new(),
            line: 0,
            last: Duration::ZERO,
            hole: false,
            held: None,
            sought: START,
            ended: false,
            recovery: Recovery::default(),
        };
        reader.check_header()?;
        reader.rewind()?;
        Ok(reader)
    }

    fn check_header(&mut self) -> Result<(), JournalError> {
        let first = match self.next_line() {
            Err(JournalError::Frame { .. }) => return Err(JournalError::Headless),
            first => first?.ok_or(JournalError::Empty)?,
        };
        match parse_header(&self.buffer[first]) {
            Err(JournalError::Foreign) if self.goes_on_as_ours() => Err(JournalError::Headless),
            parsed => parsed.map(drop),
        }
    }

    /// Whether what follows a first line that is no header is ours.
    fn goes_on_as_ours(&mut self) -> bool {
        if !self.recovery.skipped.is_empty() {
            return true;
        }
        let Ok(Some(second)) = self.next_line() else { return false };
        parse_line(&self.buffer[second]).is_ok_and(|event| event != Event::Unknown)
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// At damage with more behind it, unless it is read around.
    pub fn read(&mut self) -> Result<Option<Event>, JournalError> {
        self.read_those(|_| true)
    }

    /// The next event besides samples and absolute values, which are passed over without a look
    /// into them: what a session is about, in a fraction of the time. `None` at the end.
    ///
    /// # Errors
    /// As [`Self::read`], for damage that it meets.
    pub fn read_rare(&mut self) -> Result<Option<Event>, JournalError> {
        self.read_those(|line| !is_plentiful(line))
    }

    fn read_those(
        &mut self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Event>, JournalError> {
        if let Some((_, event)) = self.held.take() {
            return Ok(Some(self.given(event)));
        }
        loop {
            let Some(line) = self.next_line()? else { return Ok(None) };
            let content = &self.buffer[line.clone()];
            if content.trim_ascii().is_empty() || !wanted(content) {
                continue;
            }
            let place = self.place(line.start, self.line - 1);
            let bytes = line.len() as u64 + 1;
            match parse_line(&self.buffer[line]) {
                Ok(event) if self.begins_anew(place, &event) => {
                    self.stop(place.offset)?;
                }
                Ok(event) => return Ok(Some(self.behind_a_hole(place, event))),
                Err(_) if self.salvage => {
                    let bytes = if matches!(self.input, Input::Plain { .. }) { bytes } else { 0 };
                    self.skip(Skip { line: self.line, offset: place.offset, bytes });
                }
                Err(source) => {
                    let (line, offset, source) = (self.line, place.offset, source.into());
                    return Err(JournalError::Line { line, offset, source });
                }
            }
        }
    }

    /// Another session follows, or this one once more: time cannot run backwards.
    fn begins_anew(&self, place: Position, event: &Event) -> bool {
        match event {
            Event::Session(_) => (place.offset, place.skip) != (0, 0),
            Event::Sample { at, .. } => *at < self.last,
            _ => false,
        }
    }

    /// What begins with the line just read is no part of this session.
    fn stop(&mut self, offset: u64) -> Result<(), JournalError> {
        if !self.salvage {
            return Err(JournalError::Anew { line: self.line, offset });
        }
        self.buffer.truncate(self.taken);
        let bytes = self.length.saturating_sub(offset);
        self.skip(Skip { line: self.line, offset, bytes });
        (self.ended, self.hole) = (true, false);
        Ok(())
    }

    /// What is read next of `event`, which stands at `place`: behind a hole a gap comes first.
    fn behind_a_hole(&mut self, place: Position, event: Event) -> Event {
        let Some(at) = event.at().filter(|_| self.hole) else { return self.given(event) };
        self.hole = false;
        self.held = Some((Position { hole: false, ..place }, event));
        let (from, why) = (self.last.min(at), GapReason::Mismatch);
        Event::Gap { at, from, interfaces: None, why }
    }

    fn given(&mut self, event: Event) -> Event {
        if let Event::Sample { at, .. } | Event::Counters { at, .. } = &event {
            self.last = *at;
        }
        event
    }

    /// Whoever returns to a hole finds it again, and counts it once.
    fn skip(&mut self, skip: Skip) {
        self.hole = true;
        if !self.recovery.skipped.contains(&skip) {
            self.recovery.skipped.push(skip);
        }
    }

    /// In front of the line that [`Self::read`] reads next.
    pub fn position(&self) -> Position {
        let held = self.held.as_ref().map(|(place, _)| *place);
        held.unwrap_or_else(|| self.place(self.taken, self.line))
    }

    /// In front of what is `taken` bytes into the buffer, behind so many lines.
    fn place(&self, taken: usize, line: u64) -> Position {
        let of = self.stretches.iter().rev().find(|stretch| stretch.begin <= taken);
        let plain = matches!(self.input, Input::Plain { .. });
        let (offset, skip) = of.map_or((self.sought.offset, self.sought.skip), |stretch| {
            let into = (taken - stretch.begin) as u64;
            if plain { (stretch.offset + into, 0) } else { (stretch.offset, stretch.skip + into) }
        });
        Position { offset, skip, line, last: self.last, hole: self.hole }
    }

    /// Goes on reading at a position of this file.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn seek(&mut self, position: Position) -> Result<(), JournalError> {
        match &mut self.input {
            Input::Plain { source, offset } => {
                *offset = position.offset;
                source.seek(SeekFrom::Start(position.offset)).map(drop)
            }
            Input::Frames(unpacker) => unpacker.seek(position.offset),
        }
        .map_err(JournalError::Read)?;
        self.buffer.clear();
        self.stretches.clear();
        (self.taken, self.line, self.ended) = (0, position.line, false);
        (self.last, self.hole, self.held) = (position.last, position.hole, None);
        self.sought = position;
        let mut skip = position.skip;
        while skip > 0 && !self.ended {
            self.more()?;
            let skipped = skip.min(self.buffer.len() as u64);
            self.taken = skipped as usize;
            skip -= skipped;
            if skip > 0 {
                self.compact();
            }
        }
        Ok(())
    }

    /// Goes on with what stands in the last `bytes` of the file, give or take; lines are counted
    /// from there.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn seek_near_end(&mut self, bytes: u64) -> Result<(), JournalError> {
        let offset = self.length.saturating_sub(bytes);
        if offset == 0 {
            return self.seek(START);
        }
        let offset = match &mut self.input {
            Input::Plain { .. } => Some(offset),
            Input::Frames(unpacker) => unpacker.seek_frame(offset).map_err(JournalError::Read)?,
        };
        let Some(offset) = offset else {
            return self.seek(START);
        };
        self.seek(Position { offset, ..START })?;
        if matches!(self.input, Input::Plain { .. }) {
            // Most likely the rest of a line.
            self.next_line()?;
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), JournalError> {
        self.recovery = Recovery::default();
        self.seek(START)
    }

    /// How far the file has been read, and its length, in bytes.
    pub fn progress(&self) -> (u64, u64) {
        let read = match &self.input {
            Input::Plain { offset, .. } => *offset,
            Input::Frames(unpacker) => unpacker.offset(),
        };
        (read, self.length.max(read))
    }

    /// How lines stand in the file.
    pub fn form(&self) -> Form {
        match self.input {
            Input::Plain { .. } => Form::Lines,
            Input::Frames(_) => Form::Frames,
        }
    }

    /// What was left out so far.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Where the next line is in `buffer`, without its end; `None` at the end of the file.
    fn next_line(&mut self) -> Result<Option<std::ops::Range<usize>>, JournalError> {
        let mut searched = self.taken;
        loop {
            if let Some(length) = memchr(b'\n', &self.buffer[searched..]) {
                let line = self.taken..searched + length;
                self.taken = line.end + 1;
                self.line += 1;
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            let rest = self.buffer.len() - self.taken;
            if rest > LONGEST_LINE {
                return Err(self.damaged(self.position().offset));
            }
            self.compact();
            searched = rest;
            self.more()?;
            // What was in front of a skipped frame is gone with it.
            searched = searched.min(self.buffer.len());
        }
    }

    /// Forgets what was given out.
    fn compact(&mut self) {
        self.buffer.drain(..self.taken);
        let of = self.stretches.iter().rposition(|stretch| stretch.begin <= self.taken);
        self.stretches.drain(..of.unwrap_or(0));
        let plain = matches!(self.input, Input::Plain { .. });
        for stretch in &mut self.stretches {
            let cut = self.taken.saturating_sub(stretch.begin) as u64;
            *(if plain { &mut stretch.offset } else { &mut stretch.skip }) += cut;
            stretch.begin = stretch.begin.saturating_sub(self.taken);
        }
        self.taken = 0;
    }

    /// Appends the next stretch of the file to `buffer`.
    fn more(&mut self) -> Result<(), JournalError> {
        let begin = self.buffer.len();
        let next = match &mut self.input {
            Input::Plain { source, offset } => {
                let next = read_block(source, *offset, &mut self.buffer);
                *offset += (self.buffer.len() - begin) as u64;
                next
            }
            Input::Frames(unpacker) => unpacker.unpack(&mut self.buffer),
        };
        match next.map_err(JournalError::Read)? {
            Next::Piece { offset, skip } => self.stretches.push(Stretch { begin, offset, skip }),
            Next::End => {
                self.ended = true;
                // Of a frame the torn line is counted with its frame.
                if matches!(self.input, Input::Plain { .. }) {
                    self.recovery.torn_bytes = (begin - self.taken) as u64;
                }
            }
            Next::Broken { offset, resume: None } => {
                self.ended = true;
                self.recovery.torn_bytes = self.length.saturating_sub(offset);
            }
            Next::Broken { offset, .. } if !self.salvage => return Err(self.damaged(offset)),
            Next::Broken { offset, resume: Some(resume) } => {
                // A line that goes on in the damaged frame is lost with it.
                self.buffer.truncate(self.taken);
                let (line, bytes) = (self.line + 1, resume - offset);
                self.skip(Skip { line, offset, bytes });
            }
        }
        Ok(())
    }

    fn damaged(&self, offset: u64) -> JournalError {
        JournalError::Frame { line: self.line, offset }
    }
}

fn probe<S: Read + Seek>(source: &mut S) -> io::Result<(Form, u64)> {
    let mut first = [0; MAGIC.len()];
    let mut filled = 0;
    while filled < first.len() {
        match source.read(&mut first[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    Ok((if first == MAGIC { Form::Frames } else { Form::Lines }, length))
}

fn read_block(source: &mut impl Read, offset: u64, out: &mut Vec<u8>) -> io::Result<Next> {
    let read = source.take(BLOCK as u64).read_to_end(out)?;
    Ok(if read == 0 { Next::End } else { Next::Piece { offset, skip: 0 } })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::time::{Duration, SystemTime};

    use super::super::frames::Packer;
    use super::super::{header, write_line};
    use super::*;

    fn line(event: &Event) -> Vec<u8> {
        let mut line = Vec::new();
        write_line(event, &mut line).expect("encodes");
        line
    }

    fn sample(n: u64) -> Event {
        let at = Duration::from_millis(n);
        Event::Sample { at, read: Duration::ZERO, delta: Vec::new(), faults: Vec::new() }
    }

    fn first() -> Event {
        Event::Session(header("h".into(), SystemTime::UNIX_EPOCH, Duration::from_millis(100)))
    }

    /// A header and nine samples, three lines a frame.
    fn session(form: Form) -> (Vec<Event>, Vec<Vec<u8>>) {
        let events: Vec<Event> = std::iter::once(first()).chain((1..9).map(sample)).collect();
        let lines: Vec<Vec<u8>> = events.iter().map(line).collect();
        let pieces = match form {
            Form::Lines => lines,
            Form::Frames => {
                let mut packer = Packer::new().expect("zstd");
                lines.chunks(3).map(|three| packer.pack(&three.concat()).expect("packed")).collect()
            }
        };
        (events, pieces)
    }

    fn events(file: Vec<u8>, salvage: bool) -> Result<(Vec<Event>, Recovery), JournalError> {
        let mut reader = Reader::new(Cursor::new(file), salvage)?;
        let mut events = Vec::new();
        while let Some(event) = reader.read()? {
            events.push(event);
        }
        Ok((events, reader.recovery().clone()))
    }

    #[test]
    fn what_was_written_is_read_in_both_forms() {
        for form in [Form::Lines, Form::Frames] {
            let (expected, pieces) = session(form);
            let (found, recovery) = events(pieces.concat(), false).expect("a session");
            assert_eq!((found, recovery), (expected, Recovery::default()));
        }
    }

    #[test]
    fn samples_can_be_passed_over() {
        for form in [Form::Lines, Form::Frames] {
            let (expected, pieces) = session(form);
            let mut reader = Reader::new(Cursor::new(pieces.concat()), false).expect("a session");
            assert_eq!(reader.read_rare().expect("readable").as_ref(), expected.first());
            assert_eq!(reader.read_rare().expect("readable"), None);
        }
    }

    #[test]
    fn a_torn_tail_is_cut_and_counted_wherever_it_is_cut() {
        for (form, whole) in [(Form::Lines, 8), (Form::Frames, 6)] {
            let (expected, pieces) = session(form);
            let (last, before) = pieces.split_last().expect("pieces");
            for cut in 1..last.len() {
                let file = [&before.concat(), &last[..cut]].concat();
                let (found, recovery) = events(file, false).expect("a session");
                assert_eq!(found, expected[..whole]);
                assert_eq!(recovery, Recovery { torn_bytes: cut as u64, skipped: Vec::new() });
            }
        }
    }

    #[test]
    fn damage_in_the_middle_is_named_and_can_be_read_around() {
        let (expected, mut pieces) = session(Form::Lines);
        let offset: usize = pieces[..3].iter().map(Vec::len).sum();
        pieces[3][5] = 0xff;
        let error = events(pieces.concat(), false).expect_err("damage");
        let place = format!("line 4 (at byte {offset}) is damaged; --salvage reads around it");
        assert_eq!(error.to_string(), place);
        let (found, recovery) = events(pieces.concat(), true).expect("a session");
        assert_eq!(found, [&expected[..3], &[hole(2, 4)], &expected[4..]].concat());
        let skip = Skip { line: 4, offset: offset as u64, bytes: pieces[3].len() as u64 };
        assert_eq!(recovery.skipped, [skip]);

        let (expected, mut pieces) = session(Form::Frames);
        let offset = pieces[0].len();
        let middle = pieces[1].len() / 2;
        pieces[1][middle] ^= 0x10;
        let error = events(pieces.concat(), false).expect_err("damage");
        let place = format!("the frame at byte {offset} is damaged, behind line 3;");
        assert!(error.to_string().starts_with(&place), "{error}");
        let (found, recovery) = events(pieces.concat(), true).expect("a session");
        assert_eq!(found, [&expected[..3], &[hole(2, 6)], &expected[6..]].concat());
        let skip = Skip { line: 4, offset: offset as u64, bytes: pieces[1].len() as u64 };
        assert_eq!(recovery.skipped, [skip]);
    }

    /// What stands where something was read around.
    fn hole(from: u64, at: u64) -> Event {
        let (from, at) = (Duration::from_millis(from), Duration::from_millis(at));
        Event::Gap { at, from, interfaces: None, why: GapReason::Mismatch }
    }

    #[test]
    fn a_hole_is_found_again_and_counted_once_wherever_one_returns_to() {
        for form in [Form::Lines, Form::Frames] {
            let (_, mut pieces) = session(form);
            let hurt = pieces.len() / 2;
            let middle = pieces[hurt].len() / 2;
            pieces[hurt][middle] = 0xff;
            let mut reader = Reader::new(Cursor::new(pieces.concat()), true).expect("a session");
            let (mut positions, mut events) = (vec![reader.position()], Vec::new());
            while let Some(event) = reader.read().expect("readable") {
                events.push(event);
                positions.push(reader.position());
            }
            assert_eq!(events.iter().filter(|e| matches!(e, Event::Gap { .. })).count(), 1);
            let recovery = reader.recovery().clone();
            assert_eq!(recovery.skipped.len(), 1);
            for (from, position) in positions.into_iter().enumerate().rev() {
                reader.seek(position).expect("readable");
                let mut rest = Vec::new();
                while let Some(event) = reader.read().expect("readable") {
                    rest.push(event);
                }
                assert_eq!(rest, events[from..], "{form:?}, from {from}");
                assert_eq!(*reader.recovery(), recovery);
            }
        }
    }

    #[test]
    fn every_position_can_be_returned_to() {
        let one_large_frame = |pieces: Vec<Vec<u8>>| {
            vec![Packer::new().expect("zstd").pack(&pieces.concat()).expect("packed")]
        };
        for pieces in [
            session(Form::Lines).1,
            session(Form::Frames).1,
            one_large_frame(session(Form::Lines).1),
        ] {
            let (events, _) = session(Form::Lines);
            let mut reader = Reader::new(Cursor::new(pieces.concat()), false).expect("a session");
            let mut positions = vec![reader.position()];
            while reader.read().expect("readable").is_some() {
                positions.push(reader.position());
            }
            for (position, event) in positions.iter().zip(&events[..]).rev().skip(1) {
                reader.seek(*position).expect("readable");
                assert_eq!(reader.position(), *position);
                let read = reader.read().expect("readable").expect("an event");
                if !matches!(event, Event::Session(_)) {
                    assert_eq!(&read, event);
                }
            }
        }
    }

    #[test]
    fn what_is_no_session_says_so() {
        let said = |file: &[u8]| events(file.to_vec(), true).expect_err("refused").to_string();
        assert_eq!(said(b""), "the recording has no complete line");
        assert_eq!(said(&line(&first())[..20]), "the recording has no complete line");
        assert_eq!(said(b"a,b,c\n1,2,3\n"), "this is not a migtop session");
        assert_eq!(said(&[&MAGIC[..], b"rubbish"].concat()), "the recording has no complete line");
    }

    #[test]
    fn without_its_first_line_a_session_says_what_is_lost() {
        for form in [Form::Lines, Form::Frames] {
            for salvage in [false, true] {
                let (_, mut pieces) = session(form);
                let middle = pieces[0].len() / 2;
                pieces[0][middle] = 0xff;
                let refused = events(pieces.concat(), salvage).expect_err("refused");
                assert!(matches!(refused, JournalError::Headless), "{form:?}: {refused}");
            }
        }
    }

    #[test]
    fn a_second_session_behind_the_first_is_damage_and_never_folded_into_it() {
        for form in [Form::Lines, Form::Frames] {
            let (expected, pieces) = session(form);
            let file = pieces.concat();
            let twice = [&file[..], &file].concat();
            let error = events(twice.clone(), false).expect_err("damage");
            let place = format!("line 10 (at byte {}) begins another session", file.len());
            assert!(error.to_string().starts_with(&place), "{error}");
            let (found, recovery) = events(twice, true).expect("a session");
            let (offset, bytes) = (file.len() as u64, file.len() as u64);
            assert_eq!(
                (found, recovery.skipped),
                (expected, vec![Skip { line: 10, offset, bytes }])
            );
        }
        let (_, mut pieces) = session(Form::Lines);
        pieces.swap(4, 6);
        let error = events(pieces.concat(), false).expect_err("damage").to_string();
        assert!(error.starts_with("line 6 "), "{error}");
    }

    #[test]
    fn empty_lines_are_passed_over() {
        let (expected, pieces) = session(Form::Lines);
        let file = [&pieces.concat()[..], b"\n\r\n\n"].concat();
        let (found, recovery) = events(file, false).expect("a session");
        assert_eq!((found, recovery), (expected, Recovery::default()));
    }

    #[test]
    fn a_session_that_is_still_being_written_is_read_so_far() {
        let (_, pieces) = session(Form::Frames);
        let (found, recovery) = events(pieces[..2].concat(), false).expect("a session");
        assert_eq!((found.len(), recovery), (6, Recovery::default()));
    }
}
