//! How far the guests are on their way.
//!
//! ```text
//! evacuation ──────────────────────────────────────────────────────────────── about 0:41 to go
//!   13 of 20 left, 28.0 GiB of 80.0 GiB to go; the last one left 0.8 s ago
//!   ██████████████████████████████████████──────────────────────
//! ```

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::section;
use crate::compare::Left;
use crate::session::{Evacuation, MemoryToGo, Session};
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::tui::widget::gauge;
use crate::units::Memory;

/// Title, words, gauge.
pub const ROWS: u16 = 3;

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    let theme = view.theme;
    let Some(evacuation) = session.evacuation() else {
        section(buf, area, view, format_args!("evacuation"), "");
        Pen::at(buf, area, 1).put(theme.text(), format_args!("  {}", at_rest(session)));
        return;
    };
    let eta = evacuation.eta.map_or_else(String::new, |eta| Left(eta.left).to_string());
    section(buf, area, view, format_args!("evacuation"), &eta);
    let mut words = progress(&evacuation, session.at());
    // What has no room is left out whole: the last comes first.
    while words.chars().count() + 2 > usize::from(area.width)
        && let Some(end) = words.rfind("; ")
    {
        words.truncate(end);
    }
    Pen::at(buf, area, 1).put(theme.strong(), format_args!("  {words}"));
    let part = (evacuation.left as f64, view.symbols.members[0], theme.trial());
    let mut pen = Pen::at(buf, area, 2);
    pen.put(theme.text(), format_args!("  "));
    let cells = pen.room().saturating_sub(2);
    let whole = evacuation.guests as f64;
    gauge::draw(&mut pen, cells, whole, [part].into_iter(), view.symbols, theme.faint());
}

/// What there is to say while nobody leaves.
fn at_rest(session: &Session) -> String {
    match session.guests_here().count() {
        0 if !session.knows_guests() => "guests are not looked for here".into(),
        0 => "no guest runs here".into(),
        1 => "1 guest, and none has left".into(),
        n => format!("{n} guests, and none has left"),
    }
}

/// `13 of 20 left, 28.0 GiB of 80.0 GiB to go; the last one left 0.8 s ago`.
fn progress(evacuation: &Evacuation, now: Duration) -> String {
    let mut text = format!("{} of {} left", evacuation.left, evacuation.guests);
    let MemoryToGo { all, to_go, unknown_to_go, .. } = evacuation.memory;
    if all > 0 {
        let _ = write!(text, ", {} of {} to go", Memory(to_go), Memory(all));
    }
    if unknown_to_go > 0 {
        let _ = write!(text, " and {unknown_to_go} whose memory is not known");
    }
    if let Some(last) = evacuation.last_left {
        let ago = now.saturating_sub(last).as_secs_f64();
        let _ = write!(text, "; the last one left {ago:.1} s ago");
    }
    if evacuation.back > 0 {
        let _ = write!(text, "; {} came back", evacuation.back);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_told_in_guests_memory_and_time() {
        let memory = MemoryToGo { all: 20 << 29, to_go: 7 << 29, unknown: 0, unknown_to_go: 0 };
        let evacuation = Evacuation {
            since: Duration::ZERO,
            guests: 20,
            left: 13,
            came: 0,
            back: 0,
            last_left: Some(Duration::from_millis(9_200)),
            memory,
            eta: None,
        };
        assert_eq!(
            progress(&evacuation, Duration::from_secs(10)),
            "13 of 20 left, 3.50 GiB of 10.0 GiB to go; the last one left 0.8 s ago"
        );
    }
}
