//! Lines in independent zstd frames: each is complete in itself, so that whatever was written
//! before a crash is readable.

use std::io::Write;
use std::time::Duration;

use super::{JournalError, write_line};
use crate::model::Event;

/// A frame is closed after this much session time.
const FRAME: Duration = Duration::from_millis(500);
/// A frame is closed at this size in any case.
const LARGEST_FRAME: usize = 1 << 20;
/// zstd's own default: 8 bytes per interface and sample.
const LEVEL: i32 = 3;

/// Writes events to `out`, a frame at a time.
pub struct FrameWriter<W> {
    out: W,
    lines: Vec<u8>,
    compressor: zstd::bulk::Compressor<'static>,
    opened: Option<Duration>,
    written: u64,
}

impl<W: Write> FrameWriter<W> {
    /// An empty stream on `out`.
    pub fn new(out: W) -> Result<Self, JournalError> {
        let compressor = zstd::bulk::Compressor::new(LEVEL).map_err(JournalError::Write)?;
        Ok(Self { out, lines: Vec::new(), compressor, opened: None, written: 0 })
    }

    /// Takes one event of session time `at`; writes when the frame is due.
    pub fn push(&mut self, at: Duration, event: &Event) -> Result<(), JournalError> {
        write_line(event, &mut self.lines)?;
        let opened = *self.opened.get_or_insert(at);
        if at.saturating_sub(opened) >= FRAME || self.lines.len() >= LARGEST_FRAME {
            self.flush()?;
        }
        Ok(())
    }

    /// Closes the frame; what was pushed is in `out` then.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let frame = self.compressor.compress(&self.lines).map_err(JournalError::Write)?;
        self.out.write_all(&frame).map_err(JournalError::Write)?;
        self.written += frame.len() as u64;
        self.lines.clear();
        self.opened = None;
        Ok(())
    }

    /// Bytes of all closed frames.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Closes the last frame and gives back what was written to.
    pub fn finish(mut self) -> Result<W, JournalError> {
        self.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ms: u64) -> Event {
        let at = Duration::from_millis(ms);
        Event::Sample { at, read: Duration::ZERO, delta: Vec::new(), faults: Vec::new() }
    }

    #[test]
    fn frames_are_closed_in_time_and_read_back_as_one_stream() {
        let mut writer = FrameWriter::new(Vec::new()).expect("zstd");
        for i in 0..12 {
            writer.push(Duration::from_millis(i * 100), &sample(i * 100)).expect("written");
        }
        let before_the_end = writer.get_ref().clone();
        assert_eq!(lines(&before_the_end), 12, "two frames, the second just closed");
        writer.push(Duration::from_millis(1_200), &sample(1_200)).expect("written");
        assert_eq!(lines(writer.get_ref()), 12, "the third frame is still open");
        assert_eq!(lines(&writer.finish().expect("written")), 13);
    }

    fn lines(stream: &[u8]) -> usize {
        zstd::decode_all(stream).expect("frames").split(|b| *b == b'\n').count() - 1
    }
}
