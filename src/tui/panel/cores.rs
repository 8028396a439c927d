use crate::session::Session;
use crate::tui::view_state::ViewState;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
pub const ROWS: u16 = 3;
pub fn height(_: &Session) -> u16 {
    0
}
pub fn row_at(_: &ViewState, _: u16, _: u16) -> Option<usize> {
    None
}
pub fn draw(_: &Session, _: &ViewState, _: Rect, _: &mut Buffer) {}
