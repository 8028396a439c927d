//! What a command's name that is being typed may be completed to.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::palette::candidates;
use crate::tui::pen::Pen;
use crate::tui::view_state::{Purpose, ViewState};

/// At most so many rows.
const ROWS: usize = 8;

/// How many rows it wants; none while no command is typed.
pub fn height(view: &ViewState) -> u16 {
    let typed = view.prompt.as_ref().filter(|prompt| prompt.purpose == Purpose::Palette);
    typed.map_or(0, |prompt| candidates(view, &prompt.text).len().min(ROWS) as u16)
}

/// What it depends on.
pub fn fingerprint(view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    view.prompt.as_ref().map(|prompt| (&prompt.text, prompt.choice)).hash(&mut hash);
    (view.shown, view.replay.is_some()).hash(&mut hash);
    hash.finish()
}

pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let Some(prompt) = &view.prompt else { return };
    let found = candidates(view, &prompt.text);
    let first = (prompt.choice + 1).saturating_sub(usize::from(area.height));
    for (row, (at, bound)) in (0..area.height).zip(found.iter().enumerate().skip(first)) {
        let chosen = at == prompt.choice;
        let style = if chosen { view.theme.strong() } else { view.theme.text() };
        let cursor = if chosen { view.symbols.cursor } else { ' ' };
        let mut pen = Pen::at(buf, area, row);
        pen.put(style, format_args!(" {cursor} {:<13}", bound.binding.name));
        pen.put(view.theme.key(), format_args!(" {:<9}", bound.written));
        pen.put(style, format_args!(" {}", bound.binding.help));
    }
}
