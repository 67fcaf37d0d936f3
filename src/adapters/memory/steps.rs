//! The steps that a process carries out at once: output, files, memory, children.

use super::control::Control;
use super::process::{Process, Rank, Running};
use super::program::{FILL_LINE, Program, Step};
use super::stdio::Input;
use crate::domain::log::Stream;
use crate::domain::signal::Signal;
use std::fmt::Display;
use std::io;
use std::sync::Arc;

impl Running {
    /// A step that needs nobody else; the exit code if it is the last.
    pub(super) async fn at_once(&mut self, step: Step) -> Option<i32> {
        match step {
            Step::Out(stream, bytes) => self.process.output.write(stream, &bytes).await,
            Step::Fill(stream, count) => self.fill(stream, count).await,
            Step::Exit(code) => return Some(i32::from(code)),
            Step::Trap(signal, handler) => self.trap(signal, handler),
            Step::Fork(program) => self.fork(program),
            Step::Allocate(bytes) => self.allocate(bytes).await,
            Step::Read(path) => {
                let content = self.process.around.world.files.read(&path);
                return self.file(&path, content).await;
            }
            Step::Write(path, bytes) => {
                let written = self.process.around.world.files.write(&path, &bytes);
                return self.file(&path, written.map(|()| Vec::new())).await;
            }
            print => self.print(&print).await,
        }
        None
    }

    /// Writes `count` bytes in pieces, so that none has to fit memory.
    async fn fill(&mut self, stream: Stream, count: u64) {
        let piece = FILL_LINE.repeat(1024);
        let mut left = count;
        while left > 0 {
            let bytes = &piece[..usize::try_from(left).unwrap_or(usize::MAX).min(piece.len())];
            self.process.output.write(stream, bytes).await;
            left -= bytes.len() as u64;
            // A log takes everything at once: others want to run as well, and one of them may want to kill.
            tokio::task::yield_now().await;
        }
    }

    fn trap(&mut self, signal: Signal, handler: Program) {
        self.traps.retain(|(trapped, _)| *trapped != signal);
        self.traps.push((signal, handler));
    }

    /// The child dies with the container at the latest, and with a session that is killed; nobody waits for it.
    fn fork(&self, program: Program) {
        let group = match self.process.rank {
            Rank::First | Rank::BelowInit => &self.process.around.run,
            Rank::Other => self.process.control.killed(),
        };
        let child = Process {
            around: self.process.around.clone(),
            control: Arc::new(Control::below(group)),
            rank: Rank::Other,
            args: self.process.args.clone(),
            input: Input::Empty,
            output: self.process.output.clone(),
        };
        tokio::spawn(child.run(program));
    }

    async fn allocate(&mut self, bytes: u64) {
        if !self.process.around.world.memory.take(bytes) {
            self.process.control.kill_for_memory();
            // Dead already: the next await point is the last.
            std::future::pending::<()>().await;
        }
    }

    async fn file(&mut self, path: &str, content: io::Result<Vec<u8>>) -> Option<i32> {
        match content {
            Ok(bytes) => {
                self.process.output.write(Stream::Stdout, &bytes).await;
                None
            }
            Err(error) => {
                self.process.output.write(Stream::Stderr, format!("{path}: {error}\n").as_bytes()).await;
                Some(1)
            }
        }
    }

    async fn print(&mut self, step: &Step) {
        let world = &self.process.around.world;
        let text = match step {
            Step::PrintEnv(name) => line(world.environment().get(name.as_str()).unwrap_or(&"")),
            Step::PrintAllEnv => {
                world.environment().iter().map(|(name, value)| format!("{name}={value}\n")).collect()
            }
            Step::PrintHostname => line(&world.hostname),
            Step::PrintUser => line(world.user()),
            Step::PrintDirectory => line(world.directory()),
            Step::PrintPid => line(self.pid()),
            Step::PrintArgs => self.process.args.iter().map(line).collect(),
            Step::PrintInterfaces => world.interfaces().iter().map(line).collect(),
            Step::PrintMount(path) => world.files.mount_type(path).map(line).unwrap_or_default(),
            _ => String::new(),
        };
        self.process.output.write(Stream::Stdout, text.as_bytes()).await;
    }

    fn pid(&self) -> u32 {
        match self.process.rank {
            Rank::First => 1,
            Rank::BelowInit => 2,
            Rank::Other => 7,
        }
    }
}

fn line(text: impl Display) -> String {
    format!("{text}\n")
}
