//! The characters that text charts are drawn with.

use super::Symbols;

/// One set of characters, each a column wide.
pub struct Signs {
    /// A repetition that counts, an outlier, one left out.
    pub dots: [char; 3],
    /// A mean.
    pub mean: char,
    /// An interval's lower end, its middle, its upper end.
    pub interval: [char; 3],
    /// An interval that goes on beyond the axis, below and above.
    pub beyond: [char; 2],
    /// A bar, and its end as parts of a cell, least first.
    pub bar: char,
    pub parts: &'static [char],
    /// A bar that cannot be.
    pub impossible: char,
    /// What could be had.
    pub ideal: char,
    /// Axis: across, up, a tick, the corner.
    pub axis: [char; 4],
    /// A line across a chart.
    pub ceiling: char,
    /// A series' points.
    pub series: [char; 8],
    /// A member's part of a whole.
    pub members: [char; 8],
    /// Levels of a rate in one cell, least first.
    pub levels: &'static [char],
    /// A missing rate.
    pub gap: char,
    /// Something above the chart.
    pub up: char,
}

const BLOCK: Signs = Signs {
    dots: ['•', '○', '×'],
    mean: '●',
    interval: ['├', '─', '┤'],
    beyond: ['◂', '▸'],
    bar: '█',
    parts: &['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
    impossible: '▒',
    ideal: '│',
    axis: ['─', '│', '┬', '└'],
    ceiling: '╌',
    series: ['●', '■', '▲', '◆', '▼', '✚', '○', '□'],
    members: ['█', '▓', '▒', '░', '▚', '▤', '▥', '▦'],
    levels: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    gap: '·',
    up: '↑',
};

const BRAILLE: Signs = Signs {
    members: ['⣿', '⣶', '⣤', '⣀', '⢕', '⡪', '⠶', '⠒'],
    levels: &['⣀', '⣤', '⣶', '⣿'],
    ..BLOCK
};

const ASCII: Signs = Signs {
    dots: ['o', '*', 'x'],
    mean: 'O',
    interval: ['[', '-', ']'],
    beyond: ['<', '>'],
    bar: '#',
    parts: &[],
    impossible: '%',
    ideal: '|',
    axis: ['-', '|', '+', '+'],
    ceiling: '-',
    series: ['o', 'x', '+', '*', '#', '@', '%', '&'],
    members: ['#', '=', '+', '-', ':', 'o', '%', '*'],
    levels: &['_', ':', '#'],
    gap: '?',
    up: '^',
};

impl Symbols {
    pub(super) fn signs(self) -> &'static Signs {
        match self {
            Self::Braille => &BRAILLE,
            Self::Block => &BLOCK,
            Self::Ascii => &ASCII,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthChar;

    use super::*;

    #[test]
    fn every_sign_is_one_column_wide_and_ascii_has_seven_bits() {
        for symbols in [Symbols::Braille, Symbols::Block, Symbols::Ascii] {
            let signs = symbols.signs();
            let last = [signs.gap, signs.up];
            let alone = [signs.mean, signs.bar, signs.impossible, signs.ideal, signs.ceiling];
            let all = [&signs.dots[..], &signs.interval, &signs.beyond, signs.parts, &alone]
                .into_iter()
                .chain([&signs.axis[..], &signs.series, &signs.members, signs.levels])
                .chain([&last[..]]);
            for sign in all.flatten() {
                assert_eq!(sign.width(), Some(1), "{sign}");
                assert!(symbols != Symbols::Ascii || sign.is_ascii(), "{sign}");
            }
        }
    }
}
