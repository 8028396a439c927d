//! The keys, and how to read the screen.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::section;
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::{View, ViewState};

const READING: [&str; 6] = [
    "now: rate over the last interval; 1 s: mean over the last second",
    "peak(1 s): highest mean over any second; ! is more than the wire can carry",
    "used: share of what counters can show at this link speed and MTU",
    "faults: errors and drops since migtop started",
    "TX is out of this host, RX into it; they are never added",
    "under the chart: trials; ticks where a guest left, a note or a link change is",
];
const READING_TRIALS: [&str; 6] = [
    "a cell: mean time of its runs, half of its 95 % interval, n runs, a word",
    "sweet spot: smallest capacity as fast as the best, within 5 %; ?: not proven",
    "link full: at the wire's limit mostly; room left: never; impossible: above it",
    "capped: flat at a known software limit; few runs: under three, no other word",
    "far off: a time unlike its cell's others; keys of runs: the selected or last",
    "findings: ! a figure is wrong, ? weak ground; those of the selected come first",
];
const READING_FLOWS: [&str; 6] = [
    "rate: octets that the other end has acknowledged, without headers, by second",
    "again: segments sent again in a second; RTT: round trip time, as the kernel has it",
    "busy: share of the time with something to send; less than 80 %: the sender is slow",
    "window: share of it in which the receiver's window was closed; unsent: queued here",
    "migrations are known by their ports and processes; probably: the port alone says so",
    "packets are captured on a key, and only label: how much there is, counters say",
];
const READING_HOST: [&str; 6] = [
    "a guest is the process that it runs in; when that ends, it has left",
    "memory: what the guest was given, else what its process holds",
    "left in about: from the times at which guests left, and from the bytes to go",
    "the busiest core may be the limit, however idle the others are",
    "softirq: the part of a core's work in which the kernel moves packets",
    "migtop's own share of the machine stands beside the others'",
];
const COLUMN: u16 = 44;

/// What it depends on.
pub fn fingerprint(view: &ViewState) -> u64 {
    let mut hash = DefaultHasher::new();
    (view.shown, view.replay.is_some(), view.scrolled).hash(&mut hash);
    hash.finish()
}

fn columns(area: Rect) -> u16 {
    (area.width / (COLUMN - 6)).clamp(1, 4)
}

fn reading(view: &ViewState) -> &'static [&'static str] {
    match view.shown {
        View::Live => &READING,
        View::Trials => &READING_TRIALS,
        View::Flows => &READING_FLOWS,
        View::Host => &READING_HOST,
    }
}

/// How far it can be scrolled.
pub fn last(view: &ViewState, area: Rect) -> usize {
    let keys = view.keymap.held(view.mode(), view.shown).count();
    let all = keys.div_ceil(usize::from(columns(area))) + 1 + reading(view).len();
    all.saturating_sub(usize::from(area.height.saturating_sub(1)))
}

/// The keys in columns, then how to read the screen; what has no room is scrolled to.
pub fn draw(view: &ViewState, area: Rect, buf: &mut Buffer) {
    let columns = columns(area);
    let column_width = (area.width / columns).min(COLUMN);
    let held: Vec<_> = view.keymap.held(view.mode(), view.shown).collect();
    let rows = held.len().div_ceil(usize::from(columns));
    let reading = reading(view);
    // Below the keys a row for a title.
    let all = rows + 1 + reading.len();
    let room = usize::from(area.height.saturating_sub(1));
    let first = view.scrolled.min(last(view, area));
    let shown = super::shown(first, room.min(all), all);
    let key = |command| view.asked(command);
    let closes = format!("{} or {} closes", key(Command::ToggleHelp), key(Command::Escape));
    let right = if shown.is_empty() {
        closes
    } else {
        format!("rows {shown}: {}, {}  {closes}", key(Command::Up), key(Command::Down))
    };
    section(buf, area, view, format_args!("keys"), &right);
    for (row, line) in (1..area.height).zip(first..all) {
        if let Some(line) = line.checked_sub(rows) {
            let below = Rect { y: area.y + row, height: 1, ..area };
            match line.checked_sub(1) {
                None => drop(section(buf, below, view, format_args!("reading the screen"), "")),
                Some(line) => {
                    Pen::at(buf, below, 0)
                        .put(view.theme.text(), format_args!("  {}", reading[line]));
                }
            }
            continue;
        }
        for column in 0..columns {
            let Some(bound) = held.get(usize::from(column) * rows + line) else { break };
            let mut pen = Pen::at(buf, area, row);
            pen.column(area.x + column * column_width);
            pen.put(view.theme.key(), format_args!("  {:<8}", bound.written));
            pen.put(view.theme.text(), format_args!(" {}", bound.binding.help));
        }
    }
}
