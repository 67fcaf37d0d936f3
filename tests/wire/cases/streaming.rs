//! ExecTaskStreaming: `nomad alloc exec`.

use super::SERVICE;
use crate::agent::{Agent, Ended};
use crate::lab::{Lab, exists};
use crate::task::Task;
use nomad_driver_podman::adapters::nomad::proto::driver::{
    ExecTaskStreamingIoOperation, ExecTaskStreamingRequest,
};
use std::rc::Rc;
use std::time::Duration;

async fn running(lab: &Lab) -> (Rc<Agent>, Task) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    (plugin, task)
}

pub async fn the_setup_comes_first(lab: &Lab) {
    let (plugin, _task) = running(lab).await;
    let stdin = ExecTaskStreamingIoOperation { data: b"x".to_vec().into(), close: false };
    for first in [
        ExecTaskStreamingRequest::default(),
        ExecTaskStreamingRequest { stdin: Some(stdin), ..Default::default() },
    ] {
        let refused = plugin.session_with(first).await.ended().await.unwrap_err();
        assert!(refused.message.contains("setup"), "{refused:?}");
    }
}

pub async fn input_comes_back_until_it_is_closed(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let mut session = plugin.session(task.id(), lab.arm.command("cat\nexit 5"), false).await;
    session.write(b"one\n").await;
    session.says("one\n").await;
    session.write(b"two").await;
    session.write(b" three\n").await;
    session.says("two three\n").await;
    session.close().await;
    let ended = session.ended().await.unwrap();
    assert_eq!(ended, Ended { stdout: b"one\ntwo three\n".to_vec(), stderr: vec![], code: Some(5) });
}

pub async fn both_streams_and_the_exit_code_arrive(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("out o\\x00\\xff\nerr e\nexit 9");
    let session = plugin.session(task.id(), command, false).await;
    let ended = session.ended().await.unwrap();
    assert_eq!(ended, Ended { stdout: b"o\x00\xff".to_vec(), stderr: b"e".to_vec(), code: Some(9) });
}

pub async fn heartbeats_and_sizes_mean_nothing_to_a_program(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let mut session = plugin.session(task.id(), lab.arm.command("cat"), false).await;
    session.heartbeat().await;
    session.resize(0, 0).await;
    session.resize(-1, 70_000).await;
    session.write(b"still here\n").await;
    session.heartbeat().await;
    session.says("still here\n").await;
    session.close().await;
    session.close().await;
    assert_eq!(session.ended().await.unwrap().code, Some(0));
}

pub async fn a_terminal_has_one_stream(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("out to-out\nerr to-err\nexit 6");
    let session = plugin.session(task.id(), command, true).await;
    session.resize(0, 0).await;
    session.resize(24, 80).await;
    let ended = session.ended().await.unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(text.contains("to-out") && text.contains("to-err"), "{ended:?}");
    assert_eq!((ended.stderr.len(), ended.code), (0, Some(6)));
}

pub async fn much_output_is_complete(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let count = 3 << 20;
    let session =
        plugin.session(task.id(), lab.arm.command(&format!("fill out {count}\nexit 4")), false).await;
    let ended = session.ended().await.unwrap();
    assert_eq!((ended.stdout.len(), ended.code), (count, Some(4)));
    assert!(ended.stdout.chunks(16).all(|line| line == b"0123456789abcde\n"));
}

pub async fn a_caller_that_goes_away_takes_the_command_with_it(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("write /local/begun x\nsleep 2s\nwrite /local/late x");
    let session = plugin.session(task.id(), command, false).await;
    exists(&task.local("begun")).await;
    drop(session);
    // Only time tells that something is not done.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!task.local("late").exists(), "the command lives on");
    plugin.inspect(task.id()).await.unwrap();
}

pub async fn a_session_ends_with_its_task(lab: &Lab) {
    let (plugin, task) = running(lab).await;
    let command = lab.arm.command("out begun\\n\nforever");
    let mut session = plugin.session(task.id(), command, false).await;
    session.says("begun").await;
    plugin.destroy(task.id(), true).await.unwrap();
    // An error or a code, but never success, and never for ever.
    let code = session.ended().await.map_or(Some(-1), |ended| ended.code);
    assert_ne!(code, Some(0));
}
