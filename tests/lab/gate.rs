//! Whether a lab test can run here, and what it prints beside passing.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// What every lab test needs.
const TOOLS: &[&str] = &["ip", "tc", "iperf3", "setsid", "sh"];

/// `true` when the test can run; prints why not otherwise.
///
/// # Panics
/// When the lab was asked for and something is missing.
pub fn can_run(more_tools: &[&str]) -> bool {
    if std::env::var_os("MIGTOP_LAB") != Some(OsString::from("1")) {
        say("skipped: a lab test; MIGTOP_LAB=1 runs it, as root");
        return false;
    }
    assert!(rustix::process::geteuid().is_root(), "MIGTOP_LAB=1 needs root");
    for tool in TOOLS.iter().chain(more_tools) {
        assert!(found(tool), "MIGTOP_LAB=1 needs `{tool}`; .ci/run installs what is missing");
    }
    true
}

fn found(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(tool).exists())
}

/// Says something that a passing test shows, too; the test's name stands before it.
pub fn say(text: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("lab");
    // Written past the harness, which swallows what passing tests print.
    let _ = writeln!(std::io::stderr().lock(), "{name}: {text}");
}
