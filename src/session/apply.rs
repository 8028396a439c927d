//! The fold itself: one event into the session.

use std::fmt::Write as _;
use std::time::Duration;

use super::attainable::Capacity;
use super::notices::{Severity, describe_change};
use super::{Capture, Session, TeamState};
use crate::model::{
    Counts, Direction, Event, Faults, GapReason, Interface, InterfaceId, Pair, Team, beside,
    is_beside_counters, printable,
};

/// A team's own counter and its members' sum may differ by this share before it is said.
const DISAGREEMENT: f64 = 0.01;
/// They are compared over at least this many bytes and this long.
const COMPARED_BYTES: u64 = 10_000_000;
const COMPARED_TIME: Duration = Duration::from_secs(9);
/// Verdicts are told of seconds, which end where connections were told of; these come with jitter.
const WINDOW: Duration = Duration::from_millis(900);
/// Where nothing is told of connections for so long, the counters alone tell.
const LATEST: Duration = Duration::from_millis(1_600);

impl Session {
    /// Folds one event in. Live view, replay and report all call this and nothing else.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Session(header) => {
                // What the reader chose goes before what was chosen when it was recorded.
                let recorded = header.subject.clone();
                self.settings.subject = self.settings.subject.take().or(recorded);
                self.header = Some(header);
            }
            Event::Interfaces { at, interfaces, teams } => {
                self.take_interfaces(at, interfaces, teams);
            }
            Event::Counters { at, absolute, faults, .. } => {
                self.take_counters(at, &absolute, &faults);
            }
            Event::Sample { at, delta, faults, .. } => self.take_sample(at, &delta, &faults),
            Event::Mark(mark) => self.take_mark(mark),
            Event::Gap { at, interfaces, why, .. } => {
                self.take_gap(at, interfaces.as_deref(), why);
            }
            Event::SourceFailed { at, source, why } => {
                if let Some(capture) = self.capture.as_mut().filter(|_| source == beside::PACKETS) {
                    capture.fail();
                }
                // Until counters can be read again there is no rate; the gap is told then.
                if !is_beside_counters(&source) {
                    for interface in &mut self.interfaces.all {
                        interface.rest(at);
                    }
                }
                self.notices.push(at, Severity::Warning, format!("{source} failed: {why}"));
            }
            Event::Host(load) => self.take_host(load),
            Event::Guests { at, guests } => self.take_guests(at, guests),
            Event::Sockets { at, flows, tcp, closed } => {
                self.flows.take(at, flows, &tcp, &closed, &self.settings.ports);
                self.take_window(at, WINDOW);
            }
            Event::Packets(captured) if !self.interfaces.for_trials => {
                Capture::take(&mut self.capture, captured);
                self.settle_capture();
            }
            Event::Packets(_) | Event::End(_) | Event::Unknown => {}
        }
    }

    /// Holds what a capture has seen against what has been counted since.
    fn settle_capture(&mut self) {
        if let Some(capture) = &mut self.capture {
            capture.settle(&self.interfaces);
        }
    }

    fn take_interfaces(&mut self, at: Duration, interfaces: Vec<Interface>, teams: Vec<Team>) {
        let first = self.interfaces.all.is_empty();
        let capacity = |team: &TeamState| (team.facts.name.clone(), self.capacity(team));
        let capacities: Vec<_> = self.teams.iter().map(capacity).collect();
        for (old, new) in self.interfaces.update(at, interfaces) {
            if !first {
                self.links.take(at, old.as_ref(), new.as_ref());
            }
            if !first && let Some((severity, text)) = describe_change(old.as_ref(), new.as_ref()) {
                let id = new.as_ref().or(old.as_ref()).map(|i| i.id);
                let text = format!("{text}{}", self.members_left(id));
                let name = |facts: &Interface| facts.name.clone();
                let [before, now] = [&old, &new].map(|facts| facts.as_ref().map(name));
                // A new name alone says nothing of its state.
                let renamed = before.is_some() && now.is_some() && before != now;
                let about = now.or(before).filter(|_| !renamed);
                self.notices.push_about(about, at, severity, text);
            }
        }
        let mut old = std::mem::take(&mut self.teams);
        for facts in teams {
            let known = old.iter().position(|t| t.facts.name == facts.name);
            let known = known.map(|n| old.swap_remove(n)).unwrap_or_default();
            self.teams.push(TeamState { facts, compared: None, ..known });
        }
        for (name, before) in capacities {
            let after = self.team(&name).map_or(Capacity::None, |team| self.capacity(team));
            self.capacities_before.entry(name).or_default().take(at, before, after);
        }
    }

    /// What a change leaves of the teams that the interface belonged to: `; bond0: 1 of 2 up`.
    fn members_left(&self, id: Option<InterfaceId>) -> String {
        let teams =
            self.teams.iter().filter(|t| id.is_some_and(|id| t.facts.members.contains(&id)));
        let mut left = String::new();
        for team in teams {
            let up = self.links_in(team).filter(|link| link.is_up()).count();
            let (name, all) = (&team.facts.name, team.facts.members.len());
            let _ = write!(left, "; {name}: {up} of {all} members up");
        }
        left
    }

    fn take_counters(&mut self, at: Duration, absolute: &[Counts], faults: &[Faults]) {
        let interval = self.interval();
        let mut broken = Vec::new();
        for counts in absolute {
            if !self.interfaces.prove(at, counts, interval) {
                broken.push(counts.id);
            }
        }
        for fault in faults {
            if let Some(interface) = self.interfaces.get_mut(fault.id) {
                if interface.since == Some(at) {
                    interface.base_faults(*fault);
                } else {
                    interface.take_faults(*fault);
                }
            }
        }
        if !broken.is_empty() {
            self.take_gap(at, Some(&broken), GapReason::Mismatch);
        }
        if self.samples == 0 {
            self.at = at;
        }
        self.compare_teams(at);
    }

    fn take_sample(&mut self, at: Duration, delta: &[Counts], faults: &[Faults]) {
        let interval = self.interval();
        self.busy = self.interfaces.tick(self.at, at, interval, delta);
        for fault in faults {
            if let Some(interface) = self.interfaces.get_mut(fault.id) {
                interface.take_faults(*fault);
            }
        }
        self.at = at;
        self.samples += 1;
        // Without connections the counters' own verdict is kept.
        self.take_window(at, LATEST);
        self.note_carried(at);
        self.settle_capture();
        if self.interfaces.ticks.have_passed() {
            self.keep_profile();
        }
        for i in 0..self.teams.len() {
            let team = &self.teams[i];
            let Some((rates, from)) = self.whole_second(team) else { continue };
            let in_trial = from >= self.interfaces.trial_start;
            let of_trial = in_trial && team.trial_peak.is_below(rates);
            let of_all = !self.interfaces.for_trials && team.peak.is_below(rates);
            if !of_trial && !of_all {
                continue;
            }
            let attainable = self.attainable_of_team(team, from, at);
            if of_all {
                self.teams[i].peak.offer(at, rates, attainable);
            }
            if of_trial {
                self.teams[i].trial_peak.offer(at, rates, attainable);
            }
        }
    }

    /// Keeps the verdict of the last second, where that is over since the one before.
    fn take_window(&mut self, at: Duration, length: Duration) {
        if !self.windows.is_due(at, length) {
            return;
        }
        let trial = self.trials.open();
        let subject = trial.map_or_else(|| self.subject(), |begin| self.subject_since(begin));
        let Some(subject) = subject else { return };
        let verdict = self.verdict(&subject);
        self.windows.take(at, &verdict, self.interfaces.ticks.are_for_a_trial());
        self.flows.forget(at);
    }

    /// The members' whole windows added up, and when the first of them began.
    fn whole_second(&self, team: &TeamState) -> Option<(Pair<f64>, Duration)> {
        let mut sum = None;
        for interface in self.links_in(team) {
            let Some(activity) = interface.activity.as_ref().filter(|_| interface.present) else {
                continue;
            };
            let rates = activity.meter.whole_second()?;
            let from = activity.meter.window_start();
            sum = Some(match sum {
                Some((sum, first)) => (sum + rates, from.min(first)),
                None => (rates, from),
            });
        }
        sum
    }

    fn take_gap(&mut self, at: Duration, interfaces: Option<&[InterfaceId]>, why: GapReason) {
        match interfaces {
            Some(ids) => {
                for id in ids {
                    if let Some(interface) = self.interfaces.get_mut(*id) {
                        interface.interrupt(at, why);
                    }
                }
            }
            // What no event tells of one interface alone: a reader has read around damage.
            None if why == GapReason::Mismatch => self.interfaces.take_hole(at),
            None => {
                for interface in &mut self.interfaces.all {
                    interface.interrupt(at, why);
                }
            }
        }
        if let Some(capture) = &mut self.capture {
            capture.take_gap(at, interfaces, why);
        }
        if why == GapReason::Appeared {
            return;
        }
        self.interfaces.ticks.take_gap(at, interfaces);
        let whose = interfaces.map_or_else(String::new, |ids| {
            let names = ids.iter().filter_map(|id| self.interface(*id));
            let names: Vec<_> = names.map(|i| printable(&i.facts.name)).collect();
            format!("{}: ", names.join(", "))
        });
        let text = match why {
            GapReason::Reset => "counters restarted; a gap, no spike",
            GapReason::Stalled => "no sample for a while; bytes are complete, rates have a gap",
            GapReason::Suspended => "the machine slept; a gap",
            GapReason::Source => {
                "could not be read for a while; bytes are complete, rates have a gap"
            }
            GapReason::DiskFull => "the disk was full; a gap in the recording",
            GapReason::Mismatch if interfaces.is_none() => {
                "the recording is damaged here; a gap, whose bytes the next absolute values tell"
            }
            GapReason::Mismatch => "counters and samples contradict each other; a gap",
            GapReason::Appeared => "",
        };
        self.notices.push(at, Severity::Warning, format!("{whose}{text}"));
    }

    /// A bond's own counter and the sum of its members should tell the same.
    fn compare_teams(&mut self, at: Duration) {
        for i in 0..self.teams.len() {
            let team = &self.teams[i];
            let own = self.interfaces().find(|s| s.present && s.facts.name == team.facts.name);
            let Some(own) = own.filter(|s| s.facts.kind.as_str() != "bridge") else { continue };
            let members = self
                .members(team)
                .fold(Pair::default(), |sum: Pair<u64>, m| sum + m.interface.total);
            let own = own.total;
            match team.compared {
                Some((since, _, _)) if at.saturating_sub(since) < COMPARED_TIME => continue,
                Some((_, own_then, members_then)) => {
                    let apart = [Direction::Rx, Direction::Tx].into_iter().find_map(|direction| {
                        let own = own[direction] - own_then[direction];
                        let sum = members[direction].saturating_sub(members_then[direction]);
                        let apart = own.abs_diff(sum) as f64 / sum as f64;
                        (sum > COMPARED_BYTES && apart > DISAGREEMENT).then_some((direction, apart))
                    });
                    if let Some((direction, apart)) = apart {
                        let text = format!(
                            "{}: its own {} counter and its members differ by {:.1} %",
                            team.facts.name,
                            direction.label(),
                            apart * 100.0
                        );
                        self.notices.push(at, Severity::Warning, text);
                    }
                }
                None => {}
            }
            self.teams[i].compared = Some((at, own, members));
        }
    }
}
