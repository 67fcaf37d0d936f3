//! `nomad alloc exec`, by the WebSocket that it uses. Not by the command line: that hangs up at the exit, and an
//! agent that says goodbye at the same moment may crash (hashicorp/nomad#19506, fixed in 2024). This client lets the
//! agent hang up.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a command left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// `None`: the agent ended the session without one.
    pub exit_code: Option<i64>,
    /// The agent's last words, if it had any.
    pub goodbye: String,
}

/// Runs `command` beside `task`, with `stdin` and then its end on standard input.
pub fn exec(port: u16, alloc: &str, task: &str, command: &[&str], stdin: &[u8]) -> io::Result<Done> {
    let command = json!(command).to_string();
    let command = utf8_percent_encode(&command, NON_ALPHANUMERIC);
    let path = format!("/v1/client/allocation/{alloc}/exec?task={task}&tty=false&command={command}");
    let mut socket = Socket::open(port, &path)?;
    socket.send(&json!({ "stdin": { "data": STANDARD.encode(stdin) } }))?;
    socket.send(&json!({ "stdin": { "close": true } }))?;
    let mut done = Done::default();
    while let Some(message) = socket.receive(&mut done.goodbye)? {
        done.take(&message);
    }
    Ok(done)
}

impl Done {
    fn take(&mut self, message: &Value) {
        let data = |stream: &str| {
            let bytes = STANDARD.decode(message[stream]["data"].as_str().unwrap_or_default());
            String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
        };
        self.stdout += &data("stdout");
        self.stderr += &data("stderr");
        if message["exited"] == true {
            self.exit_code = Some(message["result"]["exit_code"].as_i64().unwrap_or_default());
        }
    }
}

/// As much of RFC 6455 as an honest server needs.
struct Socket(BufReader<TcpStream>);

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

impl Socket {
    fn open(port: u16, path: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(super::wait::LIMIT))?;
        let key = STANDARD.encode([0; 16]);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: e2e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )?;
        let mut socket = Self(BufReader::new(stream));
        let status = socket.line()?;
        while !socket.line()?.is_empty() {}
        if status.contains(" 101 ") { Ok(socket) } else { Err(io::Error::other(status)) }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// A client must mask what it sends; with zeros nothing changes.
    fn send(&mut self, message: &Value) -> io::Result<()> {
        let text = message.to_string();
        let length = u16::try_from(text.len()).map_err(io::Error::other)?;
        let mut frame = vec![FINAL | TEXT, MASKED | 126];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.get_mut().write_all(&frame)
    }

    /// The next message; `None` once the agent has hung up, with its reason in `goodbye`.
    fn receive(&mut self, goodbye: &mut String) -> io::Result<Option<Value>> {
        loop {
            let [head, length] = self.bytes()?;
            let length = match length {
                126 => u64::from(u16::from_be_bytes(self.bytes()?)),
                127 => u64::from_be_bytes(self.bytes()?),
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            self.0.read_exact(&mut payload)?;
            match head & 0x0f {
                TEXT => return Ok(Some(serde_json::from_slice(&payload)?)),
                CLOSE => {
                    *goodbye = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
                    return Ok(None);
                }
                _ => {}
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
