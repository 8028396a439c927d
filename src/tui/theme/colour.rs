//! Colours as numbers: how bright they are, and which of the 256 is nearest.

use ratatui::style::Color;

/// Red, green and blue, 0 to 255.
pub type Rgb = [u8; 3];

/// What is behind the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ground {
    /// Near black.
    #[default]
    Dark,
    /// Near white.
    Light,
}

/// As bright as this, black and white stand out from a background alike: WCAG 2.2 takes
/// (L1 + 0.05) / (L2 + 0.05) as the contrast, and 0.05 · 1.05 is 0.229².
const MIDDLE: f64 = 0.179;

impl Ground {
    /// What a background of this colour is.
    pub fn of(background: Rgb) -> Self {
        if luminance(background) > MIDDLE { Self::Light } else { Self::Dark }
    }
}

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Its own 16.
    #[default]
    Sixteen,
    /// 256, of which 240 are the same everywhere.
    Indexed,
    /// Any.
    True,
}

impl Depth {
    /// The colour that comes nearest where there are not so many.
    pub fn nearest(self, colour: Color) -> Color {
        match colour {
            Color::Rgb(r, g, b) if self != Self::True => Color::Indexed(nearest([r, g, b])),
            colour => colour,
        }
    }
}

/// Steps of the cube of colours 16 to 231 (xterm, 256colres.pl).
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// One of the 240 colours that are the same everywhere; black for the terminal's own 16.
pub fn of_index(index: u8) -> Rgb {
    match index {
        0..16 => [0; 3],
        16..232 => {
            let at = index - 16;
            [at / 36, at / 6 % 6, at % 6].map(|step| STEPS[usize::from(step)])
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

fn nearest(rgb: Rgb) -> u8 {
    let distance = |index: &u8| -> i32 {
        let apart = of_index(*index).into_iter().zip(rgb);
        apart.map(|(a, b)| (i32::from(a) - i32::from(b)).pow(2)).sum()
    };
    (16..=255).min_by_key(distance).unwrap_or(u8::MAX)
}

/// Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2).
pub fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = rgb.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// One channel of sRGB as light (IEC 61966-2-1).
pub(super) fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_colours_are_those_of_xterm() {
        for (index, rgb) in [
            (16, [0, 0, 0]),
            (75, [0x5f, 0xaf, 0xff]),
            (231, [255, 255, 255]),
            (232, [8, 8, 8]),
            (255, [238, 238, 238]),
        ] {
            assert_eq!(of_index(index), rgb, "{index}");
        }
    }

    #[test]
    fn the_nearest_of_the_256_stands_in_for_others() {
        let nearest = |depth: Depth, colour| depth.nearest(colour);
        let orange = Color::Rgb(0xfe, 0x88, 0x02);
        assert_eq!(nearest(Depth::Indexed, orange), Color::Indexed(208));
        assert_eq!(nearest(Depth::Sixteen, Color::Rgb(9, 9, 9)), Color::Indexed(232));
        assert_eq!(nearest(Depth::True, orange), orange);
        assert_eq!(nearest(Depth::Indexed, Color::Red), Color::Red);
    }

    #[test]
    fn a_background_is_dark_or_light() {
        for (rgb, ground) in [
            ([0x1e, 0x1e, 0x1e], Ground::Dark),
            ([0x00, 0x2b, 0x36], Ground::Dark),
            ([0xfd, 0xf6, 0xe3], Ground::Light),
            ([0xff, 0xff, 0xff], Ground::Light),
        ] {
            assert_eq!(Ground::of(rgb), ground, "{rgb:?}");
        }
    }
}
