//! `migtop record`: a session without a face.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::open::Captures;
use super::signals::{self, Ending, Endings};
use super::station::Station;
use super::summary;
use super::teller::Teller;
use crate::cli::Settings;
use crate::cli::settings::Output;
use crate::journal::{JournalError, Trouble};
use crate::units::{Bytes, Stopwatch};

/// A stream on a terminal helps nobody.
#[derive(Debug, thiserror::Error)]
#[error("standard output is a terminal: pipe the stream into something, or name a file with -o")]
pub struct OnTerminal;

/// Records for `duration`, or until a signal; both are a good end.
///
/// # Errors
/// When there is nothing to sample, or the recording is not complete on disk.
pub fn run(settings: &Settings, duration: Option<Duration>) -> Result<ExitCode> {
    let streams = settings.recording.output == Output::Standard;
    if streams && std::io::stdout().is_terminal() {
        return Err(OnTerminal.into());
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut station = Station::open(settings, Captures::ByFlag)?;
        let recorded = record(&mut station, duration).await;
        let keeping = station.keeping();
        let closed = station.close();
        recorded?;
        match closed {
            Err(JournalError::Write(error)) if streams && is_gone(&error) => {}
            closed => closed?,
        }
        let mut text = summary::trials(&station.session);
        text += &summary::recorded(&station.session, &keeping);
        let _ = std::io::stderr().write_all(text.as_bytes());
        Ok(ExitCode::SUCCESS)
    })
}

fn is_gone(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

async fn record(station: &mut Station, duration: Option<Duration>) -> Result<()> {
    let mut endings = Endings::listen()?;
    let mut teller = Teller::default();
    let progress = Progress::new(duration);
    loop {
        tokio::select! {
            heard = station.hear() => {
                station.take(heard).await?;
            }
            ending = endings.next() => match ending {
                Ending::Signal(_) => return Ok(()),
                Ending::Suspend => signals::stop_self(),
            },
        }
        if teller.has_news(station) {
            progress.0.suspend(|| teller.tell(station));
        }
        progress.show(station);
        let over = duration.is_some_and(|duration| station.session.at() >= duration);
        if over || station.trouble() == Some(&Trouble::ReaderGone) {
            return Ok(());
        }
    }
}

/// A line on a terminal's standard error, renewed every second; nothing elsewhere.
struct Progress(ProgressBar);

impl Progress {
    fn new(duration: Option<Duration>) -> Self {
        let bar = match duration {
            Some(duration) => ProgressBar::new(duration.as_secs()),
            None => ProgressBar::no_length(),
        };
        let template = if duration.is_some() { "{bar:30} {msg}" } else { "{msg}" };
        let style = ProgressStyle::with_template(template).expect("the template is right");
        Self(bar.with_style(style))
    }

    fn show(&self, station: &Station) {
        let at = station.session.at();
        if at.as_secs() == self.0.position() && at.as_secs() > 0 {
            return;
        }
        let running = station.session.open_trial().map_or_else(String::new, |trial| {
            format!(", trial {} {}", trial.number, Stopwatch(trial.duration(at)))
        });
        let (time, bytes) = (Stopwatch(at), Bytes(station.recorded_bytes()));
        self.0.set_message(format!("{}  {time}  {bytes}{running}", station.recorded()));
        self.0.set_position(at.as_secs());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
