//! The report as one HTML file that needs nothing else: no script, no network, its style and its
//! pictures inside. It follows the reader's choice of light or dark, fits a phone, and prints.

use std::fmt::{self, Write as _};

use super::document::{Align, Block, Report, Section, Statement, Table};
use crate::compare::Weight;
use crate::plot::Chart;
use crate::plot::svg::{self, svg};

/// What is shown, and nothing besides: names from outside are escaped, and could load nothing even
/// if they were not.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("../../assets/report.css");

/// A chart is drawn for pages and for phones, from edge to edge; the style shows one of them.
const WIDE: f64 = 920.0;
const NARROW: f64 = 390.0;

/// Fewer sections need no list of them.
const LISTED: usize = 4;

/// The page.
pub fn html(report: &Report) -> String {
    let mut out = String::new();
    // A string takes anything: writing to one cannot fail.
    let _ = page(report, &mut out);
    out
}

fn page(report: &Report, out: &mut String) -> fmt::Result {
    let title = Escaped(&report.title);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>",
        svg::css(),
    )?;
    for sentence in &report.lead {
        writeln!(out, "<p>{}</p>", Escaped(sentence))?;
    }
    out.push_str("</header>\n");
    contents(&report.sections, out)?;
    for (number, found) in report.sections.iter().enumerate() {
        section(number, found, out)?;
    }
    writeln!(out, "<footer><p>{}</p></footer>", Escaped(&report.written_by))?;
    out.push_str("</main>\n</body>\n</html>\n");
    Ok(())
}

fn contents(sections: &[Section], out: &mut String) -> fmt::Result {
    if sections.len() < LISTED {
        return Ok(());
    }
    out.push_str("<nav aria-label=\"Sections\">\n<ul>\n");
    for (number, section) in sections.iter().enumerate() {
        writeln!(out, "<li><a href=\"#s{number}\">{}</a></li>", Escaped(section.title))?;
    }
    out.push_str("</ul>\n</nav>\n");
    Ok(())
}

fn section(number: usize, section: &Section, out: &mut String) -> fmt::Result {
    let title = Escaped(section.title);
    writeln!(
        out,
        "<section id=\"s{number}\" aria-labelledby=\"h{number}\">\n\
         <h2 id=\"h{number}\">{title}</h2>"
    )?;
    for block in &section.blocks {
        match block {
            Block::Text(text) => writeln!(out, "<p>{}</p>", Escaped(text))?,
            Block::Statements(found) => statements(found, out)?,
            Block::Table(found) => table(section.title, found, out)?,
            Block::Chart(found) => chart(found, out)?,
        }
    }
    out.push_str("</section>\n");
    Ok(())
}

fn statements(statements: &[Statement], out: &mut String) -> fmt::Result {
    // Without a role some readers take a list without bullets for none.
    out.push_str("<ul class=\"statements\" role=\"list\">\n");
    for statement in statements {
        let (_, word) = statement.weight.sign();
        let class = match statement.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Info => "info",
        };
        let seen: Vec<String> =
            statement.seen.iter().map(|seen| Escaped(seen).to_string()).collect();
        let seen = seen.join("<br>");
        writeln!(
            out,
            "<li class=\"{class}\">\n\
             <p class=\"seen\"><span class=\"word\">{word}</span> <strong>{seen}</strong></p>"
        )?;
        for (class, text) in [("meaning", &statement.meaning), ("advice", &statement.advice)] {
            if !text.is_empty() {
                writeln!(out, "<p class=\"{class}\">{}</p>", Escaped(text))?;
            }
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    Ok(())
}

/// In a box that scrolls by itself where the page is too narrow, and that keys can reach.
fn table(section: &str, table: &Table, out: &mut String) -> fmt::Result {
    let title = Escaped(section);
    writeln!(
        out,
        "<figure class=\"table\">\n\
         <div class=\"scroll\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\">\n\
         <table>\n<caption>{title}</caption>\n<thead>\n<tr>"
    )?;
    for heading in &table.head {
        let (class, name) = (class(heading.align), Escaped(&heading.name));
        match heading.name.as_str() {
            // A heading of nothing is no heading.
            "" => writeln!(out, "<td{class}></td>")?,
            _ => writeln!(out, "<th scope=\"col\"{class}>{name}</th>")?,
        }
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (n, (cell, heading)) in row.iter().zip(&table.head).enumerate() {
            let (class, cell) = (class(heading.align), Escaped(cell));
            match n {
                0 => write!(out, "<th scope=\"row\"{class}>{cell}</th>")?,
                _ => write!(out, "<td{class}>{cell}</td>")?,
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    if !table.note.is_empty() {
        writeln!(out, "<figcaption>{}</figcaption>", Escaped(&table.note))?;
    }
    out.push_str("</figure>\n");
    Ok(())
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => " class=\"figure\"",
    }
}

fn chart(chart: &Chart, out: &mut String) -> fmt::Result {
    let drawn = |width| svg(chart, svg::Options { width, standalone: false });
    writeln!(
        out,
        "<figure class=\"chart\">\n<div class=\"wide\">\n{}</div>\n<div class=\"narrow\">\n{}</div>\n\
         <figcaption>{}</figcaption>\n</figure>",
        drawn(WIDE),
        drawn(NARROW),
        Escaped(&chart.summary),
    )
}

/// Words as HTML has them, between tags and in quotes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::{empty, founding, hostile_report, synthetic};
    use super::*;

    /// Names of the elements that stand in it, and all `id`s.
    fn tags(page: &str) -> (BTreeSet<&str>, Vec<&str>) {
        let body = page.split_once("</style>").expect("a style").1;
        let tags = body.split('<').skip(1).map(|rest| {
            let name = rest.trim_start_matches('/');
            &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())]
        });
        let ids = body.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next());
        (tags.collect(), ids.collect())
    }

    #[test]
    fn hostile_names_make_no_elements() {
        let plain = html(&synthetic());
        let (own, _) = tags(&plain);
        let page = html(&hostile_report());
        let (hostile, ids) = tags(&page);
        let more: Vec<_> = hostile.difference(&own).collect();
        assert!(more.is_empty(), "{more:?}");
        assert!(!hostile.contains("script") && !hostile.contains("img"));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn words_are_escaped() {
        let words = "<b> & \"x\" 'y'\n\u{1b}z";
        assert_eq!(Escaped(words).to_string(), "&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;  z");
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        for report in [founding(), synthetic(), empty()] {
            let page = html(&report);
            for outside in ["src=", "url(", "@import", "http://", "https://", "<script", "<iframe"]
            {
                let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
                assert!(!page.contains(outside), "{outside}");
            }
            assert!(page.contains("Content-Security-Policy") && !page.contains("user-select"));
        }
    }

    #[test]
    fn everything_is_in_it_once() {
        let report = synthetic();
        let page = html(&report);
        let blocks = || report.sections.iter().flat_map(|section| &section.blocks);
        let charts = blocks().filter(|block| matches!(block, Block::Chart(_))).count();
        let tables = blocks().filter(|block| matches!(block, Block::Table(_))).count();
        assert_eq!(page.matches("<svg").count(), 2 * charts, "one for pages, one for phones");
        assert_eq!(page.matches("<table>").count(), tables);
        assert_eq!(page.matches("<section").count(), report.sections.len());
        assert_eq!(page.matches("<h1>").count(), 1);
        for tag in ["main", "section", "figure", "table", "tbody", "tr", "ul", "li", "p", "div"] {
            let opened = page.matches(&format!("<{tag}>")).count()
                + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn a_report_of_nothing_says_so() {
        let page = html(&empty());
        assert!(page.contains("there is nothing to compare"), "{page}");
        assert!(!page.contains("<nav"), "{page}");
    }
}
