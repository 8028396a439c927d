//! migtop: what a virtualisation host's network carries while its guests leave.
//!
//! One pipeline: a source makes events, the journal keeps them, a session folds them, and a face
//! (the screen, plain lines, an export) shows the session. Nothing derived is recorded; everything shown is
//! computed by the fold, so a recording replays to exactly what was seen.
//!
//! ```text
//! main.rs                       parse, run, print the error chain, exit code
//! run/                          composition: tasks, channels, the loop
//! cli/                          flags + environment -> settings
//! tui/    report/    export/    session -> screen | study -> documents | events -> rows
//! compare/                      trials of any origin -> cells, comparisons, findings
//! session/        source/       folds events          | makes events
//! measure/  journal/  control/  counter, rate, history | event <-> disk | marks from outside
//! model/                        interface, mark, event
//! plot/                         charts as data, drawn as SVG or as lines of text
//! stats/  known/  units.rs  clock.rs  place.rs   the ground: imports nothing above it
//! ```
//!
//! A module imports only rows below its own; the parts of a row never import each other.
//! Outside crates stay in their room: `ratatui` in `tui/`, `crossterm` in `tui/` for keys and the
//! terminal and in `run/face.rs`, `crokey` in `tui/keymap/`, `clap` and `toml_edit` in `cli/`, `tokio`
//! in `run/` and `control/`, `pnet`, `sysinfo` and netlink in named files of `source/`, `csv` in
//! `export/` and `report/`, `parquet` in `export/`, `statrs` in `stats/`, `strsim` in `known/`, `anyhow`
//! in `run/`. Clocks are read in `clock.rs`.

pub mod cli;
pub mod clock;
pub mod compare;
pub mod control;
pub mod export;
pub mod journal;
pub mod known;
pub mod measure;
pub mod model;
pub mod place;
pub mod plot;
pub mod report;
pub mod run;
pub mod session;
pub mod source;
pub mod stats;
pub mod tui;
pub mod units;
