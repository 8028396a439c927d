//! Charts with two axes as text: lines with points, rates over time.

use unicode_width::UnicodeWidthStr;

use super::canvas::Canvas;
use super::cells::{Cells, clean, cut, left, right};
use super::{Spans, Symbols, Tone, entry, legend, tick_width};
use crate::plot::chart::{Axis, Line, Lines, Rates, Run, SERIES};
use crate::plot::scale::{Base, Scale, drawable};

/// Rows of a chart.
const HEIGHT: usize = 14;

/// Two axes and the canvas between them.
struct Plane {
    x: Scale,
    y: Scale,
    canvas: Canvas,
    labels: usize,
    symbols: Symbols,
}

impl Plane {
    fn of(
        (x, xs): (&Axis, impl Iterator<Item = f64> + Clone),
        (y, ys): (&Axis, impl Iterator<Item = f64>),
        base: Base,
        (width, symbols): (usize, Symbols),
    ) -> Self {
        let y = Scale::of(y.quantity, ys, base, 4);
        let labels = y.ticks().map(|(_, label)| label.width()).max().unwrap_or(0).min(width / 3);
        let plot = width.saturating_sub(labels + 2);
        let x = Scale::fitting(x.quantity, &xs, Base::Zero, plot as f64, tick_width);
        Self { x, y, canvas: Canvas::new(plot, HEIGHT, symbols), labels, symbols }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.part(x), self.y.part(y))
    }

    /// A line through places in the axes' units.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), tone: Tone, stroke: char) {
        let (from, to) = (self.place(from), self.place(to));
        self.canvas.line(from, to, tone, stroke);
    }

    fn sign(&mut self, at: (f64, f64), n: usize) {
        let at = self.place(at);
        self.canvas.sign(at, n);
    }

    /// The chart with its axes and their labels.
    fn into_lines(self, x: &Axis, y: &Axis) -> Vec<Spans> {
        let width = self.canvas.points_across() / self.canvas.grain().0;
        let [across, up, tick, corner] = self.symbols.signs().axis;
        let mut names = vec![String::new(); HEIGHT];
        for (value, label) in self.y.ticks() {
            names[self.canvas.row(self.y.part(value))] = label;
        }
        let mut axis = Cells::blank(width);
        axis.fill(0..width, across, Tone::Faint);
        let mut below = Cells::blank(width);
        for (value, label) in self.x.ticks() {
            let at = axis.column(self.x.part(value));
            axis.put(at, tick, Tone::Faint);
            let length = label.chars().count();
            let begin = at.saturating_sub(length / 2).min(width.saturating_sub(length));
            below.try_words(begin, &label, Tone::Faint);
        }
        let lead = |name: &str, edge: char, row: Spans| {
            let name = format!("{} {edge}", right(name, self.labels, self.symbols));
            let mut spans = vec![(name, Tone::Faint)];
            spans.extend(row);
            spans
        };
        let title = format!("{}{}", y.label, self.y.warning());
        let whole = self.labels + 2 + width;
        let mut out = vec![vec![(cut(&title, whole, self.symbols), Tone::Faint)]];
        let symbols = self.symbols;
        out.extend(self.canvas.into_rows().zip(&names).map(|(row, name)| lead(name, up, row)));
        out.push(lead("", corner, axis.into_spans()));
        out.push(lead("", ' ', below.into_spans()));
        out.push(vec![(right(&x.label, whole, symbols), Tone::Faint)]);
        out
    }
}

pub fn lines(chart: &Lines, width: usize, symbols: Symbols) -> Vec<Spans> {
    let mut plane =
        Plane::of((&chart.x, chart.xs()), (&chart.y, chart.ys()), Base::Free, (width, symbols));
    if let [only] = &chart.series[..] {
        draw_band(&mut plane, only);
    }
    for (n, line) in chart.series.iter().enumerate() {
        let fit: Vec<_> = line.fit.iter().filter(|(x, y)| drawable(x + y)).collect();
        for pair in fit.windows(2) {
            plane.line(*pair[0], *pair[1], Tone::Series(n), '.');
        }
    }
    for (n, line) in chart.series.iter().enumerate() {
        for point in line.points.iter().filter(|point| drawable(point.x) && drawable(point.y)) {
            plane.sign((point.x, point.y), n);
        }
    }
    let names = chart.series.iter().map(|line| line.name.as_str());
    let mut out = series_legend(names, plane.canvas.has_shared(), width, symbols);
    out.extend(plane.into_lines(&chart.x, &chart.y));
    out
}

/// Its edges; several bands over each other would hide what they are about.
fn draw_band(plane: &mut Plane, line: &Line) {
    let drawn = |edge: &&crate::plot::chart::Edges| {
        [edge.x, edge.low, edge.high].iter().all(|value| drawable(*value))
    };
    let edges: Vec<_> = line.band.iter().filter(drawn).collect();
    for pair in edges.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        for (from, to) in [(a.low, b.low), (a.high, b.high)] {
            if plane.y.holds(from) && plane.y.holds(to) {
                plane.line((a.x, from), (b.x, to), Tone::Faint, ':');
            }
        }
    }
}

fn series_legend<'a>(
    names: impl Iterator<Item = &'a str>,
    shared: bool,
    width: usize,
    symbols: Symbols,
) -> Vec<Spans> {
    let signs = symbols.signs();
    let mut entries: Vec<_> = names
        .enumerate()
        .map(|(n, name)| entry(signs.series[n % SERIES].into(), Tone::Series(n), name))
        .collect();
    if shared {
        entries.push(entry("2-8".into(), Tone::Strong, "so many in one place"));
    }
    legend(entries, width, symbols)
}

/// Narrower charts of rates are one row a run.
const NARROW: usize = 60;

pub fn rates(chart: &Rates, width: usize, symbols: Symbols) -> Vec<Spans> {
    if width < NARROW {
        return sparklines(chart, width, symbols);
    }
    let mut plane =
        Plane::of((&chart.x, chart.xs()), (&chart.y, chart.ys()), Base::Zero, (width, symbols));
    let mut out = Vec::new();
    if let Some(level) = chart.ceiling.as_ref().filter(|level| drawable(level.value)) {
        let signs = symbols.signs();
        let sign = if plane.y.holds(level.value) { signs.ceiling } else { signs.up };
        if plane.y.holds(level.value) {
            plane.canvas.level(plane.y.part(level.value), signs.ceiling);
        }
        out.push(entry([sign; 2].into_iter().collect(), Tone::Faint, &level.label));
    }
    for (n, run) in chart.placed() {
        draw_run(&mut plane, n, run, chart.runs.len() > 1);
    }
    let names = chart.runs.iter().map(|run| run.name.as_str());
    let mut out = legend(out, width, symbols);
    out.extend(series_legend(names, plane.canvas.has_shared(), width, symbols));
    out.extend(plane.into_lines(&chart.x, &chart.y));
    out
}

/// Points joined where no gap is between them; the run's sign now and then where it has company.
fn draw_run(plane: &mut Plane, n: usize, run: &Run, signed: bool) {
    const EVERY: usize = 14;
    let stroke = plane.symbols.signs().series[n % SERIES];
    let points = plane.canvas.points_across();
    let every = EVERY * plane.canvas.grain().0;
    let half = run.step / 2.0;
    let mut last = None;
    for (at, (start, rate)) in run.spans(points).enumerate() {
        let place = rate.map(|rate| (start + half, rate));
        if let Some(to) = place {
            plane.line(last.unwrap_or(to), to, Tone::Series(n), stroke);
            if signed && at % every == every * (n % SERIES + 1) / (SERIES + 1) {
                plane.sign(to, n);
            }
        }
        last = place;
    }
}

/// A row a run: name, rates, the greatest of them.
fn sparklines(chart: &Rates, width: usize, symbols: Symbols) -> Vec<Spans> {
    let signs = symbols.signs();
    let top = Scale::of(chart.y.quantity, chart.ys(), Base::Zero, 4);
    let longest = chart.placed().map(|(_, run)| run.end()).fold(0.0, f64::max);
    let most = |run: &Run| {
        let rates = run.rates.iter().flatten().copied().filter(|rate| drawable(*rate));
        rates.reduce(f64::max).map(|rate| format!("max {}", chart.y.quantity.figure(rate)))
    };
    let label = chart.runs.iter().map(|run| clean(&run.name, symbols).width()).max().unwrap_or(0);
    let label = label.min(width / 4);
    let figure = chart.runs.iter().filter_map(most).map(|f| f.width()).max().unwrap_or(0);
    let figure = figure.min(width / 2);
    let plot = width.saturating_sub(label + figure + 2);
    let mut out = Vec::new();
    for (n, run) in chart.runs.iter().enumerate() {
        let mut cells = Cells::blank(plot);
        let known = if run.is_placed() && longest > 0.0 { plot } else { 0 };
        for (start, rate) in run.spans(known) {
            if known == 0 {
                break;
            }
            let at = (start / longest * plot as f64) as usize;
            let sign = rate.map_or(signs.gap, |rate| {
                let filled = (top.part(rate) * signs.levels.len() as f64).ceil() as usize;
                if rate > 0.0 { signs.levels[filled.clamp(1, signs.levels.len()) - 1] } else { ' ' }
            });
            cells.put(at, sign, Tone::Series(n));
        }
        let mut spans = vec![(left(&run.name, label, symbols) + " ", Tone::Plain)];
        spans.extend(cells.into_spans());
        let figure = right(&most(run).unwrap_or_default(), figure, symbols);
        spans.push((format!(" {figure}"), Tone::Plain));
        out.push(spans);
    }
    let span = format!("0 to {}, {}", chart.x.quantity.figure(longest), chart.x.label);
    out.push(vec![(cut(&span, width, symbols), Tone::Faint)]);
    out
}
