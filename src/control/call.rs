//! A request on its way from a client to the loop and back, and what a client may take.

use std::time::Duration;

use tokio::sync::oneshot;

use super::message::{Answer, Request};

/// A request for the loop. Dropping it unanswered says that migtop is ending.
#[derive(Debug)]
pub struct Call {
    /// What is wanted.
    pub request: Request,
    /// Takes the answer; the client may have left by then.
    pub reply: oneshot::Sender<Answer>,
}

/// What a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// For each request to come.
    pub request: Duration,
    /// For the loop to answer.
    pub reply: Duration,
    /// For the client to take the answer.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            request: Duration::from_secs(10),
            reply: Duration::from_secs(12),
            answer: Duration::from_secs(5),
        }
    }
}
