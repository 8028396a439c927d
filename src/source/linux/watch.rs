//! Follows link events on a thread of its own, so that the tick never asks for facts.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;

use super::links::LinkTable;
use super::socket::Connection;
use super::{Link, SourceError};

/// `linux/rtnetlink.h`.
const RTNLGRP_LINK: u32 = 1;
/// A hundred links coming and going are half a megabyte of events.
const EVENT_BUFFER: usize = 4 * 1024 * 1024;
/// Events that come together are told together.
const SETTLE: Duration = Duration::from_millis(20);

/// The latest links, where they changed.
pub struct LinkWatch {
    changed: Arc<Mutex<Option<Vec<Link>>>>,
}

impl LinkWatch {
    /// Reads the links and starts to follow them.
    pub fn start() -> Result<(Self, Vec<Link>), SourceError> {
        let mut connection = Connection::open(NETLINK_ROUTE).map_err(SourceError::OpenNetlink)?;
        let mut events = Connection::open(NETLINK_ROUTE).map_err(SourceError::OpenNetlink)?;
        // Listening begins before the table is read: what happens in between is not lost.
        events
            .subscribe(RTNLGRP_LINK, EVENT_BUFFER)
            .map_err(|source| SourceError::Netlink { what: "link events", source })?;
        let table = LinkTable::read(&mut connection)?;
        let links = table.links();
        let changed = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&changed);
        std::thread::Builder::new()
            .name("links".into())
            .spawn(move || follow(&mut events, &mut connection, table, &slot))
            .map_err(SourceError::Thread)?;
        Ok((Self { changed }, links))
    }

    /// All links, if anything changed since the last call.
    pub fn changed(&self) -> Option<Vec<Link>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Until the process ends, or nobody holds the other end of `slot`.
fn follow(
    events: &mut Connection,
    connection: &mut Connection,
    mut table: LinkTable,
    slot: &Arc<Mutex<Option<Vec<Link>>>>,
) {
    while Arc::strong_count(slot) > 1 {
        let news = wait_for_news(events, &mut table).unwrap_or_else(|_| {
            // The buffer ran over (ENOBUFS) or the socket is unwell: begin with a new table.
            std::thread::sleep(SETTLE);
            LinkTable::read(connection).map(|fresh| table = fresh).is_ok()
        });
        if news {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(table.links());
        }
    }
}

fn wait_for_news(events: &mut Connection, table: &mut LinkTable) -> io::Result<bool> {
    let mut news = false;
    events.listen(true, |kind, payload| news |= table.apply(kind, payload))?;
    std::thread::sleep(SETTLE);
    while events.listen(false, |kind, payload| news |= table.apply(kind, payload))? {}
    Ok(news)
}
