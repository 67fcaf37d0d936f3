//! The harness as a process, and drivers to give it.

use crate::args::Args;
use crate::arm::Arm;
use crate::run::run;
use clap::Parser;
use nomad_driver_podman::adapters::nomad::state_dir;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// The harness's command line, one word a line; unset where nobody wants one.
const WORDS: &str = "NDP_BENCH_WORDS";
/// How long a call of a driver that hangs is waited for; a machine that is busy answers within it.
const PATIENCE_MS: &str = "3000";

/// How this very program becomes the harness.
const AS_HARNESS: [&str; 4] = ["--exact", "child::harness", "--ignored", "--nocapture"];
const SOCKET: &str = "NDP_PODMAN_SOCKET";

/// A harness and a place for what it writes.
pub struct Harness {
    dir: TempDir,
    drivers: Vec<PathBuf>,
    /// Whether calls may take as long as they do on a busy machine.
    patient: bool,
    /// Where its Podman is, if it has one.
    podman: Option<String>,
}

/// The Podman of the environment, for one test at a time: what is left there is to be this test's.
pub struct Alone {
    arm: Arm,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

/// `None`, and said so, if there is no Podman.
pub fn alone_on_podman() -> Option<Alone> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    match Arm::find("podman") {
        Ok(arm) => {
            let alone = Alone { arm, _turn: turn };
            assert_eq!(alone.containers(), 0, "somebody else is at work");
            Some(alone)
        }
        Err(reason) => {
            println!("SKIPPED podman: {reason}");
            None
        }
    }
}

impl Alone {
    /// How many there are.
    pub fn containers(&self) -> usize {
        self.arm.podman_says(&["ps", "--all", "--quiet"]).lines().count()
    }

    /// Allocation directories.
    pub fn directories(&self) -> usize {
        fs::read_dir(&self.arm.work).unwrap().count()
    }
}

impl Harness {
    pub fn new() -> Self {
        Self {
            dir: TempDir::with_prefix("bench-").unwrap(),
            drivers: Vec::new(),
            patient: false,
            podman: None,
        }
    }

    /// Measures on the Podman of the environment.
    pub fn with_podman(mut self) -> Self {
        self.podman = std::env::var(SOCKET).ok();
        self
    }

    /// The same through something else at this socket.
    pub fn with_podman_at(mut self, socket: &Path) -> Self {
        self.podman = Some(format!("unix://{}", socket.display()));
        self
    }

    /// No driver is going to hang.
    pub fn patient(mut self) -> Self {
        self.patient = true;
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
        self.begin(Command::new(std::env::current_exe().unwrap()).args(AS_HARNESS), words)
    }

    /// The same as `make bench` does it, with a Podman that it brings up itself.
    pub fn make(&self, words: &[&str]) -> Child {
        let harness = self.file("harness");
        let script =
            format!("#!/bin/sh\nexec {:?} {}\n", std::env::current_exe().unwrap(), AS_HARNESS.join(" "));
        fs::write(&harness, script).unwrap();
        fs::set_permissions(&harness, fs::Permissions::from_mode(0o755)).unwrap();
        // Without making the release build.
        let mut make = Command::new("make");
        make.args(["-o", "release", "bench"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        self.begin(make.env("NDP_BENCH_HARNESS", harness), words)
    }

    fn begin(&self, command: &mut Command, words: &[&str]) -> Child {
        let mut all = vec!["bench".to_owned(), "--quick".to_owned(), "--json".to_owned()];
        all.push(self.file("figures.json").display().to_string());
        all.extend(words.iter().map(|word| (*word).to_owned()));
        for driver in &self.drivers {
            all.extend(["--driver".to_owned(), driver.display().to_string()]);
        }
        if !self.patient {
            command.env("NDP_PATIENCE_MS", PATIENCE_MS);
        }
        match &self.podman {
            Some(socket) => command.env(SOCKET, socket),
            None => command.env_remove(SOCKET),
        };
        command.env(WORDS, all.join("\n")).env("TMPDIR", self.dir.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
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
