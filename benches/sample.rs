//! One sample of 2, 100 and 1000 interfaces, beside the kernel's floor: the same dump received and
//! not parsed. Makes the interfaces in a network namespace of its own (root, or user namespaces,
//! and `ip`); without that it measures the interfaces that are there.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

#[cfg(target_os = "linux")]
fn sample(criterion: &mut Criterion) {
    use migtop::source::linux::stats::NetlinkCounters;

    let own_namespace = enter_namespace();
    if !own_namespace {
        println!("no network namespace of our own: measuring the interfaces that are there");
    }
    let mut there = 1;
    for interfaces in [2, 100, 1000] {
        if own_namespace {
            add_interfaces(there, interfaces);
            there = interfaces;
        }
        let mut group = criterion.benchmark_group("sample");
        let mut counters = NetlinkCounters::open().expect("netlink");
        let mut reading = Vec::new();
        group.bench_function(BenchmarkId::new("floor", interfaces), |b| {
            b.iter(|| counters.floor().expect("a dump"));
        });
        group.bench_function(BenchmarkId::new("netlink", interfaces), |b| {
            b.iter(|| counters.read_into(&mut reading).expect("a dump"));
        });
        if own_namespace {
            assert_eq!(reading.len(), interfaces, "every interface was read");
        }
        if interfaces <= 100 {
            let mut portable = migtop::source::sysinfo::SysinfoCounters::open().expect("a list");
            group.bench_function(BenchmarkId::new("sysinfo", interfaces), |b| {
                b.iter(|| {
                    reading.clear();
                    portable.read(&mut reading);
                });
            });
        }
    }
}

/// A user namespace comes with every right in the network namespace made with it.
#[cfg(target_os = "linux")]
fn enter_namespace() -> bool {
    use rustix::thread::UnshareFlags;
    #[expect(unsafe_code, reason = "unshare(2) is unsafe for what it may do to other threads")]
    // SAFETY: no other thread has been started; file descriptors stay shared as they were.
    let enter = |flags| unsafe { rustix::thread::unshare_unsafe(flags).is_ok() };
    enter(UnshareFlags::NEWNET) || enter(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)
}

/// Adds veth pairs until `total` interfaces are there, of which `there` are.
#[cfg(target_os = "linux")]
fn add_interfaces(there: usize, total: usize) {
    let mut batch = String::new();
    if (total - there) % 2 == 1 {
        let _ = writeln!(batch, "link add odd{there} type bridge");
    }
    for pair in 0..(total - there) / 2 {
        let _ = writeln!(batch, "link add a{there}x{pair} type veth peer name b{there}x{pair}");
    }
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("`ip` of iproute2");
    ip.stdin.take().expect("piped").write_all(batch.as_bytes()).expect("ip reads");
    assert!(ip.wait().expect("ip ends").success(), "interfaces were made");
}

#[cfg(not(target_os = "linux"))]
fn sample(_criterion: &mut Criterion) {}

criterion_group!(benches, sample);
criterion_main!(benches);
