//! Services that do what they should not, on a real socket.

use super::super::refusal::usual;
use super::*;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;

/// Time that is over as soon as somebody waits for it, once the service has had its turn.
struct Hurried;

#[async_trait]
impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1)
    }

    async fn sleep(&self, duration: Duration) {
        // A call's deadline is real, or it would pass before any reply; pauses between tries are not.
        if duration >= QUERY_TIMEOUT {
            std::future::pending::<()>().await;
        }
    }

    fn entropy(&self) -> u64 {
        4
    }
}

/// Time in which every deadline has passed.
struct Late;

#[async_trait]
impl Clock for Late {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1)
    }

    async fn sleep(&self, _: Duration) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn entropy(&self) -> u64 {
        4
    }
}

struct Fake {
    podman: Podman,
    asked: Arc<AtomicU32>,
    _dir: tempfile::TempDir,
}

/// Answers the nth connection with the nth text, and all later ones with the last; then closes it, unless the text
/// asks to stay.
fn fake(answers: Vec<Vec<u8>>, stays: bool, clock: Arc<dyn Clock>) -> Fake {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("io.podman");
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let turn = count.fetch_add(1, Ordering::Relaxed) as usize;
            let answer = answers.get(turn).or(answers.last()).cloned().unwrap_or_default();
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            // The peer may have read enough.
            let _ = stream.write_all(&answer).await;
            if stays {
                kept.push(stream);
            }
        }
    });
    Fake { podman: Podman::new(socket, clock), asked, _dir: dir }
}

fn closing(answer: &[u8]) -> Fake {
    fake(vec![answer.to_vec()], false, Arc::new(Hurried))
}

async fn asked(fake: &Fake, ask: &Ask) -> Result<Value, RuntimeError> {
    fake.podman.ask(&Call::new("try", "it"), ask, usual).await
}

fn query() -> Ask {
    Ask::query("Some", json!({}))
}

fn change() -> Ask {
    Ask::change("Some", json!({}))
}

#[tokio::test]
async fn a_reply_is_its_parameters() {
    let fake = closing(b"{\"parameters\":{\"container\":\"a\\u0000b\"}}\0");
    assert_eq!(asked(&fake, &query()).await, Ok(json!({ "container": "a\0b" })));
}

#[tokio::test]
async fn what_is_no_reply_is_malformed() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n\0"[..],
        b"\0",
        b"[{},null,false]\0",
        b"{\"parameters\":\0",
        b"\xff\xfe\0",
        b"{\"parameters\":{},\"continues\":true}\0",
        b"{\"parameters\":{}}\0{\"parameters\":{}}\0",
    ] {
        let error = asked(&closing(answer), &query()).await.unwrap_err();
        assert!(error.is(ErrorKind::Malformed), "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn the_reply_to_another_call_is_malformed() {
    let fake = closing(b"{\"parameters\":{\"exitcode\":0}}\0");
    let (call, query) = (Call::new("try", "it"), query());
    let reply = fake.podman.ask::<super::super::wire::Container>(&call, &query, usual).await;
    let error = reply.unwrap_err();
    assert!(error.is(ErrorKind::Malformed) && error.message.contains("container"), "{error}");
}

#[tokio::test]
async fn an_unknown_error_is_malformed_and_a_known_one_says_why() {
    let fake = closing(b"{\"error\":\"io.podman.Surprise\",\"parameters\":{}}\0");
    let error = asked(&fake, &query()).await.unwrap_err();
    assert!(error.is(ErrorKind::Malformed) && error.message.contains("Surprise"), "{error}");
    let fake = closing(b"{\"error\":\"io.podman.ErrorOccurred\",\"parameters\":{\"reason\":\"why\"}}\0");
    let error = asked(&fake, &query()).await.unwrap_err();
    assert!(error.is(ErrorKind::Internal) && error.message == "why", "{error}");
}

#[tokio::test]
async fn a_message_without_end_is_refused_in_bounded_memory() {
    let endless = vec![b'x'; super::super::frame::MESSAGE_BYTES + (1 << 20)];
    let error = asked(&closing(&endless), &query()).await.unwrap_err();
    assert!(error.is(ErrorKind::Malformed), "{error}");
}

#[tokio::test]
async fn a_question_that_was_cut_is_asked_again_and_a_change_is_not() {
    let answers = || vec![b"{\"parame".to_vec(), vec![], b"{\"parameters\":{}}\0".to_vec()];
    let question = fake(answers(), false, Arc::new(Hurried));
    assert_eq!(asked(&question, &query()).await, Ok(json!({})));
    assert_eq!(question.asked.load(Ordering::Relaxed), 3);
    let changing = fake(answers(), false, Arc::new(Hurried));
    let error = asked(&changing, &change()).await.unwrap_err();
    assert!(error.is(ErrorKind::OutcomeUnknown), "{error}");
    assert_eq!(changing.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn tries_end() {
    let fake = closing(b"");
    let error = asked(&fake, &query()).await.unwrap_err();
    assert!(error.is(ErrorKind::Unavailable), "{error}");
    assert_eq!(fake.asked.load(Ordering::Relaxed), TRIES);
    let dir = tempfile::tempdir().unwrap();
    let nobody = Podman::new(dir.path().join("none"), Arc::new(Hurried));
    let error = nobody.ask::<Value>(&Call::new("try", "it"), &change(), usual).await.unwrap_err();
    assert!(error.is(ErrorKind::Unavailable) && error.message.contains("io.podman.socket"), "{error}");
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let fake = fake(vec![b"{\"half\":".to_vec()], true, Arc::new(Late));
    assert!(asked(&fake, &query()).await.unwrap_err().is(ErrorKind::TimedOut));
    assert!(asked(&fake, &change()).await.unwrap_err().effect_is_unknown());
}

#[tokio::test]
async fn a_stream_that_is_cut_fails_after_what_came() {
    let fake = closing(b"{\"parameters\":{\"a\":1},\"continues\":true}\0{\"parameters\":{\"a\":2}");
    let mut replies = fake.podman.stream(&Call::new("try", "it"), &query()).await.unwrap();
    assert_eq!(replies.next::<Value>().await.unwrap(), Some(json!({ "a": 1 })));
    assert!(matches!(replies.next::<Value>().await, Err(Failure::Lost(_))));
    assert!(matches!(replies.next::<Value>().await, Ok(None)));
}

#[tokio::test]
async fn an_upgraded_connection_begins_behind_the_reply() {
    let fake = closing(b"{}\0\x00\0\0\0\0\0\0\x02hi\x04\0\0\0\0\0\0\x04\0\0\0\x07");
    let upgraded = fake.podman.upgrade(&Call::new("try", "it"), &change(), usual).await;
    let (mut read, _write) = upgraded.unwrap();
    let mut said = Vec::new();
    while let Some(Ok(next)) = read.next().await {
        said.push(next);
    }
    use super::super::channels::Said;
    assert_eq!(said, [Said::Output(b"hi"[..].into()), Said::Ended(7)]);
    let refusing = closing(
        b"{\"error\":\"io.podman.ContainerNotFound\",\"parameters\":{\"id\":\"x\",\"reason\":\"no\"}}\0",
    );
    let refused = refusing.podman.upgrade(&Call::new("try", "it"), &change(), usual).await;
    assert!(refused.err().unwrap().is(ErrorKind::NotFound));
}
