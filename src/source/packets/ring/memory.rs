//! The ring's memory, which the kernel writes and we read in turns, a block at a time.
#![expect(unsafe_code, reason = "memory shared with the kernel is mapped and read by address")]

use std::io;
use std::mem::offset_of;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Memory that is shared with the kernel until it is dropped.
#[derive(Debug)]
pub struct Memory {
    start: NonNull<u8>,
    length: usize,
}

/// One block of it.
pub struct Block<'a> {
    octets: NonNull<u8>,
    length: usize,
    _ring: &'a Memory,
}

// SAFETY: the mapping belongs to the process; nothing of it is a thread's.
unsafe impl Send for Memory {}

impl Memory {
    pub fn map(socket: &OwnedFd, length: usize) -> io::Result<Self> {
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

    pub fn part(&self, number: u32, length: u32) -> Block<'_> {
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
    const STATUS: usize =
        offset_of!(libc::tpacket_block_desc, hdr) + offset_of!(libc::tpacket_hdr_v1, block_status);

    fn status(&self) -> &AtomicU32 {
        // SAFETY: within the block, at a multiple of 4, and the kernel writes it as a whole.
        unsafe { AtomicU32::from_ptr(self.octets.add(Self::STATUS).as_ptr().cast()) }
    }

    pub fn is_ready(&self) -> bool {
        // What the kernel wrote before it said so is seen behind this.
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    pub fn give_back(&self) {
        self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
    }

    /// Gives each packet's place, the block ready: `each` has the block's octets and where the
    /// packet's header is in them.
    pub fn packets(&self, mut each: impl FnMut(&[u8], usize)) {
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
