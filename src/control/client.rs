//! The asking end, blocking: finds running migtops, chooses one, asks it.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use super::endpoint;
use super::error::ControlError;
use super::message::{Answer, Done, Request, Status};
use crate::model::printable;
use crate::place::User;

/// A mark is answered when it is on disk; the server gives up sooner than this.
const ANSWER: Duration = Duration::from_secs(15);
/// What can be said of each in a list must come within this.
const LISTING: Duration = Duration::from_secs(1);
/// The longest answer: a thousand interfaces take a tenth.
const LONGEST_ANSWER: u64 = 4 * 1024 * 1024;

/// A migtop that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// What `--session` takes.
    pub name: String,
    path: PathBuf,
}

/// All running migtops of this user; for root without one, everybody's. Sockets that nobody listens
/// on are removed on the way.
pub fn find(user: &User) -> Vec<Running> {
    let [own, others] = endpoint::candidates(user);
    let own = live(own);
    if own.is_empty() { live(others) } else { own }
}

fn live(paths: Vec<PathBuf>) -> Vec<Running> {
    let mut running: Vec<Running> = Vec::new();
    for path in paths {
        let Some(name) = endpoint::name(&path).map(str::to_owned) else { continue };
        let probed = path.clone();
        // One that keeps us waiting is there, if it will not answer.
        let live = within(LISTING, move || endpoint::is_live(&probed)).unwrap_or(true);
        if live && running.iter().all(|known| known.path != path) {
            running.push(Running { name, path });
        }
    }
    running.sort_by(|a, b| a.name.cmp(&b.name));
    running
}

/// The one that is meant: the only one, or the one that `session` names in whole, by process number
/// or by a part that no other has.
///
/// # Errors
/// When none runs, or none or several are meant; says which there are.
pub fn choose<'a>(
    running: &'a [Running],
    session: Option<&str>,
) -> Result<&'a Running, ControlError> {
    match (running, session) {
        ([], _) => Err(ControlError::NoneRunning),
        ([only], None) => Ok(only),
        (all, None) => Err(ControlError::Several { list: list(all.iter()) }),
        (all, Some(session)) => named(all, session),
    }
}

fn named<'a>(running: &'a [Running], session: &str) -> Result<&'a Running, ControlError> {
    if let Some(whole) = running.iter().find(|r| r.name == session) {
        return Ok(whole);
    }
    if let Ok(pid) = session.parse::<u32>()
        && let Some(process) = running.iter().find(|r| r.status().is_some_and(|s| s.pid == pid))
    {
        return Ok(process);
    }
    let part = |r: &&Running| !session.is_empty() && r.name.contains(session);
    let parts: Vec<&Running> = running.iter().filter(part).collect();
    let session = printable(session).into_owned();
    match parts[..] {
        [only] => Ok(only),
        [] => Err(ControlError::NoSuchSession { session, list: list(running.iter()) }),
        _ => Err(ControlError::Ambiguous { session, list: list(parts.into_iter()) }),
    }
}

/// A line for each, on its own.
fn list<'a>(running: impl Iterator<Item = &'a Running>) -> String {
    let mut text = String::new();
    for one in running {
        let name = printable(&one.name);
        let _ = match one.status() {
            Some(status) => write!(
                text,
                "\n  {name}  on {}, process {}, since {}",
                printable(&status.host),
                status.pid,
                printable(&status.started)
            ),
            None => write!(text, "\n  {name}  gives no answer"),
        };
    }
    text
}

impl Running {
    fn status(&self) -> Option<Status> {
        match ask_within(self, &Request::Status, LISTING) {
            Ok(Answer::Done(Done::Status(status))) => Some(status),
            _ => None,
        }
    }
}

/// Asks, and waits for the answer.
///
/// # Errors
/// When the connection fails, the answer takes too long or cannot be read. An answer that says why
/// something was not done is none.
pub fn ask(running: &Running, request: &Request) -> Result<Answer, ControlError> {
    ask_within(running, request, ANSWER)
}

fn ask_within(
    running: &Running,
    request: &Request,
    time: Duration,
) -> Result<Answer, ControlError> {
    let session = || printable(&running.name).into_owned();
    let (path, line) = (running.path.clone(), request.to_line());
    let answer = within(time, move || exchange(&path, &line))
        .ok_or_else(|| ControlError::NoAnswer { session: session(), within: time })?
        .map_err(|source| ControlError::Ask { session: session(), source })?;
    Answer::parse(&answer).map_err(|source| ControlError::BadAnswer { session: session(), source })
}

fn exchange(path: &Path, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = endpoint::connect(path)?;
    // Refused before it was read through: then the answer says why.
    let sent = stream.write_all(request);
    let mut answer = Vec::new();
    let read = BufReader::new(stream.take(LONGEST_ANSWER)).read_until(b'\n', &mut answer);
    if answer.is_empty() {
        sent?;
        read?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

/// What `work` comes to, if it does in time. Connecting cannot be given a time limit of its own, so
/// it is left behind with its thread, which ends with the process.
fn within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let _ = sender.send(work());
    });
    receiver.recv_timeout(time).ok()
}
