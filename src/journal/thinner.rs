//! What is still recorded while the disk takes nothing: everything but plain ticks, which are added
//! up into the next line that is kept. Bytes stay complete, rates have a gap.

use std::time::Duration;

use crate::model::{Counts, Event, Faults, GapReason};

/// Passes batches on, thinned while there is trouble.
#[derive(Debug, Default)]
pub struct Thinner {
    /// Time of the last batch that was kept.
    kept: Duration,
    lost: Option<Lost>,
}

/// What was left out since the last batch that was kept.
#[derive(Debug)]
struct Lost {
    why: GapReason,
    ticks: u64,
    /// Time and length of the last reading that was left out.
    last: (Duration, Duration),
    delta: Vec<Counts>,
    faults: Vec<Faults>,
}

impl Thinner {
    /// Gives the lines of one instant that are to be kept to `keep`; `trouble` is why there is
    /// little room, if so.
    pub fn pass(
        &mut self,
        batch: &[Event],
        trouble: Option<GapReason>,
        mut keep: impl FnMut(&Event),
    ) {
        if let (Some(why), None) = (trouble, &self.lost) {
            let last = (self.kept, Duration::ZERO);
            let (delta, faults) = (Vec::new(), Vec::new());
            self.lost = Some(Lost { why, ticks: 0, last, delta, faults });
        }
        let at = batch.iter().find_map(Event::at).unwrap_or(self.kept);
        let proves = batch.iter().any(|event| matches!(event, Event::Counters { .. }));
        // Of the host's load there is another look in a second.
        let plain = match batch {
            [Event::Host(_), rest @ ..] => rest,
            all => all,
        };
        match (&mut self.lost, plain) {
            (Some(lost), [Event::Sample { at, read, delta, faults }]) => {
                lost.last = (*at, *read);
                lost.add(delta, faults);
                return;
            }
            (Some(lost), _) => {
                if lost.ticks > 0 {
                    let (from, why) = (self.kept, lost.why);
                    keep(&Event::Gap { at, from, interfaces: None, why });
                    // The end has no sample of its own to add them to.
                    if !batch.iter().any(|event| matches!(event, Event::Sample { .. })) {
                        keep(&lost.sum());
                    }
                }
                for event in batch {
                    keep(lost.join(event).as_ref().unwrap_or(event));
                }
            }
            (None, _) => batch.iter().for_each(&mut keep),
        }
        self.kept = at;
        if trouble.is_none() && proves {
            self.lost = None;
        }
    }

    /// There is room again, and absolute values are wanted behind the gap.
    pub fn wants_proof(&self, trouble: Option<GapReason>) -> bool {
        self.lost.is_some() && trouble.is_none()
    }
}

impl Lost {
    fn add(&mut self, delta: &[Counts], faults: &[Faults]) {
        self.ticks += 1;
        for added in delta {
            match self.delta.iter_mut().find(|sum| sum.id == added.id) {
                Some(sum) => {
                    sum.bytes = sum.bytes + added.bytes;
                    sum.packets = sum.packets + added.packets;
                }
                None => self.delta.push(*added),
            }
        }
        for fault in faults {
            self.faults.retain(|older| older.id != fault.id);
            self.faults.push(*fault);
        }
    }

    /// A sample with what was left out before it; no other event has any.
    fn join(&mut self, event: &Event) -> Option<Event> {
        let Event::Sample { at, read, delta, faults } = event else { return None };
        self.last = (*at, *read);
        self.add(delta, faults);
        Some(self.sum())
    }

    /// Everything left out so far, as one sample.
    fn sum(&mut self) -> Event {
        self.ticks = 0;
        let (at, read) = self.last;
        let (mut delta, mut faults) =
            (std::mem::take(&mut self.delta), std::mem::take(&mut self.faults));
        delta.sort_by_key(|added| added.id);
        faults.sort_by_key(|fault| fault.id);
        Event::Sample { at, read, delta, faults }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mark, MarkBy, MarkKind, Pair};

    const FULL: Option<GapReason> = Some(GapReason::DiskFull);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn counts(id: u32, tx: u64) -> Counts {
        Counts { id, bytes: Pair { rx: 0, tx }, packets: Pair::default() }
    }

    fn sample(at: u64, delta: &[Counts]) -> Event {
        let delta = delta.to_vec();
        Event::Sample { at: ms(at), read: Duration::ZERO, delta, faults: Vec::new() }
    }

    fn proof(at: u64) -> Event {
        let (absolute, faults) = (Vec::new(), Vec::new());
        Event::Counters { at: ms(at), read: Duration::ZERO, absolute, faults }
    }

    fn kept(thinner: &mut Thinner, batch: &[Event], trouble: Option<GapReason>) -> Vec<Event> {
        let mut kept = Vec::new();
        thinner.pass(batch, trouble, |event| kept.push(event.clone()));
        kept
    }

    #[test]
    fn without_trouble_everything_is_kept() {
        let mut thinner = Thinner::default();
        let batch = [sample(100, &[counts(1, 5)]), proof(100)];
        assert_eq!(kept(&mut thinner, &batch, None), batch);
        assert!(!thinner.wants_proof(None));
    }

    #[test]
    fn with_trouble_a_mark_is_kept_with_all_bytes_before_it() {
        let mut thinner = Thinner::default();
        kept(&mut thinner, &[sample(100, &[counts(1, 5)])], None);
        assert_eq!(kept(&mut thinner, &[sample(200, &[counts(2, 7)])], FULL), []);
        assert_eq!(kept(&mut thinner, &[sample(300, &[counts(1, 1)])], FULL), []);
        let mark = Event::Mark(Mark { at: ms(350), ..Mark::new(MarkKind::Start, MarkBy::Key) });
        let batch = [sample(350, &[counts(1, 2)]), proof(350), mark.clone()];
        let gap = |from, at| {
            let (from, at, why) = (ms(from), ms(at), GapReason::DiskFull);
            Event::Gap { at, from, interfaces: None, why }
        };
        let whole = sample(350, &[counts(1, 3), counts(2, 7)]);
        assert_eq!(kept(&mut thinner, &batch, FULL), [gap(100, 350), whole, proof(350), mark]);
        // Marks in one go have no gap between them.
        let batch = [sample(351, &[]), proof(351)];
        assert_eq!(kept(&mut thinner, &batch, FULL), batch);
    }

    #[test]
    fn a_session_that_ends_behind_trouble_has_all_bytes() {
        let mut thinner = Thinner::default();
        kept(&mut thinner, &[sample(100, &[counts(1, 5)])], FULL);
        kept(&mut thinner, &[sample(200, &[counts(1, 2)])], None);
        let note = Event::Mark(Mark { at: ms(200), ..Mark::new(MarkKind::Note, MarkBy::Key) });
        let events = kept(&mut thinner, std::slice::from_ref(&note), None);
        assert!(matches!(events[0], Event::Gap { .. }));
        assert_eq!(events[1..], [sample(200, &[counts(1, 7)]), note]);
    }

    #[test]
    fn when_there_is_room_again_absolute_values_close_the_gap() {
        let mut thinner = Thinner::default();
        kept(&mut thinner, &[sample(100, &[])], FULL);
        assert!(!thinner.wants_proof(FULL) && thinner.wants_proof(None));
        assert_eq!(kept(&mut thinner, &[sample(200, &[counts(1, 4)])], None), []);
        let events = kept(&mut thinner, &[sample(230, &[counts(1, 1)]), proof(230)], None);
        assert!(matches!(events[0], Event::Gap { from, .. } if from == Duration::ZERO));
        assert_eq!(events[1..], [sample(230, &[counts(1, 5)]), proof(230)]);
        let next = [sample(300, &[counts(1, 1)])];
        assert_eq!(kept(&mut thinner, &next, None), next);
    }
}
