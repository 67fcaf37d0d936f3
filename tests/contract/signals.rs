//! `signal`: to the first process, which decides what it means.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, ignore, out, sleep_ms, trap};
use nomad_driver_podman::domain::container::{ContainerSpec, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::ports::ErrorKind;

pub async fn a_killed_container_has_code_137(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let facts = lab.kill(&id).await;
    assert_eq!((facts.state, facts.exit_code, facts.oom_killed), (ContainerState::Exited, Some(137), false));
}

pub async fn a_handler_decides_how_it_ends(lab: &Lab) {
    let id = lab.run([trap("TERM", [out("bye\n"), exit(3)]), out("ready\n"), forever()]).await;
    lab.printed(&id, "ready").await;
    lab.signal(&id, "TERM").await;
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(3));
    lab.printed(&id, "ready\nbye\n").await;
}

pub async fn a_handler_may_go_on(lab: &Lab) {
    let id = lab.run([trap("USR1", [out("usr1\n")]), out("ready\n"), forever()]).await;
    lab.printed(&id, "ready").await;
    lab.signal(&id, "USR1").await;
    lab.printed(&id, "usr1\n").await;
    lab.signal(&id, "USR1").await;
    lab.printed(&id, "usr1\nusr1\n").await;
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().state, ContainerState::Running);
}

pub async fn the_first_process_is_spared_signals_that_it_does_not_handle(lab: &Lab) {
    let id = lab.run([out("up\n"), forever()]).await;
    // Before that it is the OCI runtime, which spares itself nothing.
    lab.printed(&id, "up").await;
    for name in ["TERM", "INT", "HUP", "USR1"] {
        lab.signal(&id, name).await;
    }
    lab.sleep(300).await;
    assert_eq!(lab.runtime.inspect(id.as_str()).await.unwrap().state, ContainerState::Running);
    assert_eq!(lab.kill(&id).await.exit_code, Some(137));
}

pub async fn an_ignored_signal_changes_nothing(lab: &Lab) {
    let id = lab.run([ignore("TERM"), out("ready\n"), sleep_ms(1500), exit(5)]).await;
    lab.printed(&id, "ready").await;
    lab.signal(&id, "TERM").await;
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(5));
}

pub async fn hangup_and_real_time_signals_arrive(lab: &Lab) {
    for name in ["SIGHUP", "10", "RTMIN+3"] {
        let id = lab.run([trap(name, [exit(8)]), out("ready\n"), forever()]).await;
        lab.printed(&id, "ready").await;
        lab.signal(&id, name).await;
        assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(8), "{name}");
    }
}

pub async fn an_ended_container_is_in_the_wrong_state(lab: &Lab) {
    let (facts, _) = lab.end(&lab.spec([exit(0)])).await;
    for signal in [Signal::TERM, Signal::KILL] {
        refused(lab.runtime.signal(&facts.id, signal).await, ErrorKind::WrongState);
    }
}

pub async fn a_container_never_started_is_in_the_wrong_state(lab: &Lab) {
    let id = lab.create(&lab.spec([exit(0)])).await;
    refused(lab.runtime.signal(&id, Signal::TERM).await, ErrorKind::WrongState);
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    refused(lab.runtime.signal(&lab.absent(), Signal::KILL).await, ErrorKind::NotFound);
}

pub async fn below_an_init_signals_do_what_they_do_by_default(lab: &Lab) {
    let spec = ContainerSpec { init: true, ..lab.spec([out("ready\n"), forever()]) };
    let id = lab.start(&spec).await;
    lab.printed(&id, "ready").await;
    lab.signal(&id, "TERM").await;
    assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(143));
}
