//! Pieces that panels are made of: each draws numbers into cells and knows nothing of sessions.

pub mod area_chart;
pub mod digits;
pub mod gauge;
pub mod rate_axis;
pub mod sparkline;
pub mod time_axis;
