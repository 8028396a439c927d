//! What iperf3 measured: the capacity of a path, from the answer that `iperf3 --json` writes.
//!
//! iperf3 counts payload, interfaces count headers, too: at an MTU of 1500, TCP over IPv4 with
//! timestamps carries 1448 bytes of payload in 1514 counted ones, so that counters show 4.6 % more.
//! [`Capacity::counted`] is the figure to compare trials with.

use serde::Deserialize;

use crate::model::{Direction, printable};

/// What a path carried for iperf3.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// The file it was read from.
    pub file: String,
    /// Payload in bit/s, all streams together: what the receiver got. With `--bidir` that from client
    /// to server, while the other way was in use, too.
    pub bits_per_s: f64,
    /// It was counted by the receiver; a server that sends (`-R`) only knows what it sent.
    pub received: bool,
    /// Which way that is for the host on which the answer was written: out of a client, but into it
    /// with `-R`, and the other way round for a server.
    pub direction: Direction,
    /// The other way at the same time (`--bidir`).
    pub opposite: Option<f64>,
    /// Streams that carried it.
    pub streams: u32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// How long it was measured.
    pub seconds: f64,
    /// When it started, RFC 3339 in UTC.
    pub started: Option<String>,
    /// The other end.
    pub host: Option<String>,
    /// Segments sent again, where the sender told.
    pub retransmits: Option<u64>,
}

/// An answer that tells no capacity.
#[derive(Debug, thiserror::Error)]
pub enum Iperf3Error {
    /// It cannot be parsed.
    #[error("{} is no whole answer of iperf3; write one with `iperf3 --json`", printable(file))]
    Parse {
        /// The file.
        file: String,
        /// Where, and what.
        #[source]
        source: serde_json::Error,
    },
    /// Lines instead of one object.
    #[error("{} was written with --json-stream; use `iperf3 --json`", printable(.0))]
    Stream(String),
    /// iperf3 gave up.
    #[error(
        "{}: iperf3 did not come to its end ({}); run it again",
        printable(file),
        printable(said)
    )]
    Failed {
        /// The file.
        file: String,
        /// In its words.
        said: String,
    },
    /// A part that is needed is not there.
    #[error("{} has no `{part}`; write it anew with `iperf3 --json`", printable(file))]
    Lacks {
        /// The file.
        file: String,
        /// Where it should be.
        part: &'static str,
    },
    /// Not a byte.
    #[error("{}: nothing was carried, so no capacity was measured; run iperf3 again", printable(.0))]
    Nothing(String),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    start: Start,
    #[serde(default)]
    end: End,
    error: Option<String>,
    /// Of a line of a stream.
    event: Option<String>,
}

#[derive(Default, Deserialize)]
struct Start {
    timestamp: Option<Timestamp>,
    connecting_to: Option<Peer>,
    accepted_connection: Option<Peer>,
    #[serde(rename = "test_start")]
    test: Option<Test>,
}

#[derive(Deserialize)]
struct Timestamp {
    timesecs: i64,
}

#[derive(Deserialize)]
struct Peer {
    host: String,
}

#[derive(Deserialize)]
struct Test {
    protocol: String,
    num_streams: u32,
    #[serde(default)]
    reverse: u8,
}

#[derive(Default, Deserialize)]
struct End {
    sum_received: Option<Sum>,
    sum_sent: Option<Sum>,
    /// Of UDP before there was `sum_received`: what was sent, and what share was lost.
    sum: Option<Sum>,
    sum_received_bidir_reverse: Option<Sum>,
    sum_sent_bidir_reverse: Option<Sum>,
}

#[derive(Clone, Copy, Deserialize)]
struct Sum {
    seconds: Option<f64>,
    bits_per_second: Option<f64>,
    retransmits: Option<u64>,
    lost_percent: Option<f64>,
}

/// Reads an answer; `file` is what errors name.
///
/// # Errors
/// When it is no answer, or one of a run that failed, was interrupted, or carried nothing.
pub fn read(text: &[u8], file: &str) -> Result<Capacity, Iperf3Error> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let file = || file.to_owned();
    let answer = parse(text).map_err(|source| Iperf3Error::Parse { file: file(), source })?;
    if let Some(said) = answer.error {
        return Err(Iperf3Error::Failed { file: file(), said });
    }
    if answer.event.is_some() {
        return Err(Iperf3Error::Stream(file()));
    }
    let (start, end) = (answer.start, answer.end);
    let lacks = |part| Iperf3Error::Lacks { file: file(), part };
    let test = start.test.ok_or_else(|| lacks("start.test_start"))?;
    if end.sum_received.or(end.sum_sent).or(end.sum).is_none() {
        return Err(lacks("end.sum_received"));
    }
    let (flow, received) = end.forward().ok_or_else(|| Iperf3Error::Nothing(file()))?;
    let seconds = flow.seconds.ok_or_else(|| lacks("end.sum_received.seconds"))?;
    let is_server = start.connecting_to.is_none() && start.accepted_connection.is_some();
    let leaves = (test.reverse == 0) != is_server;
    Ok(Capacity {
        file: file(),
        bits_per_s: flow.rate(),
        received,
        direction: if leaves { Direction::Tx } else { Direction::Rx },
        opposite: end.backward().map(|flow| flow.rate()),
        streams: test.num_streams,
        protocol: test.protocol,
        seconds,
        started: start.timestamp.and_then(|at| rfc3339(at.timesecs)),
        host: start.connecting_to.or(start.accepted_connection).map(|peer| peer.host),
        retransmits: end.sum_sent.and_then(|sent| sent.retransmits),
    })
}

/// The first value; lines of a stream stand behind theirs.
fn parse(text: &[u8]) -> serde_json::Result<Answer> {
    let mut values = serde_json::Deserializer::from_slice(text);
    let answer = Answer::deserialize(&mut values)?;
    if answer.event.is_none() {
        values.end()?;
    }
    Ok(answer)
}

fn rfc3339(seconds: i64) -> Option<String> {
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

impl End {
    /// From client to server, or with `-R` from server to client; and whether the receiver counted.
    fn forward(&self) -> Option<(Sum, bool)> {
        let carried = |sum: Option<Sum>| sum.filter(|sum| sum.rate() > 0.0);
        let received = carried(self.sum_received).or(carried(self.sum)).map(|sum| (sum, true));
        received.or(carried(self.sum_sent).map(|sum| (sum, false)))
    }

    /// Against it, with `--bidir`.
    fn backward(&self) -> Option<Sum> {
        let received = self.sum_received_bidir_reverse.filter(|sum| sum.rate() > 0.0);
        received.or(self.sum_sent_bidir_reverse)
    }
}

impl Sum {
    /// Without what was lost on the way, if that is told.
    fn rate(&self) -> f64 {
        let arrived = 1.0 - self.lost_percent.unwrap_or(0.0) / 100.0;
        self.bits_per_second.unwrap_or(0.0) * arrived
    }
}

/// Header of Ethernet, as counters count it.
const ETHERNET: f64 = 14.0;
const IPV4: f64 = 20.0;
const IPV6: f64 = 40.0;
/// RFC 9293 (20) with the timestamps of RFC 7323 (12), as Linux sends it.
const TCP: f64 = 32.0;
const UDP: f64 = 8.0;

impl Capacity {
    /// What interfaces' counters show of it, in bit/s, with full frames: payload and headers.
    pub fn counted(&self, mtu: u32) -> f64 {
        let network = if self.host.as_ref().is_some_and(|h| h.contains(':')) { IPV6 } else { IPV4 };
        let transport = if self.protocol == "UDP" { UDP } else { TCP };
        let mtu = f64::from(mtu);
        let payload = (mtu - network - transport).max(1.0);
        self.bits_per_s * (mtu + ETHERNET) / payload
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is read, and computed from it, is exact")]
mod tests {
    use super::*;

    macro_rules! recorded {
        ($name:literal) => {
            include_bytes!(concat!("../../tests/fixtures/iperf3/", $name, ".json"))
        };
    }

    fn capacity(text: &[u8]) -> Capacity {
        read(text, "path.json").expect("an answer")
    }

    fn refused(text: &[u8]) -> String {
        let error = read(text, "path.json").expect_err("no capacity");
        crate::source::error_chain(&error)
    }

    #[test]
    fn the_receiver_says_what_a_path_carries() {
        let tcp = capacity(recorded!("tcp"));
        assert_eq!(
            tcp,
            Capacity {
                file: "path.json".into(),
                bits_per_s: 11_513_965_688.232_99,
                received: true,
                direction: Direction::Tx,
                opposite: None,
                streams: 1,
                protocol: "TCP".into(),
                seconds: 1.003_679,
                started: Some("2026-11-22T19:52:01Z".into()),
                host: Some("192.0.2.2".into()),
                retransmits: Some(17),
            }
        );
        let server = capacity(recorded!("server"));
        assert_eq!(server.direction, Direction::Rx, "the same run, from the other end");
        assert_eq!(
            (server.bits_per_s, server.host.as_deref()),
            (tcp.bits_per_s, Some("192.0.2.1"))
        );
        assert_eq!(server.retransmits, None);
    }

    #[test]
    fn streams_are_added_and_directions_kept_apart() {
        let four = capacity(recorded!("four-streams"));
        assert_eq!((four.streams, four.direction), (4, Direction::Tx));
        let reverse = capacity(recorded!("reverse"));
        assert_eq!((reverse.direction, reverse.bits_per_s), (Direction::Rx, 12_182_077_614.865_1));
        let sender = capacity(recorded!("server-reverse"));
        assert_eq!((sender.direction, sender.received), (Direction::Tx, false));
        assert_eq!(sender.bits_per_s, 12_194_179_138.715_513);
        let both = capacity(recorded!("bidir"));
        assert_eq!((both.direction, both.bits_per_s), (Direction::Tx, 2_538_861_486.077_83));
        assert_eq!(both.opposite, Some(9_027_528_102.760_04));
        let udp = capacity(recorded!("udp"));
        assert_eq!((udp.protocol.as_str(), udp.bits_per_s), ("UDP", 199_786_517.078_394));
        assert_eq!(udp.retransmits, None);
    }

    #[test]
    fn what_udp_lost_was_not_carried() {
        let text = br#"{"start":{"test_start":{"protocol":"UDP","num_streams":1}},
            "end":{"sum":{"seconds":1,"bits_per_second":100,"lost_percent":25}}}"#;
        let udp = capacity(text);
        assert_eq!((udp.bits_per_s, udp.started, udp.host), (75.0, None, None));
    }

    #[test]
    fn counters_count_headers_too() {
        let tcp = Capacity { bits_per_s: 1448.0, ..capacity(recorded!("tcp")) };
        assert_eq!(tcp.counted(1500), 1514.0);
        let over_ipv6 = Capacity { bits_per_s: 1428.0, host: Some("fd00::1".into()), ..tcp };
        assert_eq!(over_ipv6.counted(1500), 1514.0);
        let udp = Capacity { bits_per_s: 1472.0, ..capacity(recorded!("udp")) };
        assert_eq!(udp.counted(1500), 1514.0);
        assert!(udp.counted(0).is_finite());
    }

    #[test]
    fn an_answer_without_a_capacity_says_why() {
        for (text, said) in [
            (&recorded!("refused")[..], "unable to connect to server: Connection refused"),
            (recorded!("interrupted"), "interrupt - the client has terminated"),
            (&recorded!("tcp")[..900], "is no whole answer of iperf3"),
            (b"", "EOF while parsing a value at line 1 column 0"),
            (b"{}", "no `start.test_start`"),
            (
                b"{\"event\":\"start\",\"data\":{}}\n{\"event\":\"end\",\"data\":{}}\n",
                "--json-stream",
            ),
            (
                br#"{"start":{"test_start":{"protocol":"TCP","num_streams":1}},"end":{}}"#,
                "no `end.sum_received`",
            ),
            (
                br#"{"start":{"test_start":{"protocol":"TCP","num_streams":1}},
                "end":{"sum_received":{"seconds":1,"bits_per_second":0}}}"#,
                "nothing was carried",
            ),
        ] {
            let error = refused(text);
            assert!(error.starts_with("path.json") && error.contains(said), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_a_panic(text: Vec<u8>) {
            let _ = read(&text, "path.json");
        }
    }
}
