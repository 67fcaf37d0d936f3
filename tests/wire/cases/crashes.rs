//! What a task's log outlives. A plugin that is killed takes no line with it and says none twice: its reader at the
//! FIFO does not even notice.

use super::LONG;
use crate::agent::Agent;
use crate::gather::Gather;
use crate::lab::Lab;
use crate::task::Task;
use nomad_driver_podman::adapters::nomad::proto::driver::TaskHandle;
use serde_json::json;
use std::fs;

/// Lines of the flood: some 7 MB.
const LINES: usize = 1_000_000;

/// How much a plugin may grow by a flood, which is 50 MB in conmon's words and waits in its file.
const FLOODED_BYTES: u64 = 16 << 20;

/// A write to a pipe, of which the ledger may not know: so much may be told twice after each kill.
const WRITE_BYTES: usize = 64 * 1024;

/// Enough to know a place in the flood by: whole numbers, each of which comes once.
const PROBE_BYTES: usize = 64;

/// Writes its number on each line, as fast as it can, and waits for SIGTERM.
fn flood(lab: &Lab) -> Task {
    let script = format!("seq 1 {LINES}; seq 1 3 >&2; trap 'exit 0' TERM; while :; do sleep 0.1; done");
    lab.task("forever").with(json!({ "command": "sh", "args": ["-c", script] }))
}

async fn has_come(log: &Gather, bytes: usize) {
    log.until(&format!("{bytes} bytes"), |seen| seen.bytes.len() > bytes).await;
}

/// Every byte once and in order, but for one write per kill. A full pipe takes what fits, so a write begins and ends
/// anywhere in a line.
fn assert_whole(heard: &[u8], kills: usize) {
    let said: Vec<u8> = (1..=LINES).flat_map(|number| format!("{number}\n").into_bytes()).collect();
    let (mut heard, mut at, mut repeats) = (heard, 0, 0);
    loop {
        let same = heard.iter().zip(&said[at..]).take_while(|(heard, said)| heard == said).count();
        (heard, at) = (&heard[same..], at + same);
        if heard.is_empty() {
            break;
        }
        at -= told_twice(heard, &said[..at]);
        repeats += 1;
    }
    assert_eq!(at, said.len(), "the end is lost");
    assert!(repeats <= kills, "{repeats} repeats");
}

/// How far back in what was `told` the log goes on.
fn told_twice(heard: &[u8], told: &[u8]) -> usize {
    let probe = &heard[..heard.len().min(PROBE_BYTES)];
    let back = (1..=told.len().min(WRITE_BYTES)).find(|back| told[told.len() - back..].starts_with(probe));
    let shown = || {
        (
            String::from_utf8_lossy(&told[told.len().saturating_sub(PROBE_BYTES)..]),
            String::from_utf8_lossy(probe),
        )
    };
    back.unwrap_or_else(|| panic!("bytes are lost, or more than a write is told twice: {:?}", shown()))
}

async fn kill_and_follow(lab: &Lab, plugin: &Agent, handle: &TaskHandle) -> std::rc::Rc<Agent> {
    plugin.process.kill().await;
    let next = lab.plugin().await;
    next.recover(handle).await.unwrap();
    next
}

/// The most memory that a plugin ever had.
fn memory_peak(plugin: &Agent) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", plugin.process.pid)).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
}

pub async fn a_plugin_killed_in_a_flood_loses_nothing(lab: &Lab) {
    let task = flood(lab);
    let mut plugin = lab.plugin().await;
    let silent = memory_peak(&plugin);
    let handle = plugin.start(&task).await.unwrap();
    for bytes in [1 << 20, 3 << 20, 5 << 20] {
        has_come(&task.stdout, bytes).await;
        let flooded = memory_peak(&plugin).saturating_sub(silent);
        assert!(flooded < FLOODED_BYTES, "{flooded} bytes more than before");
        plugin = kill_and_follow(lab, &plugin, &handle).await;
    }
    task.stderr.says("1\n2\n3\n").await;
    plugin.stop(task.id(), LONG, "").await.unwrap();
    let (stdout, stderr) = tokio::join!(task.stdout.all(), task.stderr.all());
    assert_whole(&stdout, 3);
    assert_eq!(stderr, b"1\n2\n3\n");
}

pub async fn a_keeper_that_dies_is_replaced(lab: &Lab) {
    let task = flood(lab);
    let mut plugin = lab.plugin().await;
    let handle = plugin.start(&task).await.unwrap();
    for bytes in [1 << 20, 3 << 20] {
        has_come(&task.stdout, bytes).await;
        // Both have them: a pipe that only one process holds dies with it.
        lab.writing(&plugin, 2).await;
        let keeper = lab.holding(2).await;
        rustix::process::kill_process(keeper, rustix::process::Signal::KILL).unwrap();
        while lab.holding(2).await == keeper {}
        plugin = kill_and_follow(lab, &plugin, &handle).await;
    }
    task.stderr.says("1\n2\n3\n").await;
    plugin.stop(task.id(), LONG, "").await.unwrap();
    assert_whole(&task.stdout.all().await, 2);
}

/// Nobody reads, the plugin is killed, the task ends: what it said is told by the next plugin.
pub async fn the_tail_of_a_task_that_ended_unwatched_is_told(lab: &Lab) {
    let config = json!({ "recover_stopped": false });
    let plugin = lab.plugin_with(config.clone()).await;
    let mut task = lab.task_without_collectors(
        "out early\\n\nwrite /local/begun x\ntrap USR1 {\nerr last\\n\nexit 6\n}\nforever",
    );
    let handle = plugin.start(&task).await.unwrap();
    crate::lab::exists(&task.local("begun")).await;
    let container = lab.containers_of(&task).remove(0);
    plugin.process.kill().await;
    lab.arm.podman_says(&["kill", "--signal", "USR1", &container]);
    assert_eq!(lab.arm.podman_says(&["wait", &container]).trim(), "6");

    task.collect();
    let next = lab.plugin_with(config).await;
    next.recover(&handle).await.unwrap();
    assert_eq!(next.exit_code(task.id()).await, 6);
    let (stdout, stderr) = tokio::join!(task.stdout.all(), task.stderr.all());
    assert_eq!((&*stdout, &*stderr), (&b"early\n"[..], &b"last\n"[..]));
}

pub async fn the_keeper_ends_with_the_last_task(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(super::SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    lab.holding(2).await;
    plugin.destroy(task.id(), true).await.unwrap();
    lab.keeper_gone().await;
}
