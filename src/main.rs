//! Parse, run, print the error chain, exit code.

use std::process::ExitCode;

use clap::Parser;
use migtop::cli::Args;
use migtop::run;

fn main() -> ExitCode {
    match run::run(&Args::parse()) {
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
