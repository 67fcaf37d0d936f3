//! Services that do what they should not, on a real socket.

use super::super::refusal::usual;
use super::*;
use crate::adapters::podman::tries::TRIES;
use crate::domain::signal::Signal;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;
use tokio::sync::watch;

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

pub struct Fake {
    pub podman: Podman,
    pub asked: Arc<AtomicU32>,
    _dir: tempfile::TempDir,
}

/// Answers the nth connection with the nth text, and all later ones with the last; then closes it, unless the text
/// asks to stay.
fn serving(answers: Vec<Vec<u8>>, stays: bool, clock: Arc<dyn Clock>) -> Fake {
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

/// As [`serving`], in no time.
pub fn fake(answers: Vec<Vec<u8>>) -> Fake {
    serving(answers, false, Arc::new(Hurried))
}

fn closing(answer: &[u8]) -> Fake {
    fake(vec![answer.to_vec()])
}

/// Time in which one deadline passes once it may, and no other; and no pause takes any.
pub struct Passing {
    limit: Duration,
    may: watch::Sender<bool>,
}

impl Passing {
    pub fn new(limit: Duration) -> Arc<Self> {
        Arc::new(Self { limit, may: watch::Sender::new(false) })
    }

    pub fn pass(&self) {
        self.may.send_replace(true);
    }
}

#[async_trait]
impl Clock for Passing {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1)
    }

    async fn sleep(&self, duration: Duration) {
        if duration == self.limit {
            let _ = self.may.subscribe().wait_for(|may| *may).await;
        } else if duration >= QUERY_TIMEOUT {
            std::future::pending::<()>().await;
        }
    }

    fn entropy(&self) -> u64 {
        4
    }
}

/// As [`serving`] to the nth connection, and open after its answer.
pub fn staying(answers: Vec<Vec<u8>>, clock: Arc<dyn Clock>) -> Fake {
    serving(answers, true, clock)
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
    let question = fake(answers());
    assert_eq!(asked(&question, &query()).await, Ok(json!({})));
    assert_eq!(question.asked.load(Ordering::Relaxed), 3);
    let changing = fake(answers());
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

/// Time in whose third pause somebody begins to listen.
struct Meanwhile {
    pauses: AtomicU32,
    socket: PathBuf,
}

#[async_trait]
impl Clock for Meanwhile {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1)
    }

    async fn sleep(&self, duration: Duration) {
        if duration >= QUERY_TIMEOUT {
            std::future::pending::<()>().await;
        }
        if self.pauses.fetch_add(1, Ordering::Relaxed) == 2 {
            let listener = UnixListener::bind(&self.socket).unwrap();
            tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                stream.write_all(b"{\"parameters\":{}}\0").await.unwrap();
            });
        }
    }

    fn entropy(&self) -> u64 {
        4
    }
}

#[tokio::test]
async fn a_service_that_is_restarted_is_found_again_by_questions_and_changes() {
    for ask in [query(), change()] {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("io.podman");
        let clock = Arc::new(Meanwhile { pauses: AtomicU32::new(0), socket: socket.clone() });
        let podman = Podman::new(socket, clock);
        assert_eq!(podman.ask(&Call::new("try", "it"), &ask, usual).await, Ok(json!({})));
    }
}

#[tokio::test]
async fn so_it_is_by_streams_and_sessions() {
    let call = Call::new("try", "it");
    for streaming in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("io.podman");
        let podman = Podman::new(socket.clone(), Arc::new(Meanwhile { pauses: AtomicU32::new(0), socket }));
        if streaming {
            let mut replies = podman.stream(&call, &query()).await.unwrap();
            assert_eq!(replies.next::<Value>().await.unwrap(), Some(json!({})));
        } else {
            podman.upgrade(&call, &change(), usual).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_reply_about_another_container_is_noticed() {
    let id = ContainerId::new("c");
    let other = || closing(b"{\"parameters\":{\"container\":\"other\"}}\0");
    let unsure = |error: RuntimeError| {
        assert!(error.is(ErrorKind::OutcomeUnknown) && error.message.contains("other"), "{error}");
    };
    unsure(other().podman.start(&id).await.unwrap_err());
    unsure(other().podman.signal(&id, Signal::TERM).await.unwrap_err());
    unsure(other().podman.remove(&id).await.unwrap_err());
    let inspected = closing(b"{\"parameters\":{\"config\":\"{\\\"Id\\\":\\\"other\\\"}\"}}\0");
    let error = inspected.podman.inspect("c").await.unwrap_err();
    assert!(error.is(ErrorKind::Malformed) && error.message.contains("other"), "{error}");
}

#[tokio::test]
async fn a_create_that_has_to_wait_too_long_is_not_sent() {
    use crate::domain::container::ContainerSpec;
    use crate::domain::image::ImageRef;
    use crate::domain::task::identity::ContainerName;
    let fake = serving(vec![], false, Arc::new(Late));
    let spec = ContainerSpec::new(ContainerName::new("n"), ImageRef::parse("localhost/bb:1").unwrap());
    let _another = fake.podman.creating.lock().await;
    let error = fake.podman.create(&spec).await.unwrap_err();
    assert!(error.is(ErrorKind::Unavailable), "{error}");
    assert_eq!(fake.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn parameters_are_not_copied_before_they_are_read() {
    let message = br#"{"parameters":{"a":[1,2,3]},"continues":true}"#;
    let told = Reply::of(message).unwrap().parameters();
    assert_eq!(told, r#"{"a":[1,2,3]}"#);
    assert!(message.as_ptr_range().contains(&told.as_ptr()));
}

#[tokio::test]
async fn a_service_that_the_call_itself_starts_may_take_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("io.podman");
    // systemd listens; nobody accepts until the service is there.
    let listener = UnixListener::bind(&socket).unwrap();
    let podman = Podman::new(socket, Arc::new(Hurried));
    let service = async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        assert!(request[..length].ends_with(b"}\0"), "the whole question waited");
        stream.write_all(b"{\"parameters\":{}}\0").await.unwrap();
    };
    let (call, change) = (Call::new("try", "it"), change());
    let (answer, ()) = tokio::join!(podman.ask(&call, &change, usual), service);
    assert_eq!(answer, Ok(json!({})));
}

#[tokio::test]
async fn a_stream_that_another_call_runs_into_is_malformed() {
    let fake =
        closing(b"{\"parameters\":{\"a\":1},\"continues\":true}\0{\"para{\"parameters\":{}}\0meters\":{}}\0");
    let mut replies = fake.podman.stream(&Call::new("try", "it"), &query()).await.unwrap();
    assert_eq!(replies.next::<Value>().await.unwrap(), Some(json!({ "a": 1 })));
    assert!(matches!(replies.next::<Value>().await, Err(Failure::Malformed(_))));
    assert!(matches!(replies.next::<Value>().await, Ok(None)));
}

#[tokio::test]
async fn a_removal_whose_reply_was_lost_is_settled_by_looking() {
    use crate::ports::runtime::Change;
    let gone =
        b"{\"error\":\"io.podman.ContainerNotFound\",\"parameters\":{\"id\":\"c\",\"reason\":\"no\"}}\0"
            .to_vec();
    let removed = fake(vec![vec![], gone]);
    assert_eq!(removed.podman.remove(&ContainerId::new("c")).await, Ok(Change::Changed));
    assert_eq!(removed.asked.load(Ordering::Relaxed), 2, "asked once, and looked once");
    let there = b"{\"parameters\":{\"config\":\"{\\\"Id\\\":\\\"c\\\"}\"}}\0".to_vec();
    let doubtful = fake(vec![vec![], there]);
    let error = doubtful.podman.remove(&ContainerId::new("c")).await.unwrap_err();
    assert!(error.is(ErrorKind::OutcomeUnknown), "{error}");
    assert_eq!(doubtful.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let fake = serving(vec![b"{\"half\":".to_vec()], true, Arc::new(Late));
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
