//! Which process holds a socket: /proc/PID/fd, proc(5). A process's descriptors are its user's and
//! root's to read; of others nothing is known.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Descriptors looked at for one search: some 100 ms of work. A host with more finds its sockets'
/// processes in part.
const MOST: usize = 50_000;

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// What it is called (comm); may hold anything.
    pub name: Option<String>,
}

/// The holders of sockets, by inode; `likely` are looked at first: who has one connection often
/// opens more.
pub fn holders(mut inodes: Vec<u32>, likely: &[u32]) -> HashMap<u32, Holder> {
    let mut found = HashMap::new();
    inodes.retain(|inode| *inode != 0);
    let numbers = || {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
    };
    let mut left = MOST;
    let mut search = |pid: u32| {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return true };
        for descriptor in descriptors.flatten() {
            left = left.saturating_sub(1);
            if inodes.is_empty() || left == 0 {
                return false;
            }
            let Some(inode) = socket(&descriptor.path()) else { continue };
            if let Some(at) = inodes.iter().position(|wanted| *wanted == inode) {
                inodes.swap_remove(at);
                found.insert(inode, Holder { pid, name: name(pid) });
            }
        }
        !inodes.is_empty()
    };
    if likely.iter().copied().all(&mut search) {
        let _ = numbers().all(search);
    }
    found
}

/// The inode that `socket:[12345]` names.
fn socket(descriptor: &Path) -> Option<u32> {
    let target = fs::read_link(descriptor).ok()?;
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn name(pid: u32) -> Option<String> {
    let comm = fs::read(format!("/proc/{pid}/comm")).ok()?;
    let name = String::from_utf8_lossy(&comm);
    Some(name.strip_suffix('\n').unwrap_or(&name).to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn our_own_socket_is_found_to_be_ours() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&listener);
        let inode =
            fs::metadata(format!("/proc/self/fd/{descriptor}")).expect("there").ino() as u32;
        let found = holders(vec![inode, 0], &[]);
        assert_eq!(found[&inode].pid, std::process::id());
        let name = found[&inode].name.as_deref().expect("its own");
        assert!(name.starts_with("our_own") || name.starts_with("migtop"), "{name}");
        assert_eq!(holders(vec![inode], &[std::process::id()]).len(), 1);
    }
}
