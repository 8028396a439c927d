//! A table in columns; where those do not fit, its rows as records.

use super::lines::{clean, column_width, wrapped};
use crate::plot::text::{Spans, Symbols, Tone};
use crate::report::document::{Align, Table};

/// A column of words is broken no narrower than this.
const LEAST_WORDS: usize = 16;

/// `table` without its note, in lines of at most `width` columns.
pub fn lines(table: &Table, width: usize, symbols: Symbols) -> Vec<Spans> {
    if table.head.is_empty() {
        return Vec::new();
    }
    let table = cleaned(table, symbols);
    match Grid::fit(&table, width) {
        Some(grid) => grid.lines(&table, symbols),
        None => records(&table, width),
    }
}

fn cleaned(table: &Table, symbols: Symbols) -> Table {
    let mut table = table.clone();
    for heading in &mut table.head {
        heading.name = clean(&heading.name, symbols);
    }
    for cell in table.rows.iter_mut().flatten() {
        *cell = clean(cell, symbols);
    }
    table
}

/// Columns beside each other.
struct Grid {
    widths: Vec<usize>,
    /// Blanks between two of them.
    between: usize,
}

impl Grid {
    /// `None` when they do not fit. Headings of figures are broken first, then columns stand
    /// closer, and words are broken last.
    fn fit(table: &Table, width: usize) -> Option<Self> {
        let columns: Vec<Column> = (0..table.head.len()).map(|n| Column::of(table, n)).collect();
        let ways = [(2, false), (1, false), (2, true), (1, true)];
        ways.into_iter().find_map(|(between, words)| {
            let room = width.checked_sub(between * (columns.len() - 1))?;
            Some(Self { widths: widths(&columns, room, words)?, between })
        })
    }

    fn lines(&self, table: &Table, symbols: Symbols) -> Vec<Spans> {
        let aligns: Vec<Align> = table.head.iter().map(|heading| heading.align).collect();
        let heads: Vec<&str> = table.head.iter().map(|heading| heading.name.as_str()).collect();
        let rule = if symbols == Symbols::Ascii { "-" } else { "─" };
        let rule = self.widths.iter().map(|width| rule.repeat(*width)).collect::<Vec<_>>();
        let mut lines = self.row(&heads, &aligns, Tone::Strong, Stand::Below);
        lines.push(vec![(rule.join(&" ".repeat(self.between)), Tone::Faint)]);
        for cells in &table.rows {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            lines.extend(self.row(&cells, &aligns, Tone::Plain, Stand::Above));
        }
        lines
    }

    fn row(&self, cells: &[&str], aligns: &[Align], tone: Tone, stand: Stand) -> Vec<Spans> {
        let cells: Vec<Vec<String>> =
            cells.iter().zip(&self.widths).map(|(cell, width)| wrapped(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let line = |n: usize| {
            let mut line = String::new();
            let columns = cells.iter().zip(&self.widths).zip(aligns);
            for (k, ((cell, width), align)) in columns.enumerate() {
                let above = if stand == Stand::Below { height - cell.len() } else { 0 };
                let text = n.checked_sub(above).and_then(|n| cell.get(n)).map_or("", |text| text);
                let blanks = " ".repeat(width.saturating_sub(column_width(text)));
                line.push_str(&" ".repeat(if k > 0 { self.between } else { 0 }));
                let parts = match align {
                    Align::Left => [text, &blanks],
                    Align::Right => [&blanks, text],
                };
                line.extend(parts);
            }
            vec![(line, tone)]
        };
        (0..height).map(line).collect()
    }
}

/// Columns in `room` together, where `words` may be broken or not; the last gives way first.
fn widths(columns: &[Column], room: usize, words: bool) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.full).collect();
    let mut over = widths.iter().sum::<usize>().saturating_sub(room);
    for kind in [false, true].into_iter().take(1 + usize::from(words)) {
        for (n, column) in columns.iter().enumerate().rev().filter(|(_, c)| c.words == kind) {
            let given = over.min(column.full - column.least);
            widths[n] -= given;
            over -= given;
        }
    }
    (over == 0).then_some(widths)
}

/// What a column needs.
struct Column {
    /// Without a break.
    full: usize,
    /// With cells of words and headings broken.
    least: usize,
    words: bool,
}

impl Column {
    fn of(table: &Table, n: usize) -> Self {
        let heading = &table.head[n];
        let words = heading.align == Align::Left;
        let cells = table.rows.iter().filter_map(|row| row.get(n));
        let cells = cells.map(|cell| column_width(cell)).max().unwrap_or(0);
        let full = cells.max(column_width(&heading.name));
        let longest = heading.name.split(' ').map(column_width).max().unwrap_or(0);
        let least = if words { full.min(LEAST_WORDS) } else { cells.max(longest) };
        Self { full, least, words }
    }
}

/// Where cells of fewer lines stand beside those of more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    Above,
    Below,
}

/// Each row by itself: its first cell, and beneath it what is known by name.
fn records(table: &Table, width: usize) -> Vec<Spans> {
    const INDENT: &str = "  ";
    let mut lines = Vec::new();
    for row in &table.rows {
        let mut cells = row.iter().zip(&table.head);
        if let Some((first, _)) = cells.next() {
            lines.extend(wrapped(first, width).into_iter().map(|line| vec![(line, Tone::Strong)]));
        }
        for (cell, heading) in cells.filter(|(cell, _)| !matches!(cell.as_str(), "" | "-")) {
            let text = match heading.name.as_str() {
                "" => cell.clone(),
                name => format!("{name}: {cell}"),
            };
            for (n, line) in wrapped(&text, width - 2 * INDENT.len()).into_iter().enumerate() {
                let indent = INDENT.repeat(if n == 0 { 1 } else { 2 });
                lines.push(vec![(indent, Tone::Plain), (line, Tone::Plain)]);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(table: &Table, width: usize) -> String {
        let lines = lines(table, width, Symbols::Ascii);
        let join = |line: Spans| line.into_iter().map(|(text, _)| text).collect::<String>();
        lines.into_iter().map(|line| join(line).trim_end().to_owned() + "\n").collect()
    }

    fn table() -> Table {
        let mut table = Table::new(&["cell", "mean rate>", "what it says"]);
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        table.rows.push(row(["1x1GbE, vms=20", "956 Mbit/s", "full, and as fast as it can be"]));
        table.rows.push(row(["1x10GbE, vms=20", "-", ""]));
        table
    }

    #[test]
    fn columns_stand_beside_each_other_where_they_fit() {
        assert_eq!(
            shown(&table(), 80),
            "\
cell              mean rate  what it says
---------------  ----------  ------------------------------
1x1GbE, vms=20   956 Mbit/s  full, and as fast as it can be
1x10GbE, vms=20           -
"
        );
    }

    #[test]
    fn words_are_broken_within_their_column() {
        assert_eq!(
            shown(&table(), 50),
            "\
cell              mean rate  what it says
---------------  ----------  ---------------------
1x1GbE, vms=20   956 Mbit/s  full, and as fast as
                             it can be
1x10GbE, vms=20           -
"
        );
    }

    #[test]
    fn columns_stand_closer_before_words_are_broken() {
        let shown = shown(&table(), 57);
        assert!(shown.contains("\n1x1GbE, vms=20  956 Mbit/s full, and as fast"), "{shown}");
        assert_eq!(shown.lines().count(), 4);
    }

    #[test]
    fn what_fits_in_no_columns_is_told_by_name() {
        assert_eq!(
            shown(&table(), 40),
            "\
1x1GbE, vms=20
  mean rate: 956 Mbit/s
  what it says: full, and as fast as
    it can be
1x10GbE, vms=20
"
        );
    }

    #[test]
    fn a_table_of_nothing_is_its_heading() {
        assert_eq!(shown(&Table::new(&["a", "b>"]), 80), "a  b\n-  -\n");
        assert_eq!(shown(&Table::new(&[]), 80), "");
    }
}
