//! Quantities and how they are written, once, for every face.
//!
//! Rates are bit/s in decimal multiples (1 Gbit/s = 1e9 bit/s), as link speeds are quoted; a count
//! of octets becomes bits only as a rate. A printed rate always carries its unit after a space and
//! is scaled to `1 <= x < 1000` with three significant digits.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::time::Duration;

/// A count of octets; bits exist only as a rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A rate in bit/s.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct BitsPerSec(pub f64);

/// How the screen writes rates; switched by a key, it never touches a stored number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RateUnit {
    /// `9.84 Gbit/s`
    #[default]
    Bits,
    /// `1.23 GB/s`
    Bytes,
}

impl Bytes {
    /// Mean rate over `elapsed`; `None` when no time has passed.
    pub fn over(self, elapsed: Duration) -> Option<BitsPerSec> {
        (!elapsed.is_zero()).then(|| BitsPerSec(self.0 as f64 * 8.0 / elapsed.as_secs_f64()))
    }
}

impl fmt::Display for Bytes {
    /// Three significant digits in decimal multiples: `6.60 GB`; whole below 1 kB.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(scaled(self.0 as f64, 3, "B").as_str())
    }
}

/// Memory in binary multiples, as it is given to guests: `3.50 GiB`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory(pub u64);

impl fmt::Display for Memory {
    /// Three significant digits from 1 KiB on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PREFIXES: [&str; 5] = ["", "Ki", "Mi", "Gi", "Ti"];
        let mut text = ShortText::default();
        let (mut value, mut prefix) = (self.0 as f64, 0);
        while value >= 999.5 && prefix + 1 < PREFIXES.len() {
            (value, prefix) = (value / 1024.0, prefix + 1);
        }
        let digits = match value {
            _ if prefix == 0 => 0,
            v if v < 9.995 => 2,
            v if v < 99.95 => 1,
            _ => 0,
        };
        write!(text, "{value:.digits$} {}B", PREFIXES[prefix])?;
        f.pad(text.as_str())
    }
}

impl BitsPerSec {
    /// This rate in `unit` with `digits` significant digits.
    pub fn written(self, unit: RateUnit, digits: usize) -> ShortText {
        match unit {
            RateUnit::Bits => scaled(self.0, digits, "bit/s"),
            RateUnit::Bytes => scaled(self.0 / 8.0, digits, "B/s"),
        }
    }

    /// This rate in `unit`, three significant digits.
    pub fn in_unit(self, unit: RateUnit) -> ShortText {
        self.written(unit, 3)
    }

    /// Both forms, `unit` first: `9.84 Gbit/s (1.23 GB/s)`.
    pub fn in_both(self, unit: RateUnit) -> impl fmt::Display {
        let other = match unit {
            RateUnit::Bits => RateUnit::Bytes,
            RateUnit::Bytes => RateUnit::Bits,
        };
        let mut text = ShortText::default();
        let _ = write!(text, "{} ({})", self.in_unit(unit), self.in_unit(other));
        text
    }
}

impl fmt::Display for BitsPerSec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(scaled(self.0, 3, "bit/s").as_str())
    }
}

/// A share of attainable capacity; keeps its true value, which can exceed 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Utilisation(pub f64);

impl fmt::Display for Utilisation {
    /// Percent with one decimal, as `99.4 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = ShortText::default();
        write!(text, "{:.1} %", self.0 * 100.0)?;
        f.pad(text.as_str())
    }
}

/// A time span on a trial's clock: `00:12.3`, with hours when there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopwatch(pub Duration);

impl fmt::Display for Stopwatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0.as_millis() + 50) / 100;
        let (seconds, tenths) = (tenths / 10, tenths % 10);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut text = ShortText::default();
        if hours > 0 {
            write!(text, "{hours}:")?;
        }
        write!(text, "{minutes:02}:{seconds:02}.{tenths}")?;
        f.pad(text.as_str())
    }
}

/// A length of time in seven columns: `5.13 s`, `41.1 s`, `412 s`, and from ten minutes on `10:12`,
/// `1:10:12`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ShortTime(pub f64);

impl fmt::Display for ShortTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = ShortText::default();
        match self.0 {
            s if s < 9.995 => write!(text, "{s:.2} s")?,
            s if s < 99.95 => write!(text, "{s:.1} s")?,
            s if s < 599.5 => write!(text, "{s:.0} s")?,
            s => {
                let whole = s.round() as u64;
                let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
                if hours > 0 {
                    write!(text, "{hours}:")?;
                }
                write!(text, "{minutes:02}:{seconds:02}")?;
            }
        }
        f.pad(text.as_str())
    }
}

/// A short time in microseconds, in seven columns: `0.02 ms`, `4.36 ms`, `24.5 ms`, `1.20 s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = ShortText::default();
        match self.0 as f64 / 1e3 {
            ms if ms < 9.995 => write!(text, "{ms:.2} ms")?,
            ms if ms < 99.95 => write!(text, "{ms:.1} ms")?,
            ms if ms < 999.5 => write!(text, "{ms:.0} ms")?,
            ms => return ShortTime(ms / 1e3).fmt(f),
        }
        f.pad(text.as_str())
    }
}

/// A length of time in seconds, with as many digits as are worth reading: `3.845 s`, `80 s`,
/// `12.29 s`, and from ten minutes on `1 h 12 min 5 s`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Seconds(pub f64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONG: f64 = 600.0;
        let mut text = ShortText::default();
        let (seconds, sign) = (self.0.abs(), if self.0 < 0.0 { "-" } else { "" });
        if seconds >= LONG {
            let whole = seconds.round() as u64;
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            write!(text, "{sign}")?;
            if hours > 0 {
                write!(text, "{hours} h ")?;
            }
            write!(text, "{minutes} min {seconds} s")?;
        } else {
            let step = if seconds < 10.0 { 1e3 } else { 1e2 };
            write!(text, "{sign}{} s", (seconds * step).round() / step)?;
        }
        f.pad(text.as_str())
    }
}

/// A link speed as people write it: `10G`, `2.5G`, `100M`, `25Gbit/s`, `1000000000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSpeed(pub u64);

/// Why a text is not a link speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a link speed; write it like 10G, 2.5G, 100M or 25Gbit/s")]
pub struct LinkSpeedError(String);

impl FromStr for LinkSpeed {
    type Err = LinkSpeedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || LinkSpeedError(text.to_owned());
        let number = ["bit/s", "bps", "b/s"]
            .iter()
            .find_map(|unit| text.strip_suffix(unit))
            .unwrap_or(text)
            .trim_end();
        let (number, factor) = match number.char_indices().next_back().ok_or_else(fail)? {
            (at, 'k' | 'K') => (&number[..at], 1e3),
            (at, 'M') => (&number[..at], 1e6),
            (at, 'G') => (&number[..at], 1e9),
            (at, 'T') => (&number[..at], 1e12),
            _ => (number, 1.0),
        };
        let number = number.trim_end();
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(fail());
        }
        let speed = number.parse::<f64>().map_err(|_| fail())? * factor;
        // A bare 10000 is meant in Mbit/s by who writes it, as ethtool has it.
        let bare = number.len() == text.len();
        if !(1.0..=1e15).contains(&speed) || bare && speed < 1e6 {
            return Err(fail());
        }
        Ok(Self(speed.round() as u64))
    }
}

const PREFIXES: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];

/// `value` with `digits` (>= 3) significant digits and the decimal prefix that keeps it in
/// `1 <= x < 1000`, rounding included: 999.7e6 is `1.00 G`, never `1000 M`.
fn scaled(value: f64, digits: usize, unit: &str) -> ShortText {
    let mut text = ShortText::default();
    let mut x = value;
    let mut prefix = 0;
    while x.abs() >= 1000.0 && prefix + 1 < PREFIXES.len() {
        x /= 1000.0;
        prefix += 1;
    }
    let step = 10f64.powi(decimals(x, digits) as i32);
    x = (x * step).round() / step;
    if x.abs() >= 1000.0 && prefix + 1 < PREFIXES.len() {
        x /= 1000.0;
        prefix += 1;
    }
    let mut decimals = decimals(x, digits);
    if prefix == 0 && x.fract() == 0.0 {
        decimals = 0;
    }
    // The text is sized for every finite value; a longer one would be cut, never panic.
    let _ = write!(text, "{x:.decimals$} {}{unit}", PREFIXES[prefix]);
    text
}

fn decimals(x: f64, digits: usize) -> usize {
    let whole = match x.abs() {
        x if x >= 100.0 => 3,
        x if x >= 10.0 => 2,
        _ => 1,
    };
    digits.saturating_sub(whole)
}

/// A text on the stack: what is drawn every tick must not allocate. Longer input is cut.
#[derive(Debug, Clone, Copy)]
pub struct ShortText {
    bytes: [u8; 48],
    len: usize,
}

impl Default for ShortText {
    fn default() -> Self {
        Self { bytes: [0; 48], len: 0 }
    }
}

impl ShortText {
    /// As it is.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for c in s.chars() {
            let end = self.len + c.len_utf8();
            if end > self.bytes.len() {
                break;
            }
            c.encode_utf8(&mut self.bytes[self.len..end]);
            self.len = end;
        }
        Ok(())
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_written_in_binary_multiples() {
        let written = [0, 512, 1_023, 7 << 29, 10 << 30, 1_010 << 20, 1_023 << 30]
            .map(|bytes| Memory(bytes).to_string());
        let wanted = ["0 B", "512 B", "1.00 KiB", "3.50 GiB", "10.0 GiB", "0.99 GiB", "1.00 TiB"];
        assert_eq!(written, wanted);
    }

    #[test]
    fn a_short_time_has_three_digits() {
        let written = [0, 20, 4_361, 24_512, 250_000, 1_204_000].map(|us| Micros(us).to_string());
        assert_eq!(written, ["0.00 ms", "0.02 ms", "4.36 ms", "24.5 ms", "250 ms", "1.20 s"]);
    }

    #[test]
    fn rates_carry_three_digits_and_their_unit() {
        for (bits, text) in [
            (0.0, "0 bit/s"),
            (7.0, "7 bit/s"),
            (12.34, "12.3 bit/s"),
            (999.4, "999 bit/s"),
            (999.7, "1.00 kbit/s"),
            (1_000.0, "1.00 kbit/s"),
            (9_999.0, "10.0 kbit/s"),
            (765.4e6, "765 Mbit/s"),
            (999.6e6, "1.00 Gbit/s"),
            (9.84e9, "9.84 Gbit/s"),
            (98.44e9, "98.4 Gbit/s"),
            (400e9, "400 Gbit/s"),
            (1.6e12, "1.60 Tbit/s"),
        ] {
            assert_eq!(BitsPerSec(bits).to_string(), text);
        }
    }

    #[test]
    fn five_digits_for_plain_lines() {
        for (bits, text) in [
            (957_123_456.0, "957.12 Mbit/s"),
            (9.841_234e9, "9.8412 Gbit/s"),
            (12_345_678.0, "12.346 Mbit/s"),
            (0.0, "0 bit/s"),
        ] {
            assert_eq!(BitsPerSec(bits).written(RateUnit::Bits, 5).to_string(), text);
        }
    }

    #[test]
    fn the_headline_shows_both_forms() {
        assert_eq!(
            BitsPerSec(9.84e9).in_both(RateUnit::Bits).to_string(),
            "9.84 Gbit/s (1.23 GB/s)"
        );
        assert_eq!(
            BitsPerSec(9.84e9).in_both(RateUnit::Bytes).to_string(),
            "1.23 GB/s (9.84 Gbit/s)"
        );
    }

    #[test]
    fn bytes_are_whole_below_a_kilobyte() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (u64::MAX, "18.4 EB")]
        {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    #[test]
    fn padding_is_honoured_so_columns_align() {
        assert_eq!(format!("{:>12}", BitsPerSec(9.84e9)), " 9.84 Gbit/s");
        assert_eq!(format!("{:>12}", BitsPerSec(9.84e9).in_unit(RateUnit::Bytes)), "   1.23 GB/s");
    }

    #[test]
    fn a_rate_needs_elapsed_time() {
        assert_eq!(Bytes(5).over(Duration::ZERO), None);
        assert_eq!(Bytes(125).over(Duration::from_secs(1)), Some(BitsPerSec(1000.0)));
    }

    #[test]
    fn link_speeds_are_read_as_people_write_them() {
        for (text, speed) in [
            ("10G", 10_000_000_000),
            ("2.5G", 2_500_000_000),
            ("100M", 100_000_000),
            ("25Gbit/s", 25_000_000_000),
            ("1 Gbit/s", 1_000_000_000),
            ("400k", 400_000),
            ("1000000000", 1_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(LinkSpeed(speed)), "{text}");
        }
        for text in ["", "G", "fast", "-1G", "0", "10GB", "1e400", "NaN", "inf"] {
            assert!(text.parse::<LinkSpeed>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_have_the_digits_that_are_worth_reading() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (3.845_04, "3.845 s"),
            (80.0, "80 s"),
            (12.289_9, "12.29 s"),
            (-0.5, "-0.5 s"),
            (599.999, "600 s"),
            (4_325.4, "1 h 12 min 5 s"),
            (772.0, "12 min 52 s"),
        ] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn short_times_have_three_digits_and_no_more_than_seven_columns() {
        for (seconds, text) in [
            (0.0, "0.00 s"),
            (5.126, "5.13 s"),
            (9.996, "10.0 s"),
            (41.25, "41.2 s"),
            (99.96, "100 s"),
            (599.6, "10:00"),
            (3_725.0, "1:02:05"),
        ] {
            assert_eq!(ShortTime(seconds).to_string(), text);
        }
    }

    #[test]
    fn stopwatches_show_tenths() {
        assert_eq!(Stopwatch(Duration::from_millis(72_340)).to_string(), "01:12.3");
        assert_eq!(Stopwatch(Duration::from_secs(3_661)).to_string(), "1:01:01.0");
    }
}
