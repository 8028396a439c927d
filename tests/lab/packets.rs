//! Packets on demand against the kernel's counters: what share of the bytes is seen, at what cost, and
//! what becomes of a capture on bad days.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use migtop::clock::SessionClock;
use migtop::model::{Captured, Event, Pair};
use migtop::session::{Capture, Session, Settings, TalkState};
use migtop::source::packets::ring::{Ring, Size};
use migtop::source::packets::{Target, target};
use pnet::datalink::{Channel, Config, interfaces};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::gate::{can_run, say};
use super::namespace::Namespace;
use super::process::{Running, migtop, run, wait_until};
use super::sniffers;
use super::stream::Stream;

/// The end where packets are captured.
pub const INTERFACE: &str = "cap0";
const PEER: &str = "cap0p";
const V4: &str = "10.78.0.2";
const V6: &str = "fd78::2";
/// CPU time of a packet, ns: the budget is 150 in a release build on a machine with nothing else to
/// do, and a build for debugging takes some ten times as long.
const BOUND: f64 = 400.0;
const BOUND_OF_DEBUGGING: f64 = 8_000.0;

/// A sender and a receiver on a link that nothing shapes.
pub struct Link {
    server: Option<Running>,
    pub sender: Namespace,
    pub receiver: Namespace,
}

impl Link {
    pub fn new() -> Self {
        let (sender, receiver) = (Namespace::bare('P'), Namespace::bare('Q'));
        sender.ip(&format!(
            "link add {PEER} type veth peer name {INTERFACE} netns {}",
            receiver.name()
        ));
        sender.ip(&format!("addr add 10.78.0.1/24 dev {PEER}"));
        sender.ip(&format!("addr add fd78::1/64 dev {PEER} nodad"));
        receiver.ip(&format!("addr add {V4}/24 dev {INTERFACE}"));
        receiver.ip(&format!("addr add {V6}/64 dev {INTERFACE} nodad"));
        receiver.ip("link set lo up");
        sender.ip(&format!("link set {PEER} up"));
        receiver.ip(&format!("link set {INTERFACE} up"));
        let mut link = Self { server: None, sender, receiver };
        let mut iperf = link.receiver.command("iperf3");
        iperf.arg("-s").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        link.server = Some(Running(iperf.spawn().expect("iperf3 runs")));
        let listens = || {
            let table = run(link.receiver.command("cat").args(["/proc/net/tcp", "/proc/net/tcp6"]));
            table.lines().any(|line| line.contains(":1451") && line.contains(" 0A "))
        };
        assert!(wait_until(Duration::from_secs(20), listens), "iperf3 does not listen");
        link
    }

    /// Sends by iperf3 and waits until it has.
    pub fn send(&self, how: &str) {
        run(self.sender.command("iperf3").args(how.split_whitespace()));
    }

    fn offloads(&self, on: bool) {
        let state = if on { "on" } else { "off" };
        for (namespace, interface) in [(&self.sender, PEER), (&self.receiver, INTERFACE)] {
            let words = ["-K", interface, "tso", state, "gso", state, "gro", state];
            run(namespace.command("ethtool").args(words));
        }
    }
}

/// A `migtop record --packets` that runs.
struct Recording {
    migtop: Running,
    file: tempfile::NamedTempFile,
}

impl Recording {
    fn start(namespace: &Namespace, interface: &str) -> Self {
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().expect("a file");
        let mut command = namespace.command(migtop());
        command.args(["record", "--packets", interface, "--force", "-o"]).arg(file.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let recording = Self { migtop: Running(command.spawn().expect("it starts")), file };
        let runs = || recording.thread().is_some();
        assert!(wait_until(Duration::from_secs(20), runs), "no capture on {interface}");
        recording
    }

    fn pid(&self) -> u32 {
        self.migtop.0.id()
    }

    /// The number of the capture's thread.
    fn thread(&self) -> Option<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).ok()?;
        let name = |task: &std::path::Path| std::fs::read_to_string(task.join("comm"));
        let mut paths = tasks.flatten().map(|task| task.path());
        let found = paths.find(|task| name(task).is_ok_and(|name| name == "packets\n"))?;
        Some(found.file_name()?.to_str()?.to_owned())
    }

    /// CPU time of that thread, ns: the first field of schedstat (the kernel's sched-stats.rst).
    fn cpu(&self) -> f64 {
        let thread = self.thread().expect("it captures");
        let path = format!("/proc/{}/task/{thread}/schedstat", self.pid());
        let text = std::fs::read_to_string(path).expect("the thread runs");
        text.split_whitespace().next().and_then(|ns| ns.parse().ok()).expect("a number")
    }

    /// Ends it; what it recorded, once its last second is told.
    fn end(mut self) -> Stream {
        std::thread::sleep(Duration::from_millis(1_600));
        let pid = Pid::from_child(&self.migtop.0);
        kill_process(pid, Signal::INT).expect("it runs");
        assert!(self.migtop.finishes(Duration::from_secs(20)), "it ends well");
        Stream::read(self.file.path())
    }
}

fn seconds(stream: &Stream) -> Vec<&Captured> {
    let mut seconds = Vec::new();
    for event in &stream.0 {
        if let Event::Packets(captured) = event {
            seconds.push(captured);
        }
    }
    seconds
}

fn packets(stream: &Stream) -> u64 {
    let of = |c: &&Captured| c.seen.packets.rx + c.seen.packets.tx + c.lost_packets;
    seconds(stream).iter().map(of).sum()
}

/// What a screen would show at the end.
fn capture(stream: &Stream) -> Capture {
    let mut session = Session::new(Settings::default());
    stream.0.iter().for_each(|event| session.apply(event.clone()));
    session.capture().expect("a capture").clone()
}

/// Records while `traffic` runs; its coverage, and CPU time per packet in ns.
fn measure(what: &str, link: &Link, traffic: impl FnOnce()) -> (Capture, f64) {
    let recording = Recording::start(&link.receiver, INTERFACE);
    std::thread::sleep(Duration::from_millis(1_200));
    let before = recording.cpu();
    traffic();
    std::thread::sleep(Duration::from_millis(400));
    let cpu = recording.cpu() - before;
    let stream = recording.end();
    let (capture, packets) = (capture(&stream), packets(&stream));
    let each = cpu / packets as f64;
    let Pair { rx, tx } =
        capture.coverage().shares().map(|share| share.unwrap_or(f64::NAN) * 100.0);
    let lost = capture.lost_packets;
    say(&format!(
        "{what}: {packets} packets, {:.0} B each, coverage {rx:.3} % rx, {tx:.3} % tx, {lost} lost, \
         {each:.0} ns of CPU a packet",
        capture.whole.bytes.rx as f64 / capture.whole.packets.rx as f64,
    ));
    (capture, each)
}

#[test]
fn nearly_all_bytes_are_seen_at_little_cost() {
    if !can_run(&["ethtool"]) {
        return;
    }
    let link = Link::new();
    let bound = if std::env::var_os("MIGTOP_BIN").is_some() { BOUND } else { BOUND_OF_DEBUGGING };
    let tcp = &format!("-c {V4} -t 4");
    let kinds = [
        ("TCP", true, tcp),
        ("TCP without offloads", false, tcp),
        ("TCP over IPv6", true, &format!("-6 -c {V6} -t 4")),
        ("UDP of 200 B", true, &format!("-u -c {V4} -l 200 -b 0 -t 4")),
    ];
    for (what, offloads, how) in kinds {
        link.offloads(offloads);
        let (capture, each) = measure(what, &link, || link.send(how));
        let share = capture.coverage().share().expect("counted");
        assert!((0.99..1.005).contains(&share), "{what}: {share}");
        assert!(each < bound, "{what}: {each} ns");
        let bytes = |talk: &&TalkState| talk.facts.seen.bytes.rx + talk.facts.seen.bytes.tx;
        let most = capture.talks().iter().max_by_key(bytes).expect("talks");
        assert_eq!(most.facts.local_port, Some(5201), "{:?}", most.facts);
        sniffers::measure(what, &link, how);
    }
}

#[test]
fn tagged_packets_are_counted_with_their_tags() {
    if !can_run(&[]) {
        return;
    }
    let link = Link::new();
    let mac = run(link.receiver.command("cat").arg(format!("/sys/class/net/{INTERFACE}/address")));
    let (capture, _) = measure("VLAN and QinQ", &link, || {
        inside(&link.sender, move || send_tagged(mac.trim()));
    });
    let share = capture.coverage().share().expect("counted");
    assert!((0.999..1.0005).contains(&share), "{share}");
    let remotes: BTreeSet<_> = capture.talks().iter().map(|talk| talk.facts.remote).collect();
    assert!(remotes.contains(&Some([10, 78, 7, 1].into())), "{remotes:?}");
}

/// Frames with one tag and with two, by a packet socket: there need be no VLAN device.
fn send_tagged(to: &str) {
    let interface = interfaces().into_iter().find(|i| i.name == PEER).expect("there");
    let channel = pnet::datalink::channel(&interface, Config::default()).expect("root may");
    let Channel::Ethernet(mut sender, _) = channel else { panic!("not Ethernet") };
    let octets = |mac: &str| mac.split(':').map(|o| u8::from_str_radix(o, 16)).collect();
    let to: Result<Vec<u8>, _> = octets(to);
    let to = to.expect("a MAC");
    let from = interface.mac.expect("a MAC").octets();
    for tags in [&[0x81, 0, 0, 7][..], &[0x88, 0xa8, 0, 100, 0x81, 0, 0, 8]] {
        let mut frame = [&to[..], &from, tags, &[8, 0]].concat();
        frame.extend([0x45, 0, 3, 232, 0, 0, 0, 0, 64, 17, 0, 0, 10, 78, 7, 1, 10, 78, 7, 2]);
        frame.extend([15, 160, 15, 161, 3, 212, 0, 0]);
        frame.resize(14 + tags.len() + 1_000, 0);
        for _ in 0..20_000 {
            sender.send_to(&frame, None).expect("a channel").expect("sent");
        }
    }
}

/// Does `what` on a thread that is in the namespace.
fn inside<T: Send + 'static>(
    namespace: &Namespace,
    what: impl FnOnce() -> T + Send + 'static,
) -> T {
    let file = std::fs::File::open(format!("/run/netns/{}", namespace.name())).expect("there");
    let entered = move || {
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), kind).expect("root may");
        what()
    };
    std::thread::spawn(entered).join().expect("it holds")
}

#[test]
fn a_reader_that_cannot_keep_up_is_told_what_it_lost() {
    if !can_run(&[]) {
        return;
    }
    let link = Link::new();
    let (ready, is_ready) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    // A ring of 32 KiB, and nobody who reads it.
    let reading = std::thread::scope(|scope| {
        let tiny = || {
            inside(&link.receiver, move || {
                let index = target(INTERFACE).expect("there").index;
                let size = Size { blocks: 2, block: 16 * 1024 };
                let mut ring = Ring::of_size(index, size).expect("root may");
                ready.send(()).expect("it waits");
                is_over.recv().expect("it sends");
                let mut seen = 0;
                while ring.take(|_, _| seen += 1) {}
                (seen, ring.lost(), ring.lost())
            })
        };
        let reading = scope.spawn(tiny);
        is_ready.recv().expect("it opens");
        link.send(&format!("-u -c {V4} -l 200 -b 20M -t 1"));
        over.send(()).expect("it waits");
        reading.join().expect("it holds")
    });
    let (seen, lost, again) = reading;
    say(&format!("a ring of 32 KiB that nobody reads: {seen} seen, {lost} lost"));
    assert!(seen > 50 && lost > 5_000, "{reading:?}");
    assert_eq!(again, 0, "told once");

    // The whole program held still, as long as its ring cannot hold.
    let recording = Recording::start(&link.receiver, INTERFACE);
    std::thread::sleep(Duration::from_millis(1_200));
    let pid = Pid::from_child(&recording.migtop.0);
    let how = format!("-u -c {V4} -l 200 -b 0 -t 8");
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| link.send(&how));
        std::thread::sleep(Duration::from_secs(1));
        kill_process(pid, Signal::STOP).expect("it runs");
        std::thread::sleep(Duration::from_secs(6));
        kill_process(pid, Signal::CONT).expect("it runs");
        sending.join().expect("sent");
    });
    let capture = capture(&recording.end());
    let share = capture.coverage().share().expect("counted");
    say(&format!("held still: coverage {:.1} %, {} lost", share * 100.0, capture.lost_packets));
    assert!(capture.lost_packets > 1_000, "{}", capture.lost_packets);
    assert!(share < 0.95, "{share}");
}

#[test]
fn loopback_is_seen_from_either_end() {
    if !can_run(&[]) {
        return;
    }
    let link = Link::new();
    let recording = Recording::start(&link.receiver, "lo");
    std::thread::sleep(Duration::from_millis(1_200));
    run(link.receiver.command("iperf3").args(["-c", "127.0.0.1", "-n", "300M"]));
    let capture = capture(&recording.end());
    for share in [capture.coverage().shares().rx, capture.coverage().shares().tx] {
        assert!((0.99..1.005).contains(&share.expect("counted")), "{share:?}");
    }
}

#[test]
fn an_interface_that_goes_ends_the_capture_and_nothing_else() {
    if !can_run(&[]) {
        return;
    }
    let link = Link::new();
    let recording = Recording::start(&link.receiver, INTERFACE);
    std::thread::sleep(Duration::from_millis(1_200));
    link.receiver.ip(&format!("link set {INTERFACE} down"));
    std::thread::sleep(Duration::from_millis(1_200));
    assert!(recording.thread().is_some(), "one that is down may come up again");
    link.receiver.ip(&format!("link set {INTERFACE} up"));
    link.receiver.ip(&format!("addr replace {V6}/64 dev {INTERFACE} nodad"));
    std::thread::sleep(Duration::from_millis(500));
    link.send(&format!("-c {V4} -n 50M"));
    std::thread::sleep(Duration::from_millis(1_500));
    link.receiver.ip(&format!("link del {INTERFACE}"));
    let ends = || recording.thread().is_none();
    assert!(wait_until(Duration::from_secs(10), ends), "it captures on");
    let stream = recording.end();
    let seen: u64 = seconds(&stream).iter().map(|c| c.seen.bytes.rx).sum();
    assert!(seen > 50_000_000, "{seen} B behind the interface's return");
    let failed = stream.0.iter().find_map(|event| match event {
        Event::SourceFailed { at, source, why } => Some((*at, source.as_str(), why.as_str())),
        _ => None,
    });
    let Some((at, "packets", why)) = failed else { panic!("{failed:?}") };
    assert!(why.contains("`cap0` is gone"), "{why}");
    assert!(stream.ticks().last().is_some_and(|last| *last > at), "ticks go on");
    assert!(!capture(&stream).runs(at));
}

#[test]
fn the_right_to_capture_is_asked_for_and_laid_down() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let link = Link::new();
    let mut nobody = link.receiver.command("setpriv");
    nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(migtop());
    nobody.args(["record", "--packets", INTERFACE, "-o", "-"]).stdin(Stdio::null());
    let refused = nobody.output().expect("setpriv runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("sudo setcap cap_net_raw+ep "), "{said}");
    assert!(refused.stdout.is_empty(), "nothing is recorded");

    let mut unknown = link.receiver.command(migtop());
    let unknown = unknown.args(["record", "--packets", "eth77", "-o", "-"]).stdin(Stdio::null());
    let refused = unknown.output().expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("no interface `eth77`") && said.contains("lo, cap0"), "{said}");

    let recording = Recording::start(&link.receiver, INTERFACE);
    std::thread::sleep(Duration::from_millis(500));
    for task in std::fs::read_dir(format!("/proc/{}/task", recording.pid())).expect("it runs") {
        let status = task.expect("a task").path().join("status");
        let status = std::fs::read_to_string(status).expect("it runs");
        for set in ["CapEff:\t", "CapPrm:\t"] {
            let line = status.lines().find_map(|line| line.strip_prefix(set)).expect("proc(5)");
            let rights = u64::from_str_radix(line, 16).expect("proc(5)");
            assert_eq!(rights & 1 << 13, 0, "CAP_NET_RAW in {set}{line}");
            assert_ne!(rights & 1 << 12, 0, "CAP_NET_ADMIN is not ours to take");
        }
    }
    recording.end();
}

#[test]
fn a_capture_that_is_asked_for_twice_is_one() {
    use migtop::source::inventory::{Inventory, Settings};
    use migtop::source::linux::{Linux, Reader};
    use migtop::source::{Source, schedule, survey::Surroundings};
    if !can_run(&[]) {
        return;
    }
    let link = Link::new();
    let events = inside(&link.receiver, || {
        let interval = Duration::from_millis(100);
        let mut source = Box::new(Linux::open(Reader::Auto, interval).expect("netlink"));
        let links = source.links(Duration::ZERO).expect("the first time");
        let inventory = Inventory::new(Settings::default());
        let (around, clock) = (Surroundings::default(), SessionClock::start());
        let sampler = schedule::start(source, links, inventory, around, clock, interval);
        let (handle, mut batches) = sampler.expect("it starts");
        let [cap, lo] = [INTERFACE, "lo"].map(|name| target(name).expect("there"));
        let nowhere = Target { index: 4_711, name: "gone0".into() };
        let steps = [(Some(cap.clone()), 1_500), (Some(cap), 1_500), (Some(lo), 2_500)];
        for (target, time) in steps.into_iter().chain([(None, 500), (Some(nowhere), 500)]) {
            handle.capture(target);
            std::thread::sleep(Duration::from_millis(time));
        }
        drop(handle);
        let mut events = Vec::new();
        while let Some(batch) = batches.blocking_recv() {
            events.extend(batch);
        }
        events
    });
    let stream = Stream(events);
    let seconds = seconds(&stream);
    let told: Vec<_> = seconds.iter().map(|c| c.interface).collect();
    let (cap, lo) = (stream.ids(INTERFACE)[0], stream.ids("lo")[0]);
    assert_eq!(told, [cap, cap, lo, lo]);
    assert_eq!(seconds[0].at, seconds[1].from, "the second request changed nothing");
    let failed = stream.0.iter().filter_map(|event| match event {
        Event::SourceFailed { source, why, .. } => Some(format!("{source}: {why}")),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.len() == 1 && failed[0].contains("packets of `gone0`"), "{failed:?}");
}

/// Whether a program answers to `--help` or `-h`.
pub fn is_installed(program: &str) -> bool {
    let quiet = || Stdio::null();
    let mut asked = Command::new(program);
    asked.arg("-h").stdin(quiet()).stdout(quiet()).stderr(quiet()).status().is_ok()
}
