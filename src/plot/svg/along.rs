//! What is drawn along rows: dots with intervals, bars against an ideal, shares.

use super::mark::{self, Sign, TEXT};
use super::rows::{MARGIN, Rows, Strip, spread};
use super::writer::{Anchor, Writer, text_width, through};
use crate::plot::chart::{Axis, BarRow, Bars, Dot, DotRow, Dots, ShareRow, Shares, Standing};
use crate::plot::reading::{IMPOSSIBLE, Row};
use crate::plot::scale::{Base, Quantity, Scale, drawable};

/// Half a bar's height.
const HALF: f64 = 8.0;

/// Draws from `top` down; gives where it ends.
pub fn dots(pen: &mut Writer, chart: &Dots, width: f64, top: f64) -> f64 {
    let top = mark::legend(pen, &dot_legend(chart), (MARGIN, width - MARGIN), top) + 6.0;
    let rows = Rows::of(&chart.groups, chart.axis.quantity, width, top);
    let scale = rows.scale(&chart.values(), Base::Free);
    let end = rows.draw_frame(pen, &scale, &chart.axis);
    for strip in &rows.strips {
        draw_dot_row(pen, &rows, strip, &scale, chart.axis.quantity);
    }
    end
}

/// Only what occurs.
fn dot_legend(chart: &Dots) -> Vec<(Sign, &'static str)> {
    let rows = || chart.groups.iter().flat_map(|group| &group.rows);
    let standings = [Standing::Counted, Standing::Outlier, Standing::Excluded];
    let occurs = |standing: &Standing| chart.dots().any(|dot| dot.standing == *standing);
    let mut legend: Vec<_> =
        standings.into_iter().filter(occurs).map(|s| (Sign::Dot(s), s.word())).collect();
    if rows().any(DotRow::has_mean) {
        legend.push((Sign::Mean, "mean"));
    }
    if rows().any(|row| row.interval.is_some()) {
        legend.push((Sign::Range, "95 % interval of the mean"));
    }
    legend
}

fn draw_dot_row(
    pen: &mut Writer,
    rows: &Rows<'_, DotRow>,
    strip: &Strip<'_, DotRow>,
    scale: &Scale,
    quantity: Quantity,
) {
    let colour = mark::colour(strip.group);
    let told = || strip.row.told(&strip.name, quantity);
    if let Some((low, high)) =
        strip.row.interval.filter(|ends| drawable(ends.0) && drawable(ends.1))
    {
        let (from, to) = rows.stretch(scale, (low, high));
        let class = format!("range {colour}");
        pen.rect(&class, (from, strip.y - 4.0), ((to - from).max(1.0), 8.0), &told());
    }
    if let Some(mean) = strip.row.mean.filter(|_| strip.row.has_mean()) {
        let (left, top) = (rows.x(scale, mean) - 1.0, strip.y - HALF - 2.0);
        pen.rect("centre", (left, top), (2.0, 2.0 * HALF + 4.0), &told());
    }
    draw_repetitions(pen, rows, strip, &strip.row.dots, scale, quantity);
}

fn draw_repetitions<R: Row>(
    pen: &mut Writer,
    rows: &Rows<'_, R>,
    strip: &Strip<'_, R>,
    dots: &[Dot],
    scale: &Scale,
    quantity: Quantity,
) {
    let colour = mark::colour(strip.group);
    let shown: Vec<&Dot> = dots.iter().filter(|dot| drawable(dot.value)).collect();
    let xs = shown.iter().map(|dot| rows.x(scale, dot.value));
    for (dot, at) in shown.iter().zip(spread(xs, strip.y)) {
        mark::repetition(pen, &colour, dot.standing, at, &dot.told(&strip.name, quantity));
    }
}

/// Draws from `top` down; gives where it ends.
pub fn bars(pen: &mut Writer, chart: &Bars, width: f64, top: f64) -> f64 {
    let mut legend = Vec::new();
    if chart.has_ideal() {
        legend.push((Sign::Ideal, chart.ideal.as_str()));
    }
    if chart.has_impossible() {
        legend.push((Sign::Hatch, IMPOSSIBLE));
    }
    let top = mark::legend(pen, &legend, (MARGIN, width - MARGIN), top) + 6.0;
    let rows = Rows::of(&chart.groups, chart.axis.quantity, width, top);
    let scale = rows.scale(&chart.values(), Base::Zero);
    let end = rows.draw_frame(pen, &scale, &chart.axis);
    for strip in &rows.strips {
        draw_bar(pen, &rows, strip, &scale, chart);
    }
    end
}

fn draw_bar(
    pen: &mut Writer,
    rows: &Rows<'_, BarRow>,
    strip: &Strip<'_, BarRow>,
    scale: &Scale,
    chart: &Bars,
) {
    let row = strip.row;
    let zero = rows.x(scale, 0.0);
    if let Some(value) = row.value.filter(|value| drawable(*value)) {
        let at = (zero, strip.y - HALF);
        let size = (rows.x(scale, value) - zero, 2.0 * HALF);
        let told = row.told(&strip.name, chart);
        if row.impossible {
            mark::hatched(pen, "doubt", at, size, &told);
        } else {
            pen.rect(&format!("bar {}", mark::colour(strip.group)), at, size, &told);
        }
    }
    if let Some((low, high)) = row.interval.filter(|ends| drawable(ends.0) && drawable(ends.1)) {
        let (from, to) = rows.stretch(scale, (low, high));
        let cap = |x: f64| through([(x, strip.y - 3.0), (x, strip.y + 3.0)]);
        let line = through([(from, strip.y), (to, strip.y)]);
        pen.path("whisker", &(line + &cap(from) + &cap(to)), "");
    }
    draw_repetitions(pen, rows, strip, &row.dots, scale, chart.axis.quantity);
    if let Some(ideal) = row.ideal.filter(|ideal| drawable(*ideal)) {
        let x = rows.x(scale, ideal);
        pen.line("ideal", (x, strip.y - HALF - 3.0), (x, strip.y + HALF + 3.0));
    }
}

/// Draws from `top` down; gives where it ends.
pub fn shares(pen: &mut Writer, chart: &Shares, width: f64, top: f64) -> f64 {
    let legend: Vec<_> =
        chart.members.iter().enumerate().map(|(n, name)| (Sign::Fill(n), name.as_str())).collect();
    let top = mark::legend(pen, &legend, (MARGIN, width - MARGIN), top) + 6.0;
    let rows = Rows::of(&chart.groups, Quantity::Share, width, top);
    let scale = rows.scale(&[1.0].into_iter(), Base::Zero);
    let axis = Axis { label: chart.label.clone(), quantity: Quantity::Share };
    let end = rows.draw_frame(pen, &scale, &axis);
    for strip in &rows.strips {
        draw_shares(pen, &rows, strip, &scale, &chart.members);
    }
    end
}

fn draw_shares(
    pen: &mut Writer,
    rows: &Rows<'_, ShareRow>,
    strip: &Strip<'_, ShareRow>,
    scale: &Scale,
    members: &[String],
) {
    let Some(shares) = strip.row.shares(members.len()) else {
        let at = (rows.x(scale, 0.0) + 6.0, strip.y + 4.0);
        return pen.text("soft", Anchor::Start, at, "nothing carried");
    };
    let mut low = 0.0;
    for (n, (share, member)) in shares.into_iter().zip(members).enumerate() {
        let (from, to) = rows.stretch(scale, (low, low + share));
        low += share;
        if share <= 0.0 {
            continue;
        }
        let percent = Quantity::Share.figure(share);
        let class = format!("bar edge {}", mark::colour(n));
        let told = format!("{}: {member} {percent}", strip.name);
        pen.rect(&class, (from, strip.y - HALF), (to - from, 2.0 * HALF), &told);
        let short = format!("{:.0} %", share * 100.0);
        let named = format!("{member} {short}");
        let words = [&named, &short].into_iter().find(|w| text_width(w, TEXT) + 8.0 <= to - from);
        if let Some(words) = words {
            pen.text("on figure", Anchor::Middle, (f64::midpoint(from, to), strip.y + 4.0), words);
        }
    }
}
