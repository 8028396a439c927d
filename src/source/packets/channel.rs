//! The way of systems without Linux's ring: pnet's channel (BPF devices on macOS and the BSDs) with
//! a large buffer. Whole packets are copied and losses are not told; the coverage shows them.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use pnet::datalink::{self, Channel as Opened, Config, DataLinkReceiver, MacAddr};

use super::frame::Layer;
use super::table::Packet;
use crate::clock;

/// The longest wait for packets that are being gathered.
pub const RETIRE: Duration = Duration::from_millis(100);
const BUFFER: usize = 4 << 20;

/// A channel that receives.
pub struct Channel {
    receiver: Box<dyn DataLinkReceiver>,
    /// What is sent bears it as its source.
    mac: Option<MacAddr>,
    index: u32,
}

impl Channel {
    pub fn open(index: u32) -> io::Result<Self> {
        let interface = datalink::interfaces().into_iter().find(|i| i.index == index);
        let interface = interface.ok_or(io::ErrorKind::NotFound)?;
        let config =
            Config { read_buffer_size: BUFFER, read_timeout: Some(RETIRE), ..Config::default() };
        let Opened::Ethernet(_, receiver) = datalink::channel(&interface, config)? else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        Ok(Self { receiver, mac: interface.mac, index })
    }

    /// The receiver waits by itself.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as the ring's")]
    pub fn wait(&mut self, _time: Duration) -> io::Result<()> {
        Ok(())
    }

    pub fn take(&mut self, mut each: impl FnMut(Duration, Packet<'_>)) -> bool {
        // pnet makes an Ethernet header up for loopback and tunnels.
        let Ok(head) = self.receiver.next() else { return false };
        let at = clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent = self.mac.is_some_and(|mac| head.get(6..12) == Some(&mac.octets()));
        let length = head.len() as u64;
        each(at, Packet { layer: Layer::Ethernet, head, length, sent });
        true
    }

    #[expect(clippy::unused_self, reason = "as the ring's")]
    pub fn lost(&self) -> u64 {
        0
    }

    pub fn is_bound(&self) -> bool {
        datalink::interfaces().iter().any(|interface| interface.index == self.index)
    }
}
