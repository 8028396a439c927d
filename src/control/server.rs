//! The running migtop's end: accepts clients and hands their requests to the loop.
//!
//! Everything runs as tasks of the caller's runtime; while nobody asks, nothing wakes up. A client
//! is bounded in number, length and time, so that the worst one costs itself its answer.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::call::{Call, Limits};
use super::connection;
use super::endpoint::{self, Listener, Place};
use super::error::ControlError;
use super::message::Answer;
use crate::place::User;

/// Calls that wait for the loop; further ones wait in their connections.
const CALLS: usize = 16;
/// Without room for another connection the next one is looked for after this.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until it is dropped; then the socket is gone.
#[derive(Debug)]
pub struct Server {
    place: Place,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens for `user` as `name`, usually the session's; the calls come out of the receiver.
    ///
    /// # Errors
    /// When there can be no socket; a session can go on without.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub fn listen(user: &User, name: &str) -> Result<(Self, mpsc::Receiver<Call>), ControlError> {
        Self::listen_with(user, name, Limits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Self::listen`].
    ///
    /// # Panics
    /// As [`Self::listen`].
    pub fn listen_with(
        user: &User,
        name: &str,
        limits: Limits,
    ) -> Result<(Self, mpsc::Receiver<Call>), ControlError> {
        let (listener, place) = endpoint::listen(user, &file_name(name))?;
        let (calls, receiver) = mpsc::channel(CALLS);
        let own = place.path();
        let accepting = tokio::spawn(async move {
            endpoint::remove_stale(own).await;
            accept(listener, limits, calls).await;
        });
        Ok((Self { place, accepting }, receiver))
    }

    /// What it is called: what `--session` takes. Differs from what was asked for where that is
    /// taken or no file name.
    pub fn name(&self) -> &str {
        self.place.name()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The place goes first: nobody finds a socket that refuses.
        self.place.remove();
        self.accepting.abort();
    }
}

async fn accept(mut listener: Listener, limits: Limits, calls: mpsc::Sender<Call>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            stream = listener.accept() => match stream {
                Ok(Some(stream)) if connections.len() < limits.connections => {
                    connections.spawn(connection::serve(stream, limits, calls.clone()));
                }
                Ok(Some(stream)) => endpoint::refuse(stream, &too_many(limits).to_line()),
                Ok(None) => {}
                // No file descriptor left, for instance.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn too_many(limits: Limits) -> Answer {
    Answer::error(format!("{} clients are connected already; try again", limits.connections))
}

/// `name` with what could lead out of a folder, or hide in one, taken out.
fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    match name.trim_start_matches('.') {
        "" => "migtop".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_name_stays_inside_its_folder() {
        assert_eq!(file_name("20261122-140211-hv07.lab"), "20261122-140211-hv07.lab");
        assert_eq!(file_name("../../etc/x y"), "-..-etc-x-y");
        assert_eq!(file_name(".."), "migtop");
    }
}
