//! The plugin's process, started with what the agent gives it, and what it says beside the socket.

use crate::arm::Arm;
use crate::gather::Gather;
use crate::harness::{self, QUIET, soon};
use crate::host::socket_of;
use futures_util::FutureExt;
use nomad_driver_podman::adapters::nomad::state_dir;
use serde_json::Value;
use std::fs;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The host's patience before it kills.
const GRACE: Duration = Duration::from_secs(2);
/// Between two looks at what cannot be awaited.
const GLANCE: Duration = Duration::from_millis(10);

/// See the module.
pub struct Process {
    child: Mutex<Child>,
    pub pid: u32,
    pub stdout: Gather,
    pub stderr: Gather,
    /// The other ends of stdout and stderr, by the kernel's names.
    pipes: [PathBuf; 2],
    tmp: TempDir,
}

impl Process {
    /// Starts the plugin and reads its line. Nomad plugin protocol 1.2: the agent's environment and four more.
    pub async fn start(arm: &Arm, state: &Path) -> (Self, PathBuf) {
        let tmp = TempDir::with_prefix("plugin-").unwrap();
        let mut child = Command::new(&arm.binary)
            .args(arm.args)
            .env(
                "NOMAD_PLUGIN_MAGIC_COOKIE",
                "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
            )
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .env("PLUGIN_PROTOCOL_VERSIONS", "2")
            .env("TMPDIR", tmp.path())
            .env(state_dir::VARIABLE, state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", arm.binary.display()));
        let pid = child.id();
        let pipes = [1, 2].map(|fd| fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap_or_default());
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (stdout, stderr) = (Gather::new(|| Ok(stdout)), Gather::new(|| Ok(stderr)));
        let process = Self { child: Mutex::new(child), pid, stdout, stderr, pipes, tmp };
        let socket = process.or_say(process.handshake()).await;
        (process, socket)
    }

    async fn handshake(&self) -> PathBuf {
        self.stdout.until("the handshake", |seen| seen.ended || seen.bytes.contains(&b'\n')).await;
        let line = self.stdout.text();
        assert!(line.ends_with('\n'), "no handshake: {line:?}");
        socket_of(&line)
    }

    /// A failure is told with what the plugin has said on stderr.
    pub async fn or_say<T>(&self, work: impl Future<Output = T>) -> T {
        let panic = match AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => return done,
            Err(panic) => panic,
        };
        // If it has ended, its last words are still on their way.
        let over = self.stderr.until("the end of stderr", |seen| seen.ended);
        drop(tokio::time::timeout(QUIET, over).await);
        panic!("{}\n  it said: {}", harness::told(&*panic), self.stderr.text().trim_end());
    }

    pub fn is_running(&self) -> bool {
        self.status().is_none()
    }

    fn status(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().unwrap()
    }

    /// SIGKILL, as by the kernel when memory is short.
    pub async fn kill(&self) {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).kill().unwrap();
        self.is_over().await;
    }

    /// The agent waits so long, and then kills.
    pub async fn ends_well(&self) {
        let ended = tokio::time::timeout(GRACE, self.exit()).await;
        let status =
            ended.unwrap_or_else(|_| panic!("the agent has to kill this plugin:\n{}", self.stderr.text()));
        assert!(status.success(), "{status}");
        self.is_over().await;
        assert_eq!(self.stdout.text().lines().count(), 1, "stdout is for the handshake only");
        assert_eq!(fs::read_dir(self.tmp.path()).unwrap().count(), 0, "the socket is left behind");
    }

    async fn exit(&self) -> ExitStatus {
        loop {
            if let Some(status) = self.status() {
                return status;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// What the agent needs in order to see it: both pipes end.
    async fn is_over(&self) {
        soon("the process", self.exit()).await;
        self.stdout.until("the end of stdout", |seen| seen.ended).await;
        self.stderr.until("the end of stderr", |seen| seen.ended).await;
    }

    /// Processes besides the plugin that write to its stdout or stderr: each would hide its death from the agent.
    pub async fn nobody_else_writes(&self) {
        // Children of this very test process hold every pipe for a moment, until they become what they are.
        let gone = async {
            while !self.writers().is_empty() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        let over = tokio::time::timeout(GRACE, gone).await;
        assert!(over.is_ok(), "these hold the plugin's output: {:?}", self.writers());
    }

    fn writers(&self) -> Vec<String> {
        let own = [self.pid, std::process::id()].map(|pid| pid.to_string());
        let numbered = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let names = all.filter_map(|entry| entry.file_name().into_string().ok());
        let others = names.filter(|name| numbered(name) && !own.contains(name));
        others.filter(|pid| self.is_held_by(pid)).map(|pid| told(&pid)).collect()
    }

    fn is_held_by(&self, pid: &str) -> bool {
        let Ok(fds) = fs::read_dir(Path::new("/proc").join(pid).join("fd")) else { return false };
        let mut targets = fds.filter_map(Result::ok).filter_map(|fd| fs::read_link(fd.path()).ok());
        targets.any(|target| self.pipes.contains(&target))
    }

    /// What the agent's own parser demands of each line of stderr; a line that breaks it ends the agent.
    pub fn check_log(&self) {
        for line in self.stderr.text().lines() {
            assert!(!line.contains("panicked"), "{line}");
            assert!(!line.contains(crate::task::CANARY), "a secret in the log: {line}");
            assert!(line.len() < 64 * 1024, "a line of {} bytes", line.len());
            let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
            let field = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("no {name} text: {line}"));
            assert!(["trace", "debug", "info", "warn", "error"].contains(&field("@level")), "{line}");
            assert!(!field("@message").is_empty(), "{line}");
            let fraction = field("@timestamp").rsplit_once('.').map_or("", |(_, fraction)| fraction);
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            assert_eq!(digits, 6, "the agent cannot read this time: {line}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn told(pid: &str) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    format!("{pid} {}", name.replace('\0', " "))
}
