//! Everything that can go wrong between a request and its reply, over a real socket.

use super::*;
use crate::adapters::podman::rest::fake::{Act, Fake, TestClock, reply};
use crate::domain::container::ExecSpec;
use crate::domain::log::{LogChunk, Stream};
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::ports::ExecEvent;
use crate::ports::runtime::Change;
use futures_util::StreamExt;

fn podman(fake: &Fake) -> Arc<Podman> {
    Arc::new(Podman::new(fake.socket(), Arc::new(TestClock)))
}

fn id() -> ContainerId {
    ContainerId::new("115a")
}

const EXITED: &str = r#"{"Id":"115a","Name":"x","State":{"Status":"exited","Pid":0,"ExitCode":3,
    "StartedAt":"2026-11-23T20:57:52Z","FinishedAt":"2026-11-23T20:57:53Z"}}"#;

fn kind<T>(result: Result<T, RuntimeError>) -> ErrorKind {
    result.err().unwrap().kind
}

#[tokio::test]
async fn a_missing_socket_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let podman = Podman::new(dir.path().join("none.sock"), Arc::new(TestClock));
    let error = podman.inspect("x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("none.sock") && error.message.contains("podman.socket"), "{error}");
    assert_eq!(kind(podman.start(&id()).await), ErrorKind::Unavailable);
    assert_eq!(kind(podman.remove(&id()).await), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_lost_reply_of_a_change_is_an_unknown_outcome() {
    let cut = b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{\"Id\":".to_vec();
    for bytes in [vec![], cut, b"HTTP/1.1 2".to_vec()] {
        let fake = Fake::new(vec![Act::SendAndClose(bytes.clone())]);
        assert_eq!(kind(podman(&fake).start(&id()).await), ErrorKind::OutcomeUnknown);
        assert_eq!(fake.requests().len(), 1, "a change is never sent twice");
        let fake = Fake::new(vec![Act::SendAndClose(bytes)]);
        assert_eq!(kind(podman(&fake).signal(&id(), Signal::TERM).await), ErrorKind::OutcomeUnknown);
    }
}

#[tokio::test]
async fn a_reply_to_a_change_that_makes_no_sense_is_an_unknown_outcome() {
    use crate::domain::container::ContainerSpec;
    use crate::domain::image::ImageRef;
    use crate::domain::task::identity::ContainerName;
    let spec = ContainerSpec::new(ContainerName::new("web-1"), ImageRef::parse("redis").unwrap());
    for bytes in [reply(201, "<html>"), reply(201, "{}"), b"SSH-2.0-x\r\n\r\n".to_vec()] {
        let fake = Fake::new(vec![Act::SendAndClose(bytes)]);
        assert_eq!(kind(podman(&fake).create(&spec).await), ErrorKind::OutcomeUnknown);
        assert_eq!(fake.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_question_whose_connection_died_is_asked_once_more() {
    let fake = Fake::new(vec![Act::SendAndClose(vec![]), Act::Send(reply(200, EXITED))]);
    assert_eq!(podman(&fake).inspect("x").await.unwrap().facts.exit_code, Some(3));
    let fake = Fake::new(vec![Act::SendAndClose(vec![]), Act::SendAndClose(vec![])]);
    assert_eq!(kind(podman(&fake).inspect("x").await), ErrorKind::Unavailable);
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn a_removal_whose_reply_was_lost_twice_may_have_happened() {
    let fake = Fake::new(vec![Act::SendAndClose(vec![]), Act::SendAndClose(vec![])]);
    assert_eq!(kind(podman(&fake).remove(&id()).await), ErrorKind::OutcomeUnknown);
    let gone = r#"{"cause":"no such container","message":"no container x","response":404}"#;
    let fake = Fake::new(vec![Act::SendAndClose(vec![]), Act::Send(reply(404, gone))]);
    assert_eq!(podman(&fake).remove(&id()).await, Ok(Change::Identity));
}

#[tokio::test]
async fn a_removal_that_reports_an_error_has_failed() {
    let report = r#"[{"Id":"115a","RawInput":"x","Err":"unmounting: device busy"}]"#;
    let fake = Fake::new(vec![Act::Send(reply(200, report))]);
    let error = podman(&fake).remove(&id()).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Internal, "unmounting: device busy"));
}

#[tokio::test]
async fn what_is_not_the_protocol_is_malformed() {
    for bytes in [
        reply(200, "<html>"),
        reply(200, "[]"),
        reply(200, "{}"),
        reply(500, "oops"),
        b"SSH-2.0-x\r\n\r\n".to_vec(),
    ] {
        let fake = Fake::new(vec![Act::SendAndClose(bytes.clone())]);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(kind(podman(&fake).inspect("x").await), ErrorKind::Malformed, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up() {
    for bytes in [vec![], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()] {
        let fake = Fake::new(vec![Act::SendAndHang(bytes)]);
        assert_eq!(kind(podman(&fake).inspect("x").await), ErrorKind::TimedOut);
    }
}

#[tokio::test]
async fn refusals_carry_podmans_words() {
    let body =
        r#"{"cause":"container state improper","message":"can only kill running containers","response":500}"#;
    let fake = Fake::new(vec![Act::Send(reply(500, body))]);
    let error = podman(&fake).signal(&id(), Signal::TERM).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::WrongState, "can only kill running containers")
    );
    let fake = Fake::new(vec![Act::Send(reply(304, ""))]);
    assert_eq!(podman(&fake).start(&id()).await, Ok(Change::Identity));
}

/// A container that is said to run and whose processes are not to be seen is looked at this often before Podman is
/// asked to wait.
const HIJACKED: &[u8] = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

#[tokio::test]
async fn output_glued_to_the_head_of_the_reply_is_not_lost() {
    let glued = [HIJACKED, b"\x01\0\0\0\0\0\0\x02hi\x02\0\0\0\0\0\0\x01!"].concat();
    let fake = Fake::new(vec![
        Act::Send(reply(201, r#"{"Id":"e1"}"#)),
        Act::SendAndClose(glued),
        Act::Send(reply(200, r#"{"ID":"e1","Running":false,"ExitCode":4,"Pid":0}"#)),
    ]);
    let exec = ExecSpec { command: vec!["x".to_owned()], tty: false, stdin: false };
    let session = podman(&fake).exec(&id(), &exec).await.unwrap();
    let events: Vec<_> = session.events.map(Result::unwrap).collect().await;
    let output = |stream, bytes: &[u8]| ExecEvent::Output(LogChunk { stream, bytes: bytes.to_vec() });
    assert_eq!(events, [output(Stream::Stdout, b"hi"), output(Stream::Stderr, b"!"), ExecEvent::Exited(4)]);
}

#[tokio::test]
async fn a_stream_that_ends_within_a_frame_is_an_error_not_an_exit() {
    let cut = [HIJACKED, b"\x01\0\0\0\0\0\0\x09hi"].concat();
    let fake = Fake::new(vec![Act::Send(reply(201, r#"{"Id":"e1"}"#)), Act::SendAndClose(cut)]);
    let exec = ExecSpec { command: vec!["x".to_owned()], tty: false, stdin: false };
    let session = podman(&fake).exec(&id(), &exec).await.unwrap();
    let events: Vec<_> = session.events.collect().await;
    assert!(matches!(events.as_slice(), [Ok(ExecEvent::Output(_)), Err(_)]), "{events:?}");
}

#[tokio::test]
async fn a_session_that_never_ran_is_no_success() {
    for (removable, code) in
        [(r#","CanRemove":true"#, Some(0)), ("", Some(0)), (r#","CanRemove":false"#, None)]
    {
        let inspected = format!(r#"{{"Running":false,"ExitCode":0,"Pid":0{removable}}}"#);
        let fake = Fake::new(vec![
            Act::Send(reply(201, r#"{"Id":"e1"}"#)),
            Act::SendAndClose(HIJACKED.to_vec()),
            Act::Send(reply(200, &inspected)),
        ]);
        let exec = ExecSpec { command: vec!["x".to_owned()], tty: false, stdin: false };
        let mut session = podman(&fake).exec(&id(), &exec).await.unwrap();
        match session.events.next().await.unwrap() {
            Ok(event) => assert_eq!(Some(event), code.map(ExecEvent::Exited)),
            Err(error) => assert!(code.is_none() && error.is(ErrorKind::OutcomeUnknown), "{error}"),
        }
    }
}

#[tokio::test]
async fn the_version_is_learned_once_and_decides_the_prefix() {
    let fake = Fake::new(vec![Act::Send(reply(200, EXITED)), Act::Send(reply(200, EXITED))]);
    let podman = podman(&fake);
    podman.inspect("a/b").await.unwrap();
    podman.inspect("x").await.unwrap();
    assert_eq!(podman.version(), "4.3.1");
    let line = "GET /v4.0.0/libpod/containers/a%2Fb/json HTTP/1.1";
    assert_eq!(fake.requests().first().map(String::as_str), Some(line));
}
