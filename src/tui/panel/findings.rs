//! What was found, those that touch the selected cell first, in whole sentences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cut::lines;
use super::section;
use crate::compare::{Finding, Weight};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::trials_view::Compared;
use crate::tui::view_state::ViewState;

/// Columns of mark and weight.
const LABEL: u16 = 10;
/// From this width on there is room for them.
const ROOMY: u16 = 50;

/// The findings in their order, with whether they touch what is selected.
fn ordered<'a>(view: &ViewState, compared: &'a Compared) -> Vec<(bool, &'a Finding)> {
    let place = view.trials.place();
    let cell = place.and_then(|place| compared.cell(place));
    let runs = place.map_or_else(Vec::new, |place| compared.runs(place));
    let touches = |found: &Finding| {
        let trial = |trial: &usize| found.trials.contains(trial);
        cell.is_some_and(|cell| found.cells.contains(&cell)) || runs.iter().any(trial)
    };
    let all = compared.study.findings.iter().map(|found| (touches(found), found));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(touches, _)| !touches);
    all
}

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(compared) = view.trials.compared() else { return };
    if area.height == 0 {
        return;
    }
    let all = ordered(view, compared);
    let first = view.trials.first().min(all.len().saturating_sub(1));
    let of = match all.len() {
        0 => String::new(),
        1 => "1".into(),
        n => {
            let [next, before] = [Command::PageDown, Command::PageUp].map(|c| view.asked(c));
            format!("{} of {n}: {next}, {before}", first + 1)
        }
    };
    section(buf, area, view, format_args!("findings"), &of);
    if all.is_empty() {
        Pen::at(buf, area, 1).put(view.theme.faint(), format_args!("  none yet"));
    }
    let label = if area.width < ROOMY { 2 } else { LABEL };
    let mut row = 1;
    for (touches, found) in &all[first..] {
        if row >= area.height {
            break;
        }
        draw_label(view, found.weight, *touches, (area, row), buf);
        let text = Rect {
            x: area.x + label.min(area.width),
            width: area.width.saturating_sub(label),
            ..area
        };
        for line in lines(&found.message(), text.width) {
            Pen::at(buf, text, row).put(view.theme.text(), format_args!("{line}"));
            row += 1;
        }
    }
}

/// A dot marks what touches the selected cell; sign and word say how much it matters.
fn draw_label(view: &ViewState, weight: Weight, touches: bool, at: (Rect, u16), buf: &mut Buffer) {
    let theme = view.theme;
    let related = if touches { view.symbols.related } else { ' ' };
    let (style, sign, word) = match weight {
        Weight::Error => (theme.warning(), '!', "wrong"),
        Weight::Warning => (theme.warning(), '?', "caution"),
        Weight::Info => (theme.faint(), ' ', "info"),
    };
    let mut pen = Pen::at(buf, at.0, at.1);
    pen.put(theme.selected(), format_args!("{related}")).put(style, format_args!("{sign}"));
    if at.0.width >= ROOMY {
        pen.put(style, format_args!("{word}"));
    }
}
