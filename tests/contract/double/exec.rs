//! Sessions: frames of both directions over the connection that the call came by.

use super::conmon::{Conmon, Packets};
use super::inspect::{find, word};
use super::service::{Double, No, Request};
use futures_util::StreamExt;
use nomad_driver_podman::domain::container::exec::TerminalSize;
use nomad_driver_podman::domain::container::{ContainerState, ExecSpec};
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::exec::ExecSession;
use nomad_driver_podman::ports::{ContainerRuntime, ExecControl, ExecEvent};
use serde::Deserialize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

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

/// conmon is there before the OCI runtime has brought the program into the container (50 ms and more for the real one).
const OCI_RUNTIME: Duration = Duration::from_millis(30);

pub struct Session {
    container: ContainerId,
    id: String,
    spec: ExecSpec,
    conmon: Conmon,
    packets: Packets,
}

pub async fn begin(double: &Double, request: &Request) -> Result<Session, No> {
    request.has_flags_of(false, true)?;
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
    let (container, keys) = (id, opts.detach_keys.unwrap_or_default());
    let id = format!("{:064x}", double.sessions_so_far.fetch_add(1, Ordering::Relaxed));
    double.sessions.lock().unwrap().entry(container.to_string()).or_default().push((id.clone(), keys));
    let (conmon, packets) = Conmon::new(double.userdata(container.as_str()).join(&id), &double.complaints);
    Ok(Session { container, id, spec, conmon, packets })
}

impl Session {
    /// Until the program ends, or the client leaves it alone.
    pub async fn carry(self, double: &Double, read: BufReader<OwnedReadHalf>, mut write: OwnedWriteHalf) {
        let Self { container, id, spec, conmon, packets } = self;
        tokio::time::sleep(OCI_RUNTIME).await;
        match double.memory.exec(&container, &spec).await {
            Ok(ExecSession { control, events }) => tokio::select! {
                () = output(events, write, conmon) => {}
                () = input(control, read, packets) => {}
            },
            Err(_) => drop(write.write_all(&frame(4, &125_i32.to_be_bytes())).await),
        }
        if let Some(sessions) = double.sessions.lock().unwrap().get_mut(container.as_str()) {
            sessions.retain(|(other, _)| *other != id);
        }
    }
}

async fn output(
    mut events: impl futures_util::Stream<Item = Result<ExecEvent, nomad_driver_podman::ports::RuntimeError>>
    + Unpin,
    mut write: OwnedWriteHalf,
    mut conmon: Conmon,
) {
    while let Some(Ok(event)) = events.next().await {
        let said = match event {
            // Both streams over one channel: Podman 1 hands the same writer to each.
            ExecEvent::Output(chunk) => {
                conmon.write(&chunk);
                frame(0, &chunk.bytes)
            }
            ExecEvent::Exited(code) => frame(4, &code.to_be_bytes()),
        };
        if write.write_all(&said).await.is_err() {
            return;
        }
    }
}

/// By the connection, or by conmon's socket, which alone tells an end.
async fn input(mut control: Box<dyn ExecControl>, read: BufReader<OwnedReadHalf>, mut packets: Packets) {
    let (tell, mut frames) = mpsc::channel(1);
    let reading = tokio::spawn(frames_of(read, tell));
    loop {
        tokio::select! {
            Some(packet) = packets.recv() => match packet.as_slice() {
                [] => drop(control.close_stdin().await),
                bytes => drop(control.write(bytes).await),
            },
            frame = frames.recv() => match frame {
                Some((1, bytes)) => drop(control.write(&bytes).await),
                Some((3, payload)) => {
                    let Size { width, height } = serde_json::from_slice(&payload).unwrap();
                    drop(control.resize(TerminalSize { height, width }).await);
                }
                Some((other, _)) => panic!("a client has no channel {other}"),
                None => break,
            },
        }
    }
    reading.await.unwrap();
}

/// Channel and payload.
async fn frames_of(mut read: BufReader<OwnedReadHalf>, tell: mpsc::Sender<(u8, Vec<u8>)>) {
    let mut header = [0; 8];
    while read.read_exact(&mut header).await.is_ok() {
        let [channel, 0, 0, 0, a, b, c, d] = header else { panic!("a strange header: {header:?}") };
        let mut payload = vec![0; u32::from_be_bytes([a, b, c, d]) as usize];
        read.read_exact(&mut payload).await.unwrap();
        if tell.send((channel, payload)).await.is_err() {
            return;
        }
    }
}

fn frame(channel: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[channel, 0, 0, 0], &length[..], payload].concat()
}
