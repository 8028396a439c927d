//! When links went down, came back or changed their speed: for ticks on a chart.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Session, Subject};
use crate::model::{Interface, InterfaceId};

/// Of many changes so many are remembered.
const KEPT: usize = 256;

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkChange {
    /// It went down, or its interface went.
    Lost,
    /// It carries again, or its interface came.
    Back,
    /// It has another speed.
    Speed,
}

/// The latest changes, oldest first; bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LinkChanges(VecDeque<(Duration, InterfaceId, LinkChange)>);

impl LinkChanges {
    /// Takes two states of one interface's facts.
    pub fn take(&mut self, at: Duration, old: Option<&Interface>, new: Option<&Interface>) {
        let Some(facts) = new.or(old) else { return };
        let is_up = |facts: Option<&Interface>| facts.is_some_and(|facts| facts.up);
        let speed = |facts: Option<&Interface>| facts.and_then(|facts| facts.speed_bits_per_s);
        let change = match (is_up(old), is_up(new)) {
            (true, false) => LinkChange::Lost,
            (false, true) => LinkChange::Back,
            (true, true) if speed(old) != speed(new) => LinkChange::Speed,
            _ => return,
        };
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((at, facts.id, change));
    }
}

impl Session {
    /// What became of the links of a subject, an interface or the members of a team; oldest first.
    pub fn link_changes<'a>(
        &'a self,
        subject: &'a Subject,
    ) -> impl Iterator<Item = (Duration, InterfaceId, LinkChange)> + Clone + 'a {
        let is_its = move |id: InterfaceId| match subject {
            Subject::Interface(own) => *own == id,
            Subject::Team(name) => {
                self.team(name).is_some_and(|team| team.facts.members.contains(&id))
            }
        };
        self.links.0.iter().copied().filter(move |(_, id, _)| is_its(*id))
    }
}

#[cfg(test)]
mod tests {
    use super::LinkChange::{Back, Lost, Speed};
    use super::*;
    use crate::model::Kind;

    #[test]
    fn a_link_goes_comes_and_changes_its_speed() {
        let facts = |up, speed_bits_per_s| Interface {
            speed_bits_per_s,
            up,
            ..Interface::new(1, "eth0", Kind::Ethernet)
        };
        let (up, down, slow) =
            (facts(true, Some(10)), facts(false, Some(10)), facts(true, Some(1)));
        let mut changes = LinkChanges::default();
        for (old, new) in [
            (Some(&up), Some(&down)),
            (Some(&down), Some(&down)),
            (Some(&down), Some(&up)),
            (Some(&up), Some(&slow)),
            (Some(&slow), None),
            (None, Some(&down)),
        ] {
            changes.take(Duration::ZERO, old, new);
        }
        let told: Vec<_> = changes.0.iter().map(|(.., change)| *change).collect();
        assert_eq!(told, [Lost, Back, Speed, Lost]);
        (0..2 * KEPT).for_each(|_| changes.take(Duration::ZERO, Some(&up), None));
        assert_eq!(changes.0.len(), KEPT);
    }
}
