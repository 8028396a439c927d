//! Which panels the user has left out, and what shows them again.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::at(buf, area, 0);
    pen.put(view.theme.faint(), format_args!("  left out:"));
    for panel in &view.hidden {
        let key = view.asked(Command::TogglePanel(*panel));
        pen.put_whole(view.theme.faint(), format_args!(" {} ({key})", panel.name()));
    }
}
