//! Charts of rows as text: a label, marks along one axis, a figure.

use unicode_width::UnicodeWidthStr;

use super::cells::{Cells, clean, left, right};
use super::{Spans, Symbols, Tone, entry, legend, tick_width};
use crate::plot::chart::{BarRow, Bars, DotRow, Dots, Group, ShareRow, Shares, Standing};
use crate::plot::reading::{IMPOSSIBLE, Row};
use crate::plot::scale::{Base, Quantity, Scale, drawable};

/// Columns of labels, marks and figures.
struct Columns {
    label: usize,
    plot: usize,
    figure: usize,
    symbols: Symbols,
}

const INDENT: usize = 2;
const LEAST_PLOT: usize = 12;

impl Columns {
    fn of(
        labels: impl Iterator<Item = usize>,
        figures: impl Iterator<Item = usize>,
        width: usize,
        symbols: Symbols,
    ) -> Self {
        let figure = figures.max().unwrap_or(0).min(width / 3);
        let most = (width / 3).min(width.saturating_sub(figure + LEAST_PLOT + 3));
        let label = (labels.max().unwrap_or(0) + INDENT).min(most);
        Self { label, plot: width.saturating_sub(label + figure + 2), figure, symbols }
    }

    fn of_rows<R: Row>(
        groups: &[Group<R>],
        quantity: Quantity,
        width: usize,
        symbols: Symbols,
    ) -> Self {
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let labels = rows().map(|row| clean(row.label(), symbols).width());
        Self::of(labels, rows().map(|row| row.figure(quantity).width()), width, symbols)
    }

    fn scale(
        &self,
        quantity: Quantity,
        values: &(impl Iterator<Item = f64> + Clone),
        base: Base,
    ) -> Scale {
        Scale::fitting(quantity, values, base, self.plot as f64, tick_width)
    }

    fn row(&self, label: &str, marks: Cells, figure: (String, Tone)) -> Spans {
        let label = format!("{:INDENT$}{label}", "");
        let mut spans = vec![(left(&label, self.label, self.symbols) + " ", Tone::Plain)];
        spans.extend(marks.into_spans());
        let (words, tone) = figure;
        spans.push((format!(" {}", right(&words, self.figure, self.symbols)), tone));
        spans
    }

    /// The axis with its ticks, and their labels below it.
    fn axis(&self, scale: &Scale, label: &str) -> [Spans; 3] {
        let [across, _, tick, _] = self.symbols.signs().axis;
        let mut axis = Cells::blank(self.plot);
        axis.fill(0..self.plot, across, Tone::Faint);
        let whole = self.label + self.plot + self.figure + 2;
        let mut labels = Cells::blank(whole);
        for (value, words) in scale.ticks() {
            let at = axis.column(scale.part(value));
            axis.put(at, tick, Tone::Faint);
            let half = words.chars().count() / 2;
            labels.try_words((self.label + 1 + at).saturating_sub(half), &words, Tone::Faint);
        }
        let mut line = vec![(" ".repeat(self.label + 1), Tone::Plain)];
        line.extend(axis.into_spans());
        let name = format!("{label}{}", scale.warning());
        let name = right(&name, whole, self.symbols);
        [line, labels.into_spans(), vec![(name, Tone::Faint)]]
    }
}

/// Rows by group under their headings.
fn rows<R>(
    groups: &[Group<R>],
    symbols: Symbols,
    mut draw: impl FnMut(usize, &R) -> Spans,
) -> Vec<Spans> {
    let mut out = Vec::new();
    for (n, group) in groups.iter().enumerate().filter(|(_, group)| !group.rows.is_empty()) {
        if !group.name.is_empty() {
            out.push(vec![(clean(&group.name, symbols), Tone::Strong)]);
        }
        out.extend(group.rows.iter().map(|row| draw(n, row)));
    }
    out
}

pub fn dots(chart: &Dots, width: usize, symbols: Symbols) -> Vec<Spans> {
    let quantity = chart.axis.quantity;
    let columns = Columns::of_rows(&chart.groups, quantity, width, symbols);
    let scale = columns.scale(quantity, &chart.values(), Base::Free);
    let mut out = legend(dot_legend(chart, symbols), width, symbols);
    out.extend(rows(&chart.groups, symbols, |n, row| {
        let marks = dot_marks(row, n, &columns, &scale);
        columns.row(&row.label, marks, (row.figure(quantity), Tone::Plain))
    }));
    out.extend(columns.axis(&scale, &chart.axis.label));
    out
}

/// Only what occurs.
fn dot_legend(chart: &Dots, symbols: Symbols) -> Vec<Spans> {
    let signs = symbols.signs();
    let rows = || chart.groups.iter().flat_map(|group| &group.rows);
    let mut entries = Vec::new();
    for (standing, sign) in STANDINGS.into_iter().zip(signs.dots) {
        if chart.dots().any(|dot| dot.standing == standing) {
            entries.push(entry(sign.into(), tone(standing, Tone::Plain), standing.word()));
        }
    }
    if rows().any(|row| row.interval.is_some()) {
        let words = "mean and its 95 % interval";
        let [low, middle, high] = signs.interval;
        let sign: String = [low, middle, signs.mean, middle, high].into_iter().collect();
        entries.push(entry(sign, Tone::Plain, words));
    } else if rows().any(DotRow::has_mean) {
        entries.push(entry(signs.mean.into(), Tone::Plain, "mean"));
    }
    entries
}

const STANDINGS: [Standing; 3] = [Standing::Counted, Standing::Outlier, Standing::Excluded];

fn tone(standing: Standing, counted: Tone) -> Tone {
    match standing {
        Standing::Counted => counted,
        Standing::Outlier => Tone::Warning,
        Standing::Excluded => Tone::Faint,
    }
}

fn dot_marks(row: &DotRow, group: usize, columns: &Columns, scale: &Scale) -> Cells {
    let signs = columns.symbols.signs();
    let series = Tone::Series(group);
    let mut cells = Cells::blank(columns.plot);
    if let Some(ends) = row.interval.filter(|ends| drawable(ends.0) && drawable(ends.1)) {
        draw_interval(&mut cells, ends, scale, columns.symbols, series);
    }
    for (standing, sign) in STANDINGS.into_iter().zip(signs.dots) {
        for dot in row.dots.iter().filter(|dot| dot.standing == standing && drawable(dot.value)) {
            cells.put(cells.column(scale.part(dot.value)), sign, tone(standing, series));
        }
    }
    if let Some(mean) = row.mean.filter(|_| row.has_mean()) {
        cells.put(cells.column(scale.part(mean)), signs.mean, series);
    }
    cells
}

fn draw_interval(
    cells: &mut Cells,
    (low, high): (f64, f64),
    scale: &Scale,
    symbols: Symbols,
    tone: Tone,
) {
    let signs = symbols.signs();
    let (from, to) = (cells.column(scale.part(low)), cells.column(scale.part(high)));
    if from >= to {
        return;
    }
    cells.fill(from..to, signs.interval[1], tone);
    let below = if scale.holds(low) { signs.interval[0] } else { signs.beyond[0] };
    let above = if scale.holds(high) { signs.interval[2] } else { signs.beyond[1] };
    cells.put(from, below, tone);
    cells.put(to, above, tone);
}

pub fn bars(chart: &Bars, width: usize, symbols: Symbols) -> Vec<Spans> {
    let quantity = chart.axis.quantity;
    let signs = symbols.signs();
    let columns = Columns::of_rows(&chart.groups, quantity, width, symbols);
    let scale = columns.scale(quantity, &chart.values(), Base::Zero);
    let mut entries = Vec::new();
    if chart.has_ideal() {
        entries.push(entry(signs.ideal.into(), Tone::Strong, &chart.ideal));
    }
    if chart.has_impossible() {
        let sign: String = [signs.impossible; 2].into_iter().collect();
        entries.push(entry(sign, Tone::Warning, IMPOSSIBLE));
    }
    let mut out = legend(entries, width, symbols);
    out.extend(rows(&chart.groups, symbols, |n, row| {
        let tone = if row.impossible { Tone::Warning } else { Tone::Plain };
        let marks = bar_marks(row, n, &columns, &scale);
        columns.row(&row.label, marks, (row.figure(quantity), tone))
    }));
    out.extend(columns.axis(&scale, &chart.axis.label));
    out
}

fn bar_marks(row: &BarRow, group: usize, columns: &Columns, scale: &Scale) -> Cells {
    let signs = columns.symbols.signs();
    let mut cells = Cells::blank(columns.plot);
    let length = |value: f64| scale.part(value) * columns.plot as f64;
    if let Some(value) = row.value.filter(|value| drawable(*value)) {
        let (sign, tone) = if row.impossible {
            (signs.impossible, Tone::Warning)
        } else {
            (signs.bar, Tone::Series(group))
        };
        draw_bar(
            &mut cells,
            length(value),
            sign,
            if row.impossible { &[] } else { signs.parts },
            tone,
        );
    }
    if let Some((_, high)) = row.interval.filter(|ends| drawable(ends.1)) {
        let from = row.value.filter(|value| drawable(*value)).map_or(0.0, length).ceil() as usize;
        let to = cells.column(scale.part(high));
        if to > from {
            cells.fill(from..to, signs.interval[1], Tone::Plain);
            let end = if scale.holds(high) { signs.interval[2] } else { signs.beyond[1] };
            cells.put(to, end, Tone::Plain);
        }
    }
    if let Some(ideal) = row.ideal.filter(|ideal| drawable(*ideal)) {
        cells.put(cells.column(scale.part(ideal)), signs.ideal, Tone::Strong);
    }
    cells
}

/// A bar of `length` cells from the left; anything above nothing shows.
fn draw_bar(cells: &mut Cells, length: f64, sign: char, parts: &[char], tone: Tone) {
    let whole = length.floor() as usize;
    cells.fill(0..whole, sign, tone);
    let steps = parts.len() as f64 + 1.0;
    let part = ((length - length.floor()) * steps) as usize;
    match part.checked_sub(1).and_then(|n| parts.get(n)) {
        Some(part) => cells.put(whole, *part, tone),
        None if whole == 0 && length > 0.0 => {
            cells.put(0, parts.first().copied().unwrap_or(sign), tone);
        }
        None => {}
    }
}

pub fn shares(chart: &Shares, width: usize, symbols: Symbols) -> Vec<Spans> {
    let members = chart.members.len();
    let all = || chart.groups.iter().flat_map(|group| &group.rows);
    let figures: Vec<String> = all().map(|row| percentages(row, members)).collect();
    let longest = figures.iter().map(|figure| figure.width()).max().unwrap_or(0);
    let shown = if longest <= width / 3 { longest } else { 0 };
    let labels = all().map(|row| clean(&row.label, symbols).width());
    let columns = Columns::of(labels, std::iter::once(shown), width, symbols);
    let signs = symbols.signs();
    let entries = chart.members.iter().enumerate().map(|(n, name)| {
        let sign: String = [signs.members[n % signs.members.len()]; 2].into_iter().collect();
        entry(sign, Tone::Series(n), name)
    });
    let mut out = legend(entries.collect(), width, symbols);
    let mut figures = figures.into_iter();
    out.extend(rows(&chart.groups, symbols, |_, row| {
        let figure = figures.next().filter(|_| shown > 0).unwrap_or_default();
        columns.row(&row.label, share_marks(row, members, &columns), (figure, Tone::Plain))
    }));
    let scale = columns.scale(Quantity::Share, &[1.0].into_iter(), Base::Zero);
    out.extend(columns.axis(&scale, &chart.label));
    out
}

/// `30 / 20 / 27 / 23 %`
fn percentages(row: &ShareRow, members: usize) -> String {
    let Some(shares) = row.shares(members) else { return String::new() };
    let shares: Vec<String> = shares.iter().map(|share| format!("{:.0}", share * 100.0)).collect();
    shares.join(" / ") + " %"
}

fn share_marks(row: &ShareRow, members: usize, columns: &Columns) -> Cells {
    let signs = columns.symbols.signs();
    let mut cells = Cells::blank(columns.plot);
    let Some(shares) = row.shares(members) else {
        cells.try_words(0, "nothing carried", Tone::Faint);
        return cells;
    };
    let (mut sum, mut from) = (0.0, 0);
    for (n, share) in shares.iter().enumerate() {
        sum += share;
        let to = (sum * columns.plot as f64).round() as usize;
        cells.fill(from..to, signs.members[n % signs.members.len()], Tone::Series(n));
        from = to;
    }
    cells
}
