//! Network namespaces that are removed when they are dropped.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::process::{Running, run, run_line, wait_until};

/// A named namespace with a process in it that keeps it readable through /proc.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    holder: Option<Running>,
}

/// The kernel's counters of one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Octets received.
    pub rx: u64,
    /// Octets sent.
    pub tx: u64,
}

impl Namespace {
    /// A namespace whose loopback is up, without IPv6: nothing chatters in it.
    pub fn new(letter: char) -> Self {
        let namespace = Self::bare(letter);
        for which in ["all", "default"] {
            namespace.set_ipv6(which, false);
        }
        namespace.ip("link set lo up");
        namespace
    }

    /// A namespace as the kernel makes it: one loopback, down.
    pub fn bare(letter: char) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mt{letter}{}x{number}", std::process::id());
        run_line(&format!("ip netns add {name}"));
        let mut namespace = Self { name, holder: None };
        let mut sleep = namespace.command("sleep");
        let child = sleep.arg("infinity").stdin(Stdio::null()).spawn().expect("sleep runs");
        let pid = child.id();
        namespace.holder = Some(Running(child));
        let inside = || std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        assert!(wait_until(Duration::from_secs(20), || inside() == "sleep\n"), "no holder");
        namespace
    }

    /// Its name for `ip netns`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `program` inside it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        // Nothing of the user's is touched.
        command.env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
        command
    }

    /// `ip` on its links; the words of one line.
    pub fn ip(&self, line: &str) {
        run(Command::new("ip").args(["-n", &self.name]).args(line.split_whitespace()));
    }

    /// Many `ip` commands in one process.
    pub fn ip_batch(&self, lines: &[String]) {
        let mut child = Command::new("ip")
            .args(["-n", &self.name, "-batch", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("ip runs");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(lines.join("\n").as_bytes()).expect("written");
        drop(input);
        assert!(child.wait().expect("ip ends").success(), "ip -batch failed");
    }

    /// Turns IPv6 on or off for interfaces to come (`default`) or for all; a kernel without IPv6
    /// is as good as one with it turned off.
    pub fn set_ipv6(&self, which: &str, on: bool) {
        let path = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
        let value = if on { "0" } else { "1" };
        let script = format!("[ ! -e {path} ] || echo {value} >{path}");
        run(self.command("sh").args(["-c", &script]));
    }

    /// The kernel's counters of an interface; `None` when there is none of that name.
    pub fn counters(&self, interface: &str) -> Option<Counters> {
        let holder = self.holder.as_ref().expect("kept until the end").0.id();
        let table = std::fs::read_to_string(format!("/proc/{holder}/net/dev")).ok()?;
        let fields = table.lines().find_map(|line| {
            let (name, fields) = line.split_once(':')?;
            (name.trim() == interface).then_some(fields)
        })?;
        let mut fields = fields.split_whitespace().map(|field| field.parse().ok());
        Some(Counters { rx: fields.next()??, tx: fields.nth(7)?? })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.holder = None;
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}
