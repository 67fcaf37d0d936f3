//! Sessions: frames of both directions over the connection that the call came by.

use super::inspect::{absent, find, word};
use super::service::{Double, No, Request};
use futures_util::StreamExt;
use nomad_driver_podman::domain::container::exec::TerminalSize;
use nomad_driver_podman::domain::container::{ContainerState, ExecSpec};
use nomad_driver_podman::ports::exec::ExecSession;
use nomad_driver_podman::ports::{ContainerRuntime, ErrorKind, ExecControl, ExecEvent};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    opts: Opts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Opts {
    name: String,
    tty: bool,
    privileged: bool,
    cmd: Vec<String>,
    detach_keys: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Size {
    width: u16,
    height: u16,
}

pub struct Session {
    container: String,
    keys: String,
    session: ExecSession,
}

pub async fn begin(double: &Double, request: &Request) -> Result<Session, No> {
    let Input { opts } = request.input()?;
    if !request.is_upgrade() {
        return Err(No::occurred("client must use upgraded connection to exec"));
    }
    assert!(!opts.privileged, "the adapter never asks for privileges");
    let facts = find(double, &opts.name).await?;
    let (id, state) = (facts.id.clone(), facts.state);
    if state != ContainerState::Running {
        let state = word(state);
        return Err(No::occurred(format!("exec requires a running container, {id} is {state}")));
    }
    // Podman 1 attaches the input of every session.
    let spec = ExecSpec { command: opts.cmd, tty: opts.tty, stdin: true };
    let session = double.memory.exec(&id, &spec).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => absent(&opts.name),
        _ => No::occurred(error.message),
    })?;
    let (container, keys) = (id.to_string(), opts.detach_keys.unwrap_or_default());
    double.sessions.lock().unwrap().entry(container.clone()).or_default().push(keys.clone());
    Ok(Session { container, keys, session })
}

impl Session {
    /// Until the program ends, or the client leaves it alone.
    pub async fn carry(self, double: &Double, read: BufReader<OwnedReadHalf>, write: OwnedWriteHalf) {
        let Self { container, keys, session } = self;
        let ExecSession { control, events } = session;
        tokio::select! {
            () = output(events, write) => {}
            () = input(control, read) => {}
        }
        if let Some(sessions) = double.sessions.lock().unwrap().get_mut(&container) {
            sessions.retain(|other| *other != keys);
        }
    }
}

async fn output(
    mut events: impl futures_util::Stream<Item = Result<ExecEvent, nomad_driver_podman::ports::RuntimeError>>
    + Unpin,
    mut write: OwnedWriteHalf,
) {
    while let Some(Ok(event)) = events.next().await {
        let said = match event {
            // Both streams over one channel: Podman 1 hands the same writer to each.
            ExecEvent::Output(chunk) => frame(0, &chunk.bytes),
            ExecEvent::Exited(code) => frame(4, &code.to_be_bytes()),
        };
        if write.write_all(&said).await.is_err() {
            return;
        }
    }
}

async fn input(mut control: Box<dyn ExecControl>, mut read: BufReader<OwnedReadHalf>) {
    let mut header = [0; 8];
    while read.read_exact(&mut header).await.is_ok() {
        let [channel, 0, 0, 0, a, b, c, d] = header else { panic!("a strange header: {header:?}") };
        let mut payload = vec![0; u32::from_be_bytes([a, b, c, d]) as usize];
        read.read_exact(&mut payload).await.unwrap();
        match channel {
            1 => drop(control.write(&payload).await),
            3 => {
                let Size { width, height } = serde_json::from_slice(&payload).unwrap();
                drop(control.resize(TerminalSize { height, width }).await);
            }
            other => panic!("a client has no channel {other}"),
        }
    }
}

fn frame(channel: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[channel, 0, 0, 0], &length[..], payload].concat()
}
