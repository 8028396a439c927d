//! The terminal's answer to the question for its background, taken out of what is typed.
//!
//! The answer is `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, ended by `ESC \` or BEL (xterm, Control Sequences,
//! OSC 11; the form of the colour is XParseColor's). crossterm does not know it: it tells of Alt-]
//! and then of single characters, which would all act as keys. Where its bytes come one by one, as
//! over a serial line, it tells of Esc and `]` instead.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::theme::colour::Rgb;

/// What comes from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key, the mouse, another size.
    Event(Event),
    /// The colour of the background.
    Background(Rgb),
}

/// Esc closes what is open: nobody notices so short a while.
const AT_ESCAPE: Duration = Duration::from_millis(100);
/// Hardly anybody presses Alt-].
const AT_MORE: Duration = Duration::from_secs(1);
const OPENING: &str = "\x1b]11;";
/// A terminal that answers has done so before Esc was pressed in vain so often.
const ESCAPES: u8 = 3;
/// Keys pressed amid an answer, until its rest is no longer waited for.
const AMID: u8 = 8;

/// Takes answers out of what is typed, and gives on everything else, in order.
#[derive(Debug, Default)]
pub struct Replies {
    /// What may be an answer, as the terminal wrote it.
    text: String,
    /// Keys that may belong to it; none of those that surely do.
    held: Vec<Event>,
    /// Escapes that are still worth waiting at.
    escapes: u8,
    /// The last key given on was Esc.
    after_escape: bool,
    /// Keys given on since the answer began.
    amid: u8,
}

/// What a text is of an answer.
enum Reading {
    /// Nothing.
    No,
    /// Perhaps its beginning.
    Maybe,
    /// Its beginning.
    Part,
    /// All of it; `None` when it is not about a colour.
    Whole(Option<Rgb>),
}

impl Replies {
    /// For a terminal that was asked, or was not: nobody waits at Esc then.
    pub fn new(asked: bool) -> Self {
        Self { escapes: if asked { ESCAPES } else { 0 }, ..Self::default() }
    }

    /// How long to wait for what follows, before [`Self::release`] gives on the keys that are held;
    /// `None` when there are none.
    pub fn patience(&self) -> Option<Duration> {
        let patience = if self.text == "\x1b" { AT_ESCAPE } else { AT_MORE };
        (!self.held.is_empty()).then_some(patience)
    }

    /// Takes what came; what is to be acted on goes to `out`.
    pub fn take(&mut self, event: Event, out: &mut impl FnMut(Input)) {
        let Event::Key(key) = event else {
            out(Input::Event(event));
            return;
        };
        if key.kind == KeyEventKind::Release {
            out(Input::Event(event));
            return;
        }
        let inside = self.text.len() >= OPENING.len();
        let before = self.text.len();
        self.write(key);
        match read(&self.text) {
            Reading::Whole(colour) => {
                *self = Self::default();
                if let Some(colour) = colour {
                    out(Input::Background(colour));
                }
            }
            // Nobody waits for Esc where no answer is awaited.
            Reading::Maybe if self.text == "\x1b" && self.escapes == 0 => {
                self.release_with(event, out);
            }
            Reading::Maybe => self.held.push(event),
            Reading::Part if self.text.ends_with('\x1b') => self.held.push(event),
            Reading::Part => self.held.clear(),
            Reading::No if inside => {
                self.text.truncate(before);
                self.release(out);
                self.pass(event, out);
                self.amid += 1;
                if self.amid > AMID {
                    self.text.clear();
                }
            }
            Reading::No if self.held.is_empty() => self.release_with(event, out),
            Reading::No => {
                self.release(out);
                self.take(event, out);
            }
        }
    }

    /// Gives on what is held: nothing followed it.
    pub fn release(&mut self, out: &mut impl FnMut(Input)) {
        let inside = self.text.len() >= OPENING.len();
        if inside {
            let end = self.text.trim_end_matches('\x1b').len();
            self.text.truncate(end);
        } else {
            self.text.clear();
        }
        for event in std::mem::take(&mut self.held) {
            self.pass(event, out);
        }
    }

    fn release_with(&mut self, event: Event, out: &mut impl FnMut(Input)) {
        self.release(out);
        self.pass(event, out);
    }

    fn pass(&mut self, event: Event, out: &mut impl FnMut(Input)) {
        self.after_escape = is_escape(&event);
        if self.after_escape {
            self.escapes = self.escapes.saturating_sub(1);
        }
        out(Input::Event(event));
    }

    /// Appends what the terminal wrote for this key.
    fn write(&mut self, key: KeyEvent) {
        let modifiers = key.modifiers - KeyModifiers::SHIFT;
        match (key.code, modifiers) {
            (KeyCode::Esc, KeyModifiers::NONE) => self.text.push('\x1b'),
            (KeyCode::Char(c), KeyModifiers::NONE) => {
                if self.text.is_empty() && self.after_escape && self.escapes > 0 {
                    self.text.push('\x1b');
                }
                self.text.push(c);
            }
            (KeyCode::Char(c), KeyModifiers::ALT) => self.text.extend(['\x1b', c]),
            (KeyCode::Char('g'), KeyModifiers::CONTROL) => self.text.push('\x07'),
            _ => self.text.push('\0'),
        }
    }
}

fn is_escape(event: &Event) -> bool {
    matches!(event, Event::Key(KeyEvent { code: KeyCode::Esc, .. }))
}

fn read(text: &str) -> Reading {
    let Some(body) = text.strip_prefix(OPENING) else {
        return if OPENING.starts_with(text) { Reading::Maybe } else { Reading::No };
    };
    match body.strip_suffix("\x1b\\").or_else(|| body.strip_suffix('\x07')) {
        Some(body) if fits(body) => Reading::Whole(colour(body)),
        None if fits(body.strip_suffix('\x1b').unwrap_or(body)) => Reading::Part,
        Some(_) | None => Reading::No,
    }
}

/// Whether it is the beginning of a colour.
fn fits(body: &str) -> bool {
    [("rgb:", 3), ("rgba:", 4)].into_iter().any(|(opening, most)| {
        let Some(parts) = body.strip_prefix(opening) else { return opening.starts_with(body) };
        let hex = |part: &str| part.len() <= 4 && part.bytes().all(|c| c.is_ascii_hexdigit());
        parts.split('/').count() <= most && parts.split('/').all(hex)
    })
}

/// `rgb:1e1e/1e1e/1e1e`, with one to four digits each.
fn colour(body: &str) -> Option<Rgb> {
    let (_, parts) = body.split_once(':')?;
    let mut parts = parts.split('/').map(|part| {
        let most = 16u32.checked_pow(part.len() as u32)? - 1;
        let value = u32::from_str_radix(part, 16).ok()?;
        Some((value * 255 / most) as u8)
    });
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DARK: &str = "\x1b]11;rgb:1e1e/1E1e/1e1e\x1b\\";

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    /// What crossterm 0.29 makes of bytes that come together (its `parse_event`).
    fn events(together: &str) -> Vec<Event> {
        let mut events = Vec::new();
        let mut chars = together.chars();
        while let Some(c) = chars.next() {
            let shift =
                |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            events.push(match c {
                '\x1b' => match chars.next() {
                    None => key(KeyCode::Esc, KeyModifiers::NONE),
                    Some(c) => key(KeyCode::Char(c), KeyModifiers::ALT),
                },
                '\x07' => key(KeyCode::Char('g'), KeyModifiers::CONTROL),
                '\x03' => key(KeyCode::Char('c'), KeyModifiers::CONTROL),
                c => key(KeyCode::Char(c), shift(c)),
            });
        }
        events
    }

    /// What is acted on when these pieces come one after another; `|` is a pause.
    fn heard(replies: &mut Replies, pieces: &[&str]) -> Vec<Input> {
        let mut heard = Vec::new();
        for piece in pieces {
            if *piece == "|" {
                replies.release(&mut |input| heard.push(input));
            } else {
                for event in events(piece) {
                    replies.take(event, &mut |input| heard.push(input));
                }
            }
        }
        heard
    }

    fn typed(text: &str) -> Vec<Input> {
        events(text).into_iter().map(Input::Event).collect()
    }

    fn background(rgb: Rgb) -> Vec<Input> {
        vec![Input::Background(rgb)]
    }

    #[test]
    fn the_background_is_told_and_nothing_else() {
        for (answer, rgb) in [
            (DARK, [0x1e; 3]),
            ("\x1b]11;rgb:ffff/ffff/ffff\x07", [0xff; 3]),
            ("\x1b]11;rgb:fd/f6/e3\x1b\\", [0xfd, 0xf6, 0xe3]),
            ("\x1b]11;rgb:f/0/8\x1b\\", [0xff, 0, 0x88]),
            ("\x1b]11;rgba:0000/0000/0000/ffff\x1b\\", [0; 3]),
        ] {
            for asked in [false, true] {
                assert_eq!(
                    heard(&mut Replies::new(asked), &[answer]),
                    background(rgb),
                    "{answer:?}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_comes_in_two_pieces_is_one() {
        for at in 1..DARK.len() {
            let (first, rest) = DARK.split_at(at);
            let mut replies = Replies::new(true);
            assert_eq!(heard(&mut replies, &[first, rest]), background([0x1e; 3]), "{at}");
            assert_eq!(replies.patience(), None);
        }
        let bytes: Vec<String> = DARK.chars().map(String::from).collect();
        let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
        assert_eq!(heard(&mut Replies::new(true), &bytes), background([0x1e; 3]));
    }

    /// Behind `11;` however long the pause; before it, the keys have to be given on.
    #[test]
    fn a_long_pause_amid_an_answer_makes_no_keys_of_the_rest() {
        for at in 5..DARK.len() - 1 {
            let (first, rest) = DARK.split_at(at);
            let heard = heard(&mut Replies::new(true), &[first, "|", rest]);
            assert_eq!(heard, background([0x1e; 3]), "{at}");
        }
        let late = heard(&mut Replies::new(true), &["\x1b", "|", &DARK[1..]]);
        assert_eq!(late, [typed("\x1b"), background([0x1e; 3])].concat());
    }

    #[test]
    fn what_is_typed_comes_out_as_it_was() {
        for text in ["q", "\x1b", "\x1bq", "\x1b]", "\x1b]1 ", "\x1b]2", "]11;", "\x1b]11q", "\x03"]
        {
            for asked in [false, true] {
                let mut replies = Replies::new(asked);
                assert_eq!(heard(&mut replies, &[text, "|"]), typed(text), "{text:?}");
                assert_eq!(heard(&mut replies, &["q"]), typed("q"), "{text:?}");
            }
        }
        let (first, second) = ("\x1b", "\x1b]11;rgb:0/0/0\x07");
        let both = heard(&mut Replies::new(true), &[first, second]);
        assert_eq!(both, [typed("\x1b"), background([0; 3])].concat());
    }

    #[test]
    fn esc_waits_for_what_may_follow_only_as_long_as_an_answer_is_awaited() {
        let mut replies = Replies::new(true);
        for _ in 0..ESCAPES {
            assert_eq!(heard(&mut replies, &["\x1b"]), []);
            assert_eq!(heard(&mut replies, &["|"]), typed("\x1b"));
        }
        assert_eq!(heard(&mut replies, &["\x1b"]), typed("\x1b"));
        let mut replies = Replies::new(true);
        heard(&mut replies, &[DARK]);
        assert_eq!(heard(&mut replies, &["\x1b"]), typed("\x1b"));
    }

    #[test]
    fn keys_amid_an_answer_act_and_one_that_never_ends_is_given_up() {
        let mut replies = Replies::new(true);
        let amid = heard(&mut replies, &["\x1b]11;rgb:1e1e/", "q", "\x03", "1e1e/1e1e\x07"]);
        assert_eq!(amid, [typed("q\x03"), background([0x1e; 3])].concat());
        let mut replies = Replies::new(true);
        let keys = "q".repeat(usize::from(AMID) + 1);
        assert_eq!(heard(&mut replies, &["\x1b]11;rgb:1", &keys, "1bf/:"]).len(), keys.len() + 5);
    }

    #[test]
    fn the_mouse_and_a_new_size_pass() {
        let mut replies = Replies::new(true);
        let mut out = Vec::new();
        let resize = Event::Resize(80, 24);
        replies.take(events("\x1b")[0].clone(), &mut |input| out.push(input));
        replies.take(resize.clone(), &mut |input| out.push(input));
        assert_eq!(out, [Input::Event(resize)]);
    }
}
