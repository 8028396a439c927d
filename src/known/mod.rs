//! What is known of the field beforehand, as tables with their sources: software's caps, what hashing
//! leaves of a team, which ports migrations use. They stand in `assets/`.

pub mod limits;
pub mod nearest;
pub mod ports;
