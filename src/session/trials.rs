//! Trials: what lies between two marks, and how marks make and correct them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::InterfaceState;
use super::faults::Lost;
use super::flows::Account;
use super::members::MemberBytes;
use super::profile::Profile;
use super::verdict::{Limits, Windows};
use crate::measure::meter::Peak;
use crate::model::{Direction, Factors, InterfaceId, Mark, MarkBy, MarkKind, Pair, Team};

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// It runs.
    Open,
    /// It was stopped.
    Finished,
    /// It was given up.
    Cancelled,
    /// The command that it wrapped failed.
    Failed,
}

/// One marked interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Counted from 1 over the session.
    pub number: u32,
    /// How it stands.
    pub state: TrialState,
    /// What was varied.
    pub factors: Factors,
    /// Counted from 1 among finished trials with equal factors.
    pub repetition: u32,
    /// Where it begins: at its start mark, unless that edge was moved.
    pub start: Duration,
    /// Where it ends: at the mark that ended it, unless that edge was moved.
    pub end: Option<Duration>,
    /// The marks themselves, wherever the edges are now.
    pub marked: (Duration, Option<Duration>),
    /// Who started it.
    pub by: MarkBy,
    /// How the wrapped command ended.
    pub exit_status: Option<i32>,
    /// It enters no comparison.
    pub excluded: bool,
    /// Why it is excluded, or was edited.
    pub because: Option<String>,
    /// Remarks made while it ran, and afterwards.
    pub notes: Vec<String>,
    /// What it measured, once it has ended.
    pub figures: Option<TrialFigures>,
}

impl Trial {
    /// From edge to edge, up to `now` while it runs.
    pub fn duration(&self, now: Duration) -> Duration {
        self.end.unwrap_or(now).saturating_sub(self.start)
    }

    /// An edge is not where its mark was set.
    pub fn is_moved(&self) -> bool {
        (self.start, self.end) != self.marked
    }

    /// A trial that `mark` starts.
    fn started(mark: &Mark, number: u32) -> Self {
        Self {
            number: mark.trial.unwrap_or(number),
            state: TrialState::Open,
            factors: mark.set.clone().unwrap_or_default(),
            repetition: 1,
            start: mark.at,
            end: None,
            marked: (mark.at, None),
            by: mark.by,
            exit_status: None,
            excluded: false,
            because: None,
            notes: Vec::new(),
            figures: None,
        }
    }

    fn end(&mut self, mark: &Mark, figures: Option<&TrialFigures>) {
        self.state = match (mark.kind, mark.exit_status) {
            (MarkKind::Cancel, _) => TrialState::Cancelled,
            (_, None | Some(0)) => TrialState::Finished,
            (_, Some(_)) => TrialState::Failed,
        };
        self.end = Some(mark.at);
        self.marked.1 = self.end;
        self.exit_status = mark.exit_status;
        self.figures = figures.cloned();
        self.add_factors(mark);
    }

    fn add_factors(&mut self, mark: &Mark) {
        self.factors.extend(mark.set.iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    }

    fn edit(&mut self, mark: &Mark, edges: &Edges) {
        (self.start, self.end) = (edges.start, edges.end);
        if edges.figures.is_some() {
            self.figures.clone_from(&edges.figures);
        }
        if let Some(factors) = &mark.set {
            self.factors.clone_from(factors);
        }
        if let Some(excluded) = mark.excluded {
            self.excluded = excluded;
            self.because = None;
        }
        if mark.because.is_some() {
            self.because.clone_from(&mark.because);
        }
    }
}

/// What a trial measured, of its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialFigures {
    /// Name of the team or interface.
    pub subject: String,
    /// The direction with more bytes: rates are this one's.
    pub direction: Direction,
    /// The counters' difference between the edges.
    pub bytes: Pair<u64>,
    /// The same for each member, or for the interface alone.
    pub members: Vec<MemberBytes>,
    /// First to last sample above `max(1 % of attainable, 3 x background)`.
    pub active: Option<(Duration, Duration)>,
    /// Mean over the active time, bit/s.
    pub mean: Option<f64>,
    /// Highest mean over any `peak_window` of the trial, bit/s.
    pub peak: Option<f64>,
    /// The window of the peak.
    pub peak_window: Duration,
    /// What counters could show at most at any time in it, bit/s.
    pub attainable: Option<f64>,
    /// The peak is more than the wire can carry.
    pub impossible: bool,
    /// Gaps of its links inside it: bytes in them may be missing.
    pub gaps: u64,
    /// Highest mean over any 5 s between the edges, bit/s; `None` without so much time on end that
    /// was measured, and until it has ended.
    pub peak5: Option<f64>,
    /// Median of the samples' rates in the active time, bit/s; of a very long trial, of the ticks
    /// that were kept. `None` without active time, and until it has ended.
    pub p50: Option<f64>,
    /// The same, of which 95 % are no higher.
    pub p95: Option<f64>,
    /// Share (0..=1) of the measured active time in samples at 95 % or more of what was attainable
    /// then; `None` without active time or attainable, and until it has ended.
    pub saturated: Option<f64>,
    /// Jain's index of the bytes in the direction of the members whose links were up; `None` for a
    /// single one, or no bytes.
    pub balance: Option<f64>,
    /// Packets its links lost to errors in both directions, as known at its marks, wherever its
    /// edges are now; 0 where nothing was told.
    pub errors: u64,
    /// The same of packets lost to want of room.
    pub drops: u64,
    /// Mean rate of the 10 s before the start, less where another trial or the session begins,
    /// bit/s; `None` when less than 1.5 s were measured then, and until it has ended.
    pub background: Option<f64>,
    /// How often between the marks, wherever the edges are now, one of its links went up or down,
    /// came or went, or changed its speed.
    pub link_changes: u64,
    /// The most that was attainable between the marks of one of the members that are up at the end,
    /// bit/s, or of the interface; `None` when the speed of one is unknown, and without any.
    pub member_attainable: Option<f64>,
    /// How many of its links can carry together: its members that were up, one made anew counted
    /// once; at most 1 for an interface, and where one carries at a time.
    pub links: usize,
    /// Refresh cadence of the slowest counter in it, where it is slower than the samples.
    pub cadence: Option<Duration>,
    /// Guests that left between the edges, those that came back included.
    pub guests_left: u32,
    /// When the last of them did.
    pub last_guest_left: Option<Duration>,
    /// What limited it how much of its active time, by windows of a second; nothing without active
    /// time, and until it has ended.
    pub limits: Limits,
    /// Segments that the host's connections over its links sent again between the marks, wherever
    /// its edges are now; `None` when connections were not told of.
    pub retransmissions: Option<u64>,
    /// Another interface that carried much while it ran, though the trial is not about it.
    pub elsewhere: Option<Elsewhere>,
}

/// Traffic that rose on an interface that a trial is not about.
#[derive(Debug, Clone, PartialEq)]
pub struct Elsewhere {
    /// Its name.
    pub interface: String,
    /// What it carried between the marks in the trial's direction.
    pub bytes: u64,
    /// Mean rate between the marks, bit/s.
    pub mean: f64,
    /// Mean rate before, bit/s; 0 when too little of it was measured.
    pub background: f64,
}

/// An active time below this share of the marked one is clearly less.
const CLEARLY_LESS: f64 = 0.95;

impl TrialFigures {
    /// How long its traffic took, where that is clearly less than it was marked: its mean is over
    /// that time alone.
    pub fn shorter_active(&self, marked: Duration) -> Option<Duration> {
        let (from, to) = self.active?;
        let active = to.saturating_sub(from);
        (active < marked.mul_f64(CLEARLY_LESS)).then_some(active)
    }

    /// Member's share of the trial's bytes in its direction; `None` when there were none.
    pub fn share(&self, member: &MemberBytes) -> Option<f64> {
        let all = self.bytes[self.direction];
        (all > 0).then(|| member.bytes[self.direction] as f64 / all as f64)
    }
}

/// What an interface had come to at an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Then {
    pub id: InterfaceId,
    pub total: Pair<u64>,
    pub gaps: u64,
    pub lost: Lost,
    pub link_changes: u64,
}

/// What was true when a trial started.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Begin {
    pub at: Duration,
    /// Every interface that was there, in order of id.
    pub interfaces: Vec<Then>,
    /// The teams then: members that go during a trial still belong to it.
    pub teams: Vec<Team>,
    /// What connections had come to.
    pub accounts: Vec<Account>,
    pub put_aside: PutAside,
}

impl Begin {
    /// An interface that was there.
    pub fn of(&self, id: InterfaceId) -> Option<&Then> {
        let at = self.interfaces.binary_search_by_key(&id, |then| then.id).ok()?;
        self.interfaces.get(at)
    }

    fn of_or_new(&self, interface: &InterfaceState) -> Then {
        self.of(interface.facts.id).copied().unwrap_or_default()
    }

    /// What an interface has carried since.
    pub fn added(&self, interface: &InterfaceState) -> Pair<u64> {
        let then = self.of_or_new(interface).total;
        Pair { rx: interface.total.rx - then.rx, tx: interface.total.tx - then.tx }
    }

    /// Gaps of an interface since. What was not read from start to end has one, too: it may have
    /// carried more than was seen.
    pub fn gaps(&self, interface: &InterfaceState) -> u64 {
        let then = self.of(interface.facts.id);
        let missing = u64::from(!interface.present) + u64::from(then.is_none());
        interface.gaps - then.map_or(0, |then| then.gaps) + missing
    }

    /// What an interface has lost since.
    pub fn lost(&self, interface: &InterfaceState) -> Lost {
        interface.lost().since(self.of_or_new(interface).lost)
    }

    /// How often its link has changed since, its coming and going included.
    pub fn link_changes(&self, interface: &InterfaceState) -> u64 {
        interface.link_changes - self.of_or_new(interface).link_changes
    }
}

/// The peaks of the trial before, which a start puts aside and its undoing brings back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PutAside {
    pub start: Duration,
    pub interfaces: Vec<(InterfaceId, Peak)>,
    pub teams: Vec<(String, Peak)>,
}

/// What was measured when a trial ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Finish {
    pub links: Vec<InterfaceId>,
    pub figures: Option<TrialFigures>,
    /// Once the time after it has passed.
    pub profile: Option<Profile>,
    /// With it: what limited it when.
    pub windows: Windows,
}

/// A trial's edges after an edit, with what lies between them when they were moved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edges {
    pub start: Duration,
    pub end: Option<Duration>,
    pub figures: Option<TrialFigures>,
}

/// What a mark does to the trials as they are when it is set.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// No more than its text, or nothing: it made no sense.
    None,
    Begin(Box<Begin>),
    Finish(Box<Finish>),
    Edit(Box<Edges>),
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    mark: Mark,
    effect: Effect,
}

/// The marks, and the trials that they make.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TrialBook {
    entries: Vec<Entry>,
    trials: Vec<Trial>,
    /// What was kept of the running trial before its stop was undone.
    pub resumed: Option<Profile>,
}

impl TrialBook {
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// What was true at the start of the running trial.
    pub fn open(&self) -> Option<&Begin> {
        self.trials.last().filter(|t| t.state == TrialState::Open)?;
        self.entries.iter().rev().find_map(|entry| match &entry.effect {
            Effect::Begin(begin) => Some(&**begin),
            _ => None,
        })
    }

    /// How the last trial that has ended did so.
    pub fn last_finish(&mut self) -> Option<&mut Finish> {
        self.entries.iter_mut().rev().find_map(|entry| match &mut entry.effect {
            Effect::Finish(finish) => Some(&mut **finish),
            _ => None,
        })
    }

    /// How the trial at `place` ended: one ends before the next begins.
    pub fn finish(&self, place: usize) -> Option<&Finish> {
        let mut finishes = self.entries.iter().filter_map(|entry| match &entry.effect {
            Effect::Finish(finish) => Some(&**finish),
            _ => None,
        });
        finishes.nth(place)
    }

    pub fn push(&mut self, mark: Mark, effect: Effect) {
        let entry = Entry { mark, effect };
        entry.apply(&mut self.trials);
        count_repetitions(&mut self.trials);
        self.entries.push(entry);
    }

    /// Takes the last mark back.
    pub fn undo(&mut self) -> Option<Effect> {
        let undone = self.entries.pop();
        self.trials.clear();
        self.entries.iter().for_each(|entry| entry.apply(&mut self.trials));
        count_repetitions(&mut self.trials);
        undone.map(|entry| entry.effect)
    }

    /// The notes that stand, with their times.
    pub fn remarks(&self) -> impl Iterator<Item = (Duration, &str)> + Clone {
        let notes = self.entries.iter().filter(|entry| entry.mark.kind == MarkKind::Note);
        notes.filter_map(|entry| Some((entry.mark.at, entry.mark.text.as_deref()?)))
    }

    /// When the last mark that stands was set.
    pub fn last_mark(&self) -> Option<Duration> {
        Some(self.entries.last()?.mark.at)
    }

    /// Marks that stand.
    pub fn marks(&self) -> usize {
        self.entries.len()
    }
}

impl Entry {
    /// What the mark makes of the trials that those before it have made.
    fn apply(&self, trials: &mut Vec<Trial>) {
        let Self { mark, effect } = self;
        let number = trials.len() as u32 + 1;
        let trial = match effect {
            Effect::Begin(_) => {
                trials.push(Trial::started(mark, number));
                trials.last_mut()
            }
            Effect::Edit(_) => trials.iter_mut().find(|t| Some(t.number) == mark.trial),
            _ => trials.last_mut().filter(|t| t.state == TrialState::Open),
        };
        let Some(trial) = trial else { return };
        match (mark.kind, effect) {
            (_, Effect::Finish(finish)) => trial.end(mark, finish.figures.as_ref()),
            (_, Effect::Edit(edges)) => trial.edit(mark, edges),
            (_, Effect::Begin(_)) => {}
            (MarkKind::Note, Effect::None) => trial.add_factors(mark),
            (_, Effect::None) => return,
        }
        trial.notes.extend(mark.text.iter().cloned());
    }
}

/// Counts finished trials with equal factors.
fn count_repetitions(trials: &mut [Trial]) {
    let mut finished: BTreeMap<Factors, u32> = BTreeMap::new();
    for trial in trials {
        let before = finished.get_mut(&trial.factors);
        trial.repetition = before.as_ref().map_or(0, |before| **before) + 1;
        match before {
            _ if trial.state != TrialState::Finished => {}
            Some(before) => *before += 1,
            None => {
                finished.insert(trial.factors.clone(), 1);
            }
        }
    }
}
