//! Whether traffic rose on an interface that a trial is not about: perhaps the guests left there.

use std::time::Duration;

use super::trials::{Begin, Elsewhere};
use super::{InterfaceState, Session, TrialFigures};
use crate::model::{InterfaceId, Kind};

/// What another interface carried more than before, by what the subject carried, that is worth a
/// word.
const SHARE: f64 = 0.25;
/// So many bytes at least.
const LEAST: u64 = 10_000_000;

impl Session {
    /// The interface whose traffic rose most beside `links`; `None` when none rose much.
    pub(super) fn elsewhere(
        &self,
        links: &[InterfaceId],
        figures: &TrialFigures,
        end: Duration,
    ) -> Option<Elsewhere> {
        let begin = self.trials.open()?;
        let direction = figures.direction;
        let least = (figures.bytes[direction] as f64 * SHARE).max(LEAST as f64);
        let others = self.interfaces().filter(|other| self.leads_out(other, links));
        let loud = others.filter(|other| begin.added(other)[direction] as f64 >= least);
        let rise = |other: &InterfaceState| {
            let bytes = begin.added(other)[direction];
            let length = end.saturating_sub(begin.at).as_secs_f64();
            let mean = bytes as f64 * 8.0 / length.max(1e-9);
            let background = self.background_of(other, begin, figures);
            let risen = (mean - background) * length / 8.0;
            let elsewhere =
                Elsewhere { interface: other.facts.name.clone(), bytes, mean, background };
            (risen >= least).then_some((risen, elsewhere))
        };
        let most = loud.filter_map(rise).max_by(|a, b| a.0.total_cmp(&b.0));
        most.map(|(_, elsewhere)| elsewhere)
    }

    /// A link of its own that leads out of the host: not loopback, no guest's tap, nothing that
    /// shares bytes with `links`, as what stands on them and what is bridged with them does.
    fn leads_out(&self, other: &InterfaceState, links: &[InterfaceId]) -> bool {
        let facts = &other.facts;
        let out = match facts.kind {
            Kind::Ethernet => true,
            // One end of a pair in a bridge is a guest's or a container's.
            Kind::Veth => facts.master.is_none(),
            _ => false,
        };
        let bridged = || facts.master.is_some_and(|master| self.stands_on(master, links, 0));
        out && facts.parent.is_none() && !links.contains(&facts.id) && !bridged()
    }

    fn background_of(&self, other: &InterfaceState, begin: &Begin, figures: &TrialFigures) -> f64 {
        let profile = self.interfaces.profile(&[other.facts.id], self.interval());
        self.background(&profile, figures.direction, begin.at).unwrap_or(0.0)
    }
}
