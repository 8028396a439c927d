//! The chart of the Trials view: times of all cells, or the throughput of the selected one's runs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::runs::about;
use super::section;
use crate::plot::chart::Chart as Plot;
use crate::plot::text::{self, Tone};
use crate::tui::pen::Pen;
use crate::tui::theme::Theme;
use crate::tui::trials_view::Chart;
use crate::tui::view_state::ViewState;

/// Rows that a chart needs to be worth looking at: axes, legend, and the chart itself.
pub const ROWS: u16 = 20;
/// Columns that it needs beside something else.
pub const COLUMNS: u16 = 60 + GAP;
/// Columns between it and what is on its left.
const GAP: u16 = 2;

fn plot(view: &ViewState, chart: Chart) -> Option<Plot> {
    let (compared, place) = view.trials.compared().zip(view.trials.place())?;
    match chart {
        Chart::Times => compared.study.times_chart(),
        Chart::Rates => {
            let name = |trial: usize| format!("trial {}", compared.numbers[trial]);
            compared.study.rates_chart(&compared.runs(place), name)
        }
        Chart::None => None,
    }
}

pub fn draw(view: &ViewState, chart: Chart, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let gap = if area.x > 0 { GAP.min(area.width) } else { 0 };
    let area = Rect { x: area.x + gap, width: area.width - gap, ..area };
    let Some(plot) = plot(view, chart) else {
        section(buf, area, view, format_args!("chart"), "v: next");
        let text = format_args!("  nothing to draw: no rates are known of this");
        Pen::at(buf, area, 1).put(view.theme.faint(), text);
        return;
    };
    let whose = match chart {
        Chart::Rates => view.trials.compared().zip(view.trials.place()),
        Chart::Times | Chart::None => None,
    };
    let whose = whose.map_or_else(String::new, |(compared, place)| about(compared, place) + ", ");
    section(buf, area, view, format_args!("{}", plot.title), &format!("{whose}v: next"));
    // The section says what it is.
    let untitled = Plot { title: String::new(), ..plot };
    let lines = text::spans(&untitled, usize::from(area.width), view.symbols.in_plots());
    for (row, line) in (1..area.height).zip(lines) {
        let mut pen = Pen::at(buf, area, row);
        for (text, tone) in line {
            pen.put(style(&view.theme, tone), format_args!("{text}"));
        }
    }
}

fn style(theme: &Theme, tone: Tone) -> Style {
    match tone {
        Tone::Plain => theme.text(),
        Tone::Faint => theme.faint(),
        Tone::Strong => theme.strong(),
        Tone::Series(n) => theme.member(n),
        Tone::Warning => theme.warning(),
    }
}
