//! As much HTTP as the agent and Podman need: one request per connection. As HTTP/1.0, so that a Go server
//! sends bodies plain and closes after them.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// An agent that does not answer in this time is asked anew.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Somebody who answers HTTP.
#[derive(Debug, Clone)]
pub enum Server {
    /// On this port of the loopback.
    Loopback(u16),
    /// On this socket.
    Unix(PathBuf),
}

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

impl Server {
    /// The body of a successful answer.
    pub fn call(&self, method: &str, path: &str, body: &str) -> Result<Vec<u8>, String> {
        let answer =
            self.exchange(method, path, body).map_err(|error| format!("{method} {path}: {error}"))?;
        let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let head_end = head_end.ok_or_else(|| format!("{method} {path}: no HTTP in {answer:?}"))?;
        let status = String::from_utf8_lossy(&answer[..head_end]).into_owned();
        let status = status.split_whitespace().nth(1).unwrap_or_default();
        let body = answer[head_end + 4..].to_vec();
        if status.starts_with('2') {
            Ok(body)
        } else {
            Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&body)))
        }
    }

    /// The JSON of a successful answer.
    pub fn json(&self, method: &str, path: &str, body: &str) -> Result<Value, String> {
        let body = self.call(method, path, body)?;
        serde_json::from_slice(&body)
            .map_err(|error| format!("{method} {path}: {error} in {}", String::from_utf8_lossy(&body)))
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> io::Result<Vec<u8>> {
        let mut connection = self.connect()?;
        let length = body.len();
        write!(
            connection,
            "{method} {path} HTTP/1.0\r\nHost: e2e\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        Ok(answer)
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Loopback(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port))?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                Ok(Box::new(stream))
            }
        }
    }
}
