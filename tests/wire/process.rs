//! What the protocol asks of the process: signals, exit codes, what is on stdout and stderr.
//!
//! The process is this test binary again, told by an environment variable to run [`as_plugin`].

use std::{
    error::Error,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio, exit},
    time::Duration,
};

use nomad_driver_podman::adapters::nomad::{
    process::run,
    proto::{driver, goplugin},
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    host::{Host, socket_of},
    stub,
};

const AS_PLUGIN: &str = "WIRE_TEST_AS_PLUGIN";
/// The host's patience before it kills.
const GRACE: Duration = Duration::from_secs(2);

/// The plugin's `main`; as a test it does nothing.
#[test]
fn as_plugin() {
    if std::env::var_os(AS_PLUGIN).is_some() {
        let code = run(&|name| std::env::var_os(name), |_| Ok(stub::plugin()));
        exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}

struct Plugin {
    child: Child,
    stdout: BufReader<ChildStdout>,
    dir: TempDir,
}

impl Plugin {
    fn start(env: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::as_plugin", "--nocapture", "--test-threads=1"])
            .env(AS_PLUGIN, "1")
            .env("PLUGIN_PROTOCOL_VERSIONS", "2")
            .env("TMPDIR", dir.path())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, dir }
    }

    /// The test harness says a few words first.
    async fn dial(&mut self) -> Host {
        let mut line = String::new();
        while !line.contains("1|2|") {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "the plugin ended without a handshake");
        }
        Host::dial(&socket_of(&line[line.find("1|2|").unwrap()..])).await
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits as the host does.
    async fn ended(&mut self) -> ExitStatus {
        let mut left = GRACE;
        while !left.is_zero() {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            let step = Duration::from_millis(10);
            tokio::time::sleep(step).await;
            left -= step;
        }
        panic!("the host would have to kill this plugin");
    }

    /// What it left: the rest of stdout, and files beside its socket.
    fn remains(&mut self) -> (String, usize) {
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        (text, std::fs::read_dir(self.dir.path()).unwrap().count())
    }

    fn log(&mut self) -> Vec<serde_json::Value> {
        let stderr = BufReader::new(self.child.stderr.take().unwrap());
        stderr.lines().map(|line| serde_json::from_str(&line.unwrap()).expect("every line is JSON")).collect()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn shutdown_by_the_host_is_a_clean_exit_and_no_ended_task() {
    let mut plugin = Plugin::start(&[]);
    let mut host = plugin.dial().await;
    let _events = host.driver.task_events(driver::TaskEventsRequest {}).await.unwrap();
    let mut waiting = host.driver.clone();
    let wait = tokio::spawn(async move { waiting.wait_task(driver::WaitTaskRequest::default()).await });
    tokio::time::sleep(Duration::from_millis(50)).await;

    host.controller.shutdown(goplugin::Empty {}).await.expect("a reply");
    assert!(plugin.ended().await.success());
    assert_eq!(plugin.remains(), (String::new(), 0));
    let status = wait.await.unwrap().unwrap_err();
    assert!(status.source().is_some(), "a cut connection, not an answer: {status:?}");
}

#[tokio::test]
async fn sigterm_is_a_clean_exit_with_streams_open() {
    let mut plugin = Plugin::start(&[]);
    let mut host = plugin.dial().await;
    let _events = host.driver.task_events(driver::TaskEventsRequest {}).await.unwrap();
    plugin.signal(Signal::TERM);
    assert!(plugin.ended().await.success());
    assert_eq!(plugin.remains(), (String::new(), 0));
    assert!(plugin.log().iter().any(|line| line["@level"] == "info"));
}

#[tokio::test]
async fn sigint_is_ignored() {
    let mut plugin = Plugin::start(&[]);
    let mut host = plugin.dial().await;
    plugin.signal(Signal::INT);
    plugin.signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(100)).await;
    host.ping().await.unwrap();
}

#[tokio::test]
async fn a_broken_log_pipe_does_not_end_the_plugin() {
    let mut plugin = Plugin::start(&[]);
    let mut host = plugin.dial().await;
    drop(plugin.child.stderr.take());
    plugin.signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(100)).await;
    host.ping().await.unwrap();
    plugin.signal(Signal::TERM);
    assert!(plugin.ended().await.success());
}

#[tokio::test]
async fn what_prevents_the_handshake_is_one_error_line_and_exit_code_1() {
    let mut plugin = Plugin::start(&[("PLUGIN_UNIX_SOCKET_GROUP", "no such group")]);
    assert_eq!(plugin.ended().await.code(), Some(1));
    let log = plugin.log();
    assert_eq!((log.len(), &log[0]["@level"]), (1, &"error".into()));
    assert!(log[0]["error"].as_str().unwrap().contains("no such group"), "{log:?}");
}

#[tokio::test]
#[cfg(not(feature = "automtls"))]
async fn a_host_that_wants_tls_is_told_how_to_get_it() {
    let mut plugin = Plugin::start(&[("PLUGIN_CLIENT_CERT", "-----BEGIN CERTIFICATE-----")]);
    assert_eq!(plugin.ended().await.code(), Some(1));
    assert!(plugin.log()[0]["error"].as_str().unwrap().contains("`automtls` feature"));
}
