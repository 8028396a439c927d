//! The subject's figures: how much passes, how full the wire is, who carries it, and the verdict.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Maybe, section};
use crate::model::{Direction, printable};
use crate::session::{Figures, MemberFigures, Session, Subject, TeamState, Verdict};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::{digits, gauge};
use crate::units::{BitsPerSec, Stopwatch, Utilisation};

/// Cells of the text behind a gauge: ` 100.0 % of 19.7 Gbit/s`.
const GAUGE_TEXT: u16 = 23;
/// Cells of one member's text.
const MEMBER: u16 = 50;

/// What the headline is about: the selected team, else the session's subject.
pub(super) fn subject(session: &Session, view: &ViewState) -> Option<Subject> {
    match &view.selected {
        Some(selected @ Subject::Team(_)) => Some(selected.clone()),
        _ => session.subject(),
    }
}

/// From this width on the title says how the team works.
const ROOMY: u16 = 70;

/// How evenly the members carry; nothing at rest.
fn balance(session: &Session, team: &TeamState) -> String {
    let figures = session.figures(&Subject::Team(team.facts.name.clone()));
    let busier = figures.and_then(|f| f.second).map(|rates| rates.busier());
    let balance = busier.and_then(|direction| session.balance(team, direction));
    balance.map_or_else(String::new, |balance| format!(", balance {balance:.2}"))
}

/// Cells of the rate in large digits, with its unit beside it.
const LARGE: u16 = 26;
const ROOM_FOR_LARGE: (u16, u16) = (28, 100);

/// Whether a view of this many rows and columns has room for large digits.
pub fn is_large((rows, width): (u16, u16)) -> bool {
    rows >= ROOM_FOR_LARGE.0 && width >= ROOM_FOR_LARGE.1
}

/// Title, two directions, members, and one row for each further team, in a view of this size.
pub fn height(session: &Session, (rows, width): (u16, u16)) -> u16 {
    let members = session.teams().iter().map(|t| t.facts.members.len() as u16).max();
    let others = session.teams().len().saturating_sub(1) as u16;
    let large = is_large((rows, width));
    let width = if large { width - LARGE } else { width };
    let subject = 2 + members.map_or(0, |m| m.div_ceil((width / MEMBER).max(1)));
    1 + if large { subject.max(digits::ROWS) } else { subject } + others
}

/// Draws it; `large` where the view has room for large digits.
pub fn draw(session: &Session, view: &ViewState, large: bool, area: Rect, buf: &mut Buffer) {
    let Some(subject) = subject(session, view) else {
        section(buf, area, view, format_args!("no interface"), "nothing to watch here");
        return;
    };
    let Some(figures) = session.figures(&subject) else { return };
    let team = match &subject {
        Subject::Team(name) => session.team(name),
        Subject::Interface(_) => None,
    };
    let verdict = session.verdict(&subject).to_string();
    let name = printable(session.name_of(&subject));
    if let Some(team) = team {
        let up = session.members(team).filter(|m| m.interface.is_up()).count();
        let (mode, all) = (printable(&team.facts.mode), team.facts.members.len());
        let balance = balance(session, team);
        if area.width < ROOMY {
            section(buf, area, view, format_args!("{name} {up}/{all} up"), &verdict);
        } else {
            let title = format_args!("{name}  {mode}, {up} of {all} members up{balance}");
            section(buf, area, view, title, &verdict);
        }
    } else {
        section(buf, area, view, format_args!("{name}"), &verdict);
    }
    let mut beside = area;
    if large && area.height > digits::ROWS {
        draw_large(view, &figures, area, buf);
        beside = Rect { x: area.x + LARGE, width: area.width - LARGE, ..area };
    }
    for (row, direction) in [(1, Direction::Tx), (2, Direction::Rx)] {
        draw_direction(session, view, team, &figures, direction, beside, row, buf);
    }
    let mut row = 3;
    if let Some(team) = team {
        row += draw_members(session, view, team, beside, row, buf);
    }
    if beside != area {
        row = row.max(1 + digits::ROWS);
    }
    for other in session.teams().iter().filter(|t| Subject::Team(t.facts.name.clone()) != subject) {
        draw_other(session, view, other, area, row, buf);
        row += 1;
    }
}

/// The busier direction's rate of the last second, to be read from across the room.
fn draw_large(view: &ViewState, figures: &Figures, area: Rect, buf: &mut Buffer) {
    let Some(second) = figures.second else { return };
    let direction = second.busier();
    let rate = BitsPerSec(second[direction]).in_unit(view.unit);
    let (number, unit) = rate.as_str().split_once(' ').unwrap_or_default();
    let style = view.theme.strong();
    for row in 0..digits::ROWS {
        let mut pen = Pen::at(buf, area, 1 + row);
        pen.put(style, format_args!(" "));
        digits::draw(&mut pen, row, number, view.symbols.half_blocks, style);
        match row {
            0 => pen.put(view.theme.faint(), format_args!(" {}, 1 s", direction.label())),
            1 => pen.put(style, format_args!(" {unit}")),
            _ => &mut pen,
        };
    }
}

#[expect(clippy::too_many_arguments, reason = "a row of this panel, drawn for each direction")]
fn draw_direction(
    session: &Session,
    view: &ViewState,
    team: Option<&TeamState>,
    figures: &Figures,
    direction: Direction,
    area: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let theme = view.theme;
    let mut pen = Pen::at(buf, area, row);
    pen.put(theme.faint(), format_args!("{}  ", direction.label()));
    let rate = figures.now.map(|rates| rates[direction]);
    match rate {
        Some(rate) if figures.is_impossible(rate) && figures.cadence.is_none() => {
            pen.put(theme.warning(), format_args!("{} ?", BitsPerSec(rate).in_both(view.unit)));
        }
        Some(rate) => {
            pen.put(theme.strong(), format_args!("{}", BitsPerSec(rate).in_both(view.unit)));
        }
        None => {
            pen.put(theme.faint(), format_args!("no rate yet"));
        }
    }
    pen.column(area.x + 30);
    let used = figures.utilisation(direction);
    let Some(attainable) = figures.attainable else {
        pen.put(theme.faint(), format_args!(" no link speed: no percentage"));
        return;
    };
    if area.width < ROOMY {
        if let Some(used) = used {
            pen.put(theme.strong(), format_args!(" {used:>7}"));
        }
        return;
    }
    pen.put(theme.faint(), format_args!(" 1 s "));
    let alone = team.is_none().then(|| {
        let rate = figures.second.map_or(0.0, |rates| rates[direction]);
        (rate, view.symbols.members[0], theme.traffic())
    });
    let members = team.into_iter().flat_map(|team| member_parts(session, view, team, direction));
    let parts = members.chain(alone);
    let gauge_cells = pen.room().saturating_sub(GAUGE_TEXT);
    gauge::draw(&mut pen, gauge_cells, attainable, parts, view.symbols, theme.faint());
    match used {
        Some(used) => pen.put(theme.strong(), format_args!(" {used:>7}")),
        None => pen.put(theme.faint(), format_args!(" {:>7}", "-")),
    };
    let attainable = BitsPerSec(attainable).in_unit(view.unit);
    pen.put(theme.faint(), format_args!(" of {attainable}"));
}

fn member_parts<'a>(
    session: &'a Session,
    view: &'a ViewState,
    team: &'a TeamState,
    direction: Direction,
) -> impl Iterator<Item = (f64, char, Style)> + 'a {
    session.members(team).enumerate().map(move |(n, member)| {
        let rate = member.figures.second.map_or(0.0, |rates| rates[direction]);
        (rate, view.symbols.members[n % 4], view.theme.member(n))
    })
}

/// Draws as many members a row as fit; returns the rows used.
fn draw_members(
    session: &Session,
    view: &ViewState,
    team: &TeamState,
    area: Rect,
    first_row: u16,
    buf: &mut Buffer,
) -> u16 {
    let a_row = (area.width / MEMBER).max(1);
    let figures = session.figures(&Subject::Team(team.facts.name.clone()));
    let sum = figures.and_then(|f| f.second);
    let direction = sum.map_or(Direction::Tx, |rates| rates.busier());
    let whole = sum.map_or(0.0, |rates| rates[direction]);
    for (n, member) in session.members(team).enumerate() {
        let (row, column) = (n as u16 / a_row, n as u16 % a_row);
        let mut pen = Pen::at(buf, area, first_row + row);
        pen.column(area.x + column * MEMBER);
        pen.put(view.theme.member(n), format_args!("{} ", view.symbols.members[n % 4]));
        draw_member(&mut pen, view, &member, direction, whole);
    }
    (team.facts.members.len() as u16).div_ceil(a_row)
}

fn draw_member(
    pen: &mut Pen<'_>,
    view: &ViewState,
    member: &MemberFigures<'_>,
    direction: Direction,
    whole: f64,
) {
    let name = printable(&member.interface.facts.name);
    if !member.interface.is_up() {
        let what = if member.interface.present { "down" } else { "gone" };
        pen.put(view.theme.warning(), format_args!("{name:<9} {what}"));
        return;
    }
    let rate = member.figures.second.map(|rates| rates[direction]);
    let label = direction.label();
    pen.put(view.theme.text(), format_args!("{name:<9} {label} {:>11}", Maybe(rate, view.unit)));
    if let Some(used) = member.figures.utilisation(direction) {
        pen.put(view.theme.text(), format_args!(" {used:>7}"));
    }
    if whole > 0.0
        && let Some(rate) = rate
    {
        pen.put(view.theme.faint(), format_args!(" share {:>2.0} %", rate / whole * 100.0));
    }
}

fn draw_other(
    session: &Session,
    view: &ViewState,
    team: &TeamState,
    area: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let subject = Subject::Team(team.facts.name.clone());
    let Some(figures) = session.figures(&subject) else { return };
    let cursor = if view.selected.as_ref() == Some(&subject) { view.symbols.cursor } else { ' ' };
    let (name, now) = (printable(&team.facts.name), |d| figures.now.map(|rates| rates[d]));
    let (tx, rx) = (Maybe(now(Direction::Tx), view.unit), Maybe(now(Direction::Rx), view.unit));
    let verdict: Verdict = session.verdict(&subject);
    Pen::at(buf, area, row)
        .put(view.theme.text(), format_args!("{cursor} {name:<12} TX {tx:>11}  RX {rx:>11}  "))
        .put(view.theme.faint(), format_args!("{verdict}"));
}

/// A terminal too small for panels still shows the headline rate and the trial's clock.
pub fn draw_least(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let mut row = 0;
    if let Some(figures) = session.subject().and_then(|s| session.figures(&s)) {
        for direction in [Direction::Tx, Direction::Rx] {
            let rate = Maybe(figures.now.map(|rates| rates[direction]), view.unit);
            let used: Option<Utilisation> = figures.utilisation(direction);
            let mut pen = Pen::at(buf, area, row);
            pen.put(view.theme.strong(), format_args!("{} {rate}", direction.label()));
            if let Some(used) = used {
                pen.put(view.theme.text(), format_args!(" {used}"));
            }
            row += 1;
        }
    }
    if let Some(trial) = session.open_trial() {
        let time = Stopwatch(trial.duration(session.at()));
        let (running, number) = (view.symbols.running, trial.number);
        Pen::at(buf, area, row)
            .put(view.theme.trial(), format_args!("{running} trial {number} {time}"));
        row += 1;
    }
    Pen::at(buf, area, row).put(view.theme.faint(), format_args!("too small: 40x10 shows more"));
}
