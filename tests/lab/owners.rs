//! Whose a recording is under sudo, who may ask it, and many who ask at once.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use migtop::control::Request;
use migtop::model::MarkKind;

use super::gate::{can_run, say};
use super::namespace::Namespace;
use super::process::{migtop, wait_until};
use super::recorder::{Home, mark, said};
use super::stream::Stream;
use super::traffic::Pair;
use super::tty::{NOBODY, PATIENCE};

/// Neither root nor nobody.
const STRANGER: u32 = 65_533;

#[test]
fn under_sudo_everything_is_the_callers_and_the_callers_alone() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let home = Home::new();
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
    for name in ["state", "run"] {
        chown(home.path().join(name), Some(NOBODY), Some(NOBODY)).expect("nobody's");
    }
    let program = home.path().join("program");
    std::fs::copy(migtop(), &program).expect("copied");
    let namespace = Namespace::new('O');
    let mut command = namespace.command("env");
    let recorder = home.start(command.args(sudo()).arg(&program).args(["record", "-n", "50ms"]));

    let made = all_in(&[home.path().join("state/migtop"), home.path().join("run/migtop")]);
    let mut modes = Vec::new();
    for path in &made {
        let data = std::fs::symlink_metadata(path).expect("there");
        let wanted = if data.is_dir() { 0o700 } else { 0o600 };
        let name = path.strip_prefix(home.path()).expect("in it").display();
        assert_eq!((data.uid(), data.gid()), (NOBODY, NOBODY), "{name}");
        assert_eq!(data.mode() & 0o7777, wanted, "{name}");
        modes.push(format!("{name} {wanted:o}"));
    }
    say(&modes.join(", "));
    let recording = made.iter().find(|path| path.to_string_lossy().ends_with(".jsonl.zst"));
    let recording = recording.expect("a recording");

    // The caller of sudo, without sudo.
    let status = ask_as(NOBODY, &home, &program, &["status"]);
    assert!(status.status.success(), "{}", said(&status));
    for arguments in [&["mark", "start"][..], &["mark", "note", "mine"], &["mark", "stop"]] {
        let done = ask_as(NOBODY, &home, &program, arguments);
        assert!(done.status.success(), "{}", said(&done));
    }
    // And with it.
    let mut again = Command::new("env");
    home.of(&mut again).args(sudo()).arg(&program).args(["mark", "note", "root's"]);
    let done = again.stdin(Stdio::null()).output().expect("it can be started");
    assert!(done.status.success(), "{}", said(&done));

    // Somebody else, in the same folders, then with the socket within reach in a folder of theirs.
    let none = ask_as(STRANGER, &home, &program, &["status"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(said(&none).contains("no migtop of this user is running"), "{}", said(&none));
    let other = Home::new();
    std::fs::set_permissions(other.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
    let folder = other.path().join("run/migtop");
    std::fs::create_dir(&folder).expect("a folder");
    for path in [&folder, &other.path().join("run"), &other.path().join("state")] {
        chown(path, Some(STRANGER), Some(STRANGER)).expect("the stranger's");
    }
    std::fs::hard_link(&recorder.socket, folder.join("lent.sock")).expect("linked");
    std::fs::set_permissions(&recorder.socket, PermissionsExt::from_mode(0o666)).expect("opened");
    for arguments in [&["status"][..], &["mark", "note", "a stranger's"]] {
        let refused = ask_as(STRANGER, &other, &program, arguments);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(said(&refused).contains("cannot ask the migtop `lent`"), "{}", said(&refused));
    }

    let missed = recorder.client().status().missed;
    let (status, err) = recorder.end();
    assert_eq!(status, Some(0), "{err}");
    let stream = Stream::read(recording);
    let notes: Vec<_> = stream.marks().filter_map(|mark| mark.text.as_deref()).collect();
    assert_eq!(notes, ["mine", "root's"]);
    assert_eq!(missed, stream.end().missed);
    assert!(home.sockets().is_empty(), "{:?}", home.sockets());
}

/// What sudo tells of its caller, here nobody.
fn sudo() -> [String; 2] {
    [format!("SUDO_UID={NOBODY}"), format!("SUDO_GID={NOBODY}")]
}

/// The folders and everything in them.
fn all_in(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = folders.to_vec();
    let mut n = 0;
    while n < all.len() {
        let entries = std::fs::read_dir(&all[n]).into_iter().flatten();
        let entries: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        all.extend(entries);
        n += 1;
    }
    all
}

/// migtop of the user with this number, with that home.
fn ask_as(uid: u32, home: &Home, program: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={uid}"), &format!("--regid={uid}")]);
    command.args(["--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--"]);
    command.arg(program).args(arguments).current_dir("/");
    home.of(&mut command).stdin(Stdio::null()).output().expect("it can be started")
}

#[test]
fn of_several_one_is_chosen_and_one_that_was_killed_leaves_nothing() {
    if !can_run(&[]) {
        return;
    }
    let home = Home::new();
    let namespace = Namespace::new('O');
    let start = |name: &str| {
        let mut command = namespace.command(migtop());
        command.args(["record", "-o"]).arg(home.path().join(name));
        home.start(&mut command)
    };
    let (left, right) = (start("left.jsonl"), start("right.jsonl"));
    let unclear = home.migtop(&["status"]);
    let why = said(&unclear);
    assert_eq!(unclear.status.code(), Some(1), "{why}");
    for (one, name) in [(&left, "left"), (&right, "right")] {
        assert!(why.contains(&format!("  {name}  on ")), "{why}");
        let pid = one.pid().as_raw_nonzero().to_string();
        assert!(why.contains(&format!("process {pid},")), "{why}");
        for session in [name, &pid, &name[1..4]] {
            let status = home.migtop(&["status", "--session", session]);
            let text = String::from_utf8_lossy(&status.stdout);
            assert!(status.status.success() && text.contains(&format!("{name}.jsonl")), "{text}");
        }
    }
    let unclear = home.migtop(&["mark", "note", "whose?"]);
    assert_eq!(unclear.status.code(), Some(1));
    let unknown = home.migtop(&["status", "--session", "middle"]);
    assert!(said(&unknown).contains("no running migtop is called `middle`"), "{unknown:?}");

    let socket = left.socket.clone();
    left.kill();
    assert!(socket.exists(), "a killed one removes nothing");
    let only = home.migtop(&["mark", "note", "yours"]);
    assert!(only.status.success(), "{}", said(&only));
    assert!(!socket.exists(), "a socket without a listener is removed by those who ask");

    let socket = right.socket.clone();
    right.kill();
    assert!(socket.exists(), "a killed one removes nothing");
    let third = start("third.jsonl");
    assert!(wait_until(PATIENCE, || !socket.exists()), "nor by the next one");
    assert_eq!(third.session(), "third");
    assert_eq!(third.end().0, Some(0));
    let none = home.migtop(&["status"]);
    assert!(said(&none).contains("no migtop of this user is running"), "{}", said(&none));
}

#[test]
fn fifty_at_once_are_answered_and_nobody_can_disturb() {
    const CLIENTS: usize = 50;
    if !can_run(&[]) {
        return;
    }
    let home = Home::new();
    let pair = Pair::new();
    let _flow = pair.trickle();
    let path = home.path().join("busy.jsonl.zst");
    let mut command = pair.here.command(migtop());
    let recorder = home.start(command.args(["record", "-o"]).arg(&path));
    // One that says nothing, one that never reads what it asks for, one that sends rubbish.
    let silent = UnixStream::connect(&recorder.socket).expect("it listens");
    let mut deaf = UnixStream::connect(&recorder.socket).expect("it listens");
    deaf.set_write_timeout(Some(Duration::from_secs(1))).expect("set");
    let mut asked = 0;
    while asked < 20_000 && deaf.write_all(&Request::Status.to_line()).is_ok() {
        asked += 1;
    }
    let mut rubbish = UnixStream::connect(&recorder.socket).expect("it listens");
    let _ = rubbish.write_all(&vec![b'x'; 100_000]);

    let before = recorder.client().status();
    let together = Barrier::new(CLIENTS);
    let note = |n: usize| {
        let text = format!("note {n}");
        together.wait();
        // Half by the program, half by themselves.
        if n.is_multiple_of(2) {
            let done = home.migtop(&["mark", "note", &text]);
            assert!(done.status.success(), "{n}: {}", said(&done));
        } else {
            let mut client = recorder.client();
            assert!(client.mark(MarkKind::Note, Some(&text)).is_some(), "{n}: no answer");
            // Leaves without its last answer.
            client.send(&mark(MarkKind::Note, Some("left"))).expect("sent");
        }
    };
    std::thread::scope(|scope| {
        for n in 0..CLIENTS {
            scope.spawn(move || note(n));
        }
    });
    let after = recorder.client().status();
    drop((silent, deaf, rubbish));
    assert_eq!(recorder.end().0, Some(0));
    let stream = Stream::read(&path);
    for n in 0..CLIENTS {
        let text = format!("note {n}");
        let found = stream.marks().filter(|mark| mark.text.as_ref() == Some(&text)).count();
        assert_eq!(found, 1, "{text}");
    }
    say(&format!(
        "{CLIENTS} clients in {} samples; {asked} requests whose answers nobody read; {} missed \
         before, {} after, longest tick {:?}",
        after.samples - before.samples,
        before.missed,
        after.missed,
        stream.longest_tick()
    ));
    assert_eq!(after.missed, 0);
    let gap = stream.0.iter().find(|event| matches!(event, migtop::model::Event::Gap { .. }));
    assert_eq!(gap, None);
}
