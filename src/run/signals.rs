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

    /// SIGHUP, SIGINT, SIGTERM and SIGTSTP; the first two only where whoever started us does not
    /// have them ignored, as nohup does, or a shell without job control in the background.
    pub struct Endings {
        hangup: Option<Signal>,
        interrupt: Option<Signal>,
        terminate: Signal,
        suspend: Signal,
    }

    impl Endings {
        pub fn listen() -> io::Result<Self> {
            Ok(Self {
                hangup: unless_ignored(SignalKind::hangup())?,
                interrupt: unless_ignored(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                suspend: signal(SignalKind::from_raw(libc_sigtstp()))?,
            })
        }

        pub async fn next(&mut self) -> Ending {
            tokio::select! {
                () = heard(self.hangup.as_mut()) => Ending::Signal(1),
                () = heard(self.interrupt.as_mut()) => Ending::Signal(2),
                _ = self.terminate.recv() => Ending::Signal(15),
                _ = self.suspend.recv() => Ending::Suspend,
            }
        }
    }

    async fn heard(signal: Option<&mut Signal>) {
        match signal {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    fn unless_ignored(kind: SignalKind) -> io::Result<Option<Signal>> {
        // Where there is no such file, nothing is known to be ignored.
        let status = std::fs::read("/proc/self/status").unwrap_or_default();
        let ignored = is_ignored(&String::from_utf8_lossy(&status), kind.as_raw_value());
        if ignored { Ok(None) } else { signal(kind).map(Some) }
    }

    /// Whether a process's status says that it ignores a signal: bit 0 is that of signal 1.
    fn is_ignored(status: &str, signal: i32) -> bool {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u128::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
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

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_are_found_in_the_status() {
            let status = "Name:\tmigtop\nSigBlk:\t0000000000000003\nSigIgn:\t0000000000001001\n";
            let ignored: Vec<i32> = (1..16).filter(|n| is_ignored(status, *n)).collect();
            assert_eq!(ignored, [1, 13]);
            assert!(!is_ignored("", 1) && !is_ignored("SigIgn:\tno mask\n", 1));
        }
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
