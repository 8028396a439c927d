//! One panel a file: each gets what it shows and draws one part of the screen.

pub mod chart;
pub mod cores;
mod cut;
pub mod evacuation;
pub mod findings;
pub mod flow;
pub mod flows;
pub mod footer;
pub mod guests;
pub mod header;
pub mod headline;
pub mod help;
pub mod interfaces;
pub mod left_out;
pub mod limit;
pub mod matrix;
pub mod messages;
pub mod notice;
pub mod outside;
pub mod palette;
pub mod runs;
pub mod study_chart;
pub mod talks;
pub mod trials;

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen::Pen;
use super::view_state::ViewState;
use crate::units::{BitsPerSec, RateUnit};

/// A section's title with a rule up to the right edge, and a text at that edge.
fn section<'a>(
    buf: &'a mut Buffer,
    area: Rect,
    view: &ViewState,
    title: fmt::Arguments<'_>,
    right: &str,
) -> Pen<'a> {
    let mut pen = Pen::at(buf, area, 0);
    pen.put(view.theme.title(), title).put(view.theme.faint(), format_args!(" "));
    let right_width = if right.is_empty() { 0 } else { right.chars().count() as u16 + 1 };
    let rule = pen.room().saturating_sub(right_width);
    pen.fill(rule, |_| (view.symbols.rule, view.theme.faint()));
    if right_width > 0 {
        pen.put(view.theme.text(), format_args!(" {right}"));
    }
    pen
}

/// Which rows of all are shown, for a title: `2 of 5`, `2 to 4 of 5`; empty when all are.
fn shown(first: usize, rows: usize, all: usize) -> String {
    match rows {
        _ if rows >= all => String::new(),
        0 | 1 => format!("{} of {all}", first + 1),
        _ => format!("{} to {} of {all}", first + 1, first + rows),
    }
}

/// A rate that may not be known: `-` then, never 0.
struct Maybe(Option<f64>, RateUnit);

impl fmt::Display for Maybe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) => BitsPerSec(rate).in_unit(self.1).fmt(f),
            None => f.pad("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_what_is_left_out() {
        assert_eq!(shown(0, 1, 3), "1 of 3");
        assert_eq!(shown(1, 2, 3), "2 to 3 of 3");
        assert_eq!((shown(0, 3, 3), shown(0, 0, 0)), (String::new(), String::new()));
    }
}
