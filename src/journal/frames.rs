//! Independent zstd frames: each is complete in itself, so that whatever was written before a
//! crash is readable, and damage in one touches no other.

use std::io::{self, Read, Seek, SeekFrom};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// zstd's own default: 8 bytes per interface and sample.
const LEVEL: i32 = 3;
/// How every frame begins (RFC 8878 section 3.1.1), and so every file of them.
pub const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// How the first line of a frame of ours begins.
const FIRST: &[u8] = b"{\"event\":";
/// Compressed bytes are read in blocks of this size.
const BLOCK: usize = 64 << 10;
/// What is decoded at once of a frame that others made larger than ours are.
const PIECE: usize = 4 << 20;

/// Makes frames, each with a checksum.
pub struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// Ready to pack.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new() -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
        compressor.include_checksum(true)?;
        Ok(Self(compressor))
    }

    /// `lines` as a frame.
    ///
    /// # Errors
    /// When zstd fails.
    pub fn pack(&mut self, lines: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(lines)
    }
}

/// What comes next in a file of frames.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Decoded bytes, which begin `skip` bytes into what the frame at `offset` holds.
    Piece { offset: u64, skip: u64 },
    /// The frame at `offset` is damaged or incomplete; the next good one is at `resume`.
    Broken { offset: u64, resume: Option<u64> },
    /// The end.
    End,
}

/// Decodes a file of frames.
pub struct Unpacker<S> {
    source: S,
    decoder: Decoder<'static>,
    input: Vec<u8>,
    taken: usize,
    /// File offset behind `input`.
    read: u64,
    /// Where the frame begins that is being decoded.
    frame: Option<u64>,
    /// Decoded bytes of that frame.
    decoded: u64,
    /// The decoder had no room for all it has.
    full: bool,
}

/// What one call of the decoder came to.
enum Step {
    /// There is more.
    Going,
    /// A frame ended.
    Frame,
    /// This is no frame, or not what was written.
    Bad,
    /// The file is at its end.
    Exhausted,
}

impl<S: Read + Seek> Unpacker<S> {
    /// Decodes `source` from its start.
    pub fn new(source: S) -> io::Result<Self> {
        let mut unpacker = Self {
            source,
            decoder: Decoder::new()?,
            input: Vec::with_capacity(BLOCK),
            taken: 0,
            read: 0,
            frame: None,
            decoded: 0,
            full: false,
        };
        unpacker.seek(0)?;
        Ok(unpacker)
    }

    /// Goes on at the frame that begins at `offset`.
    pub fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(offset))?;
        self.decoder.reinit()?;
        self.input.clear();
        (self.taken, self.read, self.frame, self.decoded) = (0, offset, None, 0);
        self.full = false;
        Ok(())
    }

    /// How far the file has been decoded, in bytes.
    pub fn offset(&self) -> u64 {
        self.read - (self.input.len() - self.taken) as u64
    }

    /// Decodes the next frame and appends it to `out`; of a very large frame a piece.
    pub fn unpack(&mut self, out: &mut Vec<u8>) -> io::Result<Next> {
        let begin = out.len();
        loop {
            let offset = self.frame.unwrap_or_else(|| self.offset());
            match self.step(out)? {
                Step::Going if out.len() - begin < PIECE => {}
                // No checksum vouches for what was decoded of it, and its place is to be cut.
                Step::Exhausted if self.frame.is_some() => {
                    out.truncate(begin);
                    return self.broken(offset);
                }
                Step::Exhausted => return Ok(Next::End),
                Step::Going => return Ok(self.piece(offset, out.len() - begin)),
                Step::Frame => {
                    let piece = self.piece(offset, out.len() - begin);
                    self.decoder.reinit()?;
                    (self.frame, self.decoded) = (None, 0);
                    return Ok(piece);
                }
                Step::Bad => {
                    out.truncate(begin);
                    return self.broken(offset);
                }
            }
        }
    }

    /// Decodes as much as one call does.
    fn step(&mut self, out: &mut Vec<u8>) -> io::Result<Step> {
        if self.taken == self.input.len() && !self.full && !self.fill()? {
            return Ok(Step::Exhausted);
        }
        self.frame.get_or_insert(self.read - (self.input.len() - self.taken) as u64);
        out.reserve(BLOCK);
        let filled = out.len();
        let mut input = InBuffer::around(&self.input[self.taken..]);
        let mut output = OutBuffer::around_pos(out, filled);
        let hint = self.decoder.run(&mut input, &mut output);
        self.taken += input.pos();
        self.full = out.len() == out.capacity();
        Ok(match hint {
            Ok(0) => Step::Frame,
            Ok(_) => Step::Going,
            Err(_) => Step::Bad,
        })
    }

    fn piece(&mut self, offset: u64, decoded: usize) -> Next {
        let skip = self.decoded;
        self.decoded += decoded as u64;
        Next::Piece { offset, skip }
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.input.resize(BLOCK, 0);
        let read = retry(|| self.source.read(&mut self.input))?;
        self.input.truncate(read);
        self.taken = 0;
        self.read += read as u64;
        Ok(read > 0)
    }

    /// Looks for a good frame behind the one at `offset`; the next call goes on there.
    fn broken(&mut self, offset: u64) -> io::Result<Next> {
        let resume = self.seek_frame(offset + 1)?;
        Ok(Next::Broken { offset, resume })
    }

    /// Goes on at the first good frame at or behind `offset`, else at the end.
    pub fn seek_frame(&mut self, offset: u64) -> io::Result<Option<u64>> {
        let mut candidate = offset;
        while let Some(found) = self.find_magic(candidate)? {
            if self.is_ours(found)? {
                self.seek(found)?;
                return Ok(Some(found));
            }
            candidate = found + 1;
        }
        let end = self.source.seek(SeekFrom::End(0))?;
        self.seek(end)?;
        Ok(None)
    }

    fn find_magic(&mut self, from: u64) -> io::Result<Option<u64>> {
        self.source.seek(SeekFrom::Start(from))?;
        let mut at = from;
        let mut window = Vec::with_capacity(2 * BLOCK);
        let mut block = vec![0; BLOCK];
        loop {
            let read = retry(|| self.source.read(&mut block))?;
            if read == 0 {
                return Ok(None);
            }
            window.extend_from_slice(&block[..read]);
            if let Some(place) = window.windows(MAGIC.len()).position(|bytes| bytes == MAGIC) {
                return Ok(Some(at + place as u64));
            }
            let kept = window.len().min(MAGIC.len() - 1);
            at += (window.len() - kept) as u64;
            window.drain(..window.len() - kept);
        }
    }

    /// Whether a complete frame of a session is at `offset`.
    fn is_ours(&mut self, offset: u64) -> io::Result<bool> {
        self.seek(offset)?;
        let mut content = Vec::new();
        loop {
            match self.step(&mut content)? {
                Step::Frame => return Ok(content.starts_with(FIRST)),
                Step::Going if content.len() < PIECE => {}
                _ => return Ok(false),
            }
        }
    }
}

fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn frame(text: &str) -> Vec<u8> {
        Packer::new().expect("zstd").pack(text.as_bytes()).expect("packed")
    }

    fn all(file: Vec<u8>) -> (String, Vec<Next>) {
        let mut unpacker = Unpacker::new(Cursor::new(file)).expect("opened");
        let (mut text, mut steps) = (Vec::new(), Vec::new());
        loop {
            let next = unpacker.unpack(&mut text).expect("readable");
            let end = next == Next::End;
            steps.push(next);
            if end {
                return (String::from_utf8(text).expect("UTF-8"), steps);
            }
        }
    }

    const A: &str = "{\"event\":\"a\"}\n";
    const B: &str = "{\"event\":\"b\"}\n";

    #[test]
    fn frames_are_read_back_as_one_stream_with_their_places() {
        let (a, b) = (frame(A), frame(B));
        let second = a.len() as u64;
        let (text, steps) = all([a, b].concat());
        assert_eq!(text, [A, B].concat());
        let piece = |offset| Next::Piece { offset, skip: 0 };
        assert_eq!(steps, [piece(0), piece(second), Next::End]);
    }

    #[test]
    fn wherever_the_last_frame_is_torn_the_first_is_whole() {
        let (a, b) = (frame(A), frame(B));
        for cut in 1..b.len() {
            let (text, steps) = all([&a[..], &b[..cut]].concat());
            assert_eq!(text, A);
            let torn = Next::Broken { offset: a.len() as u64, resume: None };
            assert_eq!(steps[1..], [torn, Next::End], "cut at {cut}");
        }
    }

    #[test]
    fn any_flipped_bit_is_found_and_the_next_frame_is_read() {
        let (a, b) = (frame(&A.repeat(9)), frame(B));
        for bit in 0..a.len() * 8 {
            let mut damaged = a.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (text, steps) = all([damaged, b.clone()].concat());
            // A few bits of a frame's header change nothing of what it holds.
            if text == [&A.repeat(9), B].concat() {
                continue;
            }
            assert_eq!(text, B, "bit {bit}");
            let broken = Next::Broken { offset: 0, resume: Some(a.len() as u64) };
            assert_eq!(steps[0], broken, "bit {bit}");
        }
    }

    #[test]
    fn a_tail_of_zeros_is_torn() {
        let (text, steps) = all([frame(A), vec![0; 4096]].concat());
        assert_eq!(text, A);
        assert!(matches!(steps[1], Next::Broken { resume: None, .. }), "{steps:?}");
    }

    #[test]
    fn a_frame_that_others_made_large_comes_in_pieces() {
        let lines = A.repeat(PIECE / A.len() * 2);
        let (text, steps) = all(frame(&lines));
        assert!(text == lines);
        assert!(steps.len() > 2 && matches!(steps[1], Next::Piece { offset: 0, skip } if skip > 0));
    }
}
