//! Parse, run, print the error chain, exit code.

use std::process::ExitCode;

use clap::FromArgMatches;
use migtop::cli::{self, Args};
use migtop::run;

fn main() -> ExitCode {
    let mut matches = cli::command().get_matches();
    let args = Args::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    match run::run(&args) {
        Ok(code) => code,
        Err(error) if run::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well; there is nowhere else to say so.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("migtop: {error:#}\n"),
            );
            ExitCode::from(if run::is_usage(&error) { 2 } else { 1 })
        }
    }
}
