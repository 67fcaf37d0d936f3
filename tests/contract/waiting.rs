//! `wait`: the true end, once, to everybody who asks.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, sleep_ms};
use nomad_driver_podman::domain::container::{ContainerSpec, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::runtime::Change;
use std::time::Duration;

pub async fn exit_codes_are_reported(lab: &Lab) {
    for code in [0, 7, 137, 255] {
        let (facts, _) = lab.end(&lab.spec([exit(code)])).await;
        assert_eq!((facts.state, facts.exit_code), (ContainerState::Exited, Some(i32::from(code))));
    }
}

pub async fn an_end_is_told_soon(lab: &Lab) {
    let id = lab.run([sleep_ms(300), exit(1)]).await;
    let facts = lab.runtime.wait(&id).await.unwrap();
    let late = lab.clock.now().since(facts.finished_at.unwrap());
    // Far above what it takes, far below what polling in seconds would.
    assert!(late < Duration::from_secs(2), "{late:?}");
}

pub async fn an_end_long_past_is_told_at_once(lab: &Lab) {
    let id = lab.run([exit(9)]).await;
    let first = lab.runtime.wait(&id).await.unwrap();
    lab.sleep(500).await;
    assert_eq!(lab.runtime.wait(&id).await.unwrap(), first);
}

pub async fn several_waiters_learn_the_same(lab: &Lab) {
    let id = lab.run([sleep_ms(300), exit(6)]).await;
    let wait = || lab.runtime.wait(&id);
    let (a, b, c) = tokio::join!(wait(), wait(), wait());
    assert_eq!(a.as_ref().unwrap().exit_code, Some(6));
    assert_eq!((&a, &a), (&b, &c));
}

pub async fn a_container_never_started_is_in_the_wrong_state(lab: &Lab) {
    let id = lab.create(&lab.spec([exit(0)])).await;
    refused(lab.runtime.wait(&id).await, ErrorKind::WrongState);
}

pub async fn a_container_whose_start_failed_is_in_the_wrong_state(lab: &Lab) {
    let spec = ContainerSpec { command: vec!["/no/such/program".to_owned()], ..lab.spec([exit(0)]) };
    let id = lab.create(&spec).await;
    refused(lab.runtime.start(&id).await, ErrorKind::Rejected);
    refused(lab.runtime.wait(&id).await, ErrorKind::WrongState);
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    refused(lab.runtime.wait(&lab.absent()).await, ErrorKind::NotFound);
}

pub async fn a_container_removed_meanwhile_is_not_found(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let remove = async {
        lab.sleep(300).await;
        lab.runtime.remove(&id).await
    };
    let (waited, removed) = tokio::join!(lab.runtime.wait(&id), remove);
    assert_eq!(removed, Ok(Change::Changed));
    // Whoever looks fast enough may still see the end: the kill that was part of the removal.
    match waited {
        Ok(facts) => assert_eq!(facts.exit_code, Some(137)),
        Err(error) => assert_eq!(error.kind, ErrorKind::NotFound, "{error}"),
    }
}

pub async fn a_waiter_that_gives_up_changes_nothing(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let limit = Duration::from_millis(300);
    assert!(within(&*lab.clock, limit, lab.runtime.wait(&id)).await.is_err());
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().state, ContainerState::Running);
    lab.runtime.signal(&id, Signal::KILL).await.unwrap();
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(137));
}

pub async fn ends_out_of_sight_are_told_all_the_same(lab: &Lab) {
    let blind = lab.arm.blind_runtime();
    let (one, other) = (lab.run([sleep_ms(500), exit(3)]).await, lab.run([forever()]).await);
    let kill = async {
        assert_eq!(blind.wait(&one).await.unwrap().exit_code, Some(3));
        lab.runtime.signal(&other, Signal::KILL).await.unwrap();
    };
    let (killed, ()) = tokio::join!(blind.wait(&other), kill);
    assert_eq!(killed.unwrap().exit_code, Some(137));
    assert_eq!(blind.wait(&one).await.unwrap().exit_code, Some(3), "long past");
}
