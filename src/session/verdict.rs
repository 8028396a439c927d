//! What the counters alone say about the moment, in plain words.

use std::fmt;

use super::{Figures, Session, Subject, TeamState};
use crate::model::{Direction, printable};
use crate::units::Utilisation;

/// A link this full is full: counters at 10 Hz see a saturated wire between 95 and 100 %.
pub const FULL: f64 = 0.95;
/// Below this share of attainable a subject is at rest.
const AT_REST: f64 = 0.001;
/// Without a known speed, a rate below this (bit/s) is rest.
const REST_RATE: f64 = 100_000.0;
/// A member with less than this share of its fullest fellow carries next to nothing.
const IDLE_SHARE: f64 = 0.1;

/// The verdict of the moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// No rate yet.
    NotKnown,
    /// Next to nothing passes.
    AtRest,
    /// More than the wire can carry: the reading is wrong, not the wire.
    Impossible(Direction),
    /// The link, or every member that is up, is full.
    LinkFull(Direction, Utilisation),
    /// One member is full while the team has room.
    MemberFull {
        /// Which.
        member: String,
        /// Which way.
        direction: Direction,
        /// Members that carry next to nothing.
        idle: usize,
    },
    /// Traffic passes and the wire has room.
    RoomLeft(Direction, Utilisation),
    /// Traffic passes and the capacity is not known.
    NoCapacity(Direction),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKnown => f.write_str("no rate yet"),
            Self::AtRest => f.write_str("at rest"),
            Self::Impossible(direction) => {
                write!(f, "{} above what the wire can carry: do not trust it", direction.label())
            }
            Self::LinkFull(direction, used) => {
                write!(f, "link full: {} at {used}", direction.label())
            }
            Self::MemberFull { member, direction, idle: 0 } => {
                write!(f, "member full: {} {}", printable(member), direction.label())
            }
            Self::MemberFull { member, direction, idle } => {
                let (member, direction) = (printable(member), direction.label());
                write!(f, "member full: {member} {direction}, {idle} more idle")
            }
            Self::RoomLeft(direction, used) => {
                write!(f, "not the wire: {} at {used}", direction.label())
            }
            Self::NoCapacity(direction) => {
                write!(f, "{} moving; no link speed, state it with --speed", direction.label())
            }
        }
    }
}

impl Session {
    /// What the counters say about `subject` now.
    pub fn verdict(&self, subject: &Subject) -> Verdict {
        let Some(figures) = self.figures(subject) else { return Verdict::NotKnown };
        let team = match subject {
            Subject::Team(name) => self.team(name),
            Subject::Interface(_) => None,
        };
        let Some(rates) = figures.second else { return Verdict::NotKnown };
        let direction = rates.busier();
        let rate = rates[direction];
        let Some(attainable) = figures.attainable else {
            let at_rest = rate < REST_RATE;
            return if at_rest { Verdict::AtRest } else { Verdict::NoCapacity(direction) };
        };
        let used = Utilisation(rate / attainable);
        if figures.is_impossible(rate) {
            Verdict::Impossible(direction)
        } else if used.0 < AT_REST {
            Verdict::AtRest
        } else if used.0 >= FULL {
            Verdict::LinkFull(direction, used)
        } else {
            team.and_then(|team| self.full_member(team, direction))
                .unwrap_or(Verdict::RoomLeft(direction, used))
        }
    }

    fn full_member(&self, team: &TeamState, direction: Direction) -> Option<Verdict> {
        let used = |figures: &Figures| figures.utilisation(direction).map_or(0.0, |u| u.0);
        let up = self.members(team).filter(|m| m.interface.is_up());
        let fullest = up.clone().max_by(|a, b| used(&a.figures).total_cmp(&used(&b.figures)))?;
        let most = used(&fullest.figures);
        (most >= FULL && up.clone().count() > 1).then(|| Verdict::MemberFull {
            member: fullest.interface.facts.name.clone(),
            direction,
            idle: up.filter(|m| used(&m.figures) < most * IDLE_SHARE).count(),
        })
    }
}
