//! A netlink socket that asks and listens; what it hears is parsed elsewhere.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use netlink_sys::{Socket, SocketAddr};

use super::wire::{Message, Messages};

/// The kernel fills dump replies up to this size (NLMSG_GOODSIZE is at most 32 KiB).
const BUFFER: usize = 32 * 1024;

/// A socket of one netlink family with a buffer of its own.
pub struct Connection {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Connection {
    /// Opens a socket of `protocol` (`NETLINK_ROUTE`, `NETLINK_GENERIC`).
    pub fn open(protocol: isize) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Without strict checking the kernel ignores the header of a dump request (Linux 4.20);
        // older kernels lack the option and lose nothing.
        let _ = socket.set_netlink_get_strict_chk(true);
        Ok(Self { socket, buffer: vec![0; BUFFER] })
    }

    /// Its descriptor, for requests of another kind.
    pub fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Joins a multicast group with a receive buffer of `bytes`, or as much as is allowed.
    pub fn subscribe(&mut self, group: u32, bytes: usize) -> io::Result<()> {
        let _ = self.socket.set_rx_buf_sz(bytes as libc::c_int);
        self.socket.add_membership(group)
    }

    /// Sends `request` and gives each data message of the answer to `each`, until the dump is done
    /// or, for a single request, the first datagram is read.
    pub fn ask(
        &mut self,
        request: &[u8],
        dump: bool,
        mut each: impl FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        self.socket.send(request, 0)?;
        loop {
            let length = self.receive(0)?;
            for message in Messages(&self.buffer[..length]) {
                match message {
                    Message::Done | Message::Error(0) => return Ok(()),
                    Message::Error(errno) => return Err(io::Error::from_raw_os_error(errno)),
                    Message::Data(kind, payload) => each(kind, payload),
                }
            }
            if !dump {
                return Ok(());
            }
        }
    }

    /// Sends `requests`, which are `count`, in one datagram, and gives each data message of their
    /// answers to `each`; an error is an answer as well. Never waits: the kernel has answered all when
    /// the sending returns (netlink_rcv_skb).
    ///
    /// # Errors
    /// When answers were lost.
    pub fn ask_many(
        &mut self,
        requests: &[u8],
        count: usize,
        mut each: impl FnMut(u16, &[u8]),
    ) -> io::Result<()> {
        self.socket.send(requests, 0)?;
        let mut answers = 0;
        while answers < count {
            let length = self.receive(libc::MSG_DONTWAIT)?;
            for message in Messages(&self.buffer[..length]) {
                answers += 1;
                if let Message::Data(kind, payload) = message {
                    each(kind, payload);
                }
            }
        }
        Ok(())
    }

    /// Waits for one datagram of events; `Ok(false)` when `wait` is not wanted and none is there.
    pub fn listen(&mut self, wait: bool, mut each: impl FnMut(u16, &[u8])) -> io::Result<bool> {
        match self.receive(if wait { 0 } else { libc::MSG_DONTWAIT }) {
            Ok(length) => {
                for message in Messages(&self.buffer[..length]) {
                    if let Message::Data(kind, payload) = message {
                        each(kind, payload);
                    }
                }
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn receive(&mut self, flags: libc::c_int) -> io::Result<usize> {
        loop {
            match self.socket.recv(&mut &mut self.buffer[..], flags) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                answer => return answer,
            }
        }
    }

    /// Sends `request` and receives the whole dump without looking at more than its end: what the
    /// kernel alone costs.
    pub fn floor(&mut self, request: &[u8]) -> io::Result<usize> {
        const DONE_LENGTH: usize = 20;
        self.socket.send(request, 0)?;
        let mut total = 0;
        loop {
            let length = self.receive(0)?;
            total += length;
            let tail = &self.buffer[length.saturating_sub(DONE_LENGTH)..length];
            let ends = |bytes: &[u8]| matches!(Messages(bytes).next(), Some(Message::Done));
            if ends(tail) || ends(&self.buffer[..length]) {
                return Ok(total);
            }
        }
    }
}
