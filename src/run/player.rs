//! A recording as a session at any of its moments: forward by folding on, back by way of sessions
//! kept on the first pass.

use std::fs::File;
use std::io::{Read, Seek};
use std::time::Duration;

use crate::journal::{JournalError, Position, Reader, Recovery};
use crate::model::{Event, Mark, MarkKind};
use crate::session::{Session, Settings};

/// Between two kept sessions there is about this much to fold: a tenth of a second of work.
const WORK: u64 = 600_000;
/// Kept sessions together take about this much memory at most.
const ROOM: u64 = 192 << 20;
/// What the history of an interface that moved takes.
const ACTIVE: u64 = 600_000;

/// Plays a recording.
pub struct Player<S = File> {
    reader: Reader<S>,
    settings: Settings,
    session: Session,
    /// Read, and not in the session yet.
    next: Option<Event>,
    kept: Vec<Kept>,
    /// Times of all marks, in order.
    marks: Vec<Duration>,
    /// When a mark was last undone: an edit is not put in before, for the undo is not meant for it.
    settled: Duration,
    /// Edits that stand behind the recording, then those made here.
    edits: Vec<Mark>,
    saved: usize,
    /// How many of them are in the session.
    applied: usize,
    samples: u64,
    length: Duration,
    /// The session as it was in the end.
    last: Session,
}

/// The session at one moment, and where the file goes on.
struct Kept {
    at: Duration,
    session: Session,
    position: Position,
}

impl<S: Read + Seek> Player<S> {
    /// Reads the whole recording once; `progress` hears how far in bytes.
    ///
    /// # Errors
    /// When it cannot be read, or holds no sample.
    pub fn open(
        reader: Reader<S>,
        settings: Settings,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Self, JournalError> {
        let session = Session::new(settings.clone());
        let mut player = Self {
            reader,
            settings,
            session,
            next: None,
            kept: Vec::new(),
            marks: Vec::new(),
            settled: Duration::ZERO,
            edits: Vec::new(),
            saved: 0,
            applied: 0,
            samples: 0,
            length: Duration::ZERO,
            last: Session::default(),
        };
        player.index(&mut progress)?;
        player.saved = player.edits.len();
        player.last = std::mem::take(&mut player.session);
        player.restart()?;
        player.seek(Duration::ZERO)?;
        Ok(player)
    }

    fn index(&mut self, progress: &mut impl FnMut(u64, u64)) -> Result<(), JournalError> {
        let (mut work, mut spacing) = (0, WORK);
        while let Some(event) = self.reader.read()? {
            match &event {
                Event::Sample { at, delta, .. } => {
                    work += 1 + delta.len() as u64;
                    self.samples += 1;
                    self.length = *at;
                    self.edits.clear();
                }
                Event::Mark(mark) => {
                    self.marks.push(mark.at);
                    match mark.kind {
                        MarkKind::Edit => self.edits.push(mark.clone()),
                        MarkKind::Undo if self.edits.pop().is_none() => self.settled = mark.at,
                        _ => {}
                    }
                }
                _ => {}
            }
            self.session.apply(event);
            if work >= spacing {
                work = 0;
                let (read, length) = self.reader.progress();
                progress(read, length);
                self.keep();
                if self.kept.len() as u64 > self.room() {
                    let mut nth = 0;
                    self.kept.retain(|_| {
                        nth += 1;
                        nth % 2 == 0
                    });
                    spacing *= 2;
                }
            }
        }
        self.marks.dedup();
        if self.samples == 0 { Err(JournalError::Empty) } else { Ok(()) }
    }

    fn keep(&mut self) {
        let (at, session) = (self.session.at(), self.session.clone());
        self.kept.push(Kept { at, session, position: self.reader.position() });
    }

    /// How many sessions can be kept.
    fn room(&self) -> u64 {
        let active = self.session.interfaces().filter(|i| i.busy_at().is_some()).count() as u64;
        (ROOM / (ACTIVE * active.max(1))).clamp(1, 64)
    }

    fn restart(&mut self) -> Result<(), JournalError> {
        self.session = Session::new(self.settings.clone());
        self.reader.seek(Position::default())?;
        (self.next, self.applied) = (None, 0);
        Ok(())
    }

    /// The session as it was at the moment that was sought.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session as it was in the end: it knows what came after a trial.
    pub fn last(&self) -> &Session {
        &self.last
    }

    /// Time of the last sample.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Whether all of it has been played.
    pub fn is_over(&self) -> bool {
        self.session.samples() >= self.samples
    }

    /// Goes on to `at`, or to the end; at least to the first sample.
    ///
    /// # Errors
    /// When the recording cannot be read any more.
    pub fn play_to(&mut self, at: Duration) -> Result<(), JournalError> {
        while !self.is_over() {
            if self.next.is_none() {
                self.next = self.reader.read()?;
            }
            let due = |event: &Event| event.at().is_none_or(|then| then <= at);
            let first = self.session.samples() == 0;
            let Some(event) = self.next.take_if(|event| due(event) || first) else { break };
            self.session.apply(event);
        }
        // Marks at the last sample's time are read with it.
        while self.is_over() {
            if self.next.is_none() {
                self.next = self.reader.read()?;
            }
            // A sample here is of a recording that has grown since it was opened.
            let trailing = |event: &Event| match event {
                Event::Mark(mark) => mark.kind == MarkKind::Edit,
                event => matches!(event, Event::Sample { .. }),
            };
            let Some(event) = self.next.take_if(|event| !trailing(event)) else { break };
            self.session.apply(event);
        }
        self.apply_edits();
        Ok(())
    }

    /// Puts edits in as soon as nothing recorded can be meant by them.
    fn apply_edits(&mut self) {
        while self.session.at() >= self.settled
            && let Some(edit) = self.edits.get(self.applied)
        {
            let ended = |trial: &crate::session::Trial| trial.end.is_some();
            let trial = self.session.trials().iter().find(|t| Some(t.number) == edit.trial);
            if !trial.is_some_and(ended) {
                break;
            }
            self.session.apply(Event::Mark(edit.clone()));
            self.applied += 1;
        }
    }

    /// Goes to `at`, forward or back.
    ///
    /// # Errors
    /// When the recording cannot be read any more.
    pub fn seek(&mut self, at: Duration) -> Result<(), JournalError> {
        let nearest = self.kept.iter().rev().find(|kept| kept.at <= at);
        let back = at < self.session.at();
        let far = nearest.is_some_and(|kept| kept.at > self.session.at());
        if back || far {
            match nearest {
                Some(kept) => {
                    self.session = kept.session.clone();
                    self.reader.seek(kept.position)?;
                    (self.next, self.applied) = (None, 0);
                }
                None => self.restart()?,
            }
        }
        self.play_to(at)
    }

    /// Time of the mark next to the present one, in the direction asked for.
    pub fn mark_beside(&self, forward: bool) -> Option<Duration> {
        let at = self.session.at();
        if forward {
            self.marks.iter().find(|mark| **mark > at).copied()
        } else {
            self.marks.iter().rfind(|mark| **mark < at).copied()
        }
    }

    /// Corrects a trial; `false` when it would not be seen at this moment.
    pub fn edit(&mut self, edit: Mark) -> bool {
        self.edits.push(edit);
        self.apply_edits();
        self.applied == self.edits.len()
    }

    /// Takes back the last edit made here; `false` when there is none.
    ///
    /// # Errors
    /// When the recording cannot be read any more.
    pub fn undo(&mut self) -> Result<bool, JournalError> {
        if self.edits.len() == self.saved {
            return Ok(false);
        }
        self.edits.pop();
        let at = self.session.at();
        self.restart()?;
        self.seek(at)?;
        Ok(true)
    }

    /// Edits that are not in the file, one a trial.
    pub fn unsaved(&self) -> Vec<Mark> {
        let mut together: Vec<Mark> = Vec::new();
        for edit in &self.edits[self.saved..] {
            let at = self.length;
            match together.iter_mut().find(|one| one.trial == edit.trial && edit.text.is_none()) {
                Some(one) => {
                    one.start = edit.start.or(one.start);
                    one.stop = edit.stop.or(one.stop);
                    one.set = edit.set.clone().or(one.set.take());
                    if edit.excluded.is_some() {
                        (one.excluded, one.because) = (edit.excluded, None);
                    }
                    one.because = edit.because.clone().or(one.because.take());
                }
                None => together.push(Mark { at, ..edit.clone() }),
            }
        }
        together
    }

    /// What was unsaved is in the file now.
    pub fn saved(&mut self) {
        self.saved = self.edits.len();
    }

    /// What could not be read of the file.
    pub fn recovery(&self) -> &Recovery {
        self.reader.recovery()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Packer, header, write_line};
    use crate::model::MarkBy;
    use crate::source::inventory::{self, Inventory};
    use crate::source::sampler::{Sampler, Stamp};
    use crate::source::{Source, simulator};

    const TICK: Duration = Duration::from_millis(100);

    /// Half a minute of an evacuation with two trials and a start that was undone.
    fn events() -> Vec<Event> {
        let mut simulator = simulator::open("evacuation").expect("a scenario");
        let mut inventory = Inventory::new(inventory::Settings::default());
        let mut sampler = Sampler::new(TICK);
        let mut events = vec![Event::Session(header("h".into(), SystemTime::UNIX_EPOCH, TICK))];
        let mut reading = Vec::new();
        for tick in 0..300 {
            let at = TICK * tick;
            if let Some(links) = simulator.links(at) {
                let (interfaces, teams) = inventory.update(links);
                sampler.watch(&interfaces);
                events.push(Event::Interfaces { at, interfaces, teams });
            }
            simulator.counters(at, &mut reading).expect("counters");
            let mark = match tick {
                40 | 150 | 200 => Some(MarkKind::Start),
                120 | 260 => Some(MarkKind::Stop),
                170 => Some(MarkKind::Undo),
                _ => None,
            };
            let trial = if tick < 150 { 1 } else { 2 };
            let mark = mark.map(|k| Mark { trial: Some(trial), ..Mark::new(k, MarkBy::Key) });
            let stamp = Stamp { at, read: Duration::ZERO, slept: Duration::ZERO };
            sampler.take(stamp, &reading, mark, &mut events);
        }
        events
    }

    fn file(events: &[Event]) -> Cursor<Vec<u8>> {
        let mut lines = Vec::new();
        for event in events {
            write_line(event, &mut lines).expect("encodes");
        }
        Cursor::new(lines)
    }

    fn player(events: &[Event]) -> Player<Cursor<Vec<u8>>> {
        let reader = Reader::new(file(events), false).expect("a session");
        Player::open(reader, Settings::default(), |_, _| {}).expect("readable")
    }

    /// What a live session had folded by then.
    fn live(events: &[Event], at: Duration) -> Session {
        let mut session = Session::default();
        let due = |event: &&Event| event.at().is_none_or(|then| then <= at);
        for event in events.iter().take_while(due) {
            session.apply(event.clone());
        }
        session
    }

    fn correction(start: u64) -> Mark {
        let (trial, start) = (Some(1), Some(Duration::from_millis(start)));
        Mark { trial, start, ..Mark::new(MarkKind::Edit, MarkBy::Key) }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

        #[test]
        fn wherever_one_seeks_the_session_is_what_it_was_live(
            stops in prop::collection::vec(1_u32..299, 1..6),
        ) {
            let events = events();
            let mut player = player(&events);
            // Kept sessions as a long recording has them.
            player.restart().expect("readable");
            for tick in [77, 140, 222] {
                player.play_to(TICK * tick).expect("readable");
                player.next = None;
                player.reader.seek(Position::default()).expect("readable");
                let passed = live(&events, TICK * tick);
                while player.reader.position().line() < lines_of(&events, TICK * tick) {
                    player.reader.read().expect("readable");
                }
                prop_assert!(player.session == passed);
                player.keep();
            }
            for stop in stops {
                player.seek(TICK * stop).expect("readable");
                prop_assert!(*player.session() == live(&events, TICK * stop), "at tick {}", stop);
            }
        }
    }

    /// As [`file`], ten lines a frame, of which the one with the sample at `tick` is damaged.
    fn damaged(events: &[Event], tick: u32) -> Cursor<Vec<u8>> {
        let mut packer = Packer::new().expect("zstd");
        let mut file = Vec::new();
        for ten in events.chunks(10) {
            let mut lines = Vec::new();
            for event in ten {
                write_line(event, &mut lines).expect("encodes");
            }
            let mut frame = packer.pack(&lines).expect("packed");
            let hurt = |e: &Event| matches!(e, Event::Sample { at, .. } if *at == TICK * tick);
            if ten.iter().any(hurt) {
                let middle = frame.len() / 2;
                frame[middle] ^= 0xff;
            }
            file.extend(frame);
        }
        Cursor::new(file)
    }

    #[test]
    fn around_damage_a_trial_has_all_its_bytes_and_every_moment_is_found_again() {
        let events = events();
        let whole = live(&events, TICK * 300);
        let figures = |session: &Session| session.trials()[0].figures.clone().expect("ended");
        let reader = || Reader::new(damaged(&events, 80), true).expect("a session");
        let mut salvaged = Vec::new();
        let mut all = reader();
        while let Some(event) = all.read().expect("readable") {
            salvaged.push(event);
        }
        assert!(salvaged.len() < events.len() - 5);
        let mut player = Player::open(reader(), Settings::default(), |_, _| {}).expect("readable");
        player.restart().expect("readable");
        while let Some(event) = player.reader.read().expect("readable") {
            player.session.apply(event);
            player.keep();
        }
        player.kept.retain(|kept| kept.at.as_millis() % 1_700 == 0);
        for tick in [299, 90, 70, 74, 85, 60, 78, 82, 120, 100, 79, 200] {
            player.seek(TICK * tick).expect("readable");
            assert!(*player.session() == live(&salvaged, TICK * tick), "at tick {tick}");
        }
        assert_eq!(player.recovery().skipped.len(), 1);
        let (found, expected) = (figures(player.last()), figures(&whole));
        assert_eq!((found.bytes, found.members), (expected.bytes, expected.members));
        assert!(found.gaps > 0 && expected.gaps == 0, "{} gaps", found.gaps);
        assert!(found.peak <= expected.peak, "{:?} of {:?}", found.peak, expected.peak);
    }

    fn lines_of(events: &[Event], at: Duration) -> u64 {
        events.iter().take_while(|e| e.at().is_none_or(|then| then <= at)).count() as u64
    }

    #[test]
    fn marks_are_gone_to_one_by_one() {
        let mut player = player(&events());
        let mut visited = Vec::new();
        while let Some(at) = player.mark_beside(true) {
            player.seek(at).expect("readable");
            visited.push((at.as_millis() / 100) as u32);
        }
        assert_eq!(visited, [40, 120, 150, 170, 200, 260]);
        player.seek(TICK * 121).expect("readable");
        assert_eq!(player.mark_beside(false), Some(TICK * 120));
    }

    #[test]
    fn a_correction_shows_at_once_is_taken_back_and_is_saved_as_one_mark_a_trial() {
        let mut player = player(&events());
        player.seek(TICK * 280).expect("readable");
        assert!(player.edit(correction(5_000)) && player.edit(correction(6_000)));
        let start = |player: &Player<_>| player.session().trials()[0].start;
        assert_eq!(start(&player), TICK * 60);
        assert!(player.undo().expect("readable"));
        assert_eq!(start(&player), TICK * 50);
        assert!(player.edit(correction(7_000)));
        let unsaved = player.unsaved();
        assert_eq!((unsaved.len(), unsaved[0].start), (1, Some(TICK * 70)));
        player.saved();
        assert_eq!(player.unsaved(), []);
        assert!(!player.undo().expect("readable"), "what is saved stays");
    }

    #[test]
    fn an_exclusion_is_saved_with_its_reason_and_the_last_word_counts() {
        let mut player = player(&events());
        player.seek(TICK * 280).expect("readable");
        let edit = |excluded, because: Option<&str>| Mark {
            trial: Some(1),
            excluded: Some(excluded),
            because: because.map(str::to_owned),
            ..Mark::new(MarkKind::Edit, MarkBy::Key)
        };
        assert!(player.edit(correction(5_000)) && player.edit(edit(true, Some("backup"))));
        let unsaved = player.unsaved();
        assert_eq!((unsaved.len(), unsaved[0].excluded), (1, Some(true)));
        assert_eq!(unsaved[0].because.as_deref(), Some("backup"));
        assert!(player.edit(edit(false, None)));
        let unsaved = player.unsaved();
        assert_eq!((unsaved[0].excluded, unsaved[0].because.as_deref()), (Some(false), None));
        assert_eq!(unsaved[0].start, Some(TICK * 50));
    }

    #[test]
    fn saved_corrections_show_as_soon_as_they_can_be_meant() {
        let mut events = events();
        events.push(Event::Mark(Mark { at: TICK * 299, ..correction(5_000) }));
        let mut player = player(&events);
        assert_eq!(player.unsaved(), []);
        player.seek(TICK * 160).expect("readable");
        assert_eq!(player.session().trials()[0].start, TICK * 40, "an undo is still to come");
        player.seek(TICK * 180).expect("readable");
        assert_eq!(player.session().trials()[0].start, TICK * 50);
        player.seek(TICK * 299).expect("readable");
        assert!(player.is_over() && player.session().trials()[0].start == TICK * 50);
    }

    #[test]
    fn a_recording_without_a_sample_is_none_to_play() {
        let reader = Reader::new(file(&events()[..2]), false).expect("a session");
        let refused = Player::open(reader, Settings::default(), |_, _| {}).err();
        assert!(matches!(refused, Some(JournalError::Empty)));
    }
}
