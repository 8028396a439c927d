//! Splits the screen and calls the panels.
//!
//! ```text
//! migtop hv07   14:02:11   recording 20261122-140000-hv07   every 100 ms, netlink          header
//! bond0  802.3ad, 2 of 2 members up ─────────────────────── member full: eth0 TX, 1 more  headline
//! TX  9.84 Gbit/s (1.23 GB/s)  ██████████████───────────── 50.0 % of 19.7 Gbit/s
//! RX  12.3 Mbit/s (1.54 MB/s)  ▏───────────────────────────  0.1 %
//! █ eth0  9.75 Gbit/s  99.1 %  share 99 %      ▓ eth1 ...
//! interfaces by traffic ───────────────────────────────────────────── 201 idle folded    interfaces
//! ▶ eth0      TX now   RX now   TX 1 s   RX 1 s   peak(1 s)   used   faults   ▂▄▆██
//! bond0 TX now 9.84 Gbit/s ──────────────────────────────────────────── 1 s a column     chart
//!  10.0 Gbit/s │╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▆███████
//!              │        ┣━ 1 ━━━━┫
//! trials ───────────────────────────────────────────────────────────────────────────────  trials
//! ● 2  00:12.3  13.4 GB TX  mean ...
//! 14:02:09 eth1 lost its link; bond0: 1 of 2 members up                                  notice
//! Space stop  ? help  q quit  ...                                                        footer
//! ```
//!
//! Rows are given out from the top in order of importance; what has no room is left out.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::panel;
use super::pen::Pen;
use super::rows::Rows;
use super::status::Status;
use super::trials_plan::TrialsPlan;
use super::trials_view::{Chart, Place};
use super::view_state::{View, ViewState};
use crate::model::Direction;
use crate::session::Session;
use crate::units::{RateUnit, Stopwatch};

/// The least that is composed; below it only the headline is shown.
const LEAST: (u16, u16) = (40, 10);
/// From this height on a row says what happened last.
const NOTICE_FROM: u16 = 16;

/// One part of the screen in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Where it is.
    pub area: Rect,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    /// Alone when no row says what happened.
    Footer {
        alone: bool,
    },
    Headline,
    Interfaces,
    ChartTitle(Direction),
    Plot(Direction),
    Trials,
    Matrix,
    Outside,
    Runs,
    Findings,
    StudyChart(Chart),
    Notice,
    Help,
    Least,
    Frozen,
    Nothing,
}

/// Draws the whole screen.
pub fn draw(session: &Session, view: &ViewState, status: &Status, area: Rect, buf: &mut Buffer) {
    for placed in compose(session, view, area) {
        placed.draw(session, view, status, buf);
    }
}

/// The parts of the screen; together they cover it.
pub fn compose(session: &Session, view: &ViewState, area: Rect) -> Vec<Placed> {
    let whole = |part| vec![Placed { area, part }];
    if view.frozen.is_some() {
        return whole(Part::Frozen);
    }
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return whole(Part::Least);
    }
    let mut rows = Rows::of(area);
    let trials = view.shown == View::Trials;
    let alone = view.help || (view.expanded && !trials) || area.height < NOTICE_FROM;
    let mut parts = vec![
        Placed { area: rows.take(1), part: Part::Header },
        Placed { area: rows.take_last(1), part: Part::Footer { alone } },
    ];
    if view.help {
        parts.push(Placed { area: rows.rest(), part: Part::Help });
        return parts;
    }
    if trials {
        let notice = rows.take_last(u16::from(area.height >= NOTICE_FROM));
        parts.push(Placed { area: notice, part: Part::Notice });
        parts.extend(compose_trials(view, rows.rest()));
        return parts;
    }
    if !view.expanded {
        let plan = Plan::of(session, view, area);
        parts.extend([
            Placed { area: rows.take(plan.headline), part: Part::Headline },
            Placed { area: rows.take_last(plan.notice), part: Part::Notice },
            Placed { area: rows.take_last(plan.trials), part: Part::Trials },
            Placed { area: rows.take(plan.interfaces), part: Part::Interfaces },
        ]);
    }
    let rest = rows.rest();
    let charts = panel::chart::directions(session, view, rest);
    if charts.is_empty() {
        parts.push(Placed { area: rest, part: Part::Nothing });
    }
    for (direction, chart) in charts {
        let title = Rect { height: 1, ..chart };
        let plot = Rect { y: chart.y + 1, height: chart.height - 1, ..chart };
        parts.push(Placed { area: title, part: Part::ChartTitle(direction) });
        parts.push(Placed { area: plot, part: Part::Plot(direction) });
    }
    parts
}

/// The parts of the Trials view.
fn compose_trials(view: &ViewState, area: Rect) -> Vec<Placed> {
    let plan = TrialsPlan::of(view, area);
    let parts = [
        (plan.matrix, Part::Matrix),
        (plan.outside, Part::Outside),
        (plan.runs, Part::Runs),
        (plan.findings, Part::Findings),
    ];
    let mut parts: Vec<Placed> = parts.map(|(area, part)| Placed { area, part }).into();
    let Some(chart) = plan.chart else { return parts };
    let mut rows = Rows::of(chart);
    let charts = match view.trials.chart {
        Chart::Times => [Chart::Times, Chart::Rates],
        Chart::Rates | Chart::None => [Chart::Rates, Chart::Times],
    };
    let [first, second] = charts.map(Part::StudyChart);
    // Where there is room for both, the one that was not asked for stands below.
    if chart.height >= 2 * panel::study_chart::ROWS {
        parts.push(Placed { area: rows.take(chart.height / 2), part: first });
        parts.push(Placed { area: rows.rest(), part: second });
    } else {
        parts.push(Placed { area: rows.rest(), part: first });
    }
    parts
}

impl Placed {
    /// Draws this part; its area is blank before.
    pub fn draw(&self, session: &Session, view: &ViewState, status: &Status, buf: &mut Buffer) {
        let area = self.area;
        match self.part {
            Part::Header => panel::header::draw(session, view, status, area, buf),
            Part::Footer { alone } => panel::footer::draw(session, view, alone, area, buf),
            Part::Headline => panel::headline::draw(session, view, area, buf),
            Part::Interfaces => panel::interfaces::draw(session, view, area, buf),
            Part::ChartTitle(direction) => {
                panel::chart::draw_title(session, view, direction, area, buf);
            }
            Part::Plot(direction) => panel::chart::draw_plot(session, view, direction, area, buf),
            Part::Trials => panel::trials::draw(session, view, area, buf),
            Part::Matrix => panel::matrix::draw(view, area, buf),
            Part::Outside => panel::outside::draw(view, area, buf),
            Part::Runs => panel::runs::draw(view, area, buf),
            Part::Findings => panel::findings::draw(view, area, buf),
            Part::StudyChart(chart) => panel::study_chart::draw(view, chart, area, buf),
            Part::Notice => panel::notice::draw(session, view, area, buf),
            Part::Help => panel::help::draw(view, area, buf),
            Part::Least => panel::headline::draw_least(session, view, area, buf),
            Part::Frozen => draw_frozen(session, view, area, buf),
            Part::Nothing => {}
        }
    }

    /// For parts that change less often than the rates: the same number, the same cells.
    pub fn fingerprint(&self, session: &Session, view: &ViewState, status: &Status) -> Option<u64> {
        match self.part {
            Part::Plot(direction) => Some(panel::chart::fingerprint(session, view, direction)),
            Part::Header => panel::header::fingerprint(session, view, status),
            Part::Footer { .. } => Some(panel::footer::fingerprint(session, view)),
            Part::Trials => panel::trials::fingerprint(session, view),
            Part::Matrix | Part::Outside | Part::Runs | Part::Findings | Part::StudyChart(_) => {
                Some(trials_fingerprint(view))
            }
            Part::Notice => Some(panel::notice::fingerprint(session, view)),
            Part::Help => Some(view.shown as u64),
            Part::Nothing => Some(0),
            Part::Headline
            | Part::Interfaces
            | Part::ChartTitle(_)
            | Part::Least
            | Part::Frozen => None,
        }
    }
}

/// Which row of the list is at `row` of the screen, for the mouse.
pub fn row_at(session: &Session, view: &ViewState, area: Rect, row: u16) -> Option<usize> {
    let overlaid = view.help || view.expanded || view.frozen.is_some();
    if overlaid || area.width < LEAST.0 || area.height < LEAST.1 {
        return None;
    }
    let plan = Plan::of(session, view, area);
    let list = row.checked_sub(1 + plan.headline)?;
    panel::interfaces::row_at(session, view, plan.interfaces, list)
}

/// What a part of the Trials view depends on.
fn trials_fingerprint(view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    let bits = view.unit == RateUnit::Bits;
    (view.trials.fingerprint(), bits, view.replay.is_some()).hash(&mut hash);
    hash.finish()
}

/// Which cell of the matrix is at a position of the screen, for the mouse.
pub fn place_at(session: &Session, view: &ViewState, area: Rect, at: Position) -> Option<Place> {
    let parts = compose(session, view, area);
    let matrix = parts.iter().find(|placed| placed.part == Part::Matrix)?;
    panel::matrix::place_at(view, matrix.area, at)
}

/// How many rows each panel gets; the chart has the rest.
struct Plan {
    headline: u16,
    interfaces: u16,
    trials: u16,
    notice: u16,
}

impl Plan {
    fn of(session: &Session, view: &ViewState, area: Rect) -> Self {
        let rows = area.height - 2;
        let headline = panel::headline::height(session, area.width).min(rows * 2 / 5).max(2);
        let notice = u16::from(area.height >= NOTICE_FROM);
        let trials = panel::trials::height(session, area.height).min(rows / 4).max(1);
        let rest = rows.saturating_sub(headline + notice + trials);
        let wanted = panel::interfaces::height(session, view);
        let chart = if rest >= 14 { (rest / 2).max(8) } else { rest / 2 };
        let chart = if rest < 6 { 0 } else { chart };
        let interfaces = wanted.min(rest - chart);
        Self { headline, interfaces, trials, notice }
    }
}

/// The screen as it was, with a banner that says so.
fn draw_frozen(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(frozen) = &view.frozen else { return };
    let both = frozen.area.intersection(area);
    for y in both.top()..both.bottom() {
        for x in both.left()..both.right() {
            buf[(x, y)] = frozen[(x, y)].clone();
        }
    }
    let header = Rect { height: 1.min(area.height), ..area };
    let mut pen = Pen::at(buf, header, 0);
    let meanwhile = if view.replay.is_some() { "" } else { "; sampling goes on all the time" };
    pen.put(view.theme.bar(), format_args!(" FROZEN: z goes on{meanwhile} "));
    if let Some(trial) = session.open_trial() {
        let time = Stopwatch(trial.duration(session.at()));
        pen.put(view.theme.bar(), format_args!(" trial {} {time}", trial.number));
    }
    let rest = pen.room();
    pen.fill(rest, |_| (' ', view.theme.bar()));
    let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    panel::footer::draw(session, view, true, last, buf);
}
