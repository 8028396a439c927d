//! Charts with two axes: lines with bands, rates over time.

use std::fmt::Write as _;

use super::mark::{self, Sign, TEXT};
use super::rows::{MARGIN, tick_width};
use super::writer::{Anchor, Place, Writer, cut, text_width, through};
use crate::plot::chart::{Axis, Level, Line, Lines, Rates, Run, SERIES};
use crate::plot::scale::{Base, Scale, drawable};

/// Room for the name of the axis that goes up.
const HEAD: f64 = 30.0;

/// Two axes and the area between them.
struct Plane {
    x: Scale,
    y: Scale,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    width: f64,
}

impl Plane {
    /// Axes below `top`, with `room` left free at the right.
    fn of(
        (x, xs): (&Axis, impl Iterator<Item = f64> + Clone),
        (y, ys): (&Axis, impl Iterator<Item = f64>),
        base: Base,
        (width, room, top): (f64, f64, f64),
    ) -> Self {
        let height = (0.42 * width).clamp(200.0, 320.0);
        let y = Scale::of(y.quantity, ys, base, (height / 52.0) as usize);
        let labels = y.ticks().map(|(_, label)| text_width(&label, TEXT)).fold(0.0, f64::max);
        let left = MARGIN + labels + 8.0;
        let right = width - MARGIN - room;
        let x = Scale::fitting(x.quantity, &xs, Base::Zero, right - left, tick_width);
        Self { x, y, left, right, top: top + HEAD, bottom: top + HEAD + height, width }
    }

    fn across(&self, x: f64) -> f64 {
        self.left + self.x.part(x) * (self.right - self.left)
    }

    fn up(&self, y: f64) -> f64 {
        self.bottom - self.y.part(y) * (self.bottom - self.top)
    }

    fn place(&self, x: f64, y: f64) -> Place {
        (self.across(x), self.up(y))
    }

    /// Grid, axes and their labels; gives the lower end of the picture.
    fn draw_frame(&self, pen: &mut Writer, x: &Axis, y: &Axis) -> f64 {
        let room = self.width - 2.0 * MARGIN;
        let label = format!("{}{}", y.label, self.y.warning());
        pen.text("soft", Anchor::Start, (MARGIN, self.top - 17.0), &cut(&label, TEXT, room));
        for (value, label) in self.y.ticks() {
            let at = self.up(value).round() + 0.5;
            pen.line("grid", (self.left, at), (self.right, at));
            pen.text("soft figure", Anchor::End, (self.left - 8.0, at + 4.0), &label);
        }
        let base = self.bottom.round() + 0.5;
        pen.line("axis", (self.left, base), (self.right, base));
        for (value, label) in self.x.ticks() {
            let at = self.across(value).round() + 0.5;
            pen.line("axis", (at, base), (at, base + 4.0));
            let at = at.min(self.width - text_width(&label, TEXT) / 2.0 - 4.0);
            pen.text("soft figure", Anchor::Middle, (at, base + 18.0), &label);
        }
        let label = cut(&x.label, TEXT, room);
        pen.text("soft", Anchor::End, (self.right, self.bottom + 37.0), &label);
        self.bottom + 49.0
    }
}

/// Draws from `top` down; gives where it ends.
pub fn lines(pen: &mut Writer, chart: &Lines, width: f64, top: f64) -> f64 {
    let names = chart.series.iter().map(|line| text_width(&line.name, TEXT)).fold(0.0, f64::max);
    let beside = width >= 520.0 && names < 0.24 * width && chart.series.len() <= SERIES;
    let signs = chart.series.iter().enumerate();
    let legend: Vec<_> = signs.map(|(n, line)| (Sign::Fit(n), line.name.as_str())).collect();
    let top =
        if beside { top } else { mark::legend(pen, &legend, (MARGIN, width - MARGIN), top) + 4.0 };
    let room = if beside { names + 40.0 } else { 0.0 };
    let plane =
        Plane::of((&chart.x, chart.xs()), (&chart.y, chart.ys()), Base::Free, (width, room, top));
    let end = plane.draw_frame(pen, &chart.x, &chart.y);
    for (n, line) in chart.series.iter().enumerate() {
        draw_band(pen, &plane, n, line);
    }
    for (n, line) in chart.series.iter().enumerate() {
        draw_line(pen, &plane, n, line);
    }
    for (n, line) in chart.series.iter().enumerate() {
        draw_points(pen, &plane, n, line, chart);
    }
    if beside {
        draw_names(pen, &plane, &chart.series);
    }
    end
}

/// A band may leave the chart; what is outside lies on its edge.
fn draw_band(pen: &mut Writer, plane: &Plane, n: usize, line: &Line) {
    let drawn = |e: &&crate::plot::chart::Edges| [e.x, e.low, e.high].iter().all(|v| drawable(*v));
    let edges = || line.band.iter().filter(drawn);
    let upper = edges().map(|edge| plane.place(edge.x, edge.high));
    let lower = edges().rev().map(|edge| plane.place(edge.x, edge.low));
    if edges().count() > 1 {
        let told = format!("{}: 95 % prediction", line.name);
        let outline = through(upper.chain(lower)) + "Z";
        pen.path(&format!("band {}", mark::colour(n)), &outline, &told);
    }
}

fn draw_line(pen: &mut Writer, plane: &Plane, n: usize, line: &Line) {
    let corners: Vec<Place> = fit(line).map(|(x, y)| plane.place(x, y)).collect();
    if corners.len() > 1 {
        let class = format!("fit {} {}", mark::colour(n), mark::dash(n));
        let told = if line.hover.is_empty() { &line.name } else { &line.hover };
        pen.path(&class, &through(corners), told);
    }
}

fn fit(line: &Line) -> impl DoubleEndedIterator<Item = (f64, f64)> {
    line.fit.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y))
}

fn draw_points(pen: &mut Writer, plane: &Plane, n: usize, line: &Line, chart: &Lines) {
    for point in line.points.iter().filter(|point| drawable(point.x) && drawable(point.y)) {
        let told = point.told(&line.name, &chart.x, &chart.y);
        mark::shape(pen, n, plane.place(point.x, point.y), &told);
    }
}

/// Names at the lines' right ends, moved apart where they would lie on each other.
fn draw_names(pen: &mut Writer, plane: &Plane, series: &[Line]) {
    const APART: f64 = 17.0;
    let last = |line: &Line| {
        let points = line.points.iter().map(|point| (point.x, point.y));
        let right = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0);
        fit(line).next_back().or_else(|| points.filter(|p| drawable(p.0 + p.1)).max_by(right))
    };
    let ends = series.iter().enumerate().filter_map(|(n, line)| Some((n, line, last(line)?)));
    let mut ends: Vec<_> = ends.map(|(n, line, (x, y))| (n, line, plane.place(x, y))).collect();
    ends.sort_by(|a, b| a.2.1.total_cmp(&b.2.1));
    let places = apart(ends.iter().map(|end| end.2.1), APART, plane.bottom);
    for ((n, line, (x, y)), at) in ends.into_iter().zip(places) {
        let left = plane.right + 14.0;
        pen.line("leader", (x + 6.0, y), (left - 4.0, at));
        mark::shape(pen, n, (left + 4.0, at), "");
        pen.text("", Anchor::Start, (left + 14.0, at + 4.0), &line.name);
    }
}

/// `wished` (ascending) moved down until they are `gap` apart, then up until they end at `lowest`.
fn apart(wished: impl Iterator<Item = f64>, gap: f64, lowest: f64) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    for wish in wished {
        places.push(places.last().map_or(wish, |last| wish.max(last + gap)));
    }
    let mut limit = lowest;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    places
}

/// Draws from `top` down; gives where it ends.
pub fn rates(pen: &mut Writer, chart: &Rates, width: f64, top: f64) -> f64 {
    let signs = chart.runs.iter().enumerate();
    let legend: Vec<_> = signs.map(|(n, run)| (Sign::Rate(n), run.name.as_str())).collect();
    let top = mark::legend(pen, &legend, (MARGIN, width - MARGIN), top) + 4.0;
    let plane =
        Plane::of((&chart.x, chart.xs()), (&chart.y, chart.ys()), Base::Zero, (width, 0.0, top));
    let end = plane.draw_frame(pen, &chart.x, &chart.y);
    draw_moments(pen, &plane, chart);
    for (n, run) in chart.placed() {
        draw_run(pen, &plane, n, run);
    }
    if let Some(level) = chart.ceiling.as_ref().filter(|level| drawable(level.value)) {
        draw_ceiling(pen, &plane, level);
    }
    end
}

/// A picture's columns are not finer than this, in its units.
const COLUMN: f64 = 2.0;

/// Steps, broken at gaps, with the run's shape on them now and then.
fn draw_run(pen: &mut Writer, plane: &Plane, n: usize, run: &Run) {
    let columns = ((plane.right - plane.left) / COLUMN) as usize;
    let spans: Vec<_> = run.spans(columns).collect();
    let ends = spans.iter().skip(1).map(|(start, _)| *start).chain([run.end()]);
    let mut path = String::new();
    let mut joined = false;
    for ((start, rate), end) in spans.iter().zip(ends) {
        let Some(rate) = rate else {
            joined = false;
            continue;
        };
        let piece = through([plane.place(*start, *rate), plane.place(end, *rate)]);
        path += &if joined { piece.replacen('M', "L", 1) } else { piece };
        joined = true;
    }
    if !path.is_empty() {
        pen.path(&format!("rate {}", mark::colour(n)), &path, &run.name);
    }
    draw_shapes(pen, plane, n, run);
}

fn draw_shapes(pen: &mut Writer, plane: &Plane, n: usize, run: &Run) {
    const EVERY: f64 = 110.0;
    const SHIFT: f64 = 34.0;
    let mut next = plane.across(run.start) + SHIFT * ((n % SERIES) as f64 + 0.5) % EVERY;
    let half = run.step / 2.0;
    for (start, rate) in run.spans(((plane.right - plane.left) / COLUMN) as usize) {
        let x = plane.across(start + half);
        if let Some(rate) = rate.filter(|_| x >= next) {
            mark::shape(pen, n, (x, plane.up(rate)), "");
            next = x + EVERY;
        }
    }
}

/// Columns that show on hovering what every run carried then.
fn draw_moments(pen: &mut Writer, plane: &Plane, chart: &Rates) {
    let longest = chart.placed().map(|(_, run)| run.end()).fold(0.0, f64::max);
    let columns = 60;
    let length = longest / f64::from(columns);
    if length <= 0.0 {
        return;
    }
    for n in 0..columns {
        let (from, to) = (length * f64::from(n), length * f64::from(n + 1));
        let mut told = chart.x.quantity.figure(f64::midpoint(from, to));
        for (_, run) in chart.placed() {
            if let Some(rate) = rate_at(run, f64::midpoint(from, to)) {
                let _ = write!(told, "\n{}: {}", run.name, chart.y.quantity.figure(rate));
            }
        }
        let (left, right) = (plane.across(from), plane.across(to));
        let size = (right - left, plane.bottom - plane.top);
        pen.rect("hit s6", (left, plane.top), size, &told);
    }
}

fn rate_at(run: &Run, at: f64) -> Option<f64> {
    let n = (at - run.start) / run.step;
    if n < 0.0 {
        return None;
    }
    run.rates.get(n as usize).copied().flatten().filter(|rate| drawable(*rate))
}

fn draw_ceiling(pen: &mut Writer, plane: &Plane, level: &Level) {
    let (y, mark) =
        if plane.y.holds(level.value) { (plane.up(level.value), "") } else { (plane.top, "↑ ") };
    if mark.is_empty() {
        pen.line("ceiling", (plane.left, y), (plane.right, y));
    }
    let label = cut(&format!("{mark}{}", level.label), TEXT, plane.right - plane.left);
    pen.text("halo", Anchor::End, (plane.right, y - 6.0), &label);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_and_above_the_lowest_place() {
        let places = apart([10.0, 11.0, 60.0, 98.0, 99.0].into_iter(), 10.0, 100.0);
        assert_eq!(places, [10.0, 20.0, 60.0, 90.0, 100.0]);
    }
}
