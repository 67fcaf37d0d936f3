//! A scripted Podman service on a Unix socket: raw bytes, so that it can misbehave.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// What it does with one request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes and goes on.
    Send(Vec<u8>),
    /// Sends these bytes and closes.
    SendAndClose(Vec<u8>),
    /// Sends these bytes and never again any.
    SendAndHang(Vec<u8>),
}

/// The service, until it is dropped with its folder.
pub struct Fake {
    dir: tempfile::TempDir,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Answers requests with these acts, in order, over any number of connections; pings need none.
    pub fn new(acts: Vec<Act>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("podman.sock")).unwrap();
        let (acts, requests) = (Arc::new(Mutex::new(acts.into_iter())), Arc::new(Mutex::new(Vec::new())));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acts, seen) = (acts.clone(), seen.clone());
                tokio::spawn(serve(stream, move |request| {
                    if request.contains("_ping") {
                        return Some(Act::Send(reply(200, "OK")));
                    }
                    seen.lock().unwrap().push(request);
                    acts.lock().unwrap().next()
                }));
            }
        });
        Self { dir, requests }
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("podman.sock")
    }

    /// First lines so far, without pings.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: UnixStream, mut next: impl FnMut(String) -> Option<Act>) {
    while let Some(request) = read(&mut stream).await {
        match next(request) {
            Some(Act::Send(bytes)) => stream.write_all(&bytes).await.unwrap(),
            Some(Act::SendAndClose(bytes)) => return stream.write_all(&bytes).await.unwrap(),
            Some(Act::SendAndHang(bytes)) => {
                stream.write_all(&bytes).await.unwrap();
                std::future::pending::<()>().await;
            }
            None => return,
        }
    }
}

/// The first line of the next request, whose body has been read.
async fn read(stream: &mut UnixStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    head.lines().next().map(str::to_owned)
}

/// A well-formed reply of Podman 4.3.1.
pub fn reply(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nLibpod-Api-Version: 4.3.1\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// tokio's time, which tests may pause.
pub struct TestClock;

#[async_trait::async_trait]
impl crate::ports::Clock for TestClock {
    fn now(&self) -> crate::domain::time::Timestamp {
        crate::domain::time::Timestamp::from_unix_nanos(1)
    }

    async fn sleep(&self, duration: std::time::Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        4
    }
}
