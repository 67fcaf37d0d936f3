//! `start` and `inspect`: the states of a container.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, out, sleep_ms};
use nomad_driver_podman::domain::container::{ContainerSpec, ContainerState};
use nomad_driver_podman::domain::log::LogStart;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;

pub async fn a_started_container_runs(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let facts = lab.runtime.inspect(id.as_str()).await.unwrap();
    assert_eq!((facts.state, facts.exit_code, facts.finished_at), (ContainerState::Running, None, None));
    assert!(facts.pid.is_some_and(|pid| pid > 1), "{facts:?}");
    assert!(facts.started_at.is_some(), "{facts:?}");
}

pub async fn starting_twice_changes_nothing(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let before = lab.runtime.inspect(id.as_str()).await.unwrap();
    assert_eq!(lab.runtime.start(&id).await, Ok(Change::Identity));
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap(), before);
}

pub async fn a_missing_program_is_rejected_and_left_to_remove(lab: &Lab) {
    for command in ["/no/such/program", "nosuchprogram"] {
        let spec = ContainerSpec { command: vec![command.to_owned()], ..lab.spec([exit(0)]) };
        let id = lab.create(&spec).await;
        let message = refused(lab.runtime.start(&id).await, ErrorKind::Rejected);
        assert!(message.contains(command), "{message}");
        let facts = lab.runtime.inspect(id.as_str()).await.unwrap();
        assert_eq!((facts.state, facts.exit_code), (ContainerState::Created, None));
        assert_eq!(lab.runtime.remove(&id).await, Ok(Change::Changed));
    }
}

pub async fn a_missing_working_directory_is_rejected(lab: &Lab) {
    let spec = ContainerSpec { working_dir: Some("/no/such/dir".to_owned()), ..lab.spec([exit(0)]) };
    let id = lab.create(&spec).await;
    let message = refused(lab.runtime.start(&id).await, ErrorKind::Rejected);
    assert!(message.contains("/no/such/dir"), "{message}");
}

pub async fn an_unknown_user_is_rejected(lab: &Lab) {
    let spec = ContainerSpec { user: Some("ndpnobody".to_owned()), ..lab.spec([exit(0)]) };
    let id = lab.create(&spec).await;
    let message = refused(lab.runtime.start(&id).await, ErrorKind::Rejected);
    assert!(message.contains("ndpnobody"), "{message}");
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    let id = lab.absent();
    refused(lab.runtime.start(&id).await, ErrorKind::NotFound);
    let message = refused(lab.runtime.inspect(id.as_str()).await, ErrorKind::NotFound);
    assert!(message.contains("no such container"), "{message}");
}

pub async fn an_ended_container_starts_again(lab: &Lab) {
    let id = lab.run([out("run\n"), exit(3)]).await;
    let first = lab.runtime.wait(&id).await.unwrap();
    lab.sleep(50).await;
    assert_eq!(lab.runtime.start(&id).await, Ok(Change::Changed));
    let second = lab.runtime.wait(&id).await.unwrap();
    assert_eq!((first.exit_code, second.exit_code), (Some(3), Some(3)));
    assert!(second.started_at > first.started_at, "{first:?} {second:?}");
    assert!(lab.logs(&id, LogStart::Beginning).await.text().ends_with("run\n"));
}

pub async fn an_ended_container_tells_all_about_its_end(lab: &Lab) {
    // Podman notes the start once the process is on its way: a shorter one ends before it has started.
    let (facts, _) = lab.end(&lab.spec([sleep_ms(300), exit(4)])).await;
    assert_eq!((facts.state, facts.exit_code), (ContainerState::Exited, Some(4)));
    assert_eq!((facts.pid, facts.ip.as_deref(), facts.oom_killed), (None, None, false));
    assert!(facts.finished_at >= facts.started_at && facts.started_at.is_some(), "{facts:?}");
    assert_eq!(lab.runtime.inspect(facts.id.as_str()).await.unwrap(), facts);
}
