//! Elements as text: numbers short, words escaped.

use std::fmt::{self, Write as _};

/// A number with two decimals at most.
pub struct N(pub f64);

impl fmt::Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero takes the sign off a negative zero.
        write!(f, "{}", (self.0 * 100.0).round() / 100.0 + 0.0)
    }
}

/// Words as XML has them; what XML cannot hold is left out.
pub struct Words<'a>(pub &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\n' => f.write_str("&#10;")?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Where a text's place is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A corner of something.
pub type Place = (f64, f64);

/// The elements so far.
#[derive(Default)]
pub struct Writer {
    out: String,
}

impl Writer {
    pub fn finish(self) -> String {
        self.out
    }

    // A string takes anything: writing to one cannot fail.
    fn put(&mut self, element: fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(element);
        self.out.push('\n');
    }

    pub fn line(&mut self, class: &str, (x1, y1): Place, (x2, y2): Place) {
        let (x1, y1, x2, y2) = (N(x1), N(y1), N(x2), N(y2));
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        ));
    }

    /// `size` below zero is none.
    pub fn rect(&mut self, class: &str, (x, y): Place, size: (f64, f64), hover: &str) {
        let (width, height) = (N(size.0.max(0.0)), N(size.1.max(0.0)));
        let (x, y, hover) = (N(x), N(y), Hover("rect", hover));
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{hover}"
        ));
    }

    pub fn circle(&mut self, class: &str, (x, y): Place, radius: f64, hover: &str) {
        let (x, y, radius, hover) = (N(x), N(y), N(radius), Hover("circle", hover));
        self.put(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{hover}"
        ));
    }

    /// `path` is of this module's own making.
    pub fn path(&mut self, class: &str, path: &str, hover: &str) {
        let hover = Hover("path", hover);
        self.put(format_args!("<path class=\"{class}\" d=\"{path}\"{hover}"));
    }

    pub fn text(&mut self, class: &str, anchor: Anchor, (x, y): Place, words: &str) {
        let (x, y, words) = (N(x), N(y), Words(words));
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{words}</text>"
        ));
    }
}

/// How an element ends: with what hovering shows, where that is anything.
struct Hover<'a>(&'static str, &'a str);

impl fmt::Display for Hover<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(_, "") => f.write_str("/>"),
            Self(name, hover) => write!(f, "><title>{}</title></{name}>", Words(hover)),
        }
    }
}

/// A path through `corners`.
pub fn through(corners: impl IntoIterator<Item = Place>) -> String {
    let mut path = String::new();
    for (n, (x, y)) in corners.into_iter().enumerate() {
        let _ = write!(path, "{}{} {}", if n == 0 { 'M' } else { 'L' }, N(x), N(y));
    }
    path
}

/// About how wide `text` is in a proportional font of `size`.
pub fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' '
        | '(' | ')' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.72,
        c if c.is_ascii() => 0.62,
        c => unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) as f64 * 0.65,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// `text` cut to `width` with an ellipsis.
pub fn cut(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut left = width - text_width("…", size);
    let fits = |c: &char| {
        left -= text_width(c.encode_utf8(&mut [0; 4]), size);
        left >= 0.0
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_decimals_at_most() {
        for (number, text) in
            [(1.0, "1"), (-0.001, "0"), (2.345_678, "2.35"), (-7.5, "-7.5"), (1e-9, "0")]
        {
            assert_eq!(N(number).to_string(), text);
        }
    }

    #[test]
    fn words_are_escaped_and_lose_what_xml_cannot_hold() {
        let mut writer = Writer::default();
        writer.circle("dot", (1.0, 2.0), 3.0, "<b> & \"x\"\u{1b}[0m\0\u{ffff}");
        let text = writer.finish();
        assert_eq!(
            text,
            "<circle class=\"dot\" cx=\"1\" cy=\"2\" r=\"3\">\
             <title>&lt;b&gt; &amp; &quot;x&quot;[0m</title></circle>\n"
        );
    }

    #[test]
    fn what_is_cut_fits() {
        for width in [0.0, 5.0, 30.0, 100.0, 1000.0] {
            let cut = cut("a rather long name of a guest", 12.0, width);
            assert!(text_width(&cut, 12.0) <= width.max(8.0), "{cut}");
        }
        assert_eq!(cut("short", 12.0, 100.0), "short");
    }
}
