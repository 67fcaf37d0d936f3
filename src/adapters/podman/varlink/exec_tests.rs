//! A session whose conmon keeps its files where we cannot see them.

use super::super::client::tests::fake;
use super::*;
use crate::domain::log::Stream;

const STATE: &[u8] =
    b"{\"parameters\":{\"config\":\"{\\\"configPath\\\":\\\"/nowhere/userdata/config.json\\\"}\"}}\0";

/// Accepted; two pieces of output, the second of which was standard error; code 7.
const SESSION: &[u8] = b"{}\0\x00\0\0\0\0\0\0\x02hi\x00\0\0\0\0\0\0\x03err\x04\0\0\0\0\0\0\x04\0\0\0\x07";

async fn session() -> ExecSession {
    let fake = fake(vec![STATE.to_vec(), SESSION.to_vec()]);
    let podman = Arc::new(fake.podman);
    let exec = ExecSpec { command: vec!["sh".to_owned()], tty: false, stdin: true };
    podman.exec(&ContainerId::new("c"), &exec).await.unwrap()
}

#[tokio::test]
async fn out_of_sight_both_streams_are_one_and_no_byte_is_lost() {
    let events: Vec<ExecEvent> = session().await.events.map(Result::unwrap).collect().await;
    let output = |text: &[u8]| ExecEvent::Output(LogChunk { stream: Stream::Stdout, bytes: text.to_vec() });
    assert_eq!(events, [output(b"hi"), output(b"err"), ExecEvent::Exited(7)]);
}

#[tokio::test]
async fn out_of_sight_the_end_of_the_input_is_refused_not_forgotten() {
    let mut control = session().await.control;
    let error = control.close_stdin().await.unwrap_err();
    assert!(error.is(ErrorKind::Unsupported) && error.message.contains("terminal"), "{error}");
    assert!(control.write(b"late").await.unwrap_err().is(ErrorKind::WrongState));
}

#[tokio::test]
async fn no_command_is_refused_before_the_service_accepts_it() {
    let fake = fake(vec![STATE.to_vec(), SESSION.to_vec()]);
    let podman = Arc::new(fake.podman);
    let exec = ExecSpec { command: vec![], tty: false, stdin: false };
    assert!(podman.exec(&ContainerId::new("c"), &exec).await.err().unwrap().is(ErrorKind::Rejected));
}

/// A state in which our session is on record, whose process is not known yet.
fn listed() -> Vec<u8> {
    let session = json!({ "id": "s", "config": { "detachKeys": mark(4) } });
    let state = json!({ "configPath": "/nowhere/userdata/config.json", "newExecSessions": { "s": session } });
    format!("{}\0", json!({ "parameters": { "config": state.to_string() } })).into_bytes()
}

#[tokio::test]
async fn a_program_counts_as_ended_only_if_its_session_was_once_on_record() {
    let begun = [STATE.to_vec(), SESSION.to_vec()];
    let looks = (0..SETTLE_TRIES).map(|_| listed());
    let gone = std::iter::once(STATE.to_vec());
    let exec = ExecSpec { command: vec!["sh".to_owned()], tty: false, stdin: true };
    let unknown = fake(begun.clone().into_iter().chain(gone.clone()).collect());
    let podman = Arc::new(unknown.podman);
    let mut never = podman.exec(&ContainerId::new("c"), &exec).await.unwrap().control;
    assert!(never.kill().await.unwrap_err().is(ErrorKind::Internal));
    let known = fake(begun.into_iter().chain(looks).chain(gone).collect());
    let podman = Arc::new(known.podman);
    let mut once = podman.exec(&ContainerId::new("c"), &exec).await.unwrap().control;
    assert!(
        once.kill().await.unwrap_err().is(ErrorKind::Unsupported),
        "it runs, and nobody says as which process"
    );
    assert_eq!(once.kill().await, Ok(()));
}
