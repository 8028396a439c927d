//! Unix: a socket file, owner-only, that appears only once it answers.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::error::ControlError;
use crate::place::User;

/// Bytes of a path in `sockaddr_un`, without the closing zero (unix(7)).
const LONGEST_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
const BACKLOG: u32 = 128;
const ENDING: &str = ".sock";

/// Accepts those who may ask.
#[derive(Debug)]
pub struct Listener {
    listener: UnixListener,
    allowed: Vec<u32>,
}

/// Where a socket is.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    name: String,
    /// Device and inode: another one's file in our place is not removed.
    file: (u64, u64),
}

/// Listens in the first of the user's folders that takes a socket.
pub fn listen(user: &User, name: &str) -> Result<(Listener, Place), ControlError> {
    let mut first = None;
    for folder in user.runtime_folders() {
        match listen_in(user, folder, name) {
            Ok(listening) => return Ok(listening),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or(ControlError::NoFolder))
}

fn listen_in(user: &User, folder: &Path, name: &str) -> Result<(Listener, Place), ControlError> {
    let failed = |source| ControlError::MakeFolder { folder: folder.to_owned(), source };
    user.make_folder(folder).map_err(failed)?;
    if !is_ours(user, folder) {
        return Err(ControlError::NotOurs { folder: folder.to_owned() });
    }
    let (name, path) = free_name(folder, name);
    let hidden = folder.join(format!(".{}", std::process::id()));
    let longest = path.as_os_str().len().max(hidden.as_os_str().len());
    if longest > LONGEST_PATH {
        return Err(ControlError::TooLong { path, limit: LONGEST_PATH });
    }
    let made = make(user, &hidden, &path);
    if made.is_err() {
        let _ = fs::remove_file(&hidden);
    }
    let (listener, file) =
        made.map_err(|source| ControlError::Listen { path: path.clone(), source })?;
    let allowed = owners(user);
    Ok((Listener { listener, allowed }, Place { path, name, file }))
}

/// Makes the socket under a hidden name and renames it when it answers.
fn make(user: &User, hidden: &Path, path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    let owner_only = Mode::RUSR | Mode::WUSR;
    let socket = UnixSocket::new_stream()?;
    // Linux makes the file with the socket's mode; elsewhere this fails and the file is changed.
    let _ = rustix::fs::fchmod(&socket, owner_only);
    // Left by a process that was killed and had our number.
    if is_socket(hidden) {
        fs::remove_file(hidden)?;
    }
    socket.bind(hidden)?;
    if fs::symlink_metadata(hidden)?.mode() & 0o777 != owner_only.bits() {
        fs::set_permissions(hidden, fs::Permissions::from_mode(owner_only.bits()))?;
    }
    user.own(hidden)?;
    let listener = socket.listen(BACKLOG)?;
    let made = fs::symlink_metadata(hidden)?;
    fs::rename(hidden, path)?;
    Ok((listener, (made.dev(), made.ino())))
}

/// `name`, or `name-2` and so on when that is taken.
fn free_name(folder: &Path, name: &str) -> (String, PathBuf) {
    let numbered = |n: u32| if n == 1 { name.to_owned() } else { format!("{name}-{n}") };
    let all = (1..).map(|n| {
        let name = numbered(n);
        let path = folder.join(format!("{name}{ENDING}"));
        (name, path)
    });
    let mut free = all.filter(|(_, path)| fs::symlink_metadata(path).is_err());
    free.next().expect("a folder holds less than every number")
}

/// Whose sockets are ours, and who may ask: we, root, who called sudo.
fn owners(user: &User) -> Vec<u32> {
    let me = rustix::process::geteuid().as_raw();
    [me, 0].into_iter().chain(user.give_to.map(|(uid, _)| uid)).collect()
}

/// The folder is one, and nobody else can put sockets into it.
fn is_ours(user: &User, folder: &Path) -> bool {
    is_closed(folder) && fs::symlink_metadata(folder).is_ok_and(|f| owners(user).contains(&f.uid()))
}

fn is_closed(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|f| f.is_dir() && f.mode() & 0o022 == 0)
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|f| f.file_type().is_socket())
}

impl Listener {
    /// The next client; `None` for one who may not ask.
    pub async fn accept(&mut self) -> io::Result<Option<UnixStream>> {
        let (stream, _) = self.listener.accept().await?;
        let allowed = stream.peer_cred().is_ok_and(|peer| self.allowed.contains(&peer.uid()));
        Ok(allowed.then_some(stream))
    }
}

/// Says why not, as far as that can be done without waiting.
pub fn refuse(stream: UnixStream, line: &[u8]) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(line);
    }
}

impl Place {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Removes it, if it is still the one that was made.
    pub fn remove(&self) {
        let now = fs::symlink_metadata(&self.path);
        if now.is_ok_and(|now| (now.dev(), now.ino()) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the sockets beside `own` that nobody listens on any more. Never waits for one, and leaves
/// `own` alone: a probe of it would take a client's place.
pub async fn remove_stale(own: PathBuf) {
    let beside = own.parent().map(sockets).unwrap_or_default();
    for path in beside.into_iter().filter(|path| *path != own) {
        let refused = |e: io::Error| e.kind() == io::ErrorKind::ConnectionRefused;
        if UnixStream::connect(&path).await.is_err_and(refused) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn sockets(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| name(path).is_some() && is_socket(path)).collect()
}

/// What a socket is called.
pub fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_suffix(ENDING).filter(|name| !name.starts_with('.'))
}

/// Sockets that could be this user's, then, for root, everybody's.
pub fn candidates(user: &User) -> [Vec<PathBuf>; 2] {
    let roots = user.root_folders().iter().map(PathBuf::as_path);
    let own =
        user.runtime_folders().into_iter().chain(roots).filter(|folder| is_ours(user, folder));
    let everyones = user.everyones_folders();
    let others = everyones.iter().map(PathBuf::as_path).filter(|folder| is_closed(folder));
    [own.flat_map(sockets).collect(), others.flat_map(sockets).collect()]
}

/// Connects; may wait where the listener is stopped and many wait already.
pub fn connect(path: &Path) -> io::Result<Blocking> {
    Blocking::connect(path)
}

/// Whether somebody listens; removes it if nobody does.
pub fn is_live(path: &Path) -> bool {
    match connect(path) {
        Ok(_) => true,
        Err(error) => {
            if error.kind() == io::ErrorKind::ConnectionRefused {
                let _ = fs::remove_file(path);
            }
            false
        }
    }
}
