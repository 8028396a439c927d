//! The guests of one evacuation: those that were here at its begin and those that have come since.

use std::collections::HashMap;
use std::time::Duration;

use super::Session;
use super::guests::GuestState;

/// Each guest once, also where it left and is back in another process.
pub(super) struct Crew<'a> {
    /// Those that have left, in order of their departures.
    pub left: Vec<&'a GuestState>,
    /// Those that run here.
    pub here: Vec<&'a GuestState>,
    /// How many have come since, those that are back left out.
    pub came: usize,
    /// How many of those here left since, and are back.
    pub back: usize,
}

impl<'a> Crew<'a> {
    /// Of what began at `since`.
    pub fn of(session: &'a Session, since: Duration) -> Self {
        let members = session.guests().filter(|guest| guest.left.is_none_or(|left| left >= since));
        let (left, here): (Vec<_>, Vec<_>) = members.partition(|guest| guest.left.is_some());
        let mut crew = Self { left, here, came: 0, back: 0 };
        crew.left.sort_by_key(|guest| guest.left);
        crew.withdraw(since);
        crew
    }

    /// A guest that comes under the name of one that has left is that one, back: its departure was
    /// none. Of several of the name the latest has come back.
    fn withdraw(&mut self, since: Duration) {
        let comers = self.left.iter().chain(&self.here).copied();
        let mut comers: Vec<_> =
            comers.filter(|guest| guest.since > since && !guest.from_start).collect();
        if comers.is_empty() {
            return;
        }
        comers.sort_by_key(|guest| (guest.since, guest.facts.id));
        let mut gone: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut none = vec![false; self.left.len()];
        let mut departures = self.left.iter().enumerate().peekable();
        for comer in comers {
            while let Some((n, guest)) = departures.next_if(|(_, g)| g.left <= Some(comer.since)) {
                gone.entry(&guest.facts.name).or_default().push(n);
            }
            match gone.get_mut(&comer.facts.name[..]).and_then(Vec::pop) {
                Some(n) => {
                    none[n] = true;
                    self.back += usize::from(comer.left.is_none());
                }
                None => self.came += 1,
            }
        }
        let mut none = none.into_iter();
        self.left.retain(|_| !none.next().unwrap_or(false));
    }

    /// All of them.
    pub fn guests(&self) -> impl Iterator<Item = &'a GuestState> {
        self.left.iter().chain(&self.here).copied()
    }
}
