//! Charts of rows: a label, marks along one axis, a figure. The more rows, the taller.
//!
//! ```text
//! 1x10GbE
//! 10 VMs    ·  ──•─|─•──                  13 s
//! 20 VMs    ·           |•                21 s
//!           0          20 s
//! ```

use super::mark::TEXT;
use super::writer::{Anchor, Place, Writer, cut, text_width};
use crate::plot::chart::{Axis, Group};
use crate::plot::reading::{Row, full_name};
use crate::plot::scale::{Base, Quantity, Scale};

/// Space around everything.
pub const MARGIN: f64 = 16.0;
/// Narrower pictures have their labels above the rows.
const NARROW: f64 = 520.0;

const ROW: f64 = 24.0;
/// A row with its label above it.
const TALL_ROW: f64 = 42.0;
const HEADING: f64 = 24.0;
const BETWEEN_GROUPS: f64 = 8.0;

/// Where each row is.
pub struct Rows<'a, R> {
    /// Every row, from above.
    pub strips: Vec<Strip<'a, R>>,
    headings: Vec<(f64, &'a str)>,
    stacked: bool,
    quantity: Quantity,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    width: f64,
}

/// A tick's label with the room around it.
pub fn tick_width(label: &str) -> f64 {
    text_width(label, TEXT) + 20.0
}

/// One row and its place.
pub struct Strip<'a, R> {
    /// Which group it is of.
    pub group: usize,
    /// Its name outside of the group.
    pub name: String,
    /// What it holds.
    pub row: &'a R,
    /// The middle of its marks.
    pub y: f64,
}

impl<'a, R: Row> Rows<'a, R> {
    /// Rows from `top` down in a picture of `width`.
    pub fn of(groups: &'a [Group<R>], quantity: Quantity, width: f64, top: f64) -> Self {
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let labels = widest(&mut rows().map(|row| text_width(row.label(), TEXT)));
        let figures = widest(&mut rows().map(|row| text_width(&row.figure(quantity), TEXT)));
        let stacked = width < NARROW || labels > 0.34 * width;
        let mut laid = Self {
            strips: Vec::new(),
            headings: Vec::new(),
            stacked,
            quantity,
            left: MARGIN + if stacked { 0.0 } else { labels + 12.0 },
            right: width - MARGIN - if stacked { 0.0 } else { figures + 14.0 },
            top,
            bottom: top,
            width,
        };
        for (n, group) in groups.iter().enumerate().filter(|(_, group)| !group.rows.is_empty()) {
            laid.push(n, group);
        }
        laid.bottom += 4.0;
        laid
    }

    fn push(&mut self, n: usize, group: &'a Group<R>) {
        if n > 0 {
            self.bottom += BETWEEN_GROUPS;
        }
        if !group.name.is_empty() {
            self.headings.push((self.bottom + 15.0, &group.name));
            self.bottom += HEADING;
        }
        for row in &group.rows {
            self.bottom += if self.stacked { TALL_ROW } else { ROW };
            let name = full_name(&group.name, row.label());
            self.strips.push(Strip { group: n, name, row, y: self.bottom - ROW / 2.0 });
        }
    }

    /// An axis for `values`, with as many steps as there is room for.
    pub fn scale(&self, values: &(impl Iterator<Item = f64> + Clone), base: Base) -> Scale {
        let length = self.right - self.left;
        Scale::fitting(self.quantity, values, base, length, tick_width)
    }

    /// Where `value` is across.
    pub fn x(&self, scale: &Scale, value: f64) -> f64 {
        self.left + scale.part(value) * (self.right - self.left)
    }

    /// Grid, axis, labels and figures; gives the lower end of the picture.
    pub fn draw_frame(&self, pen: &mut Writer, scale: &Scale, axis: &Axis) -> f64 {
        for (value, label) in scale.ticks() {
            let x = self.x(scale, value).round() + 0.5;
            pen.line("grid", (x, self.top), (x, self.bottom));
            let place = (self.inside(x, &label), self.bottom + 17.0);
            pen.text("soft figure", Anchor::Middle, place, &label);
        }
        let base = self.bottom.round() + 0.5;
        pen.line("axis", (self.left, base), (self.right, base));
        let label = format!("{}{}", axis.label, scale.warning());
        let label = cut(&label, TEXT, self.width - 2.0 * MARGIN);
        pen.text("soft", Anchor::End, (self.right, self.bottom + 36.0), &label);
        self.draw_words(pen);
        self.bottom + 48.0
    }

    /// The middle of a label near `x` that does not leave the picture.
    fn inside(&self, x: f64, label: &str) -> f64 {
        let half = text_width(label, TEXT) / 2.0;
        x.min(self.width - half - 4.0).max(half + 2.0)
    }

    fn draw_words(&self, pen: &mut Writer) {
        let room = self.width - 2.0 * MARGIN;
        for (y, name) in &self.headings {
            pen.text("name halo", Anchor::Start, (MARGIN, *y), &cut(name, TEXT * 1.1, room));
        }
        for strip in &self.strips {
            let figure = strip.row.figure(self.quantity);
            let y = strip.y + if self.stacked { -15.0 } else { 4.0 };
            let room = if self.stacked {
                room - text_width(&figure, TEXT) - 12.0
            } else {
                self.left - MARGIN
            };
            pen.text("", Anchor::Start, (MARGIN, y), &cut(strip.row.label(), TEXT, room));
            let class = if strip.row.is_doubtful() { "figure alarm" } else { "figure" };
            if !figure.is_empty() {
                pen.text(class, Anchor::End, (self.width - MARGIN, y), &figure);
            }
        }
    }

    /// The stretch between `low` and `high` at `y`, open at ends that the axis does not hold.
    pub fn stretch(&self, scale: &Scale, (low, high): (f64, f64)) -> (f64, f64) {
        (self.x(scale, low), self.x(scale, high))
    }
}

/// Places for dots at `xs` around `y`, so that those at nearly one place stand beside each other.
pub fn spread(xs: impl Iterator<Item = f64>, y: f64) -> Vec<Place> {
    const LANES: [f64; 3] = [0.0, -6.0, 6.0];
    const APART: f64 = 6.0;
    let mut taken: Vec<Place> = Vec::new();
    for x in xs {
        let is_free = |dy: &f64| {
            let near = |(tx, ty): &Place| (tx - x).abs() < APART && (ty - y - dy).abs() < 1.0;
            !taken.iter().rev().take(200).any(near)
        };
        let dy = LANES.into_iter().find(is_free).unwrap_or(0.0);
        taken.push((x, y + dy));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_dots_stand_beside_each_other() {
        let places = spread([10.0, 10.0, 50.0, 11.0].into_iter(), 100.0);
        assert_eq!(places, [(10.0, 100.0), (10.0, 94.0), (50.0, 100.0), (11.0, 106.0)]);
    }
}
