//! Drives a command through its runs: what is to be waited for, and what follows from it. Both
//! faces own one and ask it in their loop; it has no loop and no task of its own.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::error::WrapError;
use super::farewell::Farewell;
use super::kin;
use super::lines::{self, Ended};
use super::measured::Measured;
use super::outlet::Outlet;
use super::plan::{Pace, Plan, Step, Turn};
use super::process::{self, Launch, Process};
use super::voice::Voice;
use crate::model::{Mark, MarkBy, MarkKind};
use crate::report::text::Options;
use crate::run::station::Station;
use crate::session::{Session, Trial};
use crate::units::RateUnit;

/// What is done around each run, and to whom it is told.
pub struct Driver {
    pub plan: Plan,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// A line for the shell.
    pub prepare: Option<String>,
    pub outlet: Outlet,
    pub voice: Voice,
    pub unit: RateUnit,
    /// How what is said at the end is laid out.
    pub layout: Options,
    progress: Progress,
}

/// How far it has come.
struct Progress {
    step: Step,
    since: Instant,
    pace: Pace,
    process: Option<Process>,
    /// Of the run that goes on.
    trial: Option<u32>,
    farewell: Option<Farewell>,
    done: Vec<Done>,
}

/// A turn of the command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub turn: Turn,
    pub trial: Option<u32>,
    pub ended: Ended,
}

/// What was waited for; to be given to [`Driver::go_on`].
pub enum Happened {
    /// The process has ended.
    Ended(io::Result<ExitStatus>),
    /// The time has come.
    Due,
}

impl Driver {
    /// Nothing has been begun yet.
    pub fn new(
        plan: Plan,
        (command, prepare): (Vec<OsString>, Option<String>),
        (outlet, voice): (Outlet, Voice),
        (unit, layout): (RateUnit, Options),
    ) -> Self {
        let progress = Progress {
            step: plan.first(),
            since: Instant::now(),
            pace: Pace::default(),
            process: None,
            trial: None,
            farewell: None,
            done: Vec::new(),
        };
        Self { plan, command, prepare, outlet, voice, unit, layout, progress }
    }

    /// Begins with the first step, once there is a reading to begin from.
    ///
    /// # Errors
    /// As [`Self::go_on`].
    pub async fn begin(&mut self, station: &mut Station) -> Result<()> {
        self.outlet.open(station.user())?;
        while station.session.samples() == 0 {
            let heard = station.hear().await;
            station.take(heard).await?;
        }
        self.enter(station).await
    }

    /// Waits for what the step waits for; nothing is lost when this is not waited for to its end.
    pub async fn wait(&mut self) -> Happened {
        let due = self.due();
        kin::reap(self.progress.process.as_ref().and_then(Process::id));
        let Some(process) = &mut self.progress.process else {
            until(due).await;
            return Happened::Due;
        };
        tokio::select! {
            status = process.wait() => Happened::Ended(status),
            () = until(due) => Happened::Due,
        }
    }

    /// When there is something to do though no process has ended.
    fn due(&self) -> Option<Instant> {
        match self.progress.step {
            Step::Cooldown(_) => Some(self.progress.since + self.plan.cooldown),
            Step::Over => None,
            _ => self.progress.farewell.and_then(|farewell| farewell.due()),
        }
    }

    /// Goes on with what follows.
    ///
    /// # Errors
    /// When the preparation failed, the command cannot be started, or a mark cannot be set.
    pub async fn go_on(&mut self, happened: Happened, station: &mut Station) -> Result<()> {
        match happened {
            Happened::Due if self.progress.process.is_some() => {
                self.press();
                return Ok(());
            }
            Happened::Due => {}
            // A signal that came with its end is for what it has left, too.
            Happened::Ended(_) if self.progress.process.as_ref().is_some_and(Process::lingers) => {
                return Ok(());
            }
            Happened::Ended(status) => {
                self.progress.process = None;
                self.ended(status, station).await?;
            }
        }
        let interrupted = self.progress.farewell.is_some();
        let step = self.progress.step;
        self.progress.step = if interrupted { Step::Over } else { self.plan.after(step) };
        self.enter(station).await
    }

    /// Does to the process what its farewell asks for by now.
    fn press(&mut self) {
        let progress = &mut self.progress;
        let act = progress.farewell.as_mut().and_then(|farewell| farewell.act(Instant::now()));
        if let (Some(act), Some(process)) = (act, &mut progress.process) {
            process.end(act);
        }
    }

    /// A signal that the command may have got as well: it ends, and no run follows.
    pub fn interrupt(&mut self, signal: u8) {
        self.part(Farewell::heard(signal, Instant::now()));
    }

    /// The same by a key, or by whatever the command knows nothing of.
    pub fn ask(&mut self, signal: u8) {
        self.part(Farewell::asked(signal, Instant::now()));
    }

    fn part(&mut self, farewell: Farewell) {
        // A terminal that goes may say so more than once, and means it no more for that.
        const HANGUP: u8 = 1;
        let progress = &mut self.progress;
        match (&mut progress.farewell, &mut progress.process) {
            (None, process) => {
                progress.farewell = Some(farewell);
                process.iter_mut().for_each(Process::part);
            }
            (Some(first), Some(process)) if farewell.signal != HANGUP => {
                process.end(first.insist());
            }
            _ => {}
        }
        if progress.process.is_none() {
            progress.step = Step::Over;
        }
    }

    async fn enter(&mut self, station: &mut Station) -> Result<()> {
        self.progress.since = Instant::now();
        match self.progress.step {
            Step::Prepare(turn) => self.start_preparation(turn)?,
            Step::Command(turn) => self.start_command(turn, station).await?,
            Step::Cooldown(_) | Step::Over => {}
        }
        Ok(())
    }

    fn start_preparation(&mut self, turn: Turn) -> Result<()> {
        let words = process::shell(self.prepare.as_deref().unwrap_or_default());
        let launch = Launch {
            words: &words,
            trial: None,
            run: run_of(turn),
            stdin: Stdio::null(),
            streams: self.outlet.streams()?,
        };
        self.progress.process = Some(launch.start()?);
        Ok(())
    }

    async fn start_command(&mut self, turn: Turn, station: &mut Station) -> Result<()> {
        let streams = self.outlet.streams()?;
        // The keys are the screen's while there is one.
        let stdin = if self.outlet.is_held() { Stdio::null() } else { Stdio::inherit() };
        self.progress.trial = match turn {
            Turn::Run(_) => Some(self.start_trial(station).await?),
            Turn::Warmup(_) => {
                let text = Some(self.plan.name(turn).to_string());
                station.mark(Mark { text, ..Mark::new(MarkKind::Note, MarkBy::Run) }).await?;
                None
            }
        };
        self.voice.say(self.name(turn));
        let trial = self.progress.trial;
        let launch = Launch { words: &self.command, trial, run: run_of(turn), stdin, streams };
        self.progress.since = Instant::now();
        match launch.start() {
            Ok(process) => self.progress.process = Some(process),
            Err(error) => {
                let text = Some("the command did not start".to_owned());
                self.end_trial(Mark { text, ..Mark::new(MarkKind::Cancel, MarkBy::Run) }, station)
                    .await?;
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Starts a trial; one that was started by hand in between ends there.
    async fn start_trial(&mut self, station: &mut Station) -> Result<u32> {
        if let Some(open) = station.session.open_trial() {
            self.voice.say(format!("trial {} was running; it is stopped here", open.number));
            station.mark(Mark::new(MarkKind::Stop, MarkBy::Run)).await?;
        }
        let marked = station.mark(Mark::new(MarkKind::Start, MarkBy::Run)).await?;
        Ok(marked.mark.trial.unwrap_or_default())
    }

    /// Ends the run's trial; of one that was ended by hand a remark says how the command ended.
    async fn end_trial(&mut self, mut mark: Mark, station: &mut Station) -> Result<()> {
        let Some(trial) = self.progress.trial else { return Ok(()) };
        if station.session.open_trial().map(|open| open.number) != Some(trial) {
            let ended = mark.exit_status.map_or_else(
                || "the command was interrupted".to_owned(),
                |status| format!("the command ended with status {status}"),
            );
            self.voice.say(format!("trial {trial} was ended by hand; {ended} now"));
            mark = Mark { text: Some(ended), ..Mark::new(MarkKind::Note, MarkBy::Run) };
            mark.trial = Some(trial);
        }
        station.mark(mark).await.map(drop)
    }

    async fn ended(&mut self, status: io::Result<ExitStatus>, station: &mut Station) -> Result<()> {
        let took = self.progress.since.elapsed();
        let name =
            process::written(self.command.first().map(OsString::as_os_str).unwrap_or_default());
        let status = status.map_err(|source| WrapError::Wait { command: name, source })?;
        let step = self.progress.step;
        self.progress.pace.push(step, took);
        match step {
            Step::Command(turn) => self.command_ended(turn, status, took, station).await,
            Step::Prepare(turn) if !status.success() && self.progress.farewell.is_none() => {
                Err(WrapError::Prepare {
                    command: self.prepare.clone().unwrap_or_default(),
                    turn: self.plan.name(turn).to_string(),
                    status: status.to_string(),
                }
                .into())
            }
            _ => Ok(()),
        }
    }

    async fn command_ended(
        &mut self,
        turn: Turn,
        status: ExitStatus,
        took: Duration,
        station: &mut Station,
    ) -> Result<()> {
        let (mark, ended) = self.closing(status);
        self.end_trial(mark, station).await?;
        self.tell(turn, &ended, took, &station.session);
        self.progress.done.push(Done { turn, trial: self.progress.trial.take(), ended });
        Ok(())
    }

    /// The mark that ends the trial, and how the run ended.
    fn closing(&self, status: ExitStatus) -> (Mark, Ended) {
        if let Some(signal) = self.interrupted() {
            let text = Some(format!("interrupted by signal {signal}"));
            let mark = Mark { text, ..Mark::new(MarkKind::Cancel, MarkBy::Run) };
            return (mark, Ended::Interrupted);
        }
        let exit_status = Some(process::number(status));
        let mark = Mark { exit_status, ..Mark::new(MarkKind::Stop, MarkBy::Run) };
        let well = status.success();
        (mark, if well { Ended::Well } else { Ended::Failed(status.to_string()) })
    }

    /// Says how a turn ended, and what is left.
    fn tell(&mut self, turn: Turn, ended: &Ended, took: Duration, session: &Session) {
        let measured = self.progress.trial.and_then(|number| measured(session, number));
        let took = measured.as_ref().map_or(took, |measured| measured.duration);
        let left = match (ended, self.plan.after(self.progress.step)) {
            (Ended::Interrupted, _) | (_, Step::Over) => None,
            (_, next) => self.progress.pace.left(&self.plan, next, Duration::ZERO),
        };
        let name = self.name(turn);
        self.voice.say(lines::after(&name, ended, took, measured.as_ref(), left, self.unit));
    }

    /// A turn's name, with its trial while there is one.
    fn name(&self, turn: Turn) -> String {
        let name = self.plan.name(turn);
        self.progress
            .trial
            .map_or_else(|| name.to_string(), |trial| format!("{name}, trial {trial}"))
    }

    /// What goes on, for a line of progress: the step and how much time is left.
    pub fn now(&self) -> (String, Duration, Option<Duration>) {
        let elapsed = self.progress.since.elapsed();
        let step = self.progress.step;
        let name = match step {
            Step::Prepare(turn) => format!("{}, preparing", self.plan.name(turn)),
            Step::Command(turn) => self.name(turn),
            Step::Cooldown(turn) => format!("{}, cooling down", self.plan.name(turn)),
            Step::Over => "done".into(),
        };
        (name, elapsed, self.progress.pace.left(&self.plan, step, elapsed))
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        self.progress.step == Step::Over && self.progress.process.is_none()
    }

    /// The signal that ended it early.
    pub fn interrupted(&self) -> Option<u8> {
        self.progress.farewell.map(|farewell| farewell.signal)
    }

    /// The turns that have ended, in their order.
    pub fn done(&self) -> &[Done] {
        &self.progress.done
    }

    /// Lets a process that still runs come to its end, when nothing can be recorded any more.
    pub async fn see_off(&mut self) {
        let Ok(mut endings) = crate::run::signals::Endings::listen() else { return };
        while self.progress.process.is_some() {
            tokio::select! {
                happened = self.wait() => match happened {
                    Happened::Ended(_) => self.progress.process = None,
                    Happened::Due => self.press(),
                },
                ending = endings.next() => match ending {
                    crate::run::signals::Ending::Signal(signal) => self.interrupt(signal),
                    crate::run::signals::Ending::Suspend => crate::run::signals::stop_self(),
                },
            }
        }
    }
}

/// What `MIGTOP_RUN` says.
fn run_of(turn: Turn) -> u32 {
    match turn {
        Turn::Warmup(_) => 0,
        Turn::Run(n) => n,
    }
}

/// What the trial of this number measured.
pub fn measured(session: &Session, number: u32) -> Option<Measured> {
    let trial: &Trial = session.trials().iter().find(|trial| trial.number == number)?;
    Some(Measured::of(trial, session.at()))
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
