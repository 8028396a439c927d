//! What the screen says that is neither measured nor chosen: clock, sampler, recording.

/// What the screen says besides session and view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Status {
    /// Wall clock, `14:02:11`.
    pub clock: String,
    /// By so many seconds it is ahead of UTC.
    pub ahead_of_utc: i32,
    /// Where readings come from.
    pub sampler: String,
    /// How the session is kept, or where a replay is.
    pub recorded: String,
    /// More of that where there is room: a replay's length and pace.
    pub further: String,
    /// It is not being kept although it should be.
    pub alarm: bool,
    /// Ticks passed over.
    pub missed: u64,
}
