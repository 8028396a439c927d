//! A `migtop record` with folders of its own, and those who ask it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use migtop::control::message::Done;
use migtop::control::{Answer, MarkRequest, Marked, Request, Status};
use migtop::model::MarkKind;
use rustix::process::{Pid, Signal, kill_process};

use super::process::{Running, migtop, wait_until};
use super::tty::PATIENCE;

/// Where a user's recordings and sockets are.
#[derive(Debug)]
pub struct Home(tempfile::TempDir);

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        for name in ["state", "run"] {
            std::fs::create_dir(home.path().join(name)).expect("a folder");
        }
        home
    }

    /// The folder that all is in.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Has `command` use it.
    pub fn of<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        for (variable, name) in [("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")] {
            command.env(variable, self.path().join(name));
        }
        command.env("HOME", self.path()).env_remove("SUDO_UID").env_remove("SUDO_GID")
    }

    /// migtop with these arguments, to its end.
    pub fn migtop(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(migtop());
        self.of(&mut command).args(arguments).stdin(Stdio::null());
        command.output().expect("it can be started")
    }

    /// The sockets that are there.
    pub fn sockets(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().join("run/migtop")).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        paths.filter(|path| is_socket(path)).collect()
    }

    /// Starts `command`, which ends in `migtop record`; it listens when this returns.
    pub fn start(&self, command: &mut Command) -> Recorder {
        let before = self.sockets();
        self.of(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let running = Running(command.spawn().expect("it can be started"));
        let mut socket = None;
        let listens = wait_until(PATIENCE, || {
            socket = self.sockets().into_iter().find(|path| !before.contains(path));
            socket.is_some()
        });
        assert!(listens, "no control socket");
        Recorder { running, socket: socket.expect("just seen") }
    }
}

fn is_socket(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".sock") && !name.starts_with('.')
}

/// A running one.
#[derive(Debug)]
pub struct Recorder {
    running: Running,
    /// Where it listens.
    pub socket: PathBuf,
}

impl Recorder {
    /// Its process; one in a namespace is exec'd by `ip`, and is the same.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.running.0.id() as i32).expect("a process")
    }

    /// What `--session` takes.
    pub fn session(&self) -> String {
        let name = self.socket.file_stem().expect("a name");
        name.to_str().expect("UTF-8").to_owned()
    }

    /// Its answers.
    pub fn client(&self) -> Client {
        Client::connect(&self.socket).expect("it listens")
    }

    /// Ends it at once.
    pub fn kill(mut self) {
        kill_process(self.pid(), Signal::KILL).expect("sent");
        self.running.0.wait().expect("ends");
    }

    /// Ends it by SIGINT; its exit status, and what it said on standard error.
    pub fn end(mut self) -> (Option<i32>, String) {
        kill_process(self.pid(), Signal::INT).expect("sent");
        self.wait()
    }

    /// Waits for its end; its exit status, and what it said on standard error.
    pub fn wait(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let mut stderr = self.running.0.stderr.take().expect("a pipe");
        std::io::Read::read_to_string(&mut stderr, &mut said).expect("UTF-8");
        (self.running.0.wait().expect("ends").code(), said)
    }
}

/// A connection to a control socket.
#[derive(Debug)]
pub struct Client(BufReader<UnixStream>);

impl Client {
    /// Connects.
    pub fn connect(socket: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and leaves its answer for later.
    pub fn send(&mut self, request: &Request) -> std::io::Result<()> {
        self.0.get_mut().write_all(&request.to_line())
    }

    /// Sends a request; its answer, if one comes.
    pub fn ask(&mut self, request: &Request) -> Option<Answer> {
        self.send(request).ok()?;
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).ok()?;
        Answer::parse(line.strip_suffix(b"\n")?).ok()
    }

    /// Has a mark set; what it came to, if it is on disk.
    pub fn mark(&mut self, kind: MarkKind, text: Option<&str>) -> Option<Marked> {
        match self.ask(&mark(kind, text))? {
            Answer::Done(Done::Marked(marked)) => Some(marked),
            other => panic!("{kind:?}: {other:?}"),
        }
    }

    /// What is going on.
    pub fn status(&mut self) -> Status {
        match self.ask(&Request::Status) {
            Some(Answer::Done(Done::Status(status))) => status,
            other => panic!("{other:?}"),
        }
    }
}

/// The request for a mark.
pub fn mark(mark: MarkKind, text: Option<&str>) -> Request {
    Request::Mark(MarkRequest { mark, text: text.map(str::to_owned), set: None })
}

/// What a program said on standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
