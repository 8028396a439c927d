//! The matrix: a row for each configuration, a column for each load, a cell for what its runs come
//! to.
//!
//! ```text
//! config         vms=10                 vms=20  ──────────── mean time, ±95 %, runs
//! 1x1GbE         41.1 s ±0.41 n=3       80.2 s ±1.10 n=3
//!                link full              link full
//! 1x10GbE      ▶ 12.7 s ±0.33 n=3       -
//!                sweet spot
//! ```

use std::fmt::{self, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::cut::Cut;
use super::section;
use crate::compare::{Cell, CellWord, Row};
use crate::model::printable;
use crate::tui::keymap::{Command, Play};
use crate::tui::pen::Pen;
use crate::tui::theme::Theme;
use crate::tui::trials_view::{Compared, Place};
use crate::tui::view_state::ViewState;
use crate::units::ShortTime;

/// Cells of a column: cursor, mean, half of the interval, runs, and a gap.
const FULL: u16 = 24;
/// The same with the word behind it.
const WIDE: u16 = 36;
/// Mean and runs alone.
const NARROW: u16 = 15;
const LEAST_NAME: u16 = 8;
const MOST_NAME: u16 = 24;
/// From this width on intervals are shown.
const ROOMY: u16 = 60;

/// How cells are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Everything on one row.
    Wide,
    /// The word below the figures.
    Stacked,
    /// Figures alone.
    Full,
    /// Mean and runs alone.
    Narrow,
}

/// Where everything is.
struct Layout {
    name: u16,
    form: Form,
    /// The first row and column shown, and how many.
    rows: (usize, usize),
    columns: (usize, usize),
}

impl Form {
    fn width(self) -> u16 {
        match self {
            Self::Wide => WIDE,
            Self::Stacked | Self::Full => FULL,
            Self::Narrow => NARROW,
        }
    }

    fn height(self) -> u16 {
        if self == Self::Stacked { 2 } else { 1 }
    }

    fn of(compared: &Compared, area: Rect, name: u16) -> Self {
        let (rows, loads) = (compared.matrix.rows.len(), compared.matrix.loads.len());
        if usize::from(name) + loads * usize::from(WIDE) <= usize::from(area.width) {
            Self::Wide
        } else if area.width < ROOMY {
            Self::Narrow
        } else if rows * 2 < usize::from(area.height) {
            Self::Stacked
        } else {
            Self::Full
        }
    }
}

impl Layout {
    fn of(compared: &Compared, place: Option<Place>, area: Rect) -> Self {
        let matrix = &compared.matrix;
        let names = matrix.rows.iter().map(|row| name(row).width() as u16);
        let widest = names.max().unwrap_or(0).max(title(compared).width() as u16) + 1;
        let name = widest.clamp(LEAST_NAME, MOST_NAME.min(area.width / 3).max(LEAST_NAME));
        let form = Form::of(compared, area, name);
        let (row, column) = match place {
            Some(Place::Cell { row, column }) => (row, column),
            Some(Place::Outside(_)) => (matrix.rows.len().saturating_sub(1), 0),
            None => (0, 0),
        };
        let fit = usize::from(area.width.saturating_sub(name) / form.width()).max(1);
        let high = usize::from(area.height.saturating_sub(1) / form.height());
        Self {
            name,
            form,
            rows: window(row, high, matrix.rows.len()),
            columns: window(column, fit, matrix.loads.len()),
        }
    }
}

/// So many of `all` from the first on that `at` is among them.
fn window(at: usize, fit: usize, all: usize) -> (usize, usize) {
    let shown = fit.min(all);
    (at.saturating_sub(shown.saturating_sub(1)), shown)
}

/// What stands at the beginning of a row.
fn name(row: &Row) -> String {
    let mut name = printable(&row.configuration).into_owned();
    for (key, value) in &row.others {
        let gap = if name.is_empty() { "" } else { " " };
        let _ = write!(name, "{gap}{}={}", printable(key), printable(value));
    }
    if name.is_empty() { "all trials".into() } else { name }
}

/// The configuration's factor.
fn title(compared: &Compared) -> String {
    compared
        .study
        .axes
        .configuration
        .as_deref()
        .map_or("trials".into(), |f| printable(f).into_owned())
}

/// What to do where there is nothing yet: so many lines.
const ADVICE: u16 = 4;

/// Rows that all of it needs, the two-row form where there is room for it.
pub fn height(compared: &Compared, width: u16, most: u16) -> u16 {
    if compared.matrix.rows.is_empty() {
        return (1 + ADVICE).min(most);
    }
    let rows = compared.matrix.rows.len() as u16;
    let area = Rect::new(0, 0, width, most);
    let form = Layout::of(compared, None, area).form;
    (1 + rows.max(1) * form.height()).min(most)
}

/// The place at a position of the screen.
pub fn place_at(view: &ViewState, area: Rect, at: Position) -> Option<Place> {
    let compared = view.trials.compared()?;
    let layout = Layout::of(compared, view.trials.place(), area);
    let row = usize::from(at.y.checked_sub(area.y + 1)? / layout.form.height());
    let column = at.x.saturating_sub(area.x + layout.name) / layout.form.width();
    let column = usize::from(column).min(layout.columns.1.saturating_sub(1));
    (area.contains(at) && row < layout.rows.1)
        .then_some(Place::Cell { row: layout.rows.0 + row, column: layout.columns.0 + column })
}

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(compared) = view.trials.compared() else { return };
    if compared.matrix.rows.is_empty() {
        draw_nothing(view, compared, area, buf);
        return;
    }
    let layout = Layout::of(compared, view.trials.place(), area);
    draw_heading(view, compared, &layout, area, buf);
    for shown in 0..layout.rows.1 {
        draw_row(view, compared, &layout, shown, area, buf);
    }
}

/// What to do where there is nothing yet.
fn draw_nothing(view: &ViewState, compared: &Compared, area: Rect, buf: &mut Buffer) {
    section(buf, area, view, format_args!("trials"), "");
    let none =
        if compared.outside.is_empty() { "No trial yet" } else { "No finished trial to compare" };
    let key = |command| view.asked(command);
    let how = if view.replay.is_none() {
        let key = key(Command::ToggleTrial);
        format!("{key} starts one, {key} again stops it.")
    } else {
        let next = key(Command::Play(Play::NextMark));
        format!("they come as it plays; {next} goes to the next mark.")
    };
    let lines: [&str; ADVICE as usize] = [
        &format!("{none}: {how}"),
        &format!(
            "Trials with equal factors are the runs of a cell. {} names the factors,",
            key(Command::Factors)
        ),
        "such as config=2x10GbE vms=20: a row for each configuration,",
        "a column for each load.",
    ];
    for (row, line) in (1..).zip(lines) {
        Pen::at(buf, area, row).put(view.theme.text(), format_args!("  {line}"));
    }
}

fn draw_heading(
    view: &ViewState,
    compared: &Compared,
    layout: &Layout,
    area: Rect,
    buf: &mut Buffer,
) {
    let theme = view.theme;
    let factor = compared.study.axes.load.as_deref().unwrap_or_default();
    let (first, shown) = layout.columns;
    let mut pen = Pen::at(buf, area, 0);
    pen.put(theme.title(), format_args!("{}", Cut(&title(compared), layout.name - 1)));
    for (n, load) in (0..).zip(&compared.matrix.loads[first..first + shown]) {
        pen.column(area.x + layout.name + n * layout.form.width() + 2);
        let text = match (factor, load.as_str()) {
            ("", _) => "time".into(),
            (factor, "") => format!("no {}", printable(factor)),
            (factor, load) => format!("{}={}", printable(factor), printable(load)),
        };
        pen.put(theme.title(), format_args!("{}", Cut(&text, layout.form.width() - 3)));
    }
    let all = compared.matrix.loads.len();
    let more = all - shown;
    let legend = match layout.form {
        _ if more > 0 => format!("{} to {} of {all}", first + 1, first + shown),
        Form::Narrow => String::new(),
        _ => format!("mean time, {}95 %, runs", view.symbols.plus_minus),
    };
    let length = legend.chars().count() as u16 + 1;
    pen.put(theme.faint(), format_args!(" "));
    if legend.is_empty() || length > pen.room() {
        return;
    }
    let rule = pen.room() - length;
    pen.fill(rule, |_| (view.symbols.rule, theme.faint()));
    pen.put(theme.text(), format_args!(" {legend}"));
}

fn draw_row(
    view: &ViewState,
    compared: &Compared,
    layout: &Layout,
    shown: usize,
    area: Rect,
    buf: &mut Buffer,
) {
    let theme = view.theme;
    let at = shown as u16 * layout.form.height() + 1;
    let row = layout.rows.0 + shown;
    let selected = |column| view.trials.place() == Some(Place::Cell { row, column });
    let named = (0..compared.matrix.loads.len()).any(selected);
    let style = if named { theme.selected() } else { theme.text() };
    let text = name(&compared.matrix.rows[row]);
    Pen::at(buf, area, at).put(style, format_args!("{}", Cut(&text, layout.name - 1)));
    for n in 0..layout.columns.1 {
        let column = layout.columns.0 + n;
        let left = (layout.name + n as u16 * layout.form.width()).min(area.width);
        let room = Rect { x: area.x + left, width: area.width - left, ..area };
        let room = Rect { width: room.width.min(layout.form.width()), ..room };
        let cell = compared.matrix.at(row, column);
        draw_cell(view, compared, cell, selected(column), layout.form, (room, at), buf);
    }
}

fn draw_cell(
    view: &ViewState,
    compared: &Compared,
    cell: Option<usize>,
    selected: bool,
    form: Form,
    (area, row): (Rect, u16),
    buf: &mut Buffer,
) {
    let theme = view.theme;
    let mut pen = Pen::at(buf, area, row);
    let cursor = if selected { view.symbols.cursor } else { ' ' };
    let chosen = |other: Style| if selected { theme.bar() } else { other };
    pen.put(chosen(theme.text()), format_args!("{cursor} "));
    let Some(number) = cell else {
        let style = chosen(theme.faint());
        pen.put(style, format_args!("not run"));
        return;
    };
    let cell = &compared.study.cells[number];
    let style = chosen(theme.text());
    pen.put(style, format_args!("{:<7}", ShortTime(cell.seconds())));
    if form != Form::Narrow {
        pen.put(style, format_args!(" {:<8}", Half { cell, sign: view.symbols.plus_minus }));
    }
    pen.put(chosen(theme.faint()), format_args!(" n={:<3}", cell.n()));
    let word = compared.study.word(number);
    let style = word_style(&theme, word);
    match form {
        Form::Wide => drop(pen.put(style, format_args!(" {word}"))),
        Form::Stacked => {
            Pen::at(buf, area, row + 1).put(style, format_args!("  {word}"));
        }
        Form::Full | Form::Narrow => {}
    }
}

/// How a word looks; it says the same without.
pub fn word_style(theme: &Theme, word: CellWord) -> Style {
    match word {
        CellWord::Impossible => theme.warning(),
        CellWord::SweetSpot { .. } => theme.good(),
        CellWord::LinkFull | CellWord::Capped => theme.ceiling(),
        CellWord::RoomLeft | CellWord::Plain => theme.text(),
        CellWord::FewRuns => theme.faint(),
    }
}

/// Half of the interval of a cell's mean; nothing for a single run.
struct Half<'a> {
    cell: &'a Cell,
    sign: &'a str,
}

impl fmt::Display for Half<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((low, high)) = self.cell.duration.summary.interval95 else { return f.pad("") };
        let half = (high - low) / 2.0;
        let decimals = if half < 10.0 { 2 } else { usize::from(half < 100.0) };
        f.pad(&format!("{}{half:.decimals$}", self.sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_what_is_selected() {
        assert_eq!(window(0, 3, 10), (0, 3));
        assert_eq!(window(2, 3, 10), (0, 3));
        assert_eq!(window(3, 3, 10), (1, 3));
        assert_eq!(window(9, 3, 10), (7, 3));
        assert_eq!(window(1, 5, 2), (0, 2));
        assert_eq!(window(4, 0, 5), (4, 0));
    }
}
