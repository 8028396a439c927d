//! What is shown against what the kernel counted.

use std::time::Duration;

use super::gate::{can_run, say};
use super::plain::Plain;
use super::process::migtop;
use super::traffic::{INTERFACE, Pair};

/// Seconds that are compared.
const SECONDS: usize = 12;
/// 1.000 +- 0.002, the figure.
const TOLERANCE: f64 = 0.002;

#[test]
fn the_one_second_rate_is_the_kernels() {
    if !can_run(&[]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(120));
    pair.wait_for_flow();
    let plain = Plain::start(&mut pair.here.command(migtop()));
    // The first second has the start in it.
    plain.next_of(INTERFACE);
    let mut kernel = Vec::new();
    let mut shown = Vec::new();
    for _ in 0..=SECONDS {
        let (at, line) = plain.next_of(INTERFACE);
        kernel.push((at, pair.sent()));
        shown.push(line.tx.expect("a rate"));
    }
    // Each rate is over the second before its line: the first one's began before the first reading.
    let mean = shown[1..].iter().sum::<f64>() / SECONDS as f64;
    let ((begin, first), (end, last)) = (kernel[0], kernel[SECONDS]);
    let counted = (last - first) as f64 * 8.0 / (end - begin).as_secs_f64();
    let ratio = mean / counted;
    say(&format!(
        "shown / kernel's = {ratio:.5} ({:.2} and {:.2} Mbit/s over {SECONDS} s)",
        mean / 1e6,
        counted / 1e6
    ));
    assert!((ratio - 1.0).abs() <= TOLERANCE, "{ratio}: {shown:?}");
}
