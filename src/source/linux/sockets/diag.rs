//! What inet_diag is asked, and what it answers: requests for all TCP sockets or for some of them,
//! and the fields of an answer.
//!
//! Pure and without allocation where an answer is read; whatever a kernel does not send is 0.
//! Layouts: `linux/inet_diag.h` (struct inet_diag_req, inet_diag_req_v2, inet_diag_msg),
//! `linux/tcp.h` (struct tcp_info), `linux/sock_diag.h` (SK_MEMINFO_*), sock_diag(7).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::wire::{self, Attributes, u32_at, u64_at};
use crate::model::TcpState;

/// Of the legacy dump, and of its answers. Unlike its successor it walks the kernel's table once
/// for both families; inet_diag has answered it since Linux 2.6.14.
const TCPDIAG_GETSOCK: u16 = 18;
/// Of exact requests, and of what is told of sockets that end.
const SOCK_DIAG_BY_FAMILY: u16 = 20;

const IPPROTO_TCP: u8 = 6;
const AF_INET: u8 = libc::AF_INET as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;

/// Those that can move bytes: ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING of
/// `net/tcp_states.h`.
const STATES: u32 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 11;

/// Attributes, and as bit `n - 1` what is asked for.
const INET_DIAG_INFO: u16 = 2;
const INET_DIAG_CONG: u16 = 4;
const INET_DIAG_SKMEMINFO: u16 = 7;
const INET_DIAG_REQ_BYTECODE: u16 = 1;

/// struct inet_diag_msg.
const MESSAGE: usize = 72;
/// struct inet_diag_sockid.
const ID: usize = 48;
/// struct nlmsghdr and struct inet_diag_req_v2.
const EXACT: usize = 16 + 8 + ID;

/// Names one socket for the kernel: family, ports, addresses, device, cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key {
    family: u8,
    id: [u8; ID],
}

impl Key {
    /// Never the same for two sockets of a running kernel (sock_gen_cookie).
    pub fn cookie(&self) -> u64 {
        u64_at(&self.id, 40).unwrap_or_default()
    }

    /// This end.
    pub fn local(&self) -> SocketAddr {
        self.end(0, 4)
    }

    /// The other end.
    pub fn remote(&self) -> SocketAddr {
        self.end(2, 20)
    }

    /// The device that it is bound to.
    pub fn bound_device(&self) -> Option<u32> {
        u32_at(&self.id, 36).filter(|index| *index != 0)
    }

    /// Port at one offset, address at another; an IPv4 address in an IPv6 socket is told as such.
    fn end(&self, port: usize, address: usize) -> SocketAddr {
        let number = u16::from_be_bytes([self.id[port], self.id[port + 1]]);
        let mut octets = [0; 16];
        octets.copy_from_slice(&self.id[address..address + 16]);
        let ip = if self.family == AF_INET {
            IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]))
        } else {
            IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
        };
        SocketAddr::new(ip, number)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -> {} #{}", self.local(), self.remote(), self.cookie())
    }
}

/// One socket of an answer.
pub struct Answer<'a> {
    message: &'a [u8],
    /// struct tcp_info, as long as this kernel has it.
    info: &'a [u8],
    memory: &'a [u8],
    congestion: Option<&'a [u8]>,
}

impl<'a> Answer<'a> {
    /// `None` for other messages, and for what is left of a connection that has ended (TIME_WAIT):
    /// that has no tcp_info.
    pub fn parse(kind: u16, message: &'a [u8]) -> Option<Self> {
        if kind != TCPDIAG_GETSOCK && kind != SOCK_DIAG_BY_FAMILY {
            return None;
        }
        let mut answer = Self { message, info: &[], memory: &[], congestion: None };
        for (kind, value) in Attributes(message.get(MESSAGE..)?) {
            match kind {
                INET_DIAG_INFO => answer.info = value,
                INET_DIAG_SKMEMINFO => answer.memory = value,
                INET_DIAG_CONG => answer.congestion = Some(value),
                _ => {}
            }
        }
        (!answer.info.is_empty()).then_some(answer)
    }

    /// See [`Key::cookie`].
    pub fn cookie(&self) -> u64 {
        u64_at(self.message, 44).unwrap_or_default()
    }

    /// What it can be asked for by.
    pub fn key(&self) -> Key {
        let mut id = [0; ID];
        id.copy_from_slice(&self.message[4..4 + ID]);
        Key { family: self.message[0], id }
    }

    /// Both ends are the same machine's, by the same address.
    pub fn stays_here(&self) -> bool {
        self.message[8..24] == self.message[24..40]
    }

    /// What /proc/PID/fd calls it; 0 when no process holds it any more.
    pub fn inode(&self) -> u32 {
        u32_at(self.message, 68).unwrap_or_default()
    }

    /// Its congestion control, where it was asked for.
    pub fn congestion(&self) -> Option<String> {
        let name = self.congestion?.split(|byte| *byte == 0).next()?;
        (!name.is_empty()).then(|| String::from_utf8_lossy(name).into_owned())
    }

    /// Octets acknowledged and received.
    pub fn bytes(&self) -> u64 {
        self.u64(120).wrapping_add(self.u64(128))
    }

    /// Segments sent and received; two 32-bit counters that wrap.
    pub fn segments(&self) -> [u32; 2] {
        [self.u32(136), self.u32(140)]
    }

    /// There is something to send, or to be acknowledged.
    pub fn is_busy(&self) -> bool {
        self.u32(24) > 0 || self.u32(144) > 0
    }

    /// How long ago data was sent or received last, whichever is later, in milliseconds.
    pub fn idle_ms(&self) -> u32 {
        self.u32(44).min(self.u32(52))
    }

    /// All that is told of it.
    pub fn state(&self) -> TcpState {
        let memory = |at: usize| u64::from(u32_at(self.memory, at * 4).unwrap_or_default());
        TcpState {
            id: 0,
            acked_bytes: self.u64(120),
            received_bytes: self.u64(128),
            retransmitted: self.u32(100).into(),
            rtt_us: self.u32(68).into(),
            min_rtt_us: match self.u32(148) {
                // None was measured yet (minmax_get of an empty filter).
                u32::MAX => 0,
                least => least.into(),
            },
            congestion_window: self.u32(80).into(),
            unacked: self.u32(24).into(),
            unsent_bytes: self.u32(144).into(),
            busy_us: self.u64(168),
            window_limited_us: self.u64(176),
            receive_queue_bytes: u32_at(self.message, 56).unwrap_or_default().into(),
            receive_memory_bytes: memory(0),
            receive_buffer_bytes: memory(1),
        }
    }

    /// Without SKMEMINFO there is nothing of the receive buffer in it.
    pub fn has_memory(&self) -> bool {
        !self.memory.is_empty()
    }

    fn u32(&self, at: usize) -> u32 {
        u32_at(self.info, at).unwrap_or_default()
    }

    fn u64(&self, at: usize) -> u64 {
        u64_at(self.info, at).unwrap_or_default()
    }
}

/// Asks for all that can move bytes, of both families, with tcp_info; those to a loopback address
/// only when `loopback`.
pub fn dump(loopback: bool) -> Vec<u8> {
    // struct inet_diag_req: family, two prefix lengths, extensions, id, states, tables.
    let mut payload = vec![0, 0, 0, extensions(&[INET_DIAG_INFO])];
    payload.extend([0; ID]);
    payload.extend(STATES.to_ne_bytes());
    payload.extend([0; 4]);
    if !loopback {
        wire::push_attribute(&mut payload, INET_DIAG_REQ_BYTECODE, &leaves_this_machine());
    }
    wire::request(TCPDIAG_GETSOCK, wire::NLM_F_DUMP, &payload)
}

/// The kernel's filter program: the other end is in neither 127.0.0.0/8 nor ::1.
///
/// Each condition jumps `yes` or `no` octets on; the end is yes, four beyond it is no
/// (inet_diag_bc_run). Only `no` may lead beyond it, so a jump follows what must not be: it takes
/// its `no` always (inet_diag_bc_audit).
fn leaves_this_machine() -> Vec<u8> {
    const BC_JMP: u8 = 1;
    const BC_D_COND: u8 = 8;
    const OP: u16 = 4;
    let hosts: [(u8, u8, &[u8]); 2] =
        [(AF_INET, 8, &[127, 0, 0, 0]), (AF_INET6, 128, &Ipv6Addr::LOCALHOST.octets())];
    let length = |address: &[u8]| OP + 8 + address.len() as u16;
    let mut left: u16 = hosts.iter().map(|(_, _, address)| length(address) + OP).sum();
    let mut program = Vec::new();
    for (family, prefix, address) in hosts {
        let condition = length(address);
        program.extend([BC_D_COND, condition as u8]);
        program.extend((condition + OP).to_ne_bytes());
        // struct inet_diag_hostcond; port -1 is any.
        program.extend([family, prefix, 0, 0]);
        program.extend((-1i32).to_ne_bytes());
        program.extend(address);
        left -= condition;
        program.extend([BC_JMP, OP as u8]);
        program.extend((left + OP).to_ne_bytes());
        left -= OP;
    }
    program
}

/// Appends the request for one socket; the answers to several in one buffer come one by one, in
/// their order.
pub fn push_exact(requests: &mut Vec<u8>, key: &Key) {
    push_request(requests, key, extensions(&[INET_DIAG_INFO, INET_DIAG_SKMEMINFO]));
}

/// Asks for one socket with its congestion control.
pub fn exact_with_congestion(key: &Key) -> Vec<u8> {
    let mut request = Vec::with_capacity(EXACT);
    let wanted = [INET_DIAG_INFO, INET_DIAG_SKMEMINFO, INET_DIAG_CONG];
    push_request(&mut request, key, extensions(&wanted));
    request
}

fn push_request(requests: &mut Vec<u8>, key: &Key, extensions: u8) {
    requests.extend((EXACT as u32).to_ne_bytes());
    requests.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    requests.extend(wire::NLM_F_REQUEST.to_ne_bytes());
    requests.extend([0; 8]);
    requests.extend([key.family, IPPROTO_TCP, extensions, 0]);
    requests.extend(STATES.to_ne_bytes());
    requests.extend(key.id);
}

fn extensions(wanted: &[u16]) -> u8 {
    wanted.iter().fold(0, |bits, attribute| bits | 1 << (attribute - 1))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two connections of iperf3 as Linux 6.18 tells of them, header left out.
    const IPV4: &str = include_str!("../../../../tests/fixtures/inet_diag/ipv4.hex");
    const IPV6: &str = include_str!("../../../../tests/fixtures/inet_diag/ipv6.hex");

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.trim().as_bytes().chunks_exact(2);
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16);
        digits.map(|digits| pair(digits).expect("hex")).collect()
    }

    /// The first connection's message with these figures in it.
    pub fn message(cookie: u64, acked: u64, idle_ms: u32, unacked: u32) -> Vec<u8> {
        let mut message = bytes(IPV4);
        message[44..52].copy_from_slice(&cookie.to_ne_bytes());
        let answer = Answer::parse(TCPDIAG_GETSOCK, &message).expect("a connection");
        let info = answer.info.as_ptr() as usize - message.as_ptr() as usize;
        let mut put = |at: usize, value: &[u8]| {
            message[info + at..info + at + value.len()].copy_from_slice(value);
        };
        put(24, &unacked.to_ne_bytes());
        put(44, &idle_ms.to_ne_bytes());
        put(52, &idle_ms.to_ne_bytes());
        put(120, &acked.to_ne_bytes());
        put(144, &[0; 4]);
        message
    }

    #[test]
    fn a_connection_is_read_as_ss_shows_it() {
        let message = bytes(IPV6);
        let answer = Answer::parse(TCPDIAG_GETSOCK, &message).expect("a connection");
        let state = TcpState {
            id: 0,
            acked_bytes: 179_923_146,
            received_bytes: 0,
            retransmitted: 180,
            rtt_us: 2_154,
            min_rtt_us: 9,
            congestion_window: 310,
            unacked: 0,
            unsent_bytes: 3_446_620,
            busy_us: 1_796_000,
            window_limited_us: 0,
            receive_queue_bytes: 0,
            receive_memory_bytes: 0,
            receive_buffer_bytes: 131_072,
        };
        assert_eq!(answer.state(), state);
        let key = answer.key();
        assert_eq!(key.local().to_string(), "[fd00:88::1]:40460");
        assert_eq!(key.remote().to_string(), "[fd00:88::2]:5201");
        assert_eq!((key.cookie(), key.bound_device()), (answer.cookie(), None));
        assert_eq!(answer.congestion().as_deref(), Some("bbr"));
        assert!(answer.is_busy() && !answer.stays_here());
        let message = bytes(IPV4);
        let answer = Answer::parse(TCPDIAG_GETSOCK, &message).expect("a connection");
        assert_eq!(answer.key().local().to_string(), "10.88.0.1:40100");
        assert_eq!(answer.congestion().as_deref(), Some("cubic"));
    }

    #[test]
    fn what_an_older_kernel_does_not_say_is_zero() {
        // struct tcp_info ended behind tcpi_total_retrans until Linux 3.15.
        let whole = bytes(IPV4);
        let full = Answer::parse(TCPDIAG_GETSOCK, &whole).expect("a connection");
        let mut older = whole[..MESSAGE].to_vec();
        wire::push_attribute(&mut older, INET_DIAG_INFO, &full.info[..104]);
        let answer = Answer::parse(SOCK_DIAG_BY_FAMILY, &older).expect("a connection");
        let expected = TcpState {
            rtt_us: full.state().rtt_us,
            retransmitted: full.state().retransmitted,
            congestion_window: full.state().congestion_window,
            unacked: full.state().unacked,
            ..TcpState::default()
        };
        assert_eq!(answer.state(), expected);
        assert_eq!((answer.bytes(), answer.congestion(), answer.has_memory()), (0, None, false));
    }

    #[test]
    fn what_has_no_tcp_info_is_no_connection() {
        let message = bytes(IPV4);
        assert!(Answer::parse(TCPDIAG_GETSOCK, &message[..MESSAGE]).is_none(), "TIME_WAIT");
        assert!(Answer::parse(16, &message).is_none(), "another message");
        assert!(Answer::parse(TCPDIAG_GETSOCK, &message[..40]).is_none(), "cut");
    }

    #[test]
    fn an_ipv4_address_in_an_ipv6_socket_is_told_as_such() {
        let mut message = bytes(IPV6);
        message[8..24].copy_from_slice(&Ipv4Addr::new(10, 0, 0, 7).to_ipv6_mapped().octets());
        let answer = Answer::parse(TCPDIAG_GETSOCK, &message).expect("a connection");
        assert_eq!(answer.key().local().to_string(), "10.0.0.7:40460");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(cut in 0..440usize, at in 0..440usize, with in 0..=255u8) {
            let mut message = bytes(IPV4);
            message[at] = with;
            message.truncate(cut);
            if let Some(answer) = Answer::parse(TCPDIAG_GETSOCK, &message) {
                let _ = (answer.state(), answer.key(), answer.congestion(), answer.inode());
                let _ = (answer.bytes(), answer.segments(), answer.idle_ms(), answer.stays_here());
            }
        }
    }
}
