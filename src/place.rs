//! Whose files these are and where they belong: the user, their state folder, their runtime folder.
//!
//! Under sudo that is the user who called sudo, so that recordings made as root can be read, and a
//! recorder run as root can be marked, without being root.

#[cfg(unix)]
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The user that files and sockets belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User and group to give files to; `None` where they are ours by themselves.
    pub give_to: Option<(u32, u32)>,
    state: Option<PathBuf>,
    config: Option<PathBuf>,
    /// Best first; the state folder comes after them.
    runtime: Vec<PathBuf>,
    /// Under sudo: where root's own sockets are.
    roots: Vec<PathBuf>,
    /// Whether to look at other users' sockets where there are none of ours: for root.
    everyone: bool,
}

/// Our folder's name inside the platform's.
const NAME: &str = "migtop";
/// Where the login manager makes a folder for each user (file-hierarchy(7)).
const USERS: &str = "/run/user";

impl User {
    /// The user who called sudo, else the one we are.
    pub fn current() -> Self {
        #[cfg(unix)]
        if let Some(user) = Self::behind_sudo() {
            return user;
        }
        let folders = directories::ProjectDirs::from("", "", NAME);
        let state = folders
            .as_ref()
            .map(|f| f.state_dir().unwrap_or_else(|| f.data_local_dir()).to_owned());
        let config = folders.as_ref().map(|f| f.config_dir().to_owned());
        #[cfg(unix)]
        let (runtime, everyone) = {
            let me = rustix::process::geteuid();
            (runtime(me.as_raw()), me.is_root())
        };
        #[cfg(not(unix))]
        let (runtime, everyone) = (Vec::new(), false);
        Self { give_to: None, state, config, runtime, roots: Vec::new(), everyone }
    }

    /// A user whose folders all lie in `folder`, as when `XDG_STATE_HOME`, `XDG_CONFIG_HOME` and
    /// `XDG_RUNTIME_DIR` are `state`, `config` and `run` in it.
    pub fn within(folder: &Path) -> Self {
        let below = |name: &str| folder.join(name).join(NAME);
        Self {
            give_to: None,
            state: Some(below("state")),
            config: Some(below("config")),
            runtime: vec![below("run")],
            roots: Vec::new(),
            everyone: false,
        }
    }

    #[cfg(unix)]
    fn behind_sudo() -> Option<Self> {
        let id = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
        let (uid, gid) = (id("SUDO_UID")?, id("SUDO_GID")?);
        if uid == 0 || !rustix::process::geteuid().is_root() {
            return None;
        }
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok().flatten();
        let home = user.map(|user| user.dir).filter(|home| home.is_absolute());
        let below = |variable: &str, default: &str| {
            let set = absolute(std::env::var_os(variable));
            set.or_else(|| Some(home.as_ref()?.join(default))).map(|folder| folder.join(NAME))
        };
        Some(Self {
            give_to: Some((uid, gid)),
            state: below("XDG_STATE_HOME", ".local/state"),
            config: below("XDG_CONFIG_HOME", ".config"),
            runtime: runtime(uid),
            roots: roots(),
            everyone: true,
        })
    }

    /// Where recordings are kept; `None` for a user without a home.
    pub fn state_folder(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// Where the configuration is.
    pub fn config_folder(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Where sockets are: `$XDG_RUNTIME_DIR`, else `/run/user/UID`, else the state folder.
    pub fn runtime_folder(&self) -> Option<&Path> {
        self.runtime_folders().first().copied()
    }

    /// Where sockets may be, best first: a folder that is there may still refuse us, as root's
    /// `$XDG_RUNTIME_DIR` does after `su`.
    pub fn runtime_folders(&self) -> Vec<&Path> {
        self.runtime.iter().map(PathBuf::as_path).chain(self.state_folder()).collect()
    }

    /// Where root's own sockets are, when root acts for somebody else.
    pub fn root_folders(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Every user's runtime folder, when we are root, who may look into them.
    pub fn everyones_folders(&self) -> Vec<PathBuf> {
        let users = self.everyone.then(|| std::fs::read_dir(USERS).ok()).flatten();
        users.into_iter().flatten().flatten().map(|user| user.path().join(NAME)).collect()
    }

    /// Makes `folder` and those above it that are missing, for the user alone.
    ///
    /// # Errors
    /// When one cannot be made or given to the user.
    pub fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make_folder(parent)?;
        }
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            made => made.and_then(|()| self.own(folder)),
        }
    }

    /// Gives what `path` names to the user; a link itself, not what it points at.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        #[cfg(unix)]
        if let Some((uid, gid)) = self.give_to {
            return std::os::unix::fs::lchown(path, Some(uid), Some(gid));
        }
        let _ = path;
        Ok(())
    }

    /// Gives an open file to the user.
    pub fn own_file(&self, file: &std::fs::File) -> io::Result<()> {
        #[cfg(unix)]
        if let Some((uid, gid)) = self.give_to {
            return std::os::unix::fs::fchown(file, Some(uid), Some(gid));
        }
        let _ = file;
        Ok(())
    }
}

#[cfg(unix)]
fn runtime(uid: u32) -> Vec<PathBuf> {
    let mut folders = Vec::from_iter(absolute(std::env::var_os("XDG_RUNTIME_DIR")));
    let usual = Path::new(USERS).join(uid.to_string());
    if !folders.contains(&usual) {
        folders.push(usual);
    }
    folders.retain(|folder| folder.is_dir());
    folders.into_iter().map(|folder| folder.join(NAME)).collect()
}

#[cfg(unix)]
fn roots() -> Vec<PathBuf> {
    let root = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(0)).ok().flatten();
    let state = root.map(|root| root.dir.join(".local/state").join(NAME));
    std::iter::once(Path::new(USERS).join("0").join(NAME)).chain(state).collect()
}

/// Relative folders in these variables are to be ignored (XDG Base Directory Specification).
#[cfg(unix)]
fn absolute(folder: Option<OsString>) -> Option<PathBuf> {
    folder.map(PathBuf::from).filter(|folder| folder.is_absolute())
}
