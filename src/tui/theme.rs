//! Every style and every symbol; the colourless and the ASCII ones too.
//!
//! The background is the terminal's own but for bars. No state is told by colour alone.

pub mod built_in;
pub mod colour;
#[cfg(test)]
mod vision;
pub mod words;

use ratatui::style::{Modifier, Style};

use crate::plot::text;
use colour::Depth;

/// A style for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    text: Style,
    strong: Style,
    faint: Style,
    title: Style,
    traffic: Style,
    trial: Style,
    ceiling: Style,
    good: Style,
    warning: Style,
    alarm: Style,
    selected: Style,
    bar: Style,
    key: Style,
    members: [Style; 4],
}

/// A role's name, and where its style stands.
type Role = (&'static str, fn(&mut Theme) -> &mut Style);

impl Theme {
    /// Every role by its name in the configuration.
    pub const ROLES: [Role; 17] = [
        ("text", |theme| &mut theme.text),
        ("strong", |theme| &mut theme.strong),
        ("faint", |theme| &mut theme.faint),
        ("title", |theme| &mut theme.title),
        ("traffic", |theme| &mut theme.traffic),
        ("trial", |theme| &mut theme.trial),
        ("ceiling", |theme| &mut theme.ceiling),
        ("good", |theme| &mut theme.good),
        ("warning", |theme| &mut theme.warning),
        ("alarm", |theme| &mut theme.alarm),
        ("selected", |theme| &mut theme.selected),
        ("bar", |theme| &mut theme.bar),
        ("key", |theme| &mut theme.key),
        ("member1", |theme| &mut theme.members[0]),
        ("member2", |theme| &mut theme.members[1]),
        ("member3", |theme| &mut theme.members[2]),
        ("member4", |theme| &mut theme.members[3]),
    ];

    /// The terminal's own colours, or bold, reverse and underline alone.
    pub fn new(colour: bool) -> Self {
        if colour { built_in::ANSI } else { built_in::MONOCHROME }
    }

    /// The style of the role of this name.
    pub fn role(&mut self, name: &str) -> Option<&mut Style> {
        let (_, style) = Self::ROLES.iter().find(|(role, _)| *role == name)?;
        Some(style(self))
    }

    /// The same in colours that a terminal of this depth has.
    #[must_use]
    pub fn at(mut self, depth: Depth) -> Self {
        for (_, style) in Self::ROLES {
            let style = style(&mut self);
            style.fg = style.fg.map(|fg| depth.nearest(fg));
            style.bg = style.bg.map(|bg| depth.nearest(bg));
        }
        self
    }

    /// Ordinary text.
    pub fn text(&self) -> Style {
        self.text
    }

    /// The figures that matter most.
    pub fn strong(&self) -> Style {
        self.strong
    }

    /// Labels and what can be overlooked.
    pub fn faint(&self) -> Style {
        self.faint
    }

    /// Section titles.
    pub fn title(&self) -> Style {
        self.title
    }

    /// Traffic outside of trials.
    pub fn traffic(&self) -> Style {
        self.traffic
    }

    /// Traffic inside a trial, and the trial itself.
    pub fn trial(&self) -> Style {
        self.trial
    }

    /// The ceiling: what the wire can carry.
    pub fn ceiling(&self) -> Style {
        self.ceiling
    }

    /// What came out best.
    pub fn good(&self) -> Style {
        self.good
    }

    /// In the bar: what must not be overlooked.
    pub fn alarm(&self) -> Style {
        self.alarm
    }

    /// Rates of an earlier trial, laid over the latest one.
    pub fn line(&self, n: usize) -> Style {
        self.member(n).add_modifier(Modifier::BOLD)
    }

    /// What needs attention.
    pub fn warning(&self) -> Style {
        self.warning
    }

    /// The selected row.
    pub fn selected(&self) -> Style {
        self.selected
    }

    /// Header, prompts and the banner of the frozen view.
    pub fn bar(&self) -> Style {
        self.bar
    }

    /// A key in the footer.
    pub fn key(&self) -> Style {
        self.key
    }

    /// Fill of the nth member's part of a gauge.
    pub fn member(&self, n: usize) -> Style {
        self.members[n % self.members.len()]
    }
}

/// What charts, gauges and lines are drawn with.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbols {
    /// Part of a cell filled from below, least first; the last one is a full cell.
    pub levels: &'static [char],
    /// Halves of a cell filled from below, `[left][right]`, none first, where a cell has room for two
    /// columns; as many levels as in [`Self::levels`].
    pub halves: &'static [&'static [char]],
    /// Part of a cell filled from the left, least first; the last one is a full cell.
    pub parts: &'static [char],
    /// Upper and lower half of a cell, and the whole of it; none where there are no such.
    pub half_blocks: Option<[char; 3]>,
    /// Fills of the members of a team, told apart without colour.
    pub members: [char; 4],
    /// A sample that is missing.
    pub gap: char,
    /// An empty part of a gauge.
    pub empty: char,
    /// The ceiling in a chart.
    pub ceiling: char,
    /// A round rate in a chart.
    pub grid: char,
    /// A round time under a chart.
    pub tick: char,
    /// A section's rule.
    pub rule: char,
    /// Left edge of a chart.
    pub axis: char,
    /// Start, middle and end of a trial under a chart.
    pub span: [char; 3],
    /// When a guest left, under a chart.
    pub departure: char,
    /// When something was noted, under a chart.
    pub note: char,
    /// When a link was lost, came back, or changed its speed, under a chart.
    pub link: [char; 3],
    /// Rates of earlier trials in a chart.
    pub lines: [char; 4],
    /// The selected row.
    pub cursor: char,
    /// What is about the selected.
    pub related: char,
    /// A running trial.
    pub running: char,
    /// Between facts.
    pub dot: char,
    /// A pinned row.
    pub pin: char,
    /// Before half of an interval.
    pub plus_minus: &'static str,
}

impl Symbols {
    /// As `--symbols` has it.
    pub fn name(&self) -> &'static str {
        SETS.iter().find(|(_, set)| *set == self).map_or("block", |(name, _)| name)
    }

    /// What charts of trials are drawn with.
    pub fn in_plots(&self) -> text::Symbols {
        match self {
            symbols if *symbols == ASCII => text::Symbols::Ascii,
            symbols if *symbols == BRAILLE => text::Symbols::Braille,
            _ => text::Symbols::Block,
        }
    }
}

/// Block elements: in nearly every font.
pub const BLOCK: Symbols = Symbols {
    levels: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    halves: &[],
    parts: &['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
    half_blocks: Some(['▀', '▄', '█']),
    members: ['█', '▓', '▒', '░'],
    gap: '·',
    empty: '─',
    ceiling: '╌',
    grid: '┈',
    tick: '╵',
    rule: '─',
    axis: '│',
    span: ['┣', '━', '┫'],
    departure: '▲',
    note: '◊',
    link: ['×', '○', '≈'],
    lines: ['○', '+', '×', '◊'],
    cursor: '▶',
    related: '•',
    running: '●',
    dot: '·',
    pin: '^',
    plus_minus: "±",
};

/// Braille patterns.
pub const BRAILLE: Symbols = Symbols {
    levels: &['⣀', '⣤', '⣶', '⣿'],
    halves: &[
        &[' ', '⢀', '⢠', '⢰', '⢸'],
        &['⡀', '⣀', '⣠', '⣰', '⣸'],
        &['⡄', '⣄', '⣤', '⣴', '⣼'],
        &['⡆', '⣆', '⣦', '⣶', '⣾'],
        &['⡇', '⣇', '⣧', '⣷', '⣿'],
    ],
    parts: &['⡇', '⣿'],
    members: ['⣿', '⣶', '⣤', '⣀'],
    ..BLOCK
};

/// Seven-bit characters alone.
pub const ASCII: Symbols = Symbols {
    levels: &['_', ':', '#'],
    halves: &[],
    parts: &['#'],
    half_blocks: None,
    members: ['#', '=', '+', '-'],
    gap: '?',
    empty: '.',
    ceiling: '-',
    grid: '.',
    tick: '|',
    rule: '-',
    axis: '|',
    span: ['[', '=', ']'],
    departure: '^',
    note: '!',
    link: ['x', 'o', '~'],
    lines: ['o', '+', 'x', '%'],
    cursor: '>',
    related: '*',
    running: '*',
    dot: '|',
    pin: '^',
    plus_minus: "+-",
};

/// The sets of symbols by name, in the order in which a key goes through them.
pub const SETS: [(&str, &Symbols); 3] =
    [("block", &BLOCK), ("braille", &BRAILLE), ("ascii", &ASCII)];
