//! Programs beside the one under test, and what the kernel says about one that runs.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program under test.
pub fn migtop() -> PathBuf {
    std::env::var_os("MIGTOP_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_migtop")), PathBuf::from)
}

/// Runs `command` to its end; its standard output.
///
/// # Panics
/// When it fails; its standard error is in the message.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().expect("the program can be started");
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}: {stderr}");
    String::from_utf8_lossy(&stdout).into_owned()
}

/// Runs a program by the words of one line.
pub fn run_line(line: &str) -> String {
    let mut words = line.split_whitespace();
    run(Command::new(words.next().expect("a program")).args(words))
}

/// A child that is killed when it is dropped.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Whether it has ended by itself within `time`, and successfully.
    pub fn finishes(&mut self, time: Duration) -> bool {
        wait_until(time, || matches!(self.0.try_wait(), Ok(Some(status)) if status.success()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until `done` or `time` is over; the last answer.
pub fn wait_until(time: Duration, mut done: impl FnMut() -> bool) -> bool {
    let asked = Instant::now();
    loop {
        if done() {
            return true;
        }
        if asked.elapsed() >= time {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; the fields follow its last bracket, proc(5).
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// CPU time used so far, in clock ticks.
pub fn cpu_ticks(pid: u32) -> u64 {
    let fields = stat(pid).expect("the process runs");
    [11, 12].iter().map(|field| fields[*field].parse::<u64>().expect("a number")).sum()
}

/// Its state, as ps shows it; `None` when it is gone.
pub fn state(pid: u32) -> Option<char> {
    stat(pid)?.first()?.chars().next().filter(|state| *state != 'Z')
}

/// The most memory it has held so far, in KiB.
pub fn peak_rss_kib(pid: u32) -> u64 {
    try_peak_rss_kib(pid).expect("the process runs")
}

/// The same; `None` when it has ended.
pub fn try_peak_rss_kib(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
