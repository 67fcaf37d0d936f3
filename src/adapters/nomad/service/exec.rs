//! ExecTaskStreaming: a person's terminal on one side, a session on the other.
//!
//! Nomad plugin protocol 3.15: the first message is the setup; messages with nothing set are heartbeats; the
//! host never half-closes, so the end of its stream means that the person is gone.

use crate::adapters::nomad::convert::{result, status};
use crate::adapters::nomad::proto::driver::{
    ExecTaskStreamingIoOperation as IoOperation, ExecTaskStreamingRequest, ExecTaskStreamingResponse,
};
use crate::domain::container::ExecSpec;
use crate::domain::container::exec::TerminalSize;
use crate::domain::log::{LogChunk, Stream};
use crate::domain::task::TaskId;
use crate::driver::Driver;
use crate::ports::RuntimeError;
use crate::ports::exec::{ExecControl, ExecEvent, ExecSession};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Replies that may wait for a slow terminal before the program's output is left in its pipe.
const REPLY_BACKLOG: usize = 16;

type Reply = Result<ExecTaskStreamingResponse, Status>;

/// Starts the session that the first request asks for and connects both sides.
pub async fn streaming(
    driver: &Driver,
    mut requests: Streaming<ExecTaskStreamingRequest>,
) -> Result<BoxStream<'static, Reply>, Status> {
    let first = requests.message().await?;
    let setup = first.and_then(|first| first.setup);
    let setup = setup.ok_or_else(|| Status::unknown("first message should always be setup"))?;
    let spec = ExecSpec { command: setup.command, tty: setup.tty, stdin: true };
    let session = driver.exec_streaming(&TaskId::new(setup.task_id), &spec).await.map_err(status::failed)?;
    let (replies, stream) = mpsc::channel(REPLY_BACKLOG);
    tokio::spawn(connect(session, requests, replies, spec.tty));
    Ok(ReceiverStream::new(stream).boxed())
}

/// Runs until the program has ended or the person is gone; in the latter case the program is ended too.
async fn connect(
    session: ExecSession,
    requests: Streaming<ExecTaskStreamingRequest>,
    replies: mpsc::Sender<Reply>,
    tty: bool,
) {
    let ExecSession { mut control, events } = session;
    tokio::select! {
        () = output(events, &replies, tty) => return,
        () = input(&mut *control, requests) => {}
        () = replies.closed() => {}
    }
    if let Err(error) = control.kill().await {
        tracing::warn!(%error, "cannot end a command whose caller has gone");
    }
}

async fn input(control: &mut dyn ExecControl, mut requests: Streaming<ExecTaskStreamingRequest>) {
    while let Ok(Some(request)) = requests.message().await {
        if let Err(error) = obey(control, request).await {
            // Input for a program that has just ended is nothing to tell anybody about.
            tracing::debug!(%error, "exec input not delivered");
        }
    }
}

async fn obey(control: &mut dyn ExecControl, request: ExecTaskStreamingRequest) -> Result<(), RuntimeError> {
    if let Some(size) = request.tty_size {
        let side = |length: i32| u16::try_from(length).unwrap_or(0);
        control.resize(TerminalSize { height: side(size.height), width: side(size.width) }).await?;
    }
    let Some(stdin) = request.stdin else { return Ok(()) };
    if !stdin.data.is_empty() {
        control.write(&stdin.data).await?;
    }
    if stdin.close {
        control.close_stdin().await?;
    }
    Ok(())
}

async fn output(
    mut events: BoxStream<'static, Result<ExecEvent, RuntimeError>>,
    replies: &mpsc::Sender<Reply>,
    tty: bool,
) {
    while let Some(event) = events.next().await {
        let sent = match event {
            Ok(ExecEvent::Output(chunk)) => replies.send(Ok(chunk_reply(chunk))).await,
            Ok(ExecEvent::Exited(code)) => return last_words(replies, tty, code).await,
            Err(error) => replies.send(Err(status::failed(error))).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

fn chunk_reply(chunk: LogChunk) -> ExecTaskStreamingResponse {
    io_reply(chunk.stream, IoOperation { data: chunk.bytes.into(), close: false })
}

fn io_reply(stream: Stream, operation: IoOperation) -> ExecTaskStreamingResponse {
    let mut reply = ExecTaskStreamingResponse::default();
    match stream {
        Stream::Stdout => reply.stdout = Some(operation),
        Stream::Stderr => reply.stderr = Some(operation),
    }
    reply
}

/// Both streams end, then the exit; nothing after it would be read.
async fn last_words(replies: &mpsc::Sender<Reply>, tty: bool, code: i32) {
    let close = || IoOperation { close: true, ..Default::default() };
    let exited = ExecTaskStreamingResponse {
        exited: true,
        result: Some(result::exec_exit(code)),
        ..Default::default()
    };
    let stderr = (!tty).then(|| io_reply(Stream::Stderr, close()));
    for reply in [io_reply(Stream::Stdout, close())].into_iter().chain(stderr).chain([exited]) {
        if replies.send(Ok(reply)).await.is_err() {
            return;
        }
    }
}
