//! A sample's line exactly as [`super::record`] writes it, read without serde: almost every line of
//! a recording is one. Whatever deviates from that form by a byte is left to serde.

use std::time::Duration;

use crate::model::Event;

/// A shorter row than this, its comma included, is rare: `[1,9000,500,7,4],`.
const USUAL_ROW: usize = 16;
/// Room for this many rows is made at once, however long the line.
const MOST_ROOM: usize = 1_024;
/// Any number of so many digits fits 64 bits.
const MOST_DIGITS: usize = 19;
/// Of ten.
const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The line's event; `None` when serde has to say whether it is one.
pub fn parse(line: &[u8]) -> Option<Event> {
    let mut rest = Rest(line);
    rest.skip(br#"{"event":"sample","at_ns":"#)?;
    let at = Duration::from_nanos(rest.number()?);
    rest.skip(br#","read_ns":"#)?;
    let read = Duration::from_nanos(rest.number()?);
    rest.skip(br#","delta":["#)?;
    let delta = rest.rows()?;
    let faults = match rest.skip(br#","faults":["#) {
        Some(()) => rest.rows()?,
        None => Vec::new(),
    };
    (rest.0 == b"}").then_some(Event::Sample { at, read, delta, faults })
}

/// What of the line is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn skip_byte(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == expected).then(|| self.0 = rest)
    }

    /// Rows up to the bracket that ends them.
    fn rows<T: From<[u64; 5]>>(&mut self) -> Option<Vec<T>> {
        if self.skip_byte(b']').is_some() {
            return Some(Vec::new());
        }
        let mut rows = Vec::with_capacity((self.0.len() / USUAL_ROW + 1).min(MOST_ROOM));
        loop {
            rows.push(T::from(self.row()?));
            if self.skip_byte(b',').is_none() {
                self.skip_byte(b']')?;
                return Some(rows);
            }
        }
    }

    fn row(&mut self) -> Option<[u64; 5]> {
        let mut row = [0; 5];
        let mut before = b'[';
        for number in &mut row {
            self.skip_byte(before)?;
            *number = self.number()?;
            before = b',';
        }
        self.skip_byte(b']')?;
        Some(row)
    }

    /// A number as JSON has it: no zero in front, and at least one digit.
    fn number(&mut self) -> Option<u64> {
        let text = self.0;
        let (mut number, mut digits) = eight_digits(text);
        let mut latest = digits;
        while latest == 8 && digits <= MOST_DIGITS {
            let (more, count) = eight_digits(&text[digits..]);
            number = number.wrapping_mul(POWERS[count]).wrapping_add(more);
            (digits, latest) = (digits + count, count);
        }
        self.0 = &text[digits..];
        let one_too_many = digits > 1 && text[0] == b'0';
        (digits > 0 && digits <= MOST_DIGITS && !one_too_many).then_some(number)
    }
}

/// The number that `text` begins with and how many digits it has, of which no more than eight are
/// read, all at once: D. Lemire, Software: Practice and Experience 51 (2021) 1700, section 7.
fn eight_digits(text: &[u8]) -> (u64, usize) {
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; 8];
        padded[..text.len()].copy_from_slice(text);
        padded
    });
    let values = u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030;
    // The highest bit of every byte that is no digit, at least up to the first such byte.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let digits = others.trailing_zeros() / 8;
    // What is read moves to the end, as if zeros stood in front.
    let values = values.checked_shl(64 - 8 * digits).unwrap_or(0);
    let pairs = (values.wrapping_mul(10) + (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let eight = (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff;
    (eight, digits as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::write_line;
    use super::*;
    use crate::model::{Counts, Faults};

    fn written(event: &Event) -> Vec<u8> {
        let mut line = Vec::new();
        write_line(event, &mut line).expect("encodes");
        line.pop();
        line
    }

    /// Whatever is read here, serde reads so, too.
    fn agrees(line: &[u8]) -> bool {
        let serde = serde_json::from_slice::<Event>(line).ok();
        parse(line).is_none_or(|event| serde == Some(event))
    }

    /// Numbers of every length, and those at the edges.
    fn number() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..64u32, 0..4u8).prop_map(|(any, shift, edge)| match edge {
            0 => 10u64.pow(shift % 19) - u64::from(any % 2 == 0),
            _ => any >> shift,
        })
    }

    fn rows() -> impl Strategy<Value = Vec<[u64; 5]>> {
        let id = any::<u32>().prop_map(u64::from);
        let row = (id, number(), number(), number(), number());
        prop::collection::vec(row.prop_map(|(id, a, b, c, d)| [id, a, b, c, d]), 0..12)
    }

    fn sample() -> impl Strategy<Value = Event> {
        (number(), number(), rows(), rows()).prop_map(|(at, read, delta, faults)| Event::Sample {
            at: Duration::from_nanos(at),
            read: Duration::from_nanos(read),
            delta: delta.into_iter().map(Counts::from).collect(),
            faults: faults.into_iter().map(Faults::from).collect(),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(event in sample()) {
            let line = written(&event);
            prop_assert!(agrees(&line));
            let longest = line.split(|b| !b.is_ascii_digit()).map(<[u8]>::len).max();
            if longest <= Some(MOST_DIGITS) {
                prop_assert_eq!(parse(&line), Some(event));
            }
        }

        #[test]
        fn a_torn_line_is_no_sample(event in sample(), at in any::<prop::sample::Index>()) {
            let line = written(&event);
            prop_assert_eq!(parse(&line[..at.index(line.len())]), None);
        }

        #[test]
        fn a_damaged_line_is_read_as_serde_reads_it(
            event in sample(),
            places in prop::collection::vec(
                (any::<prop::sample::Index>(), 0..3u8, prop_oneof![
                    prop::sample::select(&b"0123456789,[]{}\" .-+eE\n"[..]),
                    any::<u8>(),
                ]),
                1..4,
            ),
        ) {
            let mut line = written(&event);
            for (place, how, byte) in places {
                let place = place.index(line.len());
                match how {
                    0 => line[place] = byte,
                    1 => line.insert(place, byte),
                    _ => drop(line.remove(place)),
                }
            }
            prop_assert!(agrees(&line), "{}", String::from_utf8_lossy(&line));
        }
    }

    #[test]
    fn what_is_not_as_it_would_be_written_is_left_to_serde() {
        let line = |number: &str, rows: &str| {
            format!(r#"{{"event":"sample","at_ns":{number},"read_ns":1,"delta":[{rows}]}}"#)
        };
        let row = "[1,2,3,4,5]";
        assert!(parse(line("7", row).as_bytes()).is_some());
        assert!(parse(line("9999999999999999999", "").as_bytes()).is_some());
        for number in [
            "",
            "07",
            "00",
            "-7",
            "7.0",
            "7e0",
            " 7",
            "18446744073709551615",
            "184467440737095516159",
        ] {
            assert_eq!(parse(line(number, row).as_bytes()), None, "{number}");
            assert_eq!(parse(line("7", &format!("[{number},2,3,4,5]")).as_bytes()), None);
        }
        for rows in ["[1,2,3,4]", "[1,2,3,4,5,6]", "[1,2,3,4,5],", ",[1,2,3,4,5]", "[]", "1"] {
            assert_eq!(parse(line("7", rows).as_bytes()), None, "{rows}");
        }
        for more in [" ", "\n", "}", ",", r#","faults":[]}"#] {
            assert_eq!(parse((line("7", row) + more).as_bytes()), None, "{more}");
        }
    }
}
