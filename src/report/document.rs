//! A report as a document: sections of sentences, tables and charts. Everything in it is as it is
//! to be read; names from outside carry no control characters.

use super::iperf3::Capacity;
use crate::compare::{Study, Weight};
use crate::plot::Chart;

/// What is to be laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it is about.
    pub title: String,
    /// Where the figures come from, a sentence each.
    pub lead: Vec<String>,
    /// In order.
    pub sections: Vec<Section>,
    /// What wrote it.
    pub written_by: String,
    /// What paths were measured to carry.
    pub capacities: Vec<Capacity>,
    /// What it was made of.
    pub study: Study,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// In order.
    pub blocks: Vec<Block>,
}

/// One piece of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// What was found.
    Statements(Vec<Statement>),
    /// Figures.
    Table(Table),
    /// A picture.
    Chart(Chart),
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// How much it matters.
    pub weight: Weight,
    /// What was seen, a sentence each.
    pub seen: Vec<String>,
    /// What that means.
    pub meaning: String,
    /// What to try.
    pub advice: String,
}

/// Figures in rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Above the columns.
    pub head: Vec<Heading>,
    /// As wide as the head.
    pub rows: Vec<Vec<String>>,
    /// Below it; empty for none.
    pub note: String,
}

/// Above a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Its name.
    pub name: String,
    /// Where its cells stand.
    pub align: Align,
}

/// Where a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

impl Weight {
    /// A word and a sign that tell it without colour.
    pub fn sign(self) -> (char, &'static str) {
        match self {
            Self::Error => ('!', "wrong figure"),
            Self::Warning => ('~', "mind"),
            Self::Info => ('-', "finding"),
        }
    }
}

impl Table {
    /// Without the columns in which nothing is known, but for the first one.
    #[must_use]
    pub fn without_unknown(mut self) -> Self {
        let unknown = |column: usize| {
            column > 0 && self.rows.iter().all(|row| matches!(row[column].as_str(), "" | "-"))
        };
        let kept: Vec<bool> = (0..self.head.len()).map(|column| !unknown(column)).collect();
        let keep = |cells: &mut Vec<String>| {
            let mut kept = kept.iter();
            cells.retain(|_| *kept.next().unwrap_or(&true));
        };
        self.rows.iter_mut().for_each(keep);
        let mut kept = kept.iter();
        self.head.retain(|_| *kept.next().unwrap_or(&true));
        self
    }

    /// An empty one; a name that ends in `>` heads a column of figures.
    pub fn new(head: &[&str]) -> Self {
        let heading = |name: &&str| match name.strip_suffix('>') {
            Some(name) => Heading { name: name.into(), align: Align::Right },
            None => Heading { name: (*name).into(), align: Align::Left },
        };
        Self { head: head.iter().map(heading).collect(), rows: Vec::new(), note: String::new() }
    }
}
