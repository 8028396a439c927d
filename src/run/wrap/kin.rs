//! All that a command has started: its children, theirs, and those whose parents have ended.
//! Elsewhere than on Linux there is only the command itself.

/// A process that lives: its number, and when it began, as numbers come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relative {
    pub pid: u32,
    begun: u64,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};

    use super::Relative;

    /// A living process and its parent's number.
    type Child = (u32, Relative);

    /// Those that lose their parents become children of ours.
    pub fn adopt() {
        // Before Linux 3.4 there is no such thing, and they are lost to us.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }

    /// All that descend from us, parents first, but the `strangers` and theirs.
    pub fn all(strangers: &[Relative]) -> Vec<Relative> {
        descendants(&living(), std::process::id(), strangers)
    }

    /// Waits for adopted children that have ended, up to `command`, which somebody else waits for.
    pub fn reap(command: Option<u32>) {
        let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Ok(status) = waitid(Id::All, peek) {
            match status.pid() {
                Some(pid) if Some(pid.as_raw() as u32) != command => {
                    let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
                }
                _ => return,
            }
        }
    }

    pub fn descendants(living: &[Child], root: u32, strangers: &[Relative]) -> Vec<Relative> {
        let mut found = Vec::new();
        let mut parents = vec![root];
        while !parents.is_empty() {
            let theirs = living.iter().filter(|(parent, _)| parents.contains(parent));
            let kin = theirs.map(|(_, child)| *child).filter(|child| !strangers.contains(child));
            let children: Vec<Relative> = kin.collect();
            parents = children.iter().map(|child| child.pid).collect();
            found.extend(children);
        }
        found
    }

    fn living() -> Vec<Child> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?)).collect()
    }

    fn read(pid: u32) -> Option<Child> {
        // A name need not be UTF-8.
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse(pid, &String::from_utf8_lossy(&stat))
    }

    /// From `1 (name) S 0 ...`, where a name may have anything in it; none of the dead.
    pub fn parse(pid: u32, stat: &str) -> Option<Child> {
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let begun = fields.nth(17)?.parse().ok()?;
        (!matches!(state, "Z" | "X")).then_some((parent, Relative { pid, begun }))
    }
}

#[cfg(target_os = "linux")]
pub use linux::{adopt, all, reap};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::Relative;

    pub fn adopt() {}

    pub fn all(_strangers: &[Relative]) -> Vec<Relative> {
        Vec::new()
    }

    pub fn reap(_command: Option<u32>) {}
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{adopt, all, reap};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_it_is_called() {
        let stat = |state: &str| {
            format!("7 (a) R 1 (b) {state} 5 7 7 0 -1 4194560 9 0 0 0 0 0 0 0 20 0 1 0 1234 99 9")
        };
        let expected = Some((5, Relative { pid: 7, begun: 1234 }));
        assert_eq!(linux::parse(7, &stat("S")), expected);
        assert_eq!((linux::parse(7, &stat("Z")), linux::parse(7, "7 (a")), (None, None));
    }

    #[test]
    fn descendants_come_behind_their_parents_and_strangers_not_at_all() {
        let of = |pid: u32| Relative { pid, begun: 1 };
        let living = [(1, of(2)), (4, of(3)), (2, of(4)), (2, of(5)), (5, of(6)), (9, of(8))];
        let found = linux::descendants(&living, 2, &[of(5)]);
        assert_eq!(found, [of(4), of(3)]);
        // The same number, and yet another process.
        let reused = Relative { pid: 5, begun: 0 };
        assert_eq!(linux::descendants(&living, 2, &[reused]).len(), 4);
    }
}
