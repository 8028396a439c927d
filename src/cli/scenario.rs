//! `--scenario`: what it takes, what completions offer for it, and the list of what there is.

use std::ffi::OsStr;
use std::fmt::Write as _;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::source::simulator::{NAMES, summary};

/// What asks for the list instead of a scenario.
pub const HELP: &str = "help";

/// One of the scenarios that come with migtop, or [`HELP`].
#[derive(Debug, Clone, Copy)]
pub struct ScenarioName;

impl TypedValueParser for ScenarioName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, Error> {
        let name = StringValueParser::new().parse_ref(command, argument, value)?;
        if name == HELP || NAMES.contains(&&name[..]) {
            return Ok(name);
        }
        let said = format!("there is no scenario `{name}`; there are:\n{}", list());
        Err(Error::raw(ErrorKind::ValueValidation, said))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let known = NAMES.into_iter().map(|name| PossibleValue::new(name).help(summary(name)));
        let list = PossibleValue::new(HELP).help("list them");
        Some(Box::new(known.chain([list])))
    }
}

/// The scenarios, a line each.
pub fn list() -> String {
    let mut text = String::new();
    for name in NAMES {
        let _ = writeln!(text, "  {name:<11} {}", summary(name));
    }
    text
}
