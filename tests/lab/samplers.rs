//! Three ways to read the same counters see the same bytes.

use std::time::Duration;

use super::gate::{can_run, say};
use super::traffic::{INTERFACE, Pair};
use super::tty::Launch;

const SAMPLERS: [&str; 3] = ["netlink", "proc", "sysinfo"];

#[test]
fn the_samplers_agree_on_the_same_traffic() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let mut ttys = SAMPLERS
        .map(|name| Launch::in_namespace(&pair.here).arguments(&["--sampler", name]).shown());
    let before = pair.here.counters(INTERFACE).expect("there");
    pair.send("200M");
    pair.wait_for_quiet();
    let after = pair.here.counters(INTERFACE).expect("there");
    // Two ticks, so that each has read the last byte.
    std::thread::sleep(Duration::from_millis(500));
    let sent = after.tx - before.tx;
    say(&format!("{sent} B sent"));
    for (tty, name) in ttys.iter_mut().zip(SAMPLERS) {
        let screen = tty.text();
        assert!(screen.contains(name), "{name} is not said on the screen:\n{screen}");
        let stream = tty.snapshot();
        let [id] = stream.ids(INTERFACE)[..] else { panic!("{name}: {:?}", stream.ids(INTERFACE)) };
        let added = stream.added(id, Duration::ZERO, Duration::MAX);
        assert_eq!(added.tx, sent, "{name}");
        assert_eq!(added.rx, after.rx - before.rx, "{name}");
        let last = stream.last(id);
        assert_eq!((last.tx, last.rx), (after.tx, after.rx), "{name}");
        assert!(stream.gaps(id).is_empty(), "{name}: {:?}", stream.gaps(id));
        tty.quit();
    }
}
