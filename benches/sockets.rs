//! A look at 10,000 TCP sockets beside the kernel's floor (the same dump received and not parsed),
//! and the exact requests for the followed ones. The sockets are real connections over loopback, in
//! a network namespace of their own where that is allowed.
//!
//! Behind criterion's figures stand those of CPU time, the two taken in turns.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

#[cfg(target_os = "linux")]
fn sockets(criterion: &mut Criterion) {
    use migtop::source::linux::sockets::{self, Settings};
    use migtop::source::survey::{Companion, Survey};
    use migtop::{clock, clock::SessionClock, model::Event};

    const SOCKETS: usize = 10_000;
    if let Err(why) = prepare(SOCKETS) {
        println!("skipped: {why}");
        return;
    }
    let Some(mut connections) = connect(SOCKETS / 2) else {
        println!("skipped: the connections over loopback were not made");
        return;
    };
    let clock = SessionClock::start();
    let (mut finder, mut follower) = sockets::open(Settings { loopback: true });
    let (there, _) = finder.look_at_all(clock.now()).expect("a dump");
    assert!(there >= SOCKETS, "{there} sockets");
    move_bytes(&mut connections[..32]);
    finder.look(&clock, &mut Vec::new()).expect("a dump");
    let mut told = Vec::with_capacity(1);
    follower.follow(clock.now(), &|_| None, &mut told);
    let Some(Event::Sockets { tcp, .. }) = told.pop() else { panic!("nothing is followed") };
    let followed = tcp.len();

    let mut group = criterion.benchmark_group("sockets");
    group.bench_function("floor/10000", |b| b.iter(|| finder.floor().expect("a dump")));
    group.bench_function("look/10000", |b| {
        b.iter(|| finder.look_at_all(clock.now()).expect("a dump"));
    });
    group.bench_function(format!("exact/{followed}"), |b| {
        b.iter(|| {
            told.clear();
            follower.follow(clock.now(), &|_| None, &mut told);
        });
    });
    drop(group);

    let cost = |work: &mut dyn FnMut()| {
        let began = clock::thread_cpu();
        work();
        clock::thread_cpu().saturating_sub(began)
    };
    let (mut floors, mut looks, mut exacts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..200 {
        floors.push(cost(&mut || {
            let _ = finder.floor().expect("a dump");
        }));
        looks.push(cost(&mut || {
            let _ = finder.look_at_all(clock.now()).expect("a dump");
        }));
        exacts.push(cost(&mut || {
            told.clear();
            follower.follow(clock.now(), &|_| None, &mut told);
        }));
    }
    let (floor, look, exact) = (median(floors), median(looks), median(exacts));
    println!(
        "CPU time, medians: {there} sockets {look:?}, {:.3} of the floor's {floor:?}; {followed} \
         exact requests {exact:?}, {:?} each",
        look.as_secs_f64() / floor.as_secs_f64(),
        exact / followed.max(1) as u32,
    );
}

fn median(mut costs: Vec<Duration>) -> Duration {
    costs.sort_unstable();
    costs[costs.len() / 2]
}

/// Room for so many descriptors, and a namespace whose loopback is up.
#[cfg(target_os = "linux")]
fn prepare(sockets: usize) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::thread::UnshareFlags;
    let wanted = sockets as u64 + 100;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let maximum = limit.maximum.map(|maximum| maximum.max(wanted));
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
            .map_err(|errno| format!("{wanted} open files are not allowed: {errno}"))?;
    }
    #[expect(unsafe_code, reason = "unshare(2) is unsafe for what it may do to other threads")]
    // SAFETY: no other thread has been started; file descriptors stay shared as they were.
    let enter = |flags| unsafe { rustix::thread::unshare_unsafe(flags).is_ok() };
    if enter(UnshareFlags::NEWNET) || enter(UnshareFlags::NEWUSER | UnshareFlags::NEWNET) {
        let up = std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status();
        up.map_err(|error| format!("`ip` of iproute2: {error}"))?;
    } else {
        println!("no network namespace of our own: connections that are there are among them");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
type Connected = (std::net::TcpStream, std::net::TcpStream);

#[cfg(target_os = "linux")]
fn connect(number: usize) -> Option<Vec<Connected>> {
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let address = listener.local_addr().ok()?;
    let one = |_| Some((TcpStream::connect(address).ok()?, listener.accept().ok()?.0));
    (0..number).map(one).collect()
}

#[cfg(target_os = "linux")]
fn move_bytes(connections: &mut [Connected]) {
    use std::io::{Read, Write};
    for (here, there) in connections {
        here.write_all(&vec![7; 64 << 10]).expect("there is room");
        there.read_exact(&mut vec![0; 64 << 10]).expect("it arrives");
    }
}

#[cfg(not(target_os = "linux"))]
fn sockets(_criterion: &mut Criterion) {
    let _ = median(vec![Duration::ZERO]);
}

criterion_group!(benches, sockets);
criterion_main!(benches);
