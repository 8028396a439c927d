//! Without a terminal: a line a second and team or interface, as vmstat would.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::open::{self, Sampling};
use super::signals::{self, Ending};
use crate::cli::Settings;
use crate::clock;
use crate::model::{Direction, Event, printable};
use crate::session::{Listing, Session, Subject};
use crate::units::BitsPerSec;

/// Digits of a rate: the figures are read by programs, too.
const DIGITS: usize = 5;
/// Lines come at this distance.
const EVERY: Duration = Duration::from_secs(1);

/// Prints until a signal, or until nobody reads.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(print(settings))
}

async fn print(settings: &Settings) -> Result<ExitCode> {
    let mut endings = signals::Endings::listen()?;
    let Sampling { handle: _sampling, mut batches, header, .. } = open::sampling(settings)?;
    let mut session = Session::new(settings.session.clone());
    session.apply(Event::Session(header));
    let listing = Listing { chosen: settings.view.chosen, ..Listing::default() };
    let mut due = EVERY;
    let mut told = Duration::ZERO;
    loop {
        tokio::select! {
            batch = batches.recv() => {
                let Some(batch) = batch else { anyhow::bail!("the sampler ended") };
                for event in batch {
                    session.apply(event);
                }
            }
            ending = endings.next() => match ending {
                Ending::Signal(number) => return Ok(ExitCode::from(128 + number)),
                Ending::Suspend => signals::stop_self(),
            },
        }
        // What happens is said beside the figures; where nobody listens there is nobody to tell.
        for notice in session.notices().filter(|notice| notice.at > told) {
            let _ = writeln!(std::io::stderr(), "migtop: {}", notice.text);
        }
        told = session.notices().next_back().map_or(told, |notice| notice.at);
        // A tick may come a little early.
        if session.at() + settings.interval / 2 >= due {
            due = EVERY * (session.at().as_secs_f64().round() as u32 + 1);
            let mut out = std::io::stdout().lock();
            out.write_all(lines(&session, &listing, settings).as_bytes())?;
            out.flush()?;
        }
    }
}

/// One line for each team and listed interface; for all of them while none stands out.
fn lines(session: &Session, listing: &Listing, settings: &Settings) -> String {
    let time = jiff::Timestamp::try_from(clock::wall()).unwrap_or_default();
    let (mut listed, _) = session.listed(listing);
    if listed.is_empty() && session.teams().is_empty() {
        let all = Listing { unfolded: true, ..listing.clone() };
        (listed, _) = session.listed(&all);
    }
    let teams = session.teams().iter().map(|team| Subject::Team(team.facts.name.clone()));
    let subjects = teams.chain(listed.into_iter().map(Subject::Interface));
    subjects.map(|subject| line(session, &subject, settings, time)).collect()
}

fn line(
    session: &Session,
    subject: &Subject,
    settings: &Settings,
    time: jiff::Timestamp,
) -> String {
    let Some(figures) = session.figures(subject) else { return String::new() };
    let rate = |rate: Option<f64>| {
        rate.map_or_else(
            || "-".to_owned(),
            |rate| BitsPerSec(rate).written(settings.view.unit, DIGITS).to_string(),
        )
    };
    let of = |direction: Direction| rate(figures.second.map(|rates| rates[direction]));
    let busier = figures.second.map_or(Direction::Tx, |rates| rates.busier());
    let used = figures.utilisation(busier).map_or_else(|| "-".to_owned(), |u| u.to_string());
    let peak = figures.peak.rates[busier];
    let impossible = figures.peak.impossible[busier];
    let (window, mark) = (figures.window.as_secs_f64(), if impossible { "!" } else { "" });
    let total = session.total(subject);
    format!(
        "{time:.3} {:<15} TX {:>14}  RX {:>14}  used {used:>7}  peak({window:.0} s) {} {:>14}{mark}  total TX {} B RX {} B\n",
        printable(session.name_of(subject)),
        of(Direction::Tx),
        of(Direction::Rx),
        busier.label(),
        rate(peak),
        total.tx,
        total.rx,
    )
}
