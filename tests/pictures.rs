//! The README's pictures are what the program draws: made here, held against the files in `assets`.
//!
//! No terminal and no clock: scenarios are played in virtual time. `MIGTOP_PICTURES=write` writes
//! the pictures instead of comparing them.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

mod film;
mod stage;

use std::path::Path;

use migtop::model::MarkKind;
use migtop::tui::view_state::View;
use migtop::tui::{self, ViewState, capture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use stage::{Stage, secs, status_of};

fn drawn(stage: &Stage, view: &mut ViewState, size: Rect) -> Buffer {
    view.follow(&stage.session);
    let mut buffer = Buffer::empty(size);
    tui::draw(&stage.session, view, &status_of(&stage.session), size, &mut buffer);
    buffer
}

fn check(name: &str, picture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    if std::env::var("MIGTOP_PICTURES").is_ok_and(|what| what == "write") {
        std::fs::write(&path, picture).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        kept == picture,
        "assets/{name} is not what is drawn now; \
         run MIGTOP_PICTURES=write cargo test --test pictures and look at it"
    );
}

/// The second evacuation of the same host runs; the first one is done.
#[test]
fn the_live_view() {
    let mut stage = Stage::new("hv07");
    stage.play("evacuation", secs(84), &[(secs(6), MarkKind::Start), (secs(80), MarkKind::Stop)]);
    stage.play("evacuation", secs(54), &[(secs(6), MarkKind::Start)]);
    check(
        "live.svg",
        &capture::svg(&drawn(&stage, &mut ViewState::default(), Rect::new(0, 0, 120, 36))),
    );
}

/// The scenario that runs its own trials, when it is over.
#[test]
fn the_trials_view() {
    let mut stage = Stage::new("hv10");
    stage.play("matrix", secs(134), &[]);
    let mut view = ViewState::default();
    view.show(View::Trials);
    check("trials.svg", &capture::svg(&drawn(&stage, &mut view, Rect::new(0, 0, 120, 40))));
}

/// An evacuation, marked and compared with three before it, seen at six times its speed.
#[test]
fn the_recording() {
    let film = film::shoot();
    assert!(film.len() <= 400_000, "{} bytes", film.len());
    check("demo.svg", &film);
}

/// What a terminal shows of `text`, a line a row.
fn screen(text: &str, columns: u16) -> Buffer {
    let rows = text.lines().count() as u16;
    let size = |cells: u16| std::num::NonZero::new(cells).unwrap();
    let mut terminal = vt100::Parser::new(size(rows), size(columns), 0);
    terminal.process(text.trim_end().replace('\n', "\r\n").as_bytes());
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = terminal.screen().cell(row, column) else { continue };
            if !cell.has_contents() {
                continue;
            }
            let mut style = Style::new();
            if let vt100::Color::Idx(n) = cell.fgcolor() {
                let colours = [
                    Color::Red,
                    Color::Green,
                    Color::Yellow,
                    Color::Blue,
                    Color::Magenta,
                    Color::Cyan,
                ];
                style.fg = (usize::from(n).checked_sub(1)).and_then(|n| colours.get(n).copied());
            }
            if cell.dim() {
                style.fg = Some(Color::DarkGray);
            }
            if cell.bold() {
                style = style.add_modifier(Modifier::BOLD);
            }
            buffer[(column, row)].set_symbol(cell.contents()).set_style(style);
        }
    }
    buffer
}

/// The conclusions and the times of the founding table.
#[test]
fn the_report() {
    let run = assert_cmd::Command::new(env!("CARGO_BIN_EXE_migtop"))
        .args(["report", "assets/examples/ws2012-live-migration.csv", "--color", "always"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LANG", "C.UTF-8")
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL")
        .assert()
        .success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let end = text.lines().position(|line| line.contains("Comparisons")).unwrap();
    let shown: Vec<&str> = text.lines().take(end - 1).collect();
    check("report.svg", &capture::svg(&screen(&shown.join("\n"), 100)));
}
