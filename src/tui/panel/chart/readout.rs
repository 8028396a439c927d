//! What the chart shows at the moment that is pointed at, in figures.

use std::fmt;
use std::time::Duration;

use super::axis::{Tick, for_each_tick};
use super::window::Window;
use super::{Chart, Maybe, trial_at};
use crate::measure::history::Column;
use crate::model::{Direction, printable};
use crate::session::{LinkChange, Session, Subject, TeamState};
use crate::tui::view_state::ViewState;

/// One column, ready to be written.
pub struct Readout<'a> {
    session: &'a Session,
    view: &'a ViewState,
    chart: Chart,
    window: Window,
    number: u64,
    /// When it begins.
    pub at: Duration,
    /// In its own direction, and the other.
    rates: [Option<f64>; 2],
    team: Option<&'a TeamState>,
    trial: Option<u32>,
    tick: Option<Tick>,
}

impl<'a> Readout<'a> {
    /// Of the column that is pointed at; `None` when none is.
    pub fn of(
        session: &'a Session,
        view: &'a ViewState,
        subject: &Subject,
        chart: Chart,
        window: &Window,
    ) -> Option<Self> {
        let number = window.column_back(view.chart.cross?.back)?;
        let at = window.begin_of(number);
        let rate = |direction| mean(session, subject, direction, (window, number));
        let direction = chart.direction;
        let team = match subject {
            Subject::Team(name) => session.team(name),
            Subject::Interface(_) => None,
        };
        let inside = |time: Duration| at <= time && time < window.begin_of(number + 1);
        let mut tick = None;
        for_each_tick(session, view, subject, |at, which| {
            tick = Some(which).filter(|_| inside(at)).or(tick);
        });
        let trial = trial_at(session, view, window.middle_of(number));
        Some(Self {
            session,
            view,
            chart,
            window: *window,
            number,
            at,
            rates: [rate(direction), rate(direction.other())],
            team,
            trial: trial.map(|trial| trial.number),
            tick,
        })
    }
}

/// A subject's rate in one column.
fn mean(
    session: &Session,
    subject: &Subject,
    direction: Direction,
    (window, number): (&Window, u64),
) -> Option<f64> {
    let mut column: [Option<Column>; 1] = [None];
    session.columns(subject, direction, window.width, number, &mut column, &mut Vec::new());
    column[0].map(|column| column.mean)
}

impl fmt::Display for Readout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Chart { direction, large } = self.chart;
        let rate = |rate| Maybe(rate, self.view.unit);
        match self.rates {
            [None, _] => f.write_str("nothing measured")?,
            [own, _] => write!(f, "{}", rate(own))?,
        }
        if !large {
            return Ok(());
        }
        write!(f, "  {} {}", direction.other().label(), rate(self.rates[1]))?;
        if let Some(trial) = self.trial {
            write!(f, "  trial {trial}")?;
        }
        if let Some(tick) = self.tick {
            write!(f, "  {}", word(tick))?;
        }
        for member in self.team.iter().flat_map(|team| self.session.members(team)) {
            let facts = &member.interface.facts;
            let own = Subject::Interface(facts.id);
            let own = mean(self.session, &own, direction, (&self.window, self.number));
            write!(f, "  {} {}", printable(&facts.name), rate(own))?;
        }
        Ok(())
    }
}

fn word(tick: Tick) -> &'static str {
    match tick {
        Tick::Departure => "a guest left",
        Tick::Note => "noted",
        Tick::Link(LinkChange::Lost) => "link lost",
        Tick::Link(LinkChange::Back) => "link back",
        Tick::Link(LinkChange::Speed) => "another link speed",
    }
}
