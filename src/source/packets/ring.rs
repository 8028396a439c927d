//! A packet socket's receive ring, TPACKET_V3 (packet(7), the kernel's packet_mmap.rst): the kernel
//! writes the first octets of each packet into memory that both see, and wakes the reader when a
//! block is full or has waited for a while, never for a packet.

use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::frame::{HEAD, Layer};
use super::table::Packet;

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

/// Memory that is shared with the kernel until it is dropped.
#[derive(Debug)]
struct Memory {
    start: NonNull<u8>,
    length: usize,
}

/// One block of it.
struct Block<'a> {
    octets: NonNull<u8>,
    length: usize,
    _ring: &'a Memory,
}

#[expect(unsafe_code, reason = "memory shared with the kernel is mapped and read by address")]
mod memory {
    use super::*;

    // SAFETY: the mapping belongs to the process; nothing of it is a thread's.
    unsafe impl Send for Memory {}

    impl Memory {
        pub(super) fn map(socket: &OwnedFd, length: usize) -> io::Result<Self> {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping at an address of the kernel's choice, of a descriptor that is
            // open.
            let start = unsafe {
                let fd = socket.as_raw_fd();
                libc::mmap(std::ptr::null_mut(), length, protection, libc::MAP_SHARED, fd, 0)
            };
            if start == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
            Ok(Self { start, length })
        }

        pub(super) fn part(&self, number: u32, length: u32) -> Block<'_> {
            let at = number as usize * length as usize;
            assert!(at + length as usize <= self.length, "a block of the ring");
            // SAFETY: it is within the mapping, as just asserted.
            let octets = unsafe { self.start.add(at) };
            Block { octets, length: length as usize, _ring: self }
        }
    }

    impl Drop for Memory {
        fn drop(&mut self) {
            // SAFETY: it was mapped with this length, and whoever borrowed it is gone.
            unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
        }
    }

    impl Block<'_> {
        /// Where the kernel says whose the block is; the rest of a block header follows it.
        const STATUS: usize = offset_of!(libc::tpacket_block_desc, hdr)
            + offset_of!(libc::tpacket_hdr_v1, block_status);

        fn status(&self) -> &AtomicU32 {
            // SAFETY: within the block, at a multiple of 4, and the kernel writes it as a whole.
            unsafe { AtomicU32::from_ptr(self.octets.add(Self::STATUS).as_ptr().cast()) }
        }

        pub(super) fn is_ready(&self) -> bool {
            // What the kernel wrote before it said so is seen behind this.
            self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
        }

        pub(super) fn give_back(&self) {
            self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        }

        /// Gives each packet's place, the block ready: `each` has the block's octets and where the
        /// packet's header is in them.
        pub(super) fn packets(&self, mut each: impl FnMut(&[u8], usize)) {
            const HEADER: usize = offset_of!(libc::tpacket_block_desc, hdr);
            const COUNT: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, num_pkts);
            const FIRST: usize = HEADER + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt);
            // SAFETY: the block is mapped while its ring is borrowed, and until it is given back
            // the kernel leaves it alone.
            let octets = unsafe { std::slice::from_raw_parts(self.octets.as_ptr(), self.length) };
            let word = |at: usize| {
                let word = octets.get(at..at + 4).and_then(|word| word.try_into().ok());
                word.map_or(0, u32::from_ne_bytes) as usize
            };
            let mut at = word(FIRST);
            for _ in 0..word(COUNT) {
                each(octets, at);
                match word(at + offset_of!(libc::tpacket3_hdr, tp_next_offset)) {
                    0 => break,
                    next => at += next,
                }
            }
        }
    }
}

#[expect(unsafe_code, reason = "no safe wrapper for packet sockets among our crates")]
mod calls {
    use super::*;

    pub(super) fn socket() -> io::Result<OwnedFd> {
        // SAFETY: no memory is passed; a descriptor that was just made is nobody else's.
        unsafe {
            let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0);
            if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
        }
    }

    pub(super) fn set<T>(socket: &OwnedFd, level: i32, name: i32, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as libc::socklen_t;
        // SAFETY: `value` is readable for its length.
        done(unsafe {
            let value = std::ptr::from_ref(value).cast();
            libc::setsockopt(socket.as_raw_fd(), level, name, value, length)
        })
    }

    pub(super) fn get<T>(socket: &OwnedFd, level: i32, name: i32, value: &mut T) -> io::Result<()> {
        let mut length = size_of::<T>() as libc::socklen_t;
        // SAFETY: `value` is writable for its length, and any octets are a value of the plain
        // structures this is called with.
        done(unsafe {
            let value = std::ptr::from_mut(value).cast();
            libc::getsockopt(socket.as_raw_fd(), level, name, value, &raw mut length)
        })
    }

    /// A program of one instruction: keep the head of every packet.
    pub(super) fn cut(socket: &OwnedFd) -> io::Result<()> {
        let keep = (libc::BPF_RET | libc::BPF_K) as u16;
        let mut program = [libc::sock_filter { code: keep, jt: 0, jf: 0, k: HEAD }];
        let filter = libc::sock_fprog { len: 1, filter: program.as_mut_ptr() };
        set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)
    }

    fn address() -> libc::sockaddr_ll {
        // SAFETY: all zeroes is a value of this plain structure.
        unsafe { std::mem::zeroed() }
    }

    pub(super) fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
            sll_ifindex: index as i32,
            ..address()
        };
        let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: `address` is readable for its length.
        done(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) })
    }

    /// The index it is bound to; -1 when that interface is gone.
    pub(super) fn bound_to(socket: &OwnedFd) -> io::Result<i32> {
        let mut address = address();
        let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: `address` is writable for its length.
        done(unsafe {
            let address = (&raw mut address).cast();
            libc::getsockname(socket.as_raw_fd(), address, &raw mut length)
        })?;
        Ok(address.sll_ifindex)
    }

    fn done(result: libc::c_int) -> io::Result<()> {
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

use calls::{bind, bound_to, cut, get, set, socket};
