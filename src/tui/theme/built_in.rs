//! The themes that are there: data, each on a dark and on a light background.
//!
//! Their colours are among the 240 that every terminal with 256 or more colours shows alike; those
//! below 22 are left out, which some users' own palettes replace.

use ratatui::style::{Color, Modifier, Style};

use super::Theme;

/// A theme on a dark background and on a light one.
pub type OnGrounds = [Theme; 2];

/// The themes by name, in the order in which a key goes through them.
pub const THEMES: [(&str, OnGrounds); 6] = [
    ("dark", [DARK; 2]),
    ("light", [LIGHT; 2]),
    ("high-contrast", HIGH_CONTRAST),
    ("colour-blind", COLOUR_BLIND),
    ("ansi", [ANSI; 2]),
    ("monochrome", [MONOCHROME; 2]),
];

const PLAIN: Style = Style::new();
const BOLD: Style = PLAIN.add_modifier(Modifier::BOLD);
const REVERSED: Style = PLAIN.add_modifier(Modifier::REVERSED);

const fn fg(index: u8) -> Style {
    PLAIN.fg(Color::Indexed(index))
}

const fn bold(index: u8) -> Style {
    BOLD.fg(Color::Indexed(index))
}

const fn on(ground: u8, index: u8) -> Style {
    fg(index).bg(Color::Indexed(ground))
}

/// For a dark background.
pub const DARK: Theme = Theme {
    text: PLAIN,
    strong: BOLD,
    faint: fg(246),
    title: bold(153),
    traffic: fg(75),
    trial: fg(114),
    ceiling: fg(203),
    good: bold(114),
    warning: bold(215),
    alarm: on(124, 231).add_modifier(Modifier::BOLD),
    selected: BOLD,
    bar: on(24, 231),
    key: bold(153),
    members: [fg(75), fg(176), fg(80), fg(221)],
};

/// For a light background.
pub const LIGHT: Theme = Theme {
    text: PLAIN,
    strong: BOLD,
    faint: fg(242),
    title: bold(24),
    traffic: fg(25),
    trial: fg(28),
    ceiling: fg(160),
    good: bold(28),
    warning: bold(130),
    alarm: on(160, 231).add_modifier(Modifier::BOLD),
    selected: BOLD,
    bar: on(153, 232),
    key: bold(24),
    members: [fg(25), fg(90), fg(30), fg(136)],
};

/// Seven to one, and no grey.
const HIGH_CONTRAST: OnGrounds = [
    Theme {
        text: fg(231),
        strong: bold(231),
        faint: fg(252),
        title: bold(123),
        traffic: fg(117),
        trial: fg(120),
        ceiling: fg(217),
        good: bold(120),
        warning: bold(226).add_modifier(Modifier::UNDERLINED),
        alarm: on(124, 231).add_modifier(Modifier::BOLD),
        selected: bold(226),
        bar: on(231, 232).add_modifier(Modifier::BOLD),
        key: bold(226),
        members: [fg(117), fg(213), fg(226), fg(120)],
    },
    Theme {
        text: fg(232),
        strong: bold(232),
        faint: fg(238),
        title: bold(24),
        traffic: fg(24),
        trial: fg(22),
        ceiling: fg(124),
        good: bold(22),
        warning: bold(88).add_modifier(Modifier::UNDERLINED),
        alarm: on(124, 231).add_modifier(Modifier::BOLD),
        selected: bold(24),
        bar: on(232, 231).add_modifier(Modifier::BOLD),
        key: bold(24),
        members: [fg(24), fg(90), fg(22), fg(94)],
    },
];

/// Blue, yellow and brightness: what deuteranopia and protanopia leave apart.
const COLOUR_BLIND: OnGrounds = [
    Theme {
        trial: fg(227),
        ceiling: fg(173),
        good: bold(227),
        warning: bold(231).add_modifier(Modifier::UNDERLINED),
        members: [fg(33), fg(227), fg(173), fg(159)],
        ..DARK
    },
    Theme {
        trial: fg(130),
        ceiling: fg(57),
        good: bold(130),
        warning: bold(52).add_modifier(Modifier::UNDERLINED),
        members: [fg(25), fg(136), fg(57), fg(95)],
        ..LIGHT
    },
];

/// The terminal's own 16 colours, of those that show on dark and on light.
pub const ANSI: Theme = Theme {
    text: PLAIN,
    strong: BOLD,
    faint: PLAIN.fg(Color::DarkGray),
    title: BOLD,
    traffic: PLAIN.fg(Color::Blue),
    trial: PLAIN.fg(Color::Green),
    ceiling: PLAIN.fg(Color::Red),
    good: BOLD.fg(Color::Green),
    warning: BOLD.fg(Color::Red),
    alarm: REVERSED.fg(Color::Red).add_modifier(Modifier::BOLD),
    selected: BOLD,
    bar: REVERSED,
    key: BOLD,
    members: [PLAIN.fg(Color::Blue), PLAIN.fg(Color::Magenta), PLAIN.fg(Color::Cyan), PLAIN],
};

/// No colour at all.
pub const MONOCHROME: Theme = Theme {
    text: PLAIN,
    strong: BOLD,
    faint: PLAIN,
    title: BOLD,
    traffic: PLAIN,
    trial: PLAIN,
    ceiling: PLAIN,
    good: BOLD,
    warning: BOLD.add_modifier(Modifier::UNDERLINED),
    alarm: REVERSED.add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
    selected: BOLD,
    bar: REVERSED,
    key: BOLD,
    members: [PLAIN; 4],
};
