//! What a simulated process does, as data that can be compared, printed and sent inside a container's command.

use super::commands::{self, Contents, NoProgram};
use crate::domain::log::Stream;
use crate::domain::signal::Signal;
use std::sync::Arc;
use std::time::Duration;

/// The name of the command that runs its first argument as a [`Program`] in its text form, see
/// [`super::syntax`].
pub const PROGRAM: &str = "program";

/// Steps, one after another; the process exits with 0 after the last one. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program(Arc<[Step]>);

/// One step of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Writes these bytes.
    Out(Stream, Vec<u8>),
    /// Writes so many bytes: [`FILL_LINE`] over and over.
    Fill(Stream, u64),
    /// Does nothing for a while; signals are handled meanwhile and do not shorten it.
    Sleep(Duration),
    /// Does nothing until a signal ends the process.
    Forever,
    /// Ends the process with this code.
    Exit(u8),
    /// From now on runs these steps when the signal comes, then goes on. No steps: the signal is ignored.
    Trap(Signal, Program),
    /// Copies standard input to standard output until its end.
    Cat,
    /// Prints an environment variable and a newline; an unset one as empty.
    PrintEnv(String),
    /// Prints `NAME=value` lines of the whole environment.
    PrintAllEnv,
    /// Prints the host name.
    PrintHostname,
    /// Prints the numeric user id.
    PrintUser,
    /// Prints the working directory.
    PrintDirectory,
    /// Prints the process id inside the container: 1 for its first process.
    PrintPid,
    /// Prints each argument after the program itself on a line of its own.
    PrintArgs,
    /// Prints the names of the network interfaces, one a line.
    PrintInterfaces,
    /// Prints the type of the file system mounted at this path; nothing if none is.
    PrintMount(String),
    /// Prints a file. If it cannot be read, says why on standard error and ends with 1.
    Read(String),
    /// Replaces a file's content. If it cannot be written, says why on standard error and ends with 1.
    Write(String, Vec<u8>),
    /// Takes so many more bytes of memory. Beyond the container's limit the kernel kills the process.
    Allocate(u64),
    /// Goes on while another process of the container runs these steps.
    Fork(Program),
}

/// The line that [`Step::Fill`] repeats: 16 bytes.
pub const FILL_LINE: &[u8; 16] = b"0123456789abcde\n";

impl Program {
    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The program behind a command line: the text form after [`PROGRAM`], a few commands that job files use, and
    /// in an image with [`Contents::Believed`] a stand-in for any other command.
    ///
    /// # Errors
    /// There is no such command, or the text is no program.
    pub fn of_command(argv: &[String], contents: Contents) -> Result<Self, NoProgram> {
        commands::find(argv, contents)
    }

    /// A server that says what it stands for, runs until it is told to stop, and then ends well, as redis, nginx
    /// and their like do.
    pub fn server(name: &str) -> Self {
        let say = |text: String| Step::Out(Stream::Stdout, text.into_bytes());
        let stop = Self::from([say(format!("{name} (simulated): stopping\n")), Step::Exit(0)]);
        let mut steps: Vec<Step> = ["TERM", "INT", "QUIT"]
            .iter()
            .filter_map(|signal| Some(Step::Trap(signal.parse().ok()?, stop.clone())))
            .collect();
        steps.push(Step::Trap(Signal::HUP, Self::default()));
        steps.push(say(format!("{name} (simulated): running until told to stop\n")));
        steps.push(Step::Forever);
        Self::from(steps)
    }
}

impl From<Vec<Step>> for Program {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps.into())
    }
}

impl<const N: usize> From<[Step; N]> for Program {
    fn from(steps: [Step; N]) -> Self {
        Self(Arc::new(steps))
    }
}

impl FromIterator<Step> for Program {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}
