//! Which interfaces a list shows, in which order, and how many it folds away.

use std::time::Duration;

use serde::Deserialize;

use super::{InterfaceState, Session, Subject};
use crate::model::{InterfaceId, Kind};

/// An interface stays listed this long after it last carried more than chatter.
const STAYS: Duration = Duration::from_secs(60);

/// Order of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Busiest direction of the last second, most first.
    #[default]
    Traffic,
    /// Share of what the wire can carry, most first.
    Used,
    /// The members of a team together, most traffic first.
    Team,
    /// Alphabetical, numbers as numbers.
    Name,
}

impl Order {
    /// All of them, in the order that a key steps through.
    pub const ALL: [Self; 4] = [Self::Traffic, Self::Used, Self::Team, Self::Name];

    /// As the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traffic => "traffic",
            Self::Used => "used",
            Self::Team => "team",
            Self::Name => "name",
        }
    }

    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Traffic => "by traffic",
            Self::Used => "by use",
            Self::Team => "by team",
            Self::Name => "by name",
        }
    }
}

/// What a list was asked to show.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Order of the rows.
    pub order: Order,
    /// Show those that would be folded, too.
    pub unfolded: bool,
    /// Only names that contain this.
    pub filter: String,
    /// Always shown, first, in this order.
    pub pinned: Vec<InterfaceId>,
    /// The user chose the interfaces: none of them is folded for its kind.
    pub chosen: bool,
    /// An interface without traffic is folded after this; [`STAYS`] if not said.
    pub idle_after: Option<Duration>,
}

impl Session {
    /// The interfaces to list; the second value counts those that are there and folded away.
    pub fn listed(&self, listing: &Listing) -> (Vec<InterfaceId>, usize) {
        let mut folded = 0;
        let mut rows: Vec<&InterfaceState> = Vec::new();
        let present = self.interfaces().filter(|i| i.present);
        let alone = present.clone().count() == 1;
        for interface in present {
            let id = interface.facts.id;
            let matches = interface.facts.name.contains(&listing.filter);
            if listing.pinned.contains(&id) || !matches {
                continue;
            }
            if listing.unfolded || alone || self.stands_out(interface, listing) {
                rows.push(interface);
            } else {
                folded += 1;
            }
        }
        let rows = self.in_order(rows, listing.order);
        let pinned = listing.pinned.iter().copied().filter(|id| {
            self.interface(*id).is_some_and(|i| i.facts.name.contains(&listing.filter))
        });
        (pinned.chain(rows.iter().map(|i| i.facts.id)).collect(), folded)
    }

    fn in_order<'a>(&self, rows: Vec<&'a InterfaceState>, order: Order) -> Vec<&'a InterfaceState> {
        let weight = |interface: &InterfaceState| match order {
            Order::Traffic | Order::Team => self.traffic(interface),
            Order::Used => self.used(interface),
            Order::Name => 0.0,
        };
        let group = |interface: &InterfaceState| match order {
            // What stands on other links comes behind them: its bytes are theirs.
            Order::Traffic | Order::Used => usize::from(interface.facts.stands_on_others()),
            Order::Team => self.team_index(interface.facts.id).unwrap_or(usize::MAX),
            Order::Name => 0,
        };
        let mut keyed: Vec<_> = rows.into_iter().map(|i| (group(i), weight(i), i)).collect();
        keyed.sort_by(|(a_group, a_weight, a), (b_group, b_weight, b)| {
            a_group.cmp(b_group).then(b_weight.total_cmp(a_weight)).then_with(|| by_name(a, b))
        });
        keyed.into_iter().map(|(.., interface)| interface).collect()
    }

    /// The place among the teams of the one that this is a member of.
    pub fn team_index(&self, id: InterfaceId) -> Option<usize> {
        self.teams.iter().position(|team| team.facts.members.contains(&id))
    }

    fn used(&self, interface: &InterfaceState) -> f64 {
        let figures = interface.figures(self.at);
        let busier = figures.second.map(|rates| rates.busier());
        busier.and_then(|direction| figures.utilisation(direction)).map_or(0.0, |used| used.0)
    }

    /// A team's member; else busy of late, and neither loopback, nor a guest's tap, nor a joining
    /// interface whose team is shown.
    fn stands_out(&self, interface: &InterfaceState, listing: &Listing) -> bool {
        let Listing { chosen, idle_after, .. } = *listing;
        let stays = idle_after.unwrap_or(STAYS);
        let facts = &interface.facts;
        let shown_as_team = self.teams.iter().any(|t| t.facts.name == facts.name);
        let member = self.teams.iter().any(|t| t.facts.members.contains(&facts.id));
        if member || chosen {
            return !shown_as_team;
        }
        let busy = interface.busy_at().is_some_and(|at| self.at.saturating_sub(at) < stays);
        busy && !shown_as_team && !matches!(facts.kind, Kind::Loopback | Kind::Tun)
    }

    fn traffic(&self, interface: &InterfaceState) -> f64 {
        interface.figures(self.at).second.map_or(0.0, |rates| rates.rx.max(rates.tx))
    }

    /// What trials and the headline are about: the chosen subject, else the team given, else the
    /// only team found, else the interface that carried most (loopback never).
    pub fn subject(&self) -> Option<Subject> {
        if let Some(name) = &self.settings.subject {
            return self.named(name);
        }
        let team = |team: &super::TeamState| Subject::Team(team.facts.name.clone());
        let given = |t: &&super::TeamState| t.facts.origin == crate::model::TeamOrigin::Given;
        match (self.teams.iter().find(given), self.teams.as_slice()) {
            (Some(given), _) => Some(team(given)),
            (None, [only]) => Some(team(only)),
            _ => self.busiest(|i| i.present.then(|| i.total.rx.max(i.total.tx))),
        }
    }

    /// The team or interface of that name.
    pub fn named(&self, name: &str) -> Option<Subject> {
        if self.team(name).is_some() {
            return Some(Subject::Team(name.to_owned()));
        }
        let interface =
            self.interfaces().filter(|i| i.facts.name == name).max_by_key(|i| i.present);
        interface.map(|i| Subject::Interface(i.facts.id))
    }

    /// The interface with the most bytes of those that have any count (`None`: it is out of the
    /// question); loopback only when there is nothing else, joining interfaces never (their bytes are
    /// their members').
    pub(super) fn busiest(
        &self,
        bytes: impl Fn(&InterfaceState) -> Option<u64>,
    ) -> Option<Subject> {
        let real = self.interfaces().filter(|i| !i.facts.kind.joins());
        let counted = real.filter_map(|i| Some((i.facts.kind != Kind::Loopback, bytes(i)?, i)));
        // The last of equals in reverse is the first: a quiet machine's subject stays put.
        let most = counted.rev().max_by_key(|(card, bytes, i)| (*card, *bytes, i.is_up()));
        most.map(|(.., i)| Subject::Interface(i.facts.id))
    }
}

fn by_name(a: &InterfaceState, b: &InterfaceState) -> std::cmp::Ordering {
    natural(&a.facts.name).cmp(&natural(&b.facts.name)).then(a.facts.id.cmp(&b.facts.id))
}

/// The name with its last number apart, so that `tap2` comes before `tap10`.
fn natural(name: &str) -> (&str, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().unwrap_or(0))
}
