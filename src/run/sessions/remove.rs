//! Removes recordings by name.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::journal::{Entry, Shelf};
use crate::model::printable;
use crate::units::Bytes;

/// What is not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    #[error("no recording is called `{name}` in {folder}; nothing was removed")]
    Missing { name: String, folder: String },
    #[error("`{0}` is being recorded by a running migtop; nothing was removed")]
    Running(String),
}

/// Removes all of `names` or, where one of them cannot be, none; says what was removed.
///
/// # Errors
/// When one is not there or is being written to, or the system refuses.
pub fn remove(shelf: &Shelf, names: &[String]) -> Result<String> {
    let folder = shelf.folder().display().to_string();
    let entries = shelf.entries().with_context(|| format!("cannot read {folder}"))?;
    let mut chosen: Vec<&Entry> = Vec::new();
    for name in names {
        let printed = || printable(name).into_owned();
        match entries.iter().find(|entry| &entry.name == name) {
            None => return Err(RemoveError::Missing { name: printed(), folder }.into()),
            Some(entry) if entry.running => return Err(RemoveError::Running(printed()).into()),
            Some(entry) if chosen.contains(&entry) => {}
            Some(entry) => chosen.push(entry),
        }
    }
    let mut said = String::new();
    for entry in chosen {
        let path = entry.path.display();
        // What went before an error is said with it.
        std::fs::remove_file(&entry.path).with_context(|| format!("{said}cannot remove {path}"))?;
        let _ = writeln!(said, "removed {} ({})", printable(&entry.name), Bytes(entry.size));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of_three() -> (tempfile::TempDir, Shelf) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["20260101-000000-a", "20260102-000000-a", "20260103-000000-a"] {
            let file = folder.path().join(format!("{name}.jsonl.zst"));
            std::fs::write(file, [0; 100]).expect("written");
        }
        let shelf = Shelf::new(folder.path());
        (folder, shelf)
    }

    fn left(shelf: &Shelf) -> usize {
        shelf.entries().expect("readable").len()
    }

    #[test]
    fn what_is_named_goes_and_is_told() {
        let (_folder, shelf) = folder_of_three();
        let names = ["20260103-000000-a", "20260101-000000-a", "20260101-000000-a"];
        let said = remove(&shelf, &names.map(str::to_owned)).expect("removed");
        let expected = "removed 20260103-000000-a (100 B)\nremoved 20260101-000000-a (100 B)\n";
        assert_eq!((said.as_str(), left(&shelf)), (expected, 1));
    }

    #[test]
    fn where_one_cannot_go_none_does() {
        let (_folder, shelf) = folder_of_three();
        let held = shelf.folder().join("20260102-000000-a.jsonl.zst");
        let held = std::fs::File::open(held).expect("there");
        held.lock().expect("locked");
        for (name, why) in [
            ("20260102-000000-a", "running migtop"),
            ("20260104-000000-a", "no recording is called"),
            ("../20260103-000000-a", "no recording is called"),
            ("20260103-000000-a.jsonl.zst", "no recording is called"),
        ] {
            let names = ["20260101-000000-a".to_owned(), name.to_owned()];
            let error = remove(&shelf, &names).expect_err("refused").to_string();
            assert!(error.contains(why) && error.ends_with("nothing was removed"), "{error}");
            assert_eq!(left(&shelf), 3);
        }
    }
}
