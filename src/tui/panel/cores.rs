//! What the cores do, the busiest named; the memory, and migtop's own cost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::section;
use crate::model::HostLoad;
use crate::session::Session;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::gauge;
use crate::units::Memory;

/// Cells of one core: number, gauge, share.
const CORE: u16 = 20;
const GAUGE: u16 = 8;
/// A core this busy is told apart.
const BUSY: u16 = 900;

/// Title, a row of words, and the cores side by side.
pub fn height(session: &Session, width: u16) -> u16 {
    let cores = session.host().map_or(0, |load| load.busy_permille.len() as u16);
    2 + cores.div_ceil((width / CORE).max(1))
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(load) = session.host() else {
        section(buf, area, view, format_args!("cores"), "not looked at here");
        return;
    };
    let busiest = session.busiest_core().map_or_else(String::new, |core| {
        let busy = format!("busiest: core {} at {:.0} %", core.core, core.busy * 100.0);
        core.softirq.map_or_else(
            || busy.clone(),
            |softirq| format!("{busy}, {:.0} % softirq", softirq * 100.0),
        )
    });
    section(buf, area, view, format_args!("cores"), &busiest);
    let mut pen = Pen::at(buf, area, 1);
    let words = words(session, load);
    pen.put(view.theme.text(), format_args!("  {words}"));
    let columns = (area.width / CORE).max(1);
    let rows = area.height.saturating_sub(2);
    for (core, busy) in (0..).zip(&load.busy_permille) {
        let (row, column) = (core / columns, core % columns);
        if row >= rows {
            break;
        }
        let style = if *busy >= BUSY { view.theme.warning() } else { view.theme.text() };
        let mut pen = Pen::at(buf, area, 2 + row);
        pen.column(area.x + column * CORE);
        pen.put(style, format_args!("{core:>4} "));
        let part = (f64::from(*busy), view.symbols.members[0], view.theme.traffic());
        let faint = view.theme.faint();
        gauge::draw(&mut pen, GAUGE, 1e3, [part].into_iter(), view.symbols, faint);
        pen.put(style, format_args!(" {:>3} %", busy / 10));
    }
}

/// Memory of the host, and what migtop costs.
fn words(session: &Session, load: &HostLoad) -> String {
    let mut words = Vec::new();
    if let (Some(used), Some(all)) = (load.memory_used_bytes, load.memory_bytes) {
        words.push(format!("memory {} of {} in use", Memory(used), Memory(all)));
    }
    let passed = session.at().as_secs_f64();
    if passed > 0.0 {
        let share = load.own_cpu.as_secs_f64() / passed * 100.0;
        let held = load.own_rss_bytes.map_or_else(String::new, |rss| format!(", {}", Memory(rss)));
        words.push(format!("migtop {share:.1} % of a core{held}"));
    }
    words.join("; ")
}
