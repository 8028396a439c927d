//! Another network namespace than the one migtop was started in: setns(2), network_namespaces(7).
//!
//! The whole process joins it, before it has a second thread: so counters, links, connections and
//! /proc/net are all that namespace's. /sys is not: it shows the namespace of whoever mounted it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::model::printable;
use crate::source::SourceError;

/// Where ip-netns(8) keeps them by name.
const FOLDERS: [&str; 2] = ["/run/netns", "/var/run/netns"];

static JOINED: AtomicBool = AtomicBool::new(false);

/// Joins the namespace of this name, or of the process with this number.
///
/// # Errors
/// When there is none, or the right is missing: CAP_SYS_ADMIN.
pub fn join(wanted: &str) -> Result<(), SourceError> {
    let file = open(wanted)?;
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|errno| refused(wanted, errno.into()))?;
    JOINED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Whether /sys shows the links of another namespace than ours.
pub fn is_joined() -> bool {
    JOINED.load(Ordering::Relaxed)
}

fn open(wanted: &str) -> Result<File, SourceError> {
    let is_name = !wanted.is_empty() && !wanted.contains('/') && !wanted.starts_with('.');
    let named = FOLDERS.iter().filter(|_| is_name).map(|folder| PathBuf::from(folder).join(wanted));
    let pid = wanted.parse::<u32>().ok().map(|pid| format!("/proc/{pid}/ns/net").into());
    for path in named.chain(pid) {
        match File::open(&path) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused(wanted, error)),
        }
    }
    let mut there: Vec<String> = FOLDERS
        .iter()
        .flat_map(fs::read_dir)
        .flat_map(Iterator::flatten)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    there.dedup();
    let existing = if there.is_empty() { "none by name".into() } else { there.join(", ") };
    let name = printable(wanted).into_owned();
    Err(SourceError::NoNamespace { name, existing: printable(&existing).into_owned() })
}

fn refused(wanted: &str, source: io::Error) -> SourceError {
    SourceError::JoinNamespace { name: printable(wanted).into_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_namespace_is_said_with_those_that_are() {
        for wanted in ["no-such-namespace", "", "..", "../../etc", "4294967295"] {
            let error = open(wanted).expect_err("there is none");
            let text = error.to_string();
            assert!(text.contains(&format!("`{wanted}`")) && text.contains("there"), "{text}");
        }
    }

    #[test]
    fn a_processs_own_namespace_is_opened_by_its_number() {
        assert!(open(&std::process::id().to_string()).is_ok());
    }
}
