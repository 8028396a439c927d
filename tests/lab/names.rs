//! Names that would be commands to a terminal.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use migtop::tui::terminal::ASK_BACKGROUND;

use super::gate::can_run;
use super::namespace::Namespace;
use super::plain::Plain;
use super::process::{migtop, run, wait_until};
use super::tty::{Launch, PATIENCE};

/// Sets a window's title; turns red by an 8-bit CSI, which is no UTF-8, and by one that is; rings;
/// has what follows drawn backwards.
const HOSTILE: [&[u8]; 5] =
    [b"a\x1b]0;PWN\x07", b"b\x9b31mred", b"c\xc2\x9b31mred", b"d\x07\x08\x7f", b"e\xe2\x80\xaee"];

#[test]
fn a_hostile_name_reaches_no_terminal() {
    if !can_run(&[]) {
        return;
    }
    let namespace = Namespace::new('N');
    for (number, name) in HOSTILE.into_iter().enumerate() {
        let mut ip = Command::new("ip");
        ip.args(["-n", namespace.name(), "link", "add", "name"]).arg(OsStr::from_bytes(name));
        run(ip.args(["type", "veth", "peer", "name", &format!("peer{number}")]));
        namespace.ip(&format!("link set peer{number} up"));
        let mut ip = Command::new("ip");
        ip.args(["-n", namespace.name(), "link", "set"]).arg(OsStr::from_bytes(name));
        run(ip.args(["up"]));
    }
    let mut tty = Launch::in_namespace(&namespace).shown();
    // Idle ones as well, then one that goes: its name is in the notice, too.
    tty.press("i");
    // The emulator leaves U+FFFD out, so the bytes are asked.
    let shown = || contains(&tty.raw(), "a\u{fffd}]0;PWN\u{fffd} ".as_bytes());
    assert!(wait_until(PATIENCE, shown), "the names are not shown:\n{}", tty.text());
    let mut ip = Command::new("ip");
    run(ip.args(["-n", namespace.name(), "link", "del"]).arg(OsStr::from_bytes(HOSTILE[0])));
    tty.wait_for("the notice", |screen| screen.contains("is gone"));
    tty.snapshot();
    tty.quit();
    // What migtop itself asks the terminal is no name.
    let raw = without(tty.raw(), ASK_BACKGROUND);
    for sequence in [&b"\x1b]"[..], b"\x07", b"\x9b31m", b"\xc2\x9b", b"\x7f", b"\xe2\x80\xae"] {
        assert!(!contains(&raw, sequence), "{sequence:?} went out");
    }
    let pictures = std::fs::read_dir(tty.folder()).expect("a folder");
    for path in pictures.map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|e| e == "svg" || e == "txt") {
            check(&std::fs::read(&path).expect("readable"));
        }
    }

    let plain = Plain::start(namespace.command(migtop()).args(["-i", "*"]));
    for _ in 0..8 {
        check(&plain.next_raw().1);
    }
    plain.end();
    check(run(namespace.command(migtop()).args(["interfaces"])).as_bytes());
    // JSON is for programs, which get the name as it is; a terminal gets no escape from it.
    let json = run(namespace.command(migtop()).args(["interfaces", "--format", "json"]));
    assert!(json.contains(r"d\u0007\b") && !json.contains('\u{7}'), "{json}");
}

fn without(mut bytes: Vec<u8>, what: &[u8]) -> Vec<u8> {
    while let Some(at) = bytes.windows(what.len()).position(|window| window == what) {
        bytes.drain(at..at + what.len());
    }
    bytes
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|bytes| bytes == wanted)
}

/// Text, of lines, without control characters.
fn check(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let control = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert!(control.is_none(), "{control:?} in {text}");
}
