//! The live view: batches, keys, signals and a clock into one loop; one frame out of it, at most
//! ten a second and only when something changed.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crossterm::event::{Event as Input, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::open::{self, Sampling};
use super::signals::{self, Ending, Endings};
use super::snapshot::Snapshot;
use super::spool::Spool;
use super::summary;
use crate::cli::Settings;
use crate::clock;
use crate::model::{End, Event, Mark, MarkBy, MarkKind};
use crate::session::{Session, Severity, TrialState};
use crate::source::schedule::{Batch, Handle};
use crate::tui::keymap::Command;
use crate::tui::screen::Screen;
use crate::tui::terminal::{self, Guard, Outbox};
use crate::tui::{self, Effect, Status, ViewState};

/// Frames are at least this far apart; a tick's jitter does not cost it its frame.
const FRAME: Duration = Duration::from_millis(90);
/// A rest that the terminal did not take is offered again after this, then ever later.
const RETRY: Duration = Duration::from_millis(4);
const LONGEST_RETRY: Duration = Duration::from_millis(128);
/// A mark is answered within a tick; longer and the sampler is stuck.
const MARK_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the live view until the user or a signal ends it.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sampling = open::sampling(settings)?;
    let code = runtime.block_on(async {
        let mut live = Live::open(settings, sampling)?;
        let code = live.watch().await;
        live.close();
        code
    });
    // The thread that reads keys waits for one for ever: it ends with the process.
    runtime.shutdown_background();
    code
}

struct Live {
    /// Closed before the sampler is waited for.
    batches: Receiver<Batch>,
    sampler: Handle,
    inputs: Receiver<Input>,
    /// Of the loop alone; a snapshot's outcome.
    written: (Sender<String>, Receiver<String>),
    session: Session,
    view: ViewState,
    status: Status,
    spool: Option<Spool>,
    screen: Screen,
    outbox: Outbox,
    guard: Option<Guard>,
    drawn: Option<Instant>,
    /// Something changed that no frame shows yet.
    stale: bool,
    shown_second: u64,
    retry: Duration,
}

/// How the loop goes on.
enum Next {
    Go,
    End(ExitCode),
}

impl Live {
    fn open(settings: &Settings, sampling: Sampling) -> Result<Self> {
        let mut session = Session::new(settings.session.clone());
        let (spool, trouble) = match Spool::open() {
            Ok(spool) => (Some(spool), None),
            Err(error) => (None, Some(format!("snapshots are off: {error}"))),
        };
        let mut view = ViewState::new(settings.view.clone());
        if let Some(trouble) = trouble {
            view.say(Duration::ZERO, Severity::Warning, trouble);
        }
        session.apply(Event::Session(sampling.header.clone()));
        let guard = Guard::take(view.mouse).context("cannot take the terminal")?;
        let mut live = Self {
            sampler: sampling.handle,
            batches: sampling.batches,
            inputs: read_inputs()?,
            written: channel(4),
            session,
            view,
            status: Status {
                clock: String::new(),
                sampler: sampling.sampler.into(),
                recorded: "not recorded: s writes a snapshot".into(),
                missed: 0,
            },
            spool,
            screen: Screen::new(terminal::size()),
            outbox: Outbox::open(),
            guard: Some(guard),
            drawn: None,
            stale: true,
            shown_second: u64::MAX,
            retry: RETRY,
        };
        live.keep(&Event::Session(sampling.header));
        Ok(live)
    }

    async fn watch(&mut self) -> Result<ExitCode> {
        let mut endings = Endings::listen()?;
        loop {
            let wake = self.next_wake();
            let next = tokio::select! {
                batch = self.batches.recv() => {
                    self.take_batch(batch)?;
                    Next::Go
                }
                input = self.inputs.recv() => match input {
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
                        self.suspend()?;
                        Next::Go
                    }
                },
                () = sleep(wake), if wake.is_some() => Next::Go,
            };
            if let Next::End(code) = next {
                return Ok(code);
            }
            if self.show().is_err() {
                return Ok(ExitCode::from(129));
            }
        }
    }

    /// When the loop has to run although nothing comes: a rest to be written, a frame held back.
    fn next_wake(&self) -> Option<Duration> {
        if self.outbox.is_behind() {
            return Some(self.retry);
        }
        let since = self.drawn?.elapsed();
        self.stale.then(|| FRAME.saturating_sub(since))
    }

    fn take_batch(&mut self, batch: Option<Batch>) -> Result<()> {
        let batch = batch.context("the sampler ended")?;
        let first = self.session.samples() == 0;
        let was_busy = self.session.busy();
        for event in batch {
            self.stale |= !matches!(event, Event::Sample { .. } | Event::Counters { .. });
            self.keep(&event);
            self.session.apply(event);
        }
        self.stale |= was_busy || self.session.busy() || self.session.open_trial().is_some();
        let second = self.session.at().as_secs();
        if second != self.shown_second {
            self.shown_second = second;
            self.tell_time();
            self.stale = true;
        }
        // The first reading alone has no rates; the second is a few milliseconds away.
        self.stale |= first && self.session.samples() > 0;
        let missed = self.sampler.missed();
        self.stale |= self.status.missed != missed;
        self.status.missed = missed;
        Ok(())
    }

    /// Into the spool; when that fails, snapshots are off and the view goes on.
    fn keep(&mut self, event: &Event) {
        let at = self.session.at();
        if let Some(Err(error)) = self.spool.as_mut().map(|spool| spool.push(at, event)) {
            self.spool = None;
            self.view.say(at, Severity::Warning, format!("snapshots are off: {}", chain(&error)));
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
                tui::update(&mut self.view, &self.session, key)
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
                let row = tui::draw::row_at(&self.session, &self.view, area, mouse.row)?;
                self.view.select_row(row);
                return None;
            }
            _ => return None,
        };
        tui::update::act(&mut self.view, &self.session, command)
    }

    async fn perform(&mut self, effect: Effect) -> Result<Next> {
        match effect {
            Effect::Mark { kind, set, text } => {
                let open = self.session.open_trial().map(|trial| trial.number);
                let trial = match kind {
                    MarkKind::Start => Some(self.session.trials().len() as u32 + 1),
                    _ => open,
                };
                let mark = Mark { trial, set, text, ..Mark::new(kind, MarkBy::Key) };
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
            Effect::Quit(interrupted) => {
                return Ok(Next::End(ExitCode::from(if interrupted { 130 } else { 0 })));
            }
        }
        Ok(Next::Go)
    }

    /// Has the mark set, and waits until the session has it: the next key sees what it did.
    async fn mark(&mut self, mark: Mark) -> Result<()> {
        let kind = mark.kind;
        if kind == MarkKind::Undo && self.session.marks() == 0 {
            self.view.say(self.session.at(), Severity::Info, "there is no mark to undo");
            return Ok(());
        }
        let trials = self.session.trials().len();
        self.sampler.mark(mark);
        let asked = Instant::now();
        loop {
            let left = MARK_TIMEOUT.saturating_sub(asked.elapsed());
            let Ok(batch) = tokio::time::timeout(left, self.batches.recv()).await else {
                self.view.say(self.session.at(), Severity::Warning, "the mark was not set in time");
                return Ok(());
            };
            let batch = batch.context("the sampler ended")?;
            let set = batch.iter().any(|event| matches!(event, Event::Mark(_)));
            self.take_batch(Some(batch))?;
            if set {
                break;
            }
        }
        self.answer_mark(kind, trials);
        Ok(())
    }

    fn answer_mark(&mut self, kind: MarkKind, trials_before: usize) {
        let last = self.session.trials().last();
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
            (MarkKind::Undo, _) if trials_before > self.session.trials().len() => {
                "undone: the trial is not started".into()
            }
            (MarkKind::Undo, _) => "undone".into(),
        };
        self.view.say(self.session.at(), Severity::Info, text);
    }

    /// Begins to write a snapshot on a thread of its own: a slow disk delays nothing.
    fn snapshot(&mut self) {
        let at = self.session.at();
        let Some(spool) = &mut self.spool else {
            self.view.say(at, Severity::Warning, "snapshots are off: no room for the session");
            return;
        };
        let stream = match spool.extract() {
            Ok(stream) => stream,
            Err(error) => {
                self.view.say(at, Severity::Warning, format!("no snapshot: {}", chain(&error)));
                return;
            }
        };
        let snapshot = Snapshot {
            stream,
            end: End {
                at,
                own_cpu: clock::own_cpu(),
                own_peak_rss_bytes: clock::own_peak_rss(),
                samples: self.session.samples(),
                missed: self.sampler.missed(),
            },
            screen: Some(self.frame()),
            host: self.session.header().map_or_else(String::new, |h| h.host.clone()),
            taken: clock::wall(),
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
        self.view.say(self.session.at(), severity, text);
        self.stale = true;
    }

    /// The screen as it would be drawn now.
    fn frame(&mut self) -> Buffer {
        let area = self.screen.area();
        let mut buffer = Buffer::empty(area);
        self.view.follow(&self.session);
        tui::draw(&self.session, &self.view, &self.status, area, &mut buffer);
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
        if !self.stale || !due || self.session.samples() == 0 {
            return Ok(());
        }
        self.view.follow(&self.session);
        self.screen.update(&self.session, &self.view, &self.status, self.outbox.frame())?;
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

    /// Gives the terminal back and says what the session leaves behind.
    fn close(&mut self) {
        if self.guard.take().is_some_and(Guard::give_back) {
            // The terminal may be gone by now; there is nobody to tell then.
            let _ = io::stdout().write_all(summary::trials(&self.session).as_bytes());
        }
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

fn chain(error: &dyn std::error::Error) -> String {
    crate::source::error_chain(error)
}
