//! The harness as a process, and drivers to give it.

use crate::args::Args;
use crate::run::run;
use clap::Parser;
use nomad_driver_podman::adapters::nomad::state_dir;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The harness's command line, one word a line; unset where nobody wants one.
const WORDS: &str = "NDP_BENCH_WORDS";
/// How long a call of a driver that hangs is waited for; a machine that is busy answers within it.
const PATIENCE_MS: &str = "3000";

/// A harness and a place for what it writes.
pub struct Harness {
    dir: TempDir,
    drivers: Vec<PathBuf>,
    podman: bool,
}

impl Harness {
    pub fn new() -> Self {
        Self { dir: TempDir::with_prefix("bench-").unwrap(), drivers: Vec::new(), podman: false }
    }

    /// Measures on the Podman of the environment.
    pub fn with_podman(mut self) -> Self {
        self.podman = true;
        self
    }

    /// A file in its place.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Adds a driver that is this script. It finds the real one as `$REAL`, and `$MARK` is a file of its own.
    pub fn driver(mut self, name: &str, script: &str) -> Self {
        let (path, mark) = (self.file(name), self.file(&format!("{name}.mark")));
        let head = format!(
            "#!/bin/sh\nREAL={}\nMARK={}\n",
            env!("CARGO_BIN_EXE_nomad-driver-podman"),
            mark.display()
        );
        fs::write(&path, head + script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.drivers.push(path);
        self
    }

    /// Adds a driver that is not there.
    pub fn missing(mut self, path: &str) -> Self {
        self.drivers.push(path.into());
        self
    }

    /// Begins to measure.
    pub fn start(&self, words: &[&str]) -> Child {
        let mut all = vec!["bench".to_owned(), "--quick".to_owned(), "--json".to_owned()];
        all.push(self.file("figures.json").display().to_string());
        all.extend(words.iter().map(|word| (*word).to_owned()));
        for driver in &self.drivers {
            all.extend(["--driver".to_owned(), driver.display().to_string()]);
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        if !self.podman {
            command.env_remove("NDP_PODMAN_SOCKET");
        }
        command
            .args(["--exact", "child::harness", "--ignored", "--nocapture"])
            .env(WORDS, all.join("\n"))
            .env("NDP_PATIENCE_MS", PATIENCE_MS)
            .env("TMPDIR", self.dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The same to its end: what it printed, and its JSON file.
    pub fn run(&self, words: &[&str]) -> (Output, Value) {
        let output = self.start(words).wait_with_output().unwrap();
        let json = fs::read(self.file("figures.json")).unwrap_or_default();
        (output, serde_json::from_slice(&json).unwrap_or_default())
    }

    /// Processes that it or a driver of it started and that are still there, and files.
    pub fn left(&self) -> Vec<String> {
        let of_ours = |pid: &str| {
            let environ = fs::read(Path::new("/proc").join(pid).join("environ")).unwrap_or_default();
            let environ = String::from_utf8_lossy(&environ).into_owned();
            environ.contains(state_dir::VARIABLE) && environ.contains(&*self.dir.path().to_string_lossy())
        };
        let pids = names(Path::new("/proc")).into_iter().filter(|pid| of_ours(pid));
        let files = names(self.dir.path()).into_iter().filter(|name| name.contains('-'));
        pids.chain(files).collect()
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[test]
#[ignore = "is what the other tests start"]
fn harness() {
    let Ok(words) = std::env::var(WORDS) else { return };
    std::process::exit(run(&Args::parse_from(words.lines())).into());
}
