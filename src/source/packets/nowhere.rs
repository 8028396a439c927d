//! Systems where packets are not captured: the same names, and an answer.

#[path = "rights_elsewhere.rs"]
pub mod rights;

use crate::clock::SessionClock;
use crate::model::{Event, InterfaceId, beside, printable};

/// The interface that packets would be captured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
}

/// Why packets cannot be captured.
#[derive(Debug, thiserror::Error)]
pub enum PacketsError {
    /// Not on this system.
    #[error("packets of `{0}` cannot be captured: migtop does that on Linux, macOS and the BSDs")]
    NotHere(String),
}

impl PacketsError {
    /// The user named what is not there.
    pub fn is_choice(&self) -> bool {
        false
    }
}

/// # Errors
/// Always.
pub fn target(name: &str) -> Result<Target, PacketsError> {
    Err(PacketsError::NotHere(printable(name).into_owned()))
}

/// A capture that has failed.
#[derive(Debug)]
pub struct Capture {
    target: Target,
    failure: Option<Event>,
}

impl Capture {
    /// A capture that tells why there is none.
    pub fn start(target: Target, clock: SessionClock) -> Self {
        let why = PacketsError::NotHere(printable(&target.name).into_owned()).to_string();
        let (at, source) = (clock.now(), beside::PACKETS.to_owned());
        Self { target, failure: Some(Event::SourceFailed { at, source, why }) }
    }

    /// # Errors
    /// Always.
    pub fn open(target: Target, _clock: SessionClock) -> Result<Self, PacketsError> {
        Err(PacketsError::NotHere(printable(&target.name).into_owned()))
    }

    /// Where it would capture.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// It does not.
    pub fn runs(&self) -> bool {
        false
    }

    /// Tells why not, once.
    pub fn take(&mut self, _id_of: impl Fn(u32) -> Option<InterfaceId>, out: &mut Vec<Event>) {
        out.extend(self.failure.take());
    }
}
