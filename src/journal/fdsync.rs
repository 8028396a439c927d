//! Brings a file to disk while nobody waits: the kernel's own workers sleep in the sync, no thread
//! of ours. Knows nothing of lines; what a sync covers is a number that its caller understands.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

#[cfg(not(target_os = "linux"))]
use elsewhere::Queue;
#[cfg(target_os = "linux")]
use linux::Queue;

/// One sync at a time, in the background where the system has such.
#[derive(Debug, Default)]
pub struct Fdsync {
    queue: State,
    /// What is under way covers so much.
    upto: Option<u64>,
}

#[derive(Debug, Default)]
enum State {
    /// Sessions that end at once never need it.
    #[default]
    Untried,
    Open(Queue),
    /// By this system, by a sandbox or for such files; not asked again.
    Refused,
}

impl Fdsync {
    /// As where there is no such thing.
    #[cfg(test)]
    pub fn refused() -> Self {
        Self { queue: State::Refused, upto: None }
    }

    /// What was submitted is not known to be done.
    pub fn is_under_way(&self) -> bool {
        self.upto.is_some()
    }

    /// Has what `file` holds now brought to disk, without waiting; it covers `upto`. `false` where
    /// that cannot be had: then it is the caller's to sync.
    ///
    /// # Panics
    /// When one is under way.
    pub fn submit(&mut self, file: &File, upto: u64) -> bool {
        assert!(self.upto.is_none(), "one sync at a time");
        if let State::Untried = self.queue {
            self.queue = Queue::open().map_or(State::Refused, State::Open);
        }
        let State::Open(queue) = &mut self.queue else { return false };
        let submitted = queue.submit(file).is_ok();
        if submitted {
            self.upto = Some(upto);
        } else {
            self.queue = State::Refused;
        }
        submitted
    }

    /// What the last one covers, once, when it is done; it is waited for as long as `patience`.
    /// `None` when nothing is under way or it is not done.
    ///
    /// # Errors
    /// When that sync failed; nothing is under way then.
    pub fn finished(&mut self, patience: Duration) -> io::Result<Option<u64>> {
        let (State::Open(queue), Some(upto)) = (&mut self.queue, self.upto) else {
            return Ok(None);
        };
        let synced = match queue.finished(patience) {
            Ok(None) => return Ok(None),
            Ok(Some(synced)) => synced,
            Err(error) => {
                // Nobody can say any more what becomes of it.
                self.abandon();
                Err(error)
            }
        };
        self.upto = None;
        synced.map(|()| Some(upto))
    }

    /// A queue in use is left to the end of the process: to close it would wait for the disk.
    fn abandon(&mut self) {
        let _ = ManuallyDrop::new(std::mem::replace(&mut self.queue, State::Refused));
    }
}

impl Drop for Fdsync {
    fn drop(&mut self) {
        if self.is_under_way() {
            self.abandon();
        }
    }
}

/// Linux AIO, io_submit(2). What it has for reading and writing does not matter here; its fdsync
/// runs in a work queue since Linux 4.18, and is refused with EINVAL before.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    /// IOCB_CMD_FDSYNC of linux/aio_abi.h.
    const FDSYNC: u16 = 3;

    /// struct iocb of linux/aio_abi.h.
    #[repr(C)]
    #[derive(Debug, Default)]
    struct Request {
        data: u64,
        /// Two fields, whose order is the machine's: the kernel's own key, and flags that are 0.
        key_and_flags: u64,
        opcode: u16,
        priority: i16,
        file: u32,
        buffer: u64,
        bytes: u64,
        offset: i64,
        reserved: u64,
        flags: u32,
        event_file: u32,
    }

    /// struct io_event of linux/aio_abi.h.
    #[repr(C)]
    #[derive(Debug, Default)]
    struct Done {
        data: u64,
        request: u64,
        result: i64,
        result2: i64,
    }

    const _: () = assert!(size_of::<Request>() == 64 && size_of::<Done>() == 32);

    /// A context for one request. Dropping it waits for what is under way.
    #[derive(Debug)]
    pub struct Queue {
        context: libc::c_ulong,
        /// In its place as long as the kernel may know of it.
        request: Box<Request>,
    }

    impl Queue {
        #[expect(unsafe_code, reason = "no safe wrapper for io_setup(2) among our crates")]
        pub fn open() -> io::Result<Self> {
            let mut context: libc::c_ulong = 0;
            let requests: libc::c_long = 1;
            // SAFETY: `context` outlives the call, which writes one aio_context_t to it.
            checked(unsafe { libc::syscall(libc::SYS_io_setup, requests, &raw mut context) })?;
            let mut queue = Self { context, request: Box::default() };
            // A sandbox that lets requests in and no answers out is no use.
            queue.finished(Duration::ZERO)?;
            Ok(queue)
        }

        /// Syncs the data of `file`; nothing may be under way.
        #[expect(unsafe_code, reason = "no safe wrapper for io_submit(2) among our crates")]
        pub fn submit(&mut self, file: &File) -> io::Result<()> {
            let file = file.as_raw_fd() as u32;
            *self.request = Request { opcode: FDSYNC, file, ..Request::default() };
            let requests = [&raw mut *self.request];
            let count: libc::c_long = 1;
            // SAFETY: the one pointer in `requests` is to a valid iocb without a buffer, which
            // stays where it is until it is done or for ever: `Queue` is dropped when idle, or
            // forgotten. The kernel holds the file itself, so its descriptor may be closed.
            let submitted = checked(unsafe {
                libc::syscall(libc::SYS_io_submit, self.context, count, requests.as_ptr())
            })?;
            if submitted == 1 { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
        }

        /// How the sync went, once it is done; it is waited for as long as `patience`.
        #[expect(unsafe_code, reason = "no safe wrapper for io_getevents(2) among our crates")]
        pub fn finished(&mut self, patience: Duration) -> io::Result<Option<io::Result<()>>> {
            // struct timespec as this call has always had it: two longs, whatever libc's is.
            let timeout = [patience.as_secs() as libc::c_long, patience.subsec_nanos().into()];
            let (least, most): (libc::c_long, libc::c_long) = (1, 1);
            let mut done = Done::default();
            loop {
                // SAFETY: `done` has room for the one event asked for, and `timeout` is the timespec
                // of this call; both outlive it.
                let count = checked(unsafe {
                    libc::syscall(
                        libc::SYS_io_getevents,
                        self.context,
                        least,
                        most,
                        &raw mut done,
                        timeout.as_ptr(),
                    )
                });
                return match count {
                    Ok(0) => Ok(None),
                    Ok(_) if done.result < 0 => {
                        Ok(Some(Err(io::Error::from_raw_os_error(-done.result as i32))))
                    }
                    Ok(_) => Ok(Some(Ok(()))),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
            }
        }
    }

    impl Drop for Queue {
        #[expect(unsafe_code, reason = "no safe wrapper for io_destroy(2) among our crates")]
        fn drop(&mut self) {
            // SAFETY: the context is this queue's own and is not used again.
            unsafe { libc::syscall(libc::SYS_io_destroy, self.context) };
        }
    }

    fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
    }
}

/// No other system has a sync that nobody waits for.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::fs::File;
    use std::io;
    use std::time::Duration;

    #[derive(Debug)]
    pub enum Queue {}

    impl Queue {
        pub fn open() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn submit(&mut self, _: &File) -> io::Result<()> {
            match *self {}
        }

        pub fn finished(&mut self, _: Duration) -> io::Result<Option<io::Result<()>>> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn until_done(fdsync: &mut Fdsync) -> Option<u64> {
        for _ in 0..3_000 {
            if let Some(upto) = fdsync.finished(Duration::ZERO).expect("synced") {
                return Some(upto);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    #[test]
    fn what_was_submitted_is_told_once_when_it_is_done() {
        let mut file = tempfile::tempfile().expect("a file");
        let mut fdsync = Fdsync::default();
        assert_eq!(fdsync.finished(LONG).expect("nothing"), None);
        for upto in [5, 10, 15] {
            file.write_all(b"lines").expect("written");
            if !fdsync.submit(&file, upto) {
                // A system without it says so, and again.
                assert!(!fdsync.submit(&file, upto) && !fdsync.is_under_way());
                continue;
            }
            assert!(fdsync.is_under_way());
            let done = if upto == 10 {
                fdsync.finished(LONG).expect("synced")
            } else {
                until_done(&mut fdsync)
            };
            assert_eq!(done, Some(upto));
            assert!(!fdsync.is_under_way());
            assert_eq!(fdsync.finished(LONG).expect("nothing"), None);
        }
    }

    #[test]
    fn a_file_may_be_closed_and_all_given_up_while_a_sync_is_under_way() {
        for _ in 0..3 {
            let mut file = tempfile::tempfile().expect("a file");
            file.write_all(&vec![b'a'; 100_000]).expect("written");
            let mut fdsync = Fdsync::default();
            fdsync.submit(&file, 1);
            drop(file);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_synced_is_refused_or_fails() {
        let (_read, write) = io::pipe().expect("a pipe");
        let pipe: File = std::os::fd::OwnedFd::from(write).into();
        let mut fdsync = Fdsync::default();
        assert!(!fdsync.submit(&pipe, 1) || fdsync.finished(LONG).is_err());
        assert!(!fdsync.is_under_way());
    }
}
