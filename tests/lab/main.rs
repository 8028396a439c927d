//! The other half of the tests: the program itself on real interfaces, with real traffic, in real
//! terminals.
//!
//! They need root, namespaces, iperf3, tc, QEMU and Chromium, and run with `MIGTOP_LAB=1` only
//! (`.ci/run` sets it); otherwise each prints why it is skipped. With `MIGTOP_LAB=1` a missing tool
//! is a failure. `MIGTOP_BIN` names another program to test than the one cargo built beside the tests.
//!
//! ```text
//! MIGTOP_LAB=1 cargo test --test lab -- --test-threads=1
//! ```
//!
//! Nothing here depends on how fast the machine is: ratios, counts, CPU time, generous time-outs.
//! What is made is named `mt…` with this process's id, and removed on the way out.
#![cfg(target_os = "linux")]

mod gate;
mod namespace;
mod plain;
mod process;
mod recorder;
mod stream;
mod traffic;
mod tty;
mod verdicts;

mod accuracy;
mod bond;
mod browser;
mod crowd;
mod day;
mod departures;
mod evacuation;
mod full_disk;
mod hotplug;
mod kills;
mod lag;
mod limits;
mod matrix;
mod names;
mod owners;
mod packets;
mod pipes;
mod places;
mod samplers;
mod sniffers;
mod sockets;
mod terminal;
mod trials;
