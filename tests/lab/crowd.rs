//! A thousand interfaces at once.

use std::time::Duration;

use super::gate::{can_run, say};
use super::process::peak_rss_kib;
use super::traffic::{INTERFACE, Pair, SHAPED};
use super::tty::{Launch, PATIENCE};

#[test]
fn a_thousand_interfaces_at_once_disturb_nothing() {
    const PAIRS: usize = 500;
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let flow = pair.flow(Duration::from_secs(600));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).shown();
    let make = |n| format!("link add here{n} type veth peer name there{n}");
    pair.here.ip_batch(&(0..PAIRS).map(make).collect::<Vec<_>>());
    let up = |n| [format!("link set here{n} up"), format!("link set there{n} up")];
    pair.here.ip_batch(&(0..PAIRS).flat_map(up).collect::<Vec<_>>());
    let all = format!("{} folded", 2 * PAIRS + 1);
    tty.wait_for("the count", |screen| screen.contains(&all));
    std::thread::sleep(Duration::from_secs(2));
    let drop_all = |n| format!("link del here{n}");
    pair.here.ip_batch(&(0..PAIRS).map(drop_all).collect::<Vec<_>>());
    tty.wait_for("the end of them", |screen| screen.contains(" 1 folded"));
    drop(flow);
    pair.wait_for_quiet();
    std::thread::sleep(Duration::from_millis(500));

    let stream = tty.snapshot();
    let [id] = stream.ids(INTERFACE)[..] else { panic!("{:?}", stream.ids(INTERFACE)) };
    assert!(stream.gaps(id).is_empty(), "the busy one has no gap: {:?}", stream.gaps(id));
    assert_eq!(stream.last(id).tx, pair.sent(), "no byte is lost");
    stream.check_no_spike(1.5 * SHAPED);
    let ticks = stream.ticks();
    let longest = stream.longest_tick();
    let (rss, missed) = (peak_rss_kib(tty.pid()), stream.end().missed);
    say(&format!(
        "peak RSS {rss} KiB; {} ticks, {missed} missed, the longest {longest:?}",
        ticks.len()
    ));
    assert!(rss <= 40 * 1024, "peak RSS {rss} KiB");
    assert!(longest < PATIENCE / 10, "no tick for {longest:?}");
    tty.quit();
}
