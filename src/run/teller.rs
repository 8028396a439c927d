//! Without a screen: what happens besides the figures is said on standard error.

use std::io::Write;
use std::time::Duration;

use super::station::Station;

/// Says each thing once.
#[derive(Debug, Default)]
pub struct Teller {
    told: Duration,
}

impl Teller {
    /// Whether there is anything new.
    pub fn has_news(&self, station: &Station) -> bool {
        let newest = station.session.notices().next_back();
        newest.is_some_and(|notice| notice.at > self.told) || station.has_said()
    }

    /// Says what is new; where nobody listens there is nobody to tell.
    pub fn tell(&mut self, station: &mut Station) {
        let mut err = std::io::stderr();
        for notice in station.session.notices().filter(|notice| notice.at > self.told) {
            let _ = writeln!(err, "migtop: {}", notice.text);
        }
        let newest = station.session.notices().next_back();
        self.told = newest.map_or(self.told, |notice| notice.at);
        while let Some((_, text)) = station.said() {
            let _ = writeln!(err, "migtop: {text}");
        }
    }
}
