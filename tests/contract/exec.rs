//! `exec`: a command beside the container's own.

use crate::lab::{Lab, Output, collect, refused};
use crate::programs::{env, err, exit, forever, out, read, sleep_ms, write};
use futures_util::StreamExt;
use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::container::exec::TerminalSize;
use nomad_driver_podman::domain::container::{ContainerSpec, ExecSpec};
use nomad_driver_podman::domain::log::Stream;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{ErrorKind, ExecEvent};

pub async fn output_is_split_and_the_code_is_last(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let output = lab.exec(&id, [out("a\n"), err("b"), exit(7)]).await;
    assert_eq!(output, Output { stdout: b"a\n".to_vec(), stderr: b"b".to_vec(), code: Some(7) });
    assert_eq!(lab.exec(&id, [exit(0)]).await, Output { code: Some(0), ..Output::default() });
}

pub async fn a_missing_program_is_code_127(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let command = vec!["/no/such/program".to_owned()];
    assert_eq!(collect(lab.session(&id, command, false).await).await.code, Some(127));
}

pub async fn a_file_that_is_no_program_is_code_126(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let command = vec!["/etc/hosts".to_owned()];
    assert_eq!(collect(lab.session(&id, command, false).await).await.code, Some(126));
}

/// Begins `cat` with its input open.
async fn cat(lab: &Lab, id: &ContainerId) -> nomad_driver_podman::ports::ExecSession {
    lab.session(id, lab.arm.command(&Program::from([Step::Cat])), true).await
}

pub async fn standard_input_is_fed_until_its_end(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let mut session = cat(lab, &id).await;
    session.control.write(b"one\n").await.unwrap();
    let first = session.events.next().await.unwrap().unwrap();
    assert!(matches!(first, ExecEvent::Output(chunk) if chunk.bytes == b"one\n"));
    session.control.write(b"two").await.unwrap();
    session.control.close_stdin().await.unwrap();
    session.control.close_stdin().await.unwrap();
    let rest = collect(session).await;
    assert_eq!((rest.text().as_str(), rest.code), ("two", Some(0)));
}

pub async fn a_lot_of_input_comes_back_whole(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let session = cat(lab, &id).await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| u8::try_from(n % 253).unwrap()).collect();
    let (mut control, events) = (session.control, session.events);
    let feed = async {
        for piece in bytes.chunks(30_000) {
            control.write(piece).await.unwrap();
        }
        control.close_stdin().await.unwrap();
    };
    let read = events.fold(Output::default(), async |mut output, event| {
        match event.unwrap() {
            ExecEvent::Output(chunk) => output.add(chunk.stream, &chunk.bytes),
            ExecEvent::Exited(code) => output.code = Some(code),
        }
        output
    });
    let ((), output) = tokio::join!(feed, read);
    assert_eq!(output.code, Some(0));
    assert!(output.stdout == bytes, "{} bytes came back", output.stdout.len());
}

pub async fn a_lot_of_output_comes_whole(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let output = lab.exec(&id, [Step::Fill(Stream::Stdout, 1 << 20), exit(1)]).await;
    assert_eq!((output.stdout.len(), output.code), (1 << 20, Some(1)));
}

pub async fn standard_input_that_was_not_asked_for_is_empty(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let output = lab.exec(&id, [Step::Cat, out("end")]).await;
    assert_eq!((output.text().as_str(), output.code), ("end", Some(0)));
}

pub async fn input_after_the_end_is_in_the_wrong_state(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let mut session = cat(lab, &id).await;
    session.control.close_stdin().await.unwrap();
    refused(session.control.write(b"late").await, ErrorKind::WrongState);
    let mut control = session.control;
    while session.events.next().await.is_some() {}
    refused(control.write(b"later").await, ErrorKind::WrongState);
    assert_eq!(control.kill().await, Ok(()));
}

pub async fn kill_ends_the_program(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let command = lab.arm.command(&Program::from([out("up\n"), forever()]));
    let mut session = lab.session(&id, command, false).await;
    assert!(matches!(session.events.next().await, Some(Ok(ExecEvent::Output(_)))));
    session.control.kill().await.unwrap();
    assert_eq!(collect(session).await.code, Some(137));
}

pub async fn kill_ends_what_the_program_has_started(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let grandchild = Step::Fork(Program::from([sleep_ms(2000), write("/tmp/grandchild", "here\n")]));
    let child = Step::Fork(Program::from([grandchild, sleep_ms(2000), write("/tmp/child", "here\n")]));
    let command = lab.arm.command(&Program::from([child, out("up\n"), forever()]));
    let mut session = lab.session(&id, command, false).await;
    assert!(matches!(session.events.next().await, Some(Ok(ExecEvent::Output(_)))));
    session.control.kill().await.unwrap();
    assert_eq!(collect(session).await.code, Some(137));
    lab.sleep(2500).await;
    for path in ["/tmp/child", "/tmp/grandchild"] {
        assert_eq!(lab.exec(&id, [read(path)]).await.code, Some(1), "{path} was written");
    }
}

pub async fn a_terminal_has_one_stream(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let command = lab.arm.command(&Program::from([out("a\n"), err("b\n"), exit(4)]));
    let spec = ExecSpec { command, tty: true, stdin: true };
    let output = collect(lab.runtime.exec(&id, &spec).await.unwrap()).await;
    assert_eq!((output.text().as_str(), output.stderr.len(), output.code), ("a\r\nb\r\n", 0, Some(4)));
}

pub async fn sizes_do_no_harm(lab: &Lab) {
    let id = lab.run([forever()]).await;
    for tty in [false, true] {
        let command = lab.arm.command(&Program::from([sleep_ms(500), exit(4)]));
        let spec = ExecSpec { command, tty, stdin: true };
        let mut session = lab.runtime.exec(&id, &spec).await.unwrap();
        for (height, width) in [(0, 0), (24, 80), (0, 80)] {
            session.control.resize(TerminalSize { height, width }).await.unwrap();
        }
        assert_eq!(collect(session).await.code, Some(4), "tty: {tty}");
    }
}

pub async fn a_size_is_seen_inside(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let script = "echo up; until [ \"$(stty size)\" = \"31 97\" ]; do sleep 0.05; done; exit 9";
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    let mut session = lab.runtime.exec(&id, &ExecSpec { command, tty: true, stdin: true }).await.unwrap();
    assert!(matches!(session.events.next().await, Some(Ok(ExecEvent::Output(_)))));
    session.control.resize(TerminalSize { height: 31, width: 97 }).await.unwrap();
    assert_eq!(collect(session).await.code, Some(9));
}

pub async fn the_environment_is_the_containers(lab: &Lab) {
    let env_of = [("COLOUR", "blue")].into_iter().collect();
    let spec = ContainerSpec {
        env: env_of,
        hostname: Some("box".to_owned()),
        working_dir: Some("/tmp".to_owned()),
        user: Some("1000".to_owned()),
        ..lab.spec([forever()])
    };
    let id = lab.start(&spec).await;
    let program = [env("COLOUR"), Step::PrintHostname, Step::PrintDirectory, Step::PrintUser];
    assert_eq!(lab.exec(&id, program).await.text(), "blue\nbox\n/tmp\n1000\n");
}

pub async fn a_detached_session_runs_on(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let program = Program::from([out("up\n"), sleep_ms(500), write("/tmp/left", "here\n")]);
    let mut session = lab.session(&id, lab.arm.command(&program), false).await;
    assert!(matches!(session.events.next().await, Some(Ok(ExecEvent::Output(_)))));
    drop(session);
    for _ in 0..50 {
        lab.sleep(100).await;
        if lab.exec(&id, [read("/tmp/left")]).await.text() == "here\n" {
            return;
        }
    }
    panic!("the program did not go on");
}

pub async fn sessions_do_not_mix(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let program = |name: &str| [out(name), sleep_ms(200), err(name), sleep_ms(200), out(name)];
    let (first, second) = tokio::join!(lab.exec(&id, program("one")), lab.exec(&id, program("two")));
    assert_eq!((first.text().as_str(), &*first.stderr), ("oneone", &b"one"[..]));
    assert_eq!((second.text().as_str(), &*second.stderr), ("twotwo", &b"two"[..]));
}

pub async fn a_session_ends_with_its_container(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let command = lab.arm.command(&Program::from([out("up\n"), forever()]));
    let mut session = lab.session(&id, command, false).await;
    assert!(matches!(session.events.next().await, Some(Ok(ExecEvent::Output(_)))));
    lab.kill(&id).await;
    // Killed with it; or nobody can say any more.
    match session.events.next().await {
        Some(Ok(event)) => assert_eq!(event, ExecEvent::Exited(137)),
        Some(Err(_)) => {}
        None => panic!("neither an exit nor an error"),
    }
    assert!(session.events.next().await.is_none());
}

pub async fn a_container_that_does_not_run_is_in_the_wrong_state(lab: &Lab) {
    let spec = ExecSpec { command: vec!["true".to_owned()], tty: false, stdin: false };
    let created = lab.create(&lab.spec([exit(0)])).await;
    let (ended, _) = lab.end(&lab.spec([exit(0)])).await;
    for id in [created, ended.id] {
        refused(lab.runtime.exec(&id, &spec).await.map(|_| ()), ErrorKind::WrongState);
    }
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    let spec = ExecSpec { command: vec!["true".to_owned()], tty: false, stdin: false };
    refused(lab.runtime.exec(&lab.absent(), &spec).await.map(|_| ()), ErrorKind::NotFound);
}
