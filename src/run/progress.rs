//! How far a long file has been read.

use std::borrow::Cow;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::journal::Reader;
use crate::model::Event;

/// Shorter files are done before anybody looks.
const LONG: u64 = 2 << 20;
/// Events between two looks at how far it is.
const STEP: u32 = 1 << 10;

/// How far a long file has been read, on a terminal's standard error; nothing elsewhere.
pub struct Bar(ProgressBar);

impl Bar {
    /// One for what `reader` reads; a short file has none.
    pub fn new(reader: &Reader, what: impl Into<Cow<'static, str>>) -> Self {
        let (_, length) = reader.progress();
        if length < LONG {
            return Self::hidden();
        }
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
        let bar = ProgressBar::new(length).with_style(style.expect("the template is right"));
        Self(bar.with_message(what))
    }

    /// None.
    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Reads to the end.
    pub fn watch(
        &self,
        reader: &mut Reader,
        mut take: impl FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let mut left = STEP;
        while let Some(event) = reader.read()? {
            take(event)?;
            left -= 1;
            if left == 0 {
                left = STEP;
                self.show(reader);
            }
        }
        Ok(())
    }

    /// Shows how far it is.
    pub fn show(&self, reader: &Reader) {
        self.0.set_position(reader.progress().0);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
