//! What each member of a team has carried.

use crate::model::Pair;

/// One member's bytes in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBytes {
    /// The member's name.
    pub name: String,
    /// Its bytes.
    pub bytes: Pair<u64>,
    /// Its link was up at some time between the marks.
    pub up: bool,
}

/// Adds the bytes of a member; one that was made anew, under the same name, is one member.
pub(super) fn add_member(members: &mut Vec<MemberBytes>, name: &str, bytes: Pair<u64>, up: bool) {
    match members.iter_mut().find(|member| member.name == name) {
        Some(member) => (member.bytes, member.up) = (member.bytes + bytes, member.up || up),
        None => members.push(MemberBytes { name: name.to_owned(), bytes, up }),
    }
}
