//! `migtop replay`: the screen over a recording.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::configuration;
use super::face::{Face, block_on, sleep};
use super::find;
use super::plain;
use super::player::Player;
use super::signals::{Ending, Endings};
use crate::cli::Settings;
use crate::journal::append_marks;
use crate::model::{Mark, MarkKind};
use crate::session::{Listing, Severity};
use crate::tui::arrangement::Arrangement;
use crate::tui::edges::{NO_TRAFFIC, snapped};
use crate::tui::keymap::Command;
use crate::tui::{Effect, Play, Replay, Status, ViewState};
use crate::units::Stopwatch;

/// Seconds of the recording in a second.
const SLOWEST: f64 = 0.125;
const FASTEST: f64 = 1024.0;
/// While it plays, the screen is renewed as often as a live one.
const FRAME: Duration = Duration::from_millis(100);
/// One step back or forth, in columns of the chart.
const STEP: u32 = 10;

/// What to play, and how.
pub struct Wanted<'a> {
    /// The recording.
    pub path: &'a Path,
    /// Seconds of it in a second.
    pub pace: f64,
    /// Where to begin.
    pub start_at: Duration,
    /// Damage is read around.
    pub salvage: bool,
}

/// Plays a recording: on a terminal with keys, else as plain lines at once.
///
/// # Errors
/// When it cannot be read.
pub fn run(settings: &Settings, wanted: &Wanted, can_draw: bool) -> Result<ExitCode> {
    let mut player = open(settings, wanted)?;
    if wanted.start_at > player.length() {
        let (at, length) = (Stopwatch(wanted.start_at), Stopwatch(player.length()));
        bail!("there is no {at} in this recording to start at: it is {length} long");
    }
    player.seek(wanted.start_at)?;
    if can_draw {
        block_on(async {
            let mut replaying = Replaying::open(settings, wanted, player)?;
            let code = replaying.watch().await;
            replaying.close();
            code
        })
    } else {
        print(settings, &mut player, wanted.start_at)
    }
}

fn open(settings: &Settings, wanted: &Wanted) -> Result<Player> {
    let reader = find::open(wanted.path, wanted.salvage)?;
    let bar = ProgressBar::no_length();
    let template = "reading {bar:30} {percent} %";
    bar.set_style(ProgressStyle::with_template(template).context("the bar's template")?);
    let player = Player::open(reader, settings.session.clone(), |read, length| {
        bar.set_length(length);
        bar.set_position(read);
    });
    bar.finish_and_clear();
    player.with_context(|| wanted.path.display().to_string())
}

/// Plain lines, one a recorded second.
fn print(settings: &Settings, player: &mut Player, from: Duration) -> Result<ExitCode> {
    let listing = Listing { chosen: settings.view.chosen, ..Listing::default() };
    let mut out = std::io::stdout().lock();
    let mut second = from.as_secs() + 1;
    if let Some(text) = left_out(player) {
        // Where nobody listens there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "migtop: {text}");
    }
    loop {
        player.play_to(Duration::from_secs(second))?;
        let time = clock(player);
        out.write_all(plain::lines(player.session(), &listing, settings, time).as_bytes())?;
        if player.is_over() {
            return Ok(ExitCode::SUCCESS);
        }
        second += 1;
    }
}

/// What of the recording cannot be shown, if anything.
fn left_out(player: &Player) -> Option<String> {
    let recovery = player.recovery();
    match (recovery.torn_bytes, recovery.skipped.len()) {
        (0, 0) => None,
        (torn, 0) => Some(format!("cut off: the last {torn} bytes are no complete frame")),
        (torn, 1) => Some(format!("1 damaged place left out, {torn} bytes at the end")),
        (torn, n) => Some(format!("{n} damaged places left out, {torn} bytes at the end")),
    }
}

/// The wall clock of the recording's moment.
fn clock(player: &Player) -> jiff::Timestamp {
    let started = player.session().header().and_then(|header| header.started.parse().ok());
    let started: jiff::Timestamp = started.unwrap_or_default();
    started.checked_add(player.session().at()).unwrap_or(started)
}

struct Replaying<'a> {
    path: &'a Path,
    /// The configuration that the user named.
    config: Option<&'a Path>,
    player: Player,
    face: Face,
    playing: bool,
    pace: f64,
    /// The moment that is shown; between samples while it plays.
    at: Duration,
    /// When it was last moved on.
    moved: Instant,
}

impl<'a> Replaying<'a> {
    fn open(settings: &'a Settings, wanted: &Wanted<'a>, player: Player) -> Result<Self> {
        let status = Status { sampler: "replayed".into(), ..Status::default() };
        let face = Face::open(ViewState::new(settings.view.clone()), status)?;
        let (at, moved) = (player.session().at(), Instant::now());
        let (path, pace) = (wanted.path, wanted.pace.clamp(SLOWEST, FASTEST));
        let config = settings.config.as_deref();
        let mut replaying = Self { path, config, player, face, playing: true, pace, at, moved };
        let left_out = left_out(&replaying.player);
        if let Some(text) = left_out {
            replaying.face.say(at, Severity::Warning, text);
        }
        replaying.tell();
        Ok(replaying)
    }

    async fn watch(&mut self) -> Result<ExitCode> {
        let mut endings = Endings::listen()?;
        loop {
            let wake = match self.face.next_wake() {
                Some(wake) if self.playing => Some(wake.min(FRAME)),
                None if self.playing => Some(FRAME),
                wake => wake,
            };
            tokio::select! {
                input = self.face.input() => match input {
                    Some(input) => {
                        if let Some(effect) = self.face.take(self.player.session(), input)?
                            && let Some(code) = self.perform(effect)?
                        {
                            return Ok(code);
                        }
                    }
                    None => return Ok(ExitCode::from(129)),
                },
                ending = endings.next() => match ending {
                    Ending::Signal(number) => return Ok(ExitCode::from(128 + number)),
                    Ending::Suspend => self.face.suspend()?,
                },
                () = sleep(wake), if wake.is_some() => {}
            }
            self.move_on()?;
            if self.face.show(self.player.session()).is_err() {
                return Ok(ExitCode::from(129));
            }
        }
    }

    /// Gives the terminal back; what a signal left unsaved is told there.
    fn close(&mut self) {
        self.face.give_back();
        let lost = match self.player.unsaved().len() {
            0 => return,
            1 => "1 correction was".to_owned(),
            n => format!("{n} corrections were"),
        };
        // The terminal may be gone by now; there is nobody to tell then.
        let _ = writeln!(std::io::stderr(), "migtop: {lost} not saved");
    }

    /// Plays as much as time has passed.
    fn move_on(&mut self) -> Result<()> {
        let passed = self.moved.elapsed();
        self.moved = Instant::now();
        if !self.playing {
            return Ok(());
        }
        self.at += passed.mul_f64(self.pace);
        self.player.play_to(self.at)?;
        if self.player.is_over() {
            (self.at, self.playing) = (self.player.length(), false);
        }
        self.tell();
        Ok(())
    }

    /// Brings the screen up to date with where we are.
    fn tell(&mut self) {
        let length = self.player.length();
        let unsaved = self.player.unsaved().len();
        let (playing, pace) = (self.playing, self.pace);
        self.face.view.replay = Some(Replay { playing, unsaved });
        let state = if playing { "playing" } else { "held" };
        let (at, length) = (Stopwatch(self.player.session().at()), Stopwatch(length));
        self.face.status.recorded = format!("{state} {at}");
        self.face.status.further = format!(" of {length}, {pace}x");
        self.face.tell_time(clock(&self.player));
        self.face.stale = true;
    }

    fn perform(&mut self, effect: Effect) -> Result<Option<ExitCode>> {
        match effect {
            Effect::Quit(interrupted) => {
                return Ok(Some(ExitCode::from(if interrupted { 130 } else { 0 })));
            }
            Effect::Mark(mark) => self.correct(mark)?,
            Effect::Play(play) => self.play(play)?,
            Effect::Keep => {
                let arrangement = Arrangement::of(&self.face.view);
                let (severity, text) = configuration::kept(self.config, &arrangement);
                self.say(severity, text);
            }
            // What was not captured then cannot be now.
            Effect::Capture(_)
            | Effect::Snapshot
            | Effect::Freeze
            | Effect::Mouse(_)
            | Effect::Suspend => {}
        }
        self.tell();
        Ok(None)
    }

    fn play(&mut self, play: Play) -> Result<()> {
        let chart = &self.face.view.chart;
        let step = chart.column(self.at, chart.cells) * STEP;
        match play {
            // At the end there is only the beginning to go to.
            Play::Toggle if self.player.is_over() => {
                self.go(Duration::ZERO)?;
                self.playing = true;
            }
            Play::Toggle => self.playing = !self.playing,
            Play::Faster => self.pace = (self.pace * 2.0).min(FASTEST),
            Play::Slower => self.pace = (self.pace / 2.0).max(SLOWEST),
            Play::Forth => self.go(self.at + step)?,
            Play::Back => self.go(self.at.saturating_sub(step))?,
            Play::NextMark | Play::PreviousMark => {
                let forward = play == Play::NextMark;
                if let Some(at) = self.player.mark_beside(forward) {
                    self.playing = false;
                    self.go(at)?;
                } else {
                    let which = if forward { "later" } else { "earlier" };
                    self.say(Severity::Info, format!("there is no {which} mark"));
                }
            }
            Play::Snap(trial) => match snapped(self.player.last(), trial) {
                Some(mark) => self.correct(mark)?,
                None => self.say(Severity::Info, NO_TRAFFIC.into()),
            },
            Play::Save => self.save(),
        }
        Ok(())
    }

    fn go(&mut self, at: Duration) -> Result<()> {
        self.at = at.min(self.player.length());
        self.player.seek(self.at)?;
        self.face.view.reorder();
        Ok(())
    }

    fn correct(&mut self, mark: Mark) -> Result<()> {
        if mark.kind == MarkKind::Undo {
            let undone = self.player.undo()?;
            let said = if undone { "undone" } else { "nothing was corrected here" };
            self.say(Severity::Info, said.into());
            return Ok(());
        }
        let at = self.player.session().at();
        let number = mark.trial.unwrap_or_default();
        let shown = self.player.edit(Mark { at, ..mark });
        let text = if shown {
            let view = &self.face.view;
            let [save, undo] =
                [Command::Play(Play::Save), Command::Undo].map(|command| view.asked(command));
            format!("trial {number} corrected: {save} saves, {undo} takes it back")
        } else {
            format!("trial {number} corrected: it shows once the trial has ended")
        };
        self.say(Severity::Info, text);
        Ok(())
    }

    fn save(&mut self) {
        let unsaved = self.player.unsaved();
        if unsaved.is_empty() {
            self.say(Severity::Info, "there is nothing to save".into());
            return;
        }
        match append_marks(self.path, &unsaved) {
            Ok(()) => {
                self.player.saved();
                let file = self.path.display();
                let text = match unsaved.len() {
                    1 => format!("1 correction saved in {file}"),
                    n => format!("{n} corrections saved in {file}"),
                };
                self.say(Severity::Info, text);
            }
            Err(error) => {
                let error = anyhow::Error::from(error);
                self.say(Severity::Warning, format!("not saved: {error:#}"));
            }
        }
    }

    fn say(&mut self, severity: Severity, text: String) {
        self.face.say(self.player.session().at(), severity, text);
    }
}
