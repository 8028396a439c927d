//! The live view: a running session, keys, signals and a clock in one loop.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::configuration;
use super::face::{Face, block_on, sleep};
use super::lean;
use super::open::Captures;
use super::signals::{Ending, Endings};
use super::snapshot::Snapshot;
use super::station::{Heard, MarkError, Station};
use super::summary;
use super::wrap::{self, Driver, Voice};
use crate::cli::Settings;
use crate::clock;
use crate::model::{Mark, MarkKind};
use crate::session::{Severity, TrialState};
use crate::tui::arrangement::Arrangement;
use crate::tui::keymap::Command;
use crate::tui::notify::Watch;
use crate::tui::reply::Input;
use crate::tui::{Effect, Status, ViewState};

/// Runs the live view until the user or a signal ends it.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    block_on(async {
        let mut live = Live::open(settings, Station::open(settings, Captures::Live)?, None)?;
        let code = live.watch().await;
        let closed = live.close();
        code.and_then(|code| closed.map(|()| code))
    })
}

/// Runs the live view around a wrapped command, until its runs are done.
pub fn around(settings: &Settings, driver: Driver, ignore_failure: bool) -> Result<ExitCode> {
    block_on(async {
        let mut live =
            Live::open(settings, Station::open(settings, Captures::Live)?, Some(driver))?;
        let watched = live.watch().await.map(drop);
        let given_back = live.face.give_back();
        let Live { mut station, wrap: Some(mut driver), .. } = live else {
            return Ok(ExitCode::SUCCESS);
        };
        if !given_back {
            driver.voice = Voice::Unheard;
        }
        wrap::leave(&mut driver, &mut station, watched, ignore_failure).await
    })
}

struct Live {
    station: Station,
    face: Face,
    /// Of the loop alone; a snapshot's outcome.
    written: (Sender<Said>, Receiver<Said>),
    /// The configuration that the user named.
    config: Option<PathBuf>,
    notify: Watch,
    shown_second: u64,
    /// The command that this is shown around.
    wrap: Option<Driver>,
    /// Nobody sees what is drawn any more.
    gone: bool,
}

/// By this second of the session everything has been done that is done once.
const STARTED: u64 = 2;

/// The outcome of what was written on a thread of its own.
type Said = (Severity, String);

/// How the loop goes on.
enum Next {
    Go,
    End(ExitCode),
}

impl Live {
    fn open(settings: &Settings, station: Station, wrap: Option<Driver>) -> Result<Self> {
        let status = Status {
            sampler: station.sampler.into(),
            recorded: station.recorded(),
            ..Status::default()
        };
        let face = Face::open(ViewState::new(settings.view.clone()), status)?;
        let (written, shown_second) = (channel(4), u64::MAX);
        let (config, notify) = (settings.config.clone(), Watch::new(settings.notify.clone()));
        Ok(Self { station, face, written, config, notify, shown_second, wrap, gone: false })
    }

    async fn watch(&mut self) -> Result<ExitCode> {
        lean::give_back_code();
        let mut endings = Endings::listen()?;
        if let Some(driver) = &mut self.wrap {
            driver.begin(&mut self.station).await?;
        }
        loop {
            let wake = self.face.next_wake().filter(|_| !self.gone);
            let next = tokio::select! {
                heard = self.station.hear() => {
                    self.take(heard).await?;
                    Next::Go
                }
                input = self.face.input(), if !self.gone => match input {
                    Some(input) => self.take_input(input).await?,
                    None => self.lose_terminal(),
                },
                happened = wrap::happened(&mut self.wrap) => {
                    if let Some(driver) = &mut self.wrap {
                        wrap::go_on(driver, happened, &mut self.station, &mut endings).await?;
                    }
                    Next::Go
                }
                Some(said) = self.written.1.recv() => {
                    self.say(said);
                    Next::Go
                }
                ending = endings.next() => match ending {
                    Ending::Signal(number) => self.leave(number, Driver::interrupt),
                    Ending::Suspend => {
                        self.face.suspend()?;
                        Next::Go
                    }
                },
                () = sleep(wake), if wake.is_some() => Next::Go,
            };
            if let Next::End(code) = next {
                return Ok(code);
            }
            if !self.gone
                && self.face.show(&self.station.session).is_err()
                && let Next::End(code) = self.lose_terminal()
            {
                return Ok(code);
            }
            if self.follow_wrap() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }

    /// Ends at once, or when the wrapped command has come to its end.
    fn leave(&mut self, signal: u8, end: fn(&mut Driver, u8)) -> Next {
        match &mut self.wrap {
            Some(driver) => {
                end(driver, signal);
                Next::Go
            }
            None => Next::End(ExitCode::from(128 + signal)),
        }
    }

    /// The terminal is gone; SIGHUP usually says so, too.
    fn lose_terminal(&mut self) -> Next {
        self.gone = true;
        self.leave(1, Driver::ask)
    }

    /// Shows what is said about the runs; whether they are over.
    fn follow_wrap(&mut self) -> bool {
        let at = self.station.session.at();
        let Some(driver) = &mut self.wrap else { return false };
        while let Some(line) = driver.voice.kept() {
            self.face.say(at, Severity::Info, line);
        }
        driver.is_over()
    }

    async fn take(&mut self, heard: Heard) -> Result<()> {
        let first = self.station.session.samples() == 0;
        let was_busy = self.station.session.busy();
        let more = self.station.take(heard).await?;
        let session = &self.station.session;
        self.face.stale |= more || was_busy || session.busy();
        // The first reading alone has no rates; the second is a few milliseconds away.
        self.face.stale |= first && session.samples() > 0;
        self.face.ring(&mut self.notify, &self.station.session);
        self.notice();
        Ok(())
    }

    /// What changed besides the rates.
    fn notice(&mut self) {
        let session = &self.station.session;
        self.face.stale |= session.open_trial().is_some();
        let (at, second) = (session.at(), session.at().as_secs());
        if second != self.shown_second {
            if second == STARTED {
                lean::give_back_code();
            }
            self.shown_second = second;
            let now = jiff::Timestamp::try_from(clock::wall()).unwrap_or_default();
            self.face.tell_time(now);
            self.face.stale = true;
        }
        let missed = self.station.missed();
        self.face.stale |= self.face.status.missed != missed;
        self.face.status.missed = missed;
        while let Some((severity, text)) = self.station.said() {
            self.face.say(at, severity, text);
            self.face.status.recorded = self.station.recorded();
            self.face.status.alarm = self.station.trouble().is_some();
        }
    }

    async fn take_input(&mut self, input: Input) -> Result<Next> {
        let effect = self.face.take(&self.station.session, input)?;
        self.station.coming.clone_from(&self.face.view.factors);
        match effect {
            Some(Effect::Mark(mark)) => self.mark(mark).await?,
            Some(Effect::Snapshot) => self.snapshot(),
            Some(Effect::Keep) => self.keep(),
            Some(Effect::Capture(interface)) => self.station.capture(interface),
            Some(Effect::Quit(_)) if self.wrap.is_some() => return Ok(self.leave(2, Driver::ask)),
            Some(Effect::Quit(interrupted)) => {
                return Ok(Next::End(ExitCode::from(if interrupted { 130 } else { 0 })));
            }
            // The others are the face's own, or a replay's.
            Some(_) | None => {}
        }
        Ok(Next::Go)
    }

    /// Has the mark set, and waits until the session has it: the next key sees what it did.
    async fn mark(&mut self, mark: Mark) -> Result<()> {
        let (kind, about) = (mark.kind, mark.trial);
        let trials = self.station.session.trials().len();
        match self.station.mark(mark).await {
            Ok(_) => self.answer_mark(kind, about, trials),
            Err(error) => {
                let error = error.downcast::<MarkError>()?;
                self.face.say(self.station.session.at(), Severity::Warning, error.to_string());
            }
        }
        self.notice();
        Ok(())
    }

    fn answer_mark(&mut self, kind: MarkKind, about: Option<u32>, trials_before: usize) {
        let last = self.station.session.trials().last();
        let number = about.or(last.map(|trial| trial.number)).unwrap_or(0);
        let undo = self.face.view.asked(Command::Undo);
        let text = match (kind, last.map(|trial| trial.state)) {
            (MarkKind::Start, _) => format!("trial {number} started"),
            (MarkKind::Stop, _) => format!("trial {number} stopped; {undo} takes that back"),
            (MarkKind::Cancel, _) => format!("trial {number} given up; {undo} takes that back"),
            (MarkKind::Note, Some(TrialState::Open)) => format!("noted with trial {number}"),
            (MarkKind::Note, _) => "noted".into(),
            (MarkKind::Edit, _) => format!("trial {number} is corrected; {undo} takes that back"),
            (MarkKind::Undo, Some(TrialState::Open)) => {
                format!("undone: trial {number} runs")
            }
            (MarkKind::Undo, _) if trials_before > self.station.session.trials().len() => {
                "undone: the trial is not started".into()
            }
            (MarkKind::Undo, _) => "undone".into(),
        };
        self.face.say(self.station.session.at(), Severity::Info, text);
    }

    /// Begins to write a snapshot on a thread of its own: a slow disk delays nothing.
    fn snapshot(&mut self) {
        let at = self.station.session.at();
        let stream = match self.station.extract() {
            Ok(stream) => stream,
            Err(error) => {
                self.face.say(at, Severity::Warning, format!("no snapshot: {error:#}"));
                return;
            }
        };
        let snapshot = Snapshot {
            stream,
            end: self.station.end(),
            screen: Some(self.face.frame(&self.station.session)),
            ground: self.face.view.look.ground(),
            host: self.station.session.header().map_or_else(String::new, |h| h.host.clone()),
            taken: clock::wall(),
            user: self.station.user().clone(),
        };
        let said = self.written.0.clone();
        let writing = std::thread::Builder::new().name("snapshot".into()).spawn(move || {
            let text = match snapshot.write() {
                Ok(path) => {
                    (Severity::Info, format!("snapshot: {} (and .txt, .svg)", path.display()))
                }
                Err(error) => (Severity::Warning, format!("no snapshot: {error:#}")),
            };
            let _ = said.blocking_send(text);
        });
        if let Err(error) = writing {
            self.face.say(at, Severity::Warning, format!("no snapshot: {error}"));
        }
    }

    /// Begins to write the configuration on a thread of its own.
    fn keep(&mut self) {
        let (config, said) = (self.config.clone(), self.written.0.clone());
        let arrangement = Arrangement::of(&self.face.view);
        let writing = std::thread::Builder::new().name("keep".into()).spawn(move || {
            let _ = said.blocking_send(configuration::kept(config.as_deref(), &arrangement));
        });
        if let Err(error) = writing {
            let text = format!("not kept: {error}");
            self.face.say(self.station.session.at(), Severity::Warning, text);
        }
    }

    fn say(&mut self, (severity, text): Said) {
        self.face.say(self.station.session.at(), severity, text);
    }

    /// Gives the terminal back, has the recording on disk, and says what the session leaves behind.
    fn close(&mut self) -> Result<()> {
        let given_back = self.face.give_back();
        let path = self.station.path().map(Path::to_owned);
        let closed = self.station.close();
        if given_back {
            let mut text = summary::trials(&self.station.session);
            if let (Some(path), Ok(())) = (path, &closed) {
                let _ = writeln!(text, "recorded: {}", path.display());
            }
            // The terminal may be gone by now; there is nobody to tell then.
            let _ = io::stdout().write_all(text.as_bytes());
        }
        Ok(closed?)
    }
}
