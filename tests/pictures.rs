//! The README's pictures are what the program draws: made here, held against the files in `assets`.
//!
//! No terminal and no clock: scenarios are played in virtual time. `MIGTOP_PICTURES=write` writes
//! the pictures instead of comparing them.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

mod stage;

use std::path::Path;

use migtop::model::MarkKind;
use migtop::tui::{self, ViewState, capture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stage::{Stage, secs, status};

fn picture(stage: &Stage, size: Rect) -> String {
    let mut view = ViewState::default();
    view.follow(&stage.session);
    let mut buffer = Buffer::empty(size);
    tui::draw(&stage.session, &view, &status(), size, &mut buffer);
    capture::svg(&buffer)
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
    check("live.svg", &picture(&stage, Rect::new(0, 0, 120, 36)));
}
