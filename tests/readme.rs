//! README.md holds: its commands are accepted and run, its flags and keys are the program's.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::collections::BTreeSet;

use assert_cmd::Command;
use clap::Parser;
use clap::error::ErrorKind;
use migtop::cli::examples::EXAMPLES;
use migtop::cli::{self, Args};
use migtop::source::simulator;
use migtop::tui::keymap::KEYMAP;

const README: &str = include_str!("../README.md");

/// The commands in the README's shell blocks that call migtop, as words.
fn commands() -> Vec<Vec<String>> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in README.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            let pipe = words(line);
            commands.extend(pipe.into_iter().filter(|c| c.first().is_some_and(|w| w == "migtop")));
        }
    }
    commands
}

/// A line as a shell reads it, as far as the README goes: quotes, comments, pipes and lists, and a
/// redirection at its end, which is left out.
fn words(line: &str) -> Vec<Vec<String>> {
    let mut pipe = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars().chain([' ']) {
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => word.get_or_insert_default().push(c),
            '\'' | '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            '#' | '>' if word.is_none() => break,
            ' ' | '|' | '&' | ';' => {
                pipe.last_mut().unwrap().extend(word.take());
                if c != ' ' {
                    pipe.push(Vec::new());
                }
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "an open quote: {line}");
    pipe
}

/// Whether the command says something and ends; the other ones watch.
fn ends_by_itself(command: &[String]) -> bool {
    match Args::try_parse_from(command) {
        Ok(args) => {
            matches!(
                args.command,
                Some(
                    cli::Command::Interfaces { .. }
                        | cli::Command::Completions { .. }
                        | cli::Command::Man { .. }
                )
            ) || command[1..] == ["demo", "--scenario", "help"]
        }
        Err(_) => true,
    }
}

#[test]
fn the_shell_blocks_are_read_as_a_shell_would() {
    let read = words("migtop -i 'a b*' | tee x.txt   # and so on | more");
    assert_eq!(read, [&["migtop", "-i", "a b*"][..], &["tee", "x.txt"]]);
    assert_eq!(words("# nothing"), [&[] as &[String]]);
}

#[test]
fn every_command_is_accepted() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        if let Err(error) = Args::try_parse_from(&command) {
            let told = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            assert!(told, "{}: {error}", command.join(" "));
        }
    }
}

#[test]
fn every_example_is_accepted() {
    for (name, examples) in EXAMPLES {
        assert!((2..=4).contains(&examples.len()) || name.is_empty(), "{name}");
        for (line, what) in *examples {
            let command = words(line).swap_remove(0);
            Args::try_parse_from(&command).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(command.join(" ").contains(&format!("migtop {name}")) || name.is_empty());
            assert!(!what.is_empty() && !what.ends_with('.'), "{line}: {what}");
        }
    }
}

#[test]
fn every_subcommands_long_help_ends_with_its_examples() {
    fn check(name: &str, command: &mut clap::Command) {
        let help = command.render_long_help().to_string();
        let (_, taught) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{name}"));
        let (_, examples) = EXAMPLES.iter().find(|(known, _)| *known == name).unwrap();
        for (line, what) in *examples {
            assert!(taught.contains(line) && taught.contains(what), "{name}: {line}\n{taught}");
        }
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            check(format!("{name} {}", sub.get_name()).trim_start(), sub);
        }
    }
    check("", &mut cli::command());
}

#[test]
fn every_command_that_ends_by_itself_runs_and_says_something() {
    let commands: Vec<_> = commands().into_iter().filter(|c| ends_by_itself(c)).collect();
    let lines: BTreeSet<String> = commands.iter().map(|c| c.join(" ")).collect();
    for expected in [
        "migtop interfaces",
        "migtop interfaces --format json",
        "migtop man",
        "migtop completions bash",
        "migtop --help",
        "migtop --version",
    ] {
        assert!(lines.contains(expected), "`{expected}` is not in the README");
    }
    for command in commands {
        let run = Command::new(env!("CARGO_BIN_EXE_migtop")).args(&command[1..]).assert().success();
        let output = run.get_output();
        let line = command.join(" ");
        assert!(!output.stdout.is_empty(), "{line} says nothing");
        assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        if line.ends_with("json") {
            let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!(object["interfaces"].is_array() && object["teams"].is_array(), "{object}");
        }
    }
}

/// The shell blocks of one section.
fn script(title: &str) -> String {
    let after = README.split_once(&format!("\n## {title}\n")).unwrap().1;
    let section = after.split_once("\n## ").unwrap().0;
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0).collect()
}

#[cfg(unix)]
#[test]
fn the_walk_through_can_be_walked() {
    let home = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_migtop"));
    let others = std::env::var("PATH").unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-ec", &format!("set -m\n{}", script("Walk-through"))]).current_dir(home.path());
    shell.env("PATH", format!("{}:{others}", program.parent().unwrap().display()));
    shell.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
    shell.env("XDG_STATE_HOME", home.path().join("state")).env_remove("SUDO_UID");
    let run = shell.assert().success();
    let said = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    for expected in ["trial 1 started", "trial 1 stopped", "95 % of the mean", "vms=20"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let table = std::fs::read_to_string(home.path().join("ten.csv")).unwrap();
    assert!(table.starts_with("time,at_s,host,interface,team,"), "{table:.100}");
}

#[test]
fn every_subcommand_and_every_flag_is_described() {
    let mut root = cli::command();
    root.build();
    let commands: Vec<&clap::Command> =
        root.get_subcommands().filter(|c| c.get_name() != "help").collect();
    for command in &commands {
        let name = format!("migtop {}", command.get_name());
        assert!(README.contains(&name), "`{name}` is not in the README");
    }
    let flags: BTreeSet<String> = std::iter::once(&root)
        .chain(commands)
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
        .collect();
    let described = flags_in(README);
    for flag in &flags {
        assert!(described.contains(flag), "`{flag}` is not in the README");
    }
    for flag in described {
        let cargos = ["--release", "--test"].contains(&&flag[..]);
        assert!(cargos || flags.contains(&flag), "the README has `{flag}`, migtop has not");
    }
}

/// Every `--flag` in a text.
fn flags_in(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_lowercase() || c == '-';
    text.split(|c: char| !part(c))
        .filter(|word| word.strip_prefix("--").is_some_and(|w| w.starts_with(char::is_alphabetic)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_table_of_scenarios_is_the_programs_own() {
    let after = README.split_once("\n| scenario | what there is to see |\n|---|---|\n").unwrap().1;
    let written: Vec<&str> = after.lines().take_while(|line| line.starts_with('|')).collect();
    let row = |name: &str| format!("| `{name}` | {} |", simulator::summary(name));
    assert_eq!(written, simulator::NAMES.map(row));
}

#[test]
fn the_table_of_keys_is_the_programs_own() {
    let after = README.split_once("\n## Keys\n").unwrap().1;
    let section = after.split_once("\n## ").unwrap().0;
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let written: Vec<&str> = rows.collect();
    let expected: Vec<String> = KEYMAP
        .iter()
        .map(|binding| {
            let keys: Vec<_> = binding.written.split(", ").map(|key| format!("`{key}`")).collect();
            format!("| {} | {} | {} |", keys.join(", "), binding.name, binding.help)
        })
        .collect();
    assert!(written == expected, "the table of keys should be:\n{}", expected.join("\n"));
}
