//! What a trial came to, wherever it was measured: in a session, or in a table of results.

use std::time::Duration;

use crate::clock::moment;
use crate::model::{Direction, Factors, Pair};
use crate::session::{Elsewhere, Limits, Session, Trial, TrialState};
use crate::units::Bytes;

/// One trial as it is compared. Rates are in bit/s and those of its subject, in its direction; what
/// is not known is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Unique over all that is compared.
    pub id: String,
    /// Where it comes from.
    pub file: String,
    /// The host that was watched.
    pub host: Option<String>,
    /// How it stands: only finished ones enter cells.
    pub state: TrialState,
    /// How the wrapped command ended.
    pub exit_status: Option<i32>,
    /// The team or interface that it is about.
    pub subject: Option<String>,
    /// What was varied.
    pub factors: Factors,
    /// Counted from 1 among finished trials of its file with equal factors.
    pub repetition: u32,
    /// When it started, RFC 3339 in UTC.
    pub started: Option<String>,
    /// From edge to edge, in seconds.
    pub duration: f64,
    /// The step in which the duration was written, in seconds; 0 where it was measured.
    pub resolution: f64,
    /// It enters no cell.
    pub excluded: bool,
    /// Why not.
    pub because: Option<String>,
    /// Remarks.
    pub notes: Vec<String>,
    /// The active time, in seconds.
    pub active: Option<f64>,
    /// The direction with more bytes.
    pub direction: Option<Direction>,
    /// Bytes in both directions.
    pub bytes: Option<Pair<u64>>,
    /// Bytes in its direction.
    pub moved: Option<f64>,
    /// What each link carried, where there are several and each was read.
    pub members: Vec<Member>,
    /// Links that carry together.
    pub links: Option<usize>,
    /// Mean over the active time, else over all of it.
    pub mean: Option<f64>,
    /// Highest mean over any `peak_window`.
    pub peak: Option<f64>,
    /// The window of the peak; tables do not tell it.
    pub peak_window: Option<Duration>,
    /// Highest mean over any 5 s.
    pub peak5: Option<f64>,
    /// Median of the rates of its samples in the active time.
    pub p50: Option<f64>,
    /// Their 95th percentile.
    pub p95: Option<f64>,
    /// What counters can show at most, all links together.
    pub attainable: Option<f64>,
    /// The same of one link.
    pub member_attainable: Option<f64>,
    /// The links' nominal speed together.
    pub line_rate: Option<f64>,
    /// The peak is more than the wire can carry.
    pub impossible: bool,
    /// Share of the active time at 95 % of attainable or more.
    pub saturated: Option<f64>,
    /// Jain's index of the members' bytes.
    pub balance: Option<f64>,
    /// Errors of its links while it ran.
    pub errors: Option<u64>,
    /// Drops of its links while it ran.
    pub drops: Option<u64>,
    /// Segments that connections over its links sent again while it ran.
    pub retransmissions: Option<u64>,
    /// What limited it how much of the active time; `None` where nothing was watched.
    pub limits: Option<Limits>,
    /// An interface that it is not about, and whose traffic rose.
    pub elsewhere: Option<Elsewhere>,
    /// Mean rate before it.
    pub background: Option<f64>,
    /// How often a link of it changed its state.
    pub link_changes: u64,
    /// Gaps inside it: bytes in them may be missing.
    pub gaps: u64,
    /// How often a late counter in it is refreshed.
    pub cadence: Option<Duration>,
    /// One guest's memory, in bytes.
    pub memory: Option<f64>,
    /// Its rate over time: seconds since its start, and the mean since the point before.
    pub course: Vec<(f64, Option<f64>)>,
}

/// One link's part.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name.
    pub interface: String,
    /// What it carried.
    pub bytes: Pair<u64>,
    /// Its share of the bytes in the trial's direction, 0 to 1.
    pub share: Option<f64>,
}

/// Where a session's trials come from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Short, and unique over all files: ids begin with it.
    pub name: &'a str,
    /// The file.
    pub file: &'a str,
}

/// Counters that are refreshed more often than this are not late for a report.
const LATE: Duration = Duration::from_millis(250);
/// A course has at most so many points.
const COURSE: usize = 240;

impl Outcome {
    /// One of which no more is known than how long it took.
    pub fn timed(id: String, file: String, factors: Factors, duration: f64) -> Self {
        Self {
            id,
            file,
            host: None,
            state: TrialState::Finished,
            exit_status: None,
            subject: None,
            factors,
            repetition: 1,
            started: None,
            duration,
            resolution: 0.0,
            excluded: false,
            because: None,
            notes: Vec::new(),
            active: None,
            direction: None,
            bytes: None,
            moved: None,
            members: Vec::new(),
            links: None,
            mean: None,
            peak: None,
            peak_window: None,
            peak5: None,
            p50: None,
            p95: None,
            attainable: None,
            member_attainable: None,
            line_rate: None,
            impossible: false,
            saturated: None,
            balance: None,
            errors: None,
            drops: None,
            retransmissions: None,
            limits: None,
            elsewhere: None,
            background: None,
            link_changes: 0,
            gaps: 0,
            cadence: None,
            memory: None,
            course: Vec::new(),
        }
    }

    /// Those of a session, in order of start.
    pub fn of_session(session: &Session, origin: Origin<'_>) -> Vec<Self> {
        session.trials().iter().map(|trial| Self::of(session, trial, origin)).collect()
    }

    /// It enters a cell: it is finished, took some time, and nobody excluded it.
    pub fn counts(&self) -> bool {
        self.state == TrialState::Finished && !self.excluded && self.duration > 0.0
    }

    fn of(session: &Session, trial: &Trial, origin: Origin<'_>) -> Self {
        let duration = trial.duration(session.at());
        let id = format!("{}#{}", origin.name, trial.number);
        let header = session.header();
        let timed = Self {
            host: header.map(|header| header.host.clone()),
            state: trial.state,
            exit_status: trial.exit_status,
            repetition: trial.repetition,
            started: header
                .and_then(|header| moment(&header.started, trial.start))
                .map(|time| format!("{time:.6}")),
            excluded: trial.excluded,
            because: trial.because.clone(),
            notes: trial.notes.clone(),
            memory: super::load::guest_memory(&trial.factors),
            ..Self::timed(id, origin.file.into(), trial.factors.clone(), duration.as_secs_f64())
        };
        let running = || session.running_figures().filter(|_| trial.state == TrialState::Open);
        let Some(figures) = trial.figures.clone().or_else(running) else { return timed };
        let moved = figures.bytes[figures.direction];
        let member = |member: &crate::session::MemberBytes| Member {
            interface: member.name.clone(),
            bytes: member.bytes,
            share: figures.share(member),
        };
        let course = session.trial_rates(trial.number, COURSE).unwrap_or_default();
        Self {
            active: figures.active.map(|(from, to)| to.saturating_sub(from).as_secs_f64()),
            direction: Some(figures.direction),
            bytes: Some(figures.bytes),
            moved: Some(moved as f64),
            members: figures.members.iter().map(member).collect(),
            links: Some(figures.links),
            mean: figures.mean.or(Bytes(moved).over(duration).map(|rate| rate.0)),
            peak: figures.peak,
            peak_window: Some(figures.peak_window),
            peak5: figures.peak5,
            p50: figures.p50,
            p95: figures.p95,
            attainable: figures.attainable,
            member_attainable: figures.member_attainable,
            line_rate: None,
            impossible: figures.impossible,
            saturated: figures.saturated,
            balance: figures.balance,
            errors: Some(figures.errors),
            drops: Some(figures.drops),
            retransmissions: figures.retransmissions,
            limits: Some(figures.limits).filter(|limits| limits.windows > 0),
            elsewhere: figures.elsewhere,
            background: figures.background,
            link_changes: figures.link_changes,
            gaps: figures.gaps,
            cadence: figures.cadence,
            subject: Some(figures.subject),
            course,
            ..timed
        }
    }

    /// Several links carried it together from start to end: how they shared it says something of
    /// how traffic is spread over them.
    pub fn is_spread(&self) -> bool {
        self.links > Some(1) && self.link_changes == 0
    }

    /// Share of attainable at the peak; the peak must be known and possible or not, it is told.
    pub fn utilisation(&self) -> Option<f64> {
        Some(self.peak? / self.attainable?)
    }

    /// What limited it for most of its active time, by its code.
    pub fn limited_by(&self) -> Option<&'static str> {
        Some(self.limits?.verdict()?.code())
    }

    /// A driver refreshes its counters so seldom that its figures show it.
    pub fn is_late(&self) -> bool {
        self.cadence > Some(LATE)
    }

    /// What is odd about it, in the words of the report.
    pub fn flags(&self) -> Vec<&'static str> {
        let flags = [
            (self.impossible, "above-attainable"),
            (self.excluded, "excluded"),
            (self.gaps > 0, "gap"),
            (self.is_late(), "slow-counters"),
            (self.link_changes > 0, "link-change"),
            (self.errors.unwrap_or(0) + self.drops.unwrap_or(0) > 0, "errors-or-drops"),
            (self.duration <= 0.0, "zero-length"),
        ];
        flags.iter().filter(|(holds, _)| *holds).map(|(_, flag)| *flag).collect()
    }
}
