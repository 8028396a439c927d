//! Draws the parts of the screen, each in its place. The Live view:
//!
//! ```text
//! migtop hv07   14:02:11   recording 20261122-140000-hv07   every 100 ms, netlink          header
//! bond0  802.3ad, 2 of 2 members up ─────────────────────── member full: eth0 TX, 1 more  headline
//! TX  9.84 Gbit/s (1.23 GB/s)  ██████████████───────────── 50.0 % of 19.7 Gbit/s
//! RX  12.3 Mbit/s (1.54 MB/s)  ▏───────────────────────────  0.1 %
//! █ eth0  9.75 Gbit/s  99.1 %  share 99 %      ▓ eth1 ...
//! interfaces by traffic ───────────────────────────────────────────── 201 idle folded    interfaces
//! ▶ eth0      TX now   RX now   TX 1 s   RX 1 s   peak(1 s)   used   faults   ▂▄▆██
//! bond0 TX now 9.84 Gbit/s ──────────────────────────────────────────── 1 s a column     chart
//!  10.0 Gbit/s │╌ attainable ╌╌╌╌╌╌╌╌╌╌╌╌▆███████
//!              │        ┣━ 1 ━━━━┫
//!  1 min 48 s   ╵14:01:00            ╵14:01:20
//! trials ───────────────────────────────────────────────────────────────────────────────  trials
//! ● 2  00:12.3  13.4 GB TX  mean ...
//! 14:02:09 eth1 lost its link; bond0: 1 of 2 members up                                  notice
//! Space stop  ? help  q quit  ...                                                        footer
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::compose::compose;
use super::frozen::draw_banner;
use super::panel;
use super::part::{Part, Placed};
use super::status::Status;
use super::view_state::ViewState;
use crate::session::Session;
use crate::units::RateUnit;

/// Draws the whole screen.
pub fn draw(session: &Session, view: &ViewState, status: &Status, area: Rect, buf: &mut Buffer) {
    for placed in compose(session, view, area) {
        placed.draw(session, view, status, buf);
    }
}

impl Placed {
    /// Draws this part; its area is blank before.
    pub fn draw(&self, session: &Session, view: &ViewState, status: &Status, buf: &mut Buffer) {
        let area = self.area;
        match self.part {
            Part::Header => panel::header::draw(session, view, status, area, buf),
            Part::Footer { alone } => panel::footer::draw(session, view, alone, area, buf),
            Part::Headline { large } => panel::headline::draw(session, view, large, area, buf),
            Part::Interfaces => panel::interfaces::draw(session, view, area, buf),
            Part::ChartTitle(chart) => {
                panel::chart::draw_title(session, view, status, chart, area, buf);
            }
            Part::Plot(chart) => {
                panel::chart::draw_plot(session, view, status, chart, area, buf);
            }
            Part::Trials => panel::trials::draw(session, view, area, buf),
            Part::Matrix => panel::matrix::draw(view, area, buf),
            Part::Outside => panel::outside::draw(view, area, buf),
            Part::Runs => panel::runs::draw(view, area, buf),
            Part::Findings => panel::findings::draw(view, area, buf),
            Part::StudyChart(chart) => panel::study_chart::draw(view, chart, area, buf),
            Part::Limit => panel::limit::draw(session, view, area, buf),
            Part::Flows => panel::flows::draw(session, view, area, buf),
            Part::Flow => panel::flow::draw(session, view, area, buf),
            Part::Talks => panel::talks::draw(session, view, area, buf),
            Part::Evacuation => panel::evacuation::draw(session, view, area, buf),
            Part::Guests => panel::guests::draw(session, view, area, buf),
            Part::Cores => panel::cores::draw(session, view, area, buf),
            Part::Notice => panel::notice::draw(session, view, area, buf),
            Part::Help => panel::help::draw(view, area, buf),
            Part::Messages => panel::messages::draw(session, view, area, buf),
            Part::Palette => panel::palette::draw(view, area, buf),
            Part::Least => panel::headline::draw_least(session, view, area, buf),
            Part::Frozen => {
                view.frozen.iter().for_each(|frozen| frozen.draw(session, view, area, buf));
            }
            Part::FrozenBanner => draw_banner(session, view, status, area, buf),
            Part::LeftOut => panel::left_out::draw(view, area, buf),
            Part::Nothing => {}
        }
    }

    /// For parts that change less often than the rates: the same number, the same cells.
    pub fn fingerprint(&self, session: &Session, view: &ViewState, status: &Status) -> Option<u64> {
        match self.part {
            Part::Plot(chart) => {
                Some(panel::chart::fingerprint(session, view, status, chart, self.area))
            }
            Part::Header => panel::header::fingerprint(session, view, status),
            Part::Footer { .. } => Some(panel::footer::fingerprint(session, view)),
            Part::Trials => panel::trials::fingerprint(session, view),
            Part::Matrix | Part::Outside | Part::Runs | Part::Findings | Part::StudyChart(_) => {
                Some(trials_fingerprint(view))
            }
            Part::Notice => Some(panel::notice::fingerprint(session, view)),
            Part::Help => Some(panel::help::fingerprint(view)),
            Part::Palette => Some(panel::palette::fingerprint(view)),
            Part::Nothing => Some(0),
            Part::Headline { .. }
            | Part::Limit
            | Part::Flows
            | Part::Flow
            | Part::Talks
            | Part::Evacuation
            | Part::Guests
            | Part::Cores
            | Part::Interfaces
            | Part::ChartTitle(_)
            | Part::Least
            | Part::Messages
            | Part::LeftOut
            | Part::FrozenBanner => None,
            Part::Frozen => view.frozen.as_ref().map(|frozen| frozen.fingerprint(session, view)),
        }
    }
}

/// What a part of the Trials view depends on.
fn trials_fingerprint(view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    let bits = view.unit == RateUnit::Bits;
    (view.trials.fingerprint(), bits, view.replay.is_some()).hash(&mut hash);
    hash.finish()
}
