//! `pull`.

use crate::lab::{Lab, refused};
use nomad_driver_podman::domain::image::{ImageRef, PullRequest};
use nomad_driver_podman::ports::ErrorKind;

/// A short name that no registry of the arms knows.
pub const UNKNOWN: &str = "ndp-contract-no-such-image";

pub async fn one_that_is_there_is_not_fetched(lab: &Lab) {
    let image = PullRequest::of(lab.arm.image());
    let first = lab.runtime.pull(&image, &|_| {}).await.unwrap();
    assert_eq!(lab.runtime.pull(&image, &|_| {}).await, Ok(first.clone()));
    assert_eq!(first.trim_start_matches("sha256:").len(), 64, "{first}");
}

pub async fn a_name_that_no_registry_knows_is_rejected(lab: &Lab) {
    let image = PullRequest::of(ImageRef::parse(UNKNOWN).unwrap());
    let message = refused(lab.runtime.pull(&image, &|_| {}).await, ErrorKind::Rejected);
    assert!(message.contains("did not resolve"), "{message}");
}

pub async fn a_registry_that_is_down_may_be_back_later(lab: &Lab) {
    // Port 1: nobody listens there.
    let image = PullRequest::of(ImageRef::parse("localhost:1/ndp-contract/absent:1").unwrap());
    let lines = std::sync::Mutex::new(0);
    let progress = |_: &str| *lines.lock().unwrap() += 1;
    let message = refused(lab.runtime.pull(&image, &progress).await, ErrorKind::RegistryUnavailable);
    assert!(message.contains("connection refused"), "{message}");
    assert!(*lines.lock().unwrap() > 0, "the first step is told before it fails");
}
