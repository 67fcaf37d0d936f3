//! Programs as text, so that one can be written into a job file or a container's command.
//!
//! One step a line, blocks in braces, blank lines and lines that begin with `#` left out:
//!
//! ```text
//! trap TERM {
//!   out stopping\n
//!   exit 3
//! }
//! out ready\n
//! forever
//! ```
//!
//! | line | step |
//! | --- | --- |
//! | `out TEXT`, `err TEXT` | [`Step::Out`]; TEXT knows `\n`, `\r`, `\t`, `\\` and `\xHH`, and ends with the line |
//! | `fill out N`, `fill err N` | [`Step::Fill`] |
//! | `sleep 1.5s`, `forever`, `exit N` | [`Step::Sleep`], [`Step::Forever`], [`Step::Exit`] |
//! | `trap SIGNAL {` … `}`, `ignore SIGNAL` | [`Step::Trap`] |
//! | `fork {` … `}` | [`Step::Fork`] |
//! | `cat`, `read PATH`, `write PATH TEXT` | [`Step::Cat`], [`Step::Read`], [`Step::Write`] |
//! | `env NAME`, `env` | [`Step::PrintEnv`], [`Step::PrintAllEnv`] |
//! | `hostname`, `user`, `pwd`, `pid`, `args`, `interfaces`, `mount PATH` | the `Print` steps |
//! | `allocate N` | [`Step::Allocate`] |

use super::control::can_be_caught;
use super::program::{Program, Step};
use super::text::unescape;
use crate::domain::duration;
use crate::domain::log::Stream;
use crate::domain::signal::Signal;
use std::str::FromStr;
use thiserror::Error;

/// The text is no program.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line} of the program: {reason}")]
pub struct SyntaxError {
    /// Counted from 1.
    pub line: usize,
    /// For a person.
    pub reason: String,
}

/// Blocks inside blocks: handlers in forks and the like, far from the end of the stack.
const DEPTH: usize = 8;

struct Lines<'a> {
    rest: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        loop {
            let line = self.rest.next()?.trim_start();
            self.number += 1;
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
        }
    }

    fn error(&self, reason: impl Into<String>) -> SyntaxError {
        SyntaxError { line: self.number, reason: reason.into() }
    }
}

impl FromStr for Program {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut lines = Lines { rest: text.lines(), number: 0 };
        block(&mut lines, 0)
    }
}

/// Steps up to the closing brace, or to the end at depth 0.
fn block(lines: &mut Lines<'_>, depth: usize) -> Result<Program, SyntaxError> {
    let mut steps = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim_end() == "}" {
            return if depth > 0 { Ok(Program::from(steps)) } else { Err(lines.error("nothing to close")) };
        }
        steps.push(step(line, lines, depth)?);
    }
    if depth == 0 { Ok(Program::from(steps)) } else { Err(lines.error("a block is not closed")) }
}

fn step(line: &str, lines: &mut Lines<'_>, depth: usize) -> Result<Step, SyntaxError> {
    let (word, rest) = line.split_once(' ').unwrap_or((line.trim_end(), ""));
    let opens = rest.trim_end().strip_suffix('{').map(str::trim_end);
    match (word, opens) {
        ("trap" | "fork", Some(_)) if depth == DEPTH => Err(lines.error("too many blocks in blocks")),
        ("trap", Some(name)) => {
            let signal = signal(name).map_err(|reason| lines.error(reason))?;
            Ok(Step::Trap(signal, block(lines, depth + 1)?))
        }
        ("fork", Some("")) => Ok(Step::Fork(block(lines, depth + 1)?)),
        _ => simple(word, rest).map_err(|reason| lines.error(reason)),
    }
}

/// A step of one line.
fn simple(word: &str, rest: &str) -> Result<Step, String> {
    let operand = rest.trim_end();
    Ok(match word {
        "out" => Step::Out(Stream::Stdout, unescape(rest)?),
        "err" => Step::Out(Stream::Stderr, unescape(rest)?),
        "write" => {
            let (path, text) = rest.split_once(' ').unwrap_or((operand, ""));
            Step::Write(path.to_owned(), unescape(text)?)
        }
        "fill" => fill(operand)?,
        "sleep" => Step::Sleep(duration::parse(operand).map_err(|error| error.to_string())?),
        "exit" => Step::Exit(number(operand)?),
        "ignore" => Step::Trap(signal(operand)?, Program::default()),
        "allocate" => Step::Allocate(number(operand)?),
        "read" => Step::Read(operand.to_owned()),
        "mount" => Step::PrintMount(operand.to_owned()),
        "env" if !operand.is_empty() => Step::PrintEnv(operand.to_owned()),
        _ if operand.is_empty() => bare(word)?,
        _ => return Err(format!("unknown step {:?}", format!("{word} {operand}"))),
    })
}

/// A step without operands.
fn bare(word: &str) -> Result<Step, String> {
    Ok(match word {
        "forever" => Step::Forever,
        "cat" => Step::Cat,
        "env" => Step::PrintAllEnv,
        "hostname" => Step::PrintHostname,
        "user" => Step::PrintUser,
        "pwd" => Step::PrintDirectory,
        "pid" => Step::PrintPid,
        "args" => Step::PrintArgs,
        "interfaces" => Step::PrintInterfaces,
        _ => return Err(format!("unknown step {word:?}")),
    })
}

fn fill(operand: &str) -> Result<Step, String> {
    match operand.split_once(' ') {
        Some(("out", count)) => Ok(Step::Fill(Stream::Stdout, number(count)?)),
        Some(("err", count)) => Ok(Step::Fill(Stream::Stderr, number(count)?)),
        _ => Err("write: fill out N, or: fill err N".to_owned()),
    }
}

fn signal(name: &str) -> Result<Signal, String> {
    let signal: Signal = name.parse().map_err(|error| format!("{error}"))?;
    if can_be_caught(signal) { Ok(signal) } else { Err(format!("{signal} cannot be caught")) }
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text:?} is no number that can be used here"))
}

#[cfg(test)]
#[path = "syntax_tests.rs"]
mod tests;
