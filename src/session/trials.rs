//! Trials: what lies between two marks.

use std::time::Duration;

use super::{InterfaceState, Session, Subject, TeamState};
use crate::measure::history::Column;
use crate::measure::meter::Peak;
use crate::model::{Direction, Factors, InterfaceId, Mark, MarkKind, Pair, Team};

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// It runs.
    Open,
    /// It was stopped.
    Finished,
    /// It was given up.
    Cancelled,
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
    /// The start mark.
    pub start: Duration,
    /// The mark that ended it.
    pub end: Option<Duration>,
    /// Remarks made while it ran.
    pub notes: Vec<String>,
    /// What it measured, once it has ended.
    pub figures: Option<TrialFigures>,
}

impl Trial {
    /// Marked duration, up to `now` while it runs.
    pub fn duration(&self, now: Duration) -> Duration {
        self.end.unwrap_or(now).saturating_sub(self.start)
    }
}

/// What a trial measured, of its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialFigures {
    /// Name of the team or interface.
    pub subject: String,
    /// The direction with more bytes: rates are this one's.
    pub direction: Direction,
    /// The counters' difference between the marks.
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
    /// What counters can show at most, bit/s.
    pub attainable: Option<f64>,
    /// The peak is more than the wire can carry.
    pub impossible: bool,
    /// Gaps of its links inside it: bytes in them may be missing.
    pub gaps: u64,
}

/// One member's bytes in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBytes {
    /// The member's name.
    pub name: String,
    /// Its bytes.
    pub bytes: Pair<u64>,
}

impl TrialFigures {
    /// Member's share of the trial's bytes in its direction; `None` when there were none.
    pub fn share(&self, member: &MemberBytes) -> Option<f64> {
        let all = self.bytes[self.direction];
        (all > 0).then(|| member.bytes[self.direction] as f64 / all as f64)
    }
}

/// Every interface's total and gaps at an instant, in order of id.
type Totals = Vec<(InterfaceId, Pair<u64>, u64)>;

/// The peaks of the trial before, which a start puts aside and its undoing brings back.
#[derive(Debug, Default)]
struct PutAside {
    start: Duration,
    interfaces: Vec<(InterfaceId, Peak)>,
    teams: Vec<(String, Peak)>,
}

/// A mark with what was true when it was set.
#[derive(Debug)]
struct Entry {
    mark: Mark,
    totals: Totals,
    /// The teams then: members that go during a trial still belong to it.
    teams: Vec<Team>,
    /// Of a start.
    put_aside: Option<PutAside>,
    /// Of the trial that this mark ends.
    figures: Option<TrialFigures>,
}

/// The marks, and the trials that they make.
#[derive(Debug, Default)]
pub(super) struct TrialBook {
    entries: Vec<Entry>,
    trials: Vec<Trial>,
}

impl TrialBook {
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// What was true at the start of the running trial.
    fn open(&self) -> Option<&Entry> {
        let open = self.trials.last().filter(|t| t.state == TrialState::Open)?;
        let entry = self
            .entries
            .iter()
            .rev()
            .find(|e| e.mark.kind == MarkKind::Start && e.mark.at == open.start)?;
        Some(entry)
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        self.trials = self.fold();
    }

    /// Takes the last mark back.
    fn undo(&mut self) -> Option<Entry> {
        let undone = self.entries.pop();
        self.trials = self.fold();
        undone
    }

    /// Marks that stand.
    pub fn marks(&self) -> usize {
        self.entries.len()
    }

    /// The trials that the marks make; a start in a running trial and an end without one count for
    /// nothing.
    fn fold(&self) -> Vec<Trial> {
        let mut trials: Vec<Trial> = Vec::new();
        for entry in &self.entries {
            let mark = &entry.mark;
            let open = trials.last_mut().filter(|t| t.state == TrialState::Open);
            match (mark.kind, open) {
                (MarkKind::Start, None) => trials.push(Trial {
                    number: mark.trial.unwrap_or(trials.len() as u32 + 1),
                    state: TrialState::Open,
                    factors: mark.set.clone().unwrap_or_default(),
                    repetition: 1,
                    start: mark.at,
                    end: None,
                    notes: mark.text.iter().cloned().collect(),
                    figures: None,
                }),
                (MarkKind::Stop | MarkKind::Cancel, Some(open)) => {
                    let finished = mark.kind == MarkKind::Stop;
                    open.state =
                        if finished { TrialState::Finished } else { TrialState::Cancelled };
                    open.end = Some(mark.at);
                    open.figures.clone_from(&entry.figures);
                }
                (MarkKind::Note, Some(open)) => open.notes.extend(mark.text.iter().cloned()),
                (MarkKind::Edit, _) => {
                    if let Some(t) = trials.iter_mut().find(|t| Some(t.number) == mark.trial) {
                        t.factors = mark.set.clone().unwrap_or(std::mem::take(&mut t.factors));
                    }
                }
                _ => {}
            }
        }
        count_repetitions(&mut trials);
        trials
    }
}

fn count_repetitions(trials: &mut [Trial]) {
    for i in 0..trials.len() {
        let (before, rest) = trials.split_at_mut(i);
        let alike = before
            .iter()
            .filter(|t| t.state == TrialState::Finished && t.factors == rest[0].factors);
        rest[0].repetition = alike.count() as u32 + 1;
    }
}

/// The history is read at this many columns to find the active time.
const ACTIVE_COLUMNS: usize = 3_000;
/// The background is the mean over this long before the start.
const BACKGROUND: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn take_mark(&mut self, mark: Mark) {
        if mark.kind == MarkKind::Undo {
            if let Some(put_aside) = self.trials.undo().and_then(|entry| entry.put_aside) {
                self.bring_back(&put_aside);
            }
            return;
        }
        let starts = mark.kind == MarkKind::Start && self.open_trial().is_none();
        let put_aside = starts.then(|| self.put_aside(mark.at));
        let ends = matches!(mark.kind, MarkKind::Stop | MarkKind::Cancel);
        let figures = if ends { self.closing_figures(mark.at) } else { None };
        let totals = self.totals();
        let teams = self.teams.iter().map(|team| team.facts.clone()).collect();
        self.trials.push(Entry { mark, totals, teams, put_aside, figures });
    }

    fn put_aside(&mut self, at: Duration) -> PutAside {
        let start = self.interfaces.trial_start;
        let peak =
            |team: &mut TeamState| (team.facts.name.clone(), std::mem::take(&mut team.trial_peak));
        let teams = self.teams.iter_mut().map(peak).collect();
        PutAside { start, interfaces: self.interfaces.start_trial(at), teams }
    }

    fn bring_back(&mut self, put_aside: &PutAside) {
        self.interfaces.resume_trial(put_aside.start, &put_aside.interfaces);
        for (name, peak) in &put_aside.teams {
            if let Some(team) = self.teams.iter_mut().find(|team| &team.facts.name == name) {
                team.trial_peak.join(peak);
            }
        }
    }

    /// Marks that stand, and that undo can take back.
    pub fn marks(&self) -> usize {
        self.trials.marks()
    }

    fn totals(&self) -> Totals {
        self.interfaces().filter(|i| i.present).map(|i| (i.facts.id, i.total, i.gaps)).collect()
    }

    /// What the running trial has measured so far; its active time is told only at its end.
    pub fn running_figures(&self) -> Option<TrialFigures> {
        self.measured().map(|(_, figures)| figures)
    }

    fn closing_figures(&self, end: Duration) -> Option<TrialFigures> {
        let (subject, mut figures) = self.measured()?;
        let start = self.open_trial()?.start;
        let active = self.active_time(&subject, figures.direction, figures.attainable, start, end);
        if let Some((from, to, mean)) = active {
            figures.active = Some((from, to));
            figures.mean = Some(mean);
        }
        Some(figures)
    }

    fn measured(&self) -> Option<(Subject, TrialFigures)> {
        let entry = self.trials.open()?;
        let before = |id| {
            let at = entry.totals.binary_search_by_key(&id, |(i, ..)| *i).ok()?;
            Some((entry.totals[at].1, entry.totals[at].2))
        };
        let added = |id: InterfaceId| {
            let now = self.interface(id).map_or(Pair::default(), |i| i.total);
            let then = before(id).map_or(Pair::default(), |(total, _)| total);
            Pair { rx: now.rx - then.rx, tx: now.tx - then.tx }
        };
        // What was not read from start to end may have carried more than was seen.
        let gaps = |id: InterfaceId| {
            let (present, now) = self.interface(id).map_or((false, 0), |i| (i.present, i.gaps));
            let then = before(id).map_or(0, |(_, gaps)| gaps);
            now - then + u64::from(!present) + u64::from(before(id).is_none())
        };
        let subject = match self.subject()? {
            // Without a team it is the interface that carried most in the trial.
            Subject::Interface(_) if self.settings.subject.is_none() => self.busiest(|i| {
                // One that has gone may still be what the trial was about.
                let bytes = added(i.facts.id);
                let carried = bytes.rx.max(bytes.tx);
                (i.present || carried > 0).then_some(carried)
            })?,
            subject => subject,
        };
        let links = self.links_of(&subject, entry);
        let gaps = links.iter().map(|id| gaps(*id)).sum();
        let mut members: Vec<MemberBytes> = Vec::new();
        for interface in links.iter().filter_map(|id| self.interface(*id)) {
            let (name, bytes) = (&interface.facts.name, added(interface.facts.id));
            match members.iter_mut().find(|member| &member.name == name) {
                Some(member) => member.bytes = member.bytes + bytes,
                None => members.push(MemberBytes { name: name.clone(), bytes }),
            }
        }
        let bytes = members.iter().fold(Pair::default(), |sum: Pair<u64>, m| sum + m.bytes);
        let direction = bytes.busier();
        let figures = self.figures(&subject)?;
        let peak = self.trial_peak(&subject)?;
        let measured = TrialFigures {
            subject: self.name_of(&subject).to_owned(),
            direction,
            bytes,
            members,
            active: None,
            mean: None,
            peak: peak.rates[direction],
            peak_window: figures.window,
            attainable: figures.attainable,
            impossible: peak.impossible[direction],
            gaps,
        };
        Some((subject, measured))
    }

    /// The interface itself, or the team's members; with those that went and came back during the
    /// trial that began with `start`.
    fn links_of(&self, subject: &Subject, start: &Entry) -> Vec<InterfaceId> {
        let mut links = match subject {
            Subject::Interface(id) => vec![*id],
            Subject::Team(name) => {
                let now = self.team(name).map(|team| &team.facts);
                let then = start.teams.iter().find(|team| &team.name == name);
                now.into_iter().chain(then).flat_map(|team| team.members.clone()).collect()
            }
        };
        let names: Vec<&str> = links
            .iter()
            .filter_map(|id| self.interface(*id))
            .map(|interface| interface.facts.name.as_str())
            .collect();
        let during = |i: &InterfaceState| {
            i.since >= Some(start.mark.at) || start.totals.iter().any(|(id, ..)| *id == i.facts.id)
        };
        let same_name =
            self.interfaces().filter(|i| names.contains(&i.facts.name.as_str()) && during(i));
        links.extend(same_name.map(|interface| interface.facts.id));
        links.sort_unstable();
        links.dedup();
        links
    }

    /// The name of a subject, as it came.
    pub fn name_of<'a>(&'a self, subject: &'a Subject) -> &'a str {
        match subject {
            Subject::Interface(id) => self.interface(*id).map_or("?", |i| i.facts.name.as_str()),
            Subject::Team(name) => name,
        }
    }

    fn trial_peak(&self, subject: &Subject) -> Option<Peak> {
        match subject {
            Subject::Interface(id) => Some(self.interface(*id)?.trial_peak()),
            Subject::Team(name) => Some(self.team(name)?.trial_peak),
        }
    }

    /// First and last moment above `max(1 % of attainable, 3 x background)` and the mean rate in
    /// between; `None` when nothing was. Resolved to the finest history that holds the trial.
    fn active_time(
        &self,
        subject: &Subject,
        direction: Direction,
        attainable: Option<f64>,
        start: Duration,
        end: Duration,
    ) -> Option<(Duration, Duration, f64)> {
        let widths = [100, 1_000, 10_000].map(Duration::from_millis);
        let number = |at: Duration, width: Duration| (at.as_nanos() / width.as_nanos()) as u64;
        let width = widths
            .into_iter()
            .find(|w| number(end, *w) - number(start, *w) < ACTIVE_COLUMNS as u64)?;
        let mut columns = vec![None; (number(end, width) - number(start, width) + 1) as usize];
        let mut scratch = Vec::new();
        self.columns(subject, direction, width, number(end, width), &mut columns, &mut scratch);
        let background = self.background(subject, direction, start);
        let threshold = (attainable.unwrap_or(0.0) * 0.01).max(background * 3.0);
        let above = |c: &Option<Column>| c.is_some_and(|c| c.mean > threshold && c.mean > 0.0);
        let (first, last) = (columns.iter().position(above)?, columns.iter().rposition(above)?);
        let time = |column: usize| width * (number(start, width) as u32 + column as u32);
        let measured: Vec<f64> = columns[first..=last].iter().flatten().map(|c| c.mean).collect();
        let mean = measured.iter().sum::<f64>() / measured.len() as f64;
        Some((time(first).max(start), time(last + 1).min(end), mean))
    }

    /// Mean rate before the start, bit/s; 0 when nothing was measured then.
    fn background(&self, subject: &Subject, direction: Direction, start: Duration) -> f64 {
        let width = Duration::from_secs(1);
        let Some(newest) = (start.as_secs()).checked_sub(1) else { return 0.0 };
        // The trial before is no background.
        let ends = self.trials().iter().filter_map(|t| t.end).filter(|end| *end <= start);
        let quiet = start.saturating_sub(ends.max().unwrap_or_default()).min(BACKGROUND);
        let mut columns = vec![None; quiet.as_secs() as usize];
        self.columns(subject, direction, width, newest, &mut columns, &mut Vec::new());
        let measured: Vec<f64> = columns.iter().flatten().map(|c: &Column| c.mean).collect();
        if measured.is_empty() { 0.0 } else { measured.iter().sum::<f64>() / measured.len() as f64 }
    }
}
