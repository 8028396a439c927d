//! Which connections a list shows, and in which order.

use std::cmp::Ordering;

use super::FlowState;
use crate::model::{FlowId, InterfaceId};
use crate::session::Session;

/// Order of the rows; most first, names alphabetically.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FlowOrder {
    /// Rate of the last second in the busier direction.
    #[default]
    Rate,
    /// Bytes so far in the busier direction.
    Total,
    /// Segments sent again in the last second, then ever.
    Retransmissions,
    /// Round trip time.
    RoundTrip,
    /// Process, then the other end.
    Name,
}

impl FlowOrder {
    /// All of them, in the order that a key steps through.
    pub const ALL: [Self; 5] =
        [Self::Rate, Self::Total, Self::Retransmissions, Self::RoundTrip, Self::Name];

    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rate => "by rate",
            Self::Total => "by bytes",
            Self::Retransmissions => "by retransmissions",
            Self::RoundTrip => "by round trip time",
            Self::Name => "by name",
        }
    }
}

/// What a list of connections was asked to show.
#[derive(Debug, Clone, Default)]
pub struct FlowListing {
    /// Order of the rows.
    pub order: FlowOrder,
    /// Those over the same interface stand together, in order of its id.
    pub by_interface: bool,
    /// Only those whose process, guest, label, interface or an end contains this.
    pub filter: String,
}

impl Session {
    /// Puts the ids of the connections to list into `out`: those that are gone come last.
    pub fn list_flows(&self, listing: &FlowListing, out: &mut Vec<FlowId>) {
        let shown = self.flows().iter().filter(|flow| self.matches(flow, &listing.filter));
        out.clear();
        out.extend(shown.map(|flow| flow.facts.id));
        let order = |a: &FlowId, b: &FlowId| match (self.flow(*a), self.flow(*b)) {
            (Some(a), Some(b)) => compare(a, b, listing),
            _ => Ordering::Equal,
        };
        out.sort_unstable_by(|a, b| order(a, b).then(a.cmp(b)));
    }

    /// Connections that are open over an interface and carried anything in the last second.
    pub fn streams_over(&self, interface: InterfaceId) -> usize {
        let over = |flow: &&FlowState| flow.facts.interface == Some(interface);
        let carries = |flow: &&FlowState| flow.rate(flow.direction()) > 0.0;
        self.flows().iter().filter(over).filter(carries).count()
    }

    fn matches(&self, flow: &FlowState, filter: &str) -> bool {
        if filter.is_empty() {
            return true;
        }
        let facts = &flow.facts;
        let text = |text: Option<&str>| text.is_some_and(|text| text.contains(filter));
        let interface = facts.interface.and_then(|id| self.interface(id));
        text(facts.process.as_deref())
            || text(flow.label.as_ref().map(|label| &*label.product))
            || text(self.guest_of(flow).map(|guest| guest.facts.name.as_str()))
            || text(interface.map(|interface| interface.facts.name.as_str()))
            || facts.local.to_string().contains(filter)
            || facts.remote.to_string().contains(filter)
    }
}

fn compare(a: &FlowState, b: &FlowState, listing: &FlowListing) -> Ordering {
    let gone = a.closed.is_some().cmp(&b.closed.is_some());
    let apart = if listing.by_interface {
        // What leaves by no known interface comes last.
        let place = |flow: &FlowState| flow.facts.interface.unwrap_or(InterfaceId::MAX);
        place(a).cmp(&place(b)).then(gone)
    } else {
        gone
    };
    let rate = |flow: &FlowState| flow.rate(flow.direction());
    let total = |flow: &FlowState| flow.total.rx.max(flow.total.tx);
    let again =
        |flow: &FlowState| (flow.pace().map_or(0, |pace| pace.retransmitted), flow.retransmitted);
    let trip = |flow: &FlowState| flow.latest().map_or(0, |tcp| tcp.rtt_us);
    apart.then_with(|| match listing.order {
        FlowOrder::Rate => rate(b).total_cmp(&rate(a)).then_with(|| total(b).cmp(&total(a))),
        FlowOrder::Total => total(b).cmp(&total(a)),
        FlowOrder::Retransmissions => again(b).cmp(&again(a)),
        FlowOrder::RoundTrip => trip(b).cmp(&trip(a)),
        FlowOrder::Name => {
            let name = |flow: &FlowState| flow.facts.process.as_deref().unwrap_or("~").to_owned();
            name(a).cmp(&name(b)).then_with(|| a.facts.remote.cmp(&b.facts.remote))
        }
    })
}
