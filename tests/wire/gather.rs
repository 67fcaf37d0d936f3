//! What comes out of a pipe, gathered by a thread of its own as a log collector does, and awaited by tests.

use crate::harness::soon;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::thread;
use tokio::sync::watch;

/// So far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Somebody has opened the other end.
    pub open: bool,
    pub bytes: Vec<u8>,
    /// The last writer has closed.
    pub ended: bool,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// See the module.
#[derive(Clone)]
pub struct Gather(watch::Receiver<Seen>);

impl Gather {
    /// Gathers what `open` opens; it may block.
    pub fn new<R: Read>(open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Seen::default());
        thread::spawn(move || {
            if let Ok(mut reader) = open() {
                sender.send_modify(|seen| seen.open = true);
                let mut piece = [0; 64 * 1024];
                while let Ok(length @ 1..) = reader.read(&mut piece) {
                    sender.send_modify(|seen| seen.bytes.extend_from_slice(&piece[..length]));
                }
            }
            sender.send_modify(|seen| seen.ended = true);
        });
        Self(receiver)
    }

    /// Reads a FIFO as Nomad's log collector does: opening blocks until a writer comes, and the end is the end.
    pub fn fifo(path: PathBuf) -> Self {
        Self::new(move || File::open(path))
    }

    /// Waits for a moment.
    pub async fn until(&self, what: &str, reached: impl Fn(&Seen) -> bool) {
        let mut receiver = self.0.clone();
        let waiting = soon(what, receiver.wait_for(|seen| reached(seen)));
        drop(waiting.await.unwrap_or_else(|_| panic!("{what}: never; so far {:?}", self.text())));
    }

    /// Waits for a text.
    pub async fn says(&self, text: &str) {
        self.until(&format!("a pipe that says {text:?}"), |seen| seen.text().contains(text)).await;
    }

    /// Everything, once the last writer has closed.
    pub async fn all(&self) -> Vec<u8> {
        self.until("the end of a pipe", |seen| seen.ended).await;
        self.0.borrow().bytes.clone()
    }

    pub fn text(&self) -> String {
        self.0.borrow().text()
    }
}
