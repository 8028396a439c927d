//! Systems whose rights are not a thread's: nothing is laid down.

/// Does nothing.
pub fn lower() {}

/// Does nothing.
pub fn forget() {}

/// Does what needs the right.
///
/// # Errors
/// What comes of it.
pub fn raised<T>(privileged: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    privileged()
}
