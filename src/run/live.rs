//! The live view: a running session, keys, signals and a clock in one loop.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use crossterm::event::Event as Input;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::face::{Face, block_on, sleep};
use super::signals::{Ending, Endings};
use super::snapshot::Snapshot;
use super::station::{Heard, MarkError, Station};
use super::summary;
use crate::cli::Settings;
use crate::clock;
use crate::model::{Mark, MarkKind};
use crate::session::{Severity, TrialState};
use crate::tui::{Effect, Status, ViewState};

/// Runs the live view until the user or a signal ends it.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    block_on(async {
        let mut live = Live::open(settings, Station::open(settings)?)?;
        let code = live.watch().await;
        let closed = live.close();
        code.and_then(|code| closed.map(|()| code))
    })
}

struct Live {
    station: Station,
    face: Face,
    /// Of the loop alone; a snapshot's outcome.
    written: (Sender<String>, Receiver<String>),
    shown_second: u64,
}

/// How the loop goes on.
enum Next {
    Go,
    End(ExitCode),
}

impl Live {
    fn open(settings: &Settings, station: Station) -> Result<Self> {
        let status = Status {
            clock: String::new(),
            sampler: station.sampler.into(),
            recorded: station.recorded(),
            missed: 0,
        };
        let face = Face::open(ViewState::new(settings.view.clone()), status)?;
        Ok(Self { station, face, written: channel(4), shown_second: u64::MAX })
    }

    async fn watch(&mut self) -> Result<ExitCode> {
        let mut endings = Endings::listen()?;
        loop {
            let wake = self.face.next_wake();
            let next = tokio::select! {
                heard = self.station.hear() => {
                    self.take(heard).await?;
                    Next::Go
                }
                input = self.face.input() => match input {
                    Some(input) => self.take_input(input).await?,
                    // The terminal is gone; SIGHUP usually says so, too.
                    None => Next::End(ExitCode::from(129)),
                },
                Some(said) = self.written.1.recv() => {
                    self.say(said);
                    Next::Go
                }
                ending = endings.next() => match ending {
                    Ending::Signal(number) => Next::End(ExitCode::from(128 + number)),
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
            if self.face.show(&self.station.session).is_err() {
                return Ok(ExitCode::from(129));
            }
        }
    }

    async fn take(&mut self, heard: Heard) -> Result<()> {
        let first = self.station.session.samples() == 0;
        let was_busy = self.station.session.busy();
        let more = self.station.take(heard).await?;
        let session = &self.station.session;
        self.face.stale |= more || was_busy || session.busy();
        // The first reading alone has no rates; the second is a few milliseconds away.
        self.face.stale |= first && session.samples() > 0;
        self.notice();
        Ok(())
    }

    /// What changed besides the rates.
    fn notice(&mut self) {
        let session = &self.station.session;
        self.face.stale |= session.open_trial().is_some();
        let (at, second) = (session.at(), session.at().as_secs());
        if second != self.shown_second {
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
        }
    }

    async fn take_input(&mut self, input: Input) -> Result<Next> {
        let effect = self.face.take(&self.station.session, input)?;
        self.station.coming.clone_from(&self.face.view.factors);
        match effect {
            Some(Effect::Mark(mark)) => self.mark(mark).await?,
            Some(Effect::Snapshot) => self.snapshot(),
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
        let kind = mark.kind;
        let trials = self.station.session.trials().len();
        match self.station.mark(mark).await {
            Ok(_) => self.answer_mark(kind, trials),
            Err(error) => {
                let error = error.downcast::<MarkError>()?;
                self.face.say(self.station.session.at(), Severity::Warning, error.to_string());
            }
        }
        self.notice();
        Ok(())
    }

    fn answer_mark(&mut self, kind: MarkKind, trials_before: usize) {
        let last = self.station.session.trials().last();
        let number = last.map_or(0, |trial| trial.number);
        let text = match (kind, last.map(|trial| trial.state)) {
            (MarkKind::Start, _) => format!("trial {number} started"),
            (MarkKind::Stop, _) => format!("trial {number} stopped; u takes that back"),
            (MarkKind::Cancel, _) => format!("trial {number} given up; u takes that back"),
            (MarkKind::Note, Some(TrialState::Open)) => format!("noted with trial {number}"),
            (MarkKind::Note, _) => "noted".into(),
            (MarkKind::Edit, _) => format!("trial {number} is corrected; u takes that back"),
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
            host: self.station.session.header().map_or_else(String::new, |h| h.host.clone()),
            taken: clock::wall(),
            user: self.station.user().clone(),
        };
        let said = self.written.0.clone();
        let writing = std::thread::Builder::new().name("snapshot".into()).spawn(move || {
            let text = match snapshot.write() {
                Ok(path) => format!("snapshot: {} (and .txt, .svg)", path.display()),
                Err(error) => format!("no snapshot: {error:#}"),
            };
            let _ = said.blocking_send(text);
        });
        if let Err(error) = writing {
            self.face.say(at, Severity::Warning, format!("no snapshot: {error}"));
        }
    }

    fn say(&mut self, text: String) {
        let failed = text.starts_with("no snapshot");
        let severity = if failed { Severity::Warning } else { Severity::Info };
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
