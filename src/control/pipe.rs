//! Windows: a named pipe. Its default rights let its owner and administrators write, nobody else.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};

use super::error::ControlError;
use crate::place::User;

const FOLDER: &str = r"\\.\pipe\";
const PREFIX: &str = "migtop-";

/// Accepts clients: one instance of the pipe waits, the others are connected.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
    waiting: NamedPipeServer,
}

/// What a pipe is called; it goes with its last instance.
#[derive(Debug)]
pub struct Place {
    name: String,
}

/// Listens on a pipe of that name.
pub fn listen(_user: &User, name: &str) -> Result<(Listener, Place), ControlError> {
    let path = PathBuf::from(format!("{FOLDER}{PREFIX}{name}"));
    let waiting = options()
        .first_pipe_instance(true)
        .create(&path)
        .map_err(|source| ControlError::Listen { path: path.clone(), source })?;
    Ok((Listener { path, waiting }, Place { name: name.to_owned() }))
}

fn options() -> ServerOptions {
    let mut options = ServerOptions::new();
    options.reject_remote_clients(true);
    options
}

impl Listener {
    /// The next client.
    pub async fn accept(&mut self) -> io::Result<Option<NamedPipeServer>> {
        self.waiting.connect().await?;
        let next = options().create(&self.path)?;
        Ok(Some(std::mem::replace(&mut self.waiting, next)))
    }
}

/// Says why not, as far as that can be done without waiting.
pub fn refuse(stream: NamedPipeServer, line: &[u8]) {
    let _ = stream.try_write(line);
}

impl Place {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pipes are no files.
    pub fn path(&self) -> PathBuf {
        PathBuf::new()
    }

    /// Nothing to do: the system does it.
    pub fn remove(&self) {}
}

/// There are no stale pipes.
pub async fn remove_stale(_own: PathBuf) {}

/// What a pipe is called.
pub fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_prefix(PREFIX)
}

/// All our pipes; those of other users refuse us.
pub fn candidates(_user: &User) -> [Vec<PathBuf>; 2] {
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let pipes = entries.map(|entry| entry.path()).filter(|path| name(path).is_some());
    [pipes.collect(), Vec::new()]
}

/// Connects.
pub fn connect(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// A pipe that is there is listened on.
pub fn is_live(_path: &Path) -> bool {
    true
}
