//! TCP connections as the kernel tells of them, while iperf3 moves bytes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use migtop::model::{Event, Flow, FlowId, InterfaceId, TcpState};

use super::gate::{can_run, say};
use super::namespace::Namespace;
use super::process::{Running, migtop, run, wait_until};
use super::recorder::Home;
use super::stream::Stream;
use super::traffic::{INTERFACE, Pair};

/// Acknowledged octets and the counters': headers, and what was sent again.
const TOLERANCE: f64 = 0.02;

/// What a stream tells of one connection.
#[derive(Debug)]
struct Followed {
    /// Each time its facts were told.
    facts: Vec<(Duration, Flow)>,
    last: TcpState,
    rows: usize,
    closed: bool,
}

/// The connections that moved more than a megabyte, in order of id.
fn flows(stream: &Stream) -> Vec<Followed> {
    let mut all: BTreeMap<FlowId, Followed> = BTreeMap::new();
    for event in &stream.0 {
        let Event::Sockets { at, flows, tcp, closed } = event else { continue };
        for flow in flows {
            let (last, facts) = (TcpState::default(), Vec::new());
            let new = Followed { facts, last, rows: 0, closed: false };
            all.entry(flow.id).or_insert(new).facts.push((*at, flow.clone()));
        }
        for row in tcp {
            let one = all.get_mut(&row.id).expect("facts come first");
            assert!(!one.closed, "{row:?} behind its end");
            assert!(row.acked_bytes >= one.last.acked_bytes, "{row:?} after {:?}", one.last);
            (one.last, one.rows) = (*row, one.rows + 1);
        }
        for id in closed {
            all.get_mut(id).expect("facts come first").closed = true;
        }
    }
    all.into_values().filter(|one| one.last.acked_bytes > 1_000_000).collect()
}

/// The only connection that moved much.
fn flow(stream: &Stream) -> Followed {
    let mut flows = flows(stream);
    assert_eq!(flows.len(), 1, "{flows:?}");
    flows.remove(0)
}

fn only_id(stream: &Stream, interface: &str) -> InterfaceId {
    let [id] = stream.ids(interface)[..] else { panic!("{:?}", stream.ids(interface)) };
    id
}

fn record<'a>(command: &'a mut Command, file: &Path) -> &'a mut Command {
    command.arg("record").arg("-o").arg(file)
}

#[test]
fn a_connection_is_recorded_with_its_process_interface_and_bytes() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let (home, pair) = (Home::new(), Pair::new());
    let files =
        ["inside", "outside", "number"].map(|name| home.path().join(format!("{name}.jsonl.zst")));
    let inside = home.start(record(&mut pair.here.command(migtop()), &files[0]));
    let mut outside = Command::new(migtop());
    let outside = home.start(record(outside.args(["--netns", pair.here.name()]), &files[1]));
    let mut iperf = pair.flow(Duration::from_secs(6));
    // By a process's number: iperf3's own.
    let pid = iperf.0.id();
    let runs = wait_until(Duration::from_secs(10), || {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "iperf3\n")
    });
    assert!(runs, "iperf3 does not run");
    let mut number = Command::new(migtop());
    let number = home.start(record(number.args(["--netns", &pid.to_string()]), &files[2]));
    let nobody = home.path().join("nobody.jsonl");
    let output = std::fs::File::create(&nobody).expect("a file");
    let program = home.path().join("program");
    std::fs::copy(migtop(), &program).expect("copied");
    let mut unprivileged = pair.here.command("setpriv");
    unprivileged.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    unprivileged.args(["record", "-o", "-", "--duration", "3s"]);
    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("permissions");
    let status = home.of(&mut unprivileged).stdin(Stdio::null()).stdout(output).status();
    assert!(status.expect("it can be started").success());

    assert!(iperf.finishes(Duration::from_secs(60)), "iperf3 ends");
    pair.wait_for_quiet();
    std::thread::sleep(Duration::from_millis(1_500));
    for recorder in [inside, outside, number] {
        assert_eq!(recorder.end().0, Some(0));
    }
    let algorithm = run(pair.here.command("cat").arg("/proc/sys/net/ipv4/tcp_congestion_control"));
    let counted = pair.sent() as f64;
    let mut acked = Vec::new();
    for file in &files {
        let stream = Stream::read(file);
        let flow = flow(&stream);
        let facts = &flow.facts[0].1;
        assert_eq!(facts.interface, Some(only_id(&stream, INTERFACE)));
        assert_eq!((facts.pid, facts.process.as_deref()), (Some(pid), Some("iperf3")));
        assert_eq!(facts.congestion.as_deref(), Some(algorithm.trim()));
        assert_eq!(facts.remote.to_string(), "10.77.0.2:5201");
        assert_eq!(flow.facts.len(), 1, "nothing changed: {:?}", flow.facts);
        assert!(flow.closed && flow.rows >= 6, "{flow:?}");
        let last = flow.last;
        assert!(last.busy_us > 4_000_000 && last.congestion_window > 1, "{last:?}");
        assert!(last.min_rtt_us > 0 && last.rtt_us >= last.min_rtt_us, "{last:?}");
        acked.push(last.acked_bytes);
    }
    let ratio = acked[0] as f64 / counted;
    say(&format!("acknowledged / counted = {ratio:.4}; from inside and outside: {acked:?}"));
    assert!((ratio - 1.0).abs() <= TOLERANCE, "{ratio}");
    assert!(acked.iter().all(|other| *other == acked[0]), "to the last octet: {acked:?}");

    let stream = Stream::read(&nobody);
    let flow = flow(&stream);
    let facts = &flow.facts[0].1;
    assert_eq!((facts.pid, facts.process.as_deref()), (None, None), "of others nothing is known");
    assert_eq!(facts.interface, Some(only_id(&stream, INTERFACE)));
    assert!(flow.rows >= 3, "{flow:?}");
    say(&format!("without rights: {} rows, no process", flow.rows));
}

#[test]
fn each_connection_is_on_its_own_link_and_a_failover_is_told() {
    if !can_run(&[]) {
        return;
    }
    let (here, there) = (Namespace::new('F'), Namespace::new('G'));
    for (n, link) in [(1, "lab0"), (2, "lab1")] {
        here.ip(&format!("link add {link} type veth peer name {link}p netns {}", there.name()));
        here.ip(&format!("addr add 10.7{n}.0.1/24 dev {link}"));
        there.ip(&format!("addr add 10.7{n}.0.2/24 dev {link}p"));
        here.ip(&format!("link set {link} up"));
        there.ip(&format!("link set {link}p up"));
    }
    // Ends that are on neither link, each reached by one of them.
    here.ip("addr add 10.70.0.1/32 dev lo");
    there.ip("route add 10.70.0.1/32 via 10.71.0.1");
    let mut servers = Vec::new();
    for n in [1, 2] {
        there.ip(&format!("addr add 10.79.0.{n}/32 dev lo"));
        here.ip(&format!("route add 10.79.0.{n}/32 via 10.7{n}.0.2 src 10.70.0.1"));
        let mut iperf = there.command("iperf3");
        iperf.args(["-s", "-B", &format!("10.79.0.{n}")]).stdin(Stdio::null());
        iperf.stdout(Stdio::null()).stderr(Stdio::null());
        servers.push(Running(iperf.spawn().expect("iperf3 runs")));
    }
    let listening =
        || run(there.command("cat").arg("/proc/net/tcp")).matches(":1451 ").count() >= 2;
    assert!(wait_until(Duration::from_secs(20), listening), "iperf3 does not listen");

    let home = Home::new();
    let file = home.path().join("two.jsonl.zst");
    let recorder = home.start(record(&mut here.command(migtop()), &file));
    let client = |n: u32| {
        let mut iperf = here.command("iperf3");
        iperf.args(["-c", &format!("10.79.0.{n}"), "-t", "300", "-b", "80M"]);
        iperf.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(iperf.spawn().expect("iperf3 runs"))
    };
    let clients = [client(1), client(2)];
    std::thread::sleep(Duration::from_secs(4));
    here.ip("route replace 10.79.0.1/32 via 10.72.0.2 src 10.70.0.1");
    std::thread::sleep(Duration::from_secs(6));
    drop(clients);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(recorder.end().0, Some(0));

    let stream = Stream::read(&file);
    let links = ["lab0", "lab1"].map(|name| Some(only_id(&stream, name)));
    let flows = flows(&stream);
    assert_eq!(flows.len(), 2, "{flows:?}");
    for flow in &flows {
        let told: Vec<_> = flow.facts.iter().map(|(_, facts)| facts.interface).collect();
        match flow.facts[0].1.remote.to_string().as_str() {
            "10.79.0.1:5201" => assert_eq!(told, links, "{flow:?}"),
            "10.79.0.2:5201" => assert_eq!(told, links[1..], "{flow:?}"),
            other => panic!("a connection to {other}"),
        }
        assert!(flow.closed, "{flow:?}");
    }
}

#[test]
fn a_namespace_that_is_not_there_or_not_allowed_is_one_clear_error() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let (home, namespace) = (Home::new(), Namespace::new('N'));
    let unknown = home.migtop(&["interfaces", "--netns", "no-such"]);
    let said = super::recorder::said(&unknown);
    assert_eq!(unknown.status.code(), Some(2), "{said}");
    assert!(said.contains("`no-such`") && said.contains(namespace.name()), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    let listed = home.migtop(&["interfaces", "--netns", namespace.name(), "--format", "json"]);
    let listing: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let names: Vec<_> = listing["interfaces"].as_array().expect("a list").iter().collect();
    assert_eq!(names.len(), 1, "its loopback alone: {names:?}");

    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("permissions");
    let program = home.path().join("program");
    std::fs::copy(migtop(), &program).expect("copied");
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    let refused = home.of(nobody.args(["interfaces", "--netns", namespace.name()])).output();
    let refused = refused.expect("it can be started");
    let said = super::recorder::said(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("CAP_SYS_ADMIN"), "{said}");
}
