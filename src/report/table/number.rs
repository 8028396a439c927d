//! A cell that is a number: what it is worth, how finely it is written, and what else it may be.

use super::error::Fault;

/// What a number can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// Greater than 0.
    Positive,
    /// 0 or greater.
    NotNegative,
    /// Whole, 1 or greater.
    Count,
}

/// Nothing that is measured here reaches this many seconds, bytes or bits a second.
const BEYOND: f64 = 1e18;

/// The number that a trimmed cell holds.
pub(super) fn read(text: &str, range: Range) -> Result<f64, Fault> {
    let value: f64 = text.parse().map_err(|_| no_number(text))?;
    let text = || text.to_owned();
    if value.is_nan() || value.abs() >= BEYOND {
        return Err(Fault::NotFinite(text()));
    }
    match range {
        Range::Positive if value <= 0.0 => Err(Fault::NotPositive(text())),
        Range::NotNegative if value < 0.0 => Err(Fault::Negative(text())),
        Range::Count if value < 1.0 || value.fract() != 0.0 || value > f64::from(u32::MAX) => {
            Err(Fault::NotWhole(text()))
        }
        _ => Ok(value),
    }
}

/// Decimals with which a number is written: 0 for `7`, 1 for `7.0`, 4 for `1.5e-3`.
pub(super) fn decimals(text: &str) -> i32 {
    let text = text.trim();
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let written = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    written.saturating_sub(exponent.parse().unwrap_or(0)).max(0)
}

/// Why it is none.
fn no_number(text: &str) -> Fault {
    if let Some(write) = without_comma(text) {
        return Fault::Comma { text: text.to_owned(), write };
    }
    let part_of_unit = |c: char| c.is_alphabetic() || matches!(c, '/' | '%' | '\u{b5}');
    let number = text.trim_end_matches(part_of_unit).trim_end();
    if number.parse::<f64>().is_ok() {
        Fault::Unit(text.to_owned())
    } else {
        Fault::NoNumber(text.to_owned())
    }
}

/// What a number with commas probably means: `7,5` is 7.5, `1,234,567` is 1234567, and `1,500` may be
/// either.
fn without_comma(text: &str) -> Option<String> {
    let comma = text.rfind(',')?;
    let whole = text.replace(',', "");
    let decimal = text.replace('.', "").replace(',', ".");
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let single = text.find(',') == Some(comma);
    let is_decimal = single && text.rfind('.') < Some(comma) && is_number(&decimal);
    let thousands = text.len() - comma == 4 && !text.contains('.') && is_number(&whole);
    match (is_decimal, thousands) {
        (true, true) => Some(format!("{decimal}, or {whole} if the comma parts thousands")),
        (true, false) => Some(decimal),
        _ => is_number(&whole).then_some(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (text, value) in
            [("7", 7.0), ("7.50", 7.5), ("+7", 7.0), ("1.5e-3", 0.0015), (".5", 0.5)]
        {
            assert_eq!(read(text, Range::Positive), Ok(value), "{text}");
        }
        assert_eq!(read("0", Range::NotNegative), Ok(0.0));
        assert_eq!(read("4.0", Range::Count), Ok(4.0));
    }

    #[test]
    fn what_is_no_number_is_told_by_what_it_may_be() {
        let text = |text: &str| text.to_owned();
        let comma = |cell: &str, write: &str| Fault::Comma { text: text(cell), write: text(write) };
        for (cell, fault) in [
            ("7,5", comma("7,5", "7.5")),
            ("-7,25", comma("-7,25", "-7.25")),
            ("1.234,5", comma("1.234,5", "1234.5")),
            ("1,234.5", comma("1,234.5", "1234.5")),
            ("119,509,089", comma("119,509,089", "119509089")),
            ("1,500", comma("1,500", "1.500, or 1500 if the comma parts thousands")),
            ("1.234,567", comma("1.234,567", "1234.567")),
            ("10 s", Fault::Unit(text("10 s"))),
            ("10ms", Fault::Unit(text("10ms"))),
            ("5GB", Fault::Unit(text("5GB"))),
            ("9.84 Gbit/s", Fault::Unit(text("9.84 Gbit/s"))),
            ("95 %", Fault::Unit(text("95 %"))),
            ("10G", Fault::Unit(text("10G"))),
            ("ten", Fault::NoNumber(text("ten"))),
            ("1m30s", Fault::NoNumber(text("1m30s"))),
            ("1 000", Fault::NoNumber(text("1 000"))),
            ("0x10", Fault::NoNumber(text("0x10"))),
            (",", Fault::NoNumber(text(","))),
            ("inf", Fault::NotFinite(text("inf"))),
            ("NaN", Fault::NotFinite(text("NaN"))),
            ("-inf", Fault::NotFinite(text("-inf"))),
            ("1e400", Fault::NotFinite(text("1e400"))),
            ("1e18", Fault::NotFinite(text("1e18"))),
            ("0", Fault::NotPositive(text("0"))),
            ("-0.0", Fault::NotPositive(text("-0.0"))),
            ("-1", Fault::NotPositive(text("-1"))),
        ] {
            assert_eq!(read(cell, Range::Positive), Err(fault), "{cell}");
        }
        assert_eq!(read("-1", Range::NotNegative), Err(Fault::Negative(text("-1"))));
        for cell in ["0", "1.5", "-1", "1e10"] {
            assert_eq!(read(cell, Range::Count), Err(Fault::NotWhole(text(cell))), "{cell}");
        }
    }

    #[test]
    fn decimals_are_counted_as_written() {
        for (text, expected) in [
            ("7", 0),
            ("7.", 0),
            (" 7.0 ", 1),
            ("7.25", 2),
            ("1.5e-3", 4),
            ("15E-1", 1),
            ("1.5e1", 0),
            ("1e2", 0),
        ] {
            assert_eq!(decimals(text), expected, "{text}");
        }
    }
}
