//! The runs of the selected cell, one a row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::outside::Why;
use super::{Maybe, section, shown};
use crate::compare::Outcome;
use crate::compare::words::place;
use crate::model::printable;
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::trials_view::{Compared, Place};
use crate::tui::view_state::ViewState;
use crate::units::ShortTime;

/// From this width on the active time is shown.
const ROOMY: u16 = 60;
const NARROW_HEADING: &str = "  trial time        mean   peak(1 s)";
/// Where it says as well which of them are shown.
const CUT_HEADING: &str = "  trial time        mean   peak";
const HEADING: &str = "  trial time        mean   peak(1 s)   active";

/// Title and rows.
pub fn height(view: &ViewState) -> u16 {
    let Some((compared, place)) = view.trials.compared().zip(view.trials.place()) else { return 0 };
    1 + (compared.runs(place).len() as u16).max(1)
}

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some((compared, place)) = view.trials.compared().zip(view.trials.place()) else { return };
    if area.height == 0 {
        return;
    }
    let about = about(compared, place);
    let runs = compared.runs(place);
    if runs.is_empty() {
        let key = view.asked(Command::Factors);
        let how = format!("{key} names the factors of the coming trials");
        let text = format_args!("  not run yet: {about}; {how}");
        Pen::at(buf, area, 1).put(view.theme.faint(), text);
    }
    let rows = usize::from(area.height - 1).min(runs.len());
    let number = |run: &usize| Some(compared.numbers[*run]) == view.trials.run();
    let selected = runs.iter().position(number);
    // What is not selected shows its latest.
    let last = selected.unwrap_or(runs.len().saturating_sub(1));
    let first = (last + 1).saturating_sub(rows);
    let some = shown(first, rows, runs.len());
    let (heading, right) = match (area.width < ROOMY, some.is_empty()) {
        (true, true) => (NARROW_HEADING, some),
        (true, false) => (CUT_HEADING, some),
        (false, true) => (HEADING, about),
        (false, false) => (HEADING, format!("{some}, {about}")),
    };
    section(buf, area, view, format_args!("{heading}"), &right);
    for (row, at) in (1..).zip(first..first + rows) {
        draw_run(view, compared, runs[at], selected == Some(at), (area, row), buf);
    }
}

/// What is selected, in its factors.
pub fn about(compared: &Compared, at: Place) -> String {
    let (axes, matrix) = (&compared.study.axes, &compared.matrix);
    let Place::Cell { row, column } = at else { return "in no cell".into() };
    let (Some(row), Some(load)) = (matrix.rows.get(row), matrix.loads.get(column)) else {
        return String::new();
    };
    let mut factors = row.others.clone();
    let named = [(&axes.configuration, &row.configuration), (&axes.load, load)];
    for (axis, value) in named {
        factors
            .extend(axis.clone().filter(|_| !value.is_empty()).map(|axis| (axis, value.clone())));
    }
    let text = place(&factors);
    if text.is_empty() { "all trials".into() } else { printable(&text).into_owned() }
}

fn draw_run(
    view: &ViewState,
    compared: &Compared,
    trial: usize,
    selected: bool,
    (area, row): (Rect, u16),
    buf: &mut Buffer,
) {
    let theme = view.theme;
    let (outcome, number) = (&compared.study.trials[trial], compared.numbers[trial]);
    let counts = outcome.counts();
    let (cursor, style) = match selected {
        true => (view.symbols.cursor, theme.bar()),
        false if counts => (' ', theme.text()),
        false => (' ', theme.faint()),
    };
    let mut pen = Pen::at(buf, area, row);
    pen.put(style, format_args!("{cursor} {number:<5} {:<7}", ShortTime(outcome.duration)));
    pen.put(style, format_args!("{:>11}", Maybe(outcome.mean, view.unit)));
    let (peak_style, mark) = if outcome.impossible { (theme.warning(), '!') } else { (style, ' ') };
    pen.put(peak_style, format_args!(" {:>11}{mark}", Maybe(outcome.peak, view.unit)));
    if area.width >= ROOMY {
        match outcome.active {
            Some(active) => pen.put(style, format_args!("  {:<8}", ShortTime(active))),
            None => pen.put(theme.faint(), format_args!("  {:<8}", "-")),
        };
    }
    if !counts {
        pen.put(theme.strong(), format_args!("  {}", Why(outcome)));
    }
    draw_remarks(view, compared, trial, outcome, &mut pen);
}

fn draw_remarks(
    view: &ViewState,
    compared: &Compared,
    trial: usize,
    outcome: &Outcome,
    pen: &mut Pen<'_>,
) {
    let theme = view.theme;
    let window = outcome.peak_window.map_or(0.0, |window| window.as_secs_f64());
    if window > 1.5 {
        pen.put(theme.faint(), format_args!("  peak over {window:.0} s"));
    }
    let far = |cell: &crate::compare::Cell| cell.duration.outliers.contains(&trial);
    if compared.study.cells.iter().any(far) {
        pen.put(theme.text(), format_args!("  far off"));
    }
    for flag in outcome.flags().into_iter().filter(|flag| *flag != "excluded") {
        pen.put(theme.warning(), format_args!("  {flag}"));
    }
    for note in &outcome.notes {
        pen.put(theme.faint(), format_args!("  \"{}\"", printable(note)));
    }
}
