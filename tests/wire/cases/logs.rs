//! The way of a task's output to the collectors.

use super::SERVICE;
use crate::lab::Lab;
use serde_json::json;
use std::fs::File;
use std::time::Duration;
use tokio::time::timeout;

/// So long the agent waits for the end of the logs once it knows of the task's.
const COLLECTOR_GRACE: Duration = Duration::from_secs(2);

pub async fn both_streams_arrive_to_the_byte(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("out one\\n\\ntwo\\x00\\xff\\r\\n\nerr to\\x20err\\n\nout no\\x20newline");
    plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 0);
    let (stdout, stderr) = tokio::join!(task.stdout.all(), task.stderr.all());
    assert_eq!(stdout, b"one\n\ntwo\x00\xff\r\nno newline");
    assert_eq!(stderr, b"to err\n");
}

/// The agent believes that logs are collected only while both are.
pub async fn a_silent_task_opens_both_fifos(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("trap TERM {\nexit 0\n}\nforever");
    plugin.start(&task).await.unwrap();
    task.stdout.until("stdout opened", |seen| seen.open).await;
    task.stderr.until("stderr opened", |seen| seen.open).await;
    assert_eq!((task.stdout.text(), task.stderr.text()), (String::new(), String::new()));
    plugin.destroy(task.id(), true).await.unwrap();
    tokio::join!(task.stdout.all(), task.stderr.all());
}

pub async fn a_collector_may_come_late(lab: &Lab) {
    let plugin = lab.plugin().await;
    let mut task = lab.task_without_collectors("out early\\n\nwrite /local/begun x\nerr also\\n\nforever");
    plugin.start(&task).await.unwrap();
    crate::lab::exists(&task.local("begun")).await;
    task.collect();
    task.stdout.says("early\n").await;
    task.stderr.says("also\n").await;
}

pub async fn much_output_is_complete_when_the_end_is_told(lab: &Lab) {
    let plugin = lab.plugin().await;
    let count = 2 << 20;
    let task = lab.task(&format!("fill out {count}\nerr last\\n\nout last\\n\nexit 7"));
    plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 7);
    let both = async { tokio::join!(task.stdout.all(), task.stderr.all()) };
    let (stdout, stderr) = timeout(COLLECTOR_GRACE, both).await.expect("the agent would cut the rest off");
    assert_eq!(stdout.len(), count + b"last\n".len());
    assert!(stdout.ends_with(b"\nlast\n") && stderr == b"last\n");
}

/// `logging { max_size = "1m" }`
pub async fn what_waits_too_long_is_dropped_and_told(lab: &Lab) {
    let plugin = lab.plugin().await;
    let mut task = lab
        .task_without_collectors("fill out 4194304\nout last\\n\nwrite /local/written x\nforever")
        .with(json!({ "logging": { "max_size": "1m" } }));
    plugin.start(&task).await.unwrap();
    crate::lab::exists(&task.local("written")).await;
    task.collect();
    task.stdout.says("\nlast\n").await;
    let event = plugin.event("Dropped ").await;
    let dropped: usize = event.annotations["dropped_bytes"].parse().unwrap();
    // The first event tells what was dropped by then, which may be little.
    assert!(dropped > 0, "{event:?}");
    assert!(task.stdout.text().len() < 2 << 20, "{} bytes", task.stdout.text().len());
}

/// It has opened its FIFOs, and reads nothing.
pub async fn a_stuck_collector_harms_its_own_task_only(lab: &Lab) {
    let plugin = lab.plugin().await;
    let stuck = lab.task_without_collectors("fill out 1048576\nexit 5");
    let open = |path: &str| File::options().read(true).write(true).open(path).unwrap();
    let _collector = (open(&stuck.config.stdout_path), open(&stuck.config.stderr_path));
    plugin.start(&stuck).await.unwrap();
    let other = lab.task("fill out 1048576\nout last\\n\nexit 6");
    plugin.start(&other).await.unwrap();
    tokio::select! {
        biased;
        code = plugin.exit_code(stuck.id()) => panic!("{code}, before its log was given up"),
        code = plugin.exit_code(other.id()) => assert_eq!(code, 6),
    }
    assert!(other.stdout.all().await.ends_with(b"\nlast\n"));
    assert_eq!(plugin.exit_code(stuck.id()).await, 5);
    let event = plugin.event("Dropped the end").await;
    let dropped: usize = event.annotations["dropped_bytes"].parse().unwrap();
    assert!(dropped > 900_000, "{event:?}");
}

/// `logs { disabled = true }`
pub async fn nobody_may_want_them(lab: &Lab) {
    let plugin = lab.plugin().await;
    let mut task = lab.task_without_collectors(SERVICE);
    task.config.stdout_path = "/dev/null".to_owned();
    task.config.stderr_path = "/dev/null".to_owned();
    plugin.start(&task).await.unwrap();
    plugin.destroy(task.id(), true).await.unwrap();
}
