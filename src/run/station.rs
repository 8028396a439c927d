//! A running session without a face: sampler, recording and fold, and the marks that reach it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Notify, oneshot};

use super::answer::{self, Recorded};
use super::open::{self, Captures, Sampling};
use super::recording::{Recording, stem};
use super::summary::Keeping;
use crate::cli::Settings;
use crate::cli::settings::Origin;
use crate::clock;
use crate::control::{Answer, Call, MarkRequest, Request, Server};
use crate::journal::{Extract, JournalError, Recorder, Trouble};
use crate::model::{Counts, End, Event, Factors, InterfaceId, Mark, MarkBy, MarkKind};
use crate::place::User;
use crate::session::{Auto, AutoMark, Planned, Session, Severity, StopWhenEmpty};
use crate::source::packets::Target;
use crate::source::schedule::{Batch, Handle};

/// A mark is set within a tick; longer and the sampler is stuck.
const MARK_TIMEOUT: Duration = Duration::from_secs(5);

/// The session, and all that feeds and keeps it.
pub struct Station {
    /// What is known so far.
    pub session: Session,
    /// Factors of the coming trials.
    pub coming: Factors,
    /// What the source calls itself.
    pub sampler: &'static str,
    /// The interfaces are this machine's.
    can_capture: bool,
    /// Closed before the sampler is waited for.
    batches: Receiver<Batch>,
    handle: Handle,
    recording: Recording,
    /// The journal has something to say.
    woken: Arc<Notify>,
    said: VecDeque<(Severity, String)>,
    user: User,
    desk: Option<Desk>,
    waiting: Vec<Waiting>,
    auto: Option<Auto>,
    empty: Option<StopWhenEmpty>,
    plan: Planned,
}

/// Where requests come from.
struct Desk {
    /// The socket is there as long as this is.
    server: Server,
    calls: Receiver<Call>,
}

/// An answer that waits until its mark is on disk.
struct Waiting {
    number: u64,
    answer: Answer,
    reply: oneshot::Sender<Answer>,
}

/// What came in; to be given to [`Station::take`].
pub enum Heard {
    Batch(Option<Batch>),
    Journal,
    Call(Option<Call>),
}

/// What a mark came to.
#[derive(Debug, Clone)]
pub struct Marked {
    /// As it stands in the stream.
    pub mark: Mark,
    /// The counters it was set at; none while they cannot be read.
    pub absolute: Vec<Counts>,
    /// The journal's number of it: it is safe when [`Recorder::safe`] has reached that.
    pub number: Option<u64>,
}

/// Why a mark was not set.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    #[error("trial {0} is running; stop it first")]
    Running(u32),
    #[error("no trial is running")]
    NoTrial,
    #[error("there is no mark to undo")]
    NothingToUndo,
    #[error("the mark was not set in time; it may still come")]
    Late,
}

impl Station {
    /// Opens source, recording and socket.
    ///
    /// # Errors
    /// When there is nothing to sample, or what was asked for by name cannot be recorded into.
    pub fn open(settings: &Settings, captures: Captures) -> Result<Self> {
        let user = User::current();
        let Sampling { handle, batches, header, sampler, plan } =
            open::sampling(settings, captures)?;
        let woken = Arc::new(Notify::new());
        let mut said = VecDeque::new();
        let recording = Recording::start(settings, &header, &user, &woken, &mut said)?;
        let mut session = Session::new(settings.session.clone());
        session.apply(Event::Session(header));
        let coming = settings.view.factors.clone();
        let auto = settings.auto.map(Auto::new);
        let empty = settings.stop_when_empty.then(StopWhenEmpty::default);
        let mut station = Self {
            session,
            coming,
            sampler,
            can_capture: matches!(settings.origin, Origin::Host(_)),
            batches,
            handle,
            recording,
            woken,
            said,
            user,
            desk: None,
            waiting: Vec::new(),
            auto,
            empty,
            plan: Planned::new(plan),
        };
        station.listen();
        Ok(station)
    }

    /// Opens the socket; without one there are still keys.
    fn listen(&mut self) {
        match Server::listen(&self.user, &self.name()) {
            Ok((server, calls)) => self.desk = Some(Desk { server, calls }),
            Err(error) => {
                let text = format!("no marks from scripts: {:#}", anyhow::Error::from(error));
                self.said.push_back((Severity::Warning, text));
            }
        }
    }

    /// What the session is called: its file's name, else its host's.
    fn name(&self) -> String {
        if let Some(desk) = &self.desk {
            return desk.server.name().to_owned();
        }
        let of_file = self.path().map(stem);
        of_file.or_else(|| Some(self.session.header()?.host.clone())).unwrap_or_default()
    }

    /// Waits for whatever comes next; nothing is lost when this is not waited for to its end.
    pub async fn hear(&mut self) -> Heard {
        tokio::select! {
            batch = self.batches.recv() => Heard::Batch(batch),
            () = self.woken.notified() => Heard::Journal,
            call = next_call(self.desk.as_mut()) => Heard::Call(call),
        }
    }

    /// Takes what was heard in; whether more than a plain tick came.
    ///
    /// # Errors
    /// When the sampler has ended.
    pub async fn take(&mut self, heard: Heard) -> Result<bool> {
        match heard {
            Heard::Batch(batch) => {
                let more = self.keep(batch.context("the sampler ended")?)?;
                let more = self.follow_guests().await? || more;
                let more = self.follow_plan().await? || more;
                Ok(self.follow_traffic().await? || more)
            }
            Heard::Journal => {
                self.watch_recording();
                Ok(self.has_said())
            }
            Heard::Call(Some(call)) => {
                self.serve(call).await?;
                Ok(true)
            }
            Heard::Call(None) => {
                self.desk = None;
                Ok(false)
            }
        }
    }

    /// Sets the marks that the traffic asks for, at its own edges; whether it did.
    async fn follow_traffic(&mut self) -> Result<bool> {
        let Some(asked) = self.auto.as_mut().and_then(|auto| auto.observe(&self.session)) else {
            return Ok(false);
        };
        self.set(asked, "the traffic").await.map(|()| true)
    }

    /// Stops the running trial where the last of its guests has left; whether it did.
    async fn follow_guests(&mut self) -> Result<bool> {
        let Some(asked) = self.empty.as_mut().and_then(|empty| empty.observe(&self.session)) else {
            return Ok(false);
        };
        self.set(asked, "the last guest's departure").await.map(|()| true)
    }

    /// Sets the mark that the scenario has planned for now; whether it did.
    async fn follow_plan(&mut self) -> Result<bool> {
        let Some(due) = self.plan.observe(&self.session) else { return Ok(false) };
        let Marked { mark, .. } = self.mark(due).await?;
        let what = if mark.kind == MarkKind::Start { "started" } else { "stopped" };
        let text = format!("the scenario {what} trial {}", mark.trial.unwrap_or_default());
        self.said.push_back((Severity::Info, text));
        Ok(true)
    }

    /// Sets a mark that `who` asks for, and moves the edge to where it belongs.
    async fn set(&mut self, asked: AutoMark, who: &str) -> Result<()> {
        let (kind, edit) = match asked {
            AutoMark::Start { began } => {
                let edge = Mark { start: Some(began), ..Mark::new(MarkKind::Edit, MarkBy::Auto) };
                (MarkKind::Start, edge)
            }
            AutoMark::Stop { ended } => {
                let edge = Mark { stop: Some(ended), ..Mark::new(MarkKind::Edit, MarkBy::Auto) };
                (MarkKind::Stop, edge)
            }
        };
        match self.mark(Mark::new(kind, MarkBy::Auto)).await {
            Ok(Marked { mark, .. }) => {
                let number = mark.trial.unwrap_or_default();
                self.mark(Mark { trial: mark.trial, ..edit }).await?;
                let what = if kind == MarkKind::Start { "started" } else { "stopped" };
                let text = format!("{who} {what} trial {number}");
                self.said.push_back((Severity::Info, text));
            }
            // The watch asks again when it still holds.
            Err(error) => {
                error.downcast::<MarkError>()?;
            }
        }
        Ok(())
    }

    /// Answers a request; a mark when it is on disk.
    async fn serve(&mut self, call: Call) -> Result<()> {
        let Call { request, reply } = call;
        let request = match request {
            Request::Status => {
                let status =
                    answer::status(&self.session, &self.name(), self.how_recorded(), self.missed());
                // Whoever asked may have left; so may everyone below.
                let _ = reply.send(Answer::status(status));
                return Ok(());
            }
            Request::Mark(request) => request,
        };
        let MarkRequest { mark: kind, text, set } = request;
        match self.mark(Mark { set, text, ..Mark::new(kind, MarkBy::Socket) }).await {
            Ok(Marked { mark, absolute, number }) => {
                let marked = answer::marked(&self.session, &self.name(), &mark, &absolute);
                let text = marked_text(&mark);
                self.said.push_back((Severity::Info, text));
                let answer = Answer::marked(marked);
                match number {
                    Some(number) => self.waiting.push(Waiting { number, answer, reply }),
                    None => drop(reply.send(answer)),
                }
                self.answer_waiting();
            }
            Err(error) => {
                let _ = reply.send(Answer::error(error.downcast::<MarkError>()?));
            }
        }
        Ok(())
    }

    /// Answers those whose marks are on disk, and those whose marks will not be soon.
    fn answer_waiting(&mut self) {
        let Some(recorder) = &self.recording.recorder else { return };
        if self.waiting.is_empty() {
            return;
        }
        let (safe, trouble) = (recorder.safe(), recorder.trouble());
        let ready = |waiting: &mut Waiting| waiting.number <= safe || trouble.is_some();
        for Waiting { number, answer, reply } in self.waiting.extract_if(.., ready) {
            let answer = match &trouble {
                Some(trouble) if number > safe => Answer::error(format_args!(
                    "the mark is set, and not on disk: {trouble}; it is written when that is over"
                )),
                _ => answer,
            };
            let _ = reply.send(answer);
        }
    }

    fn how_recorded(&self) -> Recorded {
        let file = self.path().map(|path| {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
        });
        let trouble = match &self.recording.trouble {
            Some(trouble) => Some(trouble.to_string()),
            None => (!self.recording.kept).then(|| self.recording.unkept.clone()),
        };
        Recorded { file, recording: trouble.is_none(), trouble }
    }

    /// A batch into the journal, then into the session; whether more than a plain tick was in it.
    fn keep(&mut self, batch: Batch) -> Result<bool> {
        self.recording.push(&batch)?;
        if batch.iter().any(|event| matches!(event, Event::Counters { .. })) {
            self.recording.asked = false;
        }
        let mut plain = true;
        for event in batch {
            plain &= matches!(
                event,
                Event::Sample { .. }
                    | Event::Counters { .. }
                    | Event::Host(_)
                    | Event::Sockets { .. }
                    | Event::Packets(_)
            );
            self.session.apply(event);
        }
        self.watch_recording();
        Ok(!plain)
    }

    /// Has a mark set at a reading taken now, and waits until the session has it.
    ///
    /// # Errors
    /// [`MarkError`] when it makes no sense now or is not set in time; otherwise when the sampler
    /// has ended.
    pub async fn mark(&mut self, mark: Mark) -> Result<Marked> {
        let mark = self.complete(mark)?;
        self.handle.mark(mark);
        let asked = Instant::now();
        loop {
            let left = MARK_TIMEOUT.saturating_sub(asked.elapsed());
            let Ok(batch) = tokio::time::timeout(left, self.batches.recv()).await else {
                return Err(MarkError::Late.into());
            };
            let batch = batch.context("the sampler ended")?;
            let set = marked(&batch);
            self.keep(batch)?;
            if let Some((mark, absolute)) = set {
                let number = self.recording.recorder.as_mut().map(Recorder::commit);
                return Ok(Marked { mark, absolute, number });
            }
        }
    }

    /// The mark with its trial's number and factors, if it makes sense now.
    fn complete(&self, mut mark: Mark) -> Result<Mark, MarkError> {
        let open = self.session.open_trial().map(|trial| trial.number);
        match (mark.kind, open) {
            (MarkKind::Start, Some(number)) => return Err(MarkError::Running(number)),
            (MarkKind::Start, None) => {
                mark.trial = Some(self.session.next_trial());
                let mut set = self.coming.clone();
                set.extend(mark.set.take().unwrap_or_default());
                mark.set = Some(set);
            }
            (MarkKind::Stop | MarkKind::Cancel, None) => return Err(MarkError::NoTrial),
            (MarkKind::Undo, _) if self.session.marks() == 0 => {
                return Err(MarkError::NothingToUndo);
            }
            (MarkKind::Undo, _) => {}
            _ => mark.trial = mark.trial.or(open),
        }
        Ok(mark)
    }

    /// Captures packets on an interface and on no other, or not any more.
    pub fn capture(&mut self, interface: Option<InterfaceId>) {
        if !self.can_capture {
            self.said.push_back((Severity::Warning, "a demo has no packets".into()));
            return;
        }
        let known = interface.and_then(|id| self.session.interface(id)).filter(|i| i.present);
        let facts = known.map(|known| &known.facts);
        self.handle
            .capture(facts.map(|facts| Target { index: facts.index, name: facts.name.clone() }));
    }

    /// Notices what changed with the recording.
    fn watch_recording(&mut self) {
        self.answer_waiting();
        if self.recording.wants_proof() {
            self.handle.prove();
        }
        let trouble = self.recording.recorder.as_ref().and_then(Recorder::trouble);
        if trouble == self.recording.trouble {
            return;
        }
        let text = match &trouble {
            Some(Trouble::ReaderGone) => "nobody reads the stream any more".to_owned(),
            Some(trouble) => format!("not recording, marks are kept: {trouble}"),
            None => "recording again; the gap is in the file".to_owned(),
        };
        let severity = if trouble.is_some() { Severity::Warning } else { Severity::Info };
        self.recording.trouble = trouble;
        self.said.push_back((severity, text));
    }

    /// What there is to tell the user besides the session.
    pub fn said(&mut self) -> Option<(Severity, String)> {
        self.said.pop_front()
    }

    /// Whether [`Self::said`] has anything.
    pub fn has_said(&self) -> bool {
        !self.said.is_empty()
    }

    /// Ticks that passed without a sample of their own.
    pub fn missed(&self) -> u64 {
        self.handle.missed()
    }

    /// The file that is recorded into, where it has a name.
    pub fn path(&self) -> Option<&Path> {
        self.recording.path()
    }

    /// How the session is kept, for when it is over.
    pub fn keeping(&self) -> Keeping {
        match self.path() {
            Some(path) => Keeping::File(path.display().to_string()),
            None if self.recording.kept => Keeping::Stream,
            None => Keeping::Nowhere,
        }
    }

    /// Whose files are written.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Bytes recorded so far.
    pub fn recorded_bytes(&self) -> u64 {
        self.recording.recorder.as_ref().map_or(0, Recorder::length)
    }

    /// Why nothing is being written right now, if so.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.recording.trouble.as_ref()
    }

    /// How the session is kept, in a few words.
    pub fn recorded(&self) -> String {
        self.recording.recorded()
    }

    /// Everything recorded so far, for a snapshot.
    ///
    /// # Errors
    /// When there is no recording, not even a temporary one.
    pub fn extract(&mut self) -> Result<Extract> {
        let recorder = self.recording.recorder.as_mut().context("no room for the session")?;
        Ok(recorder.extract()?)
    }

    /// The last line, if the session ended now.
    pub fn end(&self) -> End {
        End {
            at: self.session.at(),
            own_cpu: clock::own_cpu(),
            own_peak_rss_bytes: clock::own_peak_rss(),
            samples: self.session.samples(),
            missed: self.handle.missed(),
            trials: Some(self.session.trials().len() as u32),
        }
    }

    /// Ends the session, and has all of it on disk.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn close(&mut self) -> Result<(), JournalError> {
        // Nobody is to be told of marks that will not be set.
        self.desk = None;
        let end = Event::End(self.end());
        let Some(recorder) = self.recording.recorder.take() else { return Ok(()) };
        let closed = recorder.finish(&end).map(drop);
        for Waiting { answer, reply, .. } in self.waiting.drain(..) {
            let answer = match &closed {
                Ok(()) => answer,
                Err(error) => Answer::error(format_args!("the mark is not on disk: {error}")),
            };
            let _ = reply.send(answer);
        }
        closed
    }
}

/// The mark in a batch, and the counters beside it.
fn marked(batch: &[Event]) -> Option<(Mark, Vec<Counts>)> {
    let mark = batch.iter().find_map(|event| match event {
        Event::Mark(mark) => Some(mark.clone()),
        _ => None,
    })?;
    let absolute = batch.iter().find_map(|event| match event {
        Event::Counters { absolute, .. } => Some(absolute.clone()),
        _ => None,
    });
    Some((mark, absolute.unwrap_or_default()))
}

/// The next request; never, where there is no socket.
async fn next_call(desk: Option<&mut Desk>) -> Option<Call> {
    match desk {
        Some(desk) => desk.calls.recv().await,
        None => std::future::pending().await,
    }
}

/// What a mark from outside did, for whoever watches.
fn marked_text(mark: &Mark) -> String {
    let number = mark.trial.unwrap_or_default();
    match mark.kind {
        MarkKind::Start => format!("a script started trial {number}"),
        MarkKind::Stop => format!("a script stopped trial {number}"),
        MarkKind::Cancel => format!("a script gave trial {number} up"),
        MarkKind::Undo => "a script undid the last mark".into(),
        MarkKind::Note | MarkKind::Edit => "a script noted something".into(),
    }
}
