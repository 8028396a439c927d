//! A packet socket's receive ring, TPACKET_V3 (packet(7), the kernel's packet_mmap.rst): the kernel
//! writes the first octets of each packet into memory that both see, and wakes the reader when a
//! block is full or has waited for a while, never for a packet.

mod calls;
mod memory;

use std::io;
use std::mem::offset_of;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::frame::Layer;
use super::table::Packet;
use calls::{bind, bound_to, cut, get, set, socket};
use memory::Memory;

/// A block that is not full is handed over after so long.
pub const RETIRE: Duration = Duration::from_millis(80);

/// Octets of a VLAN tag.
const VLAN: u64 = 4;

/// How much memory the kernel may fill ahead of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Blocks.
    pub blocks: u32,
    /// Octets of each: a power of two, and pages.
    pub block: u32,
}

impl Default for Size {
    /// 16 MiB: some 80 000 packets. A block holds 2 700, and is one wake-up.
    fn default() -> Self {
        Self { blocks: 32, block: 512 * 1024 }
    }
}

/// The ring of one interface.
#[derive(Debug)]
pub struct Ring {
    socket: OwnedFd,
    memory: Memory,
    size: Size,
    next: u32,
}

impl Ring {
    /// Opens a ring that holds packets of the interface of this index from now on.
    ///
    /// # Errors
    /// What the kernel says: `EPERM` without CAP_NET_RAW, `ENODEV` without the interface.
    pub fn open(index: u32) -> io::Result<Self> {
        Self::of_size(index, Size::default())
    }

    /// The same with as much memory as is given.
    ///
    /// # Errors
    /// The same, and `EINVAL` for a size that cannot be.
    pub fn of_size(index: u32, size: Size) -> io::Result<Self> {
        // Of protocol 0 it receives nothing until it is bound: filter and ring come first.
        let socket = socket()?;
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        set(&socket, libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
        cut(&socket)?;
        let request = libc::tpacket_req3 {
            tp_block_size: size.block,
            tp_block_nr: size.blocks,
            tp_frame_size: 2_048,
            tp_frame_nr: size.block / 2_048 * size.blocks,
            tp_retire_blk_tov: RETIRE.as_millis() as u32,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(&socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let memory = Memory::map(&socket, size.block as usize * size.blocks as usize)?;
        bind(&socket, index)?;
        Ok(Self { socket, memory, size, next: 0 })
    }

    /// Waits until a block is there, or `time` is over.
    ///
    /// # Errors
    /// `ENODEV` when the interface is gone. One that is down is none: it may come up again.
    pub fn wait(&mut self, time: Duration) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, poll};
        let time = time.try_into().unwrap_or_default();
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        match poll(&mut polled, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if polled[0].revents().contains(PollFlags::ERR) {
            // Asking for the error takes it away, so that the next wait is one.
            match rustix::net::sockopt::socket_error(&self.socket)? {
                Ok(()) | Err(rustix::io::Errno::NETDOWN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Gives each packet of the next block to `each`, with the time it came at on the wall clock
    /// (since 1970); `false` when no block is ready.
    pub fn take(&mut self, mut each: impl FnMut(Duration, Packet<'_>)) -> bool {
        let block = self.memory.part(self.next, self.size.block);
        if !block.is_ready() {
            return false;
        }
        block.packets(|octets, header| {
            if let Some((at, packet)) = packet(octets, header) {
                each(at, packet);
            }
        });
        block.give_back();
        self.next = (self.next + 1) % self.size.blocks;
        true
    }

    /// Packets that found no room since the last time this was asked.
    pub fn lost(&self) -> u64 {
        let mut stats = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
        // The kernel starts over when it is asked.
        if get(&self.socket, libc::SOL_PACKET, libc::PACKET_STATISTICS, &mut stats).is_err() {
            return 0;
        }
        u64::from(stats.tp_drops)
    }

    /// Whether the interface is there still, up or down.
    pub fn is_bound(&self) -> bool {
        bound_to(&self.socket).is_ok_and(|index| index > 0)
    }
}

/// A packet in a block: `header` is where it begins in `octets`, which end with the block.
fn packet(octets: &[u8], header: usize) -> Option<(Duration, Packet<'_>)> {
    const ADDRESS: usize = size_of::<libc::tpacket3_hdr>().next_multiple_of(16);
    let octets = octets.get(header..)?;
    let word = |at| Some(u32::from_ne_bytes(octets.get(at..at + 4)?.try_into().ok()?));
    let half = |at| Some(u16::from_ne_bytes(octets.get(at..at + 2)?.try_into().ok()?));
    let seconds = word(offset_of!(libc::tpacket3_hdr, tp_sec))?;
    let nanoseconds = word(offset_of!(libc::tpacket3_hdr, tp_nsec))?;
    let length = word(offset_of!(libc::tpacket3_hdr, tp_len))?;
    let kept = word(offset_of!(libc::tpacket3_hdr, tp_snaplen))? as usize;
    let link = usize::from(half(offset_of!(libc::tpacket3_hdr, tp_mac))?);
    let hardware = half(ADDRESS + offset_of!(libc::sockaddr_ll, sll_hatype))?;
    let kind = *octets.get(ADDRESS + offset_of!(libc::sockaddr_ll, sll_pkttype))?;
    let protocol = u16::from_be(half(ADDRESS + offset_of!(libc::sockaddr_ll, sll_protocol))?);
    let layer = match (hardware, libc::c_int::from(protocol)) {
        (libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK, _) => Layer::Ethernet,
        // A device without a link header of its own: tun, a tunnel, wireguard.
        (_, libc::ETH_P_IP | libc::ETH_P_IPV6) => Layer::Ip,
        _ => Layer::Other,
    };
    let status = word(offset_of!(libc::tpacket3_hdr, tp_status))?;
    // A tag that was taken off was on the wire, and counted there.
    let tag = if status & libc::TP_STATUS_VLAN_VALID == 0 { 0 } else { VLAN };
    let packet = Packet {
        layer,
        head: octets.get(link..link + kept).unwrap_or_default(),
        length: u64::from(length) + tag,
        sent: kind == libc::PACKET_OUTGOING,
    };
    Some((Duration::new(seconds.into(), nanoseconds), packet))
}
