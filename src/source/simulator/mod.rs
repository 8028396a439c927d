//! A source that plays a scenario: links and counters of a host that is not there.
//!
//! For `migtop demo`, and for holding the rules of measurement against traffic that is known
//! exactly. It knows the session's time only as it is asked: nothing runs in between, and the same
//! scenario asked at the same times gives the same answers on any machine.
//!
//! What a flow offers beyond the link's attainable rate is lost, not queued: a scenario's author
//! gives a flow the time it needs. The links above (bond, VLAN, bridge) count what the physical
//! links below them show.

mod card;
mod counter;
mod file;
mod player;
mod scenario;
mod shipped;
mod surroundings;
#[cfg(test)]
mod tests;

pub use self::player::Simulator;
pub use self::scenario::{EntryError, Scenario, ScenarioError};
pub use self::shipped::{NAMES, open, summary};
pub use self::surroundings::SimulatedSurroundings;
