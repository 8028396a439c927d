//! Completion scripts: each shell that is here accepts its own, and bash completes with it.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be has failed")]

use std::path::Path;
use std::process::{Command, Stdio};

fn script(shell: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_migtop")).args(["completions", shell]).output();
    String::from_utf8(run.unwrap().stdout).unwrap()
}

/// Whether there is such a program; a test of what is not here is none.
fn is_here(program: &str) -> bool {
    let run = Command::new(program).arg("-c").arg("exit 0").stdin(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

fn kept(shell: &str) -> std::path::PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("completions.{shell}"));
    std::fs::write(&path, script(shell)).unwrap();
    path
}

#[test]
fn every_shell_that_is_here_accepts_its_script() {
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        if !is_here(shell) {
            continue;
        }
        let run = Command::new(shell).arg(check).arg(kept(shell)).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success() && said.is_empty(), "{shell}: {said}");
    }
}

#[test]
fn every_script_knows_the_scenarios() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = script(shell);
        assert!(script.contains("migtop"), "{shell}");
        // clap_complete gives PowerShell and elvish no values.
        if !matches!(shell, "powershell" | "elvish") {
            assert!(script.contains("hotplug"), "{shell}");
        }
    }
}

#[test]
fn bash_completes_subcommands_flags_and_scenarios() {
    if !is_here("bash") {
        return;
    }
    let path = kept("bash");
    for (line, expected) in [
        ("migtop re", "record"),
        ("migtop --te", "--team"),
        ("migtop demo --scenario ma", "matrix"),
        ("migtop demo --scenario fa", "failover"),
        ("migtop report --format ma", "markdown"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let ask = format!(
            ". '{}'; COMP_WORDS=({line}); COMP_CWORD={}; _migtop migtop '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            path.display(),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let run = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(said.split_whitespace().any(|word| word == expected), "{line}: {said}");
    }
}
