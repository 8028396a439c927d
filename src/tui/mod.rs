//! The screen: a session and a view state go in, cells come out; keys become commands, commands
//! change the view or are handed back as effects.

pub mod arrangement;
mod at_hand;
pub mod capture;
pub mod chart_view;
pub mod compose;
pub mod drag;
pub mod draw;
pub mod edges;
mod effect;
mod flows_view;
pub mod frozen;
mod host_view;
pub mod keymap;
mod line;
pub mod look;
pub mod notify;
mod palette;
mod panel;
mod part;
mod pen;
mod picked;
pub mod prompt;
pub mod reply;
mod rows;
mod running;
pub mod screen;
mod status;
pub mod terminal;
pub mod theme;
mod trials_plan;
pub mod trials_view;
pub mod update;
pub mod view_state;
mod widget;

pub use draw::draw;
pub use effect::Effect;
pub use keymap::Play;
pub use look::Look;
pub use status::Status;
pub use theme::{Symbols, Theme};
pub use update::update;
pub use view_state::{Replay, ViewState};
