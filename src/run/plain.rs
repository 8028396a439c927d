//! Without a terminal: a line a second and team or interface, as vmstat would.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::open::Captures;
use super::signals::{self, Ending};
use super::station::Station;
use super::teller::Teller;
use crate::cli::Settings;
use crate::clock;
use crate::model::{Direction, printable};
use crate::session::{Listing, Session, Subject};
use crate::units::BitsPerSec;

/// Digits of a rate: the figures are read by programs, too.
const DIGITS: usize = 5;
/// Lines come at this distance.
const EVERY: Duration = Duration::from_secs(1);

/// Prints until a signal, or until nobody reads.
pub fn run(settings: &Settings) -> Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut station = Station::open(settings, Captures::ByFlag)?;
        let code = print(&mut station, settings).await;
        let closed = station.close();
        code.and_then(|code| closed.map(|()| code).map_err(Into::into))
    })
}

async fn print(station: &mut Station, settings: &Settings) -> Result<ExitCode> {
    let mut endings = signals::Endings::listen()?;
    let listing = Listing { chosen: settings.view.chosen, ..Listing::default() };
    let mut due = EVERY;
    let mut teller = Teller::default();
    loop {
        tokio::select! {
            heard = station.hear() => {
                station.take(heard).await?;
            }
            ending = endings.next() => match ending {
                Ending::Signal(number) => return Ok(ExitCode::from(128 + number)),
                Ending::Suspend => signals::stop_self(),
            },
        }
        teller.tell(station);
        let session = &station.session;
        // A tick may come a little early.
        if session.at() + settings.interval / 2 >= due {
            due = EVERY * (session.at().as_secs_f64().round() as u32 + 1);
            let mut out = std::io::stdout().lock();
            let time = jiff::Timestamp::try_from(clock::wall()).unwrap_or_default();
            out.write_all(lines(session, &listing, settings, time).as_bytes())?;
            out.flush()?;
        }
    }
}

/// One line for each team and listed interface; for all of them while none stands out.
pub fn lines(
    session: &Session,
    listing: &Listing,
    settings: &Settings,
    time: jiff::Timestamp,
) -> String {
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
