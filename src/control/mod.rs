//! The control socket: programs tell a running migtop where trials begin and end.
//!
//! [`server`] belongs to the running migtop: it turns requests into [`Call`]s for the loop and
//! knows neither session nor journal; [`client`] is what `migtop mark` and `migtop status` use.
//! Both speak [`message`], one JSON object a line. What differs from system to system is in one
//! file each: a Unix socket, or a named pipe.

mod call;
pub mod client;
mod connection;
mod error;
pub mod message;
pub mod server;
mod text;

#[cfg(windows)]
#[path = "pipe.rs"]
mod endpoint;
#[cfg(unix)]
#[path = "socket.rs"]
mod endpoint;
#[cfg(not(any(unix, windows)))]
#[path = "nowhere.rs"]
mod endpoint;

#[cfg(all(test, unix))]
mod tests;

pub use call::{Call, Limits};
pub use client::Running;
pub use error::ControlError;
pub use message::{Answer, InterfaceCounters, MarkRequest, Marked, Request, RunningTrial, Status};
pub use server::Server;
