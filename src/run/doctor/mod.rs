//! `migtop doctor`: what works here, what does not, and the command that would change that. Every
//! answer is what came of trying it.

mod checks;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::cli::{Format, Settings};
use crate::model::printable;

/// How a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Works,
    Partly,
    Missing,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Partly => "partly",
            Self::Missing => "missing",
        }
    }
}

/// What trying one part came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    part: &'static str,
    standing: Standing,
    /// What was seen.
    seen: String,
    /// A command, or what to do, where something is lacking.
    remedy: Option<String>,
    /// Capabilities that are lacking (capabilities(7)), comma-separated.
    #[serde(skip)]
    lacks: Option<&'static str>,
}

impl Check {
    fn works(part: &'static str, seen: impl Into<String>) -> Self {
        let (standing, seen) = (Standing::Works, seen.into());
        Self { part, standing, seen, remedy: None, lacks: None }
    }

    fn partly(part: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (standing, remedy) = (Standing::Partly, Some(remedy.into()));
        Self { part, standing, seen: seen.into(), remedy, lacks: None }
    }

    fn missing(part: &'static str, seen: impl Into<String>) -> Self {
        let (standing, seen) = (Standing::Missing, seen.into());
        Self { part, standing, seen, remedy: None, lacks: None }
    }

    /// `standing` for want of these capabilities.
    fn lacks(
        part: &'static str,
        standing: Standing,
        seen: impl Into<String>,
        capabilities: &'static str,
    ) -> Self {
        let lacks = Some(capabilities);
        Self { part, standing, seen: seen.into(), remedy: None, lacks }
    }
}

/// Tries everything and prints what came of it.
///
/// # Errors
/// When that cannot be printed; what does not work here is no error.
pub fn run(settings: &Settings, format: Format) -> Result<ExitCode> {
    let checks = checks::all(settings);
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&json!({ "checks": checks }))? + "\n",
        Format::Text => text(&checks),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn text(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.part.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Check { part, standing, seen, remedy, .. } in checks {
        let _ = writeln!(text, "{part:<width$}  {:<7}  {}", standing.word(), printable(seen));
        if let Some(remedy) = remedy {
            let _ = writeln!(text, "{:<width$}           {}", "", printable(remedy));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_stands_below_what_it_is_for() {
        let checks = [
            Check::works("counters", "netlink"),
            Check::partly("processes", "your own", "sudo it"),
            Check::missing("x", "no"),
        ];
        let lines = [
            "counters   works    netlink",
            "processes  partly   your own",
            "                    sudo it",
            "x          missing  no",
        ];
        assert_eq!(text(&checks).lines().collect::<Vec<_>>(), lines);
    }
}
