//! TCP connections of the host: who talks to whom, and what the kernel says of it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::interface::InterfaceId;

/// Names one socket for the length of a session; never reused in it.
pub type FlowId = u32;

/// What is known of a connection besides its counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Which.
    pub id: FlowId,
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// The interface that its bytes leave by, by the route or the device that it is bound to: a
    /// bond where a bond is the way, for the kernel does not tell the member. `None` without a
    /// route, and where that interface is not watched.
    pub interface: Option<InterfaceId>,
    /// The process that holds it, where it may be known; a guest's connection is its process's,
    /// [`Guest::pid`](super::Guest::pid).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What that process is called; may hold anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// Its congestion control, in the kernel's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub congestion: Option<String>,
}

/// What the kernel says of a connection at one instant: struct tcp_info of linux/tcp.h, and the
/// socket's own queues (struct inet_diag_msg of linux/inet_diag.h, SK_MEMINFO_* of
/// linux/sock_diag.h). All sums are since the connection began. What an older kernel does not tell
/// is 0. In a stream, a row of numbers in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 14]", into = "[u64; 14]")]
pub struct TcpState {
    /// Which.
    pub id: FlowId,
    /// Octets that the other end has acknowledged; without headers and retransmissions, and with
    /// the one that the handshake counts for (tcpi_bytes_acked; Linux 4.1).
    pub acked_bytes: u64,
    /// Octets received in order (tcpi_bytes_received; Linux 4.1).
    pub received_bytes: u64,
    /// Segments sent again (tcpi_total_retrans).
    pub retransmitted: u64,
    /// Smoothed round trip time, in microseconds.
    pub rtt_us: u64,
    /// The shortest seen in the last minutes (net.ipv4.tcp_min_rtt_wlen), in microseconds.
    pub min_rtt_us: u64,
    /// Congestion window, in segments.
    pub congestion_window: u64,
    /// Segments sent and not acknowledged yet.
    pub unacked: u64,
    /// Octets that the sender has written and the kernel not sent (tcpi_notsent_bytes).
    pub unsent_bytes: u64,
    /// How long there was something to send or to be acknowledged, in microseconds; the kernel counts
    /// in ticks, of 1 to 10 ms (tcpi_busy_time; Linux 4.10).
    pub busy_us: u64,
    /// How long of that the receiver's window was what it waited for, in microseconds
    /// (tcpi_rwnd_limited; Linux 4.10).
    pub window_limited_us: u64,
    /// Octets received that the process has not read.
    pub receive_queue_bytes: u64,
    /// Memory that its receive buffer holds, the kernel's own overhead included.
    pub receive_memory_bytes: u64,
    /// How much that may be.
    pub receive_buffer_bytes: u64,
}

impl From<[u64; 14]> for TcpState {
    fn from(row: [u64; 14]) -> Self {
        Self {
            id: row[0] as FlowId,
            acked_bytes: row[1],
            received_bytes: row[2],
            retransmitted: row[3],
            rtt_us: row[4],
            min_rtt_us: row[5],
            congestion_window: row[6],
            unacked: row[7],
            unsent_bytes: row[8],
            busy_us: row[9],
            window_limited_us: row[10],
            receive_queue_bytes: row[11],
            receive_memory_bytes: row[12],
            receive_buffer_bytes: row[13],
        }
    }
}

impl From<TcpState> for [u64; 14] {
    fn from(tcp: TcpState) -> Self {
        [
            u64::from(tcp.id),
            tcp.acked_bytes,
            tcp.received_bytes,
            tcp.retransmitted,
            tcp.rtt_us,
            tcp.min_rtt_us,
            tcp.congestion_window,
            tcp.unacked,
            tcp.unsent_bytes,
            tcp.busy_us,
            tcp.window_limited_us,
            tcp.receive_queue_bytes,
            tcp.receive_memory_bytes,
            tcp.receive_buffer_bytes,
        ]
    }
}
