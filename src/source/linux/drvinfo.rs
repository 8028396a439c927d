//! A link's driver by ETHTOOL_GDRVINFO of `linux/ethtool.h`: unlike /sys, the ioctl looks in the
//! caller's own network namespace.
#![expect(unsafe_code, reason = "rustix and nix have no SIOCETHTOOL")]

use std::mem;

use super::socket::Connection;

const ETHTOOL_GDRVINFO: u32 = 3;
const NAME: usize = 32;

/// struct ethtool_drvinfo.
#[repr(C)]
struct DriverInfo {
    command: u32,
    driver: [u8; NAME],
    rest: [u8; 160],
}

/// What the link of this name calls its driver.
pub fn driver(name: &str) -> Option<String> {
    let socket = Connection::open(netlink_sys::protocols::NETLINK_ROUTE).ok()?;
    let mut info = DriverInfo { command: ETHTOOL_GDRVINFO, driver: [0; NAME], rest: [0; 160] };
    // SAFETY: all zeros is a valid struct ifreq.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    // The last octet stays 0.
    for (to, from) in request.ifr_name[..libc::IFNAMSIZ - 1].iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_data = (&raw mut info).cast();
    // SAFETY: the kernel reads one struct ifreq and writes one struct ethtool_drvinfo where its
    // data points; both live until it returns.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request) };
    let driver = info.driver.split(|byte| *byte == 0).next()?;
    (done == 0 && !driver.is_empty()).then(|| String::from_utf8_lossy(driver).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_the_kernels() {
        assert_eq!(mem::size_of::<DriverInfo>(), 196);
    }

    #[test]
    fn a_link_that_is_not_there_has_no_driver() {
        assert_eq!(driver("no-such-link-of-such-length"), None);
    }
}
