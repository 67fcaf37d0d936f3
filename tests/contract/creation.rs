//! `create`: what it makes, and what it refuses.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever};
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::domain::container::spec::{Mount, MountSource, Network};
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerName;
use nomad_driver_podman::ports::ErrorKind;

pub async fn a_created_container_is_found_by_id_and_name(lab: &Lab) {
    let spec = lab.spec([exit(0)]);
    let id = lab.create(&spec).await;
    let facts = lab.runtime.inspect(id.as_str()).await.unwrap();
    assert_eq!(lab.runtime.inspect(spec.name.as_str()).await.unwrap(), facts);
    assert_eq!((&facts.id, &facts.name, facts.state), (&id, &spec.name, ContainerState::Created));
    assert_eq!((facts.pid, facts.started_at, facts.finished_at), (None, None, None));
    assert_eq!((facts.exit_code, facts.oom_killed, facts.ip), (None, false, None));
}

pub async fn a_name_is_used_once(lab: &Lab) {
    let spec = lab.spec([forever()]);
    let id = lab.create(&spec).await;
    refused(lab.runtime.create(&spec).await, ErrorKind::NameInUse);
    assert_eq!(lab.runtime.inspect(spec.name.as_str()).await.unwrap().id, id);
}

pub async fn an_image_that_is_not_there_is_missing(lab: &Lab) {
    let mut spec = lab.spec([exit(0)]);
    spec.image = ImageRef::parse("localhost/ndp-no-such-image:1").unwrap();
    let message = refused(lab.runtime.create(&spec).await, ErrorKind::ImageMissing);
    assert!(message.contains("ndp-no-such-image"), "{message}");
    refused(lab.runtime.inspect(spec.name.as_str()).await, ErrorKind::NotFound);
}

pub async fn a_bind_of_nothing_is_rejected(lab: &Lab) {
    let mut spec = lab.spec([exit(0)]);
    spec.mounts = vec![Mount {
        target: "/data".to_owned(),
        source: MountSource::Bind("/ndp/no/such/dir".to_owned()),
        options: vec![],
    }];
    let message = refused(lab.runtime.create(&spec).await, ErrorKind::Rejected);
    assert!(message.contains("/ndp/no/such/dir"), "{message}");
}

pub async fn a_bad_name_is_rejected(lab: &Lab) {
    let spec = lab.spec([exit(0)]);
    for name in ["-dash", "sp ace", "ü"] {
        let mut spec = spec.clone();
        spec.name = ContainerName::new(name);
        refused(lab.runtime.create(&spec).await, ErrorKind::Rejected);
    }
}

pub async fn the_network_of_an_absent_container_is_rejected(lab: &Lab) {
    let mut spec = lab.spec([exit(0)]);
    spec.network = Network::Container("ndp-no-such-container".to_owned());
    let message = refused(lab.runtime.create(&spec).await, ErrorKind::Rejected);
    assert!(message.contains("ndp-no-such-container"), "{message}");
}
