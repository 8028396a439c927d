//! Every style and every symbol; the colourless and the ASCII ones too.
//!
//! Only the terminal's own 16 colours are used, and its own foreground and background, so that dark
//! and light terminals both stay readable. No state is told by colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::plot::text;

/// The styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// With colours, or with bold, reverse and nothing else.
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn fg(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Ordinary text.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// The figures that matter most.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Labels and what can be overlooked.
    pub fn faint(self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// Section titles.
    pub fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Traffic outside of trials.
    pub fn traffic(self) -> Style {
        self.fg(Color::Blue)
    }

    /// Traffic inside a trial, and the trial itself.
    pub fn trial(self) -> Style {
        self.fg(Color::Green)
    }

    /// The ceiling: what the wire can carry.
    pub fn ceiling(self) -> Style {
        self.fg(Color::Red)
    }

    /// In the bar: what must not be overlooked.
    pub fn alarm(self) -> Style {
        self.bar().patch(self.fg(Color::Red)).add_modifier(Modifier::BOLD)
    }

    /// Rates of an earlier trial, laid over the latest one.
    pub fn line(self, n: usize) -> Style {
        self.fg([Color::Yellow, Color::Magenta, Color::Cyan, Color::Red][n % 4])
            .add_modifier(Modifier::BOLD)
    }

    /// What needs attention.
    pub fn warning(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Header, prompts and the banner of the frozen view.
    pub fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key in the footer.
    pub fn key(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Fill of the nth member's part of a gauge.
    pub fn member(self, n: usize) -> Style {
        self.fg([Color::Blue, Color::Magenta, Color::Cyan, Color::Yellow][n % 4])
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
