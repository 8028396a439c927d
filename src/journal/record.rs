//! One event, one line.

use std::io::Write;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::{JournalError, sample_line};
use crate::model::{Event, Header, is_beside_counters};

/// What writes sessions and reports.
pub const TOOL: &str = concat!("migtop ", env!("CARGO_PKG_VERSION"));

/// First word of every stream.
pub const FORMAT: &str = "migtop";
/// Version of the stream format that is written; every version ever released is read.
pub const VERSION: u32 = 1;

/// The first line of a new session.
pub fn header(host: String, started: SystemTime, interval: Duration) -> Header {
    let started = jiff::Timestamp::try_from(started).unwrap_or_default();
    Header {
        format: FORMAT.into(),
        version: VERSION,
        id: uuid::Uuid::new_v4().to_string(),
        host,
        os: std::env::consts::OS.into(),
        started: format!("{started:.6}"),
        interval,
        tool: TOOL.into(),
        subject: None,
    }
}

/// Appends `event` as a line.
pub fn write_line(event: &Event, out: &mut impl Write) -> Result<(), JournalError> {
    serde_json::to_writer(&mut *out, event).map_err(JournalError::Encode)?;
    out.write_all(b"\n").map_err(JournalError::Write)
}

/// How those lines begin that make up nearly all of a stream.
const PLENTIFUL: [&[u8]; 2] = [br#"{"event":"sample","#, br#"{"event":"counters","#];

/// Whether a line, as it is written here, is a `sample` or a `counters` line.
pub(super) fn is_plentiful(line: &[u8]) -> bool {
    PLENTIFUL.iter().any(|beginning| line.starts_with(beginning))
}

/// Reads one line, with or without its end. An observation beside the counters in fields that are
/// not ours is read past, as an unknown event is.
///
/// # Errors
/// When it is no event.
pub fn parse_line(line: &[u8]) -> serde_json::Result<Event> {
    /// What every event has.
    #[derive(Deserialize)]
    struct Any {
        event: String,
    }
    if let Some(event) = sample_line::parse(line) {
        return Ok(event);
    }
    serde_json::from_slice(line).or_else(|error| match serde_json::from_slice(line) {
        Ok(Any { event }) if is_beside_counters(&event) => Ok(Event::Unknown),
        _ => Err(error),
    })
}

/// Reads a stream's first line.
///
/// # Errors
/// When the stream is not ours or of a later version.
pub fn parse_header(line: &[u8]) -> Result<Event, JournalError> {
    /// What every version's first line has.
    #[derive(Deserialize)]
    struct First {
        event: String,
        format: String,
        version: u32,
    }
    let first: First = serde_json::from_slice(line).map_err(|_| JournalError::Foreign)?;
    if first.event != "session" || first.format != FORMAT {
        return Err(JournalError::Foreign);
    }
    if first.version > VERSION {
        return Err(JournalError::Future(first.version));
    }
    parse_line(line).map_err(|_| JournalError::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: &Event) -> String {
        let mut out = Vec::new();
        write_line(event, &mut out).expect("encodes");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_another_program_says_beside_the_counters_is_read_past() {
        for line in [
            r#"{"event":"guests","at_ns":5,"guests":["vm1"]}"#,
            r#"{"event":"sockets","tcp":[{"retrans":4}]}"#,
        ] {
            assert_eq!(parse_line(line.as_bytes()).expect("read"), Event::Unknown);
        }
        assert!(parse_line(br#"{"event":"guests","at_ns":5,"guests":["vm1""#).is_err());
        assert!(parse_line(br#"{"event":"sample","at_ns":"5"}"#).is_err());
    }

    #[test]
    fn a_sample_is_written_as_the_design_says() {
        let text = r#"{"event":"sample","at_ns":100012345,"read_ns":40100,"delta":[[1,2,3,4,5]]}"#;
        let event: Event = serde_json::from_str(text).expect("an event");
        assert_eq!(line(&event), format!("{text}\n"));
    }

    #[test]
    fn the_short_way_reads_a_sample_as_the_long_one_does() {
        for text in [
            r#"{"event":"sample","at_ns":7,"read_ns":4,"delta":[[1,2,3,4,5],[2,0,9,0,1]]}"#,
            r#"{"event":"sample","at_ns":7,"read_ns":4,"delta":[],"faults":[[1,0,0,2,0]]}"#,
            r#"{"event":"sample","at_ns":7,"read_ns":4,"delta":[],"host":"hv08","x":{"y":[]}}"#,
        ] {
            let long: Event = serde_json::from_str(text).expect("an event");
            assert_eq!(parse_line(text.as_bytes()).expect("an event"), long);
        }
        for text in [r#"{"event":"sample","at_ns":7,"read_ns":4}"#, r#"{"event":"sample","#] {
            assert!(parse_line(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mark_is_read_back_and_what_is_unknown_is_read_past() {
        let mark =
            r#"{"event":"mark","at_ns":7,"mark":"start","trial":1,"set":{"vms":"20"},"by":"key"}"#;
        assert_eq!(line(&parse_line(mark.as_bytes()).expect("an event")), format!("{mark}\n"));
        let unknown = br#"{"event":"from-the-future","at_ns":8,"field":[1]}"#;
        assert_eq!(parse_line(unknown).expect("an event"), Event::Unknown);
    }

    #[test]
    fn foreign_and_future_streams_are_told_apart() {
        let read = |text: &str| parse_header(text.as_bytes()).expect_err("refused").to_string();
        for foreign in ["hello", r#"{"event":"sample","at_ns":0,"read_ns":0,"delta":[]}"#, "{}"] {
            assert_eq!(read(foreign), "this is not a migtop session");
        }
        let first = header("hv07".into(), SystemTime::UNIX_EPOCH, Duration::from_millis(100));
        let first = line(&Event::Session(first));
        assert!(parse_header(first.as_bytes()).is_ok());
        let future = "the session has format version 9; this migtop reads up to 1";
        assert_eq!(read(&first.replace("\"version\":1", "\"version\":9")), future);
        // A later version's first line may look quite different otherwise.
        assert_eq!(read(r#"{"event":"session","format":"migtop","version":9}"#), future);
    }
}
