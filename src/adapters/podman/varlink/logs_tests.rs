//! A service that answers one connection after the other, as 1.9.3 did.

use super::super::client::tests::{Passing, fake, staying};
use super::*;
use crate::domain::log::LogChunk;

const OUT: &str = "2026-11-24T00:00:02.181352878+00:00 stdout F out\n";
const ERR: &str = "2026-11-24T00:00:02.181421490+00:00 stderr F err\n";
const LAST: &str = "2026-11-24T00:00:03.181421490+00:00 stdout P last\n";

fn inspected(status: &str) -> Vec<u8> {
    let inspect = json!({ "Id": "c", "State": { "Status": status, "StartedAt": "2026-11-24T00:00:02Z",
        "FinishedAt": "2026-11-24T00:00:04Z" } });
    format!("{}\0", json!({ "parameters": { "config": inspect.to_string() } })).into_bytes()
}

fn told(lines: &[&str], continues: bool) -> String {
    format!("{}\0", json!({ "parameters": { "container": lines }, "continues": continues }))
}

fn followed() -> Vec<u8> {
    let end =
        json!({ "error": "io.podman.ErrorOccurred", "parameters": { "reason": "c is no longer running" } });
    [told(&[OUT], true), told(&[], true), told(&[ERR], true), format!("{end}\0")].concat().into_bytes()
}

async fn read(answers: Vec<Vec<u8>>, start: LogStart) -> (Vec<LogChunk>, LogCursor) {
    let fake = fake(answers);
    let podman = Arc::new(fake.podman);
    let batches = podman.told_logs(&ContainerId::new("c"), start).await.unwrap();
    let batches: Vec<LogBatch> = batches.map(Result::unwrap).collect().await;
    let cursor = batches.last().map(|batch| batch.cursor).unwrap_or_default();
    (batches.into_iter().flat_map(|batch| batch.chunks).collect(), cursor)
}

fn chunk(stream: Stream, bytes: &[u8]) -> LogChunk {
    LogChunk { stream, bytes: bytes.to_vec() }
}

#[tokio::test]
async fn what_a_follower_is_not_told_is_read_at_the_end() {
    let all = told(&[OUT, ERR, LAST], false).into_bytes();
    let answers = vec![inspected("running"), followed(), inspected("exited"), all.clone()];
    let (chunks, cursor) = read(answers, LogStart::Beginning).await;
    let expected =
        [chunk(Stream::Stdout, b"out\n"), chunk(Stream::Stderr, b"err\n"), chunk(Stream::Stdout, b"last")];
    assert_eq!(chunks, expected);
    assert_eq!(cursor.offset as usize, OUT.len() + ERR.len() + LAST.len());
    let after = LogCursor { generation: GENERATION, offset: OUT.len() as u64 };
    let (rest, _) = read(vec![inspected("exited"), all.clone()], LogStart::After(after)).await;
    assert_eq!(rest, expected[1..]);
    let (none, here) = read(vec![all.clone(), inspected("exited"), all], LogStart::Now).await;
    assert_eq!((none, here), (vec![], cursor), "where it begins is told all the same");
}

/// How a follower ends that is told `told` after its first line.
async fn end_after(told: &str) -> RuntimeError {
    let answer = [self::told(&[OUT], true), told.to_owned()].concat().into_bytes();
    let fake = fake(vec![inspected("running"), answer]);
    let podman = Arc::new(fake.podman);
    let mut batches = podman.told_logs(&ContainerId::new("c"), LogStart::Beginning).await.unwrap();
    assert_eq!(batches.next().await.unwrap().unwrap().chunks, [chunk(Stream::Stdout, b"out\n")]);
    let error = batches.next().await.unwrap().unwrap_err();
    assert!(batches.next().await.is_none());
    error
}

#[tokio::test]
async fn only_the_end_is_one() {
    let locked =
        json!({ "error": "io.podman.ErrorOccurred", "parameters": { "reason": "database is locked" } });
    let error = end_after(&format!("{locked}\0")).await;
    assert!(error.is(ErrorKind::Internal) && error.message == "database is locked", "{error}");
    assert!(end_after("").await.is(ErrorKind::Unavailable));
    assert!(end_after("{}\0").await.is(ErrorKind::Malformed));
}

#[tokio::test]
async fn silence_ends_with_a_deadline() {
    let clock = Passing::new(QUERY_TIMEOUT);
    let answers = vec![inspected("running"), told(&[OUT], true).into_bytes()];
    let fake = staying(answers, Arc::<Passing>::clone(&clock));
    let podman = Arc::new(fake.podman);
    let mut batches = podman.told_logs(&ContainerId::new("c"), LogStart::Beginning).await.unwrap();
    assert_eq!(batches.next().await.unwrap().unwrap().chunks.len(), 1);
    clock.pass();
    assert!(batches.next().await.unwrap().unwrap_err().is(ErrorKind::TimedOut));
}
