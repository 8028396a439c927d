//! The marks of series: a shape, a dash and a colour each, so that none depends on colour alone.

use super::writer::{Anchor, Place, Writer, text_width, through};
use crate::plot::chart::{SERIES, Standing};

/// Size of ordinary text.
pub const TEXT: f64 = 12.0;

/// The class that gives series `n` its colour.
pub fn colour(n: usize) -> String {
    format!("s{}", n % SERIES)
}

/// The class that gives series `n` its dash.
pub fn dash(n: usize) -> String {
    format!("d{}", n % SERIES)
}

/// The mark of series `n`: a circle, a square, a triangle and so on.
pub fn shape(pen: &mut Writer, n: usize, at: Place, hover: &str) {
    let class = format!("dot {}", colour(n));
    let (x, y) = at;
    let r = 4.0;
    let corners: &[Place] = match n % SERIES {
        0 => return pen.circle(&class, at, r, hover),
        1 => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2 => &[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
        3 => &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
        4 => &[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
        5 => &CROSS,
        6 => &[(-0.55, -1.2), (0.55, -1.2), (0.55, 1.2), (-0.55, 1.2)],
        _ => &[(-1.3, -0.55), (1.3, -0.55), (1.3, 0.55), (-1.3, 0.55)],
    };
    let corners = corners.iter().map(|(dx, dy)| (x + dx * r, y + dy * r));
    pen.path(&class, &(through(corners) + "Z"), hover);
}

const CROSS: [Place; 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

/// A repetition: a dot, a ring when it is an outlier, a cross when it does not count.
pub fn repetition(pen: &mut Writer, colour: &str, standing: Standing, at: Place, hover: &str) {
    let (x, y) = at;
    match standing {
        Standing::Counted => pen.circle(&format!("dot run {colour}"), at, 3.0, hover),
        Standing::Outlier => pen.circle(&format!("ring {colour}"), at, 3.5, hover),
        Standing::Excluded => {
            let r = 3.5;
            let stroke = |dy: f64| through([(x - r, y - dy), (x + r, y + dy)]);
            pen.path(&format!("cross {colour}"), &(stroke(r) + &stroke(-r)), hover);
        }
    }
}

/// A bar from `at` that nobody should take for a result: hollow and hatched.
pub fn hatched(
    pen: &mut Writer,
    colour: &str,
    at: Place,
    (width, height): (f64, f64),
    hover: &str,
) {
    let (x, y) = at;
    pen.rect(&format!("hollow {colour}"), at, (width, height), hover);
    let strokes = (0..).map(|n| f64::from(n) * 6.0).take_while(|dx| dx + height <= width);
    let hatch: String =
        strokes.map(|dx| through([(x + dx, y + height), (x + dx + height, y)])).collect();
    if !hatch.is_empty() {
        pen.path(&format!("hatch {colour}"), &hatch, "");
    }
}

/// What a legend's sign looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A series' dash and shape.
    Fit(usize),
    /// A series' line and shape.
    Rate(usize),
    /// A member's fill.
    Fill(usize),
    /// A repetition.
    Dot(Standing),
    /// A mean.
    Mean,
    /// An interval.
    Range,
    /// An ideal.
    Ideal,
    /// An impossible value.
    Hatch,
}

const SIGN: f64 = 28.0;
const BETWEEN: f64 = 18.0;

/// Signs with their words from `left` on in rows down from `top`; gives where it ends.
pub fn legend(
    pen: &mut Writer,
    entries: &[(Sign, &str)],
    (left, right): (f64, f64),
    top: f64,
) -> f64 {
    let (mut x, mut y) = (left, top);
    for (sign, words) in entries {
        let lead = sign_width(*sign);
        let words = super::writer::cut(words, TEXT, right - left - lead);
        let width = lead + text_width(&words, TEXT);
        if x + width > right && x > left {
            (x, y) = (left, y + 18.0);
        }
        draw_sign(pen, *sign, (x, y + 9.0));
        pen.text("soft", Anchor::Start, (x + lead, y + 13.0), &words);
        x += width + BETWEEN;
    }
    if entries.is_empty() { top } else { y + 18.0 }
}

fn sign_width(sign: Sign) -> f64 {
    match sign {
        Sign::Fit(_) | Sign::Rate(_) => SIGN + 6.0,
        Sign::Dot(_) | Sign::Mean | Sign::Ideal => 14.0,
        Sign::Fill(_) => 18.0,
        Sign::Range | Sign::Hatch => 26.0,
    }
}

fn draw_sign(pen: &mut Writer, sign: Sign, (x, y): Place) {
    match sign {
        Sign::Fit(n) | Sign::Rate(n) => {
            let class = match sign {
                Sign::Fit(_) => format!("fit {} {}", colour(n), dash(n)),
                _ => format!("rate {}", colour(n)),
            };
            pen.line(&class, (x, y), (x + SIGN, y));
            shape(pen, n, (x + SIGN / 2.0, y), "");
        }
        Sign::Fill(n) => {
            pen.rect(&format!("bar {}", colour(n)), (x, y - 6.0), (12.0, 12.0), "");
        }
        Sign::Dot(standing) => repetition(pen, "s6", standing, (x + 4.0, y), ""),
        Sign::Range => pen.rect("range s6", (x, y - 3.5), (20.0, 7.0), ""),
        Sign::Mean | Sign::Ideal => pen.line("ideal", (x + 4.0, y - 7.0), (x + 4.0, y + 7.0)),
        Sign::Hatch => hatched(pen, "doubt", (x, y - 5.0), (20.0, 10.0), ""),
    }
}
