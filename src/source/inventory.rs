//! From link facts to the session's interfaces and teams: ids, the user's choice, stated speeds.

use glob::Pattern;

use super::Link;
use crate::measure::team::{self, GivenTeam};
use crate::model::{Interface, InterfaceId, Kind, Team, printable};

/// What the user said about interfaces.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Watch only these; all when empty.
    pub include: Vec<Pattern>,
    /// Never watch these.
    pub exclude: Vec<Pattern>,
    /// Speeds in bit/s for interfaces whose driver has none, or a wrong one; first match counts.
    pub speeds: Vec<(Pattern, u64)>,
    /// The same behind those, for interfaces that need not be there.
    pub usual_speeds: Vec<(Pattern, u64)>,
    /// Teams given by name.
    pub teams: Vec<GivenTeam>,
}

/// What is wrong with the user's choice on this machine.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// A pattern that nothing answers to.
    #[error("no interface matches `{pattern}`; there are: {existing}")]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// What there is.
        existing: String,
    },
    /// A subject that is neither interface nor team.
    #[error(
        "there is no interface or team `{name}` for --subject, or for `subject` in the configuration; there are: {existing}"
    )]
    NoSubject {
        /// The name.
        name: String,
        /// What there is.
        existing: String,
    },
    /// A team called like an interface that joins nothing.
    #[error("`{0}` is an interface; give the team a name of its own")]
    TeamIsInterface(String),
    /// A team that cannot be.
    #[error(transparent)]
    Team(#[from] team::TeamError),
}

impl Settings {
    /// Holds the choice against the links that are there at start.
    pub fn check(&self, links: &[Link]) -> Result<(), ChoiceError> {
        let names: Vec<&str> = links.iter().map(|l| l.name.as_str()).collect();
        let patterns = self.include.iter().chain(self.speeds.iter().map(|(pattern, _)| pattern));
        for pattern in patterns {
            let given = self.teams.iter().any(|t| pattern.matches(&t.name));
            if !given && !names.iter().any(|name| pattern.matches(name)) {
                return Err(ChoiceError::NoMatch {
                    pattern: printable(pattern.as_str()).into_owned(),
                    existing: printable(&names.join(", ")).into_owned(),
                });
            }
        }
        for team in &self.teams {
            let named = links.iter().find(|link| link.name == team.name);
            if named.is_some_and(|link| !link.kind.joins()) {
                return Err(ChoiceError::TeamIsInterface(printable(&team.name).into_owned()));
            }
        }
        Ok(team::check_given(&names, &self.teams)?)
    }

    /// Holds a subject's name against the links that are there at start; found teams are called
    /// like the link that joins them.
    pub fn check_subject(&self, name: &str, links: &[Link]) -> Result<(), ChoiceError> {
        let given = self.teams.iter().map(|team| team.name.as_str());
        let names: Vec<&str> = links.iter().map(|l| l.name.as_str()).chain(given).collect();
        if names.contains(&name) {
            return Ok(());
        }
        Err(ChoiceError::NoSubject {
            name: printable(name).into_owned(),
            existing: printable(&names.join(", ")).into_owned(),
        })
    }

    fn chooses(&self, name: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|p| p.matches(name)))
            && !self.exclude.iter().any(|p| p.matches(name))
    }
}

/// The interfaces known in this session; an id stands for one instance and is never reused.
#[derive(Debug)]
pub struct Inventory {
    settings: Settings,
    links: Vec<(InterfaceId, Link)>,
    last_id: InterfaceId,
}

impl Inventory {
    /// An empty inventory.
    pub fn new(settings: Settings) -> Self {
        Self { settings, links: Vec::new(), last_id: 0 }
    }

    /// Takes all links as they are now; gives the watched interfaces and the teams.
    pub fn update(&mut self, mut links: Vec<Link>) -> (Vec<Interface>, Vec<Team>) {
        links.sort_by_key(|link| link.index);
        let known = std::mem::take(&mut self.links);
        self.links = links
            .into_iter()
            .map(|link| {
                let same = known.iter().find(|(_, old)| same_instance(old, &link));
                let id = same.map_or_else(
                    || {
                        self.last_id += 1;
                        self.last_id
                    },
                    |(id, _)| *id,
                );
                (id, link)
            })
            .collect();
        self.describe()
    }

    /// The session's name of the interface that has this index now, watched or not.
    pub fn id_of(&self, index: u32) -> Option<InterfaceId> {
        let at = self.links.binary_search_by_key(&index, |(_, link)| link.index).ok()?;
        self.links.get(at).map(|(id, _)| *id)
    }

    fn describe(&self) -> (Vec<Interface>, Vec<Team>) {
        let id_of = |index: Option<u32>| {
            let index = index?;
            self.links.iter().find(|(_, l)| l.index == index).map(|(id, _)| *id)
        };
        let all: Vec<Interface> = self
            .links
            .iter()
            .map(|(id, link)| {
                let stated = self.stated_speed(&link.name);
                Interface {
                    id: *id,
                    index: link.index,
                    name: link.name.clone(),
                    kind: link.kind.clone(),
                    mac: link.mac.clone(),
                    mtu: link.mtu,
                    speed_bits_per_s: stated.or_else(|| self.driver_speed(link)),
                    speed_stated: stated.is_some(),
                    up: link.up,
                    master: id_of(link.master),
                    parent: id_of(link.parent),
                    driver: link.driver.clone(),
                }
            })
            .collect();
        let modes: Vec<_> =
            self.links.iter().filter_map(|(id, link)| Some((*id, link.mode.clone()?))).collect();
        self.choose(&all, team::discover(&all, &modes, &self.settings.teams))
    }

    /// The chosen interfaces with the members of the chosen teams.
    fn choose(&self, all: &[Interface], mut teams: Vec<Team>) -> (Vec<Interface>, Vec<Team>) {
        let given = |team: &Team| self.settings.teams.iter().any(|t| t.name == team.name);
        teams.retain(|t| given(t) || self.settings.chooses(&t.name));
        let watched = |i: &Interface| {
            self.settings.chooses(&i.name) || teams.iter().any(|t| t.members.contains(&i.id))
        };
        let mut chosen: Vec<Interface> = all.iter().filter(|i| watched(i)).cloned().collect();
        let mut ids: Vec<InterfaceId> = chosen.iter().map(|i| i.id).collect();
        ids.sort_unstable();
        for interface in &mut chosen {
            interface.master = interface.master.filter(|id| ids.binary_search(id).is_ok());
            interface.parent = interface.parent.filter(|id| ids.binary_search(id).is_ok());
        }
        (chosen, teams)
    }

    fn stated_speed(&self, name: &str) -> Option<u64> {
        let mut all = self.settings.speeds.iter().chain(&self.settings.usual_speeds);
        all.find(|(p, _)| p.matches(name)).map(|(_, speed)| *speed)
    }

    /// A VLAN carries what its parent carries.
    fn driver_speed(&self, link: &Link) -> Option<u64> {
        if link.kind != Kind::Vlan {
            return link.speed_bits_per_s;
        }
        let (_, parent) = self.links.iter().find(|(_, l)| Some(l.index) == link.parent)?;
        self.stated_speed(&parent.name).or(parent.speed_bits_per_s)
    }
}

/// A rename keeps index and hardware address, joining a bond keeps index and name. Linux counts
/// indexes up, so an index with another name *and* another address is another link.
fn same_instance(old: &Link, new: &Link) -> bool {
    old.index == new.index && (old.name == new.name || old.mac == new.mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, name: &str, kind: Kind) -> Link {
        Link {
            index,
            name: name.into(),
            kind,
            mac: Some(format!("02:00:00:00:00:{index:02x}")),
            mtu: Some(1500),
            speed_bits_per_s: None,
            up: true,
            master: None,
            parent: None,
            driver: None,
            mode: None,
        }
    }

    fn globs(patterns: &[&str]) -> Vec<Pattern> {
        patterns.iter().map(|p| Pattern::new(p).expect("a pattern")).collect()
    }

    fn names(interfaces: &[Interface]) -> Vec<&str> {
        interfaces.iter().map(|i| i.name.as_str()).collect()
    }

    #[test]
    fn a_rename_keeps_its_id_and_a_new_link_gets_a_new_one() {
        let mut inventory = Inventory::new(Settings::default());
        let (first, _) = inventory.update(vec![link(2, "eth0", Kind::Ethernet)]);
        let (renamed, _) = inventory.update(vec![link(2, "uplink", Kind::Ethernet)]);
        assert_eq!(first[0].id, renamed[0].id);
        let (none, _) = inventory.update(vec![]);
        assert_eq!(none, []);
        let (again, _) = inventory.update(vec![link(3, "uplink", Kind::Ethernet)]);
        assert_ne!(again[0].id, renamed[0].id);
    }

    #[test]
    fn a_chosen_team_brings_its_members() {
        let settings = Settings { include: globs(&["bond0"]), ..Settings::default() };
        let mut inventory = Inventory::new(settings);
        let mut links = vec![
            link(2, "eth0", Kind::Ethernet),
            link(3, "eth1", Kind::Ethernet),
            link(4, "eth2", Kind::Ethernet),
            link(5, "bond0", Kind::Bond),
        ];
        links[0].master = Some(5);
        links[1].master = Some(5);
        let (chosen, teams) = inventory.update(links);
        assert_eq!(names(&chosen), ["eth0", "eth1", "bond0"]);
        assert_eq!(teams[0].members, [1, 2]);
    }

    #[test]
    fn speeds_are_stated_by_pattern_and_pass_up_to_a_vlan() {
        let settings =
            Settings { speeds: vec![(globs(&["eth*"])[0].clone(), 10)], ..Settings::default() };
        let mut inventory = Inventory::new(settings);
        let mut vlan = link(3, "vlan5", Kind::Vlan);
        vlan.parent = Some(2);
        let (chosen, _) = inventory.update(vec![link(2, "eth0", Kind::Ethernet), vlan]);
        assert_eq!(chosen.iter().map(|i| i.speed_bits_per_s).collect::<Vec<_>>(), [Some(10); 2]);
        assert!(chosen[0].speed_stated && !chosen[1].speed_stated);
    }

    #[test]
    fn a_pattern_that_matches_nothing_names_what_there_is() {
        let settings = Settings { include: globs(&["eht*"]), ..Settings::default() };
        let error =
            settings.check(&[link(1, "lo", Kind::Loopback), link(2, "eth0", Kind::Ethernet)]);
        let text = error.expect_err("nothing matches").to_string();
        assert_eq!(text, "no interface matches `eht*`; there are: lo, eth0");
    }
}
