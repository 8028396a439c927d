//! A stage to play scenarios on, in virtual time: no terminal, no clock.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::time::Duration;

use migtop::model::{Event, Factors, Header, Mark, MarkBy, MarkKind, Pair, PlannedTrial};
use migtop::session::{Planned, Session};
use migtop::source::inventory::{Inventory, Settings};
use migtop::source::sampler::{Sampler, Stamp};
use migtop::source::simulator::{self, SimulatedSurroundings, Simulator};
use migtop::source::survey::Companion;
use migtop::source::{Counters, Source};
use migtop::tui::Status;

/// Distance of the samples.
pub const TICK: Duration = Duration::from_millis(100);

/// A session with scenarios in it, one behind the other: the same host, evacuated again.
pub struct Stage {
    pub session: Session,
    inventory: Inventory,
    sampler: Sampler,
    ticks: u32,
    /// The counters as they were last read: the next scenario goes on from there.
    reading: Vec<Counters>,
    /// What the trials that start next are said to vary.
    pub factors: &'static [(&'static str, &'static str)],
    /// Guests, their connections and the cores are told of, too.
    pub surrounded: bool,
}

impl Stage {
    pub fn new(host: &str) -> Self {
        let mut session = Session::default();
        session.apply(Event::Session(Header {
            format: migtop::journal::FORMAT.into(),
            version: migtop::journal::VERSION,
            id: "00000000-0000-4000-8000-000000000000".into(),
            host: host.into(),
            os: "linux".into(),
            started: "2026-11-22T14:00:00.000000Z".into(),
            interval: TICK,
            tool: "migtop".into(),
            subject: None,
        }));
        Self {
            session,
            inventory: Inventory::new(Settings::default()),
            sampler: Sampler::new(TICK),
            ticks: 0,
            reading: Vec::new(),
            factors: &[("config", "2x10GbE"), ("vms", "20")],
            surrounded: false,
        }
    }

    /// Plays `scenario` for `length`, with marks at its own times.
    pub fn play(&mut self, scenario: &str, length: Duration, mut marks: &[(Duration, MarkKind)]) {
        let begun = TICK * self.ticks;
        self.perform(scenario, length, |session| {
            let played = session.at().saturating_sub(begun) + TICK;
            let [(due, kind), rest @ ..] = marks else { return None };
            let kind = (*due <= played).then_some(*kind)?;
            marks = rest;
            Some(kind)
        });
    }

    /// Plays `scenario` for `length`, seen by `look` after every tick; what it says is marked at the
    /// next one. The scenario's own trials are marked as well.
    pub fn perform(
        &mut self,
        scenario: &str,
        length: Duration,
        mut look: impl FnMut(&Session) -> Option<MarkKind>,
    ) {
        let mut simulator = simulator::open(scenario).unwrap();
        let begun = TICK * self.ticks;
        // A mark is set at the tick after the one at which it is found due.
        let shifted = |at: Duration| (begun + at).saturating_sub(TICK);
        let planned = simulator.trials().iter().cloned();
        let mut planned = Planned::new(
            planned
                .map(|PlannedTrial { during, set }| PlannedTrial {
                    during: shifted(during.start)..shifted(during.end),
                    set,
                })
                .collect(),
        );
        let before = std::mem::take(&mut self.reading);
        let offsets = offsets(&before, &mut simulator);
        let around = simulator::open(scenario).map(SimulatedSurroundings::new);
        let mut around = around.ok().filter(|_| self.surrounded);
        let mut mark = None;
        for at in (0..).map(|tick| TICK * tick).take_while(|at| *at <= length) {
            self.tick(&mut simulator, at, &offsets, mark.take());
            if let Some(around) = around.as_mut().filter(|_| self.ticks.is_multiple_of(5)) {
                self.look_around(around, at);
            }
            self.ticks += 1;
            let asked = look(&self.session).map(|kind| self.mark(kind));
            mark = planned.observe(&self.session).map(|due| self.numbered(due)).or(asked);
        }
    }

    fn look_around(&mut self, around: &mut SimulatedSurroundings, played: Duration) {
        let now = TICK * self.ticks;
        let mut events = Vec::new();
        around.follow(played, &|index| self.inventory.id_of(index), &mut events);
        for mut event in events {
            match &mut event {
                Event::Guests { at, .. } | Event::Sockets { at, .. } => *at = now,
                // What a test costs is another's.
                Event::Host(load) => (load.at, load.own_cpu) = (now, now / 250),
                _ => {}
            }
            self.session.apply(event);
        }
    }

    /// Sets a mark now, without a reading of its own.
    #[allow(dead_code, reason = "not every test has marks that keys ask for")]
    pub fn set(&mut self, mark: Mark) {
        let own = self.mark(mark.kind);
        let trial = mark.trial.or(own.trial).filter(|_| mark.kind != MarkKind::Note);
        self.session.apply(Event::Mark(Mark { at: self.session.at(), trial, ..mark }));
    }

    /// Plays `scenario` for `length`; after every tick `next` says what is marked at the next one:
    /// a mark, and an edit that follows it.
    #[allow(dead_code, reason = "not every test has marks that depend on the traffic")]
    pub fn follow(
        &mut self,
        scenario: &str,
        length: Duration,
        mut next: impl FnMut(&Session) -> Option<(Mark, Mark)>,
    ) {
        let mut simulator = simulator::open(scenario).unwrap();
        let mut marks = None;
        for at in (0..).map(|tick| TICK * tick).take_while(|at| *at <= length) {
            let (mark, edit) = marks.take().unzip();
            self.tick(&mut simulator, at, &[], mark);
            self.ticks += 1;
            if let Some(edit) = edit {
                self.session.apply(Event::Mark(edit));
            }
            marks = next(&self.session);
        }
    }

    fn tick(
        &mut self,
        simulator: &mut Simulator,
        played: Duration,
        offsets: &[Counters],
        mark: Option<Mark>,
    ) {
        let at = TICK * self.ticks;
        let mut events = Vec::new();
        if let Some(links) = simulator.links(played) {
            let (interfaces, teams) = self.inventory.update(links);
            self.sampler.watch(&interfaces);
            events.push(Event::Interfaces { at, interfaces, teams });
        }
        simulator.counters(played, &mut self.reading).unwrap();
        for counters in &mut self.reading {
            if let Some(offset) = offsets.iter().find(|o| o.index == counters.index) {
                counters.bytes = counters.bytes + offset.bytes;
                counters.packets = counters.packets + offset.packets;
            }
        }
        let stamp = Stamp { at, read: Duration::from_micros(50), slept: Duration::ZERO };
        self.sampler.take(stamp, &self.reading, mark, &mut events);
        for event in events {
            self.session.apply(event);
        }
    }

    fn mark(&self, kind: MarkKind) -> Mark {
        let factors = self.factors.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        let set = (kind == MarkKind::Start).then(|| factors.collect::<Factors>());
        self.numbered(Mark { set, ..Mark::new(kind, MarkBy::Key) })
    }

    /// With its trial: the one that it starts, or the last.
    fn numbered(&self, mark: Mark) -> Mark {
        let trials = self.session.trials().len() as u32;
        Mark { trial: Some(trials + u32::from(mark.kind == MarkKind::Start)), ..mark }
    }
}

/// What has to be added to a scenario's counters so that they go on from `before`.
fn offsets(before: &[Counters], simulator: &mut Simulator) -> Vec<Counters> {
    let mut first = Vec::new();
    simulator.counters(Duration::ZERO, &mut first).unwrap();
    let less = |a: Pair<u64>, b: Pair<u64>| Pair { rx: a.rx - b.rx, tx: a.tx - b.tx };
    let offset = |first: &Counters| {
        let last = before.iter().find(|last| last.index == first.index)?;
        Some(Counters {
            index: first.index,
            bytes: less(last.bytes, first.bytes),
            packets: less(last.packets, first.packets),
            ..Counters::default()
        })
    };
    first.iter().filter_map(offset).collect()
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What the live view says beside session and view.
pub fn status() -> Status {
    Status {
        clock: "14:02:11".into(),
        sampler: "simulator".into(),
        recorded: "recording 20261122-140000-hv07".into(),
        ..Status::default()
    }
}

/// The same with the time of day that the session has come to.
#[allow(dead_code, reason = "not every test makes pictures")]
pub fn status_of(session: &Session) -> Status {
    let seconds = session.at().as_secs();
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    Status { clock: format!("14:{minutes:02}:{seconds:02}"), ..status() }
}
