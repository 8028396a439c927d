//! migtop in a terminal of its own, a shell's child as for a person: keys in, screen out.

use std::fs::File;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal};
use rustix::pty::OpenptFlags;
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

use super::namespace::Namespace;
use super::process::{self, Running, wait_until};
use super::stream::Stream;

/// Generous: a loaded machine is slow, not wrong.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the program, then tells its status, then keeps the terminal open as a shell would. A login
/// shell's death resets the terminal, which would hide what the program left behind.
const SHELL: &str = r#"sh -c 'echo $$ >pid.part; mv pid.part pid; exec "$@"' sh "$@"
echo $? >status.part; mv status.part status; kill -STOP $$"#;

const READING: u8 = 0;
const PAUSED: u8 = 1;
const STOPPED: u8 = 2;

/// How migtop is started.
pub struct Launch<'a> {
    namespace: &'a Namespace,
    arguments: Vec<String>,
    size: (u16, u16),
    unprivileged: bool,
    bytes_per_s: usize,
}

impl<'a> Launch<'a> {
    /// In `namespace`, at 120x40, with the default interval.
    pub fn in_namespace(namespace: &'a Namespace) -> Self {
        let (arguments, size) = (Vec::new(), (120, 40));
        Self { namespace, arguments, size, unprivileged: false, bytes_per_s: 0 }
    }

    /// With these arguments.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&a| a.to_owned()));
        self
    }

    /// In a terminal of this many columns and rows.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// In a terminal that reads no faster than this.
    pub fn bytes_per_s(mut self, bytes_per_s: usize) -> Self {
        self.bytes_per_s = bytes_per_s;
        self
    }

    /// As nobody, without any capability.
    pub fn unprivileged(mut self) -> Self {
        self.unprivileged = true;
        self
    }

    /// Starts it.
    pub fn start(self) -> Tty {
        Tty::start(&self)
    }

    /// Starts it and waits for its first frame.
    pub fn shown(self) -> Tty {
        let tty = self.start();
        tty.wait_for("the first frame", |screen| screen.contains("TX") || screen.contains("no in"));
        tty
    }
}

/// A terminal with migtop in it. Dropping it ends both.
pub struct Tty {
    // Dropped in this order: the shell first, then the terminal.
    shell: Running,
    pid: Option<u32>,
    master: Option<Arc<OwnedFd>>,
    reader: Option<JoinHandle<()>>,
    mode: Arc<AtomicU8>,
    seen: Arc<Mutex<Seen>>,
    modes_before: String,
    folder: tempfile::TempDir,
    snapshots: usize,
}

/// What has come out of the terminal.
struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
    chunks: Vec<(Instant, usize)>,
}

impl Tty {
    fn start(launch: &Launch) -> Self {
        let master =
            rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .expect("a pseudo-terminal");
        rustix::pty::grantpt(&master).expect("granted");
        rustix::pty::unlockpt(&master).expect("unlocked");
        let name = rustix::pty::ptsname(&master, Vec::new()).expect("a name");
        let path = PathBuf::from(name.to_str().expect("UTF-8"));
        let (columns, rows) = launch.size;
        tcsetwinsize(&master, size(columns, rows)).expect("a size");
        let slave = || {
            let mut options = File::options();
            let flags = rustix::fs::OFlags::NOCTTY.bits() as i32;
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
            options.read(true).write(true).open(&path).expect("the terminal opens")
        };
        let modes_before = modes(&master);

        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("setsid");
        command.args(["-c", "sh", "-c", SHELL, "sh"]);
        command.args(["ip", "netns", "exec", launch.namespace.name()]);
        let mut program = process::migtop();
        if launch.unprivileged {
            // Where nobody may read and write as well.
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o1777))
                .expect("permissions");
            std::os::unix::fs::chown(&path, Some(NOBODY), None).expect("the user's terminal");
            let copy = folder.path().join("migtop");
            std::fs::copy(&program, &copy).expect("copied");
            program = copy;
            command.args(SETPRIV);
        }
        command.arg(program).args(&launch.arguments);
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
        command.env_remove("COLORFGBG");
        command.env("HOME", folder.path()).env_remove("XDG_STATE_HOME").current_dir(folder.path());
        command.stdin(slave()).stdout(slave()).stderr(slave());
        let shell = Running(command.spawn().expect("setsid runs"));

        let master = Arc::new(master);
        let seen = Arc::new(Mutex::new(Seen {
            screen: emulator(rows, columns),
            raw: Vec::new(),
            chunks: Vec::new(),
        }));
        let mode = Arc::new(AtomicU8::new(READING));
        let bytes_per_s = launch.bytes_per_s;
        let reader = {
            let (master, seen, mode) = (Arc::clone(&master), Arc::clone(&seen), Arc::clone(&mode));
            std::thread::spawn(move || read(&master, &seen, &mode, bytes_per_s))
        };
        let mut tty = Self {
            shell,
            pid: None,
            master: Some(master),
            reader: Some(reader),
            mode,
            seen,
            modes_before,
            folder,
            snapshots: 0,
        };
        let started = wait_until(PATIENCE, || tty.told("pid").is_some());
        assert!(started, "not started: {}", tty.text());
        tty.pid = tty.told("pid");
        tty
    }

    fn told(&self, file: &str) -> Option<u32> {
        std::fs::read_to_string(self.folder.path().join(file)).ok()?.trim().parse().ok()
    }

    fn master(&self) -> &OwnedFd {
        self.master.as_ref().expect("not hung up")
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.pid.expect("started")
    }

    /// Its working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        let written = rustix::io::write(self.master(), keys.as_bytes()).expect("keys go in");
        assert_eq!(written, keys.len());
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        self.look(|seen| seen.screen.screen().contents())
    }

    fn look<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.seen.lock().expect("the reader lives"))
    }

    /// Every byte that came out so far.
    pub fn raw(&self) -> Vec<u8> {
        self.look(|seen| seen.raw.clone())
    }

    /// Shows every state of the screen again, with the time it came at.
    pub fn replay(&self, mut each: impl FnMut(Instant, &str)) {
        let (raw, chunks) = self.look(|seen| (seen.raw.clone(), seen.chunks.clone()));
        let (rows, columns) = self.look(|seen| seen.screen.screen().size());
        let mut screen = emulator(rows.get(), columns.get());
        let mut rest = &raw[..];
        for (at, length) in chunks {
            let (chunk, after) = rest.split_at(length);
            rest = after;
            screen.process(chunk);
            each(at, &screen.screen().contents());
        }
    }

    /// Waits until the screen is as wanted; the screen.
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        let seen = wait_until(PATIENCE, || {
            text = self.text();
            wanted(&text)
        });
        assert!(seen, "waited in vain for {what}; the screen is\n{text}");
        text
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        // First our own, so that what is drawn for the new size is not read as for the old one.
        self.look(|seen| seen.screen.screen_mut().set_size(cells(rows), cells(columns)));
        tcsetwinsize(self.master(), size(columns, rows)).expect("a size");
    }

    /// Stops reading: the terminal stands still.
    pub fn block(&self) {
        self.mode.store(PAUSED, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(300));
    }

    /// Reads on.
    pub fn unblock(&self) {
        self.mode.store(READING, Ordering::SeqCst);
    }

    /// Takes the terminal away.
    pub fn hang_up(&mut self) {
        self.mode.store(STOPPED, Ordering::SeqCst);
        let reader = self.reader.take().expect("not hung up");
        reader.join().expect("the reader ends");
        self.master = None;
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid() as i32).expect("a process");
        rustix::process::kill_process(pid, signal).expect("sent");
    }

    /// Waits for the program's end; its exit status.
    pub fn status(&self) -> u32 {
        let ended = wait_until(PATIENCE, || self.told("status").is_some());
        assert!(ended, "migtop does not end; the screen is\n{}", self.text());
        // What it has written last is still under way.
        std::thread::sleep(Duration::from_millis(300));
        self.told("status").expect("just seen")
    }

    /// Quits by key; fails unless that works and leaves the terminal as it was.
    pub fn quit(&self) {
        self.press("q");
        assert_eq!(self.status(), 0, "{}", self.text());
        self.check_restored();
    }

    /// Fails unless the terminal is as it was before the program.
    pub fn check_restored(&self) {
        self.look(|seen| {
            let screen = seen.screen.screen();
            assert!(!screen.alternate_screen(), "the alternate screen is left");
            assert!(!screen.hide_cursor(), "the cursor is left hidden");
            assert!(!screen.bracketed_paste(), "paste is left bracketed");
            let mouse = screen.mouse_protocol_mode();
            assert!(mouse == vt100::MouseProtocolMode::None, "the mouse is left on: {mouse:?}");
        });
        self.check_modes();
    }

    /// Fails unless the terminal's modes are as they were, whatever its screen shows.
    pub fn check_modes(&self) {
        assert_eq!(modes(self.master()), self.modes_before, "the terminal's modes are changed");
    }

    /// Whether the program has the terminal as it wants it.
    pub fn check_taken(&self) {
        let screen = self.look(|seen| seen.screen.screen().clone());
        assert!(screen.alternate_screen() && screen.hide_cursor(), "the terminal is not taken");
        assert_ne!(modes(self.master()), self.modes_before, "the terminal is not raw");
    }

    /// Presses `s` and reads the session that it writes.
    pub fn snapshot(&mut self) -> Stream {
        self.press("s");
        self.snapshots += 1;
        let mut files = Vec::new();
        let written = wait_until(PATIENCE, || {
            files = self.session_files();
            files.len() == self.snapshots
        });
        assert!(written, "no snapshot; the screen is\n{}", self.text());
        let newest = files.into_iter().max_by_key(|path| {
            path.metadata().and_then(|file| file.modified()).expect("it is there")
        });
        Stream::read(&newest.expect("just seen"))
    }

    fn session_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.to_string_lossy().ends_with(".jsonl.zst")).collect()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.mode.store(STOPPED, Ordering::SeqCst);
        if let Some(pid) = self.pid.and_then(|pid| Pid::from_raw(pid as i32))
            && self.told("status").is_none()
        {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let _ = self.shell.0.kill();
    }
}

/// Nobody's number, everywhere.
pub const NOBODY: u32 = 65534;
/// What makes a program nobody's.
pub const SETPRIV: &[&str] = &[
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--no-new-privs",
    "--",
];

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn emulator(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(cells(rows), cells(columns), 0)
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has cells")
}

/// The terminal's modes, as one comparable text. Asked at our end, the kernel tells the other's.
fn modes(master: &OwnedFd) -> String {
    let modes = tcgetattr(master).expect("a terminal");
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        modes.input_modes,
        modes.output_modes,
        modes.control_modes,
        modes.local_modes,
        modes.special_codes
    )
}

/// How much a slow terminal reads at once.
const SIP: usize = 32;
/// So much later it may do so without being slower for it.
const LATE: Duration = Duration::from_millis(50);

fn read(master: &OwnedFd, seen: &Mutex<Seen>, mode: &AtomicU8, bytes_per_s: usize) {
    let mut buffer = [0; 8192];
    let most = if bytes_per_s == 0 { buffer.len() } else { SIP };
    let mut ready = Instant::now();
    let while_waiting = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    loop {
        match mode.load(Ordering::SeqCst) {
            STOPPED => return,
            PAUSED => {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            _ => {}
        }
        let mut wanted = [PollFd::new(master, PollFlags::IN)];
        if !matches!(rustix::event::poll(&mut wanted, Some(&while_waiting)), Ok(1..)) {
            continue;
        }
        std::thread::sleep(ready.saturating_duration_since(Instant::now()));
        let Ok(length @ 1..) = rustix::io::read(master, &mut buffer[..most]) else {
            // The other end is closed, for now or for ever.
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        if bytes_per_s > 0 {
            // Not from now on: what a busy machine delays is made good.
            let begun = if ready.elapsed() < LATE { ready } else { Instant::now() };
            ready = begun + Duration::from_secs_f64(length as f64 / bytes_per_s as f64);
        }
        let mut seen = seen.lock().expect("nobody panics with it");
        seen.screen.process(&buffer[..length]);
        seen.raw.extend_from_slice(&buffer[..length]);
        seen.chunks.push((Instant::now(), length));
    }
}
