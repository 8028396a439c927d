//! The running trial and the last finished ones.

use std::hash::{DefaultHasher, Hash, Hasher};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Maybe, section};
use crate::model::{Factors, printable};
use crate::session::{Session, Trial, TrialFigures, TrialState};
use crate::tui::keymap::Command;
use crate::tui::pen::Pen;
use crate::tui::view_state::ViewState;
use crate::units::{Bytes, RateUnit, Stopwatch};

/// Title and a row for each trial, more on a higher screen.
pub fn height(session: &Session, screen: u16) -> u16 {
    let shown = if screen >= 30 { 5 } else { 3 };
    if screen < 14 { 1 } else { 1 + (session.trials().len() as u16).clamp(1, shown) }
}

/// What the rows depend on; `None` while a trial runs.
pub fn fingerprint(session: &Session, view: &ViewState) -> Option<u64> {
    let mut hash = DefaultHasher::new();
    (&view.factors, view.unit == RateUnit::Bits).hash(&mut hash);
    for trial in session.trials() {
        (trial.number, trial.start, trial.end, trial.excluded).hash(&mut hash);
        (&trial.factors, &trial.notes).hash(&mut hash);
    }
    session.open_trial().is_none().then(|| hash.finish())
}

pub fn draw(session: &Session, view: &ViewState, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let coming = factors_text(&view.factors);
    let right = if coming.is_empty() { String::new() } else { format!("next: {coming}") };
    let mut rows = area;
    if area.height > 1 {
        // The title is the heading of the columns as well.
        let title = if session.trials().is_empty() { "trials" } else { HEADING };
        section(buf, area, view, format_args!("{title}"), &right);
        rows = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    if session.trials().is_empty() {
        let mut pen = Pen::at(buf, rows, 0);
        pen.put(view.theme.faint(), format_args!("  none yet"));
        if view.replay.is_none() {
            let key = view.asked(Command::ToggleTrial);
            pen.put(view.theme.faint(), format_args!("; {key} starts one"));
        }
    }
    let shown = session.trials().iter().rev().take(usize::from(rows.height));
    for (row, trial) in (0..).zip(shown) {
        draw_trial(session, view, trial, rows, row, buf);
    }
}

/// From this width on the rates of a running trial come before how it stands.
const ROOMY: u16 = 60;
const HEADING: &str = "trials         time    bytes           mean   peak(1 s)";

fn draw_trial(
    session: &Session,
    view: &ViewState,
    trial: &Trial,
    area: Rect,
    row: u16,
    buf: &mut Buffer,
) {
    let mut pen = Pen::at(buf, area, row);
    let theme = view.theme;
    let (mark, style, state) = match trial.state {
        TrialState::Open => (view.symbols.running, theme.trial(), "running"),
        TrialState::Finished if trial.excluded => (' ', theme.faint(), "excluded"),
        TrialState::Finished => (' ', theme.text(), "done"),
        TrialState::Cancelled => (' ', theme.faint(), "given up"),
        TrialState::Failed => (' ', theme.warning(), "failed"),
    };
    let time = Stopwatch(trial.duration(session.at()));
    let stands = trial.state == TrialState::Open && !view.running.words(0).is_empty();
    // Where there is little room, how it stands comes before how it does that.
    let stands_first = stands && area.width < ROOMY;
    if stands_first {
        pen.put(style, format_args!("{mark}{:>2} {time:>8}", trial.number));
        draw_standing(view, &mut pen);
    } else {
        pen.put(style, format_args!("{mark}{:>2} {state:<8}{time:>8}", trial.number));
    }
    let figures = match trial.state {
        TrialState::Open => session.running_figures(),
        TrialState::Finished | TrialState::Cancelled | TrialState::Failed => trial.figures.clone(),
    };
    if let Some(figures) = &figures {
        draw_rates(session, view, trial, figures, &mut pen);
    }
    if stands && !stands_first {
        draw_standing(view, &mut pen);
    }
    for (name, value) in &trial.factors {
        let (name, value) = (printable(name), printable(value));
        pen.put_whole(theme.text(), format_args!(" {name}={value}"));
    }
    if trial.repetition > 1 {
        pen.put_whole(theme.faint(), format_args!(" (run {})", trial.repetition));
    }
    if let Some(figures) = &figures {
        draw_details(view, figures, &mut pen);
    }
    for note in &trial.notes {
        pen.put(theme.faint(), format_args!("  \"{}\"", printable(note)));
    }
}

/// Where it stands against earlier runs, and how long it still takes, in as many words as fit.
fn draw_standing(view: &ViewState, pen: &mut Pen<'_>) {
    let words = view.running.words(pen.room());
    if words.len() < usize::from(pen.room()) {
        pen.put(view.theme.strong(), format_args!(" "));
    }
    pen.put(view.theme.strong(), format_args!("{words}"));
}

fn draw_rates(
    session: &Session,
    view: &ViewState,
    trial: &Trial,
    figures: &TrialFigures,
    pen: &mut Pen<'_>,
) {
    let theme = view.theme;
    let bytes = Bytes(figures.bytes[figures.direction]);
    pen.put(theme.strong(), format_args!(" {bytes:>8} {}", figures.direction.label()));
    // While it runs, and where nothing stood out, the mean is over the marked time.
    let marked = bytes.over(trial.duration(session.at())).map(|rate| rate.0);
    let mean = figures.mean.or(marked);
    pen.put(theme.text(), format_args!(" {:>11}", Maybe(mean, view.unit)));
    let (style, mark) =
        if figures.impossible { (theme.warning(), '!') } else { (theme.text(), ' ') };
    let peak = Maybe(figures.peak, view.unit);
    pen.put(style, format_args!(" {peak:>11}{mark}"));
}

fn draw_details(view: &ViewState, figures: &TrialFigures, pen: &mut Pen<'_>) {
    let theme = view.theme;
    let window = figures.peak_window.as_secs_f64();
    if window > 1.5 {
        pen.put_whole(theme.faint(), format_args!("  peak over {window:.0} s"));
    }
    if figures.gaps > 0 {
        let plural = if figures.gaps == 1 { "" } else { "s" };
        pen.put_whole(theme.warning(), format_args!("  {} gap{plural}", figures.gaps));
    }
    if figures.members.len() > 1 {
        for member in &figures.members {
            if let Some(share) = figures.share(member) {
                let name = printable(&member.name);
                pen.put_whole(theme.faint(), format_args!("  {name} {:.0} %", share * 100.0));
            }
        }
    }
    if let Some((from, to)) = figures.active {
        let active = Stopwatch(to.saturating_sub(from));
        pen.put_whole(theme.faint(), format_args!("  active {active}"));
    }
}

fn factors_text(factors: &Factors) -> String {
    let words = factors.iter().map(|(k, v)| format!("{}={}", printable(k), printable(v)));
    words.collect::<Vec<_>>().join(" ")
}
