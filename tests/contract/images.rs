//! `pull`, `image_id`, `remove_image`.

use crate::lab::{Lab, refused};
use crate::programs::exit;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::image::{Image, ImageRef, PullRequest};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;
use std::path::Path;

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
    // In the words of Podman 3.4 and later, and of those before.
    let known = ["did not resolve", "no search registries are defined"];
    assert!(known.iter().any(|words| message.contains(words)), "{message}");
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

/// An image of its own, which this case may remove.
async fn brought(lab: &Lab) -> (ImageRef, String) {
    let image = ImageRef::parse(&format!("localhost/{}:1", lab.mark)).unwrap();
    lab.arm.bring_image(image.as_str()).await;
    let id = lab.runtime.image_id(image.as_str()).await.unwrap();
    (image, id.expect("it was brought"))
}

pub async fn a_name_means_one_image_or_none(lab: &Lab) {
    let image = lab.arm.image();
    let id = lab.runtime.image_id(image.as_str()).await.unwrap().unwrap();
    assert_eq!(lab.runtime.pull(&PullRequest::of(image), &|_| {}).await.as_ref(), Ok(&id));
    assert_eq!(lab.runtime.image_id(&id).await, Ok(Some(id)));
    assert_eq!(lab.runtime.image_id(UNKNOWN).await, Ok(None));
}

pub async fn an_image_in_use_stays_and_goes_when_nobody_uses_it(lab: &Lab) {
    let (image, id) = brought(lab).await;
    let user = lab.create(&ContainerSpec { image: image.clone(), ..lab.spec([exit(0)]) }).await;
    refused(lab.runtime.remove_image(&id).await, ErrorKind::WrongState);
    assert_eq!(lab.runtime.image_id(image.as_str()).await, Ok(Some(id.clone())));
    assert_eq!(lab.runtime.remove(&user).await, Ok(Change::Changed));
    assert_eq!(lab.runtime.remove_image(&id).await, Ok(Change::Changed));
    assert_eq!(lab.runtime.image_id(image.as_str()).await, Ok(None));
    assert_eq!(lab.runtime.remove_image(&id).await, Ok(Change::Identity));
}

pub async fn an_absent_image_is_removed_already(lab: &Lab) {
    assert_eq!(lab.runtime.remove_image(&"0".repeat(64)).await, Ok(Change::Identity));
}

pub async fn a_container_says_which_image_it_has(lab: &Lab) {
    let id = lab.create(&lab.spec([exit(0)])).await;
    let image = lab.runtime.image_id(lab.arm.image().as_str()).await.unwrap();
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().image, image);
    let all = lab.runtime.list().await.unwrap();
    assert_eq!(all.into_iter().find(|facts| facts.id == id).unwrap().image, image);
}

pub async fn an_archive_is_loaded_and_stays(lab: &Lab) {
    let (image, id) = brought(lab).await;
    let archive = lab.dir().join("image.tar");
    lab.arm.save_image(image.as_str(), &archive).await;
    assert_eq!(lab.runtime.remove_image(&id).await, Ok(Change::Changed));
    let request = |path: &Path| PullRequest {
        image: Image::parse(&format!("docker-archive:{}", path.display())).unwrap(),
        archive: Some(path.to_owned()),
        ..PullRequest::of(image.clone())
    };
    let loaded = lab.runtime.pull(&request(&archive), &|_| {}).await.unwrap();
    assert_eq!(lab.runtime.image_id(&loaded).await, Ok(Some(loaded.clone())));
    assert!(archive.exists(), "the archive is not ours to take");
    assert_eq!(lab.runtime.remove_image(&loaded).await, Ok(Change::Changed));
    let absent = archive.with_file_name("absent.tar");
    refused(lab.runtime.pull(&request(&absent), &|_| {}).await, ErrorKind::Rejected);
}
