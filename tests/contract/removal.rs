//! `remove`: whatever the state, nothing is left.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, ignore, out};
use nomad_driver_podman::domain::container::spec::Network;
use nomad_driver_podman::domain::container::{ContainerSpec, ContainerState};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;
use std::time::Duration;

pub async fn a_running_container_is_gone_and_its_name_is_free(lab: &Lab) {
    let spec = lab.spec([forever()]);
    let id = lab.start(&spec).await;
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    refused(lab.runtime.inspect(id.as_str()).await, ErrorKind::NotFound);
    let again = lab.create(&spec).await;
    assert_ne!(again, id);
}

pub async fn ended_and_created_containers_are_gone(lab: &Lab) {
    let (ended, _) = lab.end(&lab.spec([exit(1)])).await;
    let created = lab.create(&lab.spec([exit(1)])).await;
    for id in [ended.id, created] {
        assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
        refused(lab.runtime.inspect(id.as_str()).await, ErrorKind::NotFound);
    }
}

pub async fn an_absent_container_is_removed_already(lab: &Lab) {
    assert_eq!(lab.runtime.remove(&lab.absent()).await, Ok(Change::Identity));
    let id = lab.create(&lab.spec([exit(0)])).await;
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Identity));
}

pub async fn a_stubborn_program_does_not_hold_it_up(lab: &Lab) {
    let id = lab.run([ignore("TERM"), out("ready\n"), forever()]).await;
    lab.printed(&id, "ready").await;
    let before = lab.clock.now();
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    let took = lab.clock.now().since(before);
    // Podman's own grace period is ten seconds.
    assert!(took < Duration::from_secs(8), "{took:?}");
}

pub async fn a_container_whose_network_is_shared_stays_until_the_others_are_gone(lab: &Lab) {
    let first = lab.spec([forever()]);
    let first_id = lab.start(&first).await;
    let network = Network::Container(first.name.to_string());
    let second_id = lab.create(&ContainerSpec { network, ..lab.spec([forever()]) }).await;
    let error = lab.runtime.remove(&first_id).await.unwrap_err();
    assert!(error.kind.is_transient() && error.message.contains(second_id.as_str()), "{error:?}");
    assert_eq!(lab.runtime.inspect(first_id.as_str()).await.unwrap().state, ContainerState::Running);
    for id in [second_id, first_id] {
        assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    }
}
