//! The terminal itself: raw mode, alternate screen, mouse; restored on every way out.
//!
//! Output never blocks: a frame goes into a buffer, as much as the terminal takes is written, and
//! while a rest is left no new frame is drawn. A terminal that stands still (ssh, a pager's pause)
//! delays nothing but itself; to one that is slow no more is sent than it soon reads.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::layout::Rect;

use super::line::Line;
use outlet::Outlet;

/// Asks for the colour of the background; `tui/reply.rs` knows the answer.
pub const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";

/// The terminal is ours and has to be restored.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal; it is given back when dropped, and by the panic hook.
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Enters raw mode and the alternate screen.
    pub fn take(mouse: bool) -> io::Result<Self> {
        install_panic_hook();
        enter(mouse)?;
        Ok(Self { mouse })
    }

    /// Gives the terminal back for a while.
    pub fn release(&self) {
        restore();
    }

    /// Gives it back for good; `false` when it stands still and takes nothing more.
    pub fn give_back(self) -> bool {
        restore()
    }

    /// Takes it again.
    pub fn retake(&self) -> io::Result<()> {
        enter(self.mouse)
    }

    /// Takes the mouse, or leaves it to the terminal, with the next frame.
    pub fn mouse(&mut self, wanted: bool, outbox: &mut Outbox) -> io::Result<()> {
        self.mouse = wanted;
        if wanted {
            queue!(outbox.frame(), EnableMouseCapture)
        } else {
            queue!(outbox.frame(), DisableMouseCapture)
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    // Whether there are colours is decided before a style is made: --color always goes before NO_COLOR.
    crossterm::style::force_color_output(true);
    let mut out = io::stdout().lock();
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// A terminal that takes nothing is given this long to take its restoration.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(5);

/// Puts the terminal back as it was; does nothing when it is not ours. `false` when the terminal
/// stands still and has not taken all of it.
pub fn restore() -> bool {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return true;
    }
    let mut outbox = Outbox::open();
    // Into memory: this cannot fail.
    let _ = queue!(
        outbox.frame(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    // Frames that a terminal has not taken yet are of no use to it any more.
    outbox.drop_unread();
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        if outbox.push().is_err() || !outbox.is_behind() {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    let _ = disable_raw_mode();
    !outbox.is_behind()
}

/// The message of a panic is readable only on the ordinary screen.
fn install_panic_hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            report(info);
        }));
    });
}

/// The size in columns and rows; 80x24 where the terminal does not tell.
pub fn size() -> Rect {
    let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
    Rect::new(0, 0, width, height)
}

/// Bytes on their way to the terminal.
pub struct Outbox {
    outlet: Outlet,
    pending: Vec<u8>,
    line: Line,
}

impl Outbox {
    /// To standard output.
    pub fn open() -> Self {
        Self { outlet: Outlet::open(), pending: Vec::new(), line: Line::default() }
    }

    /// Where a frame is put together.
    pub fn frame(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Whether the last frame is still on its way.
    pub fn is_behind(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Drops what the terminal was given and has not read.
    fn drop_unread(&self) {
        self.outlet.drop_unread();
    }

    /// How many bytes the next frame may have; `None` when there is no limit.
    pub fn room(&mut self) -> Option<usize> {
        self.line.room(Instant::now())
    }

    /// How long until a frame can be sent, one that answers a key or any.
    pub fn wait(&self, answers: bool) -> Duration {
        self.line.wait(Instant::now(), answers)
    }

    /// Writes as much as the terminal takes now. `true` when that shows that it is slow: what it has
    /// not read is dropped, and its screen has to be drawn anew.
    pub fn push(&mut self) -> io::Result<bool> {
        let before = self.pending.len();
        if before == 0 {
            return Ok(false);
        }
        self.write()?;
        let left = self.pending.len();
        if !self.line.pushed(Instant::now(), before - left, left > 0) {
            return Ok(false);
        }
        self.drop_unread();
        self.pending.clear();
        self.pending.extend(PLAIN);
        Ok(true)
    }

    fn write(&mut self) -> io::Result<()> {
        let most = if self.line.is_jammed() { SMALL_PIECE } else { PIECE };
        while !self.pending.is_empty() {
            match self.outlet.write(piece(&self.pending, most)) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.pending.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Linux hands a terminal's output on in pieces of this size (tty_io.c, iterate_tty_write).
const PIECE: usize = 2048;
/// Room is made piece by piece, too: small ones show how much was read.
const SMALL_PIECE: usize = 256;
const ESCAPE: u8 = 0x1b;
/// Ends whatever sequence was cut off, and whatever look was begun.
const PLAIN: &[u8] = b"\x1b[0m";

/// As much as is handed on at once, and no escape sequence cut in two: not every program that reads
/// screens puts the halves together.
fn piece(bytes: &[u8], most: usize) -> &[u8] {
    if bytes.len() <= most {
        return bytes;
    }
    let sequence = bytes[..=most].iter().rposition(|byte| *byte == ESCAPE);
    &bytes[..sequence.filter(|at| *at > 0).unwrap_or(most)]
}

/// Standard output, opened anew where that is possible: only then can it be made non-blocking
/// without doing the same to every other program on this terminal.
#[cfg(unix)]
mod outlet {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Write};
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;

    pub enum Outlet {
        Own(File),
        Shared(io::Stdout),
    }

    impl Outlet {
        pub fn open() -> Self {
            let path = rustix::termios::ttyname(io::stdout().as_fd(), Vec::new()).ok();
            let flags =
                (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed();
            path.and_then(|path| {
                let path = std::path::PathBuf::from(path.to_str().ok()?);
                OpenOptions::new().write(true).custom_flags(flags).open(path).ok()
            })
            .map_or_else(|| Self::Shared(io::stdout()), Self::Own)
        }

        pub fn drop_unread(&self) {
            let queue = rustix::termios::QueueSelector::OFlush;
            // Where that is not possible, what was written stays written.
            let _ = match self {
                Self::Own(file) => rustix::termios::tcflush(file, queue),
                Self::Shared(out) => rustix::termios::tcflush(out, queue),
            };
        }

        pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self {
                Self::Own(file) => file.write(bytes),
                Self::Shared(out) => {
                    out.write_all(bytes).and_then(|()| out.flush()).map(|()| bytes.len())
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod outlet {
    use std::io::{self, Write};

    pub struct Outlet(io::Stdout);

    impl Outlet {
        pub fn open() -> Self {
            Self(io::stdout())
        }

        #[expect(clippy::unused_self, reason = "elsewhere there is something to drop")]
        pub fn drop_unread(&self) {}

        pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write_all(bytes).and_then(|()| self.0.flush()).map(|()| bytes.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_before_an_escape_sequence() {
        let mut frame = vec![b'x'; PIECE - 1];
        frame.extend(b"\x1b[1mbold");
        assert_eq!(piece(&frame, PIECE).len(), PIECE - 1);
        assert_eq!(piece(&frame[PIECE - 1..], PIECE), b"\x1b[1mbold");
        assert_eq!(piece(&vec![b'x'; 3 * PIECE], PIECE).len(), PIECE);
    }
}
