//! The man pages: one of the whole program, one of each subcommand. Names, flags and examples are the
//! command line's own; what is added here is what it does not know.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::examples::{self, Example};

/// Files, and what they are for.
const FILES: &[(&str, &str)] = &[
    ("~/.config/migtop/config.toml", "The configuration, unless --config names another."),
    (
        "~/.local/state/migtop",
        "Recordings, .jsonl.zst; the oldest are removed beyond 5 GB or 90 days.",
    ),
    ("/run/user/UID/migtop", "The sockets by which mark and status reach a running migtop."),
];

/// Variables of the environment, and what they change.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("NO_COLOR", "Not empty: no colours, unless --color says otherwise."),
    ("TERM", "dumb: plain lines instead of a screen; linux: ASCII symbols."),
    ("LC_ALL, LC_CTYPE, LANG", "The first that is set says whether symbols beyond ASCII are used."),
    ("XDG_CONFIG_HOME", "Where the configuration's folder is, instead of ~/.config."),
    ("XDG_STATE_HOME", "Where the recordings' folder is, instead of ~/.local/state."),
    ("XDG_RUNTIME_DIR", "Where the sockets' folder is, instead of /run/user/UID."),
    ("SUDO_UID, SUDO_GID", "Set by sudo: whose the recordings and sockets of root's migtop are."),
    (
        "MIGTOP_TRIAL, MIGTOP_RUN",
        "Set by run for its command: the trial's number, and the run's, which is 0 while it warms up.",
    ),
];

/// Exit statuses, and when they come.
const STATUS: &[(&str, &str)] = &[
    ("0", "Done; record was ended by a signal, and its file is complete."),
    ("1", "It failed, or a run of the wrapped command did; why is on standard error."),
    ("2", "The arguments or the configuration cannot be."),
    ("129, 130, 143", "The live view was ended by SIGHUP, Ctrl-C or SIGTERM."),
];

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ManError {
    /// No such subcommand.
    #[error("there is no subcommand `{name}`; there are: {existing}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        existing: String,
    },
    /// Not written.
    #[error("cannot write the page")]
    Write(#[from] io::Error),
}

/// The page of the subcommand that these words name, or of the whole program without any.
///
/// # Errors
/// When there is no such subcommand.
pub fn page(of: &[String]) -> Result<Vec<u8>, ManError> {
    let mut command = super::command();
    command.build();
    for name in of {
        command = match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(unknown(name, &command)),
        };
    }
    let about = of.join(" ");
    let man = Man::new(command.clone())
        .source(concat!("migtop ", env!("CARGO_PKG_VERSION")))
        .manual("migtop");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut further = Roff::new();
    add_examples(&mut further, examples::of(&about));
    add_list(&mut further, "FILES", FILES);
    add_list(&mut further, "ENVIRONMENT", ENVIRONMENT);
    add_list(&mut further, "EXIT STATUS", STATUS);
    further.to_writer(&mut page)?;
    Ok(page)
}

fn unknown(name: &str, command: &Command) -> ManError {
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let existing = if names.is_empty() { "none".into() } else { names.join(", ") };
    ManError::Unknown { name: name.to_owned(), existing }
}

fn add_examples(page: &mut Roff, examples: &[Example]) {
    page.control("SH", ["EXAMPLES"]);
    for (command, what) in examples {
        page.control("TP", []).text([bold(*command)]).text([roman(sentence(what))]);
    }
}

fn add_list(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (name, what) in entries {
        page.control("TP", []).text([bold(*name)]).text([roman(*what)]);
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    rest.next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_a_page_with_its_own_examples() {
        for (name, examples) in examples::EXAMPLES {
            let of: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
            let page = String::from_utf8(page(&of).expect("a page")).expect("text");
            for title in ["NAME", "SYNOPSIS", "EXAMPLES", "FILES", "ENVIRONMENT", "\"EXIT STATUS\""]
            {
                assert!(page.contains(&format!("\n.SH {title}\n")), "{name}: {title}\n{page}");
            }
            let first = examples[0].0.replace('-', "\\-").replace('\'', "\\*(Aq");
            assert!(page.contains(&first), "{name}: {first}");
        }
    }

    #[test]
    fn a_page_that_is_not_there_is_told_with_those_there_are() {
        let said = page(&["sessions".into(), "shw".into()]).expect_err("no page").to_string();
        assert_eq!(said, "there is no subcommand `shw`; there are: list, show, rm, help");
    }
}
