//! Other programs that capture, on the same traffic, where they are installed: figures to read beside
//! ours, nothing that is checked.

use std::process::Stdio;
use std::time::Duration;

use super::gate::say;
use super::packets::{INTERFACE, Link, is_installed};
use super::process::Running;

/// Each one's CPU time for a packet and the share of the bytes that it tells of.
pub fn measure(what: &str, link: &Link, how: &str) {
    let iftop: &[&str] = &["-i", INTERFACE, "-t", "-n", "-N", "-P", "-B", "-s", "7"];
    let bandwhich: &[&str] = &["--raw", "--no-resolve", "--interface", INTERFACE];
    for (program, arguments) in [("iftop", iftop), ("bandwhich", bandwhich)] {
        if !is_installed(program) {
            continue;
        }
        let output = tempfile::NamedTempFile::new().expect("a file");
        let mut command = link.receiver.command(program);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
        command.stdout(Stdio::from(output.reopen().expect("a file")));
        let mut running = Running(command.spawn().expect("it starts"));
        std::thread::sleep(Duration::from_millis(1_200));
        let ((bytes, packets), cpu) = (received(link), cpu(running.0.id()));
        link.send(how);
        std::thread::sleep(Duration::from_millis(1_300));
        let cpu = self::cpu(running.0.id()) - cpu;
        let (then, packets_then) = received(link);
        if program == "iftop" {
            running.finishes(Duration::from_secs(20));
        }
        drop(running);
        let text = std::fs::read_to_string(output.path()).unwrap_or_default();
        let told = if program == "iftop" { of_iftop(&text) } else { of_bandwhich(&text) };
        let share = told / (then - bytes) as f64 * 100.0;
        let share = if share.is_nan() { "nothing legible".into() } else { format!("{share:.1} %") };
        say(&format!(
            "{what}: {program} tells of {share}, {:.0} ns of CPU a packet",
            cpu / (packets_then - packets) as f64,
        ));
    }
}

/// Octets received, and packets both ways.
fn received(link: &Link) -> (u64, u64) {
    let mut command = link.receiver.command("cat");
    let table = super::process::run(command.arg("/proc/net/dev"));
    let line = table.lines().find_map(|line| line.trim().strip_prefix(INTERFACE)).expect("there");
    let fields: Vec<u64> =
        line.trim_start_matches(':').split_whitespace().map(|f| f.parse().expect("proc")).collect();
    (fields[0], fields[1] + fields[9])
}

/// CPU time of all threads, ns.
fn cpu(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    tasks.filter_map(of).sum()
}

/// The received one of `Cumulative (sent/received/total): 1.2KB 3.4MB 3.4MB`, the last.
fn of_iftop(text: &str) -> f64 {
    let line = text.lines().rfind(|line| line.starts_with("Cumulative")).unwrap_or_default();
    let word = line.split_whitespace().nth(3).unwrap_or_default();
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match &word[digits.len()..] {
        "GB" => 3,
        "MB" => 2,
        "KB" => 1,
        _ => 0,
    };
    digits.parse::<f64>().unwrap_or(f64::NAN) * 1024_f64.powi(power)
}

/// The second one of each `remote_address: <time> 10.78.0.1 up/down Bps: 12/345 …`, one a second.
fn of_bandwhich(text: &str) -> f64 {
    let lines = text.lines().filter(|line| line.starts_with("remote_address"));
    let down = lines.filter_map(|line| {
        let rates = line.split("Bps: ").nth(1)?.split_whitespace().next()?;
        rates.split_once('/')?.1.parse::<f64>().ok()
    });
    down.sum()
}
