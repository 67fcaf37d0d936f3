//! Pulls from a service that stops, stalls or stutters on the way.

use super::super::client::tests::{Fake, Passing, fake, staying};
use super::*;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

const ABSENT: &str =
    "{\"error\":\"io.podman.ImageNotFound\",\"parameters\":{\"id\":\"i\",\"reason\":\"no such image\"}}\0";

fn step(lines: &[&str], id: &str, continues: bool) -> String {
    let reply = json!({ "logs": lines, "id": id });
    format!("{}\0", json!({ "parameters": { "reply": reply }, "continues": continues }))
}

fn begun() -> String {
    step(&["Trying to pull i...\n"], "", true)
}

fn answers(pulls: &[String]) -> Vec<Vec<u8>> {
    [ABSENT.to_owned()].iter().chain(pulls).map(|text| text.clone().into_bytes()).collect()
}

fn request() -> PullRequest {
    let timeout = PULL_TIMEOUT * 2;
    PullRequest { timeout, ..PullRequest::of(ImageRef::parse("registry.example/i:1").unwrap()) }
}

async fn pulled(fake: &Fake) -> (Result<String, ErrorKind>, Vec<String>) {
    let steps = Mutex::new(Vec::new());
    let tell = |line: &str| steps.lock().unwrap().push(line.to_owned());
    let pulled = fake.podman.pull(&request(), &tell).await.map_err(|error| error.kind);
    (pulled, steps.into_inner().unwrap())
}

#[tokio::test]
async fn steps_are_told_and_the_last_one_names_the_image() {
    let pull = [begun(), step(&["a\n\nb\n"], "", true), step(&[], "id", false)].concat();
    let (id, steps) = pulled(&fake(answers(&[pull]))).await;
    assert_eq!(
        (id, steps),
        (Ok("id".to_owned()), ["Trying to pull i...", "a", "b"].map(str::to_owned).to_vec())
    );
    let nameless = [begun(), step(&[], "", false)].concat();
    assert_eq!(pulled(&fake(answers(&[nameless]))).await.0, Err(ErrorKind::Malformed));
}

#[tokio::test]
async fn a_service_that_was_restarted_meanwhile_is_asked_once_more() {
    let restarted = fake(answers(&[begun(), step(&[], "id", false)]));
    assert_eq!(pulled(&restarted).await.0, Ok("id".to_owned()));
    let restarting = fake(answers(&[begun(), begun(), step(&[], "id", false)]));
    assert_eq!(pulled(&restarting).await.0, Err(ErrorKind::Unavailable));
    assert_eq!(restarting.asked.load(Ordering::Relaxed), 3, "one look and two pulls");
}

#[tokio::test]
async fn nonsense_and_refusals_end_it() {
    let garbled = [begun(), "{\"parameters\":{\"reply\":[]}}\0".to_owned()].concat();
    assert_eq!(pulled(&fake(answers(&[garbled]))).await.0, Err(ErrorKind::Malformed));
    let reason = "unable to pull i: dial tcp: connect: connection refused";
    let refused = json!({ "error": "io.podman.ErrorOccurred", "parameters": { "reason": reason } });
    let refused = [begun(), format!("{refused}\0")].concat();
    assert_eq!(pulled(&fake(answers(&[refused]))).await.0, Err(ErrorKind::RegistryUnavailable));
}

#[tokio::test]
async fn silence_and_the_requests_own_deadline_end_it() {
    for limit in [PULL_TIMEOUT, request().timeout] {
        let clock = Passing::new(limit);
        let fake = staying(answers(&[begun()]), Arc::<Passing>::clone(&clock));
        // Time passes once the first step was told.
        let error = fake.podman.pull(&request(), &|_| clock.pass()).await.unwrap_err();
        assert!(error.is(ErrorKind::TimedOut), "{error}");
        assert_eq!(error.message.contains("image_pull_timeout"), limit == request().timeout, "{error}");
    }
}
