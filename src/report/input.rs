//! What a file is, told by how it begins: a session, a table of results, or an answer of iperf3.

use crate::model::printable;

/// What can be reported on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A recorded session, plain or compressed.
    Session,
    /// Comma-separated values, and whatever else may be meant as such.
    Table,
    /// An answer of `iperf3 --json`.
    Iperf3,
}

/// A file of which it is known that it cannot be reported on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Our own report.
    #[error("{} is a report already; give the sessions and tables it was made of", printable(.0))]
    Report(String),
    /// JSON of some other program.
    #[error(
        "{} is JSON, but neither a session nor an answer of iperf3; give a table as CSV",
        printable(.0)
    )]
    Json(String),
    /// A workbook.
    #[error("{} is a workbook or an archive; save its sheet as CSV in UTF-8", printable(.0))]
    Workbook(String),
    /// Samples that were exported.
    #[error("{} is a Parquet file; give the session it was exported from", printable(.0))]
    Parquet(String),
    /// Compressed in a way that sessions are not.
    #[error("{} is compressed; unpack it first", printable(.0))]
    Packed(String),
}

/// How a zstd frame begins (RFC 8878, section 3.1.1).
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// The fields by which iperf3's answer is known.
const IPERF3: [&[u8]; 4] = [b"start", b"intervals", b"end", b"error"];

/// What the file `name` is that begins with `first`: some kilobytes, or all of it.
///
/// # Errors
/// When it is something that is known to be none of them.
pub fn kind(first: &[u8], name: &str) -> Result<Kind, InputError> {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let object = || Outermost::of(text);
    match first {
        _ if first.starts_with(ZSTD) => Ok(Kind::Session),
        _ if first.starts_with(b"PK\x03\x04") => Err(InputError::Workbook(name.to_owned())),
        _ if first.starts_with(b"PAR1") => Err(InputError::Parquet(name.to_owned())),
        _ if first.starts_with(b"\x1f\x8b") => Err(InputError::Packed(name.to_owned())),
        _ if text.starts_with(b"{") => object().kind(name),
        _ if is_session_name(name) => Ok(Kind::Session),
        _ if text.starts_with(b"[{") => Err(InputError::Json(name.to_owned())),
        _ => Ok(Kind::Table),
    }
}

fn is_session_name(name: &str) -> bool {
    [".jsonl", ".jsonl.zst"].iter().any(|end| name.ends_with(end))
}

/// The fields of a JSON object that is perhaps cut off: names, and values that are text.
struct Outermost<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Outermost<'a> {
    /// Of the object that `text` begins with.
    fn of(text: &'a [u8]) -> Self {
        let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
        let (mut depth, mut is_name, mut at) = (0u32, false, 0);
        while let Some(byte) = text.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    let word = word(&text[at..]);
                    at += word.len() + 1;
                    match (depth, is_name) {
                        (1, true) => fields.push((word, b"")),
                        (1, false) => fields.last_mut().into_iter().for_each(|(_, v)| *v = word),
                        _ => {}
                    }
                }
                b':' if depth == 1 => is_name = false,
                b',' if depth == 1 => is_name = true,
                b'{' | b'[' => {
                    depth += 1;
                    is_name = depth == 1;
                }
                b'}' | b']' if depth <= 1 => break,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        Self(fields)
    }

    fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }

    fn kind(&self, name: &str) -> Result<Kind, InputError> {
        let has = |field: &[u8]| self.get(field).is_some();
        match self.get(b"format") {
            Some(b"migtop-report") => return Err(InputError::Report(name.to_owned())),
            Some(b"migtop") => return Ok(Kind::Session),
            _ => {}
        }
        // A line of `iperf3 --json-stream` has an event, too.
        match self.get(b"event") {
            Some(event) if has(b"data") && IPERF3.contains(&event) => Ok(Kind::Iperf3),
            Some(_) => Ok(Kind::Session),
            None if IPERF3.iter().any(|field| has(field)) => Ok(Kind::Iperf3),
            None if is_session_name(name) => Ok(Kind::Session),
            None => Err(InputError::Json(name.to_owned())),
        }
    }
}

/// Up to the quotation mark that ends it.
fn word(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    let ends = |byte: &u8| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    };
    &text[..text.iter().position(ends).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, name: &str) -> Kind {
        kind(text.as_bytes(), name).expect("known")
    }

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        let header = r#"{"event":"session","format":"migtop","version":1,"id":"x"}"#;
        let pretty = "{\n\t\"start\":\t{\n\t\t\"connected\":\t[{\n\t\t\t\t\"socket\":\t5";
        for (text, name, expected) in [
            (header, "a.jsonl", Kind::Session),
            (header, "a.csv", Kind::Session),
            (&header[..40], "a", Kind::Session),
            ("{\"event\":\"sample\",\"at_ns\":1}\n{", "a", Kind::Session),
            ("{\"at\":1}", "a.jsonl", Kind::Session),
            ("", "a.jsonl", Kind::Session),
            ("rubbish", "a.jsonl.zst", Kind::Session),
            (pretty, "a.json", Kind::Iperf3),
            ("\u{feff}\n {\"start\":{},\"end\":{}}", "a", Kind::Iperf3),
            ("{\"error\":\"a \\\"quoted\\\" {\",\"x\":1}", "a", Kind::Iperf3),
            ("{\"event\":\"start\",\"data\":{\"connected\":[]}}", "a.json", Kind::Iperf3),
            ("config,duration_s\na,1\n", "a.csv", Kind::Table),
            ("# {\nduration_s\n1\n", "a", Kind::Table),
            ("", "a.csv", Kind::Table),
            ("\u{feff}duration_s\r\n1", "a.txt", Kind::Table),
        ] {
            assert_eq!(known(text, name), expected, "{text} in {name}");
        }
        assert_eq!(kind(b"\x28\xb5\x2f\xfd\0", "a"), Ok(Kind::Session));
    }

    #[test]
    fn what_cannot_be_reported_on_is_told_from_the_rest() {
        for (text, said) in [
            (&b"{\"format\":\"migtop-report\",\"version\":1}"[..], "is a report already"),
            (b"{\n  \"format\": \"migtop-report\",\n", "is a report already"),
            (b"{\"a\":{\"start\":1}}", "is JSON, but neither"),
            (b"{\"a\":\"start\"}", "is JSON, but neither"),
            (b"[{\"a\":1}]", "is JSON, but neither"),
            (b"PK\x03\x04\x14", "save its sheet as CSV"),
            (b"PAR1\x15", "Parquet"),
            (b"\x1f\x8b\x08", "unpack it first"),
        ] {
            let error = kind(text, "a\x1b.x").expect_err("refused").to_string();
            assert!(error.starts_with("a\u{fffd}.x is ") && error.contains(said), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_a_panic(text: Vec<u8>, json in r#"\{["{}\[\]:,a\\]*"#) {
            let _ = kind(&text, "a");
            let _ = kind(json.as_bytes(), "a");
        }
    }
}
