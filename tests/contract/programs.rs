//! Short words for the steps of programs.

use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::log::Stream;
use std::time::Duration;

pub fn out(text: impl AsRef<[u8]>) -> Step {
    Step::Out(Stream::Stdout, text.as_ref().to_vec())
}

pub fn err(text: impl AsRef<[u8]>) -> Step {
    Step::Out(Stream::Stderr, text.as_ref().to_vec())
}

pub fn exit(code: u8) -> Step {
    Step::Exit(code)
}

pub fn sleep_ms(millis: u64) -> Step {
    Step::Sleep(Duration::from_millis(millis))
}

pub fn forever() -> Step {
    Step::Forever
}

/// Handles a signal.
pub fn trap(signal: &str, steps: impl Into<Program>) -> Step {
    Step::Trap(signal.parse().unwrap(), steps.into())
}

pub fn ignore(signal: &str) -> Step {
    trap(signal, [])
}

pub fn env(name: &str) -> Step {
    Step::PrintEnv(name.to_owned())
}

pub fn read(path: &str) -> Step {
    Step::Read(path.to_owned())
}

pub fn write(path: &str, text: impl AsRef<[u8]>) -> Step {
    Step::Write(path.to_owned(), text.as_ref().to_vec())
}
