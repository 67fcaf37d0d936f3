//! The plugin as a process.

use crate::host::{Host, socket_of};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running plugin; killed when dropped.
pub struct Plugin {
    pub child: Child,
    /// The handshake line.
    pub line: String,
    _dir: tempfile::TempDir,
}

impl Plugin {
    /// Starts it and waits for its line, as the agent does.
    pub fn start(binary: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(binary)
            .env(
                "NOMAD_PLUGIN_MAGIC_COOKIE",
                "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
            )
            .env("PLUGIN_PROTOCOL_VERSIONS", "2")
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, line, _dir: dir }
    }

    /// Dials its socket.
    pub async fn dial(&self) -> Host {
        Host::dial(&socket_of(&self.line)).await
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
