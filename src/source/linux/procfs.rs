//! Counters from `/proc/net/dev`: takes no lock that links coming and going hold, but knows names
//! only. Layout: `net/core/net-procfs.c`, dev_seq_printf_stats.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{Counters, Link, ReadCounters, SourceError};
use crate::model::Pair;

const PATH: &str = "/proc/self/net/dev";
const COLUMNS: usize = 16;

/// The file, kept open, and the index behind each name.
pub struct ProcCounters {
    file: File,
    text: Vec<u8>,
    index_of: HashMap<String, u32>,
}

impl ProcCounters {
    /// Opens the file of this network namespace.
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> Result<Self, SourceError> {
        let file = File::open(PATH).map_err(|source| SourceError::Read { path: PATH, source })?;
        Ok(Self { file, text: vec![0; 16 * 1024], index_of: HashMap::new() })
    }

    fn refill(&mut self) -> io::Result<usize> {
        let mut length = 0;
        loop {
            if self.text.len() - length < 4096 {
                self.text.resize(self.text.len() * 2, 0);
            }
            match self.file.read_at(&mut self.text[length..], length as u64)? {
                0 => return Ok(length),
                read => length += read,
            }
        }
    }
}

impl ReadCounters for ProcCounters {
    fn name(&self) -> &'static str {
        "proc"
    }

    fn rename(&mut self, links: &[Link]) {
        self.index_of = links.iter().map(|link| (link.name.clone(), link.index)).collect();
    }

    fn read(&mut self, out: &mut Vec<Counters>) -> Result<(), SourceError> {
        let length = self.refill().map_err(|source| SourceError::Read { path: PATH, source })?;
        out.extend(lines(&self.text[..length]).filter_map(|(name, counters)| {
            let index = *self.index_of.get(std::str::from_utf8(name).ok()?)?;
            Some(Counters { index, ..counters })
        }));
        Ok(())
    }
}

/// Name and counters of each line; the index is left 0.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], Counters)> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().rposition(|byte| *byte == b':')?;
        let mut columns = [0u64; COLUMNS];
        let mut numbers = line[colon + 1..]
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .map(|word| std::str::from_utf8(word).ok()?.parse().ok());
        for column in &mut columns {
            *column = numbers.next()??;
        }
        let pair = |rx: usize| Pair { rx: columns[rx], tx: columns[rx + 8] };
        let counters = Counters {
            index: 0,
            bytes: pair(0),
            packets: pair(1),
            errors: pair(2),
            dropped: pair(3),
        };
        Some((line[..colon].trim_ascii_start(), counters))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on Linux 6.18.
    const RECORDED: &[u8] = b"\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1408962    6502    0    0    0     0          0         0  1408962    6502    0    0    0     0       0          0
  eth0: 98765432101 87654321    3    4    0     0          0         0 5000000000 4321    1    2    0     0       0          0
";

    #[test]
    fn columns_stand_where_the_kernel_prints_them() {
        let read: Vec<_> = lines(RECORDED).collect();
        assert_eq!(read.len(), 2, "the two heading lines have no numbers");
        let (name, eth0) = read[1];
        assert_eq!(name, b"eth0");
        assert_eq!(eth0.bytes, Pair { rx: 98_765_432_101, tx: 5_000_000_000 });
        assert_eq!(eth0.packets, Pair { rx: 87_654_321, tx: 4_321 });
        assert_eq!(eth0.errors, Pair { rx: 3, tx: 1 });
        assert_eq!(eth0.dropped, Pair { rx: 4, tx: 2 });
    }

    #[test]
    fn a_torn_line_is_passed_over() {
        assert_eq!(lines(b"  eth0: 1 2 3").count(), 0);
        assert_eq!(lines(b"  eth0: 1 2 3 x 5 6 7 8 9 10 11 12 13 14 15 16\n\n:\n").count(), 0);
    }
}
