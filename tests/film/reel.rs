//! Many pictures into one that moves: what several frames have in common stands in it once, and a style
//! says in which frames it is seen. No script; whoever wants less motion sees one frame.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Keeps blanks as they are.
const BLANKS: &str = " xml:space=\"preserve\"";
/// What keeps symbols from other fonts in their cells; letters have their width already.
const STRETCH: &str = " lengthAdjust=\"spacingAndGlyphs\"";

/// A line without the attributes that change nothing about it.
fn shortened(line: &str) -> String {
    let blank = line.contains("> ") || line.contains(" <") || line.contains("  ");
    let line = if blank { line.to_owned() } else { line.replacen(BLANKS, "", 1) };
    if line.is_ascii() { line.replacen(STRETCH, "", 1) } else { line }
}

/// Frames that are shown one after the other, each as long.
pub struct Reel {
    frame: Duration,
    frames: usize,
    head: String,
    /// Lines of the pictures, and the frames that have them.
    lines: BTreeMap<String, Vec<usize>>,
}

impl Reel {
    /// Without a frame.
    pub fn new(frame: Duration) -> Self {
        Self { frame, frames: 0, head: String::new(), lines: BTreeMap::new() }
    }

    pub fn length(&self) -> usize {
        self.frames
    }

    /// Adds a picture as [`migtop::tui::capture::svg`] writes it: a line for the whole, one for its
    /// background, and one for each text or rectangle.
    pub fn add(&mut self, picture: &str) {
        let mut lines = picture.lines().filter(|line| *line != "</svg>");
        self.head = lines.by_ref().take(2).collect::<Vec<_>>().join("\n");
        for line in lines {
            self.lines.entry(shortened(line)).or_default().push(self.frames);
        }
        self.frames += 1;
    }

    /// The film; `still` is the frame that stands for all.
    pub fn develop(&self, still: usize) -> String {
        let mut scenes: BTreeMap<(bool, &[usize]), Vec<&str>> = BTreeMap::new();
        for (line, frames) in &self.lines {
            // Rectangles lie below all texts.
            let text = line.starts_with("<text");
            scenes.entry((text, frames)).or_default().push(line);
        }
        let length = self.frame * self.frames as u32;
        let mut style = format!(
            ".s{{visibility:hidden;animation:{:.2}s step-end infinite}}\n",
            length.as_secs_f64()
        );
        let mut body = String::new();
        for (number, ((_, frames), lines)) in scenes.iter().enumerate() {
            let whole = frames.len() == self.frames;
            let shown = if frames.contains(&still) { " k" } else { "" };
            if whole {
                body.push_str("<g>\n");
            } else {
                let _ = writeln!(body, "<g class=\"s{shown}\" style=\"animation-name:a{number}\">");
            }
            for line in lines {
                let _ = writeln!(body, "{line}");
            }
            body.push_str("</g>\n");
            if !whole {
                let _ = writeln!(style, "@keyframes a{number}{{{}}}", self.turns(frames));
            }
        }
        style.push_str(
            "@media (prefers-reduced-motion:reduce){.s{animation:none}.k{visibility:visible}}\n",
        );
        format!("{}\n<style>\n{style}</style>\n{body}</svg>\n", self.head)
    }

    /// Where it comes and goes.
    fn turns(&self, frames: &[usize]) -> String {
        let mut text = String::new();
        for frame in 0..self.frames {
            let seen = frames.binary_search(&frame).is_ok();
            let before = frame.checked_sub(1).is_some_and(|b| frames.binary_search(&b).is_ok());
            if frame == 0 || seen != before {
                let percent = frame as f64 * 100.0 / self.frames as f64;
                let what = if seen { "visible" } else { "hidden" };
                let _ = write!(text, "{percent:.3}%{{visibility:{what}}}");
            }
        }
        text
    }
}
