//! The figures of the moment of an interface or a team, ready to be shown.

use std::time::Duration;

use super::attainable::Capacity;
use super::{InterfaceState, Session, TeamState};
use crate::measure::counter::is_impossible;
use crate::measure::history::{Column, REACH};
use crate::measure::meter::{Meter, Peak, WINDOW};
use crate::model::{Direction, InterfaceId, Pair};
use crate::stats::jain;
use crate::units::Utilisation;

/// What figures are about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One interface.
    Interface(InterfaceId),
    /// A team, by name.
    Team(String),
}

/// Rates in bit/s; `None` is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Last interval.
    pub now: Option<Pair<f64>>,
    /// Mean over the last `window`.
    pub second: Option<Pair<f64>>,
    /// Highest mean over any `window` of the session.
    pub peak: Peak,
    /// What `second` and `peak` are means over.
    pub window: Duration,
    /// Refresh cadence of the slowest counter in it, where it is slower than the samples.
    pub cadence: Option<Duration>,
    /// What counters could show at most over the window, in one direction.
    pub attainable: Option<f64>,
}

/// A member's part in its team.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemberFigures<'a> {
    /// The member.
    pub interface: &'a InterfaceState,
    /// Its own figures.
    pub figures: Figures,
}

impl Figures {
    /// Share of attainable in use over the last window.
    pub fn utilisation(&self, direction: Direction) -> Option<Utilisation> {
        Some(Utilisation(self.second?[direction] / self.attainable?))
    }

    /// Whether a rate is more than the wire can carry (rule 6).
    pub fn is_impossible(&self, rate: f64) -> bool {
        is_impossible(rate, self.attainable)
    }
}

impl InterfaceState {
    /// The figures of the moment; `at` is the session's.
    pub(super) fn figures(&self, at: Duration) -> Figures {
        let attainable = self.attainable_between(self.second_since(at), at);
        if let Some(activity) = &self.activity {
            return Figures {
                now: activity.meter.now(),
                second: activity.meter.second(),
                peak: activity.peak,
                window: activity.meter.window(),
                cadence: activity.meter.cadence(),
                attainable,
            };
        }
        // There, read at least twice, and never moved: a measured zero.
        let read = self.present && self.since.is_some_and(|since| at > since);
        let zero = read.then(Pair::default);
        Figures { now: zero, second: zero, window: WINDOW, attainable, ..Figures::default() }
    }
}

impl Session {
    /// The figures of the moment; `None` when there is no such subject.
    pub fn figures(&self, subject: &Subject) -> Option<Figures> {
        match subject {
            Subject::Interface(id) => Some(self.interface(*id)?.figures(self.at)),
            Subject::Team(name) => Some(self.team_figures(self.team(name)?)),
        }
    }

    /// A team by name.
    pub fn team(&self, name: &str) -> Option<&TeamState> {
        self.teams.iter().find(|team| team.facts.name == name)
    }

    /// Bytes since session start, gaps left out; a team's are its members'.
    pub fn total(&self, subject: &Subject) -> Pair<u64> {
        match subject {
            Subject::Interface(id) => self.interface(*id).map(|i| i.total).unwrap_or_default(),
            Subject::Team(name) => self.team(name).map_or_else(Pair::default, |team| {
                self.members(team).fold(Pair::default(), |sum, m| sum + m.interface.total)
            }),
        }
    }

    /// The members of a team that are known, with their figures.
    pub fn members<'a>(
        &'a self,
        team: &'a TeamState,
    ) -> impl Iterator<Item = MemberFigures<'a>> + Clone {
        let figures = |interface: &'a InterfaceState| interface.figures(self.at);
        self.links_in(team)
            .map(move |interface| MemberFigures { interface, figures: figures(interface) })
    }

    /// The members of a team that are known.
    pub(super) fn links_in<'a>(
        &'a self,
        team: &'a TeamState,
    ) -> impl Iterator<Item = &'a InterfaceState> + Clone {
        team.facts.members.iter().filter_map(|id| self.interface(*id))
    }

    /// Jain's index of the members that are up, over the last window; `None` without traffic, and where
    /// one carries at a time.
    pub fn balance(&self, team: &TeamState, direction: Direction) -> Option<f64> {
        if team.facts.one_at_a_time() {
            return None;
        }
        let up = self.members(team).filter(|m| m.interface.is_up());
        jain(up.map(|m| m.figures.second.map_or(0.0, |rates| rates[direction])))
    }

    /// Sums of the members: rates add up because all were read at the same instants.
    pub(super) fn team_figures(&self, team: &TeamState) -> Figures {
        let mut sum = Figures { peak: team.peak, window: WINDOW, ..Figures::default() };
        let present = || self.members(team).filter(|m| m.interface.present).map(|m| m.figures);
        // A sum that lacks a part is no sum.
        sum.now = total(present().map(|figures| figures.now));
        sum.second = total(present().map(|figures| figures.second));
        sum.window = present().map(|figures| figures.window).fold(WINDOW, Duration::max);
        sum.cadence = present().map(|figures| figures.cadence).max().flatten();
        let since = self.links_in(team).map(|link| link.second_since(self.at));
        let since = since.min().unwrap_or(self.at);
        sum.attainable = self.attainable_of_team(team, since, self.at);
        sum
    }

    /// What the members that are up can carry together; one member where only one carries at a time.
    pub(super) fn capacity(&self, team: &TeamState) -> Capacity {
        let mut up = self.links_in(team).filter(|link| link.is_up()).peekable();
        if up.peek().is_none() {
            return Capacity::None;
        }
        let mut attainable = up.map(|link| link.facts.attainable());
        let all = if team.facts.one_at_a_time() {
            attainable.try_fold(0f64, |best, a| Some(best.max(a?)))
        } else {
            attainable.sum()
        };
        all.map_or(Capacity::Unknown, Capacity::Of)
    }

    /// Number of the newest finished history column of `width`, if there is one.
    pub fn newest_column(&self, width: Duration) -> Option<u64> {
        ((self.at.as_nanos() / width.as_nanos()) as u64).checked_sub(1)
    }

    /// From when on history is kept, in steps of whichever width.
    pub fn kept_since(&self) -> Duration {
        self.at.saturating_sub(REACH)
    }

    /// Fills `out` with history columns (see [`crate::measure::history::History::columns`]); a
    /// team's are the sums of its members'.
    pub fn columns(
        &self,
        subject: &Subject,
        direction: Direction,
        width: Duration,
        newest: u64,
        out: &mut [Option<Column>],
        scratch: &mut Vec<Option<Column>>,
    ) {
        match subject {
            Subject::Interface(id) => match self.interface(*id) {
                Some(state) => state.columns(direction, width, newest, out),
                None => out.fill(None),
            },
            Subject::Team(name) => {
                out.fill(None);
                scratch.clear();
                scratch.resize(out.len(), None);
                let Some(team) = self.team(name) else { return };
                for member in self.members(team) {
                    member.interface.columns(direction, width, newest, scratch);
                    for (sum, part) in out.iter_mut().zip(scratch.iter()) {
                        // A member that came later or has gone takes nothing from the others.
                        *sum = match (*sum, *part) {
                            (Some(sum), Some(part)) => Some(Column {
                                mean: sum.mean + part.mean,
                                min: sum.min + part.min,
                                max: sum.max + part.max,
                            }),
                            (sum, part) => sum.or(part),
                        };
                    }
                }
            }
        }
    }
}

/// The sum of all parts; `None` when there are none, or one is not known.
fn total(parts: impl Iterator<Item = Option<Pair<f64>>>) -> Option<Pair<f64>> {
    parts.reduce(|sum, part| Some(sum? + part?)).flatten()
}

impl InterfaceState {
    /// Fills `out` with this interface's history columns.
    fn columns(
        &self,
        direction: Direction,
        width: Duration,
        newest: u64,
        out: &mut [Option<Column>],
    ) {
        match (&self.activity, self.since) {
            (Some(activity), _) => match &activity.history {
                Some(history) => history.columns(direction, width, newest, out),
                None => out.fill(None),
            },
            // Never moved: a measured zero from its first reading on.
            (None, Some(since)) => {
                let first = (newest + 1).saturating_sub(out.len() as u64);
                let shift = out.len() as u64 - (newest + 1 - first);
                let from = since.as_nanos().div_ceil(width.as_nanos()) as u64;
                for (i, column) in (0u64..).zip(out.iter_mut()) {
                    let measured = i >= shift && first + (i - shift) >= from;
                    *column = measured.then_some(Column { mean: 0.0, min: 0.0, max: 0.0 });
                }
            }
            (None, None) => out.fill(None),
        }
    }

    /// When the time began that the mean of the last window is of, at the latest.
    fn second_since(&self, at: Duration) -> Duration {
        let window = self.activity.as_ref().map(|activity| &activity.meter);
        let since = at.saturating_sub(window.map_or(WINDOW, Meter::window));
        window.map_or(since, |meter| meter.window_start().min(since))
    }

    /// There, administratively up, with carrier.
    pub fn is_up(&self) -> bool {
        self.present && self.facts.up
    }
}
