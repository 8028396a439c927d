//! The screen on a terminal, whatever session it shows: keys in, frames out, at most ten a second
//! and only when something changed.

use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use tokio::sync::mpsc::{Receiver, channel};

use super::signals;
use crate::session::{Session, Severity};
use crate::tui::compose;
use crate::tui::frozen::Frozen;
use crate::tui::keymap::Command;
use crate::tui::notify::Watch;
use crate::tui::reply::{Input, Replies};
use crate::tui::screen::{Room, Screen};
use crate::tui::terminal::{self, Guard, Outbox};
use crate::tui::theme::colour::Ground;
use crate::tui::{self, Effect, Status, ViewState};

/// Frames are at least this far apart; a tick's jitter does not cost it its frame.
const FRAME: Duration = Duration::from_millis(90);
/// A rest that the terminal did not take is offered again after this, then ever later.
const RETRY: Duration = Duration::from_millis(4);
const LONGEST_RETRY: Duration = Duration::from_millis(128);
/// On a slow terminal what answers a key goes first for so long.
const ANSWERING: Duration = Duration::from_secs(2);

/// A view in a terminal.
pub struct Face {
    pub view: ViewState,
    pub status: Status,
    /// Something changed that no frame shows yet.
    pub stale: bool,
    /// Something changed in the charts alone.
    charts_stale: bool,
    inputs: Receiver<Input>,
    screen: Screen,
    outbox: Outbox,
    guard: Option<Guard>,
    drawn: Option<Instant>,
    asked: Option<Instant>,
    retry: Duration,
}

impl Face {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn open(mut view: ViewState, status: Status) -> Result<Self> {
        let guard = Guard::take(view.mouse).context("cannot take the terminal")?;
        let area = terminal::size();
        view.connections_beside = compose::shows_connections(area);
        let mut outbox = Outbox::open();
        // Nobody waits for the answer: it comes among the keys.
        let asks = view.look.asks() && cfg!(unix);
        if asks {
            outbox.frame().extend(terminal::ASK_BACKGROUND);
        }
        Ok(Self {
            view,
            status,
            stale: true,
            inputs: read_inputs(asks)?,
            screen: Screen::new(area),
            outbox,
            charts_stale: false,
            guard: Some(guard),
            drawn: None,
            asked: None,
            retry: RETRY,
        })
    }

    /// The next input; `None` when the terminal is gone.
    pub async fn input(&mut self) -> Option<Input> {
        self.inputs.recv().await
    }

    /// When there is something to do although nothing comes: a rest to be written, a frame held
    /// back.
    pub fn next_wake(&self) -> Option<Duration> {
        if self.outbox.is_behind() {
            return Some(self.retry);
        }
        let since = self.drawn?.elapsed();
        let wait = || FRAME.saturating_sub(since).max(self.outbox.wait(self.answers()));
        (self.stale || self.charts_stale).then(wait)
    }

    /// Somebody waits for the next frame.
    fn answers(&self) -> bool {
        self.asked.is_some_and(|asked| asked.elapsed() < ANSWERING)
    }

    /// Takes an input; what has to be done beyond the view is returned.
    ///
    /// # Errors
    /// When the terminal does not obey.
    pub fn take(&mut self, session: &Session, input: Input) -> Result<Option<Effect>> {
        if let Input::Event(Event::Mouse(MouseEvent { kind, column, row, .. })) = input
            && matches!(kind, MouseEventKind::Moved | MouseEventKind::Drag(MouseButton::Left))
        {
            let area = self.screen.area();
            self.charts_stale |= tui::update::point(&mut self.view, session, area, (column, row));
            return Ok(None);
        }
        self.stale = true;
        let event = match input {
            Input::Event(event) => event,
            Input::Background(colour) => {
                self.view.on(Ground::of(colour));
                return Ok(None);
            }
        };
        self.asked = Some(Instant::now());
        self.screen.begin_at_top();
        let effect = match event {
            // Some terminals send repeats and releases, too: a held Space is one press.
            Event::Key(key) if key.kind == KeyEventKind::Press => {
                tui::update(&mut self.view, session, key)
            }
            Event::Mouse(mouse) => self.take_mouse(session, mouse),
            Event::Paste(text) => {
                tui::prompt::paste(&mut self.view, &text);
                None
            }
            Event::Resize(..) => {
                self.resize();
                None
            }
            _ => None,
        };
        match effect {
            Some(Effect::Freeze) => self.freeze(session),
            Some(Effect::Mouse(wanted)) => {
                if let Some(guard) = &mut self.guard {
                    guard.mouse(wanted, &mut self.outbox)?;
                }
            }
            Some(Effect::Suspend) => self.suspend()?,
            other => return Ok(other),
        }
        Ok(None)
    }

    fn resize(&mut self) {
        let area = terminal::size();
        self.screen = Screen::new(area);
        self.view.connections_beside = compose::shows_connections(area);
        self.view.reorder();
    }

    fn take_mouse(&mut self, session: &Session, mouse: MouseEvent) -> Option<Effect> {
        let command = match mouse.kind {
            MouseEventKind::ScrollDown => Command::Down,
            MouseEventKind::ScrollUp => Command::Up,
            MouseEventKind::Down(MouseButton::Left) => {
                let area = self.screen.area();
                let at = (mouse.column, mouse.row);
                return tui::update::click(&mut self.view, session, area, at);
            }
            MouseEventKind::Up(MouseButton::Left) => {
                let (area, at) = (self.screen.area(), (mouse.column, mouse.row));
                return tui::update::release(&mut self.view, session, area, at);
            }
            _ => return None,
        };
        tui::update::act(&mut self.view, session, command)
    }

    /// Says something to the user.
    pub fn say(&mut self, at: Duration, severity: Severity, text: impl Into<String>) {
        self.view.say(at, severity, text);
        self.stale = true;
    }

    /// Tells something beyond the screen.
    pub fn ring(&mut self, watch: &mut Watch, session: &Session) {
        watch.look(session, self.outbox.frame());
    }

    /// Sets the screen's clock.
    pub fn tell_time(&mut self, time: jiff::Timestamp) {
        let time = time.to_zoned(jiff::tz::TimeZone::system());
        self.status.clock = time.strftime("%H:%M:%S").to_string();
        self.status.ahead_of_utc = time.offset().seconds();
    }

    fn freeze(&mut self, session: &Session) {
        self.view.follow(session);
        let frozen = Frozen::take(session, &self.view, &self.status, self.screen.area());
        self.view.frozen = Some(frozen);
    }

    /// The screen as it would be drawn now.
    pub fn frame(&mut self, session: &Session) -> Buffer {
        let area = self.screen.area();
        let mut buffer = Buffer::empty(area);
        self.view.follow(session);
        tui::draw(session, &self.view, &self.status, area, &mut buffer);
        buffer
    }

    /// Draws a frame if one is due and the terminal has taken the last one.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, session: &Session) -> io::Result<()> {
        if self.outbox.is_behind() {
            self.push()?;
            if self.outbox.is_behind() {
                self.retry = (self.retry * 2).min(LONGEST_RETRY);
                return Ok(());
            }
        }
        self.retry = RETRY;
        let due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if !(self.stale || self.charts_stale) || !due || session.samples() == 0 {
            return Ok(());
        }
        let answers = self.answers();
        if !self.outbox.wait(answers).is_zero() {
            return Ok(());
        }
        let room = self.outbox.room().map(|bytes| Room { bytes, answers });
        let (screen, out) = (&mut self.screen, self.outbox.frame());
        let mut all = true;
        if self.stale || room.is_some() {
            self.view.follow(session);
            all = screen.update_within(session, &self.view, &self.status, room, out)?;
            self.view.chart.cells = screen.moments().unwrap_or(self.view.chart.cells);
            if self.view.sheet.is_some() {
                let last = compose::scrolls(session, &self.view, screen.area());
                self.view.scrolled = self.view.scrolled.min(last);
            }
        } else {
            screen.update_charts(session, &self.view, &self.status, out)?;
        }
        (self.stale, self.charts_stale) = (!all, false);
        self.drawn = Some(Instant::now());
        self.push()
    }

    fn push(&mut self) -> io::Result<()> {
        if self.outbox.push()? {
            // Whatever else it was told may be lost, too.
            self.screen = Screen::new(self.screen.area());
            if let Some(guard) = &mut self.guard {
                guard.mouse(self.view.mouse, &mut self.outbox)?;
            }
            self.stale = true;
        }
        Ok(())
    }

    /// Gives the terminal to the shell until we are continued.
    ///
    /// # Errors
    /// When it cannot be taken again.
    pub fn suspend(&mut self) -> Result<()> {
        let Some(guard) = &self.guard else { return Ok(()) };
        guard.release();
        signals::stop_self();
        guard.retake().context("cannot take the terminal again")?;
        self.resize();
        self.stale = true;
        Ok(())
    }

    /// Gives the terminal back; whether there was one to give.
    pub fn give_back(&mut self) -> bool {
        self.guard.take().is_some_and(Guard::give_back)
    }
}

/// Reads keys on a thread of its own, which waits in the kernel.
fn read_inputs(asked: bool) -> io::Result<Receiver<Input>> {
    let (sender, receiver) = channel(256);
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        let mut replies = Replies::new(asked);
        // Where nobody listens any more the loop ends.
        let mut send = |input| drop(sender.blocking_send(input));
        while !sender.is_closed() {
            let waits = replies.patience().map_or(Ok(true), crossterm::event::poll);
            match waits.and_then(|more| more.then(crossterm::event::read).transpose()) {
                Ok(Some(event)) => replies.take(event, &mut send),
                Ok(None) => replies.release(&mut send),
                Err(_) => break,
            }
        }
    })?;
    Ok(receiver)
}

/// Runs a view to its end.
///
/// # Errors
/// Those of the view, or when there is no runtime for it.
pub fn block_on<T>(view: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(view);
    // The thread that reads keys waits for one for ever: it ends with the process.
    runtime.shutdown_background();
    outcome
}

/// Waits for `time`; the select arm it stands in is only on when there is one.
pub async fn sleep(time: Option<Duration>) {
    tokio::time::sleep(time.unwrap_or_default()).await;
}
