//! The calls that a packet socket takes.
#![expect(unsafe_code, reason = "no safe wrapper for packet sockets among our crates")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::source::packets::frame::HEAD;

pub fn socket() -> io::Result<OwnedFd> {
    // SAFETY: no memory is passed; a descriptor that was just made is nobody else's.
    unsafe {
        let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

pub fn set<T>(socket: &OwnedFd, level: i32, name: i32, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is readable for its length.
    done(unsafe {
        let value = std::ptr::from_ref(value).cast();
        libc::setsockopt(socket.as_raw_fd(), level, name, value, length)
    })
}

pub fn get<T>(socket: &OwnedFd, level: i32, name: i32, value: &mut T) -> io::Result<()> {
    let mut length = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is writable for its length, and any octets are a value of the plain
    // structures this is called with.
    done(unsafe {
        let value = std::ptr::from_mut(value).cast();
        libc::getsockopt(socket.as_raw_fd(), level, name, value, &raw mut length)
    })
}

/// A program of one instruction: keep the head of every packet.
pub fn cut(socket: &OwnedFd) -> io::Result<()> {
    let keep = (libc::BPF_RET | libc::BPF_K) as u16;
    let mut program = [libc::sock_filter { code: keep, jt: 0, jf: 0, k: HEAD }];
    let filter = libc::sock_fprog { len: 1, filter: program.as_mut_ptr() };
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)
}

fn address() -> libc::sockaddr_ll {
    // SAFETY: all zeroes is a value of this plain structure.
    unsafe { std::mem::zeroed() }
}

pub fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
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
pub fn bound_to(socket: &OwnedFd) -> io::Result<i32> {
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
