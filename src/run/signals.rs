//! Signals that end or stop the program.

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// End; the signal's number.
    Signal(u8),
    /// Stop, to be continued by the shell.
    Suspend,
}

#[cfg(unix)]
mod unix {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::Ending;

    /// SIGHUP, SIGINT, SIGTERM and SIGTSTP.
    pub struct Endings {
        hangup: Signal,
        interrupt: Signal,
        terminate: Signal,
        suspend: Signal,
    }

    impl Endings {
        pub fn listen() -> io::Result<Self> {
            Ok(Self {
                hangup: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                suspend: signal(SignalKind::from_raw(libc_sigtstp()))?,
            })
        }

        pub async fn next(&mut self) -> Ending {
            tokio::select! {
                _ = self.hangup.recv() => Ending::Signal(1),
                _ = self.interrupt.recv() => Ending::Signal(2),
                _ = self.terminate.recv() => Ending::Signal(15),
                _ = self.suspend.recv() => Ending::Suspend,
            }
        }
    }

    fn libc_sigtstp() -> i32 {
        rustix::process::Signal::TSTP.as_raw()
    }

    /// Stops this process as SIGTSTP would have; returns when it is continued.
    pub fn stop_self() {
        // SIGSTOP cannot be caught, so that our own handler of SIGTSTP is not asked again.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
    }
}

#[cfg(unix)]
pub use unix::{Endings, stop_self};

impl Endings {
    /// A signal that is here already, though nobody has asked for it yet.
    pub async fn already(&mut self) -> Option<Ending> {
        tokio::select! {
            biased;
            ending = self.next() => Some(ending),
            // Lets the runtime look at what has come in.
            () = tokio::task::yield_now() => None,
        }
    }
}

/// Ctrl-C alone, where there are no other signals.
#[cfg(not(unix))]
pub struct Endings;

#[cfg(not(unix))]
impl Endings {
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub async fn next(&mut self) -> Ending {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Ending::Signal(2),
            Err(_) => std::future::pending().await,
        }
    }
}

/// There is no job control here.
#[cfg(not(unix))]
pub fn stop_self() {}
