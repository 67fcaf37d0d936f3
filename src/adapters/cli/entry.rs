//! From the command line to an exit status.

use super::args::{Cli, Command, RunArgs, SimulateArgs};
use super::output::complain;
use super::usage::USAGE;
use super::{convert, schema, validate};
use clap::Parser;
use std::error::Error;
use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;

/// Why a subcommand did nothing; its text is for a person. Exit status 2.
pub type RunError = Box<dyn Error + Send + Sync>;

/// Reads the arguments and does what they say, with `run` and `simulate` for the subcommands that need a driver.
pub fn main(
    run: impl FnOnce(RunArgs) -> Result<u8, RunError>,
    simulate: impl FnOnce(&SimulateArgs) -> Result<u8, RunError>,
) -> ExitCode {
    // clap itself answers --help, --version and what it cannot read, the last with exit status 2.
    let done = match Cli::parse_from(std::env::args_os().map(like_nomad)).command {
        None => {
            complain(USAGE);
            return ExitCode::FAILURE;
        }
        Some(Command::Run(args)) => run(args),
        Some(Command::Simulate(args)) => simulate(&args),
        Some(Command::Validate(args)) => validate::command(&args),
        Some(Command::Convert(args)) => convert::command(&args),
        Some(Command::Schema(args)) => schema::print(&args).map(|()| 0).map_err(RunError::from),
    };
    done.map_or_else(
        |error| {
            complain(&error.to_string());
            ExitCode::from(2)
        },
        ExitCode::from,
    )
}

/// `nomad job run` takes its options with one dash; the two that people bring along work that way here too.
fn like_nomad(argument: OsString) -> OsString {
    let text = argument.to_string_lossy();
    let option = ["-var", "-var-file"]
        .iter()
        .any(|name| text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')));
    if option { OsString::from(format!("-{text}")) } else { argument }
}

/// Runs `work` on an executor of its own.
///
/// # Errors
/// Those of `work`, and that of a system without threads to spare.
pub fn block_on<T>(work: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_taken_with_one_dash_as_nomad_does() {
        let read = |argument: &str| like_nomad(argument.into()).into_string().unwrap();
        assert_eq!(read("-var"), "--var");
        assert_eq!(read("-var=tag=7"), "--var=tag=7");
        assert_eq!(read("-var-file"), "--var-file");
        assert_eq!(read("--var"), "--var");
        assert_eq!(read("-variety"), "-variety");
    }
}
