//! Replies that get lost after their effect, or make no sense: who looks finds it, and nothing is done twice.

use crate::arm::Arm;
use crate::double::VarlinkArm;
use crate::lab::Lab;
use crate::programs::forever;
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;
use std::sync::Arc;

fn lab() -> (Arc<VarlinkArm>, Lab) {
    let arm = Arc::new(VarlinkArm::new());
    let lab = Lab::new(Arc::<VarlinkArm>::clone(&arm) as Arc<dyn Arm>);
    (arm, lab)
}

#[tokio::test]
async fn of_a_create_the_outcome_is_unknown_and_the_container_there_once() {
    let (arm, lab) = lab();
    let spec = lab.spec([forever()]);
    arm.loses_the_reply_to("io.podman.CreateContainer");
    let error = lab.runtime.create(&spec).await.unwrap_err();
    assert!(error.is(ErrorKind::OutcomeUnknown), "{error}");
    let found = lab.runtime.inspect(spec.name.as_str()).await.unwrap();
    assert_eq!((found.state, found.labels), (ContainerState::Created, spec.labels));
    assert_eq!(lab.runtime.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_a_create_whose_reply_makes_no_sense_it_is_unknown_too() {
    let (arm, lab) = lab();
    let spec = lab.spec([forever()]);
    arm.garbles_the_reply_to("io.podman.CreateContainer");
    let error = lab.runtime.create(&spec).await.unwrap_err();
    assert!(error.is(ErrorKind::OutcomeUnknown) && error.message.contains("container"), "{error}");
    assert_eq!(lab.runtime.inspect(spec.name.as_str()).await.unwrap().state, ContainerState::Created);
    arm.garbles_the_reply_to("io.podman.RemoveContainer");
    let id = lab.runtime.inspect(spec.name.as_str()).await.unwrap().id;
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
}

#[tokio::test]
async fn of_a_start_it_is_unknown_and_the_container_runs() {
    let (arm, lab) = lab();
    let id = lab.create(&lab.spec([forever()])).await;
    arm.loses_the_reply_to("io.podman.StartContainer");
    assert!(lab.runtime.start(&id).await.unwrap_err().is(ErrorKind::OutcomeUnknown));
    assert_eq!(lab.runtime.start(&id).await, Ok(Change::Identity));
}

#[tokio::test]
async fn a_removal_finds_out_itself() {
    let (arm, lab) = lab();
    let id = lab.create(&lab.spec([forever()])).await;
    arm.loses_the_reply_to("io.podman.RemoveContainer");
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Identity));
}
