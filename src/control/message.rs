//! What is said on the control socket: a request and its answer, each one line of JSON.
//!
//! Pure: knows neither sockets nor clocks. Fields that are not known are ignored, so that either
//! side may be newer than the other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Factors, MarkKind, Misread};

/// The longest line a request may have, its end included.
pub const LONGEST_REQUEST: usize = 64 * 1024;

/// What can be asked for.
const REQUESTS: [&str; 2] = ["mark", "status"];
/// The marks that can be set from outside; an edit needs the recording beside it.
const MARKS: [&str; 5] = ["start", "stop", "cancel", "undo", "note"];

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "lowercase")]
pub enum Request {
    /// A mark, now.
    Mark(MarkRequest),
    /// What is going on.
    Status,
}

/// The mark that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRequest {
    /// What it does; never an edit.
    pub mark: MarkKind,
    /// Free text; a note has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Factors of the trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Factors>,
}

/// Why a line is no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Not JSON.
    #[error("the request is not a line of JSON such as {{\"request\":\"status\"}}: {0}")]
    Malformed(Misread),
    /// No `request` in it, or one that does not exist.
    #[error("there is no request {0}; there are: {list}", list = REQUESTS.join(", "))]
    Unknown(String),
    /// No `mark` in it, or one that cannot be set so.
    #[error("there is no mark {0}; there are: {list}", list = MARKS.join(", "))]
    UnknownMark(String),
    /// A field holds what it cannot.
    #[error("a field of the request has a wrong value: {0}")]
    Field(Misread),
    /// A remark without words.
    #[error("a note needs a text")]
    EmptyNote,
    /// `=20` or `vms=`.
    #[error("a factor needs a name and a value, such as vms=20")]
    EmptyFactor,
}

impl Request {
    /// Reads a line.
    pub fn parse(line: &[u8]) -> Result<Self, RequestError> {
        let value: Value =
            serde_json::from_slice(line).map_err(|error| RequestError::Malformed(error.into()))?;
        known(&value["request"], &REQUESTS).map_err(RequestError::Unknown)?;
        if value["request"] == "mark" {
            known(&value["mark"], &MARKS).map_err(RequestError::UnknownMark)?;
        }
        let request =
            Self::deserialize(value).map_err(|error| RequestError::Field(error.into()))?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), RequestError> {
        let Self::Mark(mark) = self else { return Ok(()) };
        let wordless = mark.text.as_deref().is_none_or(|text| text.trim().is_empty());
        if mark.mark == MarkKind::Note && wordless {
            return Err(RequestError::EmptyNote);
        }
        let mut factors = mark.set.iter().flatten();
        if factors.any(|(key, value)| key.is_empty() || value.is_empty()) {
            return Err(RequestError::EmptyFactor);
        }
        Ok(())
    }

    /// As a line, its end included.
    pub fn to_line(&self) -> Vec<u8> {
        line(self)
    }
}

/// `value` if it is one of `names`, else what stands there instead.
fn known(value: &Value, names: &[&str]) -> Result<(), String> {
    match value.as_str() {
        Some(name) if names.contains(&name) => Ok(()),
        _ => Err(value.to_string().chars().take(100).collect()),
    }
}

/// What a request comes to.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist, each until it is written")]
pub enum Answer {
    /// It is done.
    Done(Done),
    /// It is not, and why, in one line.
    Error(String),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "lowercase")]
pub enum Done {
    /// The mark is on disk.
    Marked(Marked),
    /// What is going on.
    Status(Status),
}

/// A mark that was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    /// What it did.
    #[serde(rename = "mark")]
    pub kind: MarkKind,
    /// The trial it belongs to, counted from 1.
    pub trial: Option<u32>,
    /// When, since session start.
    pub at_ns: u64,
    /// The same on the wall clock: RFC 3339 in UTC.
    pub time: String,
    /// The session's name.
    pub session: String,
    /// Of stop and cancel: how long the trial was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Every interface at that moment.
    pub counters: Vec<InterfaceCounters>,
}

/// The absolute counters of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceCounters {
    /// Its name, as the system has it.
    pub interface: String,
    /// Octets received.
    pub rx_bytes: u64,
    /// Octets sent.
    pub tx_bytes: u64,
}

/// What a running migtop is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The session's name: what `--session` takes.
    pub session: String,
    /// The process.
    pub pid: u32,
    /// The host that is watched.
    pub host: String,
    /// The session's id.
    pub id: String,
    /// Where it is recorded.
    pub file: Option<String>,
    /// Whether it is being recorded now.
    pub recording: bool,
    /// Why it is not recorded, where there is a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Wall clock at session start, RFC 3339 in UTC.
    pub started: String,
    /// How long ago that is.
    pub at_ns: u64,
    /// Samples taken.
    pub samples: u64,
    /// Ticks without a sample of their own.
    pub missed: u64,
    /// What trials are about.
    pub subject: Option<String>,
    /// The subject's rates over the last second.
    pub rx_bits_per_s: Option<f64>,
    /// The same, out of the host.
    pub tx_bits_per_s: Option<f64>,
    /// The trial that runs.
    pub trial: Option<RunningTrial>,
    /// How many trials there are, the running one included.
    pub trials: u32,
    /// `migtop 0.1.0`
    pub version: String,
}

/// The trial that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningTrial {
    /// Counted from 1.
    pub number: u32,
    /// Since its start.
    pub seconds: f64,
    /// What was varied.
    pub factors: Factors,
}

impl Answer {
    /// A mark that is on disk.
    pub fn marked(marked: Marked) -> Self {
        Self::Done(Done::Marked(marked))
    }

    /// What is going on.
    pub fn status(status: Status) -> Self {
        Self::Done(Done::Status(status))
    }

    /// Why not.
    pub fn error(why: impl std::fmt::Display) -> Self {
        Self::Error(why.to_string())
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is not JSON or says neither what was done nor why not.
    pub fn parse(line: &[u8]) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_slice(line)?;
        match (value["ok"].as_bool(), value["error"].as_str()) {
            (Some(false), Some(why)) => Ok(Self::Error(why.to_owned())),
            _ => Done::deserialize(value).map(Self::Done),
        }
    }

    /// As a line, its end included: `ok` comes first.
    pub fn to_line(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Good<'a> {
            ok: bool,
            #[serde(flatten)]
            done: &'a Done,
        }
        #[derive(Serialize)]
        struct Bad<'a> {
            ok: bool,
            error: &'a str,
        }
        match self {
            Self::Done(done) => line(&Good { ok: true, done }),
            Self::Error(error) => line(&Bad { ok: false, error }),
        }
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Neither has keys that are no strings: it cannot fail, and an empty line would say so.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_later_fields_are_ignored() {
        let line = br#"{"request":"mark","mark":"start","text":"go","set":{"vms":"20"},"new":1}"#;
        let set = Some(Factors::from([("vms".into(), "20".into())]));
        let mark = MarkRequest { mark: MarkKind::Start, text: Some("go".into()), set };
        let request = Request::parse(line).expect("a request");
        assert_eq!(request, Request::Mark(mark));
        assert_eq!(Request::parse(&request.to_line()).expect("its own"), request);
        assert_eq!(Request::parse(b"{\"request\":\"status\"}").expect("one"), Request::Status);
    }

    #[test]
    fn what_is_no_request_is_told_what_would_be() {
        for (line, said) in [
            ("", "not a line of JSON"),
            ("{\"request\":\"sta", "not a line of JSON"),
            ("[1]", "no request null; there are: mark, status"),
            ("\"status\"", "no request null; there are: mark, status"),
            ("{\"request\":\"stop\"}", "no request \"stop\"; there are: mark, status"),
            ("{\"request\":7}", "no request 7; there are: mark, status"),
            ("{\"request\":\"mark\"}", "no mark null; there are: start, stop, cancel"),
            ("{\"request\":\"mark\",\"mark\":\"edit\"}", "no mark \"edit\"; there are: start"),
            ("{\"request\":\"mark\",\"mark\":\"note\"}", "a note needs a text"),
            ("{\"request\":\"mark\",\"mark\":\"note\",\"text\":\" \"}", "a note needs a text"),
            ("{\"request\":\"mark\",\"mark\":\"start\",\"text\":7}", "wrong value"),
            ("{\"request\":\"mark\",\"mark\":\"start\",\"set\":{\"vms\":20}}", "wrong value"),
            ("{\"request\":\"mark\",\"mark\":\"start\",\"set\":{\"vms\":\"\"}}", "vms=20"),
        ] {
            let error = Request::parse(line.as_bytes()).expect_err(line).to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
    }

    #[test]
    fn an_answer_says_first_whether_it_is_good() {
        let marked = Marked {
            kind: MarkKind::Stop,
            trial: Some(3),
            at_ns: u64::MAX,
            time: "2026-11-22T14:02:11.123Z".into(),
            session: "s".into(),
            duration_s: Some(80.1),
            counters: vec![InterfaceCounters {
                interface: "eth0".into(),
                rx_bytes: 1,
                tx_bytes: u64::MAX,
            }],
        };
        let answer = Answer::marked(marked);
        let line = String::from_utf8(answer.to_line()).expect("text");
        assert!(line.starts_with("{\"ok\":true,\"answer\":\"marked\",\"mark\":\"stop\""), "{line}");
        assert_eq!(Answer::parse(line.as_bytes()).expect("its own"), answer);
        let error = Answer::error("no trial runs");
        assert_eq!(error.to_line(), b"{\"ok\":false,\"error\":\"no trial runs\"}\n");
        assert_eq!(Answer::parse(&error.to_line()).expect("its own"), error);
        assert!(Answer::parse(b"{\"ok\":true}").is_err());
    }
}
