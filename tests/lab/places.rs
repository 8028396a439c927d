//! Where there is little: no rights, no interfaces, no reader.

use std::process::Stdio;
use std::time::Duration;

use super::gate::can_run;
use super::namespace::Namespace;
use super::plain::Plain;
use super::process::{Running, migtop, run};
use super::traffic::{INTERFACE, Pair};
use super::tty::{Launch, PATIENCE, SETPRIV};

#[test]
fn nobody_can_use_all_of_it() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let pair = Pair::new();
    let _flow = pair.flow(Duration::from_secs(120));
    pair.wait_for_flow();
    let mut tty = Launch::in_namespace(&pair.here).unprivileged().shown();
    tty.wait_for("a rate", |screen| screen.contains("Mbit/s"));
    let copy = tty.folder().join("migtop");
    for sampler in ["auto", "netlink", "proc", "sysinfo"] {
        let mut command = pair.here.command(SETPRIV[0]);
        command.args(&SETPRIV[1..]).arg(&copy).args(["--sampler", sampler]);
        let plain = Plain::start(&mut command);
        plain.next_of(INTERFACE);
        let (_, line) = plain.next_of(INTERFACE);
        assert!(line.tx.expect("a rate") > 5e8, "{sampler}: {line:?}");
        assert_eq!(plain.end(), 143);
    }
    let mut command = pair.here.command(SETPRIV[0]);
    command.args(&SETPRIV[1..]).arg(&copy).args(["interfaces", "--format", "json"]);
    assert!(run(&mut command).contains("10.77.0.1"));
    let stream = tty.snapshot();
    assert!(!stream.ticks().is_empty());
    tty.quit();
}

#[test]
fn a_namespace_with_only_a_loopback_is_watched_all_the_same() {
    if !can_run(&[]) {
        return;
    }
    for (namespace, state) in [(Namespace::new('L'), "up"), (Namespace::bare('L'), "down")] {
        let mut tty = Launch::in_namespace(&namespace).shown();
        tty.wait_for("the loopback", |screen| screen.contains("lo"));
        let stream = tty.snapshot();
        assert_eq!(stream.ids("lo").len(), 1, "{state}");
        tty.quit();
        let plain = Plain::start(&mut namespace.command(migtop()));
        let (_, line) = plain.next_of("lo");
        assert_eq!(line.tx, Some(0.0), "{state}");
        assert_eq!(plain.end(), 143);
        for format in ["text", "json"] {
            let listed = run(namespace.command(migtop()).args(["interfaces", "--format", format]));
            assert!(listed.contains("lo"), "{state}: {listed}");
        }
    }
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    if !can_run(&[]) {
        return;
    }
    let namespace = Namespace::new('L');
    let script = r#"{ "$@"; echo status $? >&2; } | head -n 1"#;
    let mut command = namespace.command("sh");
    command.args(["-c", script, "sh"]).arg(migtop()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("sh runs"));
    assert!(running.finishes(PATIENCE), "it does not notice that its reader has gone");
    let mut text = String::new();
    let mut stderr = running.0.stderr.take().expect("a pipe");
    std::io::Read::read_to_string(&mut stderr, &mut text).expect("UTF-8");
    assert_eq!(text, "status 0\n");
}
