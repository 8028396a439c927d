//! Which links carry traffic together: bonds, teams, bridge uplinks, and what the user names.
//!
//! A team's members are physical links, each once, however bonds, VLANs and bridges are stacked on
//! them: reading a bond and its members, or a VLAN and its parent, would count a byte twice.

use crate::model::{Interface, InterfaceId, Kind, Team, TeamOrigin, printable};

/// A team as the user writes it: `uplinks=eth0,eth1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenTeam {
    /// What to call it.
    pub name: String,
    /// Names of interfaces; joining ones stand for the links below them.
    pub members: Vec<String>,
}

/// The joining interfaces found, with their mode by interface id.
pub fn discover(
    interfaces: &[Interface],
    modes: &[(InterfaceId, String)],
    given: &[GivenTeam],
) -> Vec<Team> {
    let mut teams: Vec<Team> = given.iter().map(|team| given_team(interfaces, team)).collect();
    for joining in interfaces.iter().filter(|i| i.kind.joins()) {
        let members = links_below(interfaces, joining);
        let least = if joining.kind == Kind::Bridge { 2 } else { 1 };
        let known = teams.iter().any(|t| t.name == joining.name || t.members == members);
        if members.len() < least || known {
            continue;
        }
        let mode = modes.iter().find(|(id, _)| *id == joining.id).map(|(_, mode)| mode.as_str());
        teams.push(Team {
            name: joining.name.clone(),
            mode: mode.unwrap_or(joining.kind.as_str()).to_owned(),
            members,
            origin: TeamOrigin::Found,
        });
    }
    // A bridge over a bond has the bond's links: the bond is the one to show.
    let bonds: Vec<Team> = teams.iter().filter(|t| t.mode != "bridge").cloned().collect();
    teams.retain(|t| t.mode != "bridge" || bonds.iter().all(|b| b.members != t.members));
    teams
}

fn given_team(interfaces: &[Interface], team: &GivenTeam) -> Team {
    let mut members = Vec::new();
    for name in &team.members {
        if let Some(interface) = interfaces.iter().find(|i| &i.name == name) {
            collect_links(interfaces, interface, &mut members, 0);
        }
    }
    members.sort_unstable();
    Team { name: team.name.clone(), mode: "given".into(), members, origin: TeamOrigin::Given }
}

/// The physical links under `interface`, each once, in order of id; itself when nothing is below.
pub fn links_below(interfaces: &[Interface], interface: &Interface) -> Vec<InterfaceId> {
    let mut links = Vec::new();
    collect_links(interfaces, interface, &mut links, 0);
    links.sort_unstable();
    links
}

/// Deeper stacking than this is a circle in the facts, not a host.
const DEEPEST: usize = 8;

fn collect_links(all: &[Interface], top: &Interface, links: &mut Vec<InterfaceId>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if top.kind.joins() {
        for port in all.iter().filter(|i| i.master == Some(top.id)) {
            if top.kind != Kind::Bridge || is_uplink(all, port, depth) {
                collect_links(all, port, links, depth + 1);
            }
        }
    } else if let Some(parent) = top.parent.and_then(|id| all.iter().find(|i| i.id == id)) {
        collect_links(all, parent, links, depth + 1);
    } else if !links.contains(&top.id) {
        links.push(top.id);
    }
}

/// A bridge's port that leads out of the host: a card, or a bond, team or VLAN over cards.
fn is_uplink(all: &[Interface], port: &Interface, depth: usize) -> bool {
    match port.kind {
        Kind::Ethernet | Kind::Bond | Kind::Team => true,
        _ => port
            .parent
            .and_then(|id| all.iter().find(|i| i.id == id))
            .is_some_and(|parent| depth < DEEPEST && is_uplink(all, parent, depth + 1)),
    }
}

/// What is wrong with a team the user gave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeamError {
    /// Not `NAME=IF,IF`.
    #[error("`{0}` is not a team; write it like --team uplinks=eth0,eth1")]
    Malformed(String),
    /// One interface named twice.
    #[error("team `{team}` names `{member}` more than once; name each member once")]
    Repeated {
        /// The team.
        team: String,
        /// The member.
        member: String,
    },
    /// A member that is not there.
    #[error("team `{team}`: there is no interface `{member}`; there are: {existing}")]
    Missing {
        /// The team.
        team: String,
        /// The member.
        member: String,
        /// What there is.
        existing: String,
    },
    /// The same name for two teams.
    #[error("team `{0}` is given twice; give each team a name of its own")]
    Twice(String),
}

impl std::str::FromStr for GivenTeam {
    type Err = TeamError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || TeamError::Malformed(printable(text).into_owned());
        let (name, members) = text.split_once('=').ok_or_else(malformed)?;
        let members: Vec<String> = members.split(',').map(str::to_owned).collect();
        if name.is_empty() || members.iter().any(String::is_empty) {
            return Err(malformed());
        }
        if let Some((_, member)) =
            members.iter().enumerate().find(|(i, member)| members[..*i].contains(member))
        {
            let (team, member) = (printable(name).into_owned(), printable(member).into_owned());
            return Err(TeamError::Repeated { team, member });
        }
        Ok(Self { name: name.to_owned(), members })
    }
}

/// Holds the given teams against the interfaces that are there.
pub fn check_given(names: &[&str], given: &[GivenTeam]) -> Result<(), TeamError> {
    for (i, team) in given.iter().enumerate() {
        if given[..i].iter().any(|other| other.name == team.name) {
            return Err(TeamError::Twice(printable(&team.name).into_owned()));
        }
        if let Some(member) = team.members.iter().find(|m| !names.contains(&m.as_str())) {
            return Err(TeamError::Missing {
                team: printable(&team.name).into_owned(),
                member: printable(member).into_owned(),
                existing: printable(&names.join(", ")).into_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(
        id: u32,
        name: &str,
        kind: Kind,
        master: Option<u32>,
        parent: Option<u32>,
    ) -> Interface {
        Interface { master, parent, ..Interface::new(id, name, kind) }
    }

    /// Two cards, a bond on them, a VLAN on that, a bridge on the VLAN with a guest's tap.
    fn stacked() -> Vec<Interface> {
        vec![
            interface(1, "eth0", Kind::Ethernet, Some(3), None),
            interface(2, "eth1", Kind::Ethernet, Some(3), None),
            interface(3, "bond0", Kind::Bond, None, None),
            interface(4, "bond0.100", Kind::Vlan, Some(5), Some(3)),
            interface(5, "br0", Kind::Bridge, None, None),
            interface(6, "tap0", Kind::Tun, Some(5), None),
        ]
    }

    #[test]
    fn a_bond_with_a_vlan_and_a_bridge_on_top_is_one_team_of_its_cards() {
        let modes = [(3, "802.3ad".to_owned())];
        let teams = discover(&stacked(), &modes, &[]);
        assert_eq!(teams.len(), 1);
        assert_eq!((teams[0].name.as_str(), teams[0].mode.as_str()), ("bond0", "802.3ad"));
        assert_eq!(teams[0].members, [1, 2]);
    }

    #[test]
    fn a_bridge_with_two_uplinks_is_a_team_and_its_taps_are_not_members() {
        let interfaces = [
            interface(1, "eth0", Kind::Ethernet, Some(3), None),
            interface(2, "eth1", Kind::Ethernet, Some(3), None),
            interface(3, "br0", Kind::Bridge, None, None),
            interface(4, "tap0", Kind::Tun, Some(3), None),
            interface(5, "veth0", Kind::Veth, Some(3), None),
        ];
        let teams = discover(&interfaces, &[], &[]);
        assert_eq!(
            (teams[0].members.as_slice(), teams[0].mode.as_str()),
            ([1, 2].as_slice(), "bridge")
        );
    }

    #[test]
    fn a_bridge_over_one_card_joins_nothing() {
        let interfaces = [
            interface(1, "eth0", Kind::Ethernet, Some(3), None),
            interface(3, "br0", Kind::Bridge, None, None),
        ];
        assert_eq!(discover(&interfaces, &[], &[]), []);
    }

    #[test]
    fn a_given_team_counts_each_link_once() {
        let given: GivenTeam = "all=bond0,eth0,bond0.100".parse().expect("well-formed");
        let teams = discover(&stacked(), &[], &[given]);
        assert_eq!(teams.len(), 1, "bond0 has the same links: {teams:?}");
        assert_eq!(
            (teams[0].name.as_str(), teams[0].members.as_slice()),
            ("all", [1, 2].as_slice())
        );
    }

    #[test]
    fn links_that_stand_on_each_other_do_not_hang() {
        let interfaces = [
            interface(1, "a", Kind::Vlan, None, Some(2)),
            interface(2, "b", Kind::Vlan, None, Some(1)),
            interface(3, "br0", Kind::Bridge, Some(4), None),
            interface(4, "br1", Kind::Bridge, Some(3), None),
        ];
        assert_eq!(discover(&interfaces, &[], &[]), []);
    }

    #[test]
    fn teams_are_checked_as_they_are_given() {
        let parse = |text: &str| text.parse::<GivenTeam>().map_err(|e| e.to_string());
        assert!(parse("t=eth0,eth1").is_ok());
        for text in ["t", "=eth0", "t=", "t=eth0,,eth1"] {
            assert!(parse(text).is_err_and(|e| e.contains("write it like")), "{text}");
        }
        assert!(parse("t=eth0,eth0").is_err_and(|e| e.contains("more than once")));
        let team = parse("t=eth0,eth9").expect("well-formed");
        let error = check_given(&["lo", "eth0"], &[team]).expect_err("eth9 is missing");
        assert_eq!(
            error.to_string(),
            "team `t`: there is no interface `eth9`; there are: lo, eth0"
        );
    }
}
