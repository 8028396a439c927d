//! `migtop run`: a command between marks, over and over.

mod account;
mod driver;
mod error;
mod farewell;
mod kin;
mod lines;
mod measured;
mod outlet;
mod plan;
mod process;
mod table;
mod voice;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

pub use driver::Driver;
pub use voice::Voice;

use super::open::Captures;
use super::report::{brief, layout};
use super::signals::{self, Ending, Endings};
use super::station::Station;
use super::summary::Keeping;
use super::teller::Teller;
use super::{is_broken_pipe, summary};
use crate::cli::Settings;
use crate::cli::args::RunArgs;
use crate::model::Factors;
use crate::session::Session;
use crate::units::{Bytes, Stopwatch};
use driver::Happened;
use lines::Ended;
use outlet::Outlet;
use plan::Plan;

/// A command that can be run, and how.
pub struct Prepared {
    /// Runs it.
    pub driver: Driver,
    /// In the live view.
    pub watched: bool,
    bar: ProgressBar,
}

/// Makes sure of the command and of where its output goes.
///
/// # Errors
/// When there is no such command, or its output has no place.
pub fn prepare(settings: &Settings, args: &RunArgs, can_draw: bool) -> Result<Prepared> {
    process::check(args.command.first().map(OsString::as_os_str).unwrap_or_default())?;
    let watched = args.watch && can_draw && io::stdin().is_terminal();
    let outlet = match &args.command_output {
        Some(path) if path.as_os_str() != "-" => Outlet::into(path, settings.recording.replace)?,
        _ if watched => Outlet::Held(None),
        _ => Outlet::Through,
    };
    let through = watched || outlet.is_through();
    let bar = if through { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let style = ProgressStyle::with_template("{msg}").expect("the template is right");
    let bar = bar.with_style(style);
    let voice = if watched { Voice::Kept(VecDeque::new()) } else { Voice::Aloud(bar.clone()) };
    Ok(Prepared { driver: driver(settings, args, outlet, voice), watched, bar })
}

/// Runs the command as often as asked, without a screen around it.
///
/// # Errors
/// When a preparation failed, or the session cannot be kept.
pub fn run(settings: &Settings, prepared: Prepared, ignore_failure: bool) -> Result<ExitCode> {
    let Prepared { mut driver, bar, .. } = prepared;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut endings = Endings::listen()?;
        let mut station = Station::open(settings, Captures::ByFlag)?;
        let driven = drive(&mut driver, &mut station, &mut endings, &bar).await;
        bar.finish_and_clear();
        leave(&mut driver, &mut station, driven, ignore_failure).await
    })
}

fn driver(settings: &Settings, args: &RunArgs, outlet: Outlet, voice: Voice) -> Driver {
    let plan = Plan {
        runs: args.runs,
        warmup: args.warmup,
        prepares: args.prepare.is_some(),
        cooldown: args.cooldown.unwrap_or_default(),
    };
    let commands = (args.command.clone(), args.prepare.clone());
    Driver::new(plan, commands, (outlet, voice), (settings.view.unit, layout(settings, true)))
}

/// Without a screen: the session is heard, signals are heeded, the command is waited for.
async fn drive(
    driver: &mut Driver,
    station: &mut Station,
    endings: &mut Endings,
    bar: &ProgressBar,
) -> Result<()> {
    let mut teller = Teller::default();
    driver.begin(station).await?;
    while !driver.is_over() {
        tokio::select! {
            heard = station.hear() => {
                station.take(heard).await?;
            }
            happened = driver.wait() => {
                go_on(driver, happened, station, endings).await?;
                // The line shows what goes on now.
                bar.reset();
            }
            ending = endings.next() => heed(driver, ending),
        }
        if teller.has_news(station) {
            bar.suspend(|| teller.tell(station));
        }
        show(driver, station, bar);
    }
    Ok(())
}

/// Waits for the command, where there is one.
pub async fn happened(driver: &mut Option<Driver>) -> Happened {
    match driver {
        Some(driver) => driver.wait().await,
        None => std::future::pending().await,
    }
}

/// Goes on, unless a signal that the command has got as well is what ended it.
pub async fn go_on(
    driver: &mut Driver,
    happened: Happened,
    station: &mut Station,
    endings: &mut Endings,
) -> Result<()> {
    if let Some(ending) = endings.already().await {
        heed(driver, ending);
    }
    driver.go_on(happened, station).await
}

fn heed(driver: &mut Driver, ending: Ending) {
    match ending {
        Ending::Signal(signal) => driver.interrupt(signal),
        Ending::Suspend => signals::stop_self(),
    }
}

/// The line of progress, renewed every second.
fn show(driver: &Driver, station: &Station, bar: &ProgressBar) {
    let second = station.session.at().as_secs() + 1;
    if bar.is_hidden() || second == bar.position() {
        return;
    }
    let (name, elapsed, left) = driver.now();
    let bytes = station.session.running_figures().map_or_else(String::new, |figures| {
        format!("  {}", Bytes(figures.bytes[figures.direction]))
    });
    let left = left.map_or_else(String::new, |left| format!("  about {} left", lines::Span(left)));
    bar.set_message(format!("{name}  {}{bytes}{left}", Stopwatch(elapsed)));
    bar.set_position(second);
}

/// Has the session on disk, and says what it came to.
///
/// # Errors
/// What ended the runs early, or that the recording is not complete.
pub async fn leave(
    driver: &mut Driver,
    station: &mut Station,
    driven: Result<()>,
    ignore_failure: bool,
) -> Result<ExitCode> {
    driver.see_off().await;
    let keeping = station.keeping();
    let closed = station.close();
    let told = tell(driver, &station.session, &keeping);
    driven?;
    closed?;
    match told {
        Err(error) if !is_broken_pipe(&error) => return Err(error),
        _ => {}
    }
    let failed = driver.done().iter().any(|done| matches!(done.ended, Ended::Failed(_)));
    Ok(match driver.interrupted() {
        Some(signal) => ExitCode::from(128 + signal),
        None if failed && !ignore_failure => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    })
}

/// The command's output if it was held back and the table on standard output, the rest beside.
fn tell(driver: &mut Driver, session: &Session, keeping: &Keeping) -> Result<()> {
    if driver.voice.is_unheard() {
        return Ok(());
    }
    let account = account::account(driver.done(), driver.interrupted().is_some(), driver.plan.runs);
    let mut out = io::stdout().lock();
    let released = driver.outlet.release(&mut out);
    let well = driver.done().iter().filter(|done| done.ended == Ended::Well);
    let runs: Vec<_> = well.filter_map(|done| driver::measured(session, done.trial?)).collect();
    let text = table::table(&runs, driver.unit) + &conclusions(driver, session);
    let written = released.and_then(|()| out.write_all(text.as_bytes())).and_then(|()| out.flush());
    let _ = io::stderr().write_all((account + &summary::recorded(session, keeping)).as_bytes());
    Ok(written?)
}

/// What the report says of the cells that the runs belong to.
fn conclusions(driver: &Driver, session: &Session) -> String {
    let done: Vec<u32> = driver.done().iter().filter_map(|done| done.trial).collect();
    let trials = session.trials().iter().filter(|trial| done.contains(&trial.number));
    let cells: Vec<&Factors> = trials.map(|trial| &trial.factors).collect();
    brief(session, &cells, driver.layout)
}
