//! Which program is behind a command line.

use super::program::{PROGRAM, Program, Step};
use super::syntax::SyntaxError;
use crate::domain::duration;
use crate::domain::log::Stream;
use std::time::Duration;
use thiserror::Error;

/// What is known about the files of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// The commands of this module and nothing else.
    Known,
    /// It was pulled: whatever command is asked for is believed to be there.
    Believed,
}

/// Why a command line cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoProgram {
    /// Nothing to run.
    #[error("no command or entrypoint provided")]
    Empty,
    /// As an OCI runtime says it.
    #[error("exec: {0:?}: executable file not found in $PATH")]
    Missing(String),
    /// As the kernel says it of a file that is no program.
    #[error("exec: {0:?}: permission denied")]
    Denied(String),
    /// The text after `program` is none.
    #[error("exec: {PROGRAM:?}: {0}")]
    Syntax(SyntaxError),
}

/// Where the commands are.
const BINARIES: [&str; 4] = ["/bin", "/usr/bin", "/usr/local/bin", "/sbin"];

/// Files that every container has, and nobody may run.
const NO_PROGRAMS: [&str; 2] = ["/etc/hosts", "/etc/hostname"];

/// See [`Program::of_command`].
pub(super) fn find(argv: &[String], contents: Contents) -> Result<Program, NoProgram> {
    let (command, args) = argv.split_first().ok_or(NoProgram::Empty)?;
    let name = name_in_path(command);
    if name == PROGRAM {
        return args.first().map_or("", String::as_str).parse().map_err(NoProgram::Syntax);
    }
    if NO_PROGRAMS.contains(&name) {
        return Err(NoProgram::Denied(command.clone()));
    }
    match (builtin(name, args), contents) {
        (Some(program), _) => Ok(program),
        (None, Contents::Believed) => Ok(Program::server(&argv.join(" "))),
        (None, Contents::Known) => Err(NoProgram::Missing(command.clone())),
    }
}

/// What is looked for in [`BINARIES`]; another path stays as it is and names nothing here.
fn name_in_path(command: &str) -> &str {
    match command.rsplit_once('/') {
        Some((directory, name)) if BINARIES.contains(&directory) => name,
        _ => command,
    }
}

/// Commands that are found in every image.
fn builtin(name: &str, args: &[String]) -> Option<Program> {
    Some(match name {
        "sleep" => sleep(args),
        "true" => Program::default(),
        "false" => Program::from([Step::Exit(1)]),
        "echo" => echo(args),
        "cat" if args.is_empty() => Program::from([Step::Cat]),
        "cat" => args.iter().cloned().map(Step::Read).collect(),
        "env" => Program::from([Step::PrintAllEnv]),
        "hostname" => Program::from([Step::PrintHostname]),
        "pwd" => Program::from([Step::PrintDirectory]),
        "sh" => Program::server(&format!("sh {}", args.join(" "))),
        _ => return None,
    })
}

fn echo(args: &[String]) -> Program {
    Program::from([Step::Out(Stream::Stdout, format!("{}\n", args.join(" ")).into_bytes())])
}

/// The sum of its arguments, as in coreutils.
fn sleep(args: &[String]) -> Program {
    let mut total = Duration::ZERO;
    for arg in args {
        match seconds(arg) {
            Some(_) if arg == "infinity" => return Program::from([Step::Forever]),
            Some(duration) => total = total.saturating_add(duration),
            None => return complain(&format!("sleep: invalid number '{arg}'\n")),
        }
    }
    if args.is_empty() { complain("sleep: missing operand\n") } else { Program::from([Step::Sleep(total)]) }
}

/// `5`, `0.5`, `5s`, `5m`, `5h`, `infinity`.
fn seconds(text: &str) -> Option<Duration> {
    if text == "infinity" {
        return Some(Duration::MAX);
    }
    let has_unit = text.ends_with(['s', 'm', 'h']);
    let text = if has_unit { text.to_owned() } else { format!("{text}s") };
    duration::parse(&text).ok()
}

fn complain(message: &str) -> Program {
    Program::from([Step::Out(Stream::Stderr, message.as_bytes().to_vec()), Step::Exit(1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(argv: &[&str], contents: Contents) -> Result<Program, NoProgram> {
        let argv: Vec<String> = argv.iter().map(|arg| (*arg).to_owned()).collect();
        find(&argv, contents)
    }

    fn steps(argv: &[&str]) -> Vec<Step> {
        found(argv, Contents::Known).unwrap().steps().to_vec()
    }

    #[test]
    fn commands_of_job_files_do_what_they_say() {
        assert_eq!(steps(&["sleep", "1.5"]), [Step::Sleep(Duration::from_millis(1500))]);
        assert_eq!(steps(&["/bin/sleep", "1m", "1"]), [Step::Sleep(Duration::from_secs(61))]);
        assert_eq!(steps(&["sleep", "infinity"]), [Step::Forever]);
        assert_eq!(steps(&["false"]), [Step::Exit(1)]);
        assert_eq!(steps(&["true"]), []);
        assert_eq!(steps(&["echo", "a", "b"]), [Step::Out(Stream::Stdout, b"a b\n".to_vec())]);
        assert_eq!(steps(&["cat", "/x"]), [Step::Read("/x".to_owned())]);
        assert_eq!(steps(&["cat"]), [Step::Cat]);
    }

    #[test]
    fn a_wrong_operand_is_told_and_fails() {
        for argv in [vec!["sleep"], vec!["sleep", "x"]] {
            assert_eq!(steps(&argv).last(), Some(&Step::Exit(1)), "{argv:?}");
        }
    }

    #[test]
    fn an_unknown_command_is_believed_only_in_a_pulled_image() {
        let argv = ["redis-server", "--port", "1"];
        assert_eq!(found(&argv, Contents::Known), Err(NoProgram::Missing("redis-server".to_owned())));
        assert_eq!(found(&argv, Contents::Believed), Ok(Program::server("redis-server --port 1")));
    }

    #[test]
    fn commands_are_where_commands_are() {
        assert!(found(&["/usr/bin/true"], Contents::Known).is_ok());
        for command in ["/no/such/true", "./true", "bin/true"] {
            assert_eq!(found(&[command], Contents::Known), Err(NoProgram::Missing(command.to_owned())));
        }
    }

    #[test]
    fn programs_travel_as_text() {
        assert_eq!(steps(&["program", "exit 7"]), [Step::Exit(7)]);
        assert!(matches!(found(&["program", "exti 7"], Contents::Believed), Err(NoProgram::Syntax(_))));
        assert_eq!(found(&[], Contents::Known), Err(NoProgram::Empty));
    }
}
