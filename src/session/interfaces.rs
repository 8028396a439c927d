//! What is known of each interface: facts, totals, and, once it moves, rates and history.

use std::time::Duration;

use super::attainable::{Before, Capacity};
use super::faults::{FaultCount, Lost};
use super::ticks::{Gone, Ticks, Trail};
use crate::measure::history::History;
use crate::measure::meter::{Meter, Peak, Span};
use crate::model::{Counts, Faults, GapReason, Interface, InterfaceId, Pair};

/// A rate below this, in bit/s, is the chatter of an idle link (neighbour discovery, LACP).
const CHATTER: f64 = 10_000.0;

/// One interface of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceState {
    /// Its facts, the last known ones when it is gone.
    pub facts: Interface,
    /// It is there now.
    pub present: bool,
    /// When it was first read.
    pub since: Option<Duration>,
    /// Bytes since session start, gaps left out.
    pub total: Pair<u64>,
    /// Gaps so far: bytes in them may be missing from the total.
    pub gaps: u64,
    /// When it went.
    pub(super) until: Option<Duration>,
    /// How often its link went up or down, or changed its speed, and it came or went.
    pub(super) link_changes: u64,
    pub(super) capacity_before: Before,
    faults: FaultCount,
    /// Absolute bytes as last proven, and the total then.
    proof: Option<(Pair<u64>, Pair<u64>)>,
    /// What was recorded since the proof has a hole: the next absolute reading tells its bytes.
    hole: bool,
    pub(super) activity: Option<Box<Activity>>,
    /// The peak of the latest trial as it was when the interface went.
    gone_trial_peak: Peak,
}

/// Rates and history: allocated when the interface first moves, so that idle ones cost nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Activity {
    pub meter: Meter,
    /// None in a session that is about its trials alone.
    pub history: Option<History>,
    pub peak: Peak,
    pub trial_peak: Peak,
    /// When it last carried more than chatter.
    pub busy_at: Option<Duration>,
    pub trail: Trail,
    pending: (Pair<u64>, Pair<u64>),
}

impl InterfaceState {
    /// `link_changes` is 1 for one that comes while others are there.
    fn new(facts: Interface, link_changes: u64) -> Self {
        Self {
            facts,
            present: true,
            since: None,
            total: Pair::default(),
            gaps: 0,
            until: None,
            link_changes,
            capacity_before: Before::default(),
            faults: FaultCount::default(),
            proof: None,
            hole: false,
            activity: None,
            gone_trial_peak: Peak::default(),
        }
    }

    /// Errors and drops since session start.
    pub fn faults(&self) -> u64 {
        self.lost().sum()
    }

    /// The same apart.
    pub(super) fn lost(&self) -> Lost {
        self.faults.lost
    }

    /// When it last carried more than an idle link's chatter.
    pub fn busy_at(&self) -> Option<Duration> {
        self.activity.as_ref()?.busy_at
    }

    /// The peak of the latest trial.
    pub(super) fn trial_peak(&self) -> Peak {
        self.activity.as_ref().map_or(self.gone_trial_peak, |activity| activity.trial_peak)
    }

    /// With these facts it is back, its link is up or down, or has another speed.
    fn is_changed_by(&self, facts: &Interface) -> bool {
        let link = |facts: &Interface| (facts.up, facts.speed_bits_per_s);
        !self.present || link(&self.facts) != link(facts)
    }

    /// It has gone: rates and history go with it, for guests' taps come and go all day. What a
    /// running trial may yet ask for is given back.
    fn go(&mut self, at: Duration) -> Option<Gone> {
        self.present = false;
        self.link_changes += 1;
        self.until = Some(at);
        self.gone_trial_peak = self.trial_peak();
        let Activity { trail, meter, .. } = *self.activity.take()?;
        Some(Gone { id: self.facts.id, trail, cadence: meter.cadence() })
    }

    /// Takes an absolute reading that ends a hole; gives what was carried in the hole, where that
    /// can be told.
    fn complete(&mut self, at: Duration, absolute: Pair<u64>) -> Option<Pair<u64>> {
        self.since.get_or_insert(at);
        self.hole = false;
        let missing = self.proof.and_then(|(bytes, total)| {
            let missing =
                |bytes: u64, added: u64, now: u64| now.checked_sub(bytes)?.checked_sub(added);
            let rx = missing(bytes.rx, self.total.rx - total.rx, absolute.rx)?;
            Some(Pair { rx, tx: missing(bytes.tx, self.total.tx - total.tx, absolute.tx)? })
        });
        self.total = self.total + missing.unwrap_or_default();
        self.proof = Some((absolute, self.total));
        missing.filter(|missing| *missing != Pair::default())
    }

    /// Gaps so far, without one whose bytes are still to be told.
    pub(super) fn settled_gaps(&self) -> u64 {
        self.gaps - u64::from(self.hole)
    }

    /// Takes an absolute reading; `false` when it contradicts the samples before it.
    pub(super) fn prove(&mut self, at: Duration, absolute: Pair<u64>) -> bool {
        self.since.get_or_insert(at);
        let proven = self.proof.is_none_or(|(bytes, total)| {
            let holds = |bytes: u64, added: u64, now: u64| {
                let expected = bytes.wrapping_add(added);
                // A 32-bit counter may have wrapped in between.
                expected == now || u64::from(expected as u32) == now
            };
            holds(bytes.rx, self.total.rx - total.rx, absolute.rx)
                && holds(bytes.tx, self.total.tx - total.tx, absolute.tx)
        });
        self.proof = Some((absolute, self.total));
        proven
    }

    /// A gap up to `at`; where counters restarted, the next absolute reading has nothing to prove.
    pub(super) fn interrupt(&mut self, at: Duration, why: GapReason) {
        if matches!(why, GapReason::Reset | GapReason::Appeared | GapReason::Mismatch) {
            self.proof = None;
        }
        self.gaps += u64::from(why != GapReason::Appeared);
        if why == GapReason::Reset {
            // Fault counters restarted with the others.
            self.faults.restart();
        }
        self.rest(at);
    }

    /// A part of the recording up to `at` could not be read.
    fn take_hole(&mut self, at: Duration) {
        self.gaps += 1;
        self.hole |= self.present;
        self.rest(at);
    }

    /// No rate until the next sample.
    pub(super) fn rest(&mut self, at: Duration) {
        if let Some(activity) = &mut self.activity {
            activity.meter.interrupt(at);
        }
    }

    pub(super) fn take_faults(&mut self, faults: Faults) {
        self.faults.take(faults);
    }

    /// The faults that were there before the session are not its own.
    pub(super) fn base_faults(&mut self, faults: Faults) {
        self.faults.base(faults);
    }
}

/// All interfaces in order of id, and which of them have ever moved.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Interfaces {
    pub all: Vec<InterfaceState>,
    active: Vec<usize>,
    /// Start of the latest trial: its peaks have no window that began before.
    pub trial_start: Duration,
    pub ticks: Ticks,
    /// No sample was read since a part of the recording could not be read.
    behind_a_hole: bool,
    /// Nothing is kept but what trials need.
    pub for_trials: bool,
}

impl Interfaces {
    pub fn get(&self, id: InterfaceId) -> Option<&InterfaceState> {
        self.all.get(self.position(id)?)
    }

    pub fn get_mut(&mut self, id: InterfaceId) -> Option<&mut InterfaceState> {
        let at = self.position(id)?;
        self.all.get_mut(at)
    }

    fn position(&self, id: InterfaceId) -> Option<usize> {
        // Ids count up from 1 and mostly without holes.
        let guess = (id as usize).wrapping_sub(1);
        match self.all.get(guess) {
            Some(state) if state.facts.id == id => Some(guess),
            _ => self.all.binary_search_by_key(&id, |state| state.facts.id).ok(),
        }
    }

    /// Takes the facts of all interfaces that are there now; returns those that changed, old facts
    /// first (`None`: it is new; a `None` second: it is gone).
    pub fn update(
        &mut self,
        at: Duration,
        now: Vec<Interface>,
    ) -> Vec<(Option<Interface>, Option<Interface>)> {
        let mut changes = Vec::new();
        let come = u64::from(!self.all.is_empty());
        for state in &mut self.all {
            if state.present && !now.iter().any(|i| i.id == state.facts.id) {
                let gone = state.go(at);
                self.ticks.gone.extend(gone.filter(|_| self.ticks.are_for_a_trial()));
                changes.push((Some(state.facts.clone()), None));
            }
        }
        let all = &self.all;
        self.active.retain(|position| all[*position].activity.is_some());
        for facts in now {
            match self.get_mut(facts.id) {
                Some(state) if state.facts == facts && state.present => {}
                Some(state) => {
                    state.link_changes += u64::from(state.is_changed_by(&facts));
                    state.present = true;
                    state.until = None;
                    let old = std::mem::replace(&mut state.facts, facts.clone());
                    let [before, after] = [&old, &facts].map(Capacity::of);
                    state.capacity_before.take(at, before, after);
                    changes.push((Some(old), Some(facts)));
                }
                None => {
                    changes.push((None, Some(facts.clone())));
                    let at = self.all.partition_point(|s| s.facts.id < facts.id);
                    self.all.insert(at, InterfaceState::new(facts, come));
                    for active in self.active.iter_mut().filter(|active| **active >= at) {
                        *active += 1;
                    }
                }
            }
        }
        changes
    }

    /// A part of the recording up to `at` could not be read.
    pub fn take_hole(&mut self, at: Duration) {
        self.behind_a_hole = true;
        self.all.iter_mut().for_each(|state| state.take_hole(at));
    }

    /// Takes an absolute reading; `false` when it contradicts the samples before it.
    pub fn prove(&mut self, at: Duration, absolute: &Counts, interval: Duration) -> bool {
        let Some(position) = self.position(absolute.id) else { return true };
        let state = &mut self.all[position];
        if !state.hole {
            return state.prove(at, absolute.bytes);
        }
        let before = state.total;
        if state.complete(at, absolute.bytes).is_some() {
            self.fill(position, at, before, interval);
        }
        true
    }

    /// Bytes of a hole are told at `at`: they have no rate, and are there from then on.
    fn fill(&mut self, position: usize, at: Duration, before: Pair<u64>, interval: Duration) {
        let state = &mut self.all[position];
        let id = state.facts.id;
        let activity = state.activity.get_or_insert_with(|| {
            self.active.push(position);
            let trail = self.ticks.trail_of(id, before);
            Box::new(Activity::new(interval, at, at, trail, !self.for_trials))
        });
        if self.ticks.times.back() == Some(&at) {
            activity.trail.correct(at, state.total);
        }
        if self.ticks.gaps.back() != Some(&(at, None)) {
            self.ticks.take_gap(at, Some(&[id]));
        }
    }

    /// What a link had carried by `at`, between two ticks by its share of the time; `None` where that
    /// is not known, or not yet.
    pub fn carried_by(&self, id: InterfaceId, at: Duration) -> Option<Pair<f64>> {
        let state = self.get(id)?;
        let times = &self.ticks.times;
        let next = times.partition_point(|time| *time < at);
        let after = *times.get(next)?;
        let before = if after == at { after } else { *times.get(next.checked_sub(1)?)? };
        if state.since.is_none_or(|since| since > before) {
            return None;
        }
        let Some(activity) = &state.activity else {
            // It has never moved, or is gone and its trail with it.
            return state.present.then(|| state.total.map(|total| total as f64));
        };
        let [older, newer] = [before, after].map(|time| activity.trail.total_at(time));
        let part = at.saturating_sub(before).as_secs_f64();
        let part = part / after.saturating_sub(before).as_secs_f64().max(1e-9);
        let between = |older: u64, newer: u64| older as f64 + (newer - older) as f64 * part;
        Some(Pair { rx: between(older.rx, newer.rx), tx: between(older.tx, newer.tx) })
    }

    /// How far the changes of a late counter are apart.
    pub fn refresh(&self, id: InterfaceId) -> Option<Duration> {
        self.get(id)?.activity.as_ref()?.meter.cadence()
    }

    /// Takes one tick that began at `last`; says whether anything moves.
    pub fn tick(
        &mut self,
        last: Duration,
        at: Duration,
        interval: Duration,
        delta: &[Counts],
    ) -> bool {
        for counts in delta {
            let Some(position) = self.position(counts.id) else { continue };
            let state = &mut self.all[position];
            let activity = state.activity.get_or_insert_with(|| {
                self.active.push(position);
                let since = state.since.unwrap_or(last).min(last);
                let trail = self.ticks.trail_of(counts.id, state.total);
                Box::new(Activity::new(interval, since, last, trail, !self.for_trials))
            });
            state.total = state.total + counts.bytes;
            activity.pending = (counts.bytes, counts.packets);
        }
        let mut busy = false;
        let oldest = self.ticks.take(at);
        let rests = std::mem::take(&mut self.behind_a_hole);
        for position in &self.active {
            let state = &mut self.all[*position];
            let InterfaceState { facts, total, capacity_before, activity: Some(activity), .. } =
                state
            else {
                continue;
            };
            if let Some(oldest) = oldest {
                activity.trail.push(at, *total, oldest);
            }
            if rests {
                activity.meter.interrupt(at);
            }
            let attainable = |from| capacity_before.most(from, at, Capacity::of(facts)).rate();
            busy |= activity.tick(at, self.trial_start, attainable);
        }
        if self.ticks.are_too_many(self.active.len() + self.ticks.gone.len()) {
            self.thin();
        }
        busy
    }

    fn trails(&mut self) -> impl Iterator<Item = &mut Trail> {
        let active = self.all.iter_mut().filter_map(|state| state.activity.as_mut());
        active.map(|activity| &mut activity.trail)
    }

    fn thin(&mut self) {
        let mut ticks = std::mem::take(&mut self.ticks);
        ticks.thin();
        self.trails().for_each(|trail| trail.thin(&ticks.times));
        ticks.gone.iter_mut().for_each(|gone| gone.trail.thin(&ticks.times));
        self.ticks = ticks;
    }

    /// A mark was set: its instant is a tick, and stays one.
    pub fn keep_mark(&mut self, at: Duration) {
        if let Some(oldest) = self.ticks.keep(at) {
            for state in &mut self.all {
                if let Some(activity) = state.activity.as_mut() {
                    activity.trail.push(at, state.total, oldest);
                }
            }
        }
        if self.ticks.marks.last().is_none_or(|last| *last < at) {
            self.ticks.marks.push(at);
        }
    }

    /// The ticks that were kept for a trial are of no use any more.
    pub fn keep_latest(&mut self) {
        if let Some(oldest) = self.ticks.keep_latest() {
            self.trails().for_each(|trail| trail.cut(oldest));
        }
    }

    /// A new trial begins: its peaks start over. Returns those of the trial before.
    pub fn start_trial(&mut self, at: Duration) -> Vec<(InterfaceId, Peak)> {
        self.trial_start = at;
        let mut before = Vec::new();
        for state in &mut self.all {
            let peak = state.trial_peak();
            if peak != Peak::default() {
                before.push((state.facts.id, peak));
            }
            state.gone_trial_peak = Peak::default();
            if let Some(activity) = &mut state.activity {
                activity.trial_peak = Peak::default();
            }
        }
        before
    }

    /// The latest start is undone: the trial before it goes on with the peaks of both.
    pub fn resume_trial(&mut self, start: Duration, peaks: &[(InterfaceId, Peak)]) {
        self.trial_start = start;
        for (id, peak) in peaks {
            if let Some(state) = self.get_mut(*id) {
                state
                    .activity
                    .as_mut()
                    .map_or(&mut state.gone_trial_peak, |a| &mut a.trial_peak)
                    .join(peak);
            }
        }
    }
}

impl Activity {
    /// Nothing moved from `since` to `last`, and the first movement came after it.
    fn new(interval: Duration, since: Duration, last: Duration, trail: Trail, shown: bool) -> Self {
        let history = shown.then(|| {
            let mut history = History::default();
            history.add(Span { from: since, to: last, rates: Pair::default() });
            history
        });
        Self {
            meter: Meter::after_rest(interval, since, last),
            history,
            peak: Peak::default(),
            trial_peak: Peak::default(),
            busy_at: None,
            trail,
            pending: Default::default(),
        }
    }

    /// `attainable` is what could be carried at most since a moment.
    fn tick(
        &mut self,
        at: Duration,
        trial_start: Duration,
        attainable: impl Fn(Duration) -> Option<f64>,
    ) -> bool {
        let (bytes, packets) = std::mem::take(&mut self.pending);
        let cadence = self.meter.cadence();
        let accounted = self.meter.take(at, bytes, packets);
        if cadence.is_none() && self.meter.cadence().is_some() {
            // What was made of partial refreshes was wrong.
            let since = self.meter.late_since().unwrap_or(at);
            self.peak.forget(since);
            self.trial_peak.forget(since);
            self.history.iter_mut().for_each(|history| history.forget(since));
        }
        let Some(history) = &mut self.history else {
            if let Some(rates) = self.meter.whole_above(&self.trial_peak) {
                self.offer_trial(at, rates, trial_start, attainable);
            }
            return false;
        };
        if let Some(span) = accounted.and_then(|accounted| self.meter.span(accounted)) {
            history.add(span);
        }
        let second = self.meter.second();
        if let Some(rates) = second.filter(|_| self.meter.is_whole()) {
            if self.peak.is_below(rates) {
                self.peak.offer(at, rates, attainable(self.meter.window_start()));
            }
            if self.trial_peak.is_below(rates) {
                self.offer_trial(at, rates, trial_start, attainable);
            }
        }
        if second.is_some_and(|r| r.rx.max(r.tx) > CHATTER) {
            self.busy_at = Some(at);
        }
        // What moved in the last interval moved in the window.
        second.is_some_and(|r| r.rx > 0.0 || r.tx > 0.0)
    }

    fn offer_trial(
        &mut self,
        at: Duration,
        rates: Pair<f64>,
        trial_start: Duration,
        attainable: impl Fn(Duration) -> Option<f64>,
    ) {
        let from = self.meter.window_start();
        if from >= trial_start {
            self.trial_peak.offer(at, rates, attainable(from));
        }
    }
}
