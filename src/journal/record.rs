//! One event, one line.

use std::io::{BufRead, Write};
use std::time::{Duration, SystemTime};

use super::JournalError;
use crate::model::{Event, Header};

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
        tool: concat!("migtop ", env!("CARGO_PKG_VERSION")).into(),
    }
}

/// Appends `event` as a line.
pub fn write_line(event: &Event, out: &mut impl Write) -> Result<(), JournalError> {
    serde_json::to_writer(&mut *out, event).map_err(JournalError::Encode)?;
    out.write_all(b"\n").map_err(JournalError::Write)
}

/// Reads plain JSON Lines and gives each event to `each`.
///
/// # Errors
/// When the stream is not ours, of a later version, or a line is no event; the line is named.
pub fn read(lines: impl BufRead, mut each: impl FnMut(Event)) -> Result<(), JournalError> {
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.map_err(JournalError::Read)?;
        let event: Event = serde_json::from_str(&line).map_err(|source| {
            if number == 1 {
                JournalError::Foreign
            } else {
                JournalError::Line { line: number, source }
            }
        })?;
        match &event {
            Event::Session(header) if header.version > VERSION => {
                return Err(JournalError::Future(header.version));
            }
            Event::Session(header) if header.format == FORMAT => {}
            _ if number == 1 => return Err(JournalError::Foreign),
            _ => {}
        }
        each(event);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: &Event) -> String {
        let mut out = Vec::new();
        write_line(event, &mut out).expect("encodes");
        String::from_utf8(out).expect("UTF-8")
    }

    fn first_line() -> String {
        line(&Event::Session(header(
            "hv07".into(),
            SystemTime::UNIX_EPOCH,
            Duration::from_millis(100),
        )))
    }

    #[test]
    fn a_sample_is_written_as_the_design_says() {
        let text = r#"{"event":"sample","at_ns":100012345,"read_ns":40100,"delta":[[1,2,3,4,5]]}"#;
        let event: Event = serde_json::from_str(text).expect("an event");
        assert_eq!(line(&event), format!("{text}\n"));
    }

    #[test]
    fn a_stream_is_read_back_as_it_was_written() {
        let mark =
            r#"{"event":"mark","at_ns":7,"mark":"start","trial":1,"set":{"vms":"20"},"by":"key"}"#;
        let unknown = r#"{"event":"from-the-future","at_ns":8,"field":[1]}"#;
        let mut events = Vec::new();
        let stream = format!("{}{mark}\n{unknown}\n", first_line());
        read(stream.as_bytes(), |event| events.push(event)).expect("a stream");
        assert_eq!(line(&events[1]), format!("{mark}\n"));
        assert_eq!(events[2], Event::Unknown);
    }

    #[test]
    fn foreign_future_and_damaged_streams_are_told_apart() {
        let read = |text: &str| read(text.as_bytes(), |_| {}).expect_err("refused").to_string();
        assert_eq!(read("hello\n"), "this is not a migtop session");
        assert_eq!(
            read("{\"event\":\"sample\",\"at_ns\":0,\"read_ns\":0,\"delta\":[]}\n"),
            "this is not a migtop session"
        );
        let future = first_line().replace("\"version\":1", "\"version\":9");
        assert_eq!(read(&future), "the session has format version 9; this migtop reads up to 1");
        assert_eq!(read(&format!("{}{{\"event\"\n", first_line())), "line 2 is not an event");
    }
}
