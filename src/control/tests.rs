//! Both ends over real sockets in a temporary folder, with a loop that answers at once.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::{ask, choose, find};
use super::message::{Done, LONGEST_REQUEST};
use super::*;
use crate::model::MarkKind;
use crate::place::User;

/// A short path: sockets' paths are bounded.
fn folder() -> TempDir {
    tempfile::Builder::new().prefix("mt").tempdir().expect("a temporary folder")
}

/// Limits that a test can reach.
fn short() -> Limits {
    let time = Duration::from_millis(200);
    Limits { request: time, answer: time, reply: Duration::from_secs(5), ..Limits::default() }
}

/// A running migtop as far as its socket goes, on a thread with a runtime of its own.
struct Rig {
    end: Sender<()>,
    thread: Option<JoinHandle<()>>,
    name: String,
}

impl Rig {
    fn start(user: &User, name: &str, limits: Limits) -> Self {
        Self::answering(user, name, limits, answer)
    }

    fn answering(
        user: &User,
        name: &str,
        limits: Limits,
        answer: fn(Request) -> Option<Answer>,
    ) -> Self {
        let (end, ended) = channel();
        let (ready, started) = channel();
        let (user, name) = (user.clone(), name.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let (server, calls) = Server::listen_with(&user, &name, limits).expect("listens");
                ready.send(server.name().to_owned()).expect("somebody waits");
                answer_calls(calls, ended, answer).await;
            });
        });
        let name = started.recv().expect("it listens");
        Self { end, thread: Some(thread), name }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.end.send(());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn answer_calls(
    mut calls: tokio::sync::mpsc::Receiver<Call>,
    ended: Receiver<()>,
    answer: fn(Request) -> Option<Answer>,
) {
    let mut unanswered = Vec::new();
    while ended.try_recv().is_err() {
        let next = tokio::time::timeout(Duration::from_millis(5), calls.recv()).await;
        if let Ok(Some(Call { request, reply })) = next {
            match answer(request) {
                // The client may have left.
                Some(answer) => drop(reply.send(answer)),
                None => unanswered.push(reply),
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "other loops answer nothing")]
fn answer(request: Request) -> Option<Answer> {
    Some(match request {
        Request::Mark(mark) if mark.mark == MarkKind::Stop => Answer::error("no trial runs"),
        Request::Mark(mark) => Answer::marked(Marked {
            kind: mark.mark,
            trial: Some(1),
            at_ns: 1,
            time: "2026-11-22T14:02:11Z".into(),
            session: mark.text.unwrap_or_default(),
            duration_s: None,
            counters: Vec::new(),
        }),
        Request::Status => Answer::status(status()),
    })
}

fn status() -> Status {
    Status {
        session: "s".into(),
        pid: std::process::id(),
        host: "hv07".into(),
        id: "i".into(),
        file: None,
        recording: false,
        trouble: None,
        started: "2026-11-22T14:02:11Z".into(),
        at_ns: 1,
        samples: 1,
        missed: 0,
        subject: None,
        rx_bits_per_s: None,
        tx_bits_per_s: None,
        trial: None,
        trials: 0,
        version: "migtop 0.1.0".into(),
    }
}

fn start(text: &str) -> Request {
    let mark = MarkRequest { mark: MarkKind::Start, text: Some(text.into()), set: None };
    Request::Mark(mark)
}

fn socket(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("run/migtop/{name}.sock"))
}

fn connect(folder: &Path, name: &str) -> UnixStream {
    let stream = UnixStream::connect(socket(folder, name)).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("can be set");
    stream
}

/// What comes back for raw bytes, until the end of the line.
fn said(stream: &mut UnixStream, bytes: &[u8]) -> String {
    let _ = stream.write_all(bytes);
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("an answer");
    line
}

/// An ordinary client gets its answer soon.
fn assert_undisturbed(user: &User) {
    let began = Instant::now();
    let running = find(user);
    let answer = ask(choose(&running, None).expect("one"), &start("still here")).expect("answers");
    assert!(matches!(answer, Answer::Done(Done::Marked(m)) if m.session == "still here"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn a_mark_is_answered_and_a_refusal_says_why() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", Limits::default());
    assert_undisturbed(&user);
    let running = find(&user);
    let stop = MarkRequest { mark: MarkKind::Stop, text: None, set: None };
    let answer = ask(&running[0], &Request::Mark(stop)).expect("answers");
    assert_eq!(answer, Answer::error("no trial runs"));
}

#[test]
fn several_requests_take_one_connection_and_the_last_may_lack_its_end() {
    let folder = folder();
    let _rig = Rig::start(&User::within(folder.path()), "s", Limits::default());
    let mut stream = connect(folder.path(), "s");
    for _ in 0..3 {
        assert!(said(&mut stream, &start("x").to_line()).starts_with("{\"ok\":true"));
    }
    stream.write_all(b"{\"request\":\"status\"}").expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("half closed");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the rest");
    assert!(rest.contains("\"answer\":\"status\"") && rest.ends_with('\n'), "{rest}");
}

#[test]
fn what_is_no_request_is_told_so_and_the_connection_stays() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", Limits::default());
    let mut stream = connect(folder.path(), "s");
    for (line, why) in [
        (&b"start\n"[..], "not a line of JSON"),
        (b"\n", "not a line of JSON"),
        (b"\xff\xfe\n", "not a line of JSON"),
        (b"{\"request\":\"quit\"}\n", "there are: mark, status"),
        (b"{\"request\":\"status\"}\n", "\"ok\":true"),
    ] {
        let answer = said(&mut stream, line);
        assert!(answer.contains(why), "{answer}");
    }
}

#[test]
fn an_over_long_line_is_refused_and_its_sender_dropped() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", Limits::default());
    for length in [LONGEST_REQUEST + 1, 1 << 20] {
        let mut stream = connect(folder.path(), "s");
        let answer = said(&mut stream, &vec![b'x'; length]);
        assert!(answer.contains("exceeds 65536 bytes"), "{answer}");
        let ended = matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_));
        assert!(ended, "no more is read");
    }
    let running = find(&user);
    let answer = ask(&running[0], &start(&"x".repeat(1 << 20))).expect("answers");
    assert!(matches!(answer, Answer::Error(why) if why.contains("exceeds")));
    assert_undisturbed(&user);
}

#[test]
fn fifty_clients_at_once_are_all_answered() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", Limits::default());
    let running = find(&user);
    let clients: Vec<_> = (0..50)
        .map(|i| {
            let one = running[0].clone();
            std::thread::spawn(move || (i, ask(&one, &start(&format!("{i}")))))
        })
        .collect();
    for client in clients {
        let (i, answer) = client.join().expect("ends");
        let Ok(Answer::Done(Done::Marked(marked))) = answer else { panic!("{i}: {answer:?}") };
        assert_eq!(marked.session, i.to_string(), "each has its own answer");
    }
}

#[test]
fn more_clients_than_there_is_room_for_are_told_so() {
    let folder = folder();
    let user = User::within(folder.path());
    let limits = Limits { connections: 2, ..Limits::default() };
    let _rig = Rig::start(&user, "s", limits);
    let mut room: Vec<_> = (0..2).map(|_| connect(folder.path(), "s")).collect();
    for stream in &mut room {
        let answer = said(stream, &start("x").to_line());
        assert!(answer.starts_with("{\"ok\":true"), "nobody else takes the room: {answer}");
    }
    let mut late = connect(folder.path(), "s");
    let answer = said(&mut late, &start("x").to_line());
    assert!(answer.contains("2 clients are connected already"), "{answer}");
    let answer = said(&mut room[0], &start("x").to_line());
    assert!(answer.starts_with("{\"ok\":true"), "{answer}");
}

#[test]
fn a_client_that_sends_nothing_is_dropped_and_disturbs_nobody() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", short());
    let mut idle = connect(folder.path(), "s");
    let mut slow = connect(folder.path(), "s");
    slow.write_all(b"{\"request\":").expect("sent");
    assert_undisturbed(&user);
    for stream in [&mut idle, &mut slow] {
        let mut all = String::new();
        stream.read_to_string(&mut all).expect("an end");
        assert!(all.contains("no request came in time"), "{all}");
    }
}

#[test]
fn a_client_that_never_reads_is_dropped_and_disturbs_nobody() {
    let folder = folder();
    let user = User::within(folder.path());
    let _rig = Rig::start(&user, "s", short());
    let mut deaf = connect(folder.path(), "s");
    deaf.set_write_timeout(Some(Duration::from_secs(20))).expect("can be set");
    // Until nothing more is taken: the answers fill the socket, and the server lets go.
    let request = start(&"x".repeat(30_000)).to_line();
    let mut sent = 0;
    while sent < 10_000 && deaf.write_all(&request).is_ok() {
        sent += 1;
        if sent == 40 {
            assert_undisturbed(&user);
        }
    }
    assert!((1..10_000).contains(&sent), "{sent}");
    assert_undisturbed(&user);
}

#[test]
fn a_loop_that_does_not_answer_costs_the_client_its_answer_only() {
    let folder = folder();
    let user = User::within(folder.path());
    let limits = Limits { reply: Duration::from_millis(100), ..Limits::default() };
    let _rig = Rig::answering(&user, "s", limits, |_| None);
    let answer = ask(&find(&user)[0], &Request::Status).expect("answers");
    assert!(matches!(answer, Answer::Error(why) if why.contains("no answer within 100ms")));
}

#[test]
fn stale_sockets_are_removed_by_either_side() {
    let folder = folder();
    let user = User::within(folder.path());
    let dead = |name: &str| {
        drop(UnixListener::bind(socket(folder.path(), name)).expect("binds"));
        assert!(socket(folder.path(), name).exists());
    };
    user.make_folder(&folder.path().join("run/migtop")).expect("made");
    dead("a");
    assert_eq!(find(&user), []);
    assert!(!socket(folder.path(), "a").exists(), "by the client");
    dead("a");
    fs::write(folder.path().join("run/migtop/notes.sock"), "no socket").expect("written");
    let rig = Rig::start(&user, "a", Limits::default());
    assert_eq!(rig.name, "a-2", "the dead one's name was still taken");
    assert_undisturbed(&user);
    assert!(!socket(folder.path(), "a").exists(), "by the server");
    assert!(socket(folder.path(), "notes").exists(), "what is no socket stays");
}

#[test]
fn several_are_listed_and_chosen_by_name_part_and_process() {
    let folder = folder();
    let user = User::within(folder.path());
    assert!(matches!(choose(&find(&user), None), Err(ControlError::NoneRunning)));
    let _one = Rig::start(&user, "20261122-140211-hv07", Limits::default());
    let _two = Rig::start(&user, "20261122-150000-hv07", Limits::default());
    let running = find(&user);
    let error = choose(&running, None).expect_err("two").to_string();
    for part in ["--session NAME", "140211-hv07  on hv07, process ", "since 2026-", "150000"] {
        assert!(error.contains(part), "{error}");
    }
    let name = |session: &str| choose(&running, Some(session)).map(|r| r.name.as_str());
    assert_eq!(name("20261122-140211-hv07").expect("whole"), "20261122-140211-hv07");
    assert_eq!(name("1500").expect("a part"), "20261122-150000-hv07");
    assert!(name(&std::process::id().to_string()).is_ok(), "its process");
    let ambiguous = name("hv07").expect_err("both").to_string();
    assert!(ambiguous.contains("`hv07` is part of several names"), "{ambiguous}");
    let unknown = name("hv08").expect_err("neither").to_string();
    assert!(unknown.contains("there are:") && unknown.contains("140211"), "{unknown}");
}

#[test]
fn the_socket_is_the_owners_alone_and_goes_with_the_server() {
    let folder = folder();
    let user = User::within(folder.path());
    let rig = Rig::start(&user, "s", Limits::default());
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&socket(folder.path(), "s")), 0o600);
    assert_eq!(mode(&folder.path().join("run/migtop")), 0o700);
    let files = || fs::read_dir(folder.path().join("run/migtop")).expect("is there").count();
    assert_eq!(files(), 1);
    drop(rig);
    assert_eq!(files(), 0);
}

/// What `listen` says where it cannot.
fn refused(user: &User, name: &str) -> ControlError {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .expect("a runtime")
        .block_on(async { Server::listen(user, name).map(|_| ()).expect_err("cannot listen") })
}

#[test]
fn a_path_that_no_socket_can_have_is_told_with_the_remedy() {
    let folder = folder();
    let error = refused(&User::within(folder.path()), &"x".repeat(120)).to_string();
    assert!(error.contains("XDG_RUNTIME_DIR") && error.contains("bytes"), "{error}");
}

#[test]
fn a_folder_that_others_can_write_to_is_not_used() {
    let folder = folder();
    let user = User::within(folder.path());
    for name in ["run", "state"] {
        let open = folder.path().join(name).join("migtop");
        fs::create_dir_all(&open).expect("made");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("opened");
    }
    let listener = UnixListener::bind(socket(folder.path(), "planted")).expect("binds");
    assert!(matches!(refused(&user, "s"), ControlError::NotOurs { .. }));
    assert_eq!(find(&user), []);
    drop(listener);
}

#[test]
fn a_folder_that_refuses_gives_way_to_the_next() {
    let folder = folder();
    let user = User::within(folder.path());
    fs::write(folder.path().join("run"), "in the way").expect("written");
    let _rig = Rig::start(&user, "s", Limits::default());
    assert!(folder.path().join("state/migtop/s.sock").exists());
    assert_undisturbed(&user);
}
