//! A table in columns; where those do not fit, its rows as records.

use super::lines::{clean, column_width, wrapped};
use crate::plot::text::{Spans, Symbols, Tone};
use crate::report::document::{Align, Table};

/// Between two columns.
const BETWEEN: usize = 2;
/// A column of words is broken no narrower than this.
const LEAST_WORDS: usize = 16;

/// `table` without its note, in lines of at most `width` columns.
pub fn lines(table: &Table, width: usize, symbols: Symbols) -> Vec<Spans> {
    if table.head.is_empty() {
        return Vec::new();
    }
    let table = cleaned(table, symbols);
    match widths(&table, width) {
        Some(widths) => grid(&table, &widths, symbols),
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

/// How wide each column may be; `None` when they do not fit beside each other.
fn widths(table: &Table, width: usize) -> Option<Vec<usize>> {
    let columns: Vec<Column> = (0..table.head.len()).map(|n| Column::of(table, n)).collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| column.full).collect();
    let between = BETWEEN * columns.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + between).saturating_sub(width);
    // Headings of figures give way first, then columns of words, the last one first.
    for words in [false, true] {
        for (n, column) in columns.iter().enumerate().rev().filter(|(_, c)| c.words == words) {
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
        let least = match words {
            true => full.min(LEAST_WORDS),
            false => {
                let longest = heading.name.split(' ').map(column_width).max().unwrap_or(0);
                cells.max(longest)
            }
        };
        Self { full, least, words }
    }
}

fn grid(table: &Table, widths: &[usize], symbols: Symbols) -> Vec<Spans> {
    let aligns: Vec<Align> = table.head.iter().map(|heading| heading.align).collect();
    let heads: Vec<&str> = table.head.iter().map(|heading| heading.name.as_str()).collect();
    let rule = if symbols == Symbols::Ascii { "-" } else { "─" };
    let rule = widths.iter().map(|width| rule.repeat(*width)).collect::<Vec<_>>();
    let mut lines = row(&heads, widths, &aligns, Tone::Strong, Stand::Below);
    lines.push(vec![(rule.join(&" ".repeat(BETWEEN)), Tone::Faint)]);
    for cells in &table.rows {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        lines.extend(row(&cells, widths, &aligns, Tone::Plain, Stand::Above));
    }
    lines
}

/// Where cells of fewer lines stand beside those of more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    Above,
    Below,
}

fn row(cells: &[&str], widths: &[usize], aligns: &[Align], tone: Tone, stand: Stand) -> Vec<Spans> {
    let cells: Vec<Vec<String>> =
        cells.iter().zip(widths).map(|(cell, width)| wrapped(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let line = |n: usize| {
        let mut line = String::new();
        for (k, ((cell, width), align)) in cells.iter().zip(widths).zip(aligns).enumerate() {
            let above = if stand == Stand::Below { height - cell.len() } else { 0 };
            let text = n.checked_sub(above).and_then(|n| cell.get(n)).map_or("", String::as_str);
            let blanks = " ".repeat(width.saturating_sub(column_width(text)));
            let between = if k > 0 { " ".repeat(BETWEEN) } else { String::new() };
            line += &match align {
                Align::Left => format!("{between}{text}{blanks}"),
                Align::Right => format!("{between}{blanks}{text}"),
            };
        }
        vec![(line, tone)]
    };
    (0..height).map(line).collect()
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
