//! What Podman 1 has of its own: on the service of ours, and on a real one where there is one.

use crate::arm::Arm;
use crate::double::VarlinkArm;
use crate::lab::{Lab, refused};
use crate::podman1_arm::Podman1Arm;
use crate::programs::{exit, out};
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{Log, LogDriver};
use nomad_driver_podman::domain::image::{Account, ImageRef, PullRequest};
use nomad_driver_podman::domain::log::LogStart;
use nomad_driver_podman::domain::secret::Secret;
use nomad_driver_podman::ports::ErrorKind;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

fn labs() -> Vec<Lab> {
    let real = Podman1Arm::of_environment().ok().map(|arm| Arc::new(arm) as Arc<dyn Arm>);
    let double: Arc<dyn Arm> = Arc::new(VarlinkArm::new());
    [double].into_iter().chain(real).map(Lab::new).collect()
}

#[tokio::test]
async fn what_goes_to_the_journal_is_not_read_back_and_said_so_at_once() {
    for lab in labs() {
        let log = Log { driver: LogDriver::Journal, ..Log::default() };
        let spec = ContainerSpec { log, ..lab.spec([out("a\n"), exit(3)]) };
        let id = lab.start(&spec).await;
        assert_eq!(lab.runtime.wait(&id).await.unwrap().exit_code, Some(3));
        let blind = lab.arm.blind_runtime();
        for runtime in [&lab.runtime, &blind] {
            let logs = runtime.logs(&id, LogStart::Beginning).await.map(|_| ());
            assert!(refused(logs, ErrorKind::Unsupported).contains("journald"));
            refused(runtime.last_words(&id).await, ErrorKind::Unsupported);
        }
        assert_eq!((lab.clean().await, lab.arm.complaints()), (vec![], vec![]));
    }
}

/// As `validate` says it, which cannot know what is there.
#[tokio::test]
async fn a_registry_that_proves_nothing_is_refused_although_the_image_is_there() {
    for lab in labs() {
        let spec = ContainerSpec { unproven_registry: true, ..lab.spec([exit(0)]) };
        let refusal = refused(lab.runtime.create(&spec).await, ErrorKind::Unsupported);
        assert!(refusal.contains("auth.tls_verify"), "{refusal}");
        assert_eq!((lab.clean().await, lab.arm.complaints()), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_pull_tells_its_steps_and_who_pulls() {
    let arm = Arc::new(VarlinkArm::new());
    let lab = Lab::new(Arc::<VarlinkArm>::clone(&arm) as Arc<dyn Arm>);
    let account = Account { username: "who".to_owned(), password: Secret::new("secret".to_owned()) };
    let image = ImageRef::parse("registry.example/app:1").unwrap();
    let request = PullRequest { account: Some(account), ..PullRequest::of(image) };
    let steps = Mutex::new(Vec::new());
    let id = lab.runtime.pull(&request, &|line| steps.lock().unwrap().push(line.to_owned())).await.unwrap();
    assert_eq!(lab.runtime.image_id("registry.example/app:1").await, Ok(Some(id)));
    let steps = steps.lock().unwrap().clone();
    assert!(steps.iter().all(|step| !step.is_empty() && !step.ends_with('\n')), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("registry.example/app:1")), "{steps:?}");
    assert_eq!(arm.accounts(), [("who".to_owned(), "secret".to_owned())]);
    assert_eq!(arm.complaints(), [""; 0]);
}

/// What the service of ours answers; it hangs up on what is no request.
fn asked(arm: &VarlinkArm, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(arm.socket()).unwrap();
    stream.write_all(request).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn what_no_client_may_ask_is_refused_and_on_record() {
    let arm = Arc::new(VarlinkArm::new());
    let of = |rest: &str| format!("{{\"method\":\"{rest}}}\0");
    for (request, answer) in [
        (of("io.podman.Surprise\""), "MethodNotFound"),
        (of("io.podman.GetContainerStats\",\"parameters\":{\"name\":\"x\",\"size\":1}"), "InvalidParameter"),
        (of("org.varlink.service.GetInfo\",\"parameters\":{\"x\":1}"), "InvalidParameter"),
        (of("org.varlink.service.GetInfo\",\"more\":true"), "\"more\""),
        (of("org.varlink.service.GetInfo\",\"upgrade\":true"), "\"upgrade\""),
        (of("org.varlink.service.GetInfo\",\"oneway\":true"), ""),
        (
            of(
                "io.podman.GetContainersByContext\",\"parameters\":{\"all\":false,\"latest\":false,\"args\":[]}",
            ),
            "",
        ),
        ("{}".to_owned(), ""),
        ("HTTP/1.1\0".to_owned(), ""),
    ] {
        let before = arm.complaints().len();
        let (asking, bytes) = (Arc::clone(&arm), request.clone().into_bytes());
        let reply = tokio::task::spawn_blocking(move || asked(&asking, &bytes)).await.unwrap();
        assert!(reply.contains(answer) && reply.is_empty() == answer.is_empty(), "{request:?}: {reply}");
        assert_eq!(arm.complaints().len(), before + 1, "{request:?}");
    }
}
