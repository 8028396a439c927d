//! `mark` and `status`: asks a running migtop and prints what it says.

use std::process::ExitCode;

use anyhow::Result;
use jiff::tz::TimeZone;

use crate::cli::Format;
use crate::cli::args::{Args, Asking, MarkArg};
use crate::control::message::Done;
use crate::control::{Answer, ControlError, MarkRequest, Request, client};
use crate::model::{MarkKind, printable};
use crate::place::User;

/// Has a mark set.
pub fn mark(args: &Args, kind: MarkArg, words: &[String], asking: &Asking) -> Result<ExitCode> {
    let factors = &args.common.factors;
    let mark = MarkRequest {
        mark: match kind {
            MarkArg::Start => MarkKind::Start,
            MarkArg::Stop => MarkKind::Stop,
            MarkArg::Cancel => MarkKind::Cancel,
            MarkArg::Undo => MarkKind::Undo,
            MarkArg::Note => MarkKind::Note,
        },
        text: (!words.is_empty()).then(|| words.join(" ")),
        set: (!factors.is_empty()).then(|| factors.iter().cloned().collect()),
    };
    ask(&Request::Mark(mark), asking)
}

/// Asks what is going on.
pub fn status(asking: &Asking) -> Result<ExitCode> {
    ask(&Request::Status, asking)
}

fn ask(request: &Request, asking: &Asking) -> Result<ExitCode> {
    let running = client::find(&User::current());
    let chosen = client::choose(&running, asking.session.as_deref())?;
    match client::ask(chosen, request)? {
        Answer::Done(done) => super::print(&written(done, asking.format)),
        Answer::Error(why) => Err(ControlError::Refused(printable(&why).into_owned()).into()),
    }
}

fn written(done: Done, format: Format) -> Vec<u8> {
    match format {
        Format::Text => done.text(&TimeZone::system()).into_bytes(),
        Format::Json => Answer::Done(done).to_line(),
    }
}
