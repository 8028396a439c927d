//! migtop without a terminal: its lines, with the time each came at.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::process::Running;
use super::tty::PATIENCE;

/// A running one.
pub struct Plain {
    program: Running,
    lines: Receiver<(Instant, Vec<u8>)>,
}

/// One line's figures; see [`Line::parse`].
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Interface or team.
    pub name: String,
    /// Over the last second, in bit/s.
    pub tx: Option<f64>,
    /// Over the last second, in bit/s.
    pub rx: Option<f64>,
    /// As printed.
    pub used: String,
    /// As printed.
    pub total_tx: String,
}

impl Plain {
    /// Starts `command`, which ends in migtop and its arguments.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut program = Running(command.spawn().expect("the program can be started"));
        let mut output = BufReader::new(program.0.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
                if sender.send((Instant::now(), std::mem::take(&mut line))).is_err() {
                    break;
                }
            }
        });
        Self { program, lines }
    }

    /// The next line's bytes, with when it came.
    pub fn next_raw(&self) -> (Instant, Vec<u8>) {
        self.lines.recv_timeout(PATIENCE).expect("a line in time")
    }

    /// The next line about `name`, with when it came.
    pub fn next_of(&self, name: &str) -> (Instant, Line) {
        loop {
            let (at, line) = self.next_raw();
            let line = Line::parse(&String::from_utf8(line).expect("UTF-8"));
            if line.name == name {
                return (at, line);
            }
        }
    }

    /// Ends it by SIGTERM; its exit status.
    pub fn end(mut self) -> i32 {
        let pid = Pid::from_raw(self.program.0.id() as i32).expect("a process");
        kill_process(pid, Signal::TERM).expect("sent");
        let status = self.program.0.wait().expect("ends");
        status.code().expect("ends by itself")
    }
}

impl Line {
    /// Reads one line.
    ///
    /// # Panics
    /// When it is not written as the README says.
    pub fn parse(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let behind = |label: &str, from: usize| {
            from + 1
                + words[from..].iter().position(|w| *w == label).unwrap_or_else(|| panic!("{line}"))
        };
        let (tx, rx, used) = (behind("TX", 1), behind("RX", 1), behind("used", 1));
        let total = behind("TX", behind("total", 1));
        let rate = |at: usize| (words[at] != "-").then(|| bits(words[at], words[at + 1]));
        Self {
            name: words[1].to_owned(),
            tx: rate(tx),
            rx: rate(rx),
            used: words[used].to_owned(),
            total_tx: words[total..total + 2].join(" "),
        }
    }
}

/// `957.12 Mbit/s` as a number.
pub fn bits(number: &str, unit: &str) -> f64 {
    let factor = match unit.strip_suffix("bit/s") {
        Some("") => 1.0,
        Some("k") => 1e3,
        Some("M") => 1e6,
        Some("G") => 1e9,
        Some("T") => 1e12,
        _ => panic!("`{unit}` is no unit of a rate in bits"),
    };
    number.parse::<f64>().unwrap_or_else(|_| panic!("`{number}` is no number")) * factor
}

#[test]
fn a_plain_line_is_read_as_it_is_written() {
    let line = "2026-11-22T14:02:11.123Z lab0            TX   957.12 Mbit/s  RX   1.2345 kbit/s  \
                used  95.7 %  peak(1 s) TX   957.30 Mbit/s  total TX 1230456789 B RX 456 B\n";
    let read = Line::parse(line);
    assert_eq!((read.name.as_str(), read.tx, read.rx), ("lab0", Some(957.12e6), Some(1234.5)));
    assert_eq!((read.used.as_str(), read.total_tx.as_str()), ("95.7", "1230456789 B"));
}
