//! The report as Markdown, as GitHub shows it.
//!
//! Charts are text in fenced blocks: GitHub shows no inline SVG. Words from outside stay words:
//! no tag, link, picture, mention, formula or list comes out of them.

use super::document::{Align, Block, Report, Statement, Table};
use crate::plot::Chart;
use crate::plot::text::{Symbols, lines};

/// Columns of a chart: what GitHub shows without a scroll bar.
const CHART_WIDTH: usize = 100;

/// The report, each line ended.
pub fn markdown(report: &Report) -> String {
    let mut parts = vec![format!("# {}", inline(&report.title))];
    parts.extend(report.lead.iter().map(|sentence| paragraph(sentence)));
    for section in &report.sections {
        parts.push(format!("## {}", inline(section.title)));
        for block in &section.blocks {
            match block {
                Block::Text(text) => parts.push(paragraph(text)),
                Block::Statements(statements) => {
                    let items: Vec<String> = statements.iter().map(item).collect();
                    parts.push(items.join("\n"));
                }
                Block::Table(found) => {
                    parts.push(table(found));
                    parts.push(paragraph(&found.note));
                }
                Block::Chart(found) => parts.push(chart(found)),
            }
        }
    }
    parts.push(paragraph(&report.written_by));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

fn item(statement: &Statement) -> String {
    let (_, word) = statement.weight.sign();
    let mut item = format!("- *{word}:* **{}**", inline(&statement.seen.join(" ")));
    for text in [&statement.meaning, &statement.advice] {
        if !text.is_empty() {
            item.push(' ');
            item.push_str(&inline(text));
        }
    }
    item
}

fn table(table: &Table) -> String {
    let row = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let align = |align: Align| match align {
        Align::Left => ":---",
        Align::Right => "---:",
    };
    let mut lines = vec![
        row(&mut table.head.iter().map(|heading| inline(&heading.name))),
        row(&mut table.head.iter().map(|heading| align(heading.align).to_owned())),
    ];
    lines.extend(table.rows.iter().map(|cells| row(&mut cells.iter().map(|cell| inline(cell)))));
    lines.join("\n")
}

/// In a fence that nothing in the chart can close.
fn chart(chart: &Chart) -> String {
    let body = lines(chart, CHART_WIDTH, Symbols::Block).join("\n");
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{body}\n{fence}")
}

/// A line of its own: what begins it makes no list, heading, quotation or code.
fn paragraph(text: &str) -> String {
    let text = inline(text).trim().to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &text[..digits], &text[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{text}"),
        _ => text,
    }
}

/// Shows nothing, and parts what a reader of text would make a link, a mention or an emoji of.
const APART: &str = "<!-- -->";

/// `text` on one line, as it is to be read.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim().chars().peekable();
    let mut last_three = [' '; 3];
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            c if c.is_control() => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' => out.extend(['\\', c]),
            '.' if last_three.iter().all(|c| c.eq_ignore_ascii_case(&'w')) => {
                out.push_str(APART);
                out.push(c);
            }
            c => out.push(c),
        }
        let parted = match c {
            '@' => next.is_alphanumeric(),
            '#' => next.is_ascii_digit(),
            ':' => next == '/' || next.is_ascii_alphabetic(),
            _ => false,
        };
        if parted {
            out.push_str(APART);
        }
        last_three = [last_three[1], last_three[2], c];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOSTILE, empty, founding, hostile_report, synthetic};
    use super::*;

    #[test]
    fn words_stay_words() {
        for (text, written) in [
            ("21.3 s ±0.2 (10)", "21.3 s ±0.2 (10)"),
            ("<script>", "&lt;script&gt;"),
            ("a|b", "a\\|b"),
            ("*a* _b_ `c` ~d~ $e$", "\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\$e\\$"),
            ("![x](http://a.b)", "!\\[x\\](http:<!-- -->//a.b)"),
            ("WWW.a.b", "WWW<!-- -->.a.b"),
            ("@you a@b.c", "@<!-- -->you a@<!-- -->b.c"),
            ("t#12", "t\\#<!-- -->12"),
            (":tada: 10:30", ":<!-- -->tada: 10:30"),
            ("a\r\nb\\&amp;", "a  b\\\\&amp;amp;"),
        ] {
            assert_eq!(inline(text), written);
        }
    }

    #[test]
    fn no_line_begins_what_it_is_not() {
        for (text, written) in [
            ("- a", "\\- a"),
            ("+ a", "\\+ a"),
            ("=== a", "\\=== a"),
            ("12. a", "12\\. a"),
            ("1) a", "1\\) a"),
            (" \u{1} - a", "\\- a"),
            ("> a", "&gt; a"),
            ("# a", "\\# a"),
            ("12 a", "12 a"),
            ("", ""),
        ] {
            assert_eq!(paragraph(text), written);
        }
    }

    #[test]
    fn every_row_of_a_table_has_as_many_cells() {
        for report in [founding(), synthetic(), hostile_report()] {
            for found in report.sections.iter().flat_map(|section| &section.blocks) {
                let Block::Table(found) = found else { continue };
                for line in table(found).lines() {
                    let cells = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
                    assert_eq!(cells, found.head.len() + 1, "{line}");
                }
            }
        }
    }

    #[test]
    fn a_chart_cannot_leave_its_fence() {
        let text = markdown(&synthetic());
        assert!(text.contains("\n```text\n"), "{text}");
        let report = hostile_report();
        let blocks = report.sections.iter().flat_map(|section| &section.blocks);
        let Some(Block::Chart(hostile)) = blocks.into_iter().find(|b| matches!(b, Block::Chart(_)))
        else {
            panic!("no chart")
        };
        let mut hostile = hostile.clone();
        hostile.title = "````".into();
        assert!(chart(&hostile).starts_with("`````text\n"), "{}", chart(&hostile));
    }

    #[test]
    fn hostile_names_make_no_markup() {
        let text = markdown(&hostile_report());
        let mut fenced = false;
        for line in text.lines() {
            if line.starts_with("```") {
                fenced = !fenced;
                continue;
            }
            if !fenced {
                assert!(!line.replace(APART, "").contains('<'), "{line}");
                assert!(!line.contains("://") && !line.contains("@n"), "{line}");
            }
        }
        assert!(!text.contains(HOSTILE));
    }

    #[test]
    fn a_report_of_nothing_says_so() {
        let text = markdown(&empty());
        assert!(text.starts_with("# Trials compared: nothing.csv\n"), "{text}");
        assert!(text.contains("there is nothing to compare"), "{text}");
    }
}
