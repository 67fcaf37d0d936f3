//! `nomad alloc exec`: one ExecTaskStreaming.

use super::refused::refused;
use super::replies::Replies;
use super::{Agent, Answer};
use crate::harness::soon;
use nomad_driver_podman::adapters::nomad::proto::driver::{
    ExecTaskStreamingIoOperation as IoOperation, ExecTaskStreamingRequest as Request,
    ExecTaskStreamingResponse as Reply,
    exec_task_streaming_request::{Setup, TerminalSize},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Input that may wait; a terminal sends little.
const BACKLOG: usize = 64;

/// A session that is under way.
pub struct Session {
    /// Dropping it ends the client's side.
    pub input: mpsc::Sender<Request>,
    replies: Replies<Reply>,
    so_far: Ended,
}

/// What a session has brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub code: Option<i32>,
}

impl Agent {
    /// Begins a session as the agent does: the setup alone comes first.
    pub async fn session(&self, id: &str, command: Vec<String>, tty: bool) -> Session {
        let setup = Setup { task_id: id.to_owned(), command, tty };
        self.session_with(Request { setup: Some(setup), ..Default::default() }).await
    }

    /// Begins a session with any message.
    pub async fn session_with(&self, first: Request) -> Session {
        let (input, requests) = mpsc::channel(BACKLOG);
        input.send(first).await.unwrap();
        let mut driver = self.host.driver.clone();
        let call = async move { driver.exec_task_streaming(ReceiverStream::new(requests)).await };
        Session { input, replies: Replies::of(call), so_far: Ended::default() }
    }
}

impl Session {
    pub async fn write(&self, bytes: &[u8]) {
        self.operate(IoOperation { data: bytes.to_vec().into(), close: false }).await;
    }

    pub async fn close(&self) {
        self.operate(IoOperation { close: true, ..Default::default() }).await;
    }

    async fn operate(&self, operation: IoOperation) {
        self.send(Request { stdin: Some(operation), ..Default::default() }).await;
    }

    /// A message with nothing set.
    pub async fn heartbeat(&self) {
        self.send(Request::default()).await;
    }

    pub async fn resize(&self, height: i32, width: i32) {
        self.send(Request { tty_size: Some(TerminalSize { height, width }), ..Default::default() }).await;
    }

    async fn send(&self, request: Request) {
        // A session may end while its last input is on the way, which the agent does not mind either.
        drop(self.input.send(request).await);
    }

    /// Reads on until standard output has `text`.
    pub async fn says(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.so_far.stdout).contains(text) {
            let more = self.step().await.unwrap();
            assert!(more, "ended without {text:?}: {:?}", self.so_far);
        }
    }

    /// Reads to the end.
    pub async fn ended(mut self) -> Answer<Ended> {
        while self.step().await? {}
        Ok(self.so_far)
    }

    /// One message; false at the end.
    async fn step(&mut self) -> Answer<bool> {
        let message = soon("a message of the session", self.replies.next()).await;
        let Some(reply) = message.map_err(|status| refused("ExecTaskStreaming", &status))? else {
            return Ok(false);
        };
        assert_eq!(self.so_far.code, None, "nothing is read after the exit");
        for (operation, kept) in
            [(reply.stdout, &mut self.so_far.stdout), (reply.stderr, &mut self.so_far.stderr)]
        {
            kept.extend_from_slice(&operation.unwrap_or_default().data);
        }
        if reply.exited {
            self.so_far.code = Some(reply.result.expect("an exit has a result").exit_code);
        }
        Ok(true)
    }
}
