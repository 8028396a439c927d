//! Examples of every subcommand: `--help` ends with them, and the man pages have them. The tests hold
//! each of them against the command line itself.

use std::fmt::Write as _;

use clap::Command;

/// A command as it is typed, and what it does.
pub type Example = (&'static str, &'static str);

/// Examples by subcommand; those of a subcommand's own subcommand stand under both names.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            ("migtop", "watch this host; Space starts and stops a trial"),
            ("migtop -t uplinks=eth2,eth3", "treat two interfaces as a team"),
            ("migtop --speed 'tap*=10G' -i 'tap*'", "state a speed where the driver has none"),
            ("migtop --set config=2x10GbE --set vms=20", "give the coming trials their factors"),
            ("migtop mark start --set vms=20", "start a trial in the one that runs"),
            ("migtop run --runs 10 -- ./evacuate.sh", "each run of a command is a trial"),
            ("migtop report night.jsonl.zst", "compare them, and tell what limits"),
            ("migtop | tee evacuation.txt", "plain lines, one a second"),
            ("migtop demo", "see it work on a simulated evacuation"),
        ],
    ),
    (
        "watch",
        &[
            ("migtop watch -i 'ens*' -x ens3", "interfaces that match, without one of them"),
            ("migtop watch --auto --stop-when-empty", "the traffic marks the trials"),
            ("migtop watch -n 50ms -o night.jsonl.zst", "samples 50 ms apart, into this file"),
        ],
    ),
    (
        "demo",
        &[
            ("migtop demo", "20 guests leave over a team of two 10 Gbit/s links"),
            ("migtop demo --scenario matrix", "press 2 and see the comparison fill"),
            ("migtop demo --scenario help", "list the scenarios"),
            ("migtop demo --scenario failover -o demo.jsonl.zst", "keep what is played"),
        ],
    ),
    (
        "record",
        &[
            ("migtop record -o night.jsonl.zst", "until Ctrl-C or another signal"),
            ("migtop record --duration 10m --auto", "ten minutes; the traffic marks the trials"),
            ("migtop record -o - | gzip > night.jsonl.gz", "the stream itself"),
        ],
    ),
    (
        "export",
        &[
            ("migtop export night.jsonl.zst -o night.csv", "a row per interface and sample"),
            ("migtop export night.jsonl.zst -o night.parquet", "for DuckDB, pandas, Polars"),
            ("migtop export night.jsonl.zst -i bond0 --format jsonl", "of one team's members"),
            ("migtop export night.jsonl.zst --anonymise -o share.csv", "to give it away"),
        ],
    ),
    (
        "report",
        &[
            ("migtop report night.jsonl.zst", "words, tables and charts"),
            (
                "migtop report monday.jsonl.zst results.csv -o report.html",
                "several files, one page",
            ),
            ("migtop report night.jsonl.zst --baseline 1x10GbE", "all against one configuration"),
            ("migtop report night.jsonl.zst --predict vms=200", "how long a larger load takes"),
        ],
    ),
    (
        "sessions",
        &[
            ("migtop sessions", "list them, oldest first"),
            ("migtop sessions show night.jsonl.zst", "one of them, with its trials"),
            ("migtop sessions rm 20261122-140000-hv07", "remove one for good"),
        ],
    ),
    (
        "sessions list",
        &[
            ("migtop sessions list", "start, host, length, trials, size"),
            ("migtop sessions list --format json", "the same for programs"),
        ],
    ),
    (
        "sessions show",
        &[
            ("migtop sessions show 20261122-140000-hv07", "a recording by its name"),
            ("migtop sessions show night.jsonl.zst --format json", "a file, for programs"),
        ],
    ),
    (
        "sessions rm",
        &[
            ("migtop sessions rm 20261122-140000-hv07", "remove one for good"),
            ("migtop sessions rm 20261120-080000-hv07 20261121-080000-hv07", "or several"),
        ],
    ),
    (
        "replay",
        &[
            ("migtop replay night.jsonl.zst", "as it was seen; Space holds it still"),
            ("migtop replay night.jsonl.zst --pace 8", "eight times as fast"),
            ("migtop replay night.jsonl.zst --start-at 1m20s", "from there on"),
        ],
    ),
    (
        "mark",
        &[
            ("migtop mark start --set config=2x10GbE --set vms=20", "start a trial"),
            ("migtop mark stop", "stop it"),
            ("migtop mark note the switch was rebooted", "keep a remark"),
            ("migtop mark undo --session hv07", "where several migtops run"),
        ],
    ),
    (
        "status",
        &[
            ("migtop status", "what the running migtop is doing"),
            ("migtop status --format json | jq .", "the same for programs"),
        ],
    ),
    (
        "run",
        &[
            ("migtop run --runs 10 -- ./evacuate.sh", "ten trials, and a summary"),
            ("migtop run --runs 5 --warmup 1 --cooldown 30s -- ./evacuate.sh", "five, one before"),
            (
                "migtop run --prepare ./fill.sh --set vms=20 -- ./evacuate.sh",
                "something before each",
            ),
            (
                "migtop run --watch -- virsh migrate --live vm01 qemu+ssh://hv08/system",
                "in the live view",
            ),
        ],
    ),
    (
        "interfaces",
        &[
            ("migtop interfaces", "speeds, drivers, teams"),
            ("migtop interfaces --format json", "the same for programs"),
            ("migtop interfaces -t uplinks=eth2,eth3", "with a team of one's own"),
        ],
    ),
    (
        "doctor",
        &[
            ("migtop doctor", "what works here, and what would mend the rest"),
            ("migtop doctor --format json", "the same for programs"),
        ],
    ),
    (
        "config",
        &[
            ("migtop config init", "write one with every key and its default"),
            ("migtop config check", "whether it is right"),
            ("migtop config check --config ./hv.toml", "another one"),
        ],
    ),
    (
        "config init",
        &[
            ("migtop config init", "the user's own"),
            ("migtop config init --config ./hv.toml --force", "another one, begun anew"),
        ],
    ),
    (
        "config path",
        &[
            ("migtop config path", "where it is, or would be"),
            ("migtop config path --config ./hv.toml", "another one"),
        ],
    ),
    (
        "config check",
        &[
            ("migtop config check", "the user's own"),
            ("migtop config check --config ./hv.toml", "before it is copied to hosts"),
        ],
    ),
    (
        "completions",
        &[
            ("migtop completions bash > /etc/bash_completion.d/migtop", "for bash"),
            ("migtop completions zsh > ~/.zfunc/_migtop", "for zsh; ~/.zfunc is in fpath"),
            ("migtop completions fish > ~/.config/fish/completions/migtop.fish", "for fish"),
            ("migtop completions powershell >> $PROFILE", "for PowerShell"),
        ],
    ),
    (
        "man",
        &[
            ("migtop man | man -l -", "read it"),
            ("migtop man report | man -l -", "a subcommand's own page"),
            ("migtop man > ~/.local/share/man/man1/migtop.1", "have `man migtop` find it"),
        ],
    ),
];

/// Examples of a subcommand; none for a name that is not known.
pub fn of(name: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(known, _)| *known == name).map_or(&[], |(_, examples)| examples)
}

/// The command line with examples at the end of every long help.
pub fn teach(command: Command) -> Command {
    teach_as("", command)
}

fn teach_as(name: &str, command: Command) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = match of(name) {
        [] => command,
        examples => command.after_long_help(text(examples)),
    };
    names.into_iter().fold(command, |command, sub| {
        let full = format!("{name} {sub}");
        command.mut_subcommand(sub, |sub| teach_as(full.trim_start(), sub))
    })
}

/// The words beside the commands where all fit into 100 columns, else below them.
fn text(examples: &[Example]) -> String {
    const WIDEST: usize = 96;
    let longest = |text: fn(&Example) -> usize| examples.iter().map(text).max().unwrap_or(0);
    let commands = longest(|(command, _)| command.len());
    let beside = commands + longest(|(_, what)| what.len()) <= WIDEST;
    let mut out = String::from("Examples:");
    for (command, what) in examples {
        let _ = if beside {
            write!(out, "\n  {command:commands$} {what}")
        } else {
            write!(out, "\n  {command}\n      {what}")
        };
    }
    out
}
