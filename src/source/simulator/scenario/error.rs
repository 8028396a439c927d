//! What can be wrong with a scenario's data file, in words that name the entry.

use std::time::Duration;

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No data file of this name.
    #[error("there is no such scenario; there are: {existing}")]
    Unknown {
        /// The names that exist.
        existing: String,
    },
    /// Not TOML, or a field that is missing, unknown or unreadable.
    #[error("line {line}: {message}")]
    Malformed {
        /// Where, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The file's `name` is not the name it is known by.
    #[error("its file calls it `{0}`")]
    OtherName(String),
    /// An entry that contradicts itself or the others.
    #[error("{entry}")]
    Entry {
        /// Which.
        entry: String,
        /// What is wrong with it.
        #[source]
        source: EntryError,
    },
}

/// What can be wrong with an entry of a data file.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// A name nobody has.
    #[error("there is no interface `{name}`; there are: {existing}")]
    Missing {
        /// The name.
        name: String,
        /// What there is.
        existing: String,
    },
    /// A name or index that is taken.
    #[error("another interface has the same {0}")]
    Twice(&'static str),
    /// A new name that is in use at that time.
    #[error("there already is an interface `{0}` at that time")]
    NameTaken(String),
    /// An end that is not after its begin.
    #[error("it ends at {to:?}, but begins at {from:?}")]
    Backwards {
        /// Its begin.
        from: Duration,
        /// Its end.
        to: Duration,
    },
    /// A trial that begins while another one runs.
    #[error("the trial before it ends at {0:?}; one runs at a time")]
    TrialRuns(Duration),
    /// A kind of interface that a flow cannot be sent to.
    #[error("a flow goes to a link, a bond or a team, and this is a {0}")]
    NotACarrier(String),
    /// A member that the bond does not have.
    #[error("member {member} is beyond the {members} that the interface has; they count from 0")]
    NoMember {
        /// The member asked for.
        member: usize,
        /// How many there are.
        members: usize,
    },
    /// A stacked interface that stands on nothing, or on itself.
    #[error("there is no physical link below it")]
    NothingBelow,
    /// A field or change that only a physical link can have.
    #[error("its counters are those of the links below it; leave out `{0}`")]
    NoOwnCounters(&'static str),
    /// A value out of its range.
    #[error("`{field}` must be {allowed}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
}

/// An error with the entry that it is about.
pub(super) fn in_entry(entry: String, source: EntryError) -> ScenarioError {
    ScenarioError::Entry { entry, source }
}
