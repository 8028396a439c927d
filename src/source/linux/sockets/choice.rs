//! Which connections matter: those that moved most bytes since the last look.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use super::diag::{Answer, Key};
use crate::model::FlowId;

/// Less than this much in a second does not matter.
const LEAST_PER_SECOND: f64 = 16_384.0;
/// A connection seen for the first time is under way when data passed this lately.
const LATELY_MS: u32 = 1_500;

/// What all sockets had moved at the last look.
#[derive(Default)]
pub struct Memory {
    /// By cookie; the lowest bit is `look`'s, so that ten thousand fit the processor's cache.
    bytes: HashMap<u64, u64, BuildHasherDefault<Spread>>,
    /// 0 and 1 in turns.
    look: u64,
    at: Option<Duration>,
}

/// One that may be followed.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Which.
    pub key: Key,
    /// What /proc calls it.
    pub inode: u32,
    /// Octets since the last look; since it began where there was none.
    pub moved: u64,
}

/// A look that is under way.
pub struct Look<'a> {
    memory: &'a mut Memory,
    /// Most bytes at which one is passed over.
    least: u64,
    most: usize,
    found: &'a mut Vec<Candidate>,
}

impl Memory {
    /// How many there were at the last look.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins a look at `now`, which leaves the `most` that moved most in `found`.
    pub fn look<'a>(
        &'a mut self,
        now: Duration,
        most: usize,
        found: &'a mut Vec<Candidate>,
    ) -> Look<'a> {
        found.clear();
        self.look ^= 1;
        let elapsed = self.at.replace(now).map_or(1.0, |at| now.saturating_sub(at).as_secs_f64());
        let least = (LEAST_PER_SECOND * elapsed.max(0.1)) as u64;
        Look { memory: self, least, most, found }
    }
}

impl Look<'_> {
    /// Takes one socket.
    pub fn take(&mut self, answer: &Answer<'_>) {
        let (cookie, bytes) = (answer.cookie(), answer.bytes());
        let before = self.memory.bytes.insert(cookie, bytes << 1 | self.memory.look);
        let moved = match before {
            Some(before) => bytes.saturating_sub(before >> 1),
            None if answer.is_busy() || answer.idle_ms() < LATELY_MS => bytes,
            None => 0,
        };
        if moved < self.least {
            return;
        }
        self.found.push(Candidate { key: answer.key(), inode: answer.inode(), moved });
        if self.found.len() >= self.most * 4 {
            self.keep_most();
        }
    }

    /// The end of the look: what is gone is forgotten, the rest stands in order.
    pub fn end(mut self) {
        self.keep_most();
        let look = self.memory.look;
        self.memory.bytes.retain(|_, bytes| *bytes & 1 == look);
    }

    fn keep_most(&mut self) {
        self.found.sort_unstable_by_key(|candidate| std::cmp::Reverse(candidate.moved));
        self.found.truncate(self.most);
    }
}

/// How many of `new`, most moving first, are followed from now on, and which of `followed` give
/// their places to them: where there is no room, those that moved less than a quarter. `followed`
/// are numbers and what each moved.
pub fn places(
    new: &[Candidate],
    mut followed: Vec<(FlowId, u64)>,
    most: usize,
) -> (usize, Vec<FlowId>) {
    let mut taken = most.saturating_sub(followed.len()).min(new.len());
    followed.sort_unstable_by_key(|(_, moved)| *moved);
    let pairs = std::iter::zip(&new[taken..], followed);
    let leaving: Vec<_> = pairs
        .take_while(|(new, (_, moved))| new.moved / 4 > *moved)
        .map(|(_, (id, _))| id)
        .collect();
    taken += leaving.len();
    (taken, leaving)
}

/// Cookies are numbers in sequence: one multiplication (Knuth, The Art of Computer Programming 3,
/// 6.4) spreads them.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let product = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::super::diag::tests::message;
    use super::*;

    /// Cookies and bytes of those that moved, by looks a second apart; a socket is its cookie, its
    /// bytes and how long it has been idle.
    fn looks(most: usize, looks: &[&[(u64, u64, u32)]]) -> Vec<Vec<(u64, u64)>> {
        let (mut memory, mut found) = (Memory::default(), Vec::new());
        let mut at = Duration::ZERO;
        looks
            .iter()
            .map(|sockets| {
                at += Duration::from_secs(1);
                let mut look = memory.look(at, most, &mut found);
                for (cookie, bytes, idle) in *sockets {
                    let message = message(*cookie, *bytes, *idle, 0);
                    look.take(&Answer::parse(18, &message).expect("a connection"));
                }
                look.end();
                found.iter().map(|found| (found.key.cookie(), found.moved)).collect()
            })
            .collect()
    }

    #[test]
    fn those_that_moved_since_the_last_look_matter_most_first() {
        let first: &[_] = &[(1, 1_000_000, 60_000), (2, 1_000_000, 60_000), (3, 5_000, 0)];
        let second: &[_] = &[(1, 1_020_000, 0), (2, 9_000_000, 0), (3, 9_000, 0)];
        assert_eq!(looks(64, &[first, second])[1], [(2, 8_000_000), (1, 20_000)]);
    }

    #[test]
    fn what_was_under_way_before_the_first_look_is_found_by_it() {
        let sockets: &[_] = &[(1, 7_000_000, 60_000), (2, 7_000_000, 3)];
        assert_eq!(looks(64, &[sockets]), [[(2, 7_000_000)]]);
    }

    #[test]
    fn one_that_is_new_counts_with_all_it_has_moved() {
        assert_eq!(looks(64, &[&[], &[(5, 300_000, 0)]])[1], [(5, 300_000)]);
    }

    #[test]
    fn where_there_is_no_room_the_least_moving_gives_its_place() {
        let message = message(1, 0, 0, 0);
        let key = Answer::parse(18, &message).expect("a connection").key();
        let new = |moved: &[u64]| -> Vec<_> {
            moved.iter().map(|moved| Candidate { key, inode: 0, moved: *moved }).collect()
        };
        let followed = || vec![(1, 500), (2, 100), (3, 900)];
        assert_eq!(places(&new(&[700, 300]), followed(), 4), (1, vec![]), "300 is not 4 x 100");
        assert_eq!(places(&new(&[9_000, 700, 300]), followed(), 4), (2, vec![2]));
        assert_eq!(places(&new(&[9_000, 8_000]), followed(), 3), (2, vec![2, 1]));
        assert_eq!(places(&[], followed(), 3), (0, vec![]));
    }

    #[test]
    fn of_many_only_the_most_moving_are_kept_and_what_is_gone_is_forgotten() {
        let many: Vec<_> = (1..=1_000).map(|n| (n, n * 100_000, 0)).collect();
        let found = looks(3, &[&many]);
        assert_eq!(
            found[0].iter().map(|(cookie, _)| *cookie).collect::<Vec<_>>(),
            [1000, 999, 998]
        );
        let (mut memory, mut found) = (Memory::default(), Vec::new());
        for sockets in [10, 2] {
            let mut look = memory.look(Duration::ZERO, 3, &mut found);
            for cookie in 0..sockets {
                let message = message(cookie, 0, 0, 0);
                look.take(&Answer::parse(18, &message).expect("a connection"));
            }
            look.end();
            assert_eq!(memory.len() as u64, sockets);
        }
    }
}
