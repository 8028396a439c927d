//! The first pass: what has to be known before the first row, for it may stand behind it.

use std::time::Duration;

use super::StandIns;
use crate::model::{Event, Mark, MarkKind};
use crate::session::{Session, Trial};

/// Where a trial lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialSpan {
    /// Its number.
    pub number: u32,
    /// Where it begins.
    pub start: Duration,
    /// Where it ends; `None` while it runs.
    pub end: Option<Duration>,
}

impl TrialSpan {
    /// Where these trials lie.
    pub fn of(trials: &[Trial]) -> Vec<Self> {
        let span = |t: &Trial| Self { number: t.number, start: t.start, end: t.end };
        trials.iter().map(span).collect()
    }

    /// Whether the bytes told at `at` are the trial's: those of the sample that its start took
    /// were there before it, those of the sample that its end took are its own.
    pub fn holds(&self, at: Duration) -> bool {
        self.start < at && self.end.is_none_or(|end| at <= end)
    }
}

/// A session without its samples.
#[derive(Debug, Default)]
pub struct Outline {
    /// Folds the marks alone.
    marks: Session,
    names: Vec<String>,
    stand_ins: StandIns,
    moves_edges: bool,
}

impl Outline {
    /// Takes one event in; samples and absolute values need not be given.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Session(header) => {
                self.stand_ins.learn_host(&header.host);
                self.marks.apply(Event::Session(header));
            }
            Event::Interfaces { interfaces, teams, .. } => {
                self.stand_ins.learn(&interfaces);
                let interfaces = interfaces.into_iter().map(|interface| interface.name);
                for name in interfaces.chain(teams.into_iter().map(|team| team.name)) {
                    if !self.names.contains(&name) {
                        self.names.push(name);
                    }
                }
            }
            Event::Mark(mark) => {
                self.moves_edges |= moves_edges(&mark);
                self.marks.apply(Event::Mark(mark));
            }
            _ => {}
        }
    }

    /// Every interface's and team's name, in order of appearance.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the trials lie, in order of their start marks, whatever became of them; `None` where an
    /// edge was moved afterwards: to which sample, only the whole session can tell.
    pub fn trials(&self) -> Option<Vec<TrialSpan>> {
        (!self.moves_edges).then(|| TrialSpan::of(self.marks.trials()))
    }

    /// What the names may not give away.
    pub fn into_stand_ins(self) -> StandIns {
        self.stand_ins
    }
}

fn moves_edges(mark: &Mark) -> bool {
    mark.kind == MarkKind::Edit && mark.start.or(mark.stop).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Interface, Kind, MarkBy};

    fn mark(kind: MarkKind, seconds: u64) -> Event {
        let at = Duration::from_secs(seconds);
        Event::Mark(Mark { at, ..Mark::new(kind, MarkBy::Key) })
    }

    #[test]
    fn trials_lie_where_the_marks_that_stand_say() {
        let mut outline = Outline::default();
        for event in [
            mark(MarkKind::Start, 1),
            mark(MarkKind::Stop, 2),
            mark(MarkKind::Undo, 3),
            mark(MarkKind::Cancel, 4),
            mark(MarkKind::Start, 6),
        ] {
            outline.take(event);
        }
        let secs = Duration::from_secs;
        let first = TrialSpan { number: 1, start: secs(1), end: Some(secs(4)) };
        let second = TrialSpan { number: 2, start: secs(6), end: None };
        assert_eq!(outline.trials(), Some(vec![first, second]));
        let moved =
            Mark { trial: Some(1), stop: Some(secs(3)), ..Mark::new(MarkKind::Edit, MarkBy::Key) };
        outline.take(Event::Mark(moved));
        assert_eq!(outline.trials(), None);
        let held = |at: u64| first.holds(secs(at));
        assert_eq!([1, 2, 4, 5].map(held), [false, true, true, false]);
    }

    #[test]
    fn each_name_is_known_once() {
        let mut outline = Outline::default();
        for _ in 0..2 {
            let interfaces = vec![Interface::new(1, "eth0", Kind::Ethernet)];
            outline.take(Event::Interfaces { at: Duration::ZERO, interfaces, teams: Vec::new() });
        }
        assert_eq!(outline.names(), ["eth0"]);
    }
}
