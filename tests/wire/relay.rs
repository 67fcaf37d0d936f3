//! Something at the end of a socket that may or may not be Podman.

use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a connection meets.
#[derive(Clone)]
pub enum Manner {
    /// Podman at this socket.
    PassesOn(PathBuf),
    /// Nobody: accepted and never answered.
    Hangs,
    /// A web server that has one answer to everything.
    Answers(&'static str),
}

/// Listens until it is dropped; then its connections are cut too.
pub struct Relay {
    path: PathBuf,
    listening: JoinHandle<()>,
}

impl Relay {
    pub fn new(path: &Path, manner: Manner) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let listening = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                connections.spawn(serve(connection, manner.clone()));
            }
        });
        Self { path: path.to_owned(), listening }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(mut connection: UnixStream, manner: Manner) {
    match manner {
        Manner::PassesOn(socket) => {
            let mut podman = UnixStream::connect(socket).await.unwrap();
            // Either side may hang up.
            drop(copy_bidirectional(&mut connection, &mut podman).await);
        }
        Manner::Hangs => std::future::pending().await,
        Manner::Answers(answer) => {
            let mut request = [0; 4096];
            while let Ok(1..) = connection.read(&mut request).await {
                if connection.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}
