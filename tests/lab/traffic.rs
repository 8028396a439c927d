//! Two namespaces joined by a veth pair, shaped by tc, with iperf3 across.

use std::process::Stdio;
use std::time::Duration;

use super::namespace::Namespace;
use super::process::{Running, run, wait_until};

/// The watched end.
pub const INTERFACE: &str = "lab0";
/// What [`Pair::shape`] lets through, in bit/s.
pub const SHAPED: f64 = 1e9;

const PEER: &str = "lab0p";
const ADDRESS: &str = "10.77.0.2";
/// iperf3's port as /proc/net/tcp writes it.
const PORT: &str = ":1451";

/// The lab of most tests.
#[derive(Debug)]
pub struct Pair {
    server: Option<Running>,
    /// Where migtop runs.
    pub here: Namespace,
    /// Where the bytes go.
    pub there: Namespace,
}

impl Pair {
    /// Joined, shaped to [`SHAPED`], with an iperf3 server at the other end.
    pub fn new() -> Self {
        let mut pair = Self { server: None, here: Namespace::new('A'), there: Namespace::new('B') };
        pair.connect();
        pair
    }

    /// Makes the link, always with the same names and addresses, and a new server.
    pub fn connect(&mut self) {
        let (mine, other) = ("02:00:00:77:00:01", "02:00:00:77:00:02");
        self.here.ip(&format!(
            "link add {INTERFACE} address {mine} type veth peer name {PEER} address {other} netns {}",
            self.there.name()
        ));
        self.here.ip(&format!("addr add 10.77.0.1/24 dev {INTERFACE}"));
        self.there.ip(&format!("addr add {ADDRESS}/24 dev {PEER}"));
        self.here.ip(&format!("link set {INTERFACE} up"));
        self.there.ip(&format!("link set {PEER} up"));
        // Known for ever: no ARP between the bytes that are counted.
        self.here.ip(&format!("neigh replace {ADDRESS} lladdr {other} dev {INTERFACE}"));
        self.there.ip(&format!("neigh replace 10.77.0.1 lladdr {mine} dev {PEER}"));
        let shape =
            format!("tc qdisc replace dev {INTERFACE} root tbf rate 1gbit burst 256k latency 50ms");
        run(self.here.command("sh").args(["-c", &shape]));
        self.serve();
    }

    /// Removes the link, with whatever is on it.
    pub fn disconnect(&mut self) {
        self.here.ip(&format!("link del {INTERFACE}"));
    }

    /// Takes the other end's carrier away, or gives it back.
    pub fn carrier(&self, on: bool) {
        self.there.ip(&format!("link set {PEER} {}", if on { "up" } else { "down" }));
        if on {
            self.there.ip(&format!("neigh replace 10.77.0.1 lladdr 02:00:00:77:00:01 dev {PEER}"));
        }
    }

    fn serve(&mut self) {
        self.server = None;
        let mut iperf = self.there.command("iperf3");
        iperf.args(["-s", "-B", ADDRESS]).stdin(Stdio::null()).stdout(Stdio::null());
        self.server = Some(Running(iperf.stderr(Stdio::null()).spawn().expect("iperf3 runs")));
        let listens = || {
            let table = run(self.there.command("cat").arg("/proc/net/tcp"));
            table.lines().any(|line| line.contains(PORT) && line.contains(" 0A "))
        };
        assert!(wait_until(Duration::from_secs(20), listens), "iperf3 does not listen");
    }

    /// Sends as fast as the shaper lets for `time`, or until it is dropped.
    pub fn flow(&self, time: Duration) -> Running {
        self.client(&["-t", &time.as_secs().to_string()])
    }

    /// Sends far below the shaper's rate, until it is dropped.
    pub fn trickle(&self) -> Running {
        self.client(&["-t", "300", "-b", "20M"])
    }

    /// Sends a volume, such as `200M`, and waits until it has arrived.
    pub fn send(&self, volume: &str) {
        let arrived = self.client(&["-n", volume]).finishes(Duration::from_secs(120));
        assert!(arrived, "iperf3 did not send {volume}");
    }

    fn client(&self, how: &[&str]) -> Running {
        let mut iperf = self.here.command("iperf3");
        iperf.args(["-c", ADDRESS]).args(how).stdin(Stdio::null()).stdout(Stdio::null());
        Running(iperf.stderr(Stdio::null()).spawn().expect("iperf3 runs"))
    }

    /// Octets that the watched end has sent, by the kernel.
    pub fn sent(&self) -> u64 {
        self.here.counters(INTERFACE).expect("the interface is there").tx
    }

    /// Waits until the flow is at full speed.
    pub fn wait_for_flow(&self) {
        let mut before = self.sent();
        let mut fast = 0;
        let steady = wait_until(Duration::from_secs(30), || {
            std::thread::sleep(Duration::from_millis(100));
            let sent = self.sent();
            fast = if sent - before > 8_000_000 { fast + 1 } else { 0 };
            before = sent;
            fast >= 3
        });
        assert!(steady, "no traffic");
    }

    /// Waits until nothing is under way any more.
    pub fn wait_for_quiet(&self) {
        let mut before = self.sent();
        let quiet = wait_until(Duration::from_secs(30), || {
            std::thread::sleep(Duration::from_millis(300));
            std::mem::replace(&mut before, self.sent()) == self.sent()
        });
        assert!(quiet, "traffic goes on");
    }
}
