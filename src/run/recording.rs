//! How a running session is kept: where it is recorded, and what stands in the way.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Notify;

use crate::cli::Settings;
use crate::cli::settings::Output;
use crate::clock;
use crate::journal::{JournalError, Recorder, Shelf, Sink, Trouble};
use crate::model::{Event, Header};
use crate::place::User;
use crate::session::Severity;
use crate::source::schedule::Batch;

/// How the session is kept.
pub struct Recording {
    pub recorder: Option<Recorder>,
    /// It is meant to last: in a file with a name, or for whoever reads the stream.
    pub kept: bool,
    /// Why it is not, if so.
    pub unkept: String,
    pub trouble: Option<Trouble>,
    /// Absolute values were asked for, to go on behind a gap.
    pub asked: bool,
}

impl Recording {
    /// Opens what the settings name; what could not be had otherwise is said in `said`.
    ///
    /// # Errors
    /// When what was asked for by name cannot be recorded into.
    pub fn start(
        settings: &Settings,
        header: &Header,
        user: &User,
        woken: &Arc<Notify>,
        said: &mut VecDeque<(Severity, String)>,
    ) -> Result<Self> {
        let output = &settings.recording.output;
        let (sink, unkept) = match output {
            Output::File(path) => {
                (Some(Sink::create(path, settings.recording.replace, user)?), String::new())
            }
            Output::Standard => (Some(Sink::standard_output()?), String::new()),
            Output::Nowhere => (None, "s writes a snapshot".into()),
            Output::Folder => match folder_sink(settings, header, user) {
                Ok(sink) => (Some(sink), String::new()),
                Err(error) => {
                    let text = format!("not recorded: {error:#}");
                    said.push_back((Severity::Warning, text));
                    (None, format!("{error:#}"))
                }
            },
        };
        let kept = sink.is_some();
        // Without a recording that lasts, a snapshot still needs the session.
        let sink = sink.map_or_else(Sink::temporary, Ok);
        let wake = {
            let woken = Arc::clone(woken);
            move || woken.notify_one()
        };
        let header = Event::Session(header.clone());
        let recorder = match sink.and_then(|sink| Recorder::start(sink, &header, wake)) {
            Ok(recorder) => Some(recorder),
            Err(error) if kept => return Err(error.into()),
            Err(error) => {
                let error = anyhow::Error::from(error);
                said.push_back((Severity::Warning, format!("snapshots are off: {error:#}")));
                None
            }
        };
        Ok(Self { recorder, kept, unkept, trouble: None, asked: false })
    }

    /// Takes the events of one instant.
    pub fn push(&mut self, batch: &Batch) -> Result<(), JournalError> {
        match &mut self.recorder {
            Some(recorder) => recorder.push(batch),
            None => Ok(()),
        }
    }

    /// Absolute values are wanted, and were not asked for yet.
    pub fn wants_proof(&mut self) -> bool {
        let wants = self.recorder.as_ref().is_some_and(Recorder::wants_proof);
        wants && !std::mem::replace(&mut self.asked, wants)
    }

    /// The file, where it has a name.
    pub fn path(&self) -> Option<&Path> {
        self.recorder.as_ref().and_then(Recorder::path)
    }

    /// How the session is kept, in a few words.
    pub fn recorded(&self) -> String {
        match (&self.trouble, self.path()) {
            (Some(trouble), _) if self.kept => format!("NOT RECORDING: {trouble}"),
            (_, Some(path)) => format!("recording {}", stem(path)),
            (_, None) if self.kept => "recording to standard output".into(),
            (_, None) => format!("not recorded: {}", self.unkept),
        }
    }
}

/// A file's name without its ending.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
}

/// A new file in the state folder, with room made for it.
fn folder_sink(settings: &Settings, header: &Header, user: &User) -> Result<Sink> {
    let folder = user.state_folder().context("there is no home to record into; -o says where")?;
    let shelf = Shelf::new(folder);
    let limits = settings.recording.limits;
    let now = clock::wall();
    let sink = shelf.create(&header.host, now, user)?;
    // Old recordings go while the new one runs; a folder of thousands delays no frame.
    let _ = std::thread::Builder::new().name("prune".into()).spawn(move || {
        let _ = shelf.prune(limits, now);
    });
    Ok(sink)
}
