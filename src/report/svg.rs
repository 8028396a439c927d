//! The charts of a report alone, one beneath the other in one picture.

use super::document::{Block, Report};
use crate::plot::Chart;
use crate::plot::svg::stacked;

/// As wide as a page of text.
const WIDTH: f64 = 920.0;

/// The picture; `None` when the report has no chart.
pub fn svg(report: &Report) -> Option<String> {
    let blocks = report.sections.iter().flat_map(|section| &section.blocks);
    let charts = blocks.filter_map(|block| match block {
        Block::Chart(chart) => Some(chart),
        _ => None,
    });
    let charts: Vec<&Chart> = charts.collect();
    (!charts.is_empty()).then(|| stacked(&report.title, &charts, WIDTH))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, founding, hostile_report};
    use super::*;

    #[test]
    fn all_charts_are_in_one_picture() {
        let report = founding();
        let picture = svg(&report).expect("charts");
        let blocks = report.sections.iter().flat_map(|section| &section.blocks);
        for block in blocks {
            let Block::Chart(chart) = block else { continue };
            assert!(picture.contains(&format!("<title>{}</title>", chart.title)), "{chart:?}");
        }
        assert_eq!(picture.matches("<svg").count(), 1);
        assert_eq!(picture.matches("<style>").count(), 1);
    }

    #[test]
    fn names_from_outside_are_escaped() {
        let picture = svg(&hostile_report()).expect("charts");
        assert!(!picture.contains("<script") && picture.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_report_without_charts_is_no_picture() {
        assert_eq!(svg(&empty()), None);
    }
}
