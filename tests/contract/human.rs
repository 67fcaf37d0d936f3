//! What a person does beside the driver.

use crate::arm::Deed;
use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, out, sleep_ms};
use nomad_driver_podman::domain::container::{ContainerState, ExecSpec};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::runtime::Change;
use std::time::Duration;

pub async fn a_pause_is_seen_and_is_no_end(lab: &Lab) {
    let id = lab.run([out("up\n"), sleep_ms(1000), exit(5)]).await;
    lab.printed(&id, "up").await;
    let state = async || lab.runtime.inspect(id.as_str()).await.unwrap().state;
    lab.human(Deed::Pause, &id).await;
    assert_eq!(state().await, ContainerState::Paused);
    // Longer than the program would have taken.
    let limit = Duration::from_secs(2);
    assert!(within(&*lab.clock, limit, lab.runtime.wait(&id)).await.is_err());
    assert_eq!(state().await, ContainerState::Paused);
    lab.human(Deed::Unpause, &id).await;
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(5));
}

pub async fn a_paused_container_can_be_killed(lab: &Lab) {
    let id = lab.run([forever()]).await;
    lab.human(Deed::Pause, &id).await;
    assert_eq!(lab.kill(&id).await.exit_code, Some(137));
    let id = lab.run([forever()]).await;
    lab.human(Deed::Pause, &id).await;
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
}

pub async fn a_paused_container_takes_no_commands(lab: &Lab) {
    let id = lab.run([forever()]).await;
    lab.human(Deed::Pause, &id).await;
    refused(lab.runtime.start(&id).await, ErrorKind::WrongState);
    let spec = ExecSpec { command: vec!["true".to_owned()], tty: false, stdin: false };
    refused(lab.runtime.exec(&id, &spec).await.map(|_| ()), ErrorKind::WrongState);
    lab.human(Deed::Unpause, &id).await;
    assert_eq!(lab.exec(&id, [exit(3)]).await.code, Some(3));
}

pub async fn a_container_removed_by_hand_is_gone(lab: &Lab) {
    let id = lab.run([forever()]).await;
    lab.human(Deed::Remove, &id).await;
    refused(lab.runtime.inspect(id.as_str()).await, ErrorKind::NotFound);
    refused(lab.runtime.wait(&id).await, ErrorKind::NotFound);
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Identity));
}
