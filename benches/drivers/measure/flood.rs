//! A task that writes as fast as it can, and one that writes little beside two of those.

use super::{end, settle, settle_long};
use crate::args::Args;
use crate::bare::Bare;
use crate::board::Board;
use crate::session::Session;
use crate::task::Task;
use crate::turns::Turns;
use crate::watcher::{self, Delays, Growth};
use std::sync::mpsc::channel;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// Until every byte of a flood must be there.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn all(args: &Args, board: &Board) {
    let mib = args.many(64, 8) as u64;
    let floods = Turns::of("logs").rounds(args.many(5, 1)).fresh();
    floods.run(board, async |session, _| one_flood(session, mib).await).await;
    let thirds = Turns::of("log delay").rounds(args.many(5, 1)).fresh();
    let lines = args.many(100, 10);
    thirds.run(board, async |session, _| third(session, lines).await).await;
}

/// The task waits for a word before it writes, and stays when it has: its start and its end are not counted.
async fn one_flood(session: &Session, mib: u64) {
    // What others wrote before shall not be written meanwhile.
    rustix::fs::sync();
    let agent = session.agent().await;
    let task = flooding(session, mib << 20);
    let out = watcher::collect(task.config.stdout_path.clone().into());
    let _err = watcher::collect(task.config.stderr_path.clone().into());
    agent.start(&task).await.unwrap();
    settle().await;
    let file = Bare::connect().log_file(&session.lab.containers_of(&task).remove(0));
    let growth = file.map(|file| Growth::of(file, mib << 20));
    let meters = session.meters();
    std::fs::write(task.local("go"), "").unwrap();
    let seen = spawn_blocking(move || out.until_end(PATIENCE)).await.unwrap();
    let used = meters.used();
    let growth = spawn_blocking(move || growth.map(Growth::seconds)).await.unwrap();
    end(&agent, task.id()).await;
    assert!(seen.bytes >= mib << 20, "{} bytes of {} arrived", seen.bytes, mib << 20);
    let mb = (mib << 20) as f64 / 1e6;
    let per_mb = |used: Duration| used.as_secs_f64() * 1e3 / mb;
    session.note("log.rate", mb / (seen.last - seen.first).as_secs_f64());
    // Some drivers let Podman write to the collector itself.
    if let Some(seconds) = growth {
        session.note("log.rate.bare", mb / seconds);
    }
    session.note("log.cpu", per_mb(used.driver));
    session.note("log.cpu.podman", per_mb(used.podman));
}

fn flooding(session: &Session, bytes: u64) -> Task {
    let script = format!(
        "while [ ! -e /local/go ]; do sleep 0.02; done\nyes 0123456789abcde | head -c {bytes}\necho {}\n\
         exec sleep 1000000",
        watcher::LAST_WORD
    );
    heavy(session.lab.task_without_collectors("forever").with(shell(&script)))
}

fn shell(script: &str) -> serde_json::Value {
    serde_json::json!({ "command": "sh", "args": ["-c", script] })
}

/// Lines that say when they were written (by the clock of /proc/uptime, in 10 ms), when they were in Podman's file, and
/// when they came.
async fn third(session: &Session, lines: usize) {
    // The end of a container waits until its file system has no unwritten data of anybody.
    rustix::fs::sync();
    let agent = session.agent().await;
    let mut floods = Vec::new();
    for _ in 0..2 {
        let task = heavy(session.lab.task_without_collectors("fill out 4000000000"));
        watcher::collect(task.config.stdout_path.clone().into());
        watcher::collect(task.config.stderr_path.clone().into());
        agent.start(&task).await.unwrap();
        floods.push(task);
    }
    let (teller, delays) = tell(session, lines).await;
    assert_eq!(delays.collected.len(), lines, "lines are missing");
    // Some drivers let Podman write to the collector itself.
    for (collected, bare) in delays.collected.iter().zip(&delays.bare) {
        session.note("log.delay.bare", *bare);
        session.note("log.delay.above", (collected - bare).max(0.0));
    }
    delays.collected.into_iter().for_each(|delay| session.note("log.delay", delay));
    floods.push(teller);
    // The floods first, and all before the end of one is waited for: that takes as long as its file system is written to.
    for task in &floods {
        agent.signal(task.id(), "SIGKILL").await.unwrap();
    }
    for task in &floods {
        drop(agent.wait(task.id()).await.unwrap());
        agent.destroy(task.id(), false).await.unwrap();
    }
}

/// The third task, which stays, and how late its lines came.
async fn tell(session: &Session, lines: usize) -> (Task, Delays) {
    let agent = session.agent().await;
    let script = format!(
        "while [ ! -e /local/go ]; do sleep 0.02; done\n\
         i=0; while [ $i -lt {lines} ]; do cat /proc/uptime; sleep 0.1; i=$((i+1)); done\n\
         exec sleep 1000000"
    );
    let teller = heavy(session.lab.task_without_collectors("forever").with(shell(&script)));
    let (told, file) = channel();
    let delays = watcher::delays(teller.config.stdout_path.clone().into(), file, lines);
    watcher::collect(teller.config.stderr_path.clone().into());
    settle_long().await;
    agent.start(&teller).await.unwrap();
    told.send(Bare::connect().log_file(&session.lab.containers_of(&teller).remove(0))).unwrap();
    std::fs::write(teller.local("go"), "").unwrap();
    (teller, spawn_blocking(move || delays.join().unwrap()).await.unwrap())
}

/// As much weight as a process outside of all groups has. Beside busy groups of little weight Linux 6.18 lets everybody
/// else wait for seconds: the driver, Podman's monitors, and who measures.
fn heavy(mut task: Task) -> Task {
    let resources = task.config.resources.as_mut().and_then(|resources| resources.linux_resources.as_mut());
    resources.unwrap().cpu_shares = 1024;
    task
}
