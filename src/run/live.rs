//! The live view: batches, keys, signals and a clock into one loop; one frame out of it, at most
//! ten a second and only when something changed.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crossterm::event::{Event as Input, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::signals::{self, Ending, Endings};
use super::snapshot::Snapshot;
use super::station::{Heard, MarkError, Station};
use super::summary;
use super::wrap::{self, Driver, Voice};
use crate::cli::Settings;
use crate::clock;
use crate::model::{Mark, MarkBy, MarkKind};
use crate::session::{Severity, TrialState};
use crate::tui::keymap::Command;
use crate::tui::screen::Screen;
use crate::tui::terminal::{self, Guard, Outbox};
use crate::tui::{self, Effect, Status, ViewState};

/// Frames are at least this far apart; a tick's jitter does not cost it its frame.
const FRAME: Duration = Duration::from_millis(90);
/// A rest that the terminal did not take is offered again after this, then ever later.
const RETRY: Duration = Duration::from_millis(4);
const LONGEST_RETRY: Duration = Duration::from_millis(128);

/// Runs the live view until the user or a signal ends it.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    block_on(async {
        let mut live = Live::open(settings, Station::open(settings)?, None)?;
        let code = live.watch().await;
        let closed = live.close();
        code.and_then(|code| closed.map(|()| code))
    })
}

/// Runs the live view around a wrapped command, until its runs are done.
pub fn around(settings: &Settings, driver: Driver, ignore_failure: bool) -> Result<ExitCode> {
    block_on(async {
        let mut live = Live::open(settings, Station::open(settings)?, Some(driver))?;
        let watched = live.watch().await.map(drop);
        let given_back = live.guard.take().is_some_and(Guard::give_back);
        let Live { mut station, wrap: Some(mut driver), .. } = live else {
            return Ok(ExitCode::SUCCESS);
        };
        if !given_back {
            driver.voice = Voice::Unheard;
        }
        wrap::leave(&mut driver, &mut station, watched, ignore_failure).await
    })
}

fn block_on(view: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(view);
    // The thread that reads keys waits for one for ever: it ends with the process.
    runtime.shutdown_background();
    code
}

struct Live {
    station: Station,
    inputs: Receiver<Input>,
    /// Of the loop alone; a snapshot's outcome.
    written: (Sender<String>, Receiver<String>),
    view: ViewState,
    status: Status,
    screen: Screen,
    outbox: Outbox,
    guard: Option<Guard>,
    drawn: Option<Instant>,
    /// Something changed that no frame shows yet.
    stale: bool,
    shown_second: u64,
    retry: Duration,
    /// The command that this is shown around.
    wrap: Option<Driver>,
    /// Nobody sees what is drawn any more.
    gone: bool,
}

/// How the loop goes on.
enum Next {
    Go,
    End(ExitCode),
}

impl Live {
    fn open(settings: &Settings, station: Station, wrap: Option<Driver>) -> Result<Self> {
        let view = ViewState::new(settings.view.clone());
        let guard = Guard::take(view.mouse).context("cannot take the terminal")?;
        Ok(Self {
            inputs: read_inputs()?,
            written: channel(4),
            view,
            status: Status {
                clock: String::new(),
                sampler: station.sampler.into(),
                recorded: station.recorded(),
                missed: 0,
            },
            station,
            screen: Screen::new(terminal::size()),
            outbox: Outbox::open(),
            guard: Some(guard),
            drawn: None,
            stale: true,
            shown_second: u64::MAX,
            retry: RETRY,
            wrap,
            gone: false,
        })
    }

    async fn watch(&mut self) -> Result<ExitCode> {
        let mut endings = Endings::listen()?;
        if let Some(driver) = &mut self.wrap {
            driver.begin(&mut self.station).await?;
        }
        loop {
            let wake = self.next_wake();
            let next = tokio::select! {
                heard = self.station.hear() => {
                    self.take(heard)?;
                    Next::Go
                }
                input = self.inputs.recv(), if !self.gone => match input {
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
                        self.suspend()?;
                        Next::Go
                    }
                },
                () = sleep(wake), if wake.is_some() => Next::Go,
            };
            if let Next::End(code) = next {
                return Ok(code);
            }
            if !self.gone
                && self.show().is_err()
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
            self.view.say(at, Severity::Info, line);
            self.stale = true;
        }
        driver.is_over()
    }

    /// When the loop has to run although nothing comes: a rest to be written, a frame held back.
    fn next_wake(&self) -> Option<Duration> {
        if self.gone {
            return None;
        }
        if self.outbox.is_behind() {
            return Some(self.retry);
        }
        let since = self.drawn?.elapsed();
        self.stale.then(|| FRAME.saturating_sub(since))
    }

    fn take(&mut self, heard: Heard) -> Result<()> {
        let first = self.station.session.samples() == 0;
        let was_busy = self.station.session.busy();
        self.stale |= self.station.take(heard)?;
        self.stale |= was_busy || self.station.session.busy();
        // The first reading alone has no rates; the second is a few milliseconds away.
        self.stale |= first && self.station.session.samples() > 0;
        self.notice();
        Ok(())
    }

    /// What changed besides the rates.
    fn notice(&mut self) {
        let session = &self.station.session;
        self.stale |= session.open_trial().is_some();
        let (at, second) = (session.at(), session.at().as_secs());
        if second != self.shown_second {
            self.shown_second = second;
            self.tell_time();
            self.stale = true;
        }
        let missed = self.station.missed();
        self.stale |= self.status.missed != missed;
        self.status.missed = missed;
        while let Some((severity, text)) = self.station.said() {
            self.view.say(at, severity, text);
            self.status.recorded = self.station.recorded();
            self.stale = true;
        }
    }

    fn tell_time(&mut self) {
        let now = jiff::Timestamp::try_from(clock::wall()).unwrap_or_default();
        let now = now.to_zoned(jiff::tz::TimeZone::system());
        self.status.clock = now.strftime("%H:%M:%S").to_string();
    }

    async fn take_input(&mut self, input: Input) -> Result<Next> {
        self.stale = true;
        let effect = match input {
            // Some terminals send repeats and releases, too: a held Space is one press.
            Input::Key(key) if key.kind == KeyEventKind::Press => {
                tui::update(&mut self.view, &self.station.session, key)
            }
            Input::Mouse(mouse) => self.take_mouse(mouse),
            Input::Paste(text) => {
                tui::update::paste(&mut self.view, &text);
                None
            }
            Input::Resize(..) => {
                self.screen = Screen::new(terminal::size());
                None
            }
            _ => None,
        };
        match effect {
            Some(effect) => self.perform(effect).await,
            None => Ok(Next::Go),
        }
    }

    fn take_mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        let command = match mouse.kind {
            MouseEventKind::ScrollDown => Command::Down,
            MouseEventKind::ScrollUp => Command::Up,
            MouseEventKind::Down(MouseButton::Left) => {
                let area = self.screen.area();
                let row = tui::draw::row_at(&self.station.session, &self.view, area, mouse.row)?;
                self.view.select_row(row);
                return None;
            }
            _ => return None,
        };
        tui::update::act(&mut self.view, &self.station.session, command)
    }

    async fn perform(&mut self, effect: Effect) -> Result<Next> {
        match effect {
            Effect::Mark { kind, set, text } => {
                let mark = Mark { set, text, ..Mark::new(kind, MarkBy::Key) };
                self.mark(mark).await?;
            }
            Effect::Snapshot => self.snapshot(),
            Effect::Freeze => self.view.frozen = Some(self.frame()),
            Effect::Mouse(wanted) => {
                if let Some(guard) = &mut self.guard {
                    guard.mouse(wanted, &mut self.outbox)?;
                }
            }
            Effect::Suspend => self.suspend()?,
            Effect::Quit(_) if self.wrap.is_some() => return Ok(self.leave(2, Driver::ask)),
            Effect::Quit(interrupted) => {
                return Ok(Next::End(ExitCode::from(if interrupted { 130 } else { 0 })));
            }
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
                self.view.say(self.station.session.at(), Severity::Warning, error.to_string());
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
            (MarkKind::Edit, _) => format!("trial {number} has its factors"),
            (MarkKind::Undo, Some(TrialState::Open)) => {
                format!("undone: trial {number} runs")
            }
            (MarkKind::Undo, _) if trials_before > self.station.session.trials().len() => {
                "undone: the trial is not started".into()
            }
            (MarkKind::Undo, _) => "undone".into(),
        };
        self.view.say(self.station.session.at(), Severity::Info, text);
    }

    /// Begins to write a snapshot on a thread of its own: a slow disk delays nothing.
    fn snapshot(&mut self) {
        let at = self.station.session.at();
        let stream = match self.station.extract() {
            Ok(stream) => stream,
            Err(error) => {
                self.view.say(at, Severity::Warning, format!("no snapshot: {error:#}"));
                return;
            }
        };
        let snapshot = Snapshot {
            stream,
            end: self.station.end(),
            screen: Some(self.frame()),
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
            self.view.say(at, Severity::Warning, format!("no snapshot: {error}"));
        }
    }

    fn say(&mut self, text: String) {
        let failed = text.starts_with("no snapshot");
        let severity = if failed { Severity::Warning } else { Severity::Info };
        self.view.say(self.station.session.at(), severity, text);
        self.stale = true;
    }

    /// The screen as it would be drawn now.
    fn frame(&mut self) -> Buffer {
        let area = self.screen.area();
        let mut buffer = Buffer::empty(area);
        self.view.follow(&self.station.session);
        tui::draw(&self.station.session, &self.view, &self.status, area, &mut buffer);
        buffer
    }

    /// Draws a frame if one is due and the terminal has taken the last one.
    fn show(&mut self) -> io::Result<()> {
        if self.outbox.is_behind() {
            self.outbox.push()?;
            if self.outbox.is_behind() {
                self.retry = (self.retry * 2).min(LONGEST_RETRY);
                return Ok(());
            }
        }
        self.retry = RETRY;
        let due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if !self.stale || !due || self.station.session.samples() == 0 {
            return Ok(());
        }
        self.view.follow(&self.station.session);
        self.screen.update(&self.station.session, &self.view, &self.status, self.outbox.frame())?;
        self.outbox.push()?;
        self.drawn = Some(Instant::now());
        self.stale = false;
        Ok(())
    }

    /// Gives the terminal to the shell until we are continued.
    fn suspend(&mut self) -> Result<()> {
        let Some(guard) = &self.guard else { return Ok(()) };
        guard.release();
        signals::stop_self();
        guard.retake().context("cannot take the terminal again")?;
        self.screen = Screen::new(terminal::size());
        self.stale = true;
        Ok(())
    }

    /// Gives the terminal back, has the recording on disk, and says what the session leaves behind.
    fn close(&mut self) -> Result<()> {
        let given_back = self.guard.take().is_some_and(Guard::give_back);
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

/// Reads keys on a thread of its own, which waits in the kernel.
fn read_inputs() -> io::Result<Receiver<Input>> {
    let (sender, receiver) = channel(256);
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        while let Ok(input) = crossterm::event::read() {
            if sender.blocking_send(input).is_err() {
                break;
            }
        }
    })?;
    Ok(receiver)
}

async fn sleep(time: Option<Duration>) {
    tokio::time::sleep(time.unwrap_or_default()).await;
}
