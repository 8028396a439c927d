//! The stream on standard output, whatever its reader does; and files that are there already.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use migtop::journal::{Form, Reader};
use migtop::model::Event;
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{Pid, Signal, kill_process};

use super::gate::{can_run, say};
use super::namespace::Namespace;
use super::process::{Running, migtop, wait_until};
use super::recorder::{Client, Home, said};
use super::stream::Stream;
use super::traffic::Pair;
use super::tty::PATIENCE;

#[test]
fn a_reader_of_the_stream_that_has_enough_ends_it_quietly() {
    if !can_run(&["head", "true"]) {
        return;
    }
    let namespace = Namespace::new('P');
    for reader in ["head -c 2000 | wc -c", "true"] {
        let home = Home::new();
        let script = format!(r#"{{ "$@"; echo status $? >&2; }} | {reader}"#);
        let mut command = namespace.command("sh");
        command.args(["-c", &script, "sh"]).arg(migtop()).args(["record", "-o", "-"]);
        home.of(&mut command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = Running(command.spawn().expect("sh runs"));
        assert!(running.finishes(PATIENCE), "{reader}: it does not notice");
        let (mut out, mut err) = (String::new(), String::new());
        running.0.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
        running.0.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
        let last = err.lines().last();
        assert_eq!(last, Some("status 0"), "{reader}: {err}");
        assert!(!err.contains("panicked") && !err.contains("rror"), "{reader}: {err}");
        assert!(reader == "true" || out.trim() == "2000", "{out}");
        assert!(home.sockets().is_empty(), "{reader}: {:?}", home.sockets());
    }
}

#[test]
fn a_slow_reader_gets_everything_and_delays_no_sample() {
    /// Samples, of 100 ms each: at that distance none is missed on a busy machine either.
    const PAUSE: u64 = 150;
    /// What the pipe holds: as little as it can, so that it is full at once.
    const PIPE: usize = 4_096;
    if !can_run(&[]) {
        return;
    }
    let home = Home::new();
    let pair = Pair::new();
    let _flow = pair.trickle();
    let mut command = pair.here.command(migtop());
    home.of(command.args(["record", "-o", "-"]));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("it can be started"));
    let mut out = running.0.stdout.take().expect("a pipe");
    fcntl_setpipe_size(&out, PIPE).expect("a small pipe");
    let mut text = vec![0; 500];
    out.read_exact(&mut text).expect("a little");
    assert!(wait_until(PATIENCE, || !home.sockets().is_empty()), "no control socket");
    let mut client = Client::connect(&home.sockets()[0]).expect("it listens");
    let samples = |client: &mut Client| client.status().samples;
    let paused = wait_until(PATIENCE * 4, || samples(&mut client) > PAUSE);
    assert!(paused, "it waits for its reader");
    let held_up = client.status();
    let pid = Pid::from_raw(running.0.id() as i32).expect("a process");
    kill_process(pid, Signal::INT).expect("sent");
    out.read_to_end(&mut text).expect("the rest");
    assert!(running.finishes(PATIENCE), "it does not end");

    let path = home.path().join("copy.jsonl");
    std::fs::write(&path, &text).expect("written");
    let stream = Stream::read(&path);
    let end = stream.end();
    say(&format!(
        "{} B, {} of them beyond the pipe; {} samples, {} missed, longest tick {:?}",
        text.len(),
        text.len().saturating_sub(PIPE),
        end.samples,
        end.missed,
        stream.longest_tick()
    ));
    assert!(text.len() > PIPE * 2, "the pipe was never full");
    assert!(held_up.recording, "{held_up:?}");
    assert_eq!(stream.ticks().len() as u64, end.samples, "every sample is there");
    let gap = stream.0.iter().find(|event| matches!(event, Event::Gap { .. }));
    assert_eq!(gap, None);
    assert_eq!(end.missed, 0);
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    if !can_run(&[]) {
        return;
    }
    let home = Home::new();
    let namespace = Namespace::new('P');
    for (name, form) in [("a.jsonl", Form::Lines), ("a.jsonl.zst", Form::Frames)] {
        let path = home.path().join(name);
        let record = |more: &[&str]| {
            let mut command = namespace.command(migtop());
            home.of(command.args(["record", "-n", "50ms", "--duration", "500ms", "-o"]));
            command.arg(&path).args(more).stdin(Stdio::null());
            command.output().expect("it can be started")
        };
        std::fs::write(&path, "precious").expect("written");
        let refused = record(&[]);
        let why = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{why}");
        assert!(why.contains(&format!("{name} exists already; --force replaces it")), "{why}");
        assert_eq!(std::fs::read(&path).expect("there"), b"precious");

        let done = record(&["--force"]);
        assert!(done.status.success(), "{}", said(&done));
        assert!(Stream::read(&path).ticks().len() >= 2);
        assert_eq!(Reader::open(&path, false).expect("a session").form(), form);
        let plain = std::fs::read(&path).expect("there").starts_with(b"{\"event\":\"session\"");
        assert_eq!(plain, form == Form::Lines, "{name}");
        check_zstd(&path, form);
    }
}

/// What is compressed is readable with the ordinary tool.
fn check_zstd(path: &Path, form: Form) {
    let Ok(output) = Command::new("zstdcat").arg(path).stdin(Stdio::null()).output() else {
        return;
    };
    if form == Form::Frames {
        assert!(output.status.success() && output.stdout.starts_with(b"{\"event\":\"session\""));
    }
}
