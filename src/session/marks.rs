//! What a mark does: the figures of the trial that it ends or whose edges it moves, from the totals
//! at its marks and from the trial's profile.

use std::time::Duration;

use super::course::Course;
use super::members::{MemberBytes, add_member};
use super::profile::{Profile, Stretch};
use super::trials::{Begin, Edges, Effect, Finish, PutAside, Then};
use super::verdict::{FULL, Limits, Windows};
use super::{InterfaceState, Session, Subject, TeamState, TrialFigures, TrialState};
use crate::measure::counter::is_impossible;
use crate::measure::meter::Peak;
use crate::model::{Direction, InterfaceId, Mark, MarkKind, Pair};
use crate::stats::jain;

/// The background is the mean over at most this long before the start.
const BACKGROUND: Duration = Duration::from_secs(10);
/// The longer of the two windows that peaks are means over.
const PEAK5: Duration = Duration::from_secs(5);
/// Over less than this it is the tail of what was before, and is not told.
const LEAST_BACKGROUND: Duration = Duration::from_millis(1_500);
/// Traffic that rests this long has ended; a shorter pause belongs to it.
pub(super) const PAUSE: Duration = Duration::from_secs(3);
/// Traffic is what exceeds the background this many times, and this share of what is attainable.
pub(super) const ABOVE_BACKGROUND: f64 = 3.0;
pub(super) const ABOVE_ATTAINABLE: f64 = 0.01;

/// What a trial has measured between its start mark and now.
struct Measured {
    links: Vec<InterfaceId>,
    figures: TrialFigures,
}

/// What was kept of a trial.
#[derive(Clone, Copy)]
struct Kept<'a> {
    profile: &'a Profile,
    windows: &'a Windows,
    links: &'a [InterfaceId],
}

impl Session {
    pub(super) fn take_mark(&mut self, mark: Mark) {
        let effect = match mark.kind {
            MarkKind::Undo => return self.take_back(),
            MarkKind::Start if self.open_trial().is_none() => {
                Effect::Begin(Box::new(self.begin(mark.at)))
            }
            MarkKind::Stop | MarkKind::Cancel if self.open_trial().is_some() => {
                Effect::Finish(Box::new(self.finish(mark.at)))
            }
            MarkKind::Edit => self.edit(&mark).map_or(Effect::None, |e| Effect::Edit(Box::new(e))),
            _ => Effect::None,
        };
        self.trials.push(mark, effect);
    }

    fn take_back(&mut self) {
        match self.trials.undo() {
            Some(Effect::Begin(begin)) => {
                self.bring_back(&begin.put_aside);
                self.trials.resumed = None;
                self.interfaces.keep_latest();
            }
            Some(Effect::Finish(finish)) => {
                if finish.profile.is_some() {
                    self.trials.resumed = finish.profile;
                    self.windows.resume(finish.windows);
                }
                self.interfaces.ticks.keep_all();
            }
            _ => {}
        }
    }

    fn begin(&mut self, at: Duration) -> Begin {
        self.keep_profile();
        self.interfaces.keep_mark(at);
        self.interfaces.ticks.keep_all();
        Begin {
            at,
            interfaces: self.standing(),
            teams: self.teams.iter().map(|team| team.facts.clone()).collect(),
            accounts: self.flows.accounts.clone(),
            put_aside: self.put_aside(at),
        }
    }

    fn finish(&mut self, at: Duration) -> Finish {
        self.interfaces.keep_mark(at);
        let finish = self.closing(at);
        self.interfaces.ticks.keep_more();
        finish
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

    /// When the last mark that stands was set.
    pub fn last_mark(&self) -> Option<Duration> {
        self.trials.last_mark()
    }

    /// Marks that stand, and that undo can take back.
    pub fn marks(&self) -> usize {
        self.trials.marks()
    }

    fn standing(&self) -> Vec<Then> {
        let then = |i: &InterfaceState| Then {
            id: i.facts.id,
            total: i.total,
            gaps: i.settled_gaps(),
            lost: i.lost(),
            link_changes: i.link_changes,
        };
        self.interfaces().filter(|i| i.present).map(then).collect()
    }

    /// The time after the last trial is over: what was kept for it goes with it.
    pub(super) fn keep_profile(&mut self) {
        if !self.interfaces.ticks.are_for_a_trial() {
            return;
        }
        let resumed = self.trials.resumed.take();
        let interval = self.interval();
        let last = self.trials().iter().rev().find_map(|trial| Some((trial.start, trial.end?)));
        let windows = last.map(|(start, end)| self.windows.around(start, end));
        if let Some(finish) = self.trials.last_finish() {
            let later = self.interfaces.profile(&finish.links, interval);
            let whole = match resumed {
                Some(resumed) => resumed.joined(later),
                None => later,
            };
            finish.profile = Some(whole.thinned());
            finish.windows = windows.unwrap_or_default();
        }
        self.interfaces.keep_latest();
    }

    /// What the ticks that are kept now say of `links`.
    fn live_profile(&self, links: &[InterfaceId]) -> Profile {
        let later = self.interfaces.profile(links, self.interval());
        match &self.trials.resumed {
            Some(resumed) => resumed.clone().joined(later),
            None => later,
        }
    }

    /// The profile of the trial at `place`.
    fn profile_of(&self, place: usize) -> Option<Profile> {
        if self.trials().get(place)?.state == TrialState::Open {
            let links = self.measured().map_or_else(Vec::new, |measured| measured.links);
            return Some(self.live_profile(&links));
        }
        let finish = self.trials.finish(place)?;
        Some(finish.profile.clone().unwrap_or_else(|| self.live_profile(&finish.links)))
    }

    /// What the running trial has measured so far; its active time, and what rests on its samples,
    /// is told only at its end.
    pub fn running_figures(&self) -> Option<TrialFigures> {
        let Measured { links, mut figures } = self.measured()?;
        let trial = self.open_trial()?;
        if trial.is_moved() {
            let profile = self.live_profile(&links);
            let kept = Kept { profile: &profile, windows: &self.windows, links: &links };
            self.refigure(&mut figures, kept, trial.start, self.at);
            figures.forget_course();
        }
        Some(figures)
    }

    fn closing(&self, end: Duration) -> Finish {
        let (Some(Measured { links, mut figures }), Some(trial)) =
            (self.measured(), self.open_trial())
        else {
            return Finish::default();
        };
        let profile = self.live_profile(&links);
        let kept = Kept { profile: &profile, windows: &self.windows, links: &links };
        if trial.is_moved() {
            self.refigure(&mut figures, kept, trial.start, end);
        } else if let Some(stretch) = profile.stretch(trial.start, end) {
            let course = profile.course(figures.direction, stretch);
            self.take_course(&mut figures, kept, &course, trial.start);
        }
        figures.elsewhere = self.elsewhere(&links, &figures, end);
        Finish { links, figures: Some(figures), ..Finish::default() }
    }

    /// The edges that an edit gives its trial; `None` when they make no trial, or it has none.
    fn edit(&self, mark: &Mark) -> Option<Edges> {
        let place = self.trials().iter().position(|t| Some(t.number) == mark.trial)?;
        let trial = &self.trials()[place];
        let stop = mark.stop.filter(|_| trial.end.is_some());
        if mark.start.or(stop).is_none() {
            return Some(Edges { start: trial.start, end: trial.end, figures: None });
        }
        let profile = self.profile_of(place)?;
        let tick = |at: Duration| profile.time(profile.nearest(at)?);
        let start = mark.start.map_or(Some(trial.start), tick)?;
        let end = stop.map_or(Some(trial.end), |at| Some(tick(at)))?;
        let until = end.unwrap_or(self.at);
        if until <= start {
            return None;
        }
        let mut figures = trial.figures.clone();
        if let Some(figures) = &mut figures {
            let finish = self.trials.finish(place);
            let links = finish.map_or(&[][..], |finish| &finish.links);
            let over = finish.filter(|finish| finish.profile.is_some());
            let windows = over.map_or(&self.windows, |finish| &finish.windows);
            self.refigure(figures, Kept { profile: &profile, windows, links }, start, until);
        }
        Some(Edges { start, end, figures })
    }

    /// Makes the figures those between other edges than the marks.
    fn refigure(&self, figures: &mut TrialFigures, kept: Kept<'_>, start: Duration, end: Duration) {
        let profile = kept.profile;
        let Some(stretch) = profile.stretch(start, end) else { return };
        figures.take_members(profile.members(stretch));
        figures.bytes = sum(&figures.members);
        figures.direction = figures.bytes.busier();
        figures.balance = figures.balance();
        figures.gaps = profile.gaps(stretch);
        // An edge that was moved to a departure stands at the tick next to it.
        figures.take_departures(self.left_between(start, end + self.interval() / 2));
        let course = profile.course(figures.direction, stretch);
        figures.peak = course.peak;
        figures.attainable = self.attainable_of_trial(figures, kept.links, start, end);
        figures.impossible =
            course.peak.is_some_and(|rate| is_impossible(rate, figures.attainable));
        self.take_course(figures, kept, &course, start);
    }

    /// First and last sample above `max(1 % of attainable, 3 x background)`, and what the samples in
    /// between say.
    fn take_course(
        &self,
        figures: &mut TrialFigures,
        Kept { profile, windows, links }: Kept<'_>,
        course: &Course<'_>,
        start: Duration,
    ) {
        figures.forget_course();
        figures.background = self.background(profile, figures.direction, start);
        figures.peak5 = course.peak_over(PEAK5);
        let background = figures.background.unwrap_or(0.0);
        let Some(active) = course.active(threshold(figures.attainable, background)) else { return };
        let (from, to) = active.edges();
        figures.active = Some((from, to));
        figures.limits = windows.between(from, to);
        figures.mean = active.mean();
        [figures.p50, figures.p95] = active.quantiles([0.5, 0.95]);
        figures.saturated =
            active.share_from(FULL, |from, to| self.attainable_of_trial(figures, links, from, to));
    }

    /// Mean rate of the time before a start; `None` where too little of it was measured.
    pub(super) fn background(
        &self,
        profile: &Profile,
        direction: Direction,
        start: Duration,
    ) -> Option<f64> {
        // The trial before is no background.
        let ends = self.trials().iter().filter_map(|t| t.end).filter(|end| *end <= start);
        let from = ends.max().unwrap_or_default().max(start.saturating_sub(BACKGROUND));
        let mean = profile.mean(direction, from, start);
        mean.filter(|_| start.saturating_sub(from) >= LEAST_BACKGROUND)
    }

    /// When the running trial's traffic began, by the same measure as a finished one's active time,
    /// and the bytes that it had carried before in its direction; `None` until then.
    pub fn running_since(&self) -> Option<(Duration, u64)> {
        let Measured { links, figures } = self.measured()?;
        let (start, direction) = (self.open_trial()?.start, figures.direction);
        let profile = self.live_profile(&links);
        let (first, last) = profile.stretch(start, self.at)?;
        let background = self.background(&profile, direction, start).unwrap_or(0.0);
        let course = profile.course(direction, (first, last));
        let (since, _) = course.active(threshold(figures.attainable, background))?.edges();
        let before = profile.members((first, profile.nearest(since)?));
        Some((since, sum(&before)[direction]))
    }

    /// A trial's rate over time in its direction, finished or running: seconds since its start
    /// edge, and the mean since the point before, bit/s, `None` where nothing was measured. No more
    /// than `most` points: of more samples, means over equal spans. `None` when there is no such
    /// trial, or it has no figures.
    pub fn trial_rates(&self, number: u32, most: usize) -> Option<Vec<(f64, Option<f64>)>> {
        let place = self.trials().iter().position(|trial| trial.number == number)?;
        let trial = &self.trials()[place];
        let direction = match &trial.figures {
            Some(figures) => figures.direction,
            None => self.running_figures().filter(|_| trial.end.is_none())?.direction,
        };
        let profile = self.profile_of(place)?;
        let stretch = profile.stretch(trial.start, trial.end.unwrap_or(self.at))?;
        Some(profile.course(direction, stretch).rates(most))
    }

    /// The traffic's own edges: of what lies between the trial's marks, followed outwards, for
    /// people press keys late. `None` when nothing stands out there.
    pub fn traffic_edges(&self, trial: u32) -> Option<(Duration, Duration)> {
        let place = self.trials().iter().position(|t| t.number == trial)?;
        let (before, trial) = (self.trials()[..place].last(), &self.trials()[place]);
        let after = self.trials().get(place + 1);
        let figures = match &trial.figures {
            Some(figures) => figures,
            None => &self.running_figures()?,
        };
        let profile = self.profile_of(place)?;
        let (first, last) = profile.span()?;
        let low = before.and_then(|t| t.end).map_or(first, |end| end.max(first));
        let high = after.map_or(last, |t| t.start.min(last));
        let stretch: Stretch = profile.stretch(low, high)?;
        // A late key leaves no quiet time before the mark: the quietest there is, is background.
        let background = profile.quietest(figures.direction, stretch);
        let threshold = threshold(figures.attainable, background);
        let marked = (trial.marked.0, trial.marked.1.unwrap_or(last));
        profile.course(figures.direction, stretch).edges(threshold, marked, PAUSE)
    }

    fn measured(&self) -> Option<Measured> {
        let begin = self.trials.open()?;
        let subject = self.subject_since(begin)?;
        let links = self.links_of(&subject, begin);
        let known = || links.iter().filter_map(|id| self.interface(*id));
        let mut members = Vec::new();
        for interface in known() {
            let bytes = begin.added(interface);
            // What has carried was up, whatever the driver says.
            let up =
                interface.is_up() || begin.link_changes(interface) > 0 || bytes != Pair::default();
            add_member(&mut members, &interface.facts.name, bytes, up);
        }
        let bytes = sum(&members);
        let direction = bytes.busier();
        let figures = self.figures(&subject)?;
        let peak = self.trial_peak(&subject)?;
        let lost = known().map(|interface| begin.lost(interface));
        let mut figures = TrialFigures {
            subject: self.name_of(&subject).to_owned(),
            direction,
            bytes,
            members,
            active: None,
            mean: None,
            peak: peak.rates[direction],
            peak_window: figures.window,
            attainable: None,
            impossible: peak.impossible[direction],
            gaps: known().map(|interface| begin.gaps(interface)).sum(),
            peak5: None,
            p50: None,
            p95: None,
            saturated: None,
            balance: None,
            errors: lost.clone().map(|lost| lost.errors).sum(),
            drops: lost.map(|lost| lost.drops).sum(),
            background: None,
            link_changes: known().map(|interface| begin.link_changes(interface)).sum(),
            member_attainable: self.largest_attainable(&subject, begin.at),
            links: 0,
            cadence: figures.cadence,
            limits: Limits::default(),
            retransmissions: (self.flows_at() > Some(begin.at))
                .then(|| self.accounted_since(&begin.accounts, &links).retransmitted),
            elsewhere: None,
            guests_left: 0,
            last_guest_left: None,
        };
        figures.attainable = self.attainable_of_trial(&figures, &links, begin.at, self.at);
        figures.take_departures(self.left_between(begin.at, self.at));
        let one_at_a_time = match &subject {
            Subject::Team(name) => self.team(name).is_some_and(|t| t.facts.one_at_a_time()),
            Subject::Interface(_) => true,
        };
        let most = if one_at_a_time { 1 } else { usize::MAX };
        figures.links = figures.carriers().count().min(most);
        figures.balance = figures.balance();
        Some(Measured { links, figures })
    }

    /// Attainable since then of the largest member that is up, or of the interface.
    fn largest_attainable(&self, subject: &Subject, since: Duration) -> Option<f64> {
        match subject {
            Subject::Interface(_) => self.attainable_between(subject, since, self.at),
            Subject::Team(name) => {
                let up = self.links_in(self.team(name)?).filter(|link| link.is_up());
                let attainable = up.map(|link| link.attainable_between(since, self.at));
                attainable.reduce(|best, one| Some(best?.max(one?))).flatten()
            }
        }
    }

    /// What the trial is about: without a team, the interface that carried most in it.
    pub(super) fn subject_since(&self, begin: &Begin) -> Option<Subject> {
        match self.subject()? {
            Subject::Interface(_) if self.settings.subject.is_none() => self.busiest(|i| {
                // One that has gone may still be what the trial was about.
                let bytes = begin.added(i);
                let carried = bytes.rx.max(bytes.tx);
                (i.present || carried > 0).then_some(carried)
            }),
            subject => Some(subject),
        }
    }

    /// The interface itself, or the team's members; with those that went and came back during the
    /// trial that `begin` began.
    fn links_of(&self, subject: &Subject, begin: &Begin) -> Vec<InterfaceId> {
        let mut links = match subject {
            Subject::Interface(id) => vec![*id],
            Subject::Team(name) => {
                let now = self.team(name).map(|team| &team.facts);
                let then = begin.teams.iter().find(|team| &team.name == name);
                now.into_iter().chain(then).flat_map(|team| team.members.clone()).collect()
            }
        };
        let names: Vec<&str> = links
            .iter()
            .filter_map(|id| self.interface(*id))
            .map(|interface| interface.facts.name.as_str())
            .collect();
        let during =
            |i: &InterfaceState| i.since >= Some(begin.at) || begin.of(i.facts.id).is_some();
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
}

impl TrialFigures {
    /// What rests on the samples between the edges is not known yet.
    fn forget_course(&mut self) {
        (self.active, self.mean, self.background) = (None, None, None);
        (self.peak5, self.p50, self.p95, self.saturated) = (None, None, None, None);
        self.limits = Limits::default();
    }

    fn take_departures(&mut self, (count, last): (u32, Option<Duration>)) {
        (self.guests_left, self.last_guest_left) = (count, last);
    }

    /// Between other edges: what was up between the marks is.
    fn take_members(&mut self, members: Vec<MemberBytes>) {
        let before = std::mem::replace(&mut self.members, members);
        for member in &mut self.members {
            let known = before.iter().find(|known| known.name == member.name);
            member.up = known.is_none_or(|known| known.up);
        }
    }

    /// The members whose links were up.
    fn carriers(&self) -> impl Iterator<Item = &MemberBytes> {
        self.members.iter().filter(|member| member.up)
    }

    fn balance(&self) -> Option<f64> {
        let bytes = self.carriers().map(|member| member.bytes[self.direction] as f64);
        jain(bytes).filter(|_| self.links > 1)
    }
}

fn sum(members: &[MemberBytes]) -> Pair<u64> {
    members.iter().fold(Pair::default(), |sum, member| sum + member.bytes)
}

/// A rate above this, in bit/s, is traffic.
fn threshold(attainable: Option<f64>, background: f64) -> f64 {
    (attainable.unwrap_or(0.0) * ABOVE_ATTAINABLE).max(background * ABOVE_BACKGROUND)
}
