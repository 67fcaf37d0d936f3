//! The real Nomad and the real Podman, or the reason why there is nothing to do.

use super::http::Server;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// What a run needs from the machine.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program of agent and command line.
    pub nomad: PathBuf,
    /// Its version: major and minor.
    pub version: (u32, u32),
    /// Podman's socket.
    pub socket: PathBuf,
    /// The image of the tasks.
    pub image: String,
    /// Where data directories are made.
    pub work: PathBuf,
    /// The process that keeps the mount namespace that Podman lives in, if it has one of its own. Agents run in
    /// it too: Nomad mounts the secrets of a task, and Podman has to see that.
    holder: Option<u32>,
}

impl Setup {
    /// Finds both, or says by name on stderr what is missing.
    pub fn find() -> Option<Self> {
        let Some(nomad) = nomad() else {
            return missing("neither NOMAD_BIN nor nomad on the path", "NDP_NOMAD_REQUIRED");
        };
        let (Some(socket), Some(image), Some(work)) =
            (text("NDP_PODMAN_SOCKET"), text("NDP_PODMAN_IMAGE"), text("NDP_PODMAN_WORK"))
        else {
            return missing("NDP_PODMAN_SOCKET, _IMAGE and _WORK name no Podman", "NDP_PODMAN_REQUIRED");
        };
        if text("NDP_PODMAN_OWNER").is_some_and(|owner| owner != "0:0") {
            return missing("the agent runs as root, this Podman does not", "NDP_NOMAD_REQUIRED");
        }
        Some(Self {
            version: version(&nomad),
            nomad,
            socket: PathBuf::from(socket.trim_start_matches("unix://")),
            image,
            work: PathBuf::from(work),
            holder: holder(),
        })
    }

    /// Podman's API.
    pub fn podman(&self) -> Server {
        Server::Unix(self.socket.clone())
    }

    /// A command in the namespace of Podman, with nothing of our environment but the path.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = match self.holder {
            Some(holder) => {
                let mut enter = Command::new("nsenter");
                enter.arg(format!("--mount=/proc/{holder}/ns/mnt")).arg("--").arg(program);
                enter
            }
            None => Command::new(program),
        };
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command
    }

    /// The absolute `path` of Podman's namespace, to be opened from here.
    pub fn on_host(&self, path: &Path) -> PathBuf {
        match self.holder {
            Some(holder) => PathBuf::from(format!("/proc/{holder}/root{}", path.display())),
            None => path.to_path_buf(),
        }
    }

    /// The mounts that Podman's namespace has.
    pub fn mount_points(&self) -> Vec<String> {
        let process = self.holder.map_or("self".to_owned(), |holder| holder.to_string());
        let mounts = fs::read_to_string(format!("/proc/{process}/mountinfo")).unwrap_or_default();
        mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(str::to_owned).collect()
    }
}

/// The plugin under test.
pub const PLUGIN: &str = env!("CARGO_BIN_EXE_nomad-driver-podman");

/// Says something on stderr, past the harness, which would keep what a passing test prints to itself.
pub fn tell(line: &str) {
    let mut stderr = io::stderr();
    // Nobody may be left to read it.
    drop(writeln!(stderr, "{line}"));
}

/// Says why a test does nothing.
pub fn skip(reason: &str) {
    tell(&format!("SKIPPED e2e: {reason}"));
}

/// The same, unless the variable `required` is 1: then it is an error.
fn missing<T>(reason: &str, required: &str) -> Option<T> {
    // Every test finds the same thing missing.
    static TOLD: Once = Once::new();
    assert_ne!(text(required).as_deref(), Some("1"), "e2e: {reason}, and {required} is 1");
    TOLD.call_once(|| skip(reason));
    None
}

/// A variable that is set to something.
pub fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The program itself, past all links.
fn nomad() -> Option<PathBuf> {
    let found = text("NOMAD_BIN").map(PathBuf::from).or_else(|| {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|dir| dir.join("nomad")).find(|file| file.is_file())
    })?;
    Some(fs::canonicalize(&found).unwrap_or_else(|error| panic!("no Nomad at {}: {error}", found.display())))
}

/// `Nomad v1.6.5` and more lines in some versions.
fn version(nomad: &Path) -> (u32, u32) {
    let output = Command::new(nomad).arg("version").output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = output.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('v');
    let mut numbers = number.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn holder() -> Option<u32> {
    let dir = PathBuf::from(text("NDP_PODMAN_DIR")?);
    fs::read_to_string(dir.join("holder.pid")).ok()?.trim().parse().ok()
}
